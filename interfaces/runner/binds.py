"""The sockets that a supervisor opens once and all of its workers listen on."""

import socket
from collections.abc import Iterable, Sequence
from dataclasses import fields
from types import TracebackType
from typing import Any, Self

from interfaces.runner.options import ServeOptions
from interfaces.shared.bind import Bind, parse_bind
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Interface
from interfaces.shared.sockets import open_sockets

__all__ = ["Held", "binds_of"]


def binds_of(interface: Interface[Any], *, http: bool = False) -> list[tuple[str, int]]:
    """Each address that it listens on, with the port to take where it names none; of ``bind``, the default's own.

    ``http``: whether HTTP is served beside it.
    """
    options = interface.options
    default: Any = next((one.default for one in fields(options) if one.name == "bind"), ())
    digits = "".join(_texts(default)[:1]).rpartition(":")[2]
    port = int(digits) if digits.isdigit() else 0
    own = _texts(getattr(options, "bind", ())) if interface.listens(http=http) else []
    return [(text, port) for text in own] + interface.more_binds(http=http)


def _texts(value: str | Sequence[str]) -> list[str]:
    return [text for text in ([value] if isinstance(value, str) else value) if text]


def _fits_several(interface: Interface[Any], layer: str) -> None:
    """ConfigError for what has to be one process, or to have a broker."""
    alone = interface.single or (interface.together if not layer or layer.startswith("local:") else "")
    if alone:
        raise ConfigError(f"{alone}: use --workers 1, or a --layer with a broker")


class Held:
    """Open sockets while the ``with`` block runs, or until :meth:`close`. Making one raises ConfigError.

    With ``reuse_port`` each worker has a TCP socket of its own. It stays open here, so what waits in it
    waits for the worker's successor.
    """

    def __init__(
        self, interfaces: Iterable[Interface[Any]], options: ServeOptions, *, http: bool = False
    ) -> None:
        self._sets: list[dict[str, list[socket.socket]]] = [{} for _ in range(options.workers)]
        try:
            for interface in interfaces:
                if options.workers > 1:
                    _fits_several(interface, options.layer)
                for text, port in binds_of(interface, http=http):
                    self._open(text, port, options)
        except ConfigError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def of(self, number: int) -> dict[str, tuple[int, ...]]:
        """The descriptors of worker ``number`` (from 1), by the text of their bind."""
        socks_of = self._sets[number - 1].items()
        return {text: tuple(sock.fileno() for sock in socks) for text, socks in socks_of}

    def close(self) -> None:
        """Hold none of them any longer; a worker's copies stay open."""
        for sock in {sock for each in self._sets for socks in each.values() for sock in socks}:
            sock.close()

    def _open(self, text: str, port: int, options: ServeOptions) -> None:
        if text in self._sets[0]:
            raise ConfigError(f"bind {text}: several workers need each address once; leave one out")
        bind = parse_bind(text, port)
        if bind.kind == "endpoint":
            if options.workers > 1:
                raise ConfigError(
                    f"bind {text}: workers cannot share what Twisted listens on; use --workers 1"
                )
            return  # the one worker opens it itself
        first = open_sockets(bind, backlog=options.backlog, reuse_port=options.reuse_port)
        self._sets[0][text] = first
        own = options.reuse_port and bind.kind == "tcp"
        for others in self._sets[1:]:
            others[text] = _twins(bind, first, options.backlog) if own else first


def _twins(bind: Bind, first: Sequence[socket.socket], backlog: int) -> list[socket.socket]:
    """Sockets on the very ports that ``first`` have, which port 0 would not give a second time."""
    twins: list[socket.socket] = []
    for sock in first:
        host, port = sock.getsockname()[:2]
        same = Bind(text=bind.text, kind="tcp", host=host, port=port, backlog=bind.backlog)
        twins += open_sockets(same, backlog=backlog, reuse_port=True)
    return twins

"""What becomes of an accepted connection: counted, its PROXY header read, handed to the loop."""

import asyncio
import logging
import resource
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from interfaces.shared.errors import PeerError
from interfaces.shared.proxy import Trusted
from interfaces.shared.proxy_header import ProxyHeader, read_proxy_header

__all__ = ["Accepted", "Gate", "Handover", "Terms", "descriptor_room", "receive_proxy_header"]

_log = logging.getLogger("interfaces.listen")
_TELL = 60.0
"""Seconds between two log lines about the same shortage."""


def descriptor_room() -> int:
    """How many connections fit below RLIMIT_NOFILE, leaving an eighth (8 to 256) to the application."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1 << 30
    return max(1, soft - len(list(Path("/dev/fd").iterdir())) - min(max(8, soft // 8), 256))


class Gate:
    """How many connections there are and may be, and who waits until one of them closes.

    ``outer`` is the gate of the whole process behind that of one group of listeners.
    """

    __slots__ = ("_outer", "_told", "_waiting", "count", "limit")

    def __init__(self, limit: int, outer: "Gate | None" = None) -> None:
        self.limit = limit
        self.count = 0
        self._outer = outer
        self._waiting: list[Callable[[], None]] = []
        self._told = float("-inf")

    def __repr__(self) -> str:
        return f"Gate({self.count} of {self.limit})"

    def full(self) -> bool:
        """Whether no further connection may come in."""
        return self.count >= self.limit or (self._outer is not None and self._outer.full())

    def enter(self) -> None:
        """One more."""
        self.count += 1
        if self._outer is not None:
            self._outer.enter()

    def leave(self) -> None:
        """One less; those who wait try again."""
        self.count -= 1
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for resume in waiting:
                resume()
        if self._outer is not None:
            self._outer.leave()

    def wait(self, resume: Callable[[], None], why: str, now: float) -> None:
        """Call ``resume`` when one left; ``why`` is logged once a minute (``now`` in seconds)."""
        self._waiting.append(resume)
        if self._outer is not None:
            self._outer.wait(resume, why, now)
        elif now - self._told >= _TELL:
            self._told = now
            _log.warning("%s: new connections wait until one closes (%d are open)", why, self.count)


class Accepted(socket.socket):
    """An accepted socket. Whoever ends it, asyncio by close() or uvloop by detach(), it leaves its gate."""

    __slots__ = ("_gate",)

    def __init__(self, given: socket.socket, gate: Gate) -> None:
        super().__init__(given.family, given.type, given.proto, given.detach())
        self.setblocking(False)
        gate.enter()
        self._gate: Gate | None = gate

    def close(self) -> None:
        """Close, and leave."""
        super().close()
        self._leave()

    def detach(self) -> int:
        """Give the descriptor away (uvloop has closed it by then), and leave."""
        fd = super().detach()
        self._leave()
        return fd

    def _leave(self) -> None:
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.leave()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for connections that something else than our own sockets accepts."""

    factory: Callable[[], Any]
    """Makes one asyncio protocol."""
    gate: Gate
    pending: set[Any]
    """Holds what can be aborted while its handshake goes on."""
    handshake_timeout: float
    """Seconds that TLS's handshake may take, and a PROXY header."""
    backlog: int
    """Connections that are still taken in when listening ends."""
    proxies: Trusted | None = None
    """Whose PROXY header comes first; None: none does."""

    def proxied_by(self, proxies: Trusted) -> "Terms":
        """The same with a PROXY header, unless one is expected already."""
        return self if self.proxies is not None else replace(self, proxies=proxies)


class Handover:
    """Runs ``connect_accepted_socket()`` without a task, which would cost 5 µs of 45 a connection."""

    __slots__ = ("_conn", "_pending", "_steps")

    def __init__(self, conn: Accepted, steps: Coroutine[Any, Any, Any], pending: set["Handover"]) -> None:
        """``pending`` holds it until it is done."""
        self._conn = conn
        self._steps = steps
        self._pending = pending
        pending.add(self)
        self._step()

    def _step(self, _: object = None) -> None:
        if self not in self._pending:  # given up meanwhile
            return
        try:
            waiting = self._steps.send(None)
        except StopIteration:
            self._pending.discard(self)
        except Exception as error:  # noqa: BLE001 - of a handshake or a factory: ends this connection alone
            self._fail(error)
        else:
            waiting.add_done_callback(self._step)

    def _fail(self, error: Exception) -> None:
        self._pending.discard(self)
        self._conn.close()
        if isinstance(error, OSError):
            _log.debug("a connection ended before it began: %s", error)
        else:
            _log.error("a connection could not be set up", exc_info=error)

    def abort(self) -> None:
        """Give up a handshake that is still going on."""
        self._pending.discard(self)
        self._steps.close()
        self._conn.close()


async def receive_proxy_header(conn: socket.socket) -> ProxyHeader:
    """Read exactly the PROXY header from a non-blocking socket; PeerError when there is none, or OSError.

    Peeked at first, so that not a byte after the header is taken from whoever reads next.
    """
    taken = b""
    while True:
        await _readable(conn)
        try:
            seen = conn.recv(4096, socket.MSG_PEEK)
        except BlockingIOError:
            continue
        if not seen:
            raise PeerError("the proxy hung up before its header")
        header = read_proxy_header(taken + seen)
        taken += conn.recv(len(seen) if header is None else header.length - len(taken))
        if header is not None:
            return header


async def _readable(conn: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(conn, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(conn)

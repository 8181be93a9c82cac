"""Listening: accepts on every kind of socket, within a limit, and hands connections to asyncio protocols.

The accept loop is ours, because the loops' own fail when descriptors run out: asyncio 3.11 logs the
same error 65,000 times a second, uvloop closes the connections that wait. Here they wait in the kernel's
queue until one closes. Nor could the loops' own stop at a limit, or read a PROXY header before TLS begins.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Self

from interfaces.shared.accept import Accepted, Gate, Handover, Terms, descriptor_room, receive_proxy_header
from interfaces.shared.bind import Address, Bind, parse_bind
from interfaces.shared.endpoint import open_endpoint
from interfaces.shared.errors import ConfigError, PeerError
from interfaces.shared.proxy import Trusted
from interfaces.shared.proxy_header import ProxyHeader
from interfaces.shared.sockets import address_of, open_sockets, take_socket
from interfaces.shared.tls import ServerTls, TlsFiles

__all__ = ["Address", "Bind", "Listeners", "Listening", "TlsFiles", "Trusted", "open_sockets", "parse_bind"]

_log = logging.getLogger("interfaces.listen")

Factory = Callable[[], Any]
"""Makes one asyncio protocol."""
_BURST = 32
"""Connections accepted a wake-up, so that those already here get their turn, and other workers theirs."""
_RETRY = 0.25
"""Seconds until accept() is tried again after the system had no descriptor or memory."""
_NO_LIMIT = 1 << 30


@dataclass(kw_only=True)
class Listening:
    """How a process listens: one of these serves all of its interfaces."""

    inherited: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The text of a bind → the descriptors that a supervising process opened for it."""
    tls: TlsFiles | None = None
    trusted: Trusted = field(default_factory=Trusted)
    """The proxies whose PROXY headers and forwarded headers count."""
    proxy_protocol: bool = False
    """Every connection begins with a PROXY header from a trusted peer, or is closed. The protocol that the
    factory makes gets it as its attribute ``proxied`` (a ProxyHeader) before ``connection_made``."""
    backlog: int = 2048
    """Finished handshakes that the kernel keeps for us."""
    reuse_port: bool = False
    connections: int | None = None
    """How many there may be at once in this process; None: as RLIMIT_NOFILE has room for."""
    handshake_timeout: float = 10.0
    """Seconds that TLS's handshake may take, and a PROXY header."""

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        self.gate = Gate(self.connections or descriptor_room())
        self._secure: dict[tuple[TlsFiles, tuple[str, ...]], ServerTls] = {}
        if self.proxy_protocol and not self.trusted:
            raise ConfigError("the PROXY protocol is on, but no proxy is trusted: name its address")

    def secure(self, alpn: Iterable[str] = ("http/1.1",), files: TlsFiles | None = None) -> ServerTls | None:
        """The certificates (``files``, else those of ``tls``), read once; None without any.

        For a protocol that begins TLS itself, too. Raises ConfigError when they cannot be used.
        """
        files = files or self.tls
        if files is None:
            return None
        key = (files, tuple(alpn))
        if key not in self._secure:
            self._secure[key] = ServerTls(*key)
        return self._secure[key]

    def reload(self) -> bool:
        """Read all certificates again (SIGHUP); False when one of them had to stay as it was."""
        kept = [tls for tls in self._secure.values() if not tls.reload()]
        return not kept

    def sockets(self, text: str, default_port: int) -> list[socket.socket]:
        """The sockets of one bind: handed over, else opened. ConfigError when that fails."""
        if text in self.inherited:
            return [take_socket(fd, self.backlog) for fd in self.inherited[text]]
        return open_sockets(parse_bind(text, default_port), backlog=self.backlog, reuse_port=self.reuse_port)

    def open(
        self,
        factory: Factory,
        binds: Sequence[str],
        default_port: int,
        *,
        alpn: Sequence[str] | None = ("http/1.1",),
        limit: int | None = None,
    ) -> "Listeners":
        """Listen for streams: ``async with listening.open(…) as listeners``; entering raises ConfigError.

        ``factory`` makes one asyncio protocol a connection. ``alpn`` None: the protocol begins TLS itself,
        if at all. ``limit``: connections at once on these binds, at which accepting waits; they are counted
        by their sockets, protocols have nothing to tell.
        """
        return Listeners(self, factory, partial(self._find, binds, default_port, alpn), limit)

    def _find(self, binds: Sequence[str], default_port: int, alpn: Sequence[str] | None) -> "_Found":
        found: _Found = ([], [])
        sockets, endpoints = found
        try:
            for text in binds:
                bind = parse_bind(text, default_port)
                if bind.kind == "endpoint":
                    endpoints.append(bind)
                    continue
                tls = None if alpn is None else self.secure(alpn, bind.tls)
                sockets += [(sock, tls) for sock in self.sockets(text, default_port)]
                if any(sock.type != socket.SOCK_STREAM for sock, _ in sockets):
                    raise ConfigError(f"bind {text}: this is a datagram socket, and a stream is needed")
        except ConfigError:
            for sock, _ in sockets:
                sock.close()
            raise
        return found


_Found = tuple[list[tuple[socket.socket, ServerTls | None]], list[Bind]]


class Listeners:
    """Sockets that accept while the ``async with`` block runs; made by :meth:`Listening.open`."""

    def __init__(
        self, listening: Listening, factory: Factory, find: Callable[[], _Found], limit: int | None
    ) -> None:
        self.listening = listening
        self.factory = factory
        self.gate = Gate(limit or _NO_LIMIT, listening.gate)
        self.pending: set[Any] = set()
        """TLS handshakes going on, which can be aborted."""
        self._find = find
        self._doors: list[Any] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"Listeners({', '.join(map(str, self.addresses))})"

    @property
    def addresses(self) -> list[Address]:
        """Where it listens, the ports known."""
        return [door.address for door in self._doors]

    async def __aenter__(self) -> Self:
        sockets, endpoints = self._find()
        self._doors = natives = [_Door(sock, self, tls) for sock, tls in sockets]
        try:
            for bind in endpoints:
                self._doors = [*self._doors, await open_endpoint(bind, self._terms())]
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        for door in natives:
            door.resume()
        return self

    def _terms(self) -> Terms:
        listening = self.listening
        return Terms(
            factory=self.factory,
            gate=self.gate,
            pending=self.pending,
            handshake_timeout=listening.handshake_timeout,
            backlog=listening.backlog,
            proxies=listening.trusted if listening.proxy_protocol else None,
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_accepting()
        for task in tuple(self._tasks):
            task.cancel()
        for handover in tuple(self.pending):
            handover.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for door in self._doors:
            await door.closed()

    def stop_accepting(self) -> None:
        """Close the listening sockets now; connections that are accepted, or were waiting to be, go on."""
        for door in self._doors:
            door.close()

    async def settled(self, seconds: float) -> None:
        """Wait until every accepted connection has its protocol, its handshake done, for ``seconds`` at most."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (self.pending or self._tasks) and loop.time() < until:  # noqa: ASYNC110 - handshakes tell nobody when they end
            await asyncio.sleep(0.005)

    def welcome(self, conn: Accepted, tls: ServerTls | None) -> None:
        """Give a new connection its protocol, after its PROXY header when there must be one."""
        if self.listening.proxy_protocol:
            task = asyncio.Task(self._read_header(conn, tls), loop=asyncio.get_running_loop())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._hand_over(conn, tls, self.factory)

    async def _read_header(self, conn: Accepted, tls: ServerTls | None) -> None:
        try:
            peer = None if conn.family == socket.AF_UNIX else conn.getpeername()[0]
            if peer not in self.listening.trusted:
                raise PeerError(f"{peer or 'a unix socket'} is no trusted proxy")
            async with asyncio.timeout(self.listening.handshake_timeout):
                header = await receive_proxy_header(conn)
        except (PeerError, OSError) as error:
            _log.debug("refused a connection: %s", error or "no PROXY header in time")
            conn.close()
        except asyncio.CancelledError:
            conn.close()
            raise
        else:
            self._hand_over(conn, tls, partial(_proxied, self.factory, header))

    def _hand_over(self, conn: Accepted, tls: ServerTls | None, factory: Factory) -> None:
        loop = asyncio.get_running_loop()
        if tls is None:
            steps = loop.connect_accepted_socket(factory, conn)
        else:
            context, deadline = tls.current(loop.time()), self.listening.handshake_timeout
            steps = loop.connect_accepted_socket(factory, conn, ssl=context, ssl_handshake_timeout=deadline)
        Handover(conn, steps, self.pending)


def _proxied(factory: Factory, header: ProxyHeader) -> Any:
    protocol = factory()
    protocol.proxied = header
    return protocol


class _Door:
    """Accepts on one listening socket."""

    def __init__(self, sock: socket.socket, listeners: Listeners, tls: ServerTls | None) -> None:
        self.address = address_of(sock, tls=tls is not None)
        self._sock = sock
        self._listeners = listeners
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._reading = False
        self._closed = False

    def resume(self) -> None:
        """Accept, from now on or again."""
        if not self._reading and not self._closed:
            self._reading = True
            self._loop.add_reader(self._sock, self._accept)

    def close(self) -> None:
        """Take in those whose handshake the kernel has finished, then accept no more."""
        if self._reading:
            self._accept(self._listeners.listening.backlog)
            self._rest()
        self._closed = True
        self._sock.close()

    async def closed(self) -> None:
        """Its socket is closed already."""

    def _rest(self) -> None:
        self._reading = False
        self._loop.remove_reader(self._sock)

    def _wait(self, why: str) -> None:
        self._rest()
        self._listeners.gate.wait(self.resume, why, self._loop.time())

    def _accept(self, burst: int = _BURST) -> None:
        gate = self._listeners.gate
        for _ in range(burst):
            if gate.full():
                return self._wait("the limit of connections is reached")
            try:
                given, _address = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return None
            except OSError as error:
                self._wait(f"no connection can be accepted ({error.strerror})")
                self._loop.call_later(_RETRY, self.resume)
                return None
            self._listeners.welcome(Accepted(given, gate), self._tls)
        return None

"""Listening: accepts connections on every kind of socket, within a limit, and hands them to protocols.

The accept loop is ours, because the loops' own fail when descriptors run out: asyncio 3.11 logs the same error some
ten thousand times a second, uvloop closes the connections that wait. Here they wait in the kernel's queue.
"""

import asyncio
import errno
import logging
import os
import resource
import socket
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any

from interfaces.shared.bind import Address, Bind, parse_bind
from interfaces.shared.errors import ConfigError, PeerError
from interfaces.shared.proxy import ProxyHeader, Trusted, read_proxy_header
from interfaces.shared.sockets import address_of, open_sockets, take_socket
from interfaces.shared.tls import ServerTls, TlsFiles

__all__ = ["Address", "Bind", "Gate", "Listeners", "Listening", "open_sockets", "parse_bind"]

_log = logging.getLogger("interfaces.listen")

Factory = Callable[[], asyncio.BaseProtocol]
_BURST = 32
"""Connections accepted a wake-up, so that those already here get their turn, and other workers theirs."""
_RETRY = 0.25
"""Seconds until accept() is tried again after the system had no descriptor or memory."""
_TELL = 60.0
"""Seconds between two log lines about the same shortage."""
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def descriptor_room() -> int:
    """How many connections fit below RLIMIT_NOFILE, leaving an eighth (8 to 256) to the application."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1 << 30
    return max(1, soft - len(os.listdir("/dev/fd")) - min(max(8, soft // 8), 256))


class Gate:
    """How many connections a process holds, and which listeners wait until one of them closes."""

    __slots__ = ("_told", "_waiting", "count", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.count = 0
        self._waiting: list[Callable[[], None]] = []
        self._told = float("-inf")

    def __repr__(self) -> str:
        return f"Gate({self.count} of {self.limit})"

    def wait(self, resume: Callable[[], None], why: str, now: float) -> None:
        """Call ``resume`` after a connection closed; the reason is logged once a minute (``now`` in seconds)."""
        self._waiting.append(resume)
        if now - self._told >= _TELL:
            self._told = now
            _log.warning("%s: further ones wait (%d are open, %d may be)", why, self.count, self.limit)

    def leave(self) -> None:
        """One connection is gone."""
        self.count -= 1
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for resume in waiting:
                resume()


class _Accepted(socket.socket):
    """An accepted socket: whoever ends it, asyncio by close(), uvloop by detach(), it leaves the gate once."""

    __slots__ = ("gate",)
    gate: Gate | None

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
        gate, self.gate = self.gate, None
        if gate is not None:
            gate.leave()


class _Handover:
    """Runs ``connect_accepted_socket()`` without a task, whose making and end cost 5 µs of 45 a connection."""

    __slots__ = ("_conn", "_pending", "_steps")

    def __init__(self, conn: _Accepted, steps: Coroutine[Any, Any, Any], pending: set["_Handover"]) -> None:
        self._conn = conn
        self._steps = steps
        self._pending = pending
        pending.add(self)

    def step(self, _: object = None) -> None:
        """Go on until the loop is waited for again."""
        try:
            waiting = self._steps.send(None)
        except StopIteration:
            self._pending.discard(self)
        except Exception as error:  # the handshake failed, or the factory: neither may end the accept loop
            self._failed(error)
        else:
            waiting.add_done_callback(self.step)

    def _failed(self, error: Exception) -> None:
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


class _Door:
    """Accepts on one listening socket."""

    def __init__(self, sock: socket.socket, listeners: "Listeners", tls: ServerTls | None) -> None:
        self.sock = sock
        self.address = address_of(sock, tls=tls is not None)
        self.pending: set[_Handover] = set()
        self._listeners = listeners
        self._tls = tls
        self._gate = listeners.listening.gate
        self._loop = asyncio.get_running_loop()
        self._reading = False
        self._closed = False

    def resume(self) -> None:
        """Accept, from now on or again."""
        if not self._reading and not self._closed:
            self._reading = True
            self._loop.add_reader(self.sock, self.accept)

    def _pause(self, why: str) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self.sock)
            self._gate.wait(self.resume, why, self._loop.time())

    def close(self) -> None:
        """Take in those whose handshake the kernel has finished, then accept no more."""
        if self._closed:
            return
        if self._reading:
            self.accept(self._listeners.listening.backlog)
        self._closed = True
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self.sock)
        self.sock.close()

    def accept(self, burst: int = _BURST) -> None:
        """Take the connections that wait, ``burst`` at most."""
        gate = self._gate
        for _ in range(burst):
            if gate.count >= gate.limit:
                return self._pause("the limit of connections is reached")
            try:
                given, _address = self.sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return None
            except OSError as error:
                self._pause(f"no connection can be accepted ({error.strerror})")
                self._loop.call_later(_RETRY, self.resume)
                return None
            conn = _Accepted(given.family, given.type, given.proto, given.detach())
            conn.setblocking(False)
            conn.gate = gate
            gate.count += 1
            self._welcome(conn)
        return None

    def _welcome(self, conn: _Accepted) -> None:
        if self._listeners.listening.proxy_protocol:
            self._listeners.spawn(self._read_header(conn))
        else:
            self._hand_over(conn, self._listeners.factory)

    def _hand_over(self, conn: _Accepted, factory: Factory) -> None:
        loop = self._loop
        if self._tls is None:
            steps = loop.connect_accepted_socket(factory, conn)
        else:
            context = self._tls.current(loop.time())
            deadline = self._listeners.listening.handshake_timeout
            steps = loop.connect_accepted_socket(factory, conn, ssl=context, ssl_handshake_timeout=deadline)
        _Handover(conn, steps, self.pending).step()

    async def _read_header(self, conn: _Accepted) -> None:
        """Take the PROXY header off the socket before anything else (TLS, too) reads from it."""
        listening = self._listeners.listening
        try:
            peer = None if conn.family == socket.AF_UNIX else conn.getpeername()[0]
            if peer not in listening.trusted:
                raise PeerError(f"{peer or 'a unix socket'} is no trusted proxy")
            async with asyncio.timeout(listening.handshake_timeout):
                header = await receive_proxy_header(conn)
        except (PeerError, OSError) as error:
            _log.debug("refused a connection: %s", error or type(error).__name__)
            conn.close()
        except asyncio.CancelledError:
            conn.close()
            raise
        else:
            self._hand_over(conn, partial(_proxied, self._listeners.factory, header))


def _proxied(factory: Factory, header: ProxyHeader) -> asyncio.BaseProtocol:
    protocol = factory()
    protocol.proxied = header  # type: ignore[attr-defined]  # what Listening.proxy_protocol asks of protocols
    return protocol


async def receive_proxy_header(conn: socket.socket) -> ProxyHeader:
    """Read exactly the PROXY header from a non-blocking socket; PeerError when there is none.

    Peeked at first, so that not a byte after the header is taken from whoever reads next.
    """
    loop = asyncio.get_running_loop()
    taken = b""
    while True:
        await _readable(loop, conn)
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


async def _readable(loop: asyncio.AbstractEventLoop, conn: socket.socket) -> None:
    ready = loop.create_future()
    loop.add_reader(conn, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(conn)


class Listeners:
    """Sockets that accept while the ``async with`` block runs; made by :meth:`Listening.open`."""

    def __init__(
        self, listening: "Listening", factory: Factory, sockets: Sequence[tuple[socket.socket, ServerTls | None]]
    ) -> None:
        self.listening = listening
        self.factory = factory
        self._sockets = sockets
        self._doors: list[_Door] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"Listeners({', '.join(map(str, self.addresses))})"

    @property
    def addresses(self) -> list[Address]:
        """Where it listens, the ports known."""
        return [door.address for door in self._doors]

    async def __aenter__(self) -> "Listeners":
        self._doors = [_Door(sock, self, tls) for sock, tls in self._sockets]
        for door in self._doors:
            door.resume()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_accepting()
        for task in tuple(self._tasks):
            task.cancel()
        for door in self._doors:
            for handover in tuple(door.pending):
                handover.abort()

    def stop_accepting(self) -> None:
        """Close the listening sockets now; connections that are accepted, or were waiting to be, go on."""
        for door in self._doors:
            door.close()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` until it ends or the listeners are left."""
        task = asyncio.Task(work, loop=asyncio.get_running_loop())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@dataclass(kw_only=True)
class Listening:
    """How a process listens: one of these serves all of its interfaces."""

    inherited: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The text of a bind → the descriptors that a supervising process opened for it."""
    tls: TlsFiles | None = None
    trusted: Trusted = field(default_factory=Trusted)
    """The proxies whose PROXY headers and forwarded headers count."""
    proxy_protocol: bool = False
    """Every connection begins with a PROXY header, from a trusted peer, or is closed. The protocol that the factory
    makes is given it as ``proxied`` (a ProxyHeader) before ``connection_made``."""
    backlog: int = 2048
    """Finished handshakes that the kernel keeps for us."""
    reuse_port: bool = False
    connections: int | None = None
    """How many there may be at once in this process; None: what RLIMIT_NOFILE has room for."""
    handshake_timeout: float = 10.0
    """Seconds that TLS's handshake and a PROXY header may take, each."""

    def __post_init__(self) -> None:
        self.gate = Gate(self.connections or descriptor_room())
        self._secure: dict[tuple[TlsFiles, tuple[str, ...]], ServerTls] = {}
        if self.proxy_protocol and not self.trusted:
            raise ConfigError("the PROXY protocol is on, but no proxy is trusted: name its address or network")

    def secure(self, alpn: Iterable[str] = ("http/1.1",), files: TlsFiles | None = None) -> ServerTls | None:
        """The certificates, read once and reloaded together; None without any. ConfigError when unusable."""
        files = files or self.tls
        if files is None:
            return None
        key = (files, tuple(alpn))
        if key not in self._secure:
            self._secure[key] = ServerTls(*key)
        return self._secure[key]

    def reload(self) -> bool:
        """Read all certificates again (SIGHUP); False when one of them had to stay as it was."""
        return all([tls.reload() for tls in self._secure.values()])

    def sockets(self, text: str, default_port: int) -> list[socket.socket]:
        """The sockets of one bind: handed over, else opened. ConfigError when that fails."""
        if text in self.inherited:
            return [take_socket(fd, self.backlog) for fd in self.inherited[text]]
        return open_sockets(parse_bind(text, default_port), backlog=self.backlog, reuse_port=self.reuse_port)

    def open(
        self, factory: Factory, binds: Iterable[str], default_port: int, alpn: Iterable[str] | None = ("http/1.1",)
    ) -> Listeners:
        """Listen for streams on ``binds``: ``async with listening.open(…) as listeners``. ConfigError when it cannot.

        ``factory`` makes one asyncio protocol a connection. ``alpn`` None: the protocol begins TLS itself, if at all.
        """
        found: list[tuple[socket.socket, ServerTls | None]] = []
        try:
            for text in binds:
                bind = parse_bind(text, default_port)
                tls = None if alpn is None else self.secure(alpn, bind.tls)
                found += [(sock, tls) for sock in self.sockets(text, default_port)]
                if any(sock.type != socket.SOCK_STREAM for sock, _ in found):
                    raise ConfigError(f"--bind {text}: this is a datagram socket, and a stream is needed")
        except ConfigError:
            for sock, _ in found:
                sock.close()
            raise
        return Listeners(self, factory, found)

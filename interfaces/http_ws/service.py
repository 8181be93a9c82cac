"""What all connections of one listener share: the application, the limits, the clock, the sessions."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from email.utils import formatdate
from time import time
from typing import Any

from interfaces.http_ws.deflate import Agreement, DeflateOptions, Offer, negotiate
from interfaces.http_ws.options import HttpWsOptions
from interfaces.http_ws.translate import Place
from interfaces.http_ws.wire_h1 import HeadLimits
from interfaces.http_ws.wire_ws import Limits
from interfaces.shared.asgi import Application, Scope
from interfaces.shared.interface import Context
from interfaces.shared.proxy import Trusted, forwarded
from interfaces.shared.proxy_header import ProxyHeader
from interfaces.shared.session import Instance
from interfaces.shared.stream import FOREVER, Stream
from interfaces.shared.tls import tls_extension

__all__ = ["Service", "log"]

log = logging.getLogger("interfaces.http")
TICK = 0.5
COUNTS = ("http.refused", "http.stalled", "http.timeouts", "ws.refused", "ws.silent", "ws.stalled")
"""What is counted: told from the beginning, since what is there only after the first time hides that one."""


class Service:
    """Holds connections and sessions; one timer makes the date line and sweeps the deadlines.

    ``now`` is the loop's time, up to half a second ahead: what is planned from it is never early.
    """

    def __init__(
        self, app: Application, options: HttpWsOptions, context: Context, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.app = app
        self.options = options
        self.context = context
        self.loop = loop
        self.http: bool = "http" in context.names
        self.websocket: bool = "ws" in context.names
        self.head_limits = HeadLimits(options.max_request_line, options.max_header_size, options.max_headers)
        self.ws_limits = Limits(
            max_message=options.ws_max_message,
            max_frame=options.ws_max_frame,
            max_fragments=options.ws_max_fragments,
        )
        self.deflating = DeflateOptions(
            enabled=options.ws_deflate,
            takeover=options.ws_deflate_takeover,
            window_bits=options.ws_deflate_window,
            level=options.ws_deflate_level,
            compress_from=options.ws_deflate_from,
        )
        self.header_timeout: float = options.header_timeout
        self.keep_alive: float = options.keep_alive
        self.drain_idle: float = options.drain_idle
        self.app_timeout: float = options.app_timeout or FOREVER
        self.max_body: int = options.max_body
        self.max_requests: int = options.max_requests
        self.max_buffered_body: int = options.max_buffered_body
        self.trusted: Trusted = context.listening.trusted
        self.proxies: bool = bool(context.listening.trusted)
        self.state: dict[str, Any] = context.state
        for name in COUNTS:
            context.telemetry.count(name, 0)
        self.access: Callable[[dict[str, Any]], None] | None = context.telemetry.access
        self.connections: set[Stream] = set()
        self.sessions: set[Instance] = set()
        self._addresses: dict[str, int] = {}
        self.draining: bool = False
        self.now: float = loop.time()
        self.date: bytes = b""
        self.idle: Any = None
        self._second: int = -1
        self._timer: Any = None

    def tick(self) -> None:
        """Run now and every half second until :meth:`stop`."""
        now = self.loop.time()
        late = now - self.now
        self.now = now + TICK  # a deadline is never early
        second = int(time())
        if second != self._second:
            self._second = second
            self.date = b"date: %b\r\n" % formatdate(second, usegmt=True).encode("ascii")
        self._timer = self.loop.call_later(TICK, self.tick)  # first: the clock goes on whatever happens below
        for connection in list(self.connections):
            if late > TICK:
                connection.excuse(late)
            connection.sweep(now)

    def stop(self) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.cancel()

    def place(self, transport: Any, proxied: ProxyHeader | None) -> Place:
        """Where a connection is, from what asyncio knows of it, or a PROXY header said."""
        client = _endpoint(transport.get_extra_info("peername"))
        server = _endpoint(transport.get_extra_info("sockname"))
        tls = transport.get_extra_info("ssl_object")
        secure = tls is not None
        if proxied is not None and proxied.source is not None:
            client = proxied.source
            server = proxied.destination
            secure = secure or proxied.tls
        return Place(
            client,
            server,
            secure=secure,
            root_path=self.options.root_path,
            tls=tls_extension(tls) if tls is not None else None,
        )

    def forwarded(self, scope: Scope) -> None:
        """Put in what a trusted proxy says of the client; asked only where some proxy is trusted."""
        origin = forwarded(scope["headers"], scope["client"], scope["scheme"], self.trusted)
        scope["client"] = origin.client
        scope["scheme"] = origin.scheme
        if origin.host is not None:
            host = origin.host.encode("ascii")
            scope["headers"] = [(n, host if n == b"host" else v) for n, v in scope["headers"]]

    def deflate(self, offers: Sequence[Offer]) -> Agreement | None:
        """What is agreed to of a client's extensions."""
        return negotiate(offers, self.deflating)

    def count(self, name: str) -> None:
        """Count something that is rare."""
        self.context.telemetry.count(name)

    def joined(self, connection: Stream, address: str) -> bool:
        """A connection came; False when it is one too many and must go."""
        self.connections.add(connection)
        held = self._addresses.get(address, 0) + 1
        self._addresses[address] = held
        limit: int = self.options.max_connections_per_address
        return held <= limit

    def left(self, connection: Stream, address: str) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        held = self._addresses.get(address, 0) - 1
        if held > 0:
            self._addresses[address] = held
        else:
            self._addresses.pop(address, None)
        self.check_idle()

    def check_idle(self) -> None:
        """Tell :meth:`drained` when nothing is left."""
        idle = self.idle
        if idle is not None and not self.connections and not self.sessions and not idle.done():
            idle.set_result(None)

    def begin_drain(self, seconds: float) -> None:
        """Let requests finish, tell open WebSockets to come back; all of it has ``seconds``."""
        self.draining = True
        self.now = self.loop.time()
        self.drain_idle = min(self.drain_idle, seconds / 2)
        sockets = [c for c in self.connections if c.spread]
        for connection in list(self.connections):
            if not connection.spread:
                connection.drain()
        pause = self.options.ws_drain_spread / max(1, len(sockets))
        for at, socket in enumerate(sockets):
            self.loop.call_later(at * pause, socket.drain)

    async def drain(self, seconds: float) -> None:
        """Wait until nothing is left; what is after ``seconds`` is cut."""
        if not await self.drained(seconds):
            log.warning("%d connections and %d calls of the application were cut after %s s",
                        len(self.connections), len(self.sessions), seconds)  # fmt: skip
            for session in list(self.sessions):
                session.cancel()
            for connection in list(self.connections):
                connection.abort()
            await self.drained(1)

    async def drained(self, seconds: float) -> bool:
        """Wait until all connections and sessions are gone; False after ``seconds``."""
        if self.connections or self.sessions:
            self.idle = self.loop.create_future()
            await asyncio.wait({self.idle}, timeout=seconds)
        return not self.connections and not self.sessions


def _endpoint(address: Any) -> tuple[str, int | None] | None:
    """asyncio's peername or sockname as ASGI has it; (path, None) for a unix socket that has one."""
    if isinstance(address, tuple):
        return (address[0], address[1])
    return (address, None) if address else None

"""What all connections of one listener share: the application, the limits, the clock, the sessions."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from email.utils import formatdate
from time import time
from typing import Any

from interfaces.http_ws.deflate import Agreement, DeflateOptions, Offer, negotiate
from interfaces.http_ws.events_h2 import LIMITED
from interfaces.http_ws.events_h2 import Limits as H2Limits
from interfaces.http_ws.handshake import Upgrade, origin_allowed
from interfaces.http_ws.hpack_encoder import Encoder
from interfaces.http_ws.options import HttpWsOptions
from interfaces.http_ws.translate import Place, websocket_scope
from interfaces.http_ws.wire_h1 import HeadLimits, RequestHead, refusal
from interfaces.http_ws.wire_ws import Limits
from interfaces.shared.asgi import Application, Scope
from interfaces.shared.errors import ConfigError, PeerError
from interfaces.shared.interface import Context
from interfaces.shared.meter import Meter, here
from interfaces.shared.proxy import Trusted, forwarded
from interfaces.shared.proxy_header import ProxyHeader
from interfaces.shared.serving import Serving, endpoint
from interfaces.shared.session import Instance
from interfaces.shared.stream import FOREVER
from interfaces.shared.tls import tls_extension

__all__ = ["Service", "admitted", "failed", "log"]

log = logging.getLogger("interfaces.http")
COUNTS = (
    "http.refused", "http.stalled", "http.timeouts", "ws.crowded", "ws.refused", "ws.silent", "ws.stalled",
    "http.h2.window_stall",
    *[f"http.h2.{kind}" for kind in LIMITED],
)  # fmt: skip
"""What is counted: told from the beginning, since what is there only after the first time hides that one."""


def failed(instance: Instance) -> int:
    """The status for a client whose application has ended without an answer."""
    return 404 if instance.unrouted else 503 if instance.unavailable else 500


def _h2_limits(options: HttpWsOptions, connect: bool) -> H2Limits:
    return H2Limits(
        streams=options.h2_streams,
        fields=options.max_headers,
        header_size=options.max_header_size,
        window=options.h2_window,
        connection_window=options.h2_connection_window,
        resets=options.h2_resets,
        control=options.h2_control,
        connect=connect,
    )


def _upgrades(options: HttpWsOptions, context: Context) -> bool:
    """Whether HTTP/1.1 may become HTTP/2 when a request asks. Raises ConfigError where that is a way around a proxy."""
    if options.h2 and options.h2c_upgrade and context.listening.trusted:
        raise ConfigError(
            "--http-h2c-upgrade with --trusted-proxies: a proxy that lets an upgrade by sees no request behind it;"
            " leave one of them out"
        )
    return options.h2 and options.h2c_upgrade


def _deflating(options: HttpWsOptions) -> DeflateOptions:
    return DeflateOptions(
        enabled=options.ws_deflate,
        takeover=options.ws_deflate_takeover,
        window_bits=options.ws_deflate_window,
        level=options.ws_deflate_level,
        compress_from=options.ws_deflate_from,
    )


class Service(Serving):
    """Sessions and connections of HTTP and WebSockets, and the date line."""

    def __init__(
        self, app: Application, options: HttpWsOptions, context: Context, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(context, loop, log)
        self.app = app
        self.options = options
        self.per_address = options.max_connections_per_address
        self.http: bool = "http" in context.names
        self.websocket: bool = "ws" in context.names
        self.head_limits = HeadLimits(options.max_request_line, options.max_header_size, options.max_headers)
        self.h2: bool = options.h2
        self.h2c: bool = _upgrades(options, context)
        self.upgrades: bool = self.websocket or self.h2c
        """Whether a request may ask for another protocol."""
        self.h2_limits = _h2_limits(options, self.websocket)
        self.ws_limits = Limits(
            max_message=options.ws_max_message,
            max_frame=options.ws_max_frame,
            max_fragments=options.ws_max_fragments,
        )
        self.deflating = _deflating(options)
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
        self.sockets: int = 0
        """WebSockets among the connections; each stream of HTTP/2 that is one counts."""
        self.unfinished: int = 0
        """Bytes of messages of WebSockets whose end has not come, of all of them."""
        here().gauge("connections", lambda: self.sockets, protocol="websocket")
        self.meter: Meter = here().of("http")
        self.date: bytes = b""
        self.date_block: bytes = b""
        """The date as a field of HTTP/2."""
        self._second: int = -1

    def open_connections(self) -> int:
        """Those of HTTP: a WebSocket is told apart."""
        return len(self.connections) - self.sockets

    def ticked(self) -> None:
        """Make the date line anew when it has changed."""
        second = int(time())
        if second != self._second:
            self._second = second
            said = formatdate(second, usegmt=True).encode("ascii")
            self.date = b"date: %b\r\n" % said
            self.date_block = Encoder().field(b"date", said)

    def place(self, transport: Any, proxied: ProxyHeader | None) -> Place:
        """Where a connection is, from what asyncio knows of it, or a PROXY header said."""
        client = endpoint(transport.get_extra_info("peername"))
        server = endpoint(transport.get_extra_info("sockname"))
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

    def crowded(self, more: int) -> bool:
        """Count ``more`` bytes of unfinished messages; whether they are too much in all."""
        self.unfinished += more
        return more > 0 and self.unfinished > self.options.ws_max_unfinished

    def deflate(self, offers: Sequence[Offer]) -> Agreement | None:
        """What is agreed to of a client's extensions."""
        return negotiate(offers, self.deflating)

    def begin_drain(self) -> None:
        """Let requests finish, tell open WebSockets to come back."""
        self.drain_idle = min(self.drain_idle, self.context.drain / 2)
        super().begin_drain()
        sockets = [c for c in self.connections if c.spread]
        pause = self.options.ws_drain_spread / max(1, len(sockets))
        for at, socket in enumerate(sockets):
            self.loop.call_later(at * pause, socket.drain)


def admitted(service: Service, head: RequestHead, place: Place, upgrade: Upgrade) -> Scope:
    """The scope of a handshake that may go to the application. Raises PeerError for one that may not."""
    if service.draining:
        raise PeerError("", refusal(503))
    options = service.options
    if options.ws_origins and not origin_allowed(upgrade.origin, options.ws_origins):
        raise PeerError("", refusal(403))
    scope = websocket_scope(head, place, service.state, upgrade.subprotocols)
    if service.proxies:
        service.forwarded(scope)
    return scope

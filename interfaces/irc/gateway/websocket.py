"""IRC over WebSockets, on our HTTP server: text.ircv3.net and binary.ircv3.net.

Each message is one line without its end (IRCv3, "WebSocket Transport"); of text what is no UTF-8 is replaced. The
WebSocket is a transport for a :class:`Client`, which knows nothing of it: reading stops, what waits to be written is
counted, and an end is an end with a code.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from interfaces.http_ws.handshake import origin_allowed
from interfaces.irc.gateway.connection import Client
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.texts import clipped
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.errors import ConfigError, PeerGone
from interfaces.shared.interface import Context
from interfaces.shared.webhook import Mounts

__all__ = ["BINARY", "HIGH", "LOW", "TEXT", "WebSocketTransport", "WebSockets", "mounting", "websockets"]

TEXT: Final = "text.ircv3.net"
BINARY: Final = "binary.ircv3.net"
HIGH: Final = 65536
LOW: Final = 16384
"""Octets that wait, from which on a client is told not to write, and down to which it may again."""
REASON: Final = 123
"""Octets of the reason of a close (RFC 6455 §5.5)."""
LONGEST: Final = 16384
"""Octets of a message that are looked at: more than any line may have."""
UPGRADE: Final = b"IRC is spoken here over WebSockets: " + f"{TEXT} or {BINARY}\n".encode()
_KINDS: Final = ("http", "websocket")
_PORTS: Final = {"http": 80, "https": 443}


class WebSocketTransport:
    """What asyncio's transports are for a protocol; ``end()`` is called when it is over from this side."""

    def __init__(self, scope: Scope, protocol: Any, text: bool, end: Callable[[], None]) -> None:
        self.protocol = protocol
        self.text = text
        self.over = False
        """Nothing more is written, nor waits."""
        self._info: dict[str, Any] = {
            "peername": scope.get("client"),
            "sockname": scope.get("server"),
            "ssl_object": _Secure(scope) if scope.get("scheme") == "wss" else None,
        }
        self._end = end
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._blocked = self._closing = self._lost = False
        self._written = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {self._size} octets wait>"

    # --- for the protocol ---------------------------------------------------------------------------

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """peername, sockname, ssl_object."""
        return self._info.get(name, default)

    def write(self, data: bytes) -> None:
        """Have whole lines sent."""
        if self._closing:
            return
        lines = data.split(b"\r\n")
        lines.pop()
        self._lines.extend(lines)
        self._size += len(data)
        self._written.set()
        if self._size > HIGH and not self._blocked:
            self._blocked = True
            self.protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        """Octets that wait."""
        return self._size

    def pause_reading(self) -> None:
        """Take no more messages."""
        self._reading.clear()

    def resume_reading(self) -> None:
        """Take messages again."""
        self._reading.set()

    def is_closing(self) -> bool:
        """Whether it is over, or will be when all is sent."""
        return self._closing

    def close(self) -> None:
        """End it when all is sent."""
        self._closing = True
        self._written.set()

    def abort(self) -> None:
        """End it now."""
        self._closing = self.over = True
        self._lines.clear()
        self._size = 0
        self._end()

    # --- for the WebSocket --------------------------------------------------------------------------

    def lost(self) -> None:
        """It is over: tell the protocol, once."""
        self._closing = self.over = True
        if not self._lost:
            self._lost = True
            self._lines.clear()
            self._size = 0
            self.protocol.connection_lost(None)

    async def read(self, receive: Receive) -> None:
        """Give the protocol what comes, until the peer is gone."""
        while True:
            await self._reading.wait()
            event = await receive()
            if event["type"] == "websocket.disconnect":
                return
            said = event.get("text")
            data = (event.get("bytes") or b"") if said is None else said.encode(errors="replace")
            if not self._closing:
                self.protocol.data_received(data[:LONGEST].rstrip(b"\r\n") + b"\r\n")

    async def send(self, send: Send) -> None:
        """Send what is written, one line after the other; at the end, why."""
        while True:
            while self._lines:
                line = self._lines.popleft()
                if self.text:
                    await send({"type": "websocket.send", "text": line.decode(errors="replace")})
                else:
                    await send({"type": "websocket.send", "bytes": line})
                self._sent(len(line) + 2)
            if self._closing:
                break
            self._written.clear()
            await self._written.wait()
        code, reason = self._why()
        await send({"type": "websocket.close", "code": code, "reason": reason})

    def _sent(self, size: int) -> None:
        self._size = max(0, self._size - size)
        if self._blocked and self._size <= LOW:
            self._blocked = False
            self.protocol.resume_writing()

    def _why(self) -> tuple[int, str]:
        """1001 is who is silent: 1006 cannot be said."""
        client = self.protocol
        return (1001 if client.code == 1006 else client.code), clipped(client.quit, REASON)


class _Secure:
    """What is asked of asyncio's ``ssl_object``; of certificates nothing is known here."""

    def __init__(self, scope: Scope) -> None:
        found: Mapping[str, Any] = scope.get("extensions", {}).get("tls", {})
        self._version = {0x0304: "TLSv1.3", 0x0303: "TLSv1.2"}.get(found.get("tls_version") or 0)

    def version(self) -> str | None:
        """As ssl has it; None behind a proxy that does not say."""
        return self._version

    def cipher(self) -> None:
        """Not known by its name."""

    def getpeercert(self) -> dict[str, Any]:
        """None that is looked at."""
        return {}


class WebSockets:
    """The ASGI application. What is no browser says no origin, and may connect.

    ``origins``: of pages that may, as ``--ws-origins`` has them; without, those of the host that is asked.
    """

    def __init__(self, gateway: Gateway, origins: tuple[str, ...] = ()) -> None:
        self.gateway = gateway
        self.origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket, or tell a request that it should be one (ASGI 3)."""
        if scope["type"] == "http":
            await _answer(send, "http.response", 426, UPGRADE, (b"upgrade", b"websocket"))
            return
        await receive()  # websocket.connect
        offered = scope.get("subprotocols", [])
        chosen = next((one for one in offered if one in (TEXT, BINARY)), None)
        refused = self._refused(scope, bool(offered) and chosen is None)
        if refused is not None:
            self.gateway.count("irc.gateway.refused")
            await _answer(send, "websocket.http.response", *refused)
            return
        await send({"type": "websocket.accept", "subprotocol": chosen})
        await self._serve(scope, receive, send, chosen != BINARY)

    def _refused(self, scope: Scope, foreign: bool) -> tuple[int, bytes] | None:
        gateway = self.gateway
        if not self._same(dict(reversed(scope["headers"]))):
            return 403, b"pages of this origin may not connect\n"
        if foreign:
            return 400, UPGRADE
        if gateway.draining or len(gateway.connections) >= gateway.options.clients:
            return 503, b"try again later\n"
        return None

    def _same(self, headers: Mapping[bytes, bytes]) -> bool:
        origin = headers.get(b"origin")
        if origin is None:
            return True
        if self.origins:
            return origin_allowed(origin, self.origins)
        try:
            page = urlsplit(origin.decode("ascii").lower())
            asked = urlsplit(f"//{headers.get(b'host', b'').decode('ascii').lower()}")
            port = _PORTS.get(page.scheme)
            return bool(page.hostname) and (page.hostname, page.port or port) == (
                asked.hostname,
                asked.port or port,
            )
        except ValueError:
            return False

    async def _serve(self, scope: Scope, receive: Receive, send: Send, text: bool) -> None:
        loop = self.gateway.loop
        ended = loop.create_future()

        def end() -> None:
            if not ended.done():
                ended.set_result(None)

        client = Client(self.gateway)
        transport = WebSocketTransport(scope, client, text, end)
        client.connection_made(transport)
        tasks: set[asyncio.Future[Any]] = {
            loop.create_task(transport.read(receive)), loop.create_task(_sent(transport, send)), ended
        }  # fmt: skip
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            transport.lost()
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.result()


async def _sent(transport: WebSocketTransport, send: Send) -> None:
    try:
        await transport.send(send)
    except PeerGone:
        pass  # read() is told, too


async def _answer(send: Send, kind: str, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    fields = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": f"{kind}.start", "status": status, "headers": fields})
    await send({"type": f"{kind}.body", "body": body})


def mounting(path: str, context: Context) -> Mounts:
    """What has ``path`` answered. ConfigError where no HTTP is served."""
    if context.mounts is None:
        raise ConfigError(
            f"--irc-path {path}: WebSockets are where HTTP is served: interfaces serve http ws irc, or leave it out"
        )
    return context.mounts


@asynccontextmanager
async def websockets(gateway: Gateway, context: Context) -> AsyncIterator[None]:
    """Answer ``options.path`` in front of the application while it is entered; without a path there is nothing.

    ConfigError where no HTTP is served.
    """
    path = gateway.options.path
    if not path:
        yield
        return
    mounts = mounting(path, context)
    mounts.mount(path, WebSockets(gateway, gateway.options.origins), _KINDS)
    try:
        yield
    finally:
        mounts.unmount(path)

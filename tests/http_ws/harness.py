"""A service without a network: a transport that records, a clock set by hand, calls that tests drive.

A test is ``async with Bench() as bench`` inside ``asyncio.run`` (see :func:`scene`); when it ends,
all peers leave,
and no connection, session or task may be left.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import h11

from interfaces.http_ws.connection import Connection
from interfaces.http_ws.interface import HttpWsOptions
from interfaces.http_ws.service import Service
from interfaces.shared.interface import Context
from interfaces.shared.listen import Listening
from interfaces.shared.proxy import Trusted
from interfaces.shared.telemetry import Telemetry

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
DATE = b"date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
START = {"type": "http.response.start", "status": 200, "headers": []}
Event = dict[str, Any]


def scene(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Makes a test of a coroutine function; one that hangs fails after ten seconds."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(10):
                await test(*arguments, **named)

        asyncio.run(bounded())

    return run


class Transport:
    """What asyncio gives a protocol. ``unsent`` bytes wait for the peer; it takes no more at ``full_at``."""

    def __init__(
        self, peer: Any = ("127.0.0.1", 4000), name: Any = ("127.0.0.1", 80), tls: Any = None
    ) -> None:
        self.extra = {"peername": peer, "sockname": name, "ssl_object": tls}
        self.protocol: Any = None
        self.out = bytearray()
        self.writes = 0
        self.unsent = 0
        self.full_at = 0
        self.reading = True
        self.ended = False
        self.closing = False
        self.aborted = False
        self.lost = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """peername, sockname, ssl_object."""
        return self.extra.get(name, default)

    def set_protocol(self, protocol: Any) -> None:
        """Another protocol takes over."""
        self.protocol = protocol

    def write(self, data: bytes) -> None:
        """Record it."""
        assert not self.ended, "written after the end of it was"
        if not self.closing:
            self.writes += 1
            self.out += data
            if self.full_at and len(self.out) >= self.full_at:
                self.full_at, self.unsent = 0, len(self.out)
                self.protocol.pause_writing()

    def pause_reading(self) -> None:
        """Nothing is given to the protocol from now on."""
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        """It is again."""
        assert not self.reading
        self.reading = True

    def is_reading(self) -> bool:
        """Whether what comes is given to the protocol."""
        return self.reading and not self.closing

    def get_write_buffer_size(self) -> int:
        """As the test has set it."""
        return self.unsent

    def can_write_eof(self) -> bool:
        """TLS cannot."""
        return self.extra["ssl_object"] is None

    def write_eof(self) -> None:
        """Our side ends."""
        self.ended = True

    def is_closing(self) -> bool:
        """Whether close or abort was called."""
        return self.closing

    def close(self) -> None:
        """End when all was sent."""
        if not self.closing:
            self.closing = True
            if not self.unsent:
                asyncio.get_running_loop().call_soon(self.lose)

    def abort(self) -> None:
        """End now."""
        if not self.aborted:
            self.aborted = self.closing = True
            asyncio.get_running_loop().call_soon(self.lose)

    def lose(self, error: Exception | None = None) -> None:
        """The connection is gone."""
        if not self.lost:
            self.lost = self.closing = True
            self.protocol.connection_lost(error)


class Peer:
    """A client: what it sends, and what was written to it."""

    def __init__(self, bench: "Bench", transport: Transport, proxied: Any = None) -> None:
        self.bench = bench
        self.transport = transport
        self.first = transport.protocol = Connection(bench.service)
        self.first.proxied = proxied
        transport.protocol.connection_made(transport)

    @property
    def protocol(self) -> Any:
        """The connection, or the WebSocket that took it over."""
        return self.transport.protocol

    @property
    def closed(self) -> bool:
        """Whether the server has begun to close."""
        return self.transport.closing

    def feed(self, data: bytes) -> None:
        """Bytes arrive, as far as anybody reads them."""
        assert self.transport.reading, "nobody reads"
        if not self.transport.closing:
            self.protocol.data_received(data)

    async def send(self, data: bytes, size: int = 0) -> bytes:
        """Send ``data`` in pieces of ``size`` and let everybody run; what was written since the last time."""
        for at in range(0, len(data), size or len(data)):
            self.feed(data[at : at + (size or len(data))])
            if size:
                await self.bench.settle()
        await self.bench.settle()
        return self.take()

    def take(self) -> bytes:
        """What was written since the last time."""
        data = bytes(self.transport.out)
        self.transport.out.clear()
        return data

    def end(self) -> None:
        """The client ends its side."""
        if not self.transport.protocol.eof_received():
            self.transport.close()

    def stop_reading(self, unsent: int = 100_000) -> None:
        """The client reads no more: ``unsent`` bytes wait."""
        self.transport.unsent = unsent
        self.protocol.pause_writing()

    def read_on(self) -> None:
        """The client has read all."""
        self.transport.unsent = 0
        self.protocol.resume_writing()
        if self.transport.closing:
            self.transport.lose()

    async def leave(self) -> None:
        """The client is gone."""
        self.transport.lose(ConnectionResetError())
        await self.bench.settle()


class Call:
    """A call of the application that the test goes through by itself."""

    def __init__(
        self, scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
    ) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.cancelled = False

    async def start(
        self, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = (), **more: Any
    ) -> None:
        """Send the start of a response."""
        await self.send({"type": "http.response.start", "status": status, "headers": list(headers), **more})

    async def body(self, data: bytes = b"", more: bool = False) -> None:
        """Send a part of the body."""
        await self.send({"type": "http.response.body", "body": data, "more_body": more})

    async def answer(
        self, data: bytes = b"", status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        """Send a whole response, and return."""
        await self.start(status, headers)
        await self.body(data)
        await self.finish()

    async def finish(self, error: BaseException | None = None) -> None:
        """Return, or raise."""
        if not self.over.done():
            if error is None:
                self.over.set_result(None)
            else:
                self.over.set_exception(error)
        for _ in range(5):
            await asyncio.sleep(0)


class Bench:
    """A service with its peers. Without ``app``, calls come to ``calls``; ``options``: of HttpWsOptions."""

    def __init__(
        self, app: Any = None, *, names: tuple[str, ...] = ("http", "ws"), trusted: Trusted | None = None,
        state: Event | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.calls: list[Call] = []
        self.lines: list[Event] = []
        self.telemetry = Telemetry(access=self.lines.append)
        self.context = Context(
            names=names,
            state={} if state is None else state,
            listening=Listening(trusted=trusted or Trusted()),
            telemetry=self.telemetry,
        )
        self.service = Service(
            app or self._call, HttpWsOptions(**options), self.context, asyncio.get_running_loop()
        )
        self.service.now = 1000.0
        self.service.date = DATE
        self.peers: list[Peer] = []

    async def _call(self, scope: Event, receive: Any, send: Any) -> None:
        call = Call(scope, receive, send)
        self.calls.append(call)
        try:
            await call.over
        except asyncio.CancelledError:
            call.cancelled = True
            raise

    async def __aenter__(self) -> "Bench":
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        for peer in self.peers:
            peer.transport.lose()
        for call in self.calls:
            await call.finish()
        await self.settle()
        if kind is None:
            assert not self.service.connections
            assert not self.service.sessions
            assert not self.service._addresses
            assert asyncio.all_tasks() == {asyncio.current_task()}

    def connect(self, *transport: Any, proxied: Any = None, **named: Any) -> Peer:
        """A client connects."""
        peer = Peer(self, Transport(*transport, **named), proxied)
        self.peers.append(peer)
        return peer

    async def settle(self) -> None:
        """Let everybody run until nothing is left to do at once."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def after(self, seconds: float) -> None:
        """Time passes, with the service's looks at its deadlines each half second."""
        until = self.service.now + seconds
        while self.service.now < until:
            self.service.now = min(until, self.service.now + 0.5)
            for connection in list(self.service.connections):
                connection.sweep(self.service.now)
            await asyncio.sleep(0)
        await self.settle()

    async def call(self, peer: Peer, data: bytes = GET) -> Call:
        """The call that ``data`` makes."""
        count = len(self.calls)
        peer.feed(data)
        await self.settle()
        assert len(self.calls) == count + 1, bytes(peer.transport.out)
        return self.calls[-1]


Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


def answers(data: bytes, *methods: str, end: bool = False) -> list[Answer]:
    """The responses in ``data`` as h11 reads them, one to each of ``methods``; nothing may be left over.

    With ``end``, the connection is closed after ``data``. Fields that every response has are left out.
    """
    client, found = h11.Connection(h11.CLIENT), []
    client.receive_data(data)
    if end:
        client.receive_data(b"")
    for method in methods or ("GET",):
        client.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
        client.send(h11.EndOfMessage())
        body = b""
        while type(event := client.next_event()) is not h11.EndOfMessage:
            assert event is not h11.NEED_DATA, (found, data)
            if isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
        fields = [(n, v) for n, v in response.headers if n != b"date"]
        found.append((response.status_code, fields + list(event.headers), body))
        if client.their_state is h11.DONE and len(found) < len(methods):
            client.start_next_cycle()
    assert client.trailing_data[0] == b"", client.trailing_data
    return found


async def echo(scope: Event, receive: Any, send: Any) -> None:
    """Answers a request with method, path and body; a WebSocket with what it says."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})
        return
    body = b""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        body += event["body"]
        if not event["more_body"]:
            break
    await send(START)
    said = f"{scope['method']} {scope['path']}?".encode() + scope["query_string"] + b" " + body
    await send({"type": "http.response.body", "body": said})

"""A client of HTTP/2 made of PyPI's h2, on the transport of the harness."""

from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset, TrailersReceived

from tests.http_ws.harness import Bench, Call

Fields = list[tuple[bytes, bytes]]


class Got:
    """What came on one stream; ``fields`` are without the status and the date."""

    def __init__(self) -> None:
        self.status = 0
        self.fields: Fields = []
        self.data = b""
        self.ended = False
        self.reset: int | None = None

    def take(self) -> bytes:
        """The data since the last time."""
        data, self.data = self.data, b""
        return data


class Client:
    """One connection. While ``reads`` is False, no window is opened."""

    def __init__(self, bench: Bench, *transport: Any, **named: Any) -> None:
        self.bench = bench
        self.peer = bench.connect(*transport, **named)
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self.streams: dict[int, Got] = {}
        self.reads = True
        self._unread: dict[int, int] = {}

    async def begin(self) -> "Client":
        """Exchange the settings."""
        self.h2.initiate_connection()
        await self.go()
        return self

    async def go(self) -> None:
        """Send what there is, and read what comes of it, until both are done."""
        while True:
            data = self.h2.data_to_send()
            if data and not self.peer.closed:
                self.peer.feed(data)
            await self.bench.settle()
            if not self.read() and not self.h2._data_to_send:
                return

    def read(self) -> bool:
        """Look at what was written; whether there was anything."""
        out = self.peer.take()
        for event in self.h2.receive_data(out) if out else ():
            got = self.streams.get(getattr(event, "stream_id", 0) or 0)
            if got is not None:
                self._happened(got, event)
        if self.reads:
            self.acknowledge()
        return bool(out)

    def _happened(self, got: Got, event: Any) -> None:
        if isinstance(event, ResponseReceived):
            got.status = int(event.headers[0][1])
            got.fields = [(n, v) for n, v in event.headers[1:] if n != b"date"]
        elif isinstance(event, DataReceived):
            got.data += event.data
            stream = event.stream_id
            self._unread[stream] = self._unread.get(stream, 0) + event.flow_controlled_length
        elif isinstance(event, StreamEnded | TrailersReceived):
            got.ended = True
        elif isinstance(event, StreamReset):
            got.reset = event.error_code

    def acknowledge(self) -> None:
        """Open the windows again by all that came."""
        for stream, size in self._unread.items():
            self.h2.acknowledge_received_data(size, stream)
        self._unread = {}

    def ask(self, fields: Fields, end: bool = False) -> int:
        """Begin a stream; its number."""
        stream = self.h2.get_next_available_stream_id()
        self.streams[stream] = Got()
        self.h2.send_headers(stream, fields, end)
        return stream

    def connect(self, *fields: tuple[bytes, bytes], path: bytes = b"/ws", version: bytes = b"13") -> int:
        """Begin a WebSocket."""
        return self.ask([
            (b":method", b"CONNECT"), (b":protocol", b"websocket"), (b":scheme", b"https"),
            (b":authority", b"a"), (b":path", path), (b"sec-websocket-version", version), *fields,
        ])  # fmt: skip

    def get(self, path: bytes = b"/") -> int:
        """Begin a request without a body."""
        return self.ask(
            [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"a"), (b":path", path)], True
        )

    def send(self, stream: int, data: bytes, end: bool = False) -> None:
        """DATA, in frames as they are allowed."""
        most = self.h2.max_outbound_frame_size
        for at in range(0, max(1, len(data)), most):
            self.h2.send_data(stream, data[at : at + most], end and at + most >= len(data))

    async def say(self, stream: int, data: bytes = b"", end: bool = False) -> bytes:
        """Send data on a stream; what came on it."""
        if data or end:
            self.send(stream, data, end)
        await self.go()
        return self.streams[stream].take()

    async def opened(self, *fields: tuple[bytes, bytes], **accept: Any) -> tuple[int, Call]:
        """A WebSocket that was accepted."""
        count = len(self.bench.calls)
        stream = self.connect(*fields)
        await self.go()
        assert len(self.bench.calls) == count + 1, self.streams[stream].status
        call = self.bench.calls[-1]
        assert await call.receive() == {"type": "websocket.connect"}
        await call.send({"type": "websocket.accept", **accept})
        await self.go()
        assert self.streams[stream].status == 200
        return stream, call

"""A client of HTTP/2 at a Bench: PyPI's h2 is its half of the connection."""

from collections.abc import Iterable
from typing import Any

from h2.config import H2Configuration
from h2.connection import ConnectionInputs, ConnectionState, H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    PingReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.settings import SettingCodes, Settings

from tests.http_ws.harness import Bench, Call, Peer

Fields = list[tuple[bytes, bytes]]


class Reply:
    """What came of one request. Fields that every response has are left out."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Fields = []
        self.hints: list[tuple[int, Fields]] = []
        self.body = b""
        self.trailers: Fields = []
        self.ended = False
        self.code: int | None = None
        """Of RST_STREAM."""

    def take(self, event: Event) -> None:
        """Something came."""
        if isinstance(event, ResponseReceived):
            self.status, self.headers = split(event.headers)
        elif isinstance(event, InformationalResponseReceived):
            self.hints.append(split(event.headers))
        elif isinstance(event, TrailersReceived):
            self.trailers = list(event.headers)
        elif isinstance(event, DataReceived):
            self.body += event.data
        elif isinstance(event, StreamEnded):
            self.ended = True
        elif isinstance(event, StreamReset):
            self.code = int(event.error_code)


def split(headers: Iterable[Any]) -> tuple[int, Fields]:
    """The status, and the other fields."""
    fields = [(bytes(name), bytes(value)) for name, value in headers]
    assert fields[0][0] == b":status"
    return int(fields[0][1]), [field for field in fields[1:] if field[0] != b"date"]


def go_on(h2: H2Connection) -> None:
    """h2 takes each GOAWAY for the end at once, although it is what goes on that matters (RFC 9113 §6.8)."""
    machine: Any = h2.state_machine
    machine._transitions = machine._transitions.copy()
    for state in (ConnectionState.IDLE, ConnectionState.CLIENT_OPEN):
        machine._transitions[state, ConnectionInputs.RECV_GOAWAY] = (None, state)


class Client:
    """``window``: what it lets be sent ahead of a stream; it gives back all that came at once, unless ``lazy``."""

    def __init__(
        self,
        bench: Bench,
        *,
        window: int = 65535,
        lazy: bool = False,
        settings: dict[SettingCodes, int] | None = None,
        **peer: Any,
    ) -> None:
        self.bench = bench
        self.lazy = lazy
        self.peer: Peer = bench.connect(**peer)
        self.h2 = H2Connection(H2Configuration(header_encoding=None))
        first = {SettingCodes.ENABLE_PUSH: 0, SettingCodes.INITIAL_WINDOW_SIZE: window, **(settings or {})}
        self.h2.local_settings = Settings(client=True, initial_values=first)
        go_on(self.h2)
        self.h2.initiate_connection()
        self.replies: dict[int, Reply] = {}
        self.away: list[tuple[int, int]] = []
        """GOAWAYs: last stream and code."""
        self.pings: list[bytes] = []

    async def go(self) -> None:
        """Send what is to be sent, and read what comes, until both are done."""
        while True:
            data = self.h2.data_to_send()
            if data and not self.peer.closed:
                self.peer.feed(data)
            await self.bench.settle()
            came = self.peer.take()
            if not came and not data:
                return
            for event in self.h2.receive_data(came):
                self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, ConnectionTerminated):
            self.away.append((event.last_stream_id or 0, int(event.error_code or 0)))
        elif isinstance(event, PingReceived):
            self.pings.append(event.ping_data)
        elif isinstance(event, DataReceived) and not self.lazy:
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        number = getattr(event, "stream_id", None)
        if number in self.replies:
            self.replies[number].take(event)

    def ask(
        self, path: str = "/", method: str = "GET", headers: Iterable[tuple[str, str]] = (), end: bool = True
    ) -> int:
        """Begin a request; the number of its stream."""
        number = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", "http"), (":authority", "a"), (":path", path), *headers]
        self.h2.send_headers(number, fields, end)
        self.replies[number] = Reply()
        return number

    async def get(self, path: str = "/", method: str = "GET", **named: Any) -> Reply:
        """A request, and what came of it at once."""
        number = self.ask(path, method, **named)
        await self.go()
        return self.replies[number]

    async def call(self, path: str = "/", method: str = "GET", **named: Any) -> tuple[Call, Reply]:
        """The call that a request makes, and its reply, which will come."""
        count = len(self.bench.calls)
        reply = await self.get(path, method, **named)
        assert len(self.bench.calls) == count + 1
        return self.bench.calls[-1], reply

    async def send(self, reply: Reply, data: bytes = b"", end: bool = False) -> None:
        """A part of the body of the request that ``reply`` is to."""
        self.h2.send_data(self.number(reply), data, end)
        await self.go()

    async def open(self, size: int, reply: Reply | None = None) -> None:
        """Let ``size`` octets more be sent: of one stream, or of all."""
        self.h2.increment_flow_control_window(size, self.number(reply) if reply is not None else None)
        await self.go()

    async def reset(self, reply: Reply, code: int = 8) -> None:
        """RST_STREAM."""
        self.h2.reset_stream(self.number(reply), code)
        await self.go()

    def number(self, reply: Reply) -> int:
        """Of the stream."""
        return next(number for number, one in self.replies.items() if one is reply)

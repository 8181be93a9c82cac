"""What tests of the console share: entries without a server, and a console over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from interfaces.console.book import Book
from interfaces.console.calls import Watch
from interfaces.console.entries import Call, Entry
from interfaces.console.redact import Redactor
from interfaces.console.tap import Tap
from interfaces.runner.api import Server
from interfaces.shared.asgi import Application
from interfaces.shared.bind import Address
from interfaces.testing.raw import RawClient, Response

SCOPES: dict[str, dict[str, Any]] = {
    "http": {
        "type": "http", "method": "GET", "path": "/x", "raw_path": b"/x", "query_string": b"y=1",
        "headers": [(b"host", b"test")], "http_version": "1.1", "state": {},
    },
    "websocket": {"type": "websocket", "path": "/ws", "query_string": b"", "headers": [], "state": {}},
    "email": {"type": "email", "conversation": None, "transaction_id": "t1", "path": "y.org/b", "state": {}},
    "slack": {"type": "slack", "conversation": "T1/C1/1.2", "channel": "C1", "user": "U1", "state": {}},
    "sms": {"type": "sms", "conversation": "+4144/+4179", "path": "receive/+4144", "state": {}},
    "irc": {"type": "irc", "network": "test", "nick": "ada", "conversation": "test/ada", "state": {}},
    "upstream": {"type": "upstream", "state": {}},
    "udp": {"type": "udp", "state": {}},
}  # fmt: skip
"""A scope of each type, one of them nobody's."""

MAIL = (
    b"From: a@x.org\r\nTo: b@y.org\r\nSubject: hi\r\nMessage-ID: <1@x.org>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>hello</b>\r\n--b--\r\n"
)

EVENTS: dict[str, dict[str, Any]] = {
    "http": {"type": "http.request", "body": b"hello", "more_body": False},
    "websocket": {"type": "websocket.receive", "text": "hey", "bytes": None},
    "email": {
        "type": "email.receive", "id": "t1", "from": "a@x.org", "to": ["b@y.org"], "subject": "hi",
        "message_id": "1@x.org", "body": MAIL, "size": len(MAIL), "body_ref": None, "attempt": 1,
        "headers": [(b"subject", b"hi")], "more_body": False, "received_at": 1000.0,
    },
    "slack": {"type": "slack.message", "text": "hi", "user": "U1", "channel": "C1", "attempt": 1, "received_at": 1.0},
    "sms": {"type": "sms.receive", "from_address": "+4179", "to_address": "+4144", "text": "hi", "attempt": 1},
    "irc": {"type": "irc.message", "source": {"nick": "ada"}, "target": "#x", "text": "hi"},
    "upstream": {"type": "upstream.connected"},
    "udp": {"type": "udp.receive", "data": b"ping"},
}  # fmt: skip
"""An event of each."""


def call(kind: str = "http", *secrets: str, number: int = 1, **scope: Any) -> Call:
    """A call with a scope of this type."""
    return Call(number, {**SCOPES[kind], **scope}, Redactor(secrets), {})


def entry(kind: str = "http", event: Mapping[str, Any] | None = None, **more: Any) -> Entry:
    """An entry that is in no book yet."""
    event = dict(EVENTS[kind] if event is None else event)
    given: dict[str, Any] = {
        "call": call(kind), "event": event, "direction": "in", "time": 1000.0, "conversation": f"{kind}:x",
        "size": 10, "weight": 10,
    }  # fmt: skip
    return Entry(**{**given, **more})


def watch(
    kind: str, book: Book, *secrets: str, clock: Callable[[], float] = lambda: 1001.0, **scope: Any
) -> Watch:
    """What notes a call of this type in ``book``."""
    return Watch(book, Redactor(secrets), {**SCOPES[kind], **scope}, 1, clock)


@dataclass
class Peer:
    """What stands at the other side of a tap: events to give, and what was sent."""

    events: list[dict[str, Any]]
    sent: list[dict[str, Any]] = field(default_factory=list)

    async def receive(self) -> dict[str, Any]:
        """The next event; CancelledError after the last one, as a released application has it."""
        if not self.events:
            raise asyncio.CancelledError
        return self.events.pop(0)

    async def send(self, event: dict[str, Any]) -> None:
        """Keep it."""
        self.sent.append(event)


def tapped(app: Application, *secrets: str, **bounds: int) -> Tap:
    """A tap in front of ``app``, with a book of its own."""
    return Tap(app, Book(**bounds), Redactor(secrets))


async def passed(tap: Tap, kind: str, *events: dict[str, Any], **scope: Any) -> Peer:
    """What a peer gets of ``tap`` for these events."""
    peer = Peer([*events] or [dict(EVENTS[kind])])
    try:
        await tap({**SCOPES[kind], **scope}, peer.receive, peer.send)
    except asyncio.CancelledError:
        pass
    return peer


class Client:
    """Asks a console that is served, over a connection a request."""

    def __init__(self, address: Address) -> None:
        self.address = address

    async def ask(
        self,
        method: str,
        path: str,
        said: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        host: str = "",
    ) -> Response:
        """The answer; the console's own header is there unless ``headers`` are given."""
        body = b"" if said is None else json.dumps(said).encode()
        fields = {"Host": host or f"127.0.0.1:{self.address.port}", "Connection": "close"}
        fields |= {"X-Interfaces-Console": "1"} if headers is None else dict(headers)
        if body:
            fields["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        async with await RawClient.connect(self.address) as raw:
            await raw.send(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
            return await raw.response()

    async def got(self, path: str, status: int = 200) -> Any:
        """The JSON of a GET."""
        return self._told(await self.ask("GET", f"/api/{path}"), status)

    async def post(self, path: str, said: Any = None, status: int = 200) -> Any:
        """The JSON of a POST."""
        return self._told(await self.ask("POST", f"/api/{path}", {} if said is None else said), status)

    @staticmethod
    def _told(response: Response, status: int) -> Any:
        assert response.status == status, response.body
        return json.loads(response.body)

    async def types(self, query: str = "") -> list[str]:
        """Of all messages, in order."""
        return [one["type"] for one in (await self.got(f"messages{query}"))["messages"]]


@dataclass
class Served:
    """A server with a console."""

    server: Server
    client: Client


@asynccontextmanager
async def served(app: Application, *names: str, **options: Any) -> AsyncIterator[Served]:
    """``app`` served by these interfaces (http and ws) on free ports, with its console."""
    names = names or ("http", "ws")
    binds = {
        {"http": "http_bind", "ws": "http_bind", "email": "email_bind", "irc": "irc_bind"}[name]: (
            "127.0.0.1:0",
        )
        for name in names
        if name not in ("slack", "sms")
    }
    given = {"console": "127.0.0.1:0", "http_drain_idle": 0.0, "ws_drain_spread": 0.0, "drain": 1.0}
    if "http" not in names and "ws" not in names:
        del given["http_drain_idle"], given["ws_drain_spread"]
    async with Server(app, *names, **{**given, **binds, **options}) as server:
        where = next(line for line in server.beside if line.startswith("console on "))
        port = int(where.rpartition(":")[2])
        yield Served(server, Client(Address(kind="tcp", host="127.0.0.1", port=port)))


def run(check: Callable[[], Awaitable[None]]) -> None:
    """Run an asynchronous check to its end, for ten seconds at most."""

    async def bounded() -> None:
        async with asyncio.timeout(10):
            await check()

    asyncio.run(bounded())

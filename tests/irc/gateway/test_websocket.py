"""IRC over WebSockets: the handshake, lines both ways, both back-pressures, and every end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.gateway.websocket import BINARY, HIGH, TEXT, WebSockets, WebSocketTransport, websockets
from interfaces.shared.errors import ConfigError, PeerGone, Unavailable
from interfaces.shared.webhook import Mounts
from tests.irc.gateway.support import Bench, scene

Event = dict[str, Any]
SCOPE: Event = {
    "type": "websocket", "path": "/irc", "scheme": "ws", "client": ("192.0.2.7", 4711), "server": ("198.51.100.1", 80),
    "headers": [(b"host", b"chat.example"), (b"upgrade", b"websocket")], "subprotocols": [TEXT], "extensions": {},
}  # fmt: skip


class Socket:
    """A WebSocket of a client, as the server has it: what it says is ``put``, what it gets is in ``sent``."""

    def __init__(self, app: Any, **scope: Any) -> None:
        self.incoming: asyncio.Queue[Event] = asyncio.Queue()
        self.sent: list[Event] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.gone = False
        self.taken = 0
        self.incoming.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.ensure_future(app({**SCOPE, **scope}, self._receive, self._send))

    async def _receive(self) -> Event:
        event = await self.incoming.get()
        self.taken += 1
        return event

    async def _send(self, event: Event) -> None:
        await self.reads.wait()
        if self.gone:
            raise PeerGone("the client is gone")
        self.sent.append(event)

    def put(self, said: str | bytes) -> None:
        """The client says something."""
        key = "text" if isinstance(said, str) else "bytes"
        self.incoming.put_nowait({"type": "websocket.receive", key: said})

    def lines(self) -> list[Any]:
        """What it got since the last time."""
        found = [
            event.get("text", event.get("bytes")) for event in self.sent if event["type"] == "websocket.send"
        ]
        self.sent = [event for event in self.sent if event["type"] != "websocket.send"]
        return found

    async def leave(self, code: int = 1001) -> None:
        """The client is gone."""
        self.gone = True
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": code})
        await asyncio.wait({self.task}, timeout=5)
        assert self.task.done()


@asynccontextmanager
async def served(**options: Any) -> AsyncIterator[Any]:
    """A gateway whose clients come by WebSockets: a function that connects one."""
    origins = options.pop("origins", ())
    bench = Bench(**options)
    sockets: list[Socket] = []

    def connect(**scope: Any) -> Socket:
        sockets.append(Socket(WebSockets(bench.gateway, origins), **scope))
        return sockets[-1]

    connect.bench = bench  # type: ignore[attr-defined]
    yield connect
    for socket in sockets:
        if not socket.task.done():
            await socket.leave()
    for call in bench.calls:
        await call.finish()
    await bench.settle()
    assert not bench.gateway.connections
    assert not bench.gateway.roster.users
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def registered(connect: Any, nick: str, **scope: Any) -> Socket:
    """A client that is in."""
    socket: Socket = connect(**scope)
    socket.put(f"NICK {nick}")
    socket.put(f"USER {nick} 0 * :{nick}")
    await connect.bench.settle()
    await connect.bench.settle()
    assert any(" 001 " in str(line) for line in socket.lines())
    return socket


@scene
async def test_a_line_is_a_message() -> None:
    """Without its end, both ways, in text; an end that somebody writes all the same is passed over."""
    async with served() as connect:
        ann = await registered(connect, "ann")
        assert ann.sent == [{"type": "websocket.accept", "subprotocol": TEXT}]
        ann.put("PING one\r\n")
        ann.put(b"PING two")
        await connect.bench.settle()
        assert ann.lines() == [":irc.test PONG irc.test one", ":irc.test PONG irc.test two"]
        assert connect.bench.calls[0].scope["client"] == ("192.0.2.7", 4711)
        assert connect.bench.calls[0].scope["server"] == ("198.51.100.1", 80)


@scene
async def test_what_is_no_utf_8_is_replaced_in_text_alone() -> None:
    """Of binary.ircv3.net each message is the bytes of the line."""
    async with served() as connect:
        text, binary = (
            await registered(connect, "ann"),
            await registered(connect, "bob", subprotocols=["x", BINARY, TEXT]),
        )
        assert binary.sent[0]["subprotocol"] == BINARY
        for socket in (text, binary):
            socket.put(b"JOIN #ops")
        await connect.bench.settle()
        text.lines(), binary.lines()
        for client in connect.bench.gateway.connections:
            client.put(b":x PRIVMSG #ops :caf\xe9\r\n")
        await connect.bench.settle()
        assert text.lines() == [":x PRIVMSG #ops :caf\ufffd"]
        assert binary.lines() == [b":x PRIVMSG #ops :caf\xe9"]
        text.put("PRIVMSG #ops :caf\u00e9")
        binary.put(b"PRIVMSG #ops :caf\xe9")
        await connect.bench.settle()
        said = [
            [event["text"] for event in call.heard if event["type"] == "irc.message"]
            for call in connect.bench.calls
        ]
        assert said == [["caf\u00e9"], ["caf\u00e9"]]


@pytest.mark.parametrize(
    ("scope", "origins", "status"),
    [
        ({}, (), None),
        ({"subprotocols": []}, (), None),
        ({"subprotocols": ["soap"]}, (), 400),
        ({"headers": [(b"host", b"chat.example"), (b"origin", b"https://chat.example")]}, (), None),
        ({"headers": [(b"host", b"chat.example:443"), (b"origin", b"https://chat.example")]}, (), None),
        ({"headers": [(b"host", b"chat.example"), (b"origin", b"https://CHAT.example:443")]}, (), None),
        ({"headers": [(b"host", b"chat.example"), (b"origin", b"https://evil.example")]}, (), 403),
        ({"headers": [(b"host", b"chat.example:8000"), (b"origin", b"http://chat.example")]}, (), 403),
        ({"headers": [(b"host", b"chat.example"), (b"origin", b"null")]}, (), 403),
        ({"headers": [(b"origin", b"https://chat.example:x")]}, (), 403),
        ({"headers": [(b"origin", b"https://\xff")]}, ("*.example",), 403),
        ({"headers": [(b"origin", b"https://a.example")]}, ("*.example",), None),
        (
            {"headers": [(b"origin", b"https://chat.example"), (b"host", b"chat.example")]},
            ("other.example",),
            403,
        ),
    ],
)
@scene
async def test_who_may_connect(scope: Event, origins: tuple[str, ...], status: int | None) -> None:
    """Pages of the same host, or those that the options name; what is no browser; who speaks what we speak."""
    async with served(origins=origins) as connect:
        socket = connect(**scope)
        await connect.bench.settle()
        if status is None:
            assert socket.sent[0]["type"] == "websocket.accept"
            return
        assert [event["type"] for event in socket.sent] == [
            "websocket.http.response.start", "websocket.http.response.body"
        ]  # fmt: skip
        assert socket.sent[0]["status"] == status
        assert connect.bench.counted("irc.gateway.refused") == 1


@scene
async def test_there_are_limits() -> None:
    """Of one address, with a code that says so, and of all; while the server stops nobody comes in."""
    async with served(per_address=1, clients=2) as connect:
        await registered(connect, "ann")
        second = connect()
        await connect.bench.settle()
        assert second.lines() == [
            ":irc.test ERROR :Closing Link: " + connect.bench.gateway.cloak.host("192.0.2.7")
            + " (Too many connections from your address)"
        ]  # fmt: skip
        assert second.sent[-1] == {
            "type": "websocket.close", "code": 1008, "reason": "Too many connections from your address"
        }  # fmt: skip
        await connect.bench.settle()
        assert second.task.done()
        await registered(connect, "bob", client=("192.0.2.8", 1))
        third = connect(client=("192.0.2.9", 1))
        await connect.bench.settle()
        assert third.sent[0]["status"] == 503
    async with served() as connect:
        connect.bench.gateway.draining = True
        late = connect()
        await connect.bench.settle()
        assert late.sent[0]["status"] == 503


@scene
async def test_ends_have_codes() -> None:
    """QUIT 1000, a drain 1012, silence 1001, an application that fails 1011; the reason is what ERROR says."""
    async with served() as connect:
        bench = connect.bench
        quits, drained, silent, failing = [
            await registered(connect, nick) for nick in ("ann", "bob", "cat", "dan")
        ]
        of = {client.user.nick: client for client in bench.gateway.connections}
        quits.put("QUIT :bye")
        of["bob"].drain()
        of["cat"].end("Ping timeout: 250 seconds", 1006)
        bench.calls[3].over.set_exception(RuntimeError("no"))
        await bench.settle()
        await bench.settle()
        ends = [
            (socket.sent[-1]["code"], socket.sent[-1]["reason"])
            for socket in (quits, drained, silent, failing)
        ]
        assert ends == [
            (1000, "Quit: bye"), (1012, "Server restarting"), (1001, "Ping timeout: 250 seconds"),
            (1011, "Internal error, try again later"),
        ]  # fmt: skip
        assert all(socket.task.done() for socket in (quits, drained, silent, failing))
        assert not bench.gateway.roster.users


@scene
async def test_a_client_that_is_gone_has_left() -> None:
    """Its application is told; what was still to be sent is dropped."""
    async with served() as connect:
        ann = await registered(connect, "ann")
        ann.reads.clear()
        ann.put("PING x")
        await connect.bench.settle()
        ann.gone = True
        ann.reads.set()
        await connect.bench.settle()
        await ann.leave()
        await connect.bench.settle()
        assert connect.bench.calls[0].heard[-1]["type"] == "irc.disconnect"
        assert ann.task.exception() is None


@scene
async def test_who_reads_nothing_is_hung_up_on() -> None:
    """Writing is held at HIGH; beyond the sendq it is over, and nothing of it is kept."""
    async with served(sendq=3 * HIGH) as connect:
        ann = await registered(connect, "ann")
        ann.reads.clear()
        client = next(iter(connect.bench.gateway.connections))
        line = b"x" * 998 + b"\r\n"
        for number in range(300):
            client.put(line)
            await asyncio.sleep(0)
            if client.blocked and number < 65:
                raise AssertionError("it is held too early")
            if client.quit:
                break
        assert client.quit == "Max SendQ exceeded"
        assert 3 * HIGH <= (number + 1) * 1000 <= 4 * HIGH
        await connect.bench.settle()
        assert client.transport.get_write_buffer_size() == 0
        assert connect.bench.counted("irc.gateway.sendq") == 1
        ann.reads.set()
        await connect.bench.settle()
        assert ann.task.done()


@scene
async def test_who_reads_again_gets_all_in_order() -> None:
    """What waited is sent, and writing goes on."""
    async with served() as connect:
        ann = await registered(connect, "ann")
        ann.reads.clear()
        client = next(iter(connect.bench.gateway.connections))
        for number in range(200):
            client.put(b"%d %s\r\n" % (number, b"x" * 990))
        await connect.bench.settle()
        assert client.blocked
        ann.reads.set()
        for _ in range(20):
            await connect.bench.settle()
        assert [line.split()[0] for line in ann.lines()] == [str(number) for number in range(200)]
        assert not client.blocked
        assert client.transport.get_write_buffer_size() == 0


@scene
async def test_who_says_too_much_waits() -> None:
    """Messages are taken only while the client is read from: the rest stays with the server, whose limits hold."""
    async with served(rate=1.0, burst=5) as connect:
        ann = await registered(connect, "ann")
        for number in range(50):
            ann.put(f"PING {number}")
        for _ in range(10):
            await connect.bench.settle()
        assert ann.taken < 20
        assert next(iter(connect.bench.gateway.connections)).held
        ann.put("QUIT")
        for _ in range(60):
            await connect.bench.after(1)
        assert ann.taken == 54
        assert ann.sent[-1]["code"] == 1000


@scene
async def test_a_long_message_is_a_long_line() -> None:
    """It is told so, and no more of it is kept than a line may have."""
    async with served() as connect:
        ann = await registered(connect, "ann")
        ann.put("PRIVMSG #ops :" + "x" * 1_000_000)
        ann.put("PING after")
        await connect.bench.settle()
        assert [line.split()[1] for line in ann.lines()] == ["417", "PONG"]


@scene
async def test_wss_is_encrypted() -> None:
    """So SASL PLAIN may be said, and the scope says it; behind a proxy no version is known."""
    async with served(auth="tests.irc.gateway.support:Certificate") as connect:
        tls = {"tls": {"tls_version": 0x0304, "cipher_suite": 0x1301}}
        await registered(connect, "ann", scheme="wss", extensions=tls)
        await registered(connect, "bob", scheme="wss")
        await registered(connect, "cat")
        assert [call.scope["tls"] for call in connect.bench.calls] == [
            {"version": "TLSv1.3", "cipher": None, "client_subject": None},
            {"version": None, "cipher": None, "client_subject": None},
            None,
        ]


@scene
async def test_a_request_is_told_to_upgrade() -> None:
    """Plain HTTP at the path gets 426."""
    async with served() as connect:
        get = connect(type="http")
        await connect.bench.settle()
        assert get.sent[0]["status"] == 426
        assert get.task.done()


@scene
async def test_it_is_mounted_where_http_is_served() -> None:
    """At the path, in front of the project's application; elsewhere, and without a path, nothing is changed."""
    seen: list[str] = []

    async def project(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["path"])

    mounts = Mounts(project, ("/irc",))
    bench = Bench(path="/irc")
    bench.context.mounts = mounts
    async with websockets(bench.gateway, bench.context):
        socket = Socket(mounts)
        await bench.settle()
        assert socket.sent[0]["type"] == "websocket.accept"
        await socket.leave()
        await Socket(mounts, path="/ircd").task
        assert seen == ["/ircd"]
    with pytest.raises(Unavailable):
        await Socket(mounts).task
    bench.context.mounts = None
    with pytest.raises(ConfigError, match="interfaces serve http ws irc"):
        async with websockets(bench.gateway, bench.context):
            pytest.fail("it is mounted nowhere")
    plain = Bench()
    async with websockets(plain.gateway, plain.context):
        assert plain.context.mounts is None


class Protocol:
    """What a transport tells."""

    quit, code = "", 1000

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")

    def connection_lost(self, _error: object) -> None:
        self.told.append("lost")


@given(lines=st.lists(st.binary(max_size=60_000).filter(lambda line: b"\n" not in line), max_size=20))
def test_what_is_written_is_counted_until_it_is_sent(lines: list[bytes]) -> None:
    """Whatever is written: its size is known, and when all is sent nothing waits, and every pause has its end."""

    async def run() -> None:
        sent: list[bytes] = []
        protocol = Protocol()
        transport = WebSocketTransport(SCOPE, protocol, False, lambda: None)

        async def send(event: Event) -> None:
            if "bytes" in event:
                sent.append(event["bytes"])

        for line in lines:
            transport.write(line + b"\r\n")
        assert transport.get_write_buffer_size() == sum(map(len, lines)) + 2 * len(lines)
        transport.close()
        transport.write(b"too late\r\n")
        await transport.send(send)
        assert sent == lines
        assert transport.get_write_buffer_size() == 0
        transport.lost()
        transport.lost()
        assert protocol.told in (["lost"], ["pause", "resume", "lost"])

    asyncio.run(run())

"""WebSockets over HTTP/2, with PyPI's h2 and wsproto as the client: streams, and as over HTTP/1.1 otherwise."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from hpack import Decoder
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Ping, Pong, TextMessage
from wsproto.extensions import PerMessageDeflate

from interfaces.http_ws.handshake import parse_connect
from interfaces.http_ws.opening_ws import Opening
from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone, Unavailable
from interfaces.shared.proxy import Trusted
from tests.http_ws.client_h2 import Client
from tests.http_ws.harness import Bench, echo, scene
from tests.http_ws.test_websocket import GONE, closing, text
from tests.http_ws.ws_frames import BINARY, CLOSE, PING, PONG, TEXT, frame


def protocol(client: Client, stream: int) -> Any:
    """The WebSocket of a stream."""
    return client.peer.protocol.streams[stream].protocol


# --- the handshake ---


@pytest.mark.parametrize("names", [("http", "ws"), ("ws",), ("http",)])
@scene
async def test_it_is_offered_where_websockets_are_served(names: tuple[str, ...]) -> None:
    """SETTINGS_ENABLE_CONNECT_PROTOCOL says so; without it, an extended CONNECT is a malformed request."""
    async with Bench(echo, names=names) as bench:
        client = await Client(bench).begin()
        served = "ws" in names
        assert client.h2.remote_settings.get(SettingCodes.ENABLE_CONNECT_PROTOCOL, 0) == served
        stream = client.connect()
        await client.go()
        got = client.streams[stream]
        assert (got.status, got.reset) == ((200, None) if served else (0, ErrorCodes.PROTOCOL_ERROR))


@scene
async def test_accepting() -> None:
    """The application is asked first, with the scope of a WebSocket; then a 200 leaves, with its headers."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream = client.connect(
            (b"sec-websocket-protocol", b"chat, super"), (b"origin", b"https://a"), path=b"/w%20s?a"
        )
        await client.go()
        (call,) = bench.calls
        got = client.streams[stream]
        assert call.scope["type"] == "websocket"
        assert call.scope["http_version"] == "2"
        assert (call.scope["scheme"], call.scope["path"]) == ("ws", "/w s")
        assert call.scope["headers"][0] == (b"host", b"a")
        assert call.scope["subprotocols"] == ["chat", "super"]
        assert (got.status, bench.lines) == (0, [])
        assert await call.receive() == {"type": "websocket.connect"}
        await call.send({"type": "websocket.accept", "subprotocol": "super", "headers": [(b"X", b"y")]})
        await client.go()
        assert (got.status, got.ended, got.data) == (200, False, b"")
        assert got.fields == [(b"sec-websocket-protocol", b"super"), (b"x", b"y")]
        (line,) = bench.lines
        assert 0 <= line.pop("seconds") < 5
        assert line.pop("scope_id") == call.scope["scope_id"]
        assert line == {
            "protocol": "WebSocket", "client": ("127.0.0.1", 4000), "method": "CONNECT", "path": "/w%20s", "query": "a",
            "status": 200, "bytes": 0,
        }  # fmt: skip


@pytest.mark.parametrize(
    "accept",
    [
        {"subprotocol": "other"},
        {"headers": [(b"x", b"a\r\nb: c")]},
        {"headers": [(b"Sec-WebSocket-Accept", b"x")]},
        {"headers": [("x", "y")]},
    ],
)
@scene
async def test_a_wrong_accept_says_nothing(accept: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """A subprotocol that was not offered or breaking headers raise, and the client gets 500."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream = client.connect((b"sec-websocket-protocol", b"chat"))
        await client.go()
        with pytest.raises(ApplicationError) as caught:
            await bench.calls[0].send({"type": "websocket.accept", **accept})
        await client.go()
        assert client.streams[stream].status == 0
        await bench.calls[0].finish(caught.value)
        await client.go()
        assert client.streams[stream].status == 500
        assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [(NoRoute("x"), 404), (ValueError("x"), 500), (None, 500), (Unavailable("no broker"), 503)],
)
@scene
async def test_an_application_that_does_not_accept(
    error: Exception | None, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Raising and returning before the accept give 500, NoRoute 404, Unavailable 503; the stream is over, no more."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream = client.connect()
        await client.go()
        await bench.calls[0].finish(error)
        await client.go()
        got = client.streams[stream]
        assert (got.status, got.ended, got.reset) == (status, True, ErrorCodes.NO_ERROR)
        assert ((b"retry-after", b"1") in got.fields) == (status == 503)
        assert len(caplog.records) == (status != 404)
        assert [line["status"] for line in bench.lines] == [status]
        assert not client.peer.protocol.streams
        assert (await client.opened())[0] == stream + 2


@scene
async def test_closing_before_accepting_denies() -> None:
    """websocket.close instead of accept is a 403, and the application is then told that it is over."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream = client.connect()
        await client.go()
        (call,) = bench.calls
        await call.receive()
        await call.send({"type": "websocket.close"})
        await client.go()
        assert client.streams[stream].status == 403
        assert await call.receive() == GONE
        for kind in ("websocket.accept", "websocket.send", "websocket.close"):
            with pytest.raises(PeerGone):
                await call.send({"type": kind, "text": "x"})


@pytest.mark.parametrize("ends", [False, True])
@scene
async def test_a_denial_is_a_response(ends: bool) -> None:
    """The denial extension answers with a status, headers and a body, in parts, with back-pressure."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        client.reads = False
        stream = client.connect()
        await client.go()
        (call,) = bench.calls
        got = client.streams[stream]
        start = {"type": "websocket.http.response.start", "headers": [(b"x", b"y")]}
        for status in (200, 299, 101):
            with pytest.raises(ApplicationError):  # over HTTP/2, 2xx would accept
                await call.send({**start, "status": status})
        await call.send({**start, "status": 401})
        with pytest.raises(ApplicationError, match="does not fit"):
            await call.send({"type": "websocket.accept"})
        part = {"type": "websocket.http.response.body", "body": bytes(60_000), "more_body": True}
        await call.send(part)
        sending = asyncio.ensure_future(call.send(part))
        await client.go()
        assert (got.status, got.fields, len(got.data)) == (401, [(b"x", b"y")], 65_535)
        assert not sending.done() and not bench.lines
        last = {"type": "websocket.http.response.body", "body": b"end"}
        if ends:
            await call.send(last)  # behind what waits
        client.reads = True
        client.acknowledge()
        await client.go()
        await sending
        if not ends:
            await call.send(last)
        await client.go()
        assert (got.data, got.ended, got.reset) == (bytes(120_000) + b"end", True, ErrorCodes.NO_ERROR)
        assert bench.lines[0]["status"] == 401
        assert not client.peer.protocol.streams


@scene
async def test_a_denial_that_is_not_finished_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    """Where the application ends within a denial, there is nothing more to say."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream = client.connect()
        await client.go()
        (call,) = bench.calls
        await call.send({"type": "websocket.http.response.start", "status": 401})
        await call.send({"type": "websocket.http.response.body", "body": b"x", "more_body": True})
        await call.finish()
        await client.go()
        got = client.streams[stream]
        assert (got.data, got.ended, got.reset) == (b"x", False, ErrorCodes.CANCEL)
        assert "without accepting" in caplog.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([(b"sec-websocket-extensions", b"=")], 400),
        ([(b"sec-websocket-protocol", b"a, a")], 400),
        ([(b"content-length", b"3")], 400),
        ([(b"origin", b"https://b.org")], 403),
        ([(b"origin", b"https://a.org"), (b"origin", b"https://a.org")], 400),
        ([], 403),
    ],
)
@scene
async def test_a_wrong_handshake_is_refused(fields: list[tuple[bytes, bytes]], status: int) -> None:
    """What asks for a WebSocket in a wrong way, or from elsewhere, never reaches the application."""
    async with Bench(ws_origins=("https://a.org",)) as bench:
        client = await Client(bench).begin()
        stream = client.connect(*fields)
        await client.go()
        got = client.streams[stream]
        assert (got.status, got.ended, got.reset) == (status, True, ErrorCodes.NO_ERROR)
        assert not bench.calls and not client.peer.protocol.streams
        assert bench.telemetry.counts["http.refused"] == 1


@scene
async def test_another_version_is_told_ours() -> None:
    """A 400 with the version that is spoken: HTTP/2 has no 426."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream = client.connect(version=b"8")
        await client.go()
        got = client.streams[stream]
        assert got.status == 400 and (b"sec-websocket-version", b"13") in got.fields


@pytest.mark.parametrize(
    ("fields", "end", "status"),
    [
        ([(b":method", b"CONNECT"), (b":authority", b"a:80")], False, 405),
        ([(b":method", b"CONNECT"), (b":protocol", b"connect-udp"), (b":scheme", b"https"), (b":path", b"/"),
          (b":authority", b"a")], False, 501),
        ([(b":method", b"CONNECT"), (b":protocol", b"websocket"), (b":scheme", b"https"), (b":path", b"/"),
          (b":authority", b"a"), (b"sec-websocket-version", b"13")], True, 400),
    ],
)  # fmt: skip
@scene
async def test_other_connects_are_refused(fields: Any, end: bool, status: int) -> None:
    """A proxy's CONNECT, another protocol, a stream that has ended already."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream = client.ask(fields, end)
        await client.go()
        assert client.streams[stream].status == status
        assert not bench.calls and not client.peer.protocol.streams


@scene
async def test_a_refusal_waits_for_a_window() -> None:
    """Without a window its words wait; the stream is over when they have left."""
    async with Bench() as bench:
        client = Client(bench)
        client.h2.local_settings = client.h2.local_settings.__class__(
            client=True, initial_values={SettingCodes.INITIAL_WINDOW_SIZE: 0}
        )
        await client.begin()
        stream = client.connect(version=b"8")
        await client.go()
        assert client.streams[stream].status == 400 and not client.streams[stream].ended
        assert client.peer.protocol.streams
        client.h2.increment_flow_control_window(100, stream)
        await client.go()
        assert client.streams[stream].ended
        assert not client.peer.protocol.streams


@scene
async def test_a_client_that_leaves_in_the_handshake() -> None:
    """Its reset, or its end, is told; an accept that comes too late is an OSError, no mistake."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        for how in ("reset", "end"):
            stream = client.connect()
            await client.go()
            call = bench.calls[-1]
            await call.receive()
            if how == "reset":
                client.h2.reset_stream(stream)
            else:
                client.h2.end_stream(stream)
            await client.go()
            with pytest.raises(OSError):
                await call.send({"type": "websocket.accept"})
            assert await call.receive() == GONE
            assert not bench.lines
            assert not client.peer.protocol.streams
        assert client.streams[stream].reset == ErrorCodes.CANCEL


@scene
async def test_what_comes_before_the_accept_waits() -> None:
    """Frames that follow the handshake at once are read after the accept; 64 KiB of them stop the reading."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream = client.connect()
        client.send(stream, frame(TEXT, b"early") + frame(BINARY, bytes(65_000)))
        await client.go()
        client.send(stream, frame(TEXT, bytes(600)))
        await client.go()
        client.send(stream, frame(TEXT, b"late"))
        await client.go()
        assert not client.peer.protocol.streams[stream].is_reading()
        (call,) = bench.calls
        await call.receive()
        await call.send({"type": "websocket.accept"})
        assert (await call.receive())["text"] == "early"
        assert len((await call.receive())["bytes"]) == 65_000
        assert len((await call.receive())["text"]) == 600
        await client.go()
        assert (await call.receive())["text"] == "late"


@scene
async def test_the_scope_behind_a_proxy() -> None:
    """A trusted proxy's word about the client and the scheme counts for a WebSocket too."""
    async with Bench(trusted=Trusted.parse(["127.0.0.1"])) as bench:
        client = await Client(bench).begin()
        await client.opened((b"x-forwarded-for", b"9.9.9.9"), (b"x-forwarded-proto", b"https"))
        scope = bench.calls[0].scope
        assert (scope["client"], scope["scheme"]) == (("9.9.9.9", 0), "wss")


def test_a_way_to_answer_has_to_be_written() -> None:
    """An Opening is the base of those of both versions."""
    opening = Opening(parse_connect([(b"sec-websocket-version", b"13")]), "CONNECT")
    for call in (
        lambda: opening.accept(None, (), b""),
        lambda: opening.refuse(403),
        lambda: opening.start(403, (), b""),
        lambda: opening.body(b"", False),
    ):
        with pytest.raises(NotImplementedError):
            call()


# --- messages ---


@scene
async def test_messages_both_ways() -> None:
    """Text, bytes, large and fragmented ones come and go, for a client of another make."""
    async with Bench(echo) as bench:
        client = await Client(bench).begin()
        stream = client.connect()
        await client.go()
        peer = Connection(ConnectionType.CLIENT)
        large = "é" * 200_000
        said = peer.send(TextMessage(data="hello")) + peer.send(BytesMessage(data=b"\x00"))
        said += peer.send(TextMessage(data="in ", message_finished=False)) + peer.send(Ping(payload=b"p"))
        said += peer.send(TextMessage(data="parts")) + peer.send(TextMessage(data=large))
        got = b""
        while said:
            room = client.h2.local_flow_control_window(stream)
            got += await client.say(stream, said[:room])
            said = said[room:]
        peer.receive_data(got)
        found: dict[type, Any] = {str: "", bytes: b""}
        pongs = []
        for event in peer.events():
            if isinstance(event, Pong):
                pongs.append(bytes(event.payload))
            else:
                found[type(event.data)] += event.data
        assert found == {str: "helloin parts" + large, bytes: b"\x00"}
        assert pongs == [b"p"]


@scene
async def test_permessage_deflate() -> None:
    """What is agreed to is answered, and messages are compressed both ways."""
    async with Bench(echo, ws_deflate_from=10) as bench:
        client = await Client(bench).begin()
        deflate = PerMessageDeflate()
        offer = f"permessage-deflate; {deflate.offer()}".encode()
        stream = client.connect((b"sec-websocket-extensions", offer))
        await client.go()
        agreed = dict(client.streams[stream].fields)[b"sec-websocket-extensions"]
        deflate.finalize(agreed.decode())
        peer = Connection(ConnectionType.CLIENT, [deflate])
        long = "long " * 100
        out = await client.say(
            stream, peer.send(TextMessage(data=long)) + peer.send(BytesMessage(data=b"short"))
        )
        assert len(out) < 100
        peer.receive_data(out)
        assert [event.data for event in peer.events()] == [long, b"short"]  # type: ignore[union-attr]


@scene
async def test_sockets_and_requests_beside_each_other() -> None:
    """Two sockets and requests take turns on one connection, and none waits for another."""
    async with Bench(echo) as bench:
        client = await Client(bench).begin()
        one, two = client.connect(path=b"/1"), client.connect(path=b"/2")
        await client.go()
        for at in range(5):
            request = client.get(b"/r%d" % at)
            client.send(one, frame(TEXT, b"a%d" % at))
            client.send(two, frame(TEXT, b"b%d" % at))
            await client.go()
            assert client.streams[one].take() == text(f"a{at}")
            assert client.streams[two].take() == text(f"b{at}")
            assert client.streams[request].take() == b"GET /r%d? " % at
        client.h2.reset_stream(one)
        assert await client.say(two, frame(TEXT, b"c")) == text("c")
        assert len(bench.service.connections) == 2


@scene
async def test_an_application_that_is_behind_stops_its_own_client() -> None:
    """The stream's window stays shut until messages are taken; another socket goes on."""
    async with Bench(ws_max_queue=3) as bench:
        client = await Client(bench).begin()
        slow, call = await client.opened()
        fast, other = await client.opened()
        message = frame(BINARY, bytes(10_000))
        sent = 0
        while client.h2.local_flow_control_window(slow) >= len(message):
            client.send(slow, message)
            await client.go()
            sent += 1
        assert 6 <= sent <= 3 + 65_535 // len(message) + 1
        assert not client.peer.protocol.streams[slow].is_reading()
        assert client.peer.transport.reading
        client.send(fast, frame(TEXT, b"x"))
        await client.go()
        assert (await other.receive())["text"] == "x"
        await bench.after(100)  # nor is its silence the client's
        await client.go()
        assert client.streams[slow].data == b""
        for _ in range(sent):
            assert len((await call.receive())["bytes"]) == 10_000
            await client.go()
        assert client.h2.local_flow_control_window(slow) > 40_000
        client.send(slow, message)
        await client.go()
        assert len((await call.receive())["bytes"]) == 10_000


@scene
async def test_sockets_that_nobody_hears_leave_the_others_room() -> None:
    """Those whose applications are behind have more than the connection's window; another, and a request, go on."""
    message = frame(BINARY, bytes(10_000))
    async with Bench(ws_max_queue=1) as bench:
        client = await Client(bench).begin()
        for _ in range(20):
            stream, _call = await client.opened()
            while client.h2.local_flow_control_window(stream) >= len(message):
                client.send(stream, message)
                await client.go()
            assert not client.peer.protocol.streams[stream].is_reading()
        stream, call = await client.opened()
        for _ in range(120):
            client.send(stream, message)
            await client.go()
            assert len((await call.receive())["bytes"]) == 10_000
            await client.go()
        number = client.get()
        await client.go()
        await bench.calls[-1].answer(b"x")
        await client.go()
        assert client.streams[number].data == b"x"


@scene
async def test_small_parts_that_wait_are_put_together() -> None:
    """A message in thousands of frames of one octet comes as one when the application is no longer behind."""
    async with Bench(ws_max_queue=1) as bench:
        client = await Client(bench).begin()
        stream, call = await client.opened()
        client.send(stream, frame(TEXT, b"first"))
        await client.go()
        data = frame(BINARY, bytes(3000))
        for at in range(len(data)):
            client.send(stream, data[at : at + 1])
        await client.go()
        assert len(client.peer.protocol.streams[stream]._parts) < 1100
        assert (await call.receive())["text"] == "first"
        await client.go()
        assert len((await call.receive())["bytes"]) == 3000


@scene
async def test_an_end_waits_for_what_was_said_before() -> None:
    """A client that ends its side while the application is behind is 1006 behind its messages."""
    async with Bench(ws_max_queue=1) as bench:
        client = await Client(bench).begin()
        stream, call = await client.opened()
        for words in (b"a", b"b"):
            client.send(stream, frame(TEXT, words), words == b"b")
            await client.go()
        assert not client.streams[stream].ended
        for words in ("a", "b"):
            assert (await call.receive())["text"] == words
            await client.go()
        assert await call.receive() == GONE
        assert client.streams[stream].ended and not client.peer.protocol.streams


@scene
async def test_a_client_that_does_not_read_stops_the_application() -> None:
    """send waits while the stream's window is shut, goes on with room, and raises when the client resets."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream, call = await client.opened()
        beside, other = await client.opened()
        client.reads = False
        for leaves in (False, True):
            sending = asyncio.ensure_future(call.send({"type": "websocket.send", "bytes": bytes(100_000)}))
            await client.go()
            assert not sending.done()
            assert protocol(client, stream).blocked and not protocol(client, beside).blocked
            if leaves:
                client.h2.reset_stream(stream)
                await client.go()
                with pytest.raises(PeerGone):
                    await sending
            else:
                client.h2.increment_flow_control_window(
                    1_000_000
                )  # the connection's is not what it waits for
                await client.go()
                assert not sending.done()
                await other.send({"type": "websocket.send", "text": "x"})
                await client.go()
                assert client.streams[beside].take() == text("x")
                client.h2.increment_flow_control_window(100_000, stream)
                await client.go()
                await sending
                assert len(client.streams[stream].take()) == 100_010
                client.h2.increment_flow_control_window(34_475, stream)
                await client.go()


@scene
async def test_a_connection_that_is_full_stops_all() -> None:
    """When the peer takes no more bytes, every socket waits, new ones too, and goes on with it."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream, call = await client.opened()
        client.peer.stop_reading()
        assert protocol(client, stream).blocked
        assert protocol(client, stream).transport.get_write_buffer_size() == 100_000
        assert not protocol(client, stream).transport.is_reading()
        sending = asyncio.ensure_future(call.send({"type": "websocket.send", "text": "x"}))
        await bench.settle()
        assert not sending.done()
        client.peer.read_on()
        await sending
        await client.go()
        assert client.streams[stream].take() == text("x")


@scene
async def test_a_socket_that_is_never_read_is_cut() -> None:
    """After send_timeout without a byte of it leaving, it is reset and counted; the others stay."""
    async with Bench(ws_ping_interval=0.0) as bench:
        client = await Client(bench).begin()
        stream, call = await client.opened()
        beside, _ = await client.opened()
        client.reads = False
        sending = asyncio.ensure_future(call.send({"type": "websocket.send", "bytes": bytes(100_000)}))
        await client.go()
        await bench.after(59)
        client.h2.increment_flow_control_window(1000)
        client.h2.increment_flow_control_window(10, stream)
        await client.go()
        await bench.after(59)
        await client.go()
        assert client.streams[stream].reset is None
        await bench.after(3)
        await client.go()
        assert client.streams[stream].reset == ErrorCodes.CANCEL
        assert bench.telemetry.counts["ws.stalled"] == 1
        assert await call.receive() == GONE
        with pytest.raises(PeerGone):
            await sending
        assert client.streams[beside].reset is None
        assert protocol(client, beside).transport.get_extra_info("peername") == ("127.0.0.1", 4000)


# --- ends ---


@pytest.mark.parametrize(
    ("data", "code", "reason", "answer"),
    [
        (closing(1000, b"", True), 1000, "", closing(1000)),
        (closing(4000, b"bye", True), 4000, "bye", closing(4000)),
        (frame(CLOSE), 1005, "", frame(CLOSE, b"", b"")),
        (frame(TEXT, b"\xff"), 1007, "text is not UTF-8", closing(1007, b"text is not UTF-8")),
        (frame(BINARY, bytes(101)), 1009, "frame too big", closing(1009, b"frame too big")),
        (frame(TEXT, b"", b""), 1002, "frame is not masked", closing(1002, b"frame is not masked")),
    ],
)
@pytest.mark.parametrize("polite", [False, True])
@scene
async def test_the_client_ends(data: bytes, code: int, reason: str, answer: bytes, polite: bool) -> None:
    """A close, or a violation, is answered with its code and the end of the stream; the connection stays."""
    async with Bench(ws_max_frame=100) as bench:
        client = await Client(bench).begin()
        stream, call = await client.opened()
        assert await client.say(stream, data) == answer
        got = client.streams[stream]
        assert await call.receive() == {"type": "websocket.disconnect", "code": code, "reason": reason}
        with pytest.raises(OSError):
            await call.send({"type": "websocket.send", "text": "x"})
        await client.go()
        assert (got.ended, got.reset) == (True, None)
        assert bench.service.connections == {client.peer.protocol}
        assert bench.telemetry.counts["ws.refused"] == (code in (1002, 1007, 1009))
        client.send(stream, frame(TEXT, b"ignored"), polite)
        await client.go()
        await bench.after(3)
        await client.go()
        assert got.reset == (None if polite else ErrorCodes.CANCEL)
        assert not client.peer.protocol.streams
        await client.opened()


@scene
async def test_a_reset_is_1006() -> None:
    """A client that leaves without a close gives 1006: by a reset, its end, or with its connection."""
    for how in ("reset", "end", "lose"):
        async with Bench() as bench:
            client = await Client(bench).begin()
            stream, call = await client.opened()
            client.send(stream, frame(TEXT, b"a"), how == "end")
            await client.go()
            if how == "reset":
                client.h2.reset_stream(stream, ErrorCodes.CANCEL)
                await client.go()
            elif how == "lose":
                await client.peer.leave()
            assert (await call.receive())["text"] == "a"
            assert await call.receive() == GONE
            with pytest.raises(OSError):
                await call.send({"type": "websocket.send", "text": "x"})
            if how == "end":
                assert client.streams[stream].ended
            assert how == "lose" or not client.peer.protocol.streams


@pytest.mark.parametrize(
    ("event", "answer"), [({}, closing(1000)), ({"code": 3000, "reason": "bye"}, closing(3000, b"bye"))]
)
@scene
async def test_the_application_closes(event: dict[str, Any], answer: bytes) -> None:
    """Its code and reason leave; the client's answer ends the stream, and comes as the disconnect."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream, call = await client.opened()
        await call.send({"type": "websocket.close", **event})
        assert await client.say(stream) == answer
        with pytest.raises(PeerGone):
            await call.send({"type": "websocket.send", "text": "x"})
        got = client.streams[stream]
        assert not got.ended
        assert await client.say(stream, closing(1000, b"ok", True), True) == b""
        assert (got.ended, got.reset) == (True, None)
        assert await call.receive() == {"type": "websocket.disconnect", "code": 1000, "reason": "ok"}
        assert not client.peer.protocol.streams


@scene
async def test_a_client_that_does_not_agree_to_close_is_cut() -> None:
    """After ws_close_timeout the stream is reset, also where the client goes on sending."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream, call = await client.opened()
        await call.send({"type": "websocket.close"})
        await client.go()
        for _ in range(9):
            client.send(stream, frame(TEXT, b"a"))
            await client.go()
            await bench.after(1)
        assert client.streams[stream].reset is None
        await bench.after(2)
        await client.go()
        assert client.streams[stream].reset == ErrorCodes.CANCEL
        assert not client.peer.closed


@scene
async def test_the_end_waits_for_what_was_written() -> None:
    """A close behind a message that has no window leaves in its turn; without one, the stream is cut in time."""
    for reads in (True, False):
        async with Bench(ws_ping_interval=0.0) as bench:
            client = await Client(bench).begin()
            stream, call = await client.opened()
            client.reads = False
            sending = asyncio.ensure_future(call.send({"type": "websocket.send", "bytes": bytes(100_000)}))
            await client.go()
            await client.say(stream, closing(1000, b"", True), True)
            got = client.streams[stream]
            await call.receive()
            await bench.settle()
            assert not got.ended and protocol(client, stream).transport.is_closing()
            if reads:
                client.reads = True
                client.acknowledge()
                await client.go()
                await asyncio.gather(sending, return_exceptions=True)
                assert got.ended and got.reset is None
            else:
                await bench.after(12)
                await client.go()
                with pytest.raises(PeerGone):
                    await sending
                assert got.reset == ErrorCodes.CANCEL
            assert not client.peer.protocol.streams


@pytest.mark.parametrize(("error", "code"), [(None, 1000), (ValueError("x"), 1011), (Unavailable("x"), 1013)])
@scene
async def test_the_application_ends(
    error: Exception | None, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Returning closes with 1000, raising with 1011 and a log line, 1013 says try again."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream, call = await client.opened()
        await call.finish(error)
        assert await client.say(stream) == closing(code)
        assert not bench.service.sessions
        await client.say(stream, closing(code, b"", True), True)
        assert client.streams[stream].ended
        assert len(caplog.records) == (error is not None)


@scene
async def test_applications_that_go_on_count_as_streams() -> None:
    """Sockets that were reset make room for others only when their applications end."""
    async with Bench(h2_streams=2) as bench:
        client = await Client(bench).begin()
        for _ in range(2):
            stream, _call = await client.opened()
            client.h2.reset_stream(stream)
            await client.go()
        refused = client.connect()
        await client.go()
        assert client.streams[refused].reset == ErrorCodes.REFUSED_STREAM
        await bench.calls[0].finish()
        await client.opened()


# --- liveness, and the drain ---


@scene
async def test_a_silent_client_is_asked_and_given_up() -> None:
    """A ping leaves after ws_ping_interval; one that does not answer it is reset and counted, alone."""
    async with Bench() as bench:
        client = await Client(bench).begin()
        stream, call = await client.opened()
        await bench.after(21)
        assert await client.say(stream) == frame(PING, b"", b"")
        assert await client.say(stream, frame(PING, b"abc") + frame(PONG)) == frame(PONG, b"abc", b"")
        await bench.after(39)
        await client.go()
        assert client.streams[stream].reset is None
        await bench.after(2)
        await client.go()
        assert client.streams[stream].reset == ErrorCodes.CANCEL
        assert bench.telemetry.counts["ws.silent"] == 1
        assert await call.receive() == GONE
        assert not client.peer.closed


@scene
async def test_draining() -> None:
    """Open sockets get 1012, those in the handshake and new ones 503; the connection ends with the last of them."""
    async with Bench(ws_drain_spread=0.0) as bench:
        client = await Client(bench).begin()
        stream, _ = await client.opened()
        waiting = client.connect()
        await client.go()
        bench.service.context.drain = 5
        bench.service.begin_drain()
        late = client.connect()
        data = client.h2.data_to_send()
        client.peer.feed(data)  # before it has heard
        await bench.settle()
        found = frames(client.peer.take())  # h2 reads nothing any more once it was told to go
        assert [f.data for f in found if isinstance(f, DataFrame) and f.stream_id == stream] == [
            closing(1012, b"restart")
        ]
        refused = [f for f in found if isinstance(f, HeadersFrame)]
        assert sorted(f.stream_id for f in refused) == [waiting, late]
        assert {Decoder().decode(f.data)[0] for f in refused} == {(":status", "503")}
        assert [f.last_stream_id for f in found if isinstance(f, GoAwayFrame)] == [2**31 - 1]
        assert not client.peer.closed
        client.peer.feed(ping_ack(b"draining"))
        client.peer.feed(data_frame(stream, closing(1012, b"", True)))
        await bench.after(3)
        assert client.peer.closed


def frames(data: bytes) -> list[Frame]:
    """The frames in ``data``."""
    found = []
    while data:
        found_one, size = Frame.parse_frame_header(memoryview(data[:9]))
        found_one.parse_body(memoryview(data[9 : 9 + size]))
        found.append(found_one)
        data = data[9 + size :]
    return found


def ping_ack(data: bytes) -> bytes:
    """The answer to a PING."""
    return b"\x00\x00\x08\x06\x01\x00\x00\x00\x00" + data


def data_frame(stream: int, data: bytes) -> bytes:
    """DATA that ends the stream."""
    return len(data).to_bytes(3, "big") + b"\x00\x01" + stream.to_bytes(4, "big") + data


# --- whatever comes ---


PARTS = st.lists(
    st.tuples(
        st.sampled_from([0, 1]),
        st.sampled_from([
            frame(TEXT, b"a"), frame(BINARY, b"b" * 200), frame(PING, b"p"), frame(TEXT, b"\xff"),
            closing(1000, b"", True), frame(0x01, b"x") + frame(0x80, b"y"), frame(BINARY, b"c" * 3000),
            b"\x81", b"end", b"reset",
        ]),
    ),
    max_size=12,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(PARTS)
def test_noise_leaves_nothing_behind(parts: list[tuple[int, bytes]]) -> None:
    """Whatever two sockets say, nothing is raised, and no session, connection, stream or task is left."""

    @scene
    async def noise() -> None:
        async with Bench(echo) as bench:
            client = await Client(bench).begin()
            streams = [client.connect(), client.connect()]
            await client.go()
            for which, part in parts:
                stream = streams[which]
                got = client.streams[stream]
                if got.reset is not None or client.h2.streams[stream].closed:
                    continue
                if part == b"reset":
                    client.h2.reset_stream(stream)
                elif client.h2.streams[stream].state_machine.stream_closed_by is None:
                    with suppress(ProtocolError):  # it has been ended
                        client.send(stream, b"" if part == b"end" else part, part == b"end")
                await client.go()
            await bench.after(100)
            assert not client.peer.protocol.streams
            assert bench.service.connections <= {client.peer.protocol}

    noise()

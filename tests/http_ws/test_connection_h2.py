"""Connections of HTTP/2: how they begin and end, deadlines, limits, back-pressure, what is told of them."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from h2.errors import ErrorCodes
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.http_ws import service as module
from interfaces.http_ws.connection_h2 import ConnectionH2
from interfaces.http_ws.events_h2 import LIMITED
from interfaces.http_ws.stream_h2 import Carrier
from interfaces.shared.errors import PeerGone
from interfaces.shared.metrics import METRICS
from interfaces.shared.proxy import Trusted
from interfaces.shared.proxy_header import ProxyHeader
from tests.http_ws.h2_client import Client
from tests.http_ws.harness import GET, Bench, answers, echo, scene

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"
MOST = 2**31 - 1


def goaways(data: bytes) -> list[tuple[int, int]]:
    """Last stream and code of the GOAWAYs among whole frames."""
    found = []
    while data:
        size = int.from_bytes(data[:3], "big")
        if data[3] == 7:
            found.append((int.from_bytes(data[9:13], "big"), int.from_bytes(data[13:17], "big")))
        data = data[9 + size :]
    return found


# --- the beginning ---


@pytest.mark.parametrize("size", [1, 2, 3, 4, 10, 24, 30])
@scene
async def test_prior_knowledge(size: int) -> None:
    """A connection whose first octets are the preface is one of HTTP/2, however they come."""
    async with Bench() as bench:
        peer = bench.connect()
        assert (await peer.send(PREFACE + SETTINGS, size))[3] == 4
        assert isinstance(peer.protocol, ConnectionH2) and bench.service.connections == {peer.protocol}


@scene
async def test_alpn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS it is what was agreed on: h2 from the first octet, else HTTP/1.1; the scope tells of TLS."""
    monkeypatch.setattr(module, "tls_extension", lambda tls: {"tls_version": 772})
    async with Bench() as bench:
        tls = SimpleNamespace(selected_alpn_protocol=lambda: "h2")
        client = Client(bench, tls=tls)
        await bench.settle()
        assert client.peer.transport.out[3] == 4
        call, reply = await client.call()
        assert call.scope["scheme"] == "https" and call.scope["extensions"]["tls"] == {"tls_version": 772}
        await call.answer(b"x")
        await client.go()
        assert reply.body == b"x"
        other = bench.connect(tls=SimpleNamespace(selected_alpn_protocol=lambda: "http/1.1"))
        await (await bench.call(other)).answer(b"x")
        assert answers(other.take())[0][0] == 200


@pytest.mark.parametrize("agreed", ["http/1.1", None])
@scene
async def test_over_tls_it_is_agreed_on(agreed: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9113 §3.3: who begins with it over TLS without that has sent a malformed request of HTTP/1.1."""
    monkeypatch.setattr(module, "tls_extension", lambda tls: {})
    async with Bench() as bench:
        peer = bench.connect(tls=SimpleNamespace(selected_alpn_protocol=lambda: agreed))
        assert (await peer.send(PREFACE + SETTINGS)).startswith(b"HTTP/1.1 505")
        assert not bench.calls


@pytest.mark.parametrize("data", [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rx", b"PRI / HTTP/1.1\r\nHost: a\r\n\r\n"])
@scene
async def test_what_only_looks_like_it(data: bytes) -> None:
    """GOAWAY PROTOCOL_ERROR, and the end: what follows is not looked at, so that the client can read why."""
    async with Bench() as bench:
        peer = bench.connect()
        assert goaways(await peer.send(data)) == [(0, 1)]
        assert peer.transport.ended and not peer.closed
        await peer.send(b"x" * 1000)
        await bench.after(3)
        assert peer.closed and bench.telemetry.counts["http.refused"] == 1
        peer = bench.connect()
        await peer.send(data)
        await peer.send(bytes(1_000_000))
        assert peer.transport.aborted


@scene
async def test_it_can_be_off() -> None:
    """Then the preface is a request that is refused, and TLS agrees on nothing else."""
    async with Bench(h2=False) as bench:
        peer = bench.connect()
        assert (await peer.send(PREFACE)).startswith(b"HTTP/1.1 ")


@scene
async def test_later_it_is_no_preface() -> None:
    """HTTP/1.1 stays that: a preface behind a request is refused."""
    async with Bench(echo) as bench:
        peer = bench.connect()
        assert (await peer.send(GET)).startswith(b"HTTP/1.1 200")
        assert (await peer.send(PREFACE)).startswith(b"HTTP/1.1 ")


@scene
async def test_connections_of_an_address_are_bounded() -> None:
    """One of HTTP/2 counts like one of HTTP/1.1, and leaves like one."""
    async with Bench(max_connections_per_address=1) as bench:
        client = Client(bench)
        await client.go()
        assert bench.connect().take().startswith(b"HTTP/1.1 503")
        await client.peer.leave()
        client = Client(bench)
        await client.go()
        assert not client.peer.closed


# --- requests ---


@scene
async def test_more_streams_than_allowed_are_refused() -> None:
    """Those that the client has reset and whose application still runs count; others are not harmed."""
    async with Bench(h2_streams=3) as bench:
        client = Client(bench)
        await client.go()
        first, kept = await client.call()
        for _ in range(2):
            _call, reply = await client.call()
            await client.reset(reply)
        for _ in range(2):
            refused = await client.get()
            assert refused.code == ErrorCodes.REFUSED_STREAM
        assert len(bench.calls) == 3
        await bench.calls[1].finish()
        await bench.settle()
        call, reply = await client.call()
        await call.answer(b"x")
        await first.answer(b"y")
        await client.go()
        assert (reply.body, kept.body) == (b"x", b"y") and not client.away


@scene
async def test_what_is_refused_by_its_head() -> None:
    """CONNECT to somewhere else, and plain HTTP where only WebSockets are: the stream alone is refused."""
    async with Bench() as bench:
        client = Client(bench)
        number = client.h2.get_next_available_stream_id()
        client.h2.config.validate_outbound_headers = False
        client.h2.send_headers(number, [(":method", "CONNECT"), (":authority", "b:443")])
        await client.go()
        call, reply = await client.call()
        await call.answer(b"x")
        await client.go()
        assert reply.body == b"x" and bench.telemetry.counts["http.refused"] == 1
    async with Bench(names=("ws",)) as bench:
        client = Client(bench)
        assert (await client.get()).status == 426 and not bench.calls


@scene
async def test_requests_of_a_connection_are_bounded() -> None:
    """After max_requests it is drained as when the server stops; what is in flight goes on."""
    async with Bench(max_requests=2) as bench:
        client = Client(bench)
        slow, last = await client.call()
        call, _reply = await client.call()
        assert not client.away
        await call.answer()
        await client.go()
        assert [away for away, _ in client.away] == [MOST, 3]
        await bench.after(30)
        assert not client.peer.closed
        await slow.answer(b"x")
        await client.go()
        assert last.body == b"x" and client.peer.closed


@scene
async def test_a_mistake_on_the_connection_ends_it_and_all_its_calls(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """GOAWAY with the code; each application hears that its client is gone."""
    caplog.set_level(logging.DEBUG, "interfaces.http")
    async with Bench() as bench:
        client = Client(bench)
        call, _reply = await client.call()
        said = await client.peer.send(b"\0\0\1\6\0\0\0\0\0x")
        assert goaways(said) == [(1, ErrorCodes.FRAME_SIZE_ERROR)]
        await call.receive()
        assert await call.receive() == {"type": "http.disconnect"}
        with pytest.raises(PeerGone):
            await call.start()
        assert "PING has eight octets" in caplog.text


@scene
async def test_floods_end_the_connection() -> None:
    """Resets and frames that bring nothing have limits that are options."""
    async with Bench(h2_resets=5, h2_control=10) as bench:
        client = Client(bench)
        for _ in range(6):
            _call, reply = await client.call()
            await bench.calls[-1].finish()
            _call, reply = await client.call()
            client.h2.reset_stream(client.number(reply))
            client.peer.feed(client.h2.data_to_send())
            await bench.settle()
        assert goaways(client.peer.take())[-1][1] == ErrorCodes.ENHANCE_YOUR_CALM
        client = Client(bench)
        await client.go()
        assert goaways(await client.peer.send(b"\0\0\x08\6\0\0\0\0\0pingpong" * 12)) == [(0, 11)]


@scene
async def test_limits_that_are_reached_are_counted() -> None:
    """By their kind; all of them are told from the beginning, and have a row among the metrics."""
    async with Bench(h2_control=3, h2_streams=1, max_headers=5, send_timeout=1) as bench:
        kinds = {name for name in bench.telemetry.counts if name.startswith("http.h2.")}
        assert kinds == {f"http.h2.{kind}" for kind in (*LIMITED, "window_stall")}
        assert kinds <= {*METRICS}
        client = Client(bench, window=1, lazy=True)
        gone, reply = await client.call()
        await client.reset(reply)
        assert (await client.get()).code == ErrorCodes.REFUSED_STREAM, "its application still runs"
        await gone.finish()
        call, reply = await client.call()
        await call.start()
        body = asyncio.ensure_future(call.body(b"abc", True))
        await client.go()
        await bench.after(2)
        with pytest.raises(PeerGone):
            await body
        await client.go()
        await call.finish()
        assert (await client.get(headers=[("a", "b")] * 9)).status == 431
        await client.peer.send(b"\0\0\x08\6\0\0\0\0\0pingpong" * 12)
        counted = {name: count for name in kinds if (count := bench.telemetry.counts[name])}
        assert counted == dict.fromkeys(
            (
                "http.h2.refused_streams",
                "http.h2.window_stall",
                "http.h2.too_many_fields",
                "http.h2.ping_flood",
            ),
            1,
        )


@scene
async def test_a_client_that_leaves_disconnects_all_applications() -> None:
    """Those that read, write and wait; nothing is held afterwards."""
    async with Bench() as bench:
        client = Client(bench, window=1, lazy=True)
        reading, _ = await client.call("/", "POST", end=False)
        writing, _ = await client.call()
        body = asyncio.ensure_future(reading.receive())
        await writing.start()
        part = asyncio.ensure_future(writing.body(b"abc", True))
        await client.go()
        protocol = client.peer.protocol
        await client.peer.leave()
        protocol.connection_lost(None)  # asyncio says it once, and it would do no harm
        assert await body == {"type": "http.disconnect"}
        with pytest.raises(PeerGone):
            await part
        assert not protocol.streams and not protocol.wire.out
        protocol.flush()


@scene
async def test_a_client_that_ends_its_side() -> None:
    """It can open no window any more: the connection is closed."""
    async with Bench() as bench:
        client = Client(bench)
        await client.go()
        client.peer.end()
        await bench.settle()
        assert client.peer.transport.lost


# --- the end ---


@scene
async def test_a_drain_has_two_steps() -> None:
    """RFC 9113 §6.8: what crosses the first GOAWAY is served, what comes behind the second is not."""
    async with Bench() as bench:
        client = Client(bench)
        slow, first = await client.call()
        bench.service.begin_drain()
        await bench.settle()
        assert goaways(client.peer.transport.out.copy()) == [(MOST, 0)]
        number = client.ask()  # it has not read that yet
        client.peer.feed(client.h2.data_to_send())
        await bench.settle()
        await bench.calls[-1].answer(b"crossed")
        await client.go()
        assert client.replies[number].body == b"crossed"
        assert [away for away, _ in client.away] == [MOST, 3]
        await bench.after(60)
        assert not client.peer.closed
        await slow.answer(b"x")
        await client.go()
        assert first.body == b"x" and client.peer.closed


@scene
async def test_a_drain_does_not_wait_for_an_answer_to_the_ping() -> None:
    """A client that says nothing has drain_idle; what it begins then is refused."""
    async with Bench(drain_idle=1) as bench:
        idle, busy = Client(bench), Client(bench)
        call, reply = await busy.call()
        await idle.go()
        bench.service.begin_drain()
        bench.service.begin_drain()
        await bench.after(1.5)
        assert idle.peer.closed and goaways(idle.peer.take()) == [(MOST, 0), (0, 0)]
        assert not busy.peer.closed
        await call.answer(b"x")
        await busy.go()
        assert reply.body == b"x" and busy.peer.closed
        late = bench.connect()
        assert goaways(await late.send(PREFACE + SETTINGS)) == [(MOST, 0)]
        await bench.after(1.5)
        assert late.closed


@scene
async def test_a_client_that_says_goodbye() -> None:
    """Its GOAWAY is answered with the last stream and lets what is in flight end; then the connection does."""
    async with Bench() as bench:
        client = Client(bench)
        call, _reply = await client.call()
        goodbye = b"\0\0\x08\7\0\0\0\0\0" + bytes(8)
        assert goaways(await client.peer.send(goodbye)) == [(1, 0)]
        assert not goaways(await client.peer.send(goodbye)) and not client.peer.closed
        await call.answer()
        await bench.settle()
        assert client.peer.closed
        client = Client(bench)
        await client.go()
        assert goaways(await client.peer.send(goodbye)) == [(0, 0)]
        assert client.peer.closed
        client = Client(bench)
        call, _reply = await client.call()
        bench.service.begin_drain()
        assert goaways(await client.peer.send(goodbye)) == [(MOST, 0), (1, 0)]
        await bench.after(30)
        assert not client.peer.closed and not goaways(client.peer.take())
        await call.answer()
        await bench.settle()
        assert client.peer.closed


# --- deadlines ---


@scene
async def test_a_silent_client_is_closed() -> None:
    """After header_timeout when its SETTINGS have not come, after keep_alive when it is idle: that in two steps."""
    async with Bench(echo) as bench:
        silent, idle = bench.connect(), Client(bench)
        await silent.send(PREFACE)
        await idle.go()
        await idle.get()
        await bench.after(9)
        assert not silent.closed
        await bench.after(2)
        assert silent.closed and goaways(silent.take()) == [(0, 0)]
        await bench.after(60)
        await idle.get()
        await bench.after(74)
        assert not idle.away and not idle.peer.transport.out
        await bench.after(1.5)
        await idle.go()
        assert [away for away, _ in idle.away] == [MOST, 3] and idle.peer.closed


@scene
async def test_pings_do_not_keep_a_connection() -> None:
    """Idle is who asks for nothing."""
    async with Bench(keep_alive=5) as bench:
        client = Client(bench)
        for _ in range(6):
            client.h2.ping(b"pingpong")
            await client.go()
            await bench.after(1)
        await client.go()
        assert client.peer.closed


@pytest.mark.parametrize(("rate", "taken"), [(300, True), (100, False), (0, False)])
@scene
async def test_a_body_has_a_lowest_rate(rate: int, taken: bool) -> None:
    """240 octets a second by default: 408, and the stream is over; the others are not."""
    async with Bench() as bench:
        client = Client(bench)
        other, fine = await client.call()
        call, reply = await client.call("/", "POST", end=False)
        eating = asyncio.ensure_future(eat(call))
        for _ in range(60):
            if rate and reply.status == 0:
                await client.send(reply, bytes(rate))
            await bench.after(1)
            await client.go()
        assert (reply.status == 0) == taken
        if not taken:
            assert (reply.status, reply.ended, reply.code) == (408, True, 0)
            assert await eating == "http.disconnect"
            assert bench.telemetry.counts["http.timeouts"] == 1
        await other.answer(b"x")
        await client.go()
        assert fine.body == b"x"
        eating.cancel()


async def eat(call: Any) -> str:
    """Read to the end; what the last event was."""
    while (event := await call.receive())["type"] == "http.request" and event["more_body"]:
        pass
    kind: str = event["type"]
    return kind


@scene
async def test_a_slow_application_is_no_slow_client() -> None:
    """While it does not read, or 100 was not said, the client owes nothing."""
    async with Bench() as bench:
        client = Client(bench)
        call, reply = await client.call("/", "POST", end=False)
        await client.send(reply, b"a")
        waits, expected = await client.call("/", "POST", headers=[("expect", "100-continue")], end=False)
        await bench.after(200)
        await client.go()
        assert (reply.status, expected.status) == (0, 0)
        await call.receive()
        await bench.after(200)
        await client.go()
        assert (reply.status, expected.status) == (408, 0)
        await waits.answer()


@scene
async def test_the_deadline_of_the_application() -> None:
    """503, and it is cancelled; one that has begun is cut off; a body has the time for itself."""
    async with Bench(app_timeout=5) as bench:
        client = Client(bench)
        call, reply = await client.call()
        begun, cut = await client.call()
        await begun.start()
        await begun.body(b"a", True)
        late, uploaded = await client.call("/", "POST", end=False)
        await bench.after(6)
        await client.go()
        assert (reply.status, reply.ended, call.cancelled) == (503, True, True)
        assert (cut.status, cut.code) == (200, ErrorCodes.CANCEL) and uploaded.status == 0
        await client.send(uploaded, b"", True)
        await bench.after(4)
        await client.go()
        assert uploaded.status == 0
        await bench.after(2)
        await client.go()
        assert uploaded.status == 503 and late.cancelled
        assert bench.telemetry.counts["http.timeouts"] == 3


@scene
async def test_an_answer_that_waits_is_not_the_applications_time() -> None:
    """Complete, it waits for the client's window, who has send_timeout between two moves."""
    async with Bench(app_timeout=5) as bench:
        client = Client(bench, window=10, lazy=True)
        call, reply = await client.call()
        await call.answer(bytes(30))
        for _ in range(2):
            await bench.after(20)
            await client.open(10, reply)
        assert len(reply.body) == 30 and reply.ended


@scene
async def test_a_window_that_stays_closed() -> None:
    """After send_timeout without a move the stream is cut off, whole answer or not; the connection goes on."""
    async with Bench(send_timeout=30) as bench:
        client = Client(bench, window=10, lazy=True)
        whole, first = await client.call()
        await whole.answer(bytes(30))
        begun, second = await client.call()
        await begun.start()
        part = asyncio.ensure_future(begun.body(bytes(30), True))
        await bench.after(20)
        await client.open(1, first)
        await bench.after(15)
        await client.go()
        assert (first.code, second.code) == (None, ErrorCodes.CANCEL)
        with pytest.raises(PeerGone):
            await part
        await bench.after(20)
        await client.go()
        assert first.code == ErrorCodes.CANCEL and bench.telemetry.counts["http.stalled"] == 2
        call, reply = await client.call()
        await call.answer(b"x")
        await client.go()
        assert reply.body == b"x"


@scene
async def test_a_client_that_reads_nothing_is_cut() -> None:
    """Nothing is read of it, nobody writes to it, and after send_timeout without a move it is gone."""
    async with Bench(send_timeout=30) as bench:
        client = Client(bench)
        call, _reply = await client.call()
        client.peer.stop_reading()
        assert not client.peer.transport.reading
        await call.start()
        part = asyncio.ensure_future(call.body(b"x", True))
        await bench.after(29)
        client.peer.transport.unsent -= 1
        await bench.after(29)
        assert not client.peer.transport.lost and not part.done()
        await bench.after(3)
        assert client.peer.transport.aborted and bench.telemetry.counts["http.stalled"] == 1
        with pytest.raises(PeerGone):
            await part


@scene
async def test_a_slow_reader_goes_on() -> None:
    """When it reads again, so do we, and each application writes."""
    async with Bench() as bench:
        client = Client(bench)
        one, first = await client.call()
        client.peer.stop_reading()
        await one.start()
        part = asyncio.ensure_future(one.body(b"a", True))
        await bench.settle()
        assert not part.done()
        client.peer.read_on()
        assert client.peer.transport.reading
        await part
        await one.body(b"b")
        await client.go()
        assert first.body == b"ab"


@scene
async def test_a_connection_that_will_not_close_is_cut() -> None:
    """The last of it has send_timeout between two moves, then linger_timeout to be gone."""
    async with Bench(send_timeout=30) as bench:
        client = Client(bench)
        call, _reply = await client.call()
        bench.service.begin_drain()
        await client.go()
        await call.start()
        client.peer.transport.unsent = 1000
        await call.body(b"x")
        await bench.settle()
        assert client.peer.closed and not client.peer.transport.lost
        await bench.after(29)
        client.peer.transport.unsent = 10
        await bench.after(29)
        assert not client.peer.transport.aborted
        await bench.after(35)
        assert client.peer.transport.aborted


@scene
async def test_a_loop_that_was_late_blames_no_client() -> None:
    """All deadlines of a connection, and of its streams, move by as much."""
    async with Bench() as bench:
        client = Client(bench)
        call, reply = await client.call("/", "POST", end=False)
        eating = asyncio.ensure_future(eat(call))
        await client.go()
        client.peer.protocol.excuse(100)
        await bench.after(90)
        await client.go()
        assert reply.status == 0 and not client.away
        await bench.after(50)
        await client.go()
        assert reply.status == 408
        await eating


# --- what is told of it ---


@scene
async def test_the_access_line() -> None:
    """As that of HTTP/1.1, and says HTTP/2; answers of our own have one too."""
    async with Bench() as bench:
        client = Client(bench)
        call, _reply = await client.call("/a%20b?c=~")
        await call.start(201)
        await call.body(b"ab", True)
        await call.body(b"cd")
        (line,) = bench.lines
        assert 0 <= line.pop("seconds") < 5
        assert line.pop("scope_id")
        assert line == {
            "protocol": "HTTP/2",
            "client": ("127.0.0.1", 4000),
            "method": "GET",
            "path": "/a%20b",
            "query": "c=~",
            "status": 201,
            "bytes": 4,
        }
        bench.service.access = None
        call, _reply = await client.call()
        await call.answer()
        assert len(bench.lines) == 1


@scene
async def test_what_a_proxy_says() -> None:
    """Forwarded fields of a trusted peer, a PROXY header, root_path."""
    async with Bench(trusted=Trusted.parse(["127.0.0.1"]), root_path="/app") as bench:
        client = Client(bench)
        fields = [("x-forwarded-for", "9.9.9.9"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "b")]
        call, _reply = await client.call("/x", headers=fields)
        scope = call.scope
        assert scope["client"] == ("9.9.9.9", 0) and scope["scheme"] == "https"
        assert (b"host", b"b") in scope["headers"]
        assert (scope["root_path"], scope["path"], scope["raw_path"]) == ("/app", "/app/x", b"/app/x")
    async with Bench() as bench:
        header = ProxyHeader(source=("7.7.7.7", 7), destination=("6.6.6.6", 6), length=0, tls=True)
        client = Client(bench, proxied=header)
        call, _reply = await client.call()
        assert (call.scope["client"], call.scope["server"]) == (("7.7.7.7", 7), ("6.6.6.6", 6))
        assert call.scope["scheme"] == "https"


# --- whatever comes ---


def conversation() -> bytes:
    """What a client says in a short connection."""

    async def record() -> bytes:
        async with Bench(echo) as bench:
            client = Client(bench)
            said = []
            feed = client.peer.feed
            client.peer.feed = lambda data: (said.append(data), feed(data))[1]  # type: ignore[method-assign,assignment]
            await client.get("/a")
            number = client.ask("/b", "POST", end=False)
            client.h2.send_data(number, bytes(5000), pad_length=7)
            client.h2.ping(b"pingpong")
            client.h2.send_data(number, b"x", True)
            client.h2.reset_stream(client.ask("/c", "POST", end=False))
            await client.go()
            return b"".join(said)

    return asyncio.run(record())


@pytest.fixture(scope="module")
def said() -> bytes:
    """It, made once."""
    return conversation()


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 6000))
def test_any_split_gives_the_same_calls(said: bytes, size: int) -> None:
    """Pieces of whatever size: the same applications hear the same."""

    async def split() -> None:
        async with Bench(echo) as bench:
            peer = bench.connect()
            for at in range(0, len(said), size):
                peer.feed(said[at : at + size])
            await bench.settle()
            assert [(line["path"], line["bytes"]) for line in bench.lines if line["status"]] == [
                ("/a", 8), ("/b", 5010),
            ]  # fmt: skip

    asyncio.run(split())


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_noise_leaves_nothing_behind(said: bytes, data: st.DataObject) -> None:
    """Octets of the conversation are changed, cut or repeated: at most a GOAWAY; no call, task or connection stays."""
    noise = bytearray(said)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(noise) - 1))
        noise[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))

    async def main() -> None:
        async with Bench(echo) as bench:
            peer = bench.connect()
            for at in range(0, len(noise), 997):
                if peer.transport.reading:
                    peer.feed(bytes(noise[at : at + 997]))
            await bench.settle()

    asyncio.run(main())


def test_a_carrier_is_to_be_implemented() -> None:
    """What a stream needs of its connection is named."""

    @scene
    async def main() -> None:
        async with Bench() as bench:
            client = Client(bench)
            await client.go()
            with pytest.raises((NotImplementedError, TypeError)):  # compiled, None is refused before
                Carrier(bench.service).finished(None)  # type: ignore[arg-type]
            assert repr(client.peer.protocol) == "<ConnectionH2 of 127.0.0.1, 0 streams>"

    main()

"""Requests and answers of HTTP/2, one stream at a time: bodies both ways, windows, files, hints, trailers, ends."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from h2.settings import SettingCodes

from interfaces.http_ws.stream_h2 import PART
from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone, Unavailable
from tests.http_ws.h2_client import Client
from tests.http_ws.harness import START, Bench, Event, echo, scene

BIG = bytes(range(256)) * 1024


def opened(call: Any, **more: Any) -> "asyncio.Future[Any]":
    """A body of BIG on its way."""
    found: asyncio.Future[Any] = asyncio.ensure_future(call.body(BIG, **more))
    return found


# --- what comes ---


@scene
async def test_a_request_is_in_the_scope() -> None:
    """Every field of the scope; the fields in order, host first; the body is over."""
    async with Bench(state={"a": 1}) as bench:
        client = Client(bench)
        call, reply = await client.call("/a%20b?c=d", "PUT", headers=[("x", "1"), ("x", "2")])
        scope = call.scope
        assert scope.pop("state") == {"a": 1} and set(scope.pop("extensions")) == {
            "http.response.trailers", "http.response.pathsend", "http.response.early_hint",
        }  # fmt: skip
        assert scope == {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.5"}, "http_version": "2", "method": "PUT",
            "scheme": "http", "path": "/a b", "raw_path": b"/a%20b", "query_string": b"c=d", "root_path": "",
            "headers": [(b"host", b"a"), (b"x", b"1"), (b"x", b"2")], "client": ("127.0.0.1", 4000),
            "server": ("127.0.0.1", 80),
        }  # fmt: skip
        assert await call.receive() == {"type": "http.request", "body": b"", "more_body": False}
        await call.answer(b"x")
        assert await call.receive() == {"type": "http.disconnect"}
        await client.go()
        assert (reply.status, reply.headers, reply.body, reply.ended) == (200, [], b"x", True)


@scene
async def test_requests_share_nothing() -> None:
    """The state is a copy, and so are the fields, although the next block is the same."""
    async with Bench(state={}) as bench:
        client = Client(bench)
        for _ in range(3):
            call, _reply = await client.call()
            assert not call.scope["state"] and call.scope["headers"] == [(b"host", b"a")]
            call.scope["state"]["x"] = 1
            call.scope["headers"].append((b"y", b"z"))
            await call.answer()


@scene
async def test_a_body_streams_into_the_application() -> None:
    """Part by part; a body without an end is not over, an end of its own is."""
    async with Bench() as bench:
        client = Client(bench)
        call, reply = await client.call("/", "POST", end=False)
        for part in (b"a", b"bc"):
            await client.send(reply, part)
            assert await call.receive() == {"type": "http.request", "body": part, "more_body": True}
        await client.send(reply, b"", True)
        assert await call.receive() == {"type": "http.request", "body": b"", "more_body": False}
        await call.answer(b"x")
        await client.go()
        assert reply.body == b"x" and reply.code is None


@scene
async def test_trailers_of_a_request_end_its_body() -> None:
    """ASGI has no place for them."""
    async with Bench() as bench:
        client = Client(bench)
        call, reply = await client.call("/", "POST", end=False)
        client.h2.send_data(client.number(reply), b"a")
        client.h2.send_headers(client.number(reply), [("x", "y")], True)
        await client.go()
        assert await call.receive() == {"type": "http.request", "body": b"a", "more_body": False}
        await call.answer()


@scene
async def test_a_body_that_is_not_read_stays_with_the_client() -> None:
    """Its window is its bound, and opens as the application reads; many small parts are few objects."""
    async with Bench() as bench:
        client = Client(bench)
        call, reply = await client.call("/", "POST", end=False)
        number = client.number(reply)
        for _ in range(5000):
            client.h2.send_data(number, b"abc")
        await client.go()
        stream = client.peer.protocol.streams[number]
        assert stream.request._size == 15000 and len(stream.request._parts) <= 1025
        while (room := client.h2.local_flow_control_window(number)) > 0:
            await client.send(reply, bytes(min(room, 16384)))
        for _ in range(5):
            await client.go()
        assert client.h2.local_flow_control_window(number) == 0
        assert len((await call.receive())["body"]) == 65535
        await client.go()
        assert client.h2.local_flow_control_window(number) == 65535
        await call.answer()


@scene
async def test_a_body_of_a_hundred_windows() -> None:
    """It goes through, whole."""

    async def size(scope: Event, receive: Any, send: Any) -> None:
        found = 0
        while (event := await receive())["more_body"]:
            found += len(event["body"])
        await send(START)
        await send({"type": "http.response.body", "body": b"%d" % (found + len(event["body"]))})

    async with Bench(size) as bench:
        client = Client(bench)
        reply = await client.get("/", "POST", end=False)
        left = 6_553_500
        while left:
            room = min(client.h2.local_flow_control_window(client.number(reply)), 16384, left)
            assert room > 0
            left -= room
            await client.send(reply, bytes(room), not left)
        assert reply.body == b"6553500"


@scene
async def test_bodies_that_nobody_reads_leave_the_others_room() -> None:
    """They have more than the connection's window; another upload goes through, and they are whole later."""
    async with Bench() as bench:
        client = Client(bench)
        stalled = [await client.call("/", "POST", end=False) for _ in range(20)]
        for _, reply in stalled:
            for size in (16384, 16384, 16384, 16383):
                await client.send(reply, bytes(size))
        call, reply = await client.call("/", "POST", end=False)
        for at in range(100):
            await client.send(reply, bytes(16384), at == 99)
            event = await call.receive()
            assert (len(event["body"]), event["more_body"]) == (16384, at < 99)
        await call.answer(b"x")
        await client.go()
        assert reply.body == b"x" and not client.away
        for call, reply in stalled:
            await client.send(reply, b"", True)
            assert await call.receive() == {"type": "http.request", "body": bytes(65535), "more_body": False}
            await call.answer()


@scene
async def test_a_body_longer_than_is_allowed() -> None:
    """413 where the length says so, before the application is called; where it does not, when it is too much."""
    async with Bench(max_body=10) as bench:
        client = Client(bench)
        reply = await client.get("/", "POST", headers=[("content-length", "11")], end=False)
        assert reply.status == 413 and reply.ended and reply.code == 0 and not bench.calls
        call, reply = await client.call("/", "POST", end=False)
        await client.send(reply, b"0123456789")
        await client.send(reply, b"x")
        assert reply.status == 413 and reply.ended
        assert (await call.receive())["body"] == b"0123456789"
        assert await call.receive() == {"type": "http.disconnect"}
        call, reply = await client.call("/", "POST", end=False)
        await call.start()
        await call.body(b"a", True)
        await client.send(reply, b"0123456789x")
        assert (reply.status, reply.code) == (200, 8)
        with pytest.raises(PeerGone):
            await call.body(b"b")
        assert bench.telemetry.counts["http.refused"] == 3


@scene
async def test_continue_is_said_when_the_application_reads() -> None:
    """100 once, and not at all when the body comes anyway, or the answer has begun."""
    expects = [("expect", "100-continue")]
    async with Bench() as bench:
        client = Client(bench)
        call, reply = await client.call("/", "POST", headers=expects, end=False)
        assert not reply.hints
        body = asyncio.ensure_future(call.receive())
        await client.go()
        assert reply.hints == [(100, [])]
        await client.send(reply, b"a", True)
        assert (await body)["body"] == b"a"
        await call.answer()
        call, reply = await client.call("/", "POST", headers=expects, end=False)
        await client.send(reply, b"a")
        assert (await call.receive())["body"] == b"a"
        await call.start()
        await call.body(b"b", True)
        body = asyncio.ensure_future(call.receive())
        await client.send(reply, b"c", True)
        await call.body()
        assert (await body)["body"] == b"c"
        await client.go()
        assert not reply.hints and reply.body == b"b"


# --- what goes ---


@scene
async def test_head_204_and_304() -> None:
    """The head ends the stream; a length is kept where it may be."""
    async with Bench() as bench:
        client = Client(bench)
        for method, status in (("HEAD", 200), ("GET", 304), ("GET", 204)):
            call, reply = await client.call("/", method)
            await call.answer(b"hello", status, ((b"content-length", b"5"),))
            await client.go()
            assert (reply.status, reply.body, reply.ended) == (status, b"", True)
            assert reply.headers == ([(b"content-length", b"5")] if status != 204 else [])


@scene
async def test_one_write_a_turn() -> None:
    """All that streams say in one turn of the loop leaves in one write; 64 KiB leave at once and let others run."""
    async with Bench() as bench:
        client = Client(bench, window=2**20)
        await client.open(2**20)
        calls = [(await client.call())[0] for _ in range(5)]
        before = client.peer.transport.writes
        for call in calls:
            await call.start()
            await call.body(b"x")
        await bench.settle()
        assert client.peer.transport.writes == before + 1
        call, reply = await client.call()
        await call.start()
        before = client.peer.transport.writes
        part = asyncio.ensure_future(call.body(bytes(PART), True))
        await asyncio.sleep(0)
        assert client.peer.transport.writes == before + 1 and not part.done()
        await part
        await call.body()
        await client.go()
        assert len(reply.body) == PART


@scene
async def test_sending_waits_for_the_window() -> None:
    """No more is framed than the client lets, and the application waits; it goes on when all it gave has left."""
    async with Bench() as bench:
        client = Client(bench, window=10, lazy=True)
        call, reply = await client.call()
        await call.start()
        part = asyncio.ensure_future(call.body(b"0123456789abcdef", True))
        await client.go()
        assert reply.body == b"0123456789" and not part.done()
        await client.open(3, reply)
        assert reply.body == b"0123456789abc" and not part.done()
        await client.open(10, reply)
        await part
        assert reply.body == b"0123456789abcdef"
        await call.body(b"x")
        await client.go()
        assert reply.body.endswith(b"x") and reply.ended


@scene
async def test_sending_waits_for_the_window_of_the_connection() -> None:
    """65,535 octets in all; streams that wait get what comes by turns, and an answer that is complete still leaves."""
    async with Bench() as bench:
        client = Client(bench, window=2**20, lazy=True)
        replies = []
        for _ in range(3):
            call, reply = await client.call()
            await call.answer(BIG)
            replies.append(reply)
        await client.go()
        assert sum(len(reply.body) for reply in replies) == 65535
        assert len(client.peer.protocol.streams) == 3
        await client.open(3 * 16384)
        assert all(reply.body for reply in replies)
        while not all(reply.ended for reply in replies):
            await client.open(100_000)
        assert all(reply.body == BIG for reply in replies)
        assert not client.peer.protocol.streams


@scene
async def test_sending_waits_for_a_client_that_does_not_read() -> None:
    """With all windows open, what is framed is bounded: the rest stays with the application until the client reads."""
    async with Bench() as bench:
        client = Client(bench, window=2**30)
        await client.open(2**30)
        calls = [await client.call() for _ in range(4)]
        client.peer.transport.full_at = 1
        for call, _ in calls:
            await call.start()
        sent = [
            asyncio.ensure_future(call.body(BIG * 4, more))
            for (call, _), more in zip(calls, (False, True, False, True), strict=True)
        ]
        await bench.settle()
        assert client.peer.transport.out and len(client.peer.transport.out) < 3 * PART
        assert [part.done() for part in sent] == [True, False, True, False]
        assert not client.peer.transport.reading
        done: set[int] = set()
        for _ in range(500):
            for event in client.h2.receive_data(client.peer.take()):
                client._take(event)
            client.peer.transport.full_at = 1
            if client.peer.protocol.blocked:
                client.peer.read_on()
            await bench.settle()
            done |= {at for at, (_, reply) in enumerate(calls) if reply.ended}
            if done == {0, 2} and all(part.done() for part in sent):
                break
        assert [len(reply.body) for _, reply in calls[::2]] == [len(BIG) * 4] * 2
        for call, _ in calls[1::2]:
            await call.body(b"x")
        client.peer.transport.full_at = 0
        if client.peer.protocol.blocked:
            client.peer.read_on()
        await client.go()
        assert [reply.body[-1:] for _, reply in calls[1::2]] == [b"x", b"x"]


@scene
async def test_two_tasks_that_send() -> None:
    """While the client does not read, what a second task says waits behind what the first did."""
    async with Bench() as bench:
        client = Client(bench, window=2**20)
        await client.open(2**20)
        call, reply = await client.call()
        await call.start()
        client.peer.stop_reading()
        sent = [asyncio.ensure_future(call.body(part, True)) for part in (b"a", b"", BIG, b"c")]
        await bench.settle()
        assert not any(part.done() for part in sent)
        client.peer.read_on()
        await asyncio.gather(*sent)
        await call.body(b"d")
        await client.go()
        assert reply.body == b"a" + BIG + b"cd" and reply.ended


@scene
async def test_a_client_that_leaves_while_much_waits() -> None:
    """What was not framed is forgotten, and a late 100 or a part of a body says nothing."""
    async with Bench() as bench:
        client = Client(bench, window=2**20)
        call, reply = await client.call("/", "POST", end=False)
        stream = client.peer.protocol.streams[client.number(reply)]
        await call.start()
        client.peer.stop_reading()
        part = opened(call, more=True)
        await bench.settle()
        assert stream.waits and stream.unframed == len(BIG)
        await client.peer.leave()
        with pytest.raises(PeerGone):
            await part
        stream.go_on()
        stream.write_now(b"x")
        assert not stream.later and not stream.room()


@scene
async def test_trailers() -> None:
    """They end the stream, also behind data that waits for a window or for the client to read."""
    trailing = {"type": "http.response.trailers", "headers": [(b"grpc-status", b"0")]}
    async with Bench() as bench:
        client = Client(bench, window=10)
        call, reply = await client.call()
        await call.start(trailers=True)
        await call.body(b"0123456789abcdef")
        await call.send(trailing)
        assert client.peer.protocol.streams
        await client.go()
        await client.go()
        assert (reply.body, reply.trailers, reply.ended) == (
            b"0123456789abcdef", [(b"grpc-status", b"0")], True,
        )  # fmt: skip
        assert not client.peer.protocol.streams
        client = Client(bench, window=50_000)
        call, reply = await client.call()
        await call.start(trailers=True)
        await call.body(BIG)
        await call.send(trailing)
        while not reply.ended:
            await client.open(65535)
        assert reply.body == BIG and reply.trailers == [(b"grpc-status", b"0")]
        call, reply = await client.call()
        await call.start(trailers=True)
        await call.body(b"x")
        await call.send({"type": "http.response.trailers"})
        await client.go()
        assert reply.ended and not reply.trailers


@scene
async def test_early_hints_leave_before_the_answer() -> None:
    """103, as often as the application likes."""
    async with Bench() as bench:
        client = Client(bench)
        call, reply = await client.call()
        await call.send({"type": "http.response.early_hint", "links": [b"</a>"]})
        await client.go()
        assert reply.hints == [(103, [(b"link", b"</a>")])] and not reply.status
        await call.send({"type": "http.response.early_hint", "links": [b"</b>"]})
        await call.answer(b"x")
        await client.go()
        assert len(reply.hints) == 2 and reply.body == b"x"


@scene
async def test_files(tmp_path: Path) -> None:
    """pathsend, through windows smaller than the file; its size is the length."""
    file = tmp_path / "file"
    file.write_bytes(BIG * 3)
    async with Bench() as bench:
        client = Client(bench, window=100_000)
        call, reply = await client.call()
        await call.start()
        sending = asyncio.ensure_future(call.send({"type": "http.response.pathsend", "path": str(file)}))
        while not sending.done():
            await asyncio.sleep(0.001)
            await client.go()
        await sending
        await client.go()
        assert reply.body == BIG * 3 and reply.ended
        assert reply.headers == [(b"content-length", b"%d" % len(BIG * 3))]


@scene
async def test_a_peer_without_a_table() -> None:
    """Who says that its table has no room hears in the next block that ours has none, whatever stream that is of."""
    async with Bench() as bench:
        client = Client(bench, settings={SettingCodes.HEADER_TABLE_SIZE: 0})
        first, _reply = await client.call()
        await first.start()
        for _ in range(2):
            call, reply = await client.call()
            await call.answer(b"x")
            await client.go()
            assert reply.body == b"x"
        await first.body()
        await client.go()


@scene
async def test_an_answer_before_the_whole_of_the_body() -> None:
    """It is read; the rest of the body is not wanted, which RST_STREAM NO_ERROR says behind the answer."""
    async with Bench() as bench:
        client = Client(bench, window=10, lazy=True)
        call, reply = await client.call("/", "POST", end=False)
        await call.answer(b"x")
        await client.go()
        assert (reply.body, reply.ended, reply.code) == (b"x", True, 0)
        call, reply = await client.call("/", "POST", end=False)
        await call.answer(b"0123456789ab")
        await client.go()
        assert (reply.body, reply.ended, reply.code) == (b"0123456789", False, None)
        await client.send(reply, b"more")
        await client.open(10, reply)
        assert (reply.body, reply.ended, reply.code) == (b"0123456789ab", True, 0)
        call, reply = await client.call()  # the others go on
        await call.answer(b"y")
        await client.go()
        assert reply.body == b"y" and not client.away


# --- ends ---


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError("x"), 500), (NoRoute("x"), 404), (Unavailable("x"), 503), (None, 500)]
)
@scene
async def test_an_application_that_does_not_answer(
    error: Exception | None, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """One that raises, or returns without an answer: its client is told, others never notice."""
    async with Bench() as bench:
        client = Client(bench)
        other, fine = await client.call()
        for method in ("GET", "HEAD"):
            call, reply = await client.call("/", method)
            await call.finish(error)
            await client.go()
            assert reply.status == status and reply.ended and (not reply.body) == (method == "HEAD")
            assert ((b"retry-after", b"1") in reply.headers) == (status == 503)
        call, reply = await client.call("/", "POST", end=False)
        await call.start()
        await call.finish(error)
        await client.go()
        assert reply.status == status and reply.code == 0
        await other.answer(b"x")
        await client.go()
        assert fine.body == b"x" and not client.away
        assert [line["status"] for line in bench.lines] == [status, status, status, 200]


@scene
async def test_an_application_that_fails_in_its_answer(caplog: pytest.LogCaptureFixture) -> None:
    """What has left cannot be taken back: RST_STREAM INTERNAL_ERROR, so that the client knows."""
    async with Bench() as bench:
        client = Client(bench)
        for error in (ValueError("x"), None):
            call, reply = await client.call()
            await call.start(headers=((b"content-length", b"5"),))
            await call.body(b"ab", True)
            await call.finish(error)
            await client.go()
            assert (reply.status, reply.body, reply.ended, reply.code) == (200, b"ab", False, 2)
        assert not client.peer.protocol.streams and not client.away


@scene
async def test_a_client_that_resets(caplog: pytest.LogCaptureFixture) -> None:
    """``receive`` says so and ``send`` raises PeerGone, whatever the application was at; nothing is logged."""
    async with Bench() as bench:
        client = Client(bench, window=10)
        call, reply = await client.call("/", "POST", end=False)
        await client.send(reply, b"a")
        waiting = asyncio.ensure_future(call.receive())
        assert (await waiting)["body"] == b"a"
        waiting = asyncio.ensure_future(call.receive())
        await client.reset(reply)
        assert await waiting == {"type": "http.disconnect"}
        with pytest.raises(PeerGone):
            await call.start()
        client.lazy = True
        call, reply = await client.call()
        await call.start()
        part = opened(call, more=True)
        await client.go()
        await client.reset(reply)
        with pytest.raises(PeerGone):
            await part
        call, reply = await client.call()  # complete, but some of it waits
        await call.answer(BIG)
        await client.go()
        await client.reset(reply)
        assert not client.peer.protocol.streams and not client.away
        assert not caplog.records
        assert [line["status"] for line in bench.lines] == [0, 200, 200]


@scene
async def test_what_is_wrong_is_said_to_the_application() -> None:
    """ApplicationError, and the right answer can still be given."""
    async with Bench() as bench:
        client = Client(bench)
        call, reply = await client.call()
        for event in (
            {"type": "http.response.body"},
            {"type": "http.response.start", "status": 200, "headers": [(b"a b", b"")]},
            {"type": "http.response.unknown"},
        ):
            with pytest.raises(ApplicationError):
                await call.send(event)
        await call.answer(b"x")
        with pytest.raises(ApplicationError, match="after the response was complete"):
            await call.body()
        await client.go()
        assert reply.body == b"x"


@scene
async def test_many_at_once_in_any_order() -> None:
    """A hundred requests with bodies, whose parts are mixed: each gets the answer to its own."""
    async with Bench(echo) as bench:
        client = Client(bench)
        numbers = [client.ask(f"/{at}", "POST", end=False) for at in range(100)]
        for part in range(3):
            for at, number in enumerate(reversed(numbers) if part % 2 else numbers):
                client.h2.send_data(number, b"%d," % (99 - at if part % 2 else at), part == 2)
        await client.go()
        for at, number in enumerate(numbers):
            assert client.replies[number].body == b"POST /%d? " % at + b"%d," % at * 3


def test_streams_tell_who_they_are() -> None:
    """In the log."""

    @scene
    async def tell() -> None:
        async with Bench() as bench:
            client = Client(bench)
            call, reply = await client.call()
            stream = client.peer.protocol.streams[client.number(reply)]
            assert repr(stream) == "<StreamH2 1 of <ConnectionH2 of 127.0.0.1, 1 streams>>"
            stream.early()
            stream.hold(1)
            await call.answer()

    tell()

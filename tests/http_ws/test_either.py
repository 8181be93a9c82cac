"""What holds for a request whatever version of HTTP it came in, tested once for both."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from interfaces.http_ws.request import FILE_PART
from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone, Unavailable
from interfaces.shared.proxy import Trusted
from interfaces.shared.proxy_header import ProxyHeader
from tests.http_ws.either import BOTH, Either
from tests.http_ws.harness import START, Bench, Event, scene

Test = Callable[..., Coroutine[Any, Any, None]]
BIG = bytes(range(256)) * 1024
BODY = [("content-length", "3")]
WANTED = [("te", "trailers")]


def both(test: Test) -> Callable[..., None]:
    """Makes a test of a coroutine function, once for each version."""
    return pytest.mark.parametrize("kind", BOTH, ids=[kind.version for kind in BOTH])(scene(test))


# --- the scope ---


@both
async def test_the_scope(kind: type[Either]) -> None:
    """All of it, but the version, is the same."""
    async with Bench(state={"a": 1}, root_path="/r") as bench:
        call, _reply = await kind(bench).call(
            "/a%20b?c=%20", "PUT", headers=[("x", "1"), ("y", ""), ("x", "2")]
        )
        scope = {name: value for name, value in call.scope.items() if name != "scope_id"}
        assert scope == {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.5"}, "http_version": kind.version,
            "method": "PUT", "scheme": "http", "path": "/r/a b", "raw_path": b"/r/a%20b", "query_string": b"c=%20",
            "root_path": "/r", "headers": [(b"host", b"a"), (b"x", b"1"), (b"y", b""), (b"x", b"2")],
            "client": ("127.0.0.1", 4000), "server": ("127.0.0.1", 80), "state": {"a": 1},
            "extensions": {
                "http.response.trailers": {}, "http.response.pathsend": {}, "http.response.early_hint": {},
            },
        }  # fmt: skip
        call.scope["state"]["b"] = 2
        call.scope["extensions"].clear()
        call.scope["headers"].clear()
        other, _ = await kind(bench).call()
        assert other.scope["state"] == {"a": 1} and len(other.scope["extensions"]) == 3
        await call.answer()


@pytest.mark.parametrize("value", ["u=1, i", "u=9", "i=?0", "what?", ""])
@both
async def test_priorities_are_the_applications(kind: type[Either], value: str) -> None:
    """The field of RFC 9218 is one as others: it stands in the scope, as it was said, and nothing else comes of it."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call(headers=[("priority", value)])
        assert call.scope["headers"][1:] == [(b"priority", value.encode())]
        await call.answer(b"x")
        await client.go()
        assert reply.body == b"x"


@both
async def test_what_a_proxy_says(kind: type[Either]) -> None:
    """A trusted proxy's forwarded fields stand in the scope, others' do not; a PROXY header does."""
    fields = [
        ("x-forwarded-for", "9.9.9.9"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "b.example"),
    ]
    async with Bench(trusted=Trusted.parse(["127.0.0.1"])) as bench:
        call, _ = await kind(bench).call(headers=fields)
        assert (call.scope["client"], call.scope["scheme"]) == (("9.9.9.9", 0), "https")
        assert call.scope["headers"][0] == (b"host", b"b.example")
        call, _ = await kind(bench, peer=("8.8.8.8", 1)).call(headers=fields)
        assert (call.scope["client"], call.scope["scheme"]) == (("8.8.8.8", 1), "http")
        assert call.scope["headers"][0] == (b"host", b"a")
    async with Bench() as bench:
        header = ProxyHeader(source=("7.7.7.7", 7), destination=("6.6.6.6", 6), length=0, tls=True)
        call, _ = await kind(bench, proxied=header).call()
        assert (call.scope["client"], call.scope["server"]) == (("7.7.7.7", 7), ("6.6.6.6", 6))
        assert call.scope["scheme"] == "https"


@both
async def test_unix_sockets(kind: type[Either]) -> None:
    """A nameless peer is None, a named one has no port."""
    async with Bench() as bench:
        call, _ = await kind(bench, peer="", name="/run/x").call()
        assert (call.scope["client"], call.scope["server"]) == (None, ("/run/x", None))


# --- what comes ---


@both
async def test_a_request_without_a_body(kind: type[Either]) -> None:
    """The first event is an empty body, the next, after the answer or with the client, is the disconnect."""
    async with Bench() as bench:
        for leaves in (False, True):
            client = kind(bench)
            call, reply = await client.call()
            assert await call.receive() == {"type": "http.request", "body": b"", "more_body": False}
            waiting = asyncio.ensure_future(call.receive())
            await bench.settle()
            assert not waiting.done()
            if leaves:
                await client.leave(reply)
            else:
                await call.answer()
            assert await waiting == {"type": "http.disconnect"}
            assert await call.receive() == {"type": "http.disconnect"}


@both
async def test_a_body_streams_into_the_application(kind: type[Either]) -> None:
    """Part by part, as it comes; its end may come by itself."""
    async with Bench() as bench:
        client = kind(bench)
        for last in (b"", b"e"):
            call, reply = await client.call("/", "POST", end=False)
            for part in (b"ab", b"cd"):
                waiting = asyncio.ensure_future(call.receive())
                await client.send(reply, part)
                assert await waiting == {"type": "http.request", "body": part, "more_body": True}
            await client.send(reply, last, True)
            assert await call.receive() == {"type": "http.request", "body": last, "more_body": False}
            await call.answer(b"x")
            await client.go()
            assert (reply.status, reply.body, reply.ended) == (200, b"x", True)


@both
async def test_parts_that_wait_come_as_one(kind: type[Either]) -> None:
    """What came while the application was busy, however small its parts were."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call("/", "POST", end=False)
        for at in range(300):
            await client.send(reply, b"%c" % (at & 255), at == 299)
        assert await call.receive() == {
            "type": "http.request", "body": bytes(at & 255 for at in range(300)), "more_body": False,
        }  # fmt: skip
        await call.answer()


@both
async def test_both_ways_at_once(kind: type[Either]) -> None:
    """An application that answers each part before the next comes."""

    async def mirror(scope: Event, receive: Any, send: Any) -> None:
        await send(START)
        more = True
        while more:
            event = await receive()
            more = event["more_body"]
            await send({"type": "http.response.body", "body": event["body"][::-1], "more_body": more})

    async with Bench(mirror) as bench:
        client = kind(bench)
        reply = await client.get("/", "POST", end=False)
        for at, part in enumerate((b"ab", b"cd", b"ef")):
            await client.send(reply, part, at == 2)
            assert reply.body.endswith(part[::-1]) and reply.ended == (at == 2)
        assert reply.body == b"badcfe"


@both
async def test_a_body_of_many_windows(kind: type[Either]) -> None:
    """A megabyte goes through, as fast as the application takes it."""

    async def size(scope: Event, receive: Any, send: Any) -> None:
        found, more = 0, True
        while more:
            event = await receive()
            found, more = found + len(event["body"]), event["more_body"]
        await send(START)
        await send({"type": "http.response.body", "body": b"%d" % found})

    async with Bench(size) as bench:
        client = kind(bench)
        reply = await client.get("/", "POST", end=False)
        for at in range(64):
            await client.send(reply, bytes(16384), at == 63)
        assert reply.body == b"1048576"


@both
async def test_two_receivers(kind: type[Either]) -> None:
    """Two tasks may wait at once; cancelling one does not end the wait of the other."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call()
        await call.receive()
        one, two, three = (asyncio.ensure_future(call.receive()) for _ in range(3))
        await bench.settle()
        two.cancel()
        await bench.settle()
        assert two.cancelled() and not one.done() and not three.done()
        await client.leave(reply)
        assert await one == await three == {"type": "http.disconnect"}


@both
async def test_a_client_that_leaves_in_its_body(kind: type[Either]) -> None:
    """What came is given, then the disconnect; whoever waits to send hears of it."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call("/", "POST", headers=BODY, end=False)
        await client.send(reply, b"a")
        await client.leave(reply)
        assert await call.receive() == {"type": "http.request", "body": b"a", "more_body": True}
        assert await call.receive() == {"type": "http.disconnect"}
        with pytest.raises(PeerGone):
            await call.start()


@both
async def test_a_body_after_the_answer_is_not_given(kind: type[Either]) -> None:
    """When the answer is complete, nobody hears of the rest."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call("/", "POST", headers=BODY, end=False)
        await client.send(reply, b"a")
        await call.start()
        await call.body(b"x")
        await client.go()
        assert await call.receive() == {"type": "http.request", "body": b"a", "more_body": True}
        assert await call.receive() == {"type": "http.disconnect"}
        assert (reply.body, reply.ended) == (b"x", True)


@both
async def test_continue(kind: type[Either]) -> None:
    """100 is said once, when the application reads, and not to who sends without it."""
    expects = [*BODY, ("expect", "100-continue")]
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call("/", "POST", headers=expects, end=False)
        assert not reply.hints
        waiting = asyncio.ensure_future(call.receive())
        await client.go()
        assert reply.hints == [(100, [])]
        await client.send(reply, b"abc", True)
        assert (await waiting)["body"] == b"abc"
        await call.answer()
        await client.go()
        call, impatient = await client.call("/", "POST", headers=expects, end=False)
        await client.send(impatient, b"abc", True)
        assert (await call.receive())["body"] == b"abc"
        await call.answer()
        await client.go()
        assert len(reply.hints) == 1 and not impatient.hints and impatient.ended


@both
async def test_a_call_that_will_not_hear_is_ended(kind: type[Either]) -> None:
    """Told that the client is gone, an application may ask on a thousand times; then it is cancelled."""
    heard: list[Any] = []

    async def deaf(scope: Event, receive: Any, send: Any) -> None:
        while True:
            heard.append(await receive())

    async with Bench(deaf) as bench:
        client = kind(bench)
        reply = await client.get()
        await client.leave(reply)
        while bench.service.sessions:
            await asyncio.sleep(0)
        assert 1000 <= len(heard) <= 1003


# --- what goes ---


@both
async def test_parts_of_an_answer(kind: type[Either]) -> None:
    """They leave as they are sent, those of one turn of the loop in one write; an empty one ends it."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call()
        await call.start(201, ((b"X-Y", b"z"),))
        await client.go()
        assert not reply.status, "the head waits for the first part"
        before = reply.peer.transport.writes
        for _ in range(10):
            await call.body(b"x", True)
        await bench.settle()
        assert reply.peer.transport.writes == before + 1
        await client.go()
        assert (reply.status, reply.headers, reply.body, reply.ended) == (
            201,
            [(b"x-y", b"z")],
            b"x" * 10,
            False,
        )
        await call.body()
        await client.go()
        assert reply.ended and reply.body == b"x" * 10


@pytest.mark.parametrize("length", [(), ((b"content-length", b"262144"),)])
@both
async def test_a_large_answer(kind: type[Either], length: tuple[tuple[bytes, bytes], ...]) -> None:
    """Whole or in parts, with a length or without."""
    async with Bench() as bench:
        for parts in (1, 3, 16):
            client = kind(bench)
            call, reply = await client.call()
            await call.start(headers=length)
            size = -(-len(BIG) // parts)

            async def send(call: Any, size: int) -> None:
                for at in range(0, len(BIG), size):
                    await call.body(BIG[at : at + size], at + size < len(BIG))

            sending = asyncio.ensure_future(send(call, size))
            while not sending.done() or not reply.ended:
                await client.go()
            assert reply.body == BIG and reply.ended


@both
async def test_sending_waits_for_a_slow_client(kind: type[Either]) -> None:
    """While the client's buffer is full, send waits, until it has room or the client leaves."""
    async with Bench() as bench:
        for leaves in (False, True):
            client = kind(bench)
            call, reply = await client.call()
            await call.start()
            reply.peer.stop_reading()
            sending = asyncio.ensure_future(call.body(b"x", True))
            await bench.settle()
            assert not sending.done()
            if leaves:
                await reply.peer.leave()
                with pytest.raises(PeerGone):
                    await sending
            else:
                reply.peer.read_on()
                await sending
                await call.body()
                await client.go()
                assert reply.body == b"x"


@both
async def test_sending_to_nobody_is_an_os_error(kind: type[Either], caplog: pytest.LogCaptureFixture) -> None:
    """After the client has left, every send raises OSError; that is not logged."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call()
        await client.leave(reply)
        for event in (
            START,
            {"type": "http.response.body"},
            {"type": "http.response.early_hint", "links": []},
        ):
            with pytest.raises(OSError) as caught:
                await call.send(event)
        await call.finish(caught.value)
        assert not caplog.records


@both
async def test_sending_after_the_end_is_a_mistake(kind: type[Either]) -> None:
    """Anything after a complete response raises ApplicationError and writes nothing."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call()
        await call.start()
        await call.body(b"x")
        await client.go()
        for event in ({"type": "http.response.body"}, START, {"type": "x"}):
            with pytest.raises(ApplicationError, match="after the response was complete"):
                await call.send(event)
        assert reply.peer.take() == b""


@both
async def test_a_wrong_answer_can_be_made_good(kind: type[Either]) -> None:
    """What raised has written nothing, and says what is known; so another answer is possible."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call()
        for headers in (((b"x", b"a\r\nb: c"),), ((b"a b", b"c"),), ((b"content-length", b"x"),)):
            with pytest.raises(ApplicationError):
                await call.start(headers=headers)
        with pytest.raises(ApplicationError):
            await call.body(b"x")
        with pytest.raises(
            ApplicationError, match=r"http\.response\.push.*start, body, trailers, early_hint, path"
        ):
            await call.send({"type": "http.response.push"})
        await call.answer(b"good")
        await client.go()
        assert (reply.status, reply.body) == (200, b"good")


@pytest.mark.parametrize("wrapped", [bytearray, memoryview])
@both
async def test_bodies_may_be_any_bytes(kind: type[Either], wrapped: Any) -> None:
    """bytearray and memoryview are taken as bodies, by their content at the time."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call()
        data = bytearray(b"abc")
        await call.start()
        await call.body(wrapped(data), True)
        data[0] = 0
        await call.body(wrapped(b"d"))
        await client.go()
        assert reply.body == b"abcd"


@pytest.mark.parametrize(("status", "method"), [(200, "HEAD"), (404, "HEAD"), (304, "GET"), (204, "GET")])
@both
async def test_answers_without_a_body(kind: type[Either], status: int, method: str) -> None:
    """HEAD, 204 and 304 have none, whatever the application sends; a length stays where it may."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call("/", method)
        await call.start(status, ((b"content-length", b"5"),))
        await call.body(b"he", True)
        await client.go()
        assert (reply.status, reply.ended) == (status, True), (
            "nobody waits for what the application does then"
        )
        await call.body(b"llo")
        await client.go()
        assert (reply.status, reply.body, reply.ended) == (status, b"", True)
        assert reply.headers == ([] if status == 204 else [(b"content-length", b"5")])


@pytest.mark.parametrize("sent", [b"abcd", b"abcdef"])
@both
async def test_a_body_of_another_length(kind: type[Either], sent: bytes) -> None:
    """Is the application's mistake: it is told, and the client sees no whole answer, or a 500."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call()
        await call.start(headers=((b"content-length", b"5"),))
        with pytest.raises(ApplicationError, match="content-length") as caught:
            await call.body(sent)
        await call.finish(caught.value)
        await client.go()
        assert reply.status == 500 or reply.cut


@both
async def test_trailers(kind: type[Either]) -> None:
    """They follow the body, and end the answer; several events of them are one section."""
    trailing = {"type": "http.response.trailers", "headers": [(b"a", b"b")], "more_trailers": True}
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call(headers=WANTED)
        await call.start(trailers=True)
        await call.body(b"x")
        await client.go()
        assert reply.body == b"x" and not reply.ended
        await call.send(trailing)
        await call.send({"type": "http.response.trailers", "headers": [(b"c", b"d")]})
        await client.go()
        assert reply.ended and reply.trailers == [(b"a", b"b"), (b"c", b"d")]
        call, reply = await client.call("/", "HEAD", headers=WANTED)
        await call.start(trailers=True)
        await call.body(b"x")
        await call.send({**trailing, "more_trailers": False})
        await client.go()
        assert reply.ended and not reply.trailers and not reply.body


@both
async def test_early_hints(kind: type[Either]) -> None:
    """Links leave at once in a 103, before the answer is begun, and not behind that."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call()
        hint = {"type": "http.response.early_hint", "links": [b"</a>; rel=preload", b"</b>"]}
        await call.send(hint)
        await client.go()
        links = [(b"link", b"</a>; rel=preload"), (b"link", b"</b>")]
        assert reply.hints == [(103, links)] and not reply.status
        await call.send(hint)
        await call.start()
        with pytest.raises(ApplicationError, match="after the response has started"):
            await call.send(hint)
        await call.body(b"x")
        await client.go()
        assert len(reply.hints) == 2 and (reply.status, reply.body) == (200, b"x")


# --- files ---


async def path(
    client: Either, file: Path, method: str = "GET", *headers: tuple[bytes, bytes]
) -> tuple[Any, Any]:
    """Send ``file``; the reply, and what that raised."""
    call, reply = await client.call("/", method)
    await call.start(headers=headers)
    sending = asyncio.ensure_future(call.send({"type": "http.response.pathsend", "path": str(file)}))
    while not sending.done():
        await asyncio.sleep(0.0005)
        await client.go()
    error = sending.exception()
    await call.finish(error)
    await client.go()
    return reply, error


@pytest.mark.parametrize("size", [0, 1, FILE_PART, FILE_PART + 1])
@both
async def test_files(kind: type[Either], size: int, tmp_path: Path) -> None:
    """A file is sent whole, in parts, with its size as length; HEAD has the length alone."""
    file = tmp_path / "file"
    file.write_bytes(b"x" * size)
    async with Bench() as bench:
        client = kind(bench)
        for method in ("GET", "HEAD"):
            reply, error = await path(client, file, method)
            assert error is None and reply.ended and reply.status == 200
            assert reply.headers == [(b"content-length", b"%d" % size)]
            assert reply.body == (b"" if method == "HEAD" else b"x" * size)


@both
async def test_files_that_are_not_there(
    kind: type[Either], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A missing file, a directory, and a size other than announced raise and give 500."""
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    async with Bench() as bench:
        client = kind(bench)
        for target, headers, wrong in (
            (tmp_path / "none", (), FileNotFoundError),
            (tmp_path, (), IsADirectoryError),
            (file, ((b"content-length", b"4"),), ApplicationError),
        ):
            reply, error = await path(client, target, "GET", *headers)
            assert type(error) is wrong and reply.status == 500
    assert len(caplog.records) == 3


@both
async def test_a_client_that_leaves_in_a_file(kind: type[Either], tmp_path: Path) -> None:
    """The application gets OSError, also when the client left before the first byte, or the file is empty."""
    file = tmp_path / "file"
    for size in (0, FILE_PART * 3):
        file.write_bytes(b"x" * size)
        async with Bench() as bench:
            client = kind(bench)
            call, reply = await client.call()
            await call.start()
            sending = asyncio.ensure_future(call.send({"type": "http.response.pathsend", "path": str(file)}))
            await asyncio.sleep(0)
            await client.leave(reply)
            with pytest.raises(PeerGone):
                await sending
            assert not reply.body


# --- limits and deadlines ---


@both
async def test_the_length_of_a_body(kind: type[Either]) -> None:
    """413 where it is announced, and no call; else when too much has come, and the application is told."""
    async with Bench(max_body=4) as bench:
        client = kind(bench)
        reply = await client.get("/", "POST", headers=[("content-length", "5")], end=False)
        assert reply.status == 413 and not bench.calls
        call, reply = await client.call("/", "POST", end=False)
        await client.send(reply, b"abcd")
        assert await call.receive() == {"type": "http.request", "body": b"abcd", "more_body": True}
        await client.send(reply, b"e")
        assert reply.status == 413
        assert await call.receive() == {"type": "http.disconnect"}
        with pytest.raises(PeerGone):
            await call.start()
        call, reply = await client.call("/", "POST", end=False)
        await client.send(reply, b"abcd", True)
        assert (await call.receive())["body"] == b"abcd"
        await call.answer()
        assert bench.telemetry.counts["http.refused"] == 2


@pytest.mark.parametrize("fields", [[(f"x{at}", "y") for at in range(130)], [("x", "y" * 40_000)]])
@both
async def test_the_size_of_a_header(kind: type[Either], fields: list[tuple[str, str]]) -> None:
    """Too many fields, or too large ones, are answered with 431."""
    async with Bench() as bench:
        assert (await kind(bench).get(headers=fields)).status == 431
        assert not bench.calls


@both
async def test_a_body_has_a_lowest_rate(kind: type[Either]) -> None:
    """240 octets a second by default: who sends less gets a 408, and is counted."""
    async with Bench() as bench:
        client = kind(bench)
        call, slow = await client.call("/", "POST", headers=[("content-length", "100000")], end=False)
        receiving = asyncio.ensure_future(call.receive())
        await client.send(slow, b"a")
        await receiving
        fast_call, fast = await client.call("/", "POST", headers=[("content-length", "100000")], end=False)
        for _ in range(4):
            await client.send(fast, bytes(5000))
            await fast_call.receive()
            await bench.after(10)
        await client.go()
        assert slow.status == 408 and not fast.status
        assert await call.receive() == {"type": "http.disconnect"}
        assert bench.telemetry.counts["http.timeouts"] == 1


@both
async def test_a_slow_application_is_no_slow_client(kind: type[Either]) -> None:
    """While it does not read what is there, or has not said that it will, the client owes nothing."""
    async with Bench() as bench:
        client = kind(bench)
        expects = [("content-length", "100000"), ("expect", "100-continue")]
        _, waiting = await client.call("/", "POST", headers=expects, end=False)
        _, unread = await client.call("/", "POST", headers=[("content-length", "100000")], end=False)
        for _ in range(3):
            await client.send(unread, bytes(16384))
        await client.send(unread, bytes(16383))
        await bench.after(70)
        await client.go()
        assert not waiting.status and not waiting.cut
        assert unread.status in (0, 408), "HTTP/1.1 stops to read at 64 KiB only"


@both
async def test_the_deadline_of_the_application(kind: type[Either], caplog: pytest.LogCaptureFixture) -> None:
    """503, and it is cancelled; one that has begun is cut off."""
    async with Bench(app_timeout=5) as bench:
        client = kind(bench)
        call, reply = await client.call()
        begun, cut = await client.call()
        await begun.start()
        await begun.body(b"x", True)
        await bench.after(4)
        await client.go()
        assert not reply.status and cut.body == b"x"
        await bench.after(2)
        await client.go()
        assert reply.status == 503 and call.cancelled
        assert cut.cut and await begun.receive() and (await begun.receive())["type"] == "http.disconnect"
        assert "no answer in 5" in caplog.text


@both
async def test_a_client_that_reads_nothing(kind: type[Either]) -> None:
    """After send_timeout without a move it is cut, and the application told."""
    async with Bench(send_timeout=5) as bench:
        client = kind(bench)
        call, reply = await client.call()
        await call.start()
        reply.peer.stop_reading()
        sending = asyncio.ensure_future(call.body(b"x", True))
        await bench.after(4)
        assert not sending.done() and not reply.peer.closed
        await bench.after(2)
        with pytest.raises(PeerGone):
            await sending
        assert reply.peer.transport.aborted and bench.telemetry.counts["http.stalled"] == 1


# --- ends ---


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError("x"), 500), (NoRoute("x"), 404), (Unavailable("x"), 503), (None, 500)]
)
@both
async def test_an_application_that_does_not_answer(
    kind: type[Either], error: Exception | None, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """One that raises, or returns without an answer: its client is told; 503 says when to come again."""
    async with Bench() as bench:
        client = kind(bench)
        for method in ("GET", "HEAD", "POST"):
            call, reply = await client.call("/", method, end=method != "POST")
            await call.start()
            await call.finish(error)
            await client.go()
            assert reply.status == status and reply.ended and bool(reply.body) == (method != "HEAD")
            assert ((b"retry-after", b"1") in reply.headers) == (status == 503)
        assert [line["status"] for line in bench.lines] == [status] * 3


@both
async def test_an_application_that_fails_in_its_answer(
    kind: type[Either], caplog: pytest.LogCaptureFixture
) -> None:
    """What has left cannot be taken back: the client sees that it is not whole, and the log says why."""
    async with Bench() as bench:
        client = kind(bench)
        for headers in ((), ((b"content-length", b"5"),)):
            call, reply = await client.call()
            await call.start(headers=headers)
            await call.body(b"ab", True)
            await call.finish(ValueError("oops"))
            await client.go()
            assert (reply.status, reply.body, reply.ended, reply.cut) == (200, b"ab", False, True)
        assert caplog.text.count("ValueError: oops") == 2


@both
async def test_what_an_application_raises_after_its_answer_is_logged(
    kind: type[Either], caplog: pytest.LogCaptureFixture
) -> None:
    """The client has its answer."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call()
        await call.start()
        await call.body(b"x")
        await call.finish(ValueError("late"))
        await client.go()
        assert reply.body == b"x" and "late" in caplog.text
        assert caplog.records[0].levelno == logging.ERROR


@both
async def test_a_drain_lets_what_runs_finish(kind: type[Either]) -> None:
    """Its answer is whole, then the connection ends."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call("/", "POST", end=False)
        bench.service.begin_drain()
        await client.send(reply, b"abc", True)
        assert (await call.receive())["body"] == b"abc"
        await bench.after(2)
        assert not reply.peer.closed
        await call.answer(b"x" * 100)
        await client.go()
        assert reply.body == b"x" * 100 and reply.ended
        await bench.after(3)
        assert reply.peer.closed


# --- what is told of it ---


@both
async def test_the_access_line(kind: type[Either]) -> None:
    """One line a request, with who, what, how much and how long; a client that left has the status so far."""
    async with Bench() as bench:
        client = kind(bench)
        call, reply = await client.call("/a%20b?c=\x7e")
        await call.start(201)
        await call.body(b"ab", True)
        await call.body(b"cd")
        (line,) = bench.lines
        assert 0 <= line.pop("seconds") < 5
        wanted = {
            "protocol": kind.other, "client": ("127.0.0.1", 4000), "method": "GET", "path": "/a%20b", "query": "c=~",
            "status": 201, "bytes": 4,
        }  # fmt: skip
        assert {name: line[name] for name in wanted} == wanted
        call, reply = await client.call()
        call.scope["path"] = call.scope["method"] = "changed"
        await client.leave(reply)
        await call.finish()
        assert [(line["status"], line["bytes"], line["path"]) for line in bench.lines[1:]] == [(0, 0, "/")]


@both
async def test_without_an_access_log_nothing_is_told(kind: type[Either]) -> None:
    """Whole, broken and unanswered requests go their way without a line."""
    async with Bench() as bench:
        bench.service.access = None
        client = kind(bench)
        await (await client.call())[0].answer()
        await (await client.call())[0].finish(ValueError())
        await (await client.call())[0].finish()
        _, reply = await client.call()
        await client.leave(reply)
        assert not bench.lines


@both
async def test_answers_are_dated(kind: type[Either]) -> None:
    """Those of applications; one that dates itself is believed."""
    async with Bench() as bench:
        bench.service.ticked()
        client = kind(bench)
        call, reply = await client.call()
        await call.start(headers=((b"date", b"today"),))
        await call.body(b"x")
        dated = bench.service.date.removeprefix(b"date: ").strip()
        assert dated not in reply.peer.transport.out
        await client.go()
        call, reply = await client.call()
        await call.start()
        await call.body(b"x")
        await bench.settle()
        assert (dated if kind.version == "1.1" else bench.service.date_block) in reply.peer.transport.out

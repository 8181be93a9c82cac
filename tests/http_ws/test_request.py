"""One HTTP request: what the application receives, what it may send, files, and the access line."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from interfaces.http_ws.request import FILE_PART, Exchange
from interfaces.shared.errors import ApplicationError, PeerGone
from tests.http_ws.harness import DATE, GET, Bench, Call, answers, scene
from tests.http_ws.sections import proves

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
TRAILERS = GET[:-2] + b"TE: gzip, Trailers\r\n\r\n"


async def sent(call: Call) -> None:
    """Wait until the call's task has ended."""
    await call.finish()


# --- receiving ---


@scene
async def test_a_request_without_a_body() -> None:
    """The first event is an empty body, the next, after the answer or with the client, is the disconnect."""
    async with Bench() as bench:
        for leaves in (False, True):
            peer = bench.connect()
            call = await bench.call(peer)
            assert await call.receive() == {"type": "http.request", "body": b"", "more_body": False}
            waiting = asyncio.ensure_future(call.receive())
            await bench.settle()
            assert not waiting.done()
            if leaves:
                await peer.leave()
            else:
                await call.answer()
            assert await waiting == {"type": "http.disconnect"}
            assert await call.receive() == {"type": "http.disconnect"}


@scene
async def test_two_receivers() -> None:
    """Two tasks may wait at once; cancelling the one that came later does not end the wait of the other."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await call.receive()
        one, two, three = (asyncio.ensure_future(call.receive()) for _ in range(3))
        await bench.settle()
        two.cancel()
        await bench.settle()
        assert two.cancelled() and not one.done() and not three.done()
        await peer.leave()
        assert await one == await three == {"type": "http.disconnect"}


@scene
async def test_an_application_that_asks_for_ever_stops_nobody() -> None:
    """One that receives in a loop after the disconnect lets others run."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await peer.leave()

        async def ask() -> None:
            while True:
                await call.receive()

        asking = asyncio.ensure_future(ask())
        await bench.settle()
        asking.cancel()
        await bench.settle()
        assert asking.cancelled()


@scene
async def test_a_body_after_the_answer_is_not_given() -> None:
    """When the answer is complete, the rest of the body is the connection's business."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, POST + b"a")
        await call.start()
        await call.body(b"x")
        peer.feed(b"bc")
        assert await call.receive() == {"type": "http.request", "body": b"a", "more_body": True}
        assert await call.receive() == {"type": "http.disconnect"}


# --- sending ---


@scene
async def test_one_write_an_answer() -> None:
    """Head and body leave together, and so do all small parts of one turn of the loop."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await call.start()
        await call.body(b"x")
        assert peer.transport.writes == 1
        call = await bench.call(peer)
        await call.start()
        for _ in range(10):
            await call.body(b"x", True)
        await bench.settle()
        assert peer.transport.writes == 2
        await call.body()
        assert answers(peer.take(), "GET", "GET")[1][2] == b"x" * 10


@scene
async def test_large_parts_leave_at_once() -> None:
    """64 KiB do not wait for the end of the turn, and let others run."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await call.start()
        await call.body(bytes(65536), True)
        assert peer.transport.writes == 1


@scene
async def test_sending_waits_for_a_slow_client() -> None:
    """While the client's buffer is full, send waits, until it has room or the client leaves."""
    async with Bench() as bench:
        for leaves in (False, True):
            peer = bench.connect()
            call = await bench.call(peer)
            await call.start()
            peer.stop_reading()
            sending = asyncio.ensure_future(call.body(b"x", True))
            await bench.settle()
            assert not sending.done()
            if leaves:
                await peer.leave()
                with pytest.raises(PeerGone):
                    await sending
            else:
                peer.read_on()
                await sending


@scene
async def test_sending_to_nobody_is_an_os_error(caplog: pytest.LogCaptureFixture) -> None:
    """After the client has left, every send raises OSError; that is not logged."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await peer.leave()
        with pytest.raises(OSError) as caught:
            await call.start()
        await call.finish(caught.value)
        assert not caplog.records


@scene
async def test_sending_after_the_end_is_a_mistake() -> None:
    """Anything after a complete response raises ApplicationError and writes nothing."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await call.start()
        await call.body(b"x")
        peer.take()
        for event in (
            {"type": "http.response.body"},
            {"type": "http.response.start", "status": 200},
            {"type": "x"},
        ):
            with pytest.raises(ApplicationError, match="after the response was complete"):
                await call.send(event)
        assert peer.take() == b""


@scene
async def test_unknown_messages_name_the_known() -> None:
    """A message that is not known raises, and says which are."""
    async with Bench() as bench:
        call = await bench.call(bench.connect())
        with pytest.raises(
            ApplicationError, match=r"http\.response\.push.*start, body, trailers, early_hint, pathsend"
        ):
            await call.send({"type": "http.response.push"})


@scene
async def test_a_wrong_answer_can_be_made_good() -> None:
    """What raised has written nothing, so another answer is possible."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        with pytest.raises(ApplicationError):
            await call.start(headers=((b"x", b"a\r\nb: c"),))
        with pytest.raises(ApplicationError):
            await call.body(b"x")
        await call.answer(b"good")
        assert answers(peer.take())[0][2] == b"good"


@pytest.mark.parametrize("kind", [bytearray, memoryview])
@scene
async def test_bodies_may_be_any_bytes(kind: Any) -> None:
    """bytearray and memoryview are taken as bodies, by their content at the time."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        data = bytearray(b"abc")
        await call.start()
        await call.body(kind(data), True)
        data[0] = 0
        await call.body(kind(b"d"))
        assert answers(peer.take())[0][2] == b"abcd"


@proves("RFC9110 6.6.1")
@scene
async def test_answers_are_dated() -> None:
    """Every answer of an application has the service's Date."""
    async with Bench() as bench:
        peer = bench.connect()
        await (await bench.call(peer)).answer()
        assert DATE in peer.take()


@proves("RFC9110 9.3.2")
@scene
async def test_head_has_no_body() -> None:
    """The answer to HEAD is that to GET without its body, and the connection goes on."""
    async with Bench() as bench:
        peer = bench.connect()
        for method in (b"HEAD", b"GET"):
            await (await bench.call(peer, GET.replace(b"GET", method))).answer(b"four")
        (head, get) = answers(peer.take(), "HEAD", "GET")
        assert head == (200, [(b"content-length", b"4")], b"")
        assert get == (200, [(b"content-length", b"4")], b"four")


# --- extensions ---


@proves("RFC9110 10.1.4", "RFC9112 7.1.2")
@scene
async def test_trailers_go_to_who_asked() -> None:
    """Trailers leave for "TE: trailers", are dropped without, and end the answer in any case."""
    async with Bench() as bench:
        for request, wanted in ((TRAILERS, True), (GET, False), (GET.replace(b"GET", b"HEAD"), False)):
            peer = bench.connect()
            call = await bench.call(peer, request)
            await call.start(trailers=True)
            await call.body(b"x")
            await call.send(
                {"type": "http.response.trailers", "headers": [(b"a", b"b")], "more_trailers": True}
            )
            await call.send({"type": "http.response.trailers", "headers": [(b"c", b"d")]})
            ((_, fields, _),) = answers(peer.take(), request.split(b" ")[0].decode())
            assert fields[1:] == ([(b"a", b"b"), (b"c", b"d")] if wanted else [])
            await call.finish()
            assert peer.protocol.request is None


@proves("RFC8297 2")
@scene
async def test_early_hints_leave_before_the_answer() -> None:
    """Links leave at once in a 103, before the answer is begun."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await call.send({"type": "http.response.early_hint", "links": [b"</a>; rel=preload"]})
        assert peer.take() == b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n"
        await call.answer()
        assert answers(peer.take())[0][0] == 200


async def path(
    bench: Bench, file: Path, request: bytes = GET, *headers: tuple[bytes, bytes]
) -> tuple[Any, Exception | None]:
    """Send ``file``; the peer, and what that raised."""
    peer = bench.connect()
    call = await bench.call(peer, request)
    await call.start(headers=headers)
    error = None
    try:
        await call.send({"type": "http.response.pathsend", "path": str(file)})
    except (OSError, RuntimeError) as caught:
        error = caught
    await call.finish(error)
    await bench.settle()
    return peer, error


@scene
async def test_files(tmp_path: Path) -> None:
    """A file is sent whole, in parts, with its size as length."""
    for size in (0, 1, FILE_PART, FILE_PART + 1):
        file = tmp_path / "file"
        file.write_bytes(b"x" * size)
        async with Bench() as bench:
            peer, error = await path(bench, file)
            assert error is None
            assert answers(peer.take()) == [(200, [(b"content-length", b"%d" % size)], b"x" * size)]
            assert not peer.closed


@proves("RFC9110 9.3.2")
@scene
async def test_files_without_bodies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HEAD sends no byte of a file, nor reads one."""
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    async with Bench() as bench:
        jobs: list[Any] = []
        run = bench.service.loop.run_in_executor
        monkeypatch.setattr(
            bench.service.loop,
            "run_in_executor",
            lambda pool, act, *given: jobs.append(act) or run(pool, act, *given),
        )
        peer, _ = await path(bench, file, GET.replace(b"GET", b"HEAD"))
        assert jobs == [open]
        assert answers(peer.take(), "HEAD") == [(200, [(b"content-length", b"3")], b"")]


@scene
async def test_ranges_are_the_applications(tmp_path: Path) -> None:
    """A Range in the request changes nothing: pathsend sends the whole file."""
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    async with Bench() as bench:
        peer, _ = await path(bench, file, GET[:-2] + b"Range: bytes=1-1\r\n\r\n")
        assert answers(peer.take())[0][::2] == (200, b"abc")


@scene
async def test_files_that_are_not_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A missing file, a directory, and a size other than announced raise and give 500."""
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    async with Bench() as bench:
        for target, headers, kind in (
            (tmp_path / "none", (), FileNotFoundError),
            (tmp_path, (), IsADirectoryError),
            (file, ((b"content-length", b"4"),), ApplicationError),
        ):
            peer, error = await path(bench, target, GET, *headers)
            assert type(error) is kind
            assert answers(peer.take(), end=True)[0][0] == 500
    assert len(caplog.records) == 3


@scene
async def test_a_file_that_shrinks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that became shorter while it was sent cuts the connection; nothing is made up."""
    file = tmp_path / "file"
    file.write_bytes(b"x" * FILE_PART * 3)
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await call.start()
        peer.transport.full_at = 1
        sending = asyncio.ensure_future(call.send({"type": "http.response.pathsend", "path": str(file)}))
        while not peer.transport.out:
            await asyncio.sleep(0)
        file.write_bytes(b"")
        peer.read_on()
        with pytest.raises(ApplicationError, match="shorter") as caught:
            await sending
        await call.finish(caught.value)
        await bench.settle()
        assert peer.transport.aborted
    assert "shorter" in caplog.text


@scene
async def test_a_client_that_leaves_in_a_file(tmp_path: Path) -> None:
    """The application gets OSError, also when the client left before the first byte, or the file is empty."""
    for size in (0, FILE_PART * 3):
        file = tmp_path / "file"
        file.write_bytes(b"x" * size)
        async with Bench() as bench:
            peer = bench.connect()
            call = await bench.call(peer)
            await call.start()
            sending = asyncio.ensure_future(call.send({"type": "http.response.pathsend", "path": str(file)}))
            await asyncio.sleep(0)
            peer.transport.lose()
            with pytest.raises(PeerGone):
                await sending
            assert not peer.transport.out


@scene
async def test_a_body_that_breaks_while_a_file_is_opened(tmp_path: Path) -> None:
    """After the request was refused, nothing more is written of the file."""
    file = tmp_path / "file"
    file.write_bytes(b"")
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        await call.start()
        sending = asyncio.ensure_future(call.send({"type": "http.response.pathsend", "path": str(file)}))
        await asyncio.sleep(0)
        peer.feed(b"x\r\n")
        with pytest.raises(PeerGone):
            await sending
        assert answers(peer.take(), end=True)[0][0] == 400


# --- what is told of it ---


@scene
async def test_the_access_line() -> None:
    """One line a request, with who, what, how much and how long; a client that left has the status so far."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, b"GET /a%20b?c=\x7e HTTP/1.1\r\nHost: a\r\n\r\n")
        await call.start(201)
        await call.body(b"ab", True)
        await call.body(b"cd")
        await call.finish()
        (line,) = bench.lines
        assert 0 <= line.pop("seconds") < 5
        assert line.pop("scope_id")
        assert line == {
            "protocol": "HTTP/1.1",
            "client": ("127.0.0.1", 4000),
            "method": "GET",
            "path": "/a%20b",
            "query": "c=~",
            "status": 201,
            "bytes": 4,
        }
        call = await bench.call(peer)
        await peer.leave()
        await call.finish()
        assert [(line["status"], line["bytes"]) for line in bench.lines[1:]] == [(0, 0)]


@scene
async def test_without_an_access_log_nothing_is_told() -> None:
    """Whole, broken and unanswered requests go their way without a line."""
    async with Bench() as bench:
        bench.service.access = None
        peer = bench.connect()
        await (await bench.call(peer)).answer()
        await (await bench.call(peer)).finish(ValueError())
        await (await bench.call(bench.connect())).finish()
        peer = bench.connect()
        await bench.call(peer)
        await peer.leave()
        assert not bench.lines


def test_an_exchange_is_to_be_implemented() -> None:
    """What a request needs of its connection is named, and does nothing by itself."""
    loop = asyncio.new_event_loop()
    exchange = Exchange(loop)
    for act in (exchange.go_on, exchange.early, exchange.answered, lambda: exchange.unanswered(500)):
        with pytest.raises(NotImplementedError):
            act()
    loop.close()


@scene
async def test_a_call_that_will_not_hear_is_ended() -> None:
    """Told that the client is gone, an application may ask on a thousand times; then it is cancelled."""

    async def deaf(scope: Any, receive: Any, send: Any) -> None:
        while True:
            heard.append(await receive())

    heard: list[Any] = []
    async with Bench(deaf) as bench:
        peer = bench.connect()
        await peer.send(GET)
        await peer.leave()
        while bench.service.sessions:
            await asyncio.sleep(0)
        assert 1000 <= len(heard) <= 1003

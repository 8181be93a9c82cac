"""An HTTP/1.1 connection: order, deadlines, limits, bodies that nobody reads, halves that close."""

import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.http_ws.wire_h1 import CONTINUE, refusal
from interfaces.shared.errors import NoRoute, Unavailable
from interfaces.shared.proxy import Trusted
from interfaces.shared.proxy_header import ProxyHeader
from tests.http_ws.harness import GET, Bench, Peer, answers, echo, scene
from tests.http_ws.sections import proves

CLOSE = (b"connection", b"close")


def post(length: int, body: bytes = b"", more: bytes = b"") -> bytes:
    """A POST that announces ``length`` bytes."""
    return b"POST / HTTP/1.1\r\nHost: a\r\n%bContent-Length: %d\r\n\r\n%b" % (more, length, body)


CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
EXPECTS = b"Expect: 100-continue\r\n"


def status(data: bytes) -> int:
    """The status of the one answer in ``data``, which says that it is the last."""
    ((code, fields, _),) = answers(data, end=True)
    assert CLOSE in fields
    return code


# --- one after the other ---


@proves("RFC9112 9.2", "RFC9112 9.3.2")
@scene
async def test_pipelined_requests_are_answered_in_order() -> None:
    """Requests that come together are started one after the other, each when the last is answered."""
    async with Bench() as bench:
        peer = bench.connect()
        first = await bench.call(peer, GET + post(3, b"abc") + b"GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
        await first.start()
        await bench.settle()
        assert len(bench.calls) == 1
        await first.body(b"1")
        await bench.settle()
        second = bench.calls[1]
        assert await second.receive() == {"type": "http.request", "body": b"abc", "more_body": False}
        await second.answer(b"2")
        await bench.settle()
        third = bench.calls[2]
        assert third.scope["path"] == "/3"
        await third.answer(b"3")
        assert [body for _, _, body in answers(peer.take(), "GET", "POST", "GET")] == [b"1", b"2", b"3"]


@proves("RFC9112 9.3.2")
@scene
async def test_a_flood_of_pipelined_requests_waits_in_the_kernel() -> None:
    """While a request is being answered, 64 KiB of others are held and no more are read; then it goes on."""
    async with Bench() as bench:
        peer = bench.connect()
        large = GET[:-2] + b"X: " + bytes(5000).replace(b"\0", b"y") + b"\r\n\r\n"
        first = await bench.call(peer, large + large * 10)
        assert peer.transport.reading
        peer.feed(large * 10)
        assert not peer.transport.reading
        await first.answer()
        count = 1
        while len(bench.calls) > count:
            count = len(bench.calls)
            await bench.calls[-1].answer()
            await bench.settle()
        assert count == 21
        assert peer.transport.reading


@scene
async def test_a_pipelined_head_above_64_kib_is_read_to_its_end() -> None:
    """Where larger heads are allowed, the part of one that waited while another was answered is read on."""
    async with Bench(echo, max_header_size=200_000) as bench:
        peer = bench.connect()
        head = GET[:-2] + b"X: %b\r\n\r\n" % (b"y" * 150_000)
        peer.feed(GET)
        peer.feed(head[:100_000])
        assert not peer.transport.reading
        await bench.settle()
        assert peer.transport.reading
        assert [code for code, _, _ in answers(await peer.send(head[100_000:]), "GET", "GET")] == [200, 200]


@proves("RFC9112 9.3.2")
@scene
async def test_the_next_request_waits_for_a_client_that_does_not_read() -> None:
    """A client that does not take its answers gets no further request started until it does."""
    async with Bench(echo) as bench:
        peer = bench.connect()
        await peer.send(GET)
        peer.stop_reading()
        assert await peer.send(GET + GET[:5]) == b""
        assert not peer.transport.reading
        peer.read_on()
        await bench.settle()
        assert answers(peer.take())[0][0] == 200
        assert peer.transport.reading
        assert answers(await peer.send(GET[5:]))[0][0] == 200


@proves("RFC9112 2.2")
@pytest.mark.parametrize("size", [0, 1, 2, 3])
@pytest.mark.parametrize(
    ("before", "taken"),
    [(b"\r\n", True), (b"\r\n\r\n", False), (b"\r", False), (b"\n", False), (b"\rG", False)],
)
@scene
async def test_one_empty_line_before_a_request_is_forgiven(before: bytes, taken: bool, size: int) -> None:
    """One CRLF before a request, as old browsers sent it, is skipped; anything else is refused."""
    async with Bench(echo) as bench:
        peer = bench.connect()
        assert answers(await peer.send(GET))[0][0] == 200
        data = before + GET
        out = b""
        for at in range(0, len(data), size or len(data)):
            if not peer.transport.ended:
                out += await peer.send(data[at : at + (size or len(data))])
        assert (answers(out)[0][0] if taken else status(out)) == (200 if taken else 400)


@scene
async def test_a_stray_empty_line_is_no_request_that_is_late() -> None:
    """A connection that is idle but for an empty line is closed silently when its time is up."""
    async with Bench(echo, keep_alive=5.0) as bench:
        peer = bench.connect()
        await peer.send(GET)
        assert await peer.send(b"\r\n") == b""
        await bench.after(6)
        assert peer.closed
        assert peer.take() == b""


# --- refused ---


@proves("RFC9112 2.2", "RFC9112 3", "RFC9112 9.6")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), (b"GET /" + b"a" * 9000, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 40000, 431),
        (b"\x16\x03\x01\x02\x00", 400), (b"GET foo HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417), (post(2**31), 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400),
    ],
)  # fmt: skip
@scene
async def test_what_is_refused_ends_the_connection(data: bytes, code: int) -> None:
    """The application is not called, the answer says why; what still comes is read over for a moment."""
    async with Bench() as bench:
        peer = bench.connect()
        assert status(await peer.send(data)) == code
        assert not bench.calls
        assert peer.transport.ended and not peer.closed
        assert await peer.send(GET) == b""
        await bench.after(2.5)
        assert peer.closed


@scene
async def test_the_refusal_of_a_later_request_comes_after_the_answers() -> None:
    """What is wrong with a pipelined request is told in its turn."""
    async with Bench(echo) as bench:
        peer = bench.connect()
        out = await peer.send(GET + b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
        assert [code for code, _, _ in answers(out, "GET", "GET", end=True)] == [200, 501]


@proves("RFC9110 15.5.22")
@scene
async def test_without_http_an_upgrade_is_required() -> None:
    """Where only ws is served, a plain request gets 426 with what to upgrade to."""
    async with Bench(names=("ws",)) as bench:
        out = await bench.connect().send(GET)
        ((code, fields, _),) = answers(out, end=True)
        assert code == 426
        assert (b"upgrade", b"websocket") in fields and (b"sec-websocket-version", b"13") in fields


@proves("RFC9110 7.8")
@scene
async def test_without_ws_an_upgrade_is_ignored() -> None:
    """Without ws, or for another protocol, a request that would upgrade is a plain one."""
    upgrade = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: %b\r\n\r\n"
    async with Bench(echo, names=("http",)) as bench:
        assert answers(await bench.connect().send(upgrade % b"websocket"))[0][0] == 200
    async with Bench(echo) as bench:
        assert answers(await bench.connect().send(upgrade % b"h2c" + GET), "GET", "GET")[1][0] == 200


@proves("RFC9110 15.6.4")
@scene
async def test_connections_of_an_address_are_bounded() -> None:
    """One too many from an address gets 503; others are not touched, and one that left counts no more."""
    async with Bench(echo, max_connections_per_address=1) as bench:
        first = bench.connect(("1.1.1.1", 1))
        refused = bench.connect(("1.1.1.1", 2))
        assert b"retry-after: 1\r\n" in bytes(refused.transport.out)
        assert status(refused.take()) == 503
        assert bench.telemetry.counts["http.refused"] == 1
        assert answers(await bench.connect(("1.1.1.2", 1)).send(GET))[0][0] == 200
        assert answers(await first.send(GET))[0][0] == 200
        await first.leave()
        await refused.leave()
        assert answers(await bench.connect(("1.1.1.1", 3)).send(GET))[0][0] == 200


@pytest.mark.parametrize(
    "data",
    [b"\r\r", b"GET /" + b"x" * 9000, b"GET / HTTP/1.1\r\n\r\n", post(2**40), CHUNKED + b"x\r\n"],
    ids=["empty line", "too long before its end", "no host", "too large", "no chunk"],
)
@scene
async def test_what_is_refused_is_counted(data: bytes) -> None:
    """Wherever it is found out: before the head is whole, in it, or in the body."""
    async with Bench() as bench:
        assert bench.telemetry.counts["http.refused"] == 0
        assert status(await bench.connect().send(data)) >= 400
        assert bench.telemetry.counts["http.refused"] == 1


@proves("RFC9112 9.3")
@scene
async def test_requests_of_a_connection_are_bounded() -> None:
    """The last request that a connection may make is answered with "connection: close"."""
    async with Bench(echo, max_requests=2) as bench:
        peer = bench.connect()
        assert CLOSE not in answers(await peer.send(GET))[0][1]
        out = await peer.send(GET + GET)
        assert CLOSE in answers(out, end=True)[0][1]
        assert peer.transport.ended


@proves("RFC9112 9.3", "RFC9112 9.6")
@pytest.mark.parametrize(
    "request_line", [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
)
@scene
async def test_a_connection_that_is_not_to_be_kept_is_closed(request_line: bytes) -> None:
    """After its answer, which says so, it is closed."""
    async with Bench(echo) as bench:
        peer = bench.connect()
        assert CLOSE in answers(await peer.send(request_line), end=True)[0][1]
        assert peer.transport.lost


@proves("RFC9112 9.3")
@scene
async def test_http_1_0_is_kept_when_it_asks() -> None:
    """An HTTP/1.0 client that asks is told that it is kept, and is."""
    async with Bench(echo) as bench:
        peer = bench.connect()
        for _ in range(2):
            out = await peer.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert (b"connection", b"keep-alive") in answers(out)[0][1]


# --- bodies ---


@proves("RFC9112 6.3")
@scene
async def test_a_body_streams_into_the_application() -> None:
    """Each part is there as soon as it came, and the last one says so."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, post(5, b"ab"))
        assert await call.receive() == {"type": "http.request", "body": b"ab", "more_body": True}
        peer.feed(b"c")
        peer.feed(b"d")
        assert await call.receive() == {"type": "http.request", "body": b"cd", "more_body": True}
        peer.feed(b"e" + GET)
        assert await call.receive() == {"type": "http.request", "body": b"e", "more_body": False}
        await call.answer()
        await bench.settle()
        assert len(bench.calls) == 2


@pytest.mark.parametrize(("options", "most"), [({}, 65536), ({"max_buffered_body": 1000}, 1000)])
@scene
async def test_reading_stops_while_so_much_of_a_body_waits(options: dict[str, int], most: int) -> None:
    """An application that does not read stops the client, at 64 KiB or as told; reading on lets it go on."""
    async with Bench(**options) as bench:
        peer = bench.connect()
        call = await bench.call(peer, post(200_000))
        peer.feed(bytes(most - 1))
        assert peer.transport.reading
        peer.feed(b"x")
        assert not peer.transport.reading
        assert len((await call.receive())["body"]) == most
        assert peer.transport.reading


@proves("RFC9110 15.5.14")
@scene
async def test_a_chunked_body_that_grows_too_large_is_refused() -> None:
    """At the byte above max_body the client gets 413, and the application a disconnect."""
    async with Bench(max_body=10) as bench:
        peer = bench.connect()
        call = await bench.call(peer, CHUNKED + b"a\r\n0123456789\r\n")
        assert (await call.receive())["body"] == b"0123456789"
        assert status(await peer.send(b"1\r\nx\r\n")) == 413
        assert await call.receive() == {"type": "http.disconnect"}
        with pytest.raises(OSError):
            await call.start()
        assert bench.lines[0]["status"] == 413


@proves("RFC9110 15.5.14")
@pytest.mark.parametrize(("length", "taken"), [(10, True), (11, False)])
@scene
async def test_a_body_that_is_announced_too_large_is_refused(length: int, taken: bool) -> None:
    """A Content-Length of max_body is taken, one more is answered with 413 before a byte of it is read."""
    async with Bench(echo, max_body=10) as bench:
        out = await bench.connect().send(post(length, bytes(length)))
        assert (answers(out)[0][0] if taken else status(out)) == (200 if taken else 413)


@proves("RFC9112 7.1", "RFC9112 8")
@scene
async def test_a_body_that_breaks_is_refused() -> None:
    """A malformed chunk gives 400 and a disconnect, or cuts an answer that has begun."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, CHUNKED + b"1\r\nx\r\n")
        assert status(await peer.send(b"nonsense\r\n")) == 400
        assert (await call.receive())["body"] == b"x"
        assert (await call.receive())["type"] == "http.disconnect"
        assert bench.telemetry.counts["http.refused"] == 1
        peer = bench.connect()
        call = await bench.call(peer, CHUNKED)
        await call.start()
        await call.body(b"x", True)
        await bench.settle()
        peer.take()
        assert await peer.send(b"nonsense\r\n") == b""
        assert peer.transport.aborted


@proves("RFC9110 10.1.1")
@scene
async def test_continue_is_said_when_the_application_reads() -> None:
    """A client that waits to be asked is asked once, by the first receive."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, post(3, b"", EXPECTS))
        await bench.after(60)
        assert peer.take() == b"" and not peer.closed
        events: list[Any] = []
        reading = bench.service.loop.create_task(_collect(call, events))
        await bench.settle()
        assert peer.take() == CONTINUE
        assert await peer.send(b"a") == b""
        assert await peer.send(b"bc") == b""
        await reading
        assert b"".join(event["body"] for event in events) == b"abc"
        await call.answer()
        assert answers(peer.take())[0][0] == 200


async def _collect(call: Any, events: list[Any]) -> None:
    while not events or events[-1].get("more_body"):
        events.append(await call.receive())


@proves("RFC9110 10.1.1")
@scene
async def test_continue_is_not_said_when_it_makes_no_sense() -> None:
    """Not when the body has begun to come, not in HTTP/1.0, and never into an answer that has begun."""
    async with Bench(echo) as bench:
        assert (await bench.connect().send(post(1, b"x", EXPECTS))).startswith(b"HTTP/1.1 200")
        old = post(1, b"", EXPECTS).replace(b"HTTP/1.1", b"HTTP/1.0")
        peer = bench.connect()
        assert await peer.send(old) == b""
        assert (await peer.send(b"x")).startswith(b"HTTP/1.1 200")
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, post(3, b"", EXPECTS))
        await call.start()
        await call.body(b"x", True)
        reading = bench.service.loop.create_task(_collect(call, []))
        await bench.settle()
        assert b"100 Continue" not in peer.take()
        await peer.send(b"abc")
        await reading


@proves("RFC9112 9.3", "RFC9112 9.6")
@scene
async def test_a_small_rest_of_a_body_is_skipped() -> None:
    """An early answer keeps the connection when little of the body is left, and the next request follows."""
    async with Bench(max_unread_body=10) as bench:
        peer = bench.connect()
        call = await bench.call(peer, post(12, b"ab"))
        await call.answer(b"early")
        assert answers(peer.take()) == [(200, [(b"content-length", b"5")], b"early")]
        call = await bench.call(peer, bytes(10) + GET)
        await call.answer()
        assert CLOSE not in answers(peer.take())[0][1]


@scene
async def test_a_small_rest_that_does_not_come_is_not_waited_for() -> None:
    """After linger_timeout, the connection is cut."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, post(12, b"ab"))
        await call.answer()
        await bench.after(1.5)
        assert not peer.closed
        await bench.after(1)
        assert peer.transport.aborted


@proves("RFC9112 9.6")
@pytest.mark.parametrize(
    "request_", [post(10_000, b"ab"), CHUNKED, post(5, b"", EXPECTS)], ids=["large", "chunked", "expects"]
)
@scene
async def test_a_large_rest_of_a_body_closes(request_: bytes) -> None:
    """An early answer says "connection: close"; some more is read so that the client sees it."""
    async with Bench(max_unread_body=1000) as bench:
        peer = bench.connect()
        call = await bench.call(peer, request_)
        await call.answer(b"early", 413)
        assert status(peer.take()) == 413
        assert peer.transport.ended and not peer.closed
        await peer.send(bytes(1000))
        assert not peer.closed
        await peer.send(b"x")
        assert peer.transport.aborted


@scene
async def test_an_early_answer_that_is_too_slow_to_tell_is_still_closed() -> None:
    """Where the rest of the body is small but the connection is not to be kept, it ends with the body."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, post(5, b"ab", b"Connection: close\r\n"))
        await call.answer()
        assert peer.transport.ended
        peer = bench.connect()
        call = await bench.call(peer, post(5, b"ab"))
        await call.answer()
        peer.protocol.answer.keep_alive = False  # as when the server began to drain meanwhile
        await peer.send(b"cde")
        assert peer.transport.lost


@proves("RFC9112 8")
@scene
async def test_a_client_that_leaves_in_a_body_disconnects_the_application() -> None:
    """What came of the body is given, then the disconnect."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, post(5, b"ab"))
        peer.end()
        await bench.settle()
        assert await call.receive() == {"type": "http.request", "body": b"ab", "more_body": True}
        assert await call.receive() == {"type": "http.disconnect"}
        assert await call.receive() == {"type": "http.disconnect"}


# --- half closed ---


@proves("RFC9112 9.6")
@scene
async def test_a_half_closed_client_gets_its_answer() -> None:
    """A client that has sent all it will still gets its answer, then the connection is closed."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        peer.end()
        await bench.after(0.9)
        await call.answer(b"x")
        await bench.settle()
        assert status(peer.take()) == 200
        assert peer.transport.lost


@scene
async def test_what_was_pipelined_before_the_end_is_answered_too() -> None:
    """A client that sends two requests and ends its side gets both answers; the last says close."""
    async with Bench(echo) as bench:
        peer = bench.connect()
        peer.feed(GET + GET)
        peer.end()
        await bench.settle()
        first, second = answers(peer.take(), "GET", "GET", end=True)
        assert (b"connection", b"close") not in first[1]
        assert (b"connection", b"close") in second[1]
        assert peer.transport.lost


@scene
async def test_each_answer_to_a_half_closed_client_has_its_time() -> None:
    """What was pipelined before the end does not have to be answered within the time of one."""
    async with Bench() as bench:
        peer = bench.connect()
        first = await bench.call(peer, GET + GET)
        peer.end()
        await bench.after(0.9)
        await first.answer(b"1")
        await bench.settle()
        await bench.after(0.9)
        await bench.calls[1].answer(b"2")
        await bench.settle()
        assert [body for _, _, body in answers(peer.take(), "GET", "GET", end=True)] == [b"1", b"2"]
        assert peer.transport.lost


@scene
async def test_a_half_closed_client_is_given_up_after_a_while() -> None:
    """After half_close_timeout the application is told and goes on in peace, whatever its own deadline."""
    for app_timeout in (0.0, 30.0):
        async with Bench(app_timeout=app_timeout) as bench:
            peer = bench.connect()
            call = await bench.call(peer)
            await call.receive()
            peer.end()
            await bench.after(1.5)
            assert peer.transport.aborted
            assert await call.receive() == {"type": "http.disconnect"}
            assert not call.cancelled
            with pytest.raises(OSError):
                await call.start()


@scene
async def test_a_client_that_ends_outside_of_a_request_is_closed() -> None:
    """Idle, in a head, or over TLS, the end of the client's side is the end."""
    for before in (b"", GET[:10]):
        async with Bench(echo) as bench:
            peer = bench.connect()
            if before:
                await peer.send(before)
            peer.end()
            assert peer.closed
    async with Bench() as bench:
        peer = bench.connect()
        peer.protocol.place.secure = True
        await bench.call(peer)
        peer.end()
        assert peer.closed


# --- deadlines ---


@proves("RFC9112 9.5", "RFC9110 15.5.9")
@scene
async def test_the_deadline_of_the_header_is_for_the_whole_of_it() -> None:
    """A client that sends its head drop by drop gets 408 at header_timeout after the first byte."""
    async with Bench() as bench:
        peer = bench.connect()
        for byte in GET[:12]:
            peer.feed(bytes([byte]))
            await bench.after(0.75)
        assert not peer.transport.out
        await bench.after(1.5)
        assert status(peer.take()) == 408
        assert bench.telemetry.counts["http.timeouts"] == 1


@proves("RFC9112 9.5")
@scene
async def test_each_header_has_its_own_deadline() -> None:
    """A request that came in pieces leaves the next its whole time, and an idle connection no 408."""
    async with Bench(echo) as bench:
        for last in (True, False):
            peer = bench.connect()
            await peer.send(GET, 5)
            await bench.after(9)
            if not last:
                await bench.after(67)
                assert peer.closed and not peer.transport.out
                continue
            await peer.send(GET[:5])
            await bench.after(9)
            assert not peer.transport.out
            await bench.after(2)
            assert status(peer.take()) == 408


@proves("RFC9112 9.5")
@scene
async def test_a_silent_client_is_closed() -> None:
    """One that says nothing at all is closed after header_timeout, an idle one after keep_alive."""
    async with Bench(echo) as bench:
        peer, idle = bench.connect(), bench.connect()
        await idle.send(GET)
        idle.take()
        await bench.after(9)
        assert not peer.closed
        await bench.after(2)
        assert peer.closed and not peer.take()
        await bench.after(63)
        assert not idle.closed
        await bench.after(2)
        assert idle.closed and not idle.take()


@proves("RFC9112 9.5", "RFC9110 15.5.9")
@pytest.mark.parametrize(("rate", "taken"), [(240, True), (200, False), (0, False)])
@scene
async def test_a_body_has_a_lowest_rate(rate: int, taken: bool) -> None:
    """A client that sends less than min_body_rate gets 408, and the application a disconnect."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, post(2**20))
        for _ in range(60):
            if rate and not peer.transport.out:
                peer.feed(bytes(rate))
                await call.receive()
            await bench.after(1)
        if taken:
            assert not peer.transport.out
        else:
            assert status(peer.take()) == 408
            assert (await call.receive())["type"] == "http.disconnect"


@scene
async def test_a_slow_application_is_no_slow_client() -> None:
    """While the application does not read, the client's clock stands still, and starts anew when it does."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, post(2**20, bytes(65536)))
        await bench.after(119)
        assert not peer.closed
        await call.receive()
        await bench.after(19)
        assert not peer.transport.out
        await bench.after(2)
        assert status(peer.take()) == 408


@proves("RFC9110 15.6.4")
@scene
async def test_the_deadline_of_the_application() -> None:
    """An application that does not begin to answer in app_timeout is cancelled, and the client gets 503."""
    async with Bench(app_timeout=5.0) as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await bench.after(5.5)
        out = peer.take()
        assert b"retry-after: 1\r\n" in out
        assert status(out) == 503
        assert call.cancelled
        assert bench.lines[0]["status"] == 503
        peer = bench.connect()
        call = await bench.call(peer)
        await call.start()
        await call.body(b"x", True)
        await bench.after(5.5)
        assert peer.transport.aborted


@scene
async def test_a_client_that_reads_nothing_is_cut() -> None:
    """After send_timeout without a byte leaving, the application gets OSError and the connection is cut."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await call.start()
        peer.stop_reading(100_000)
        sending = bench.service.loop.create_task(call.body(b"x", True))
        for unsent in (90_000, 80_000):
            await bench.after(50)
            peer.transport.unsent = unsent
        assert not sending.done()
        await bench.after(62)
        assert peer.transport.aborted
        assert bench.telemetry.counts["http.stalled"] == 1
        with pytest.raises(OSError):
            await sending


@proves("RFC9112 9.6")
@scene
async def test_a_slow_reader_of_a_last_answer_is_not_cut() -> None:
    """A client that takes its last answer slowly gets all of it; one that stops is cut after send_timeout."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, b"GET / HTTP/1.0\r\n\r\n")
        await call.start()
        peer.transport.unsent = 50_000
        await call.body(b"x" * 50_000)
        for unsent in range(49_000, 39_000, -1000):
            peer.transport.unsent = unsent
            await bench.after(30)
        assert peer.closed and not peer.transport.aborted
        await bench.after(121)
        assert peer.transport.aborted


@scene
async def test_a_slow_reader_is_not_idle() -> None:
    """The time between two requests does not run while the client still reads its answer."""
    async with Bench(echo) as bench:
        peer = bench.connect()
        await peer.send(GET)
        peer.stop_reading(10_000)
        for unsent in range(9_000, 0, -1000):
            peer.transport.unsent = unsent
            await bench.after(30)
        assert not peer.closed
        peer.read_on()
        await bench.after(10)
        assert not peer.closed
        await bench.after(75)
        assert peer.closed


@scene
async def test_a_connection_that_will_not_close_is_cut() -> None:
    """Where a close does not lead to the end, as TLS may do, linger_timeout later it is cut."""
    async with Bench(echo) as bench:
        peer = bench.connect()
        await peer.send(GET)
        peer.transport.lose = lambda error=None: None  # type: ignore[method-assign]
        await bench.after(76)
        assert peer.closed and not peer.transport.aborted
        await bench.after(2.5)
        assert peer.transport.aborted
        del peer.transport.lose


# --- the application fails ---


@proves("RFC9112 9.6")
@pytest.mark.parametrize(
    ("error", "code"), [(ValueError("x"), 500), (None, 500), (NoRoute("x"), 404), (Unavailable("x"), 503)]
)
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@scene
async def test_an_application_that_does_not_answer(
    error: Exception | None, code: int, method: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets 500, 404 for no such address, 503 for later, and no body to HEAD; the log says why."""
    async with Bench() as bench:
        for start in (False, True):
            caplog.clear()
            peer = bench.connect()
            call = await bench.call(peer, GET.replace(b"GET", method))
            if start:
                await call.start(204)
            await call.finish(error)
            await bench.settle()
            out = peer.take()
            assert answers(out, method.decode(), end=True)[0][0] == code
            assert out.endswith(b"\r\n\r\n") == (method == b"HEAD")
            assert bench.lines[-1]["status"] == code
            assert len(caplog.records) == (code != 404)
            assert (b"\r\nretry-after: 1\r\n" in out) == (code == 503)


@scene
async def test_an_application_that_fails_in_its_answer(caplog: pytest.LogCaptureFixture) -> None:
    """An answer that has begun is cut, so that the client cannot take it for a whole one."""
    for error in (ValueError("x"), None):
        async with Bench() as bench:
            peer = bench.connect()
            call = await bench.call(peer)
            await call.start()
            await call.body(b"x", True)
            await call.finish(error)
            await bench.settle()
            assert peer.transport.aborted
            assert len(caplog.records) == 1
            caplog.clear()


@scene
async def test_an_application_that_fails_before_it_runs(caplog: pytest.LogCaptureFixture) -> None:
    """One that is no coroutine function, or raises when called, gives 500."""

    def none(scope: Any, receive: Any, send: Any) -> None:
        return None

    def raises(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("x")

    for app in (none, raises):
        async with Bench(app) as bench:
            assert status(await bench.connect().send(GET)) == 500
    assert len(caplog.records) == 2


@scene
async def test_what_an_application_raises_after_its_answer_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The client has its answer; the log has the error with the application's frames."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer)
        await call.start()
        await call.body(b"x")
        await call.finish(ValueError("late"))
        assert answers(peer.take())[0][2] == b"x"
        assert not peer.closed
        assert "late" in caplog.text
        assert caplog.records[0].levelno == logging.ERROR


# --- where it comes from ---


@scene
async def test_what_a_proxy_says() -> None:
    """A PROXY header's source and destination, and a trusted proxy's forwarded fields, stand in the scope."""
    trusted = Trusted.parse(["127.0.0.1"])
    async with Bench(trusted=trusted) as bench:
        fields = b"X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n"
        call = await bench.call(bench.connect(), GET[:-2] + fields + b"\r\n")
        assert (call.scope["client"], call.scope["scheme"]) == (("9.9.9.9", 0), "https")
        call = await bench.call(bench.connect(("8.8.8.8", 1)), GET[:-2] + fields + b"\r\n")
        assert (call.scope["client"], call.scope["scheme"]) == (("8.8.8.8", 1), "http")
    async with Bench() as bench:
        header = ProxyHeader(source=("7.7.7.7", 7), destination=("6.6.6.6", 6), length=0, tls=True)
        call = await bench.call(bench.connect(proxied=header))
        assert (call.scope["client"], call.scope["server"]) == (("7.7.7.7", 7), ("6.6.6.6", 6))
        assert call.scope["scheme"] == "https"
        call = await bench.call(bench.connect(proxied=ProxyHeader(source=None, destination=None, length=0)))
        assert call.scope["client"] == ("127.0.0.1", 4000)


@scene
async def test_unix_sockets_and_root_path() -> None:
    """A nameless peer is None, a named one has no port, and the root path is the option's."""
    async with Bench(root_path="/r") as bench:
        call = await bench.call(bench.connect("", "/run/x"))
        assert (call.scope["client"], call.scope["server"]) == (None, ("/run/x", None))
        assert (call.scope["root_path"], call.scope["path"]) == ("/r", "/r/")


# --- any split ---

PIECES = st.lists(
    st.sampled_from([
        GET, b"HEAD /a?b HTTP/1.1\r\nHost: a\r\n\r\n", post(5, b"hello"), post(0),
        CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
        b"\r\n" + GET, b"GET / HTTP/1.0\r\n\r\n", b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", CHUNKED + b"x\r\n",
        b"\x00", b"GET /\xff HTTP/1.1\r\n\r\n",
        post(70, b"x" * 70), b"GET / HTTP/1.1\r\nHost: a\r\nX_y: z\r\n\r\n", b"\r\n\r\n",
        b"GET http://b/c HTTP/1.1\r\nHost: a\r\n\r\n", post(9), b"GET /" + b"a" * 300,
        CHUNKED + b"1\r\na\r\n0\r\nT: " + b"t" * 300, b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ]),
    min_size=1, max_size=5,
)  # fmt: skip


async def _conversation(data: bytes, size: int) -> tuple[bytes, list[Any], bool]:
    """The answers, the scopes, and whether it ended, for ``data`` in pieces of ``size``."""
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await echo(scope, receive, send)

    async with Bench(app, max_request_line=200, max_header_size=400, max_trailers=100) as bench:
        peer = bench.connect()
        for at in range(0, len(data), size):
            if not peer.closed:
                peer.feed(data[at : at + size])
                await bench.settle()
        written, ended = peer.take(), peer.transport.ended or peer.closed
    for scope in scopes:
        scope.pop("scope_id", None)  # of each request another, made when it is logged
    return written, scopes, ended


@proves("RFC9112 6.3", "RFC9112 9.2", "RFC9112 11.2")
@settings(deadline=None, max_examples=60)
@given(PIECES.map(b"".join), st.integers(1, 40))
def test_any_split_gives_the_same_conversation(data: bytes, size: int) -> None:
    """Scopes, answers and the end of a connection do not depend on how its bytes were cut."""

    @scene
    async def both() -> None:
        assert await _conversation(data, size) == await _conversation(data, len(data))

    both()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=40) | PIECES.map(b"".join), max_size=6))
def test_noise_leaves_nothing_behind(parts: list[bytes]) -> None:
    """Whatever comes, nothing is raised, and no session, connection or task is left."""

    @scene
    async def noise() -> None:
        async with Bench(echo) as bench:
            peer = bench.connect()
            for part in parts:
                if part and peer.transport.reading:
                    await peer.send(part)
            await bench.after(100)
            assert peer.transport.lost

    noise()


def test_refusals_hold_nothing_of_the_request() -> None:
    """No byte of a client's is in what refuses it."""
    for code in (400, 408, 413, 414, 417, 426, 431, 500, 501, 503, 505):
        assert refusal(code).startswith(b"HTTP/1.1 %d " % code)


def test_the_peer_is_a_peer() -> None:
    """The harness's own check: bytes to a transport that nobody reads are a mistake of the test."""

    @scene
    async def paused() -> None:
        async with Bench() as bench:
            peer: Peer = bench.connect()
            peer.protocol.hold(4)
            with pytest.raises(AssertionError):
                peer.feed(b"x")
            peer.protocol.release(4)

    paused()

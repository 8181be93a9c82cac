"""A WebSocket between a client's frames and the application's events: from handshake to end."""

import asyncio
from collections import UserDict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

from interfaces.http_ws.websocket import _nowhere
from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone, Unavailable
from interfaces.shared.proxy import Trusted
from tests.http_ws.harness import Bench, Call, Peer, answers, echo, scene
from tests.http_ws.ws_frames import BINARY, CLOSE, PING, PONG, TEXT, frame

UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n%b\r\n"
)
GONE = {"type": "websocket.disconnect", "code": 1006, "reason": ""}


def upgrade(*fields: bytes) -> bytes:
    """A handshake with more fields."""
    return UPGRADE[:-2] + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def closing(code: int, reason: bytes = b"", key: bool = False) -> bytes:
    """A close frame, the client's with ``key``."""
    payload = code.to_bytes(2, "big") + reason
    return frame(CLOSE, payload) if key else frame(CLOSE, payload, b"")


def text(words: str) -> bytes:
    """A server's text frame."""
    return frame(TEXT, words.encode(), b"")


async def opened(bench: Bench, data: bytes = UPGRADE, **accept: Any) -> tuple[Peer, Call]:
    """A client whose WebSocket was accepted; what was written is taken away."""
    peer = bench.connect()
    call = await bench.call(peer, data)
    assert await call.receive() == {"type": "websocket.connect"}
    await call.send({"type": "websocket.accept", **accept})
    assert peer.take().startswith(b"HTTP/1.1 101 ")
    return peer, call


# --- the handshake ---


@scene
async def test_accepting() -> None:
    """The application is asked before anything is written; then the 101 leaves, with its headers."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, upgrade(b"Sec-WebSocket-Protocol: chat, super"))
        assert call.scope["subprotocols"] == ["chat", "super"]
        assert peer.take() == b""
        assert await call.receive() == {"type": "websocket.connect"}
        await call.send({"type": "websocket.accept", "subprotocol": "super", "headers": [(b"x", b"y")]})
        assert peer.take() == ACCEPTED % b"sec-websocket-protocol: super\r\nx: y\r\n"


@pytest.mark.parametrize(
    "accept",
    [
        {"subprotocol": "other"},
        {"headers": [(b"x", b"a\r\nb: c")]},
        {"headers": [(b"Upgrade", b"x")]},
        {"headers": [("x", "y")]},
    ],
)
@scene
async def test_a_wrong_accept_writes_nothing(
    accept: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A subprotocol that was not offered or breaking headers raise, and the client gets 500."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, upgrade(b"Sec-WebSocket-Protocol: chat"))
        with pytest.raises(ApplicationError) as caught:
            await call.send({"type": "websocket.accept", **accept})
        assert peer.take() == b""
        await call.finish(caught.value)
        assert answers(peer.take(), end=True)[0][0] == 500
        assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [(NoRoute("x"), 404), (ValueError("x"), 500), (None, 500), (Unavailable("no broker"), 503)],
)
@scene
async def test_an_application_that_does_not_accept(
    error: Exception | None, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Raising and returning before the accept give 500, NoRoute 404, Unavailable 503; log and access line say so."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, UPGRADE)
        await call.finish(error)
        assert answers(peer.take(), end=True)[0][0] == status
        assert peer.transport.ended
        assert len(caplog.records) == (status != 404)
        assert [line["status"] for line in bench.lines] == [status]


@scene
async def test_closing_before_accepting_denies() -> None:
    """websocket.close instead of accept is a 403, and the application is then told that it is over."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, UPGRADE)
        await call.receive()
        await call.send({"type": "websocket.close"})
        assert answers(peer.take(), end=True)[0][0] == 403
        assert await call.receive() == GONE
        for kind in ("websocket.accept", "websocket.send", "websocket.close"):
            with pytest.raises(PeerGone):
                await call.send({"type": kind, "text": "x"})
        assert peer.take() == b""


@scene
async def test_a_denial_is_a_response() -> None:
    """The denial extension answers with any status, headers and body, in parts, with back-pressure."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, UPGRADE)
        await call.send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"x", b"y")]})
        assert peer.take() == b""
        with pytest.raises(ApplicationError, match="does not fit"):
            await call.send({"type": "websocket.accept"})
        await call.send({"type": "websocket.http.response.body", "body": b"no", "more_body": True})
        peer.stop_reading()
        sending = asyncio.ensure_future(
            call.send({"type": "websocket.http.response.body", "body": b"p", "more_body": True})
        )
        await bench.settle()
        assert not sending.done()
        peer.read_on()
        await sending
        await call.send({"type": "websocket.http.response.body", "body": b"e"})
        ((status, fields, body),) = answers(peer.take(), end=True)
        assert (status, body) == (401, b"nope")
        assert (b"x", b"y") in fields and (b"connection", b"close") in fields
        assert bench.lines[0]["status"] == 401


@scene
async def test_a_denial_that_is_not_finished_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    """Where the application ends, or the client leaves, within a denial, there is nothing more to say."""
    start = {"type": "websocket.http.response.start", "status": 401}
    part = {"type": "websocket.http.response.body", "body": b"x", "more_body": True}
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, UPGRADE)
        await call.send(start)
        await call.send(part)
        await call.finish()
        assert peer.transport.aborted
        assert "without accepting" in caplog.text
        for waits in (False, True):
            peer = bench.connect()
            call = await bench.call(peer, UPGRADE)
            await call.send(start)
            if waits:
                peer.stop_reading()
            sending = asyncio.ensure_future(call.send(part))
            await bench.settle()
            await peer.leave()
            (found,) = await asyncio.gather(sending, return_exceptions=True)
            assert isinstance(found, PeerGone) == waits
            with pytest.raises(PeerGone):
                await call.send(part)


@scene
async def test_a_wrong_denial_can_be_made_good() -> None:
    """A denial that was refused has begun nothing."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, UPGRADE)
        with pytest.raises(ApplicationError):
            await call.send({"type": "websocket.http.response.start", "status": 101})
        await call.send({"type": "websocket.accept"})
        assert peer.take() == ACCEPTED % b""


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (UPGRADE.replace(b"13", b"8"), 426),
        (UPGRADE.replace(b"==", b""), 400),
        (UPGRADE.replace(b"GET /ws", b"GET foo"), 400),
        (UPGRADE.replace(b"GET", b"POST"), 400),
    ],
)
@scene
async def test_a_wrong_handshake_is_refused(data: bytes, status: int) -> None:
    """What asks for a WebSocket in a wrong way never reaches the application."""
    async with Bench() as bench:
        peer = bench.connect()
        assert answers(await peer.send(data), end=True)[0][0] == status
        assert not bench.calls


@pytest.mark.parametrize(
    ("origin", "status"), [(b"https://a.org", 101), (b"https://b.org", 403), (b"", 403), (b"null", 403)]
)
@scene
async def test_origins(origin: bytes, status: int) -> None:
    """With origins given, a handshake from elsewhere, or nowhere, is a 403."""
    async with Bench(echo, ws_origins=("https://a.org",)) as bench:
        out = await bench.connect().send(upgrade(b"Origin: " + origin) if origin else UPGRADE)
        assert out.startswith(b"HTTP/1.1 %d " % status)


@scene
async def test_a_client_that_leaves_in_the_handshake() -> None:
    """The application is told, and an accept that comes too late is an OSError, no mistake."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, UPGRADE)
        await call.receive()
        await peer.leave()
        with pytest.raises(OSError):
            await call.send({"type": "websocket.accept"})
        assert await call.receive() == GONE
        assert not bench.lines


@scene
async def test_what_comes_before_the_accept_waits() -> None:
    """Frames that follow the handshake at once are read after the accept; 64 KiB of them stop the reading."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, UPGRADE + frame(TEXT, b"early"))
        peer.feed(frame(BINARY, bytes(65536)))
        assert not peer.transport.reading
        await call.receive()
        await call.send({"type": "websocket.accept"})
        assert peer.transport.reading
        assert (await call.receive())["text"] == "early"
        assert len((await call.receive())["bytes"]) == 65536


@scene
async def test_the_scope_behind_a_proxy() -> None:
    """A trusted proxy's word about the client and the scheme counts for a WebSocket too."""
    async with Bench(trusted=Trusted.parse(["127.0.0.1"])) as bench:
        data = upgrade(b"X-Forwarded-For: 9.9.9.9", b"X-Forwarded-Proto: https")
        call = await bench.call(bench.connect(), data)
        assert (call.scope["client"], call.scope["scheme"]) == (("9.9.9.9", 0), "wss")


@scene
async def test_after_a_request_the_connection_may_become_a_websocket() -> None:
    """A handshake that is pipelined behind a request is taken in its turn."""
    async with Bench(echo) as bench:
        peer = bench.connect()
        out = await peer.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + UPGRADE + frame(TEXT, b"x"))
        assert out.endswith(ACCEPTED % b"" + text("x"))


# --- messages ---


@scene
async def test_messages_both_ways() -> None:
    """Text and bytes come and go, each as one event and one frame."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        peer.feed(frame(TEXT, "é".encode()) + frame(BINARY, b"\x00") + frame(TEXT, b""))
        assert await call.receive() == {"type": "websocket.receive", "text": "é"}
        assert await call.receive() == {"type": "websocket.receive", "bytes": b"\x00"}
        assert await call.receive() == {"type": "websocket.receive", "text": ""}
        for event, out in (
            ({"text": "é"}, text("é")),
            ({"bytes": b"\x00"}, frame(BINARY, b"\x00", b"")),
            ({"text": "a", "bytes": None}, text("a")),
            ({"text": None, "bytes": b""}, frame(BINARY, b"", b"")),
        ):
            await call.send({"type": "websocket.send", **event})
            assert peer.take() == out


@scene
async def test_an_event_may_be_any_mapping() -> None:
    """ASGI asks for a dict, and applications send others too."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        await call.send(UserDict(type="websocket.send", text="a"))  # type: ignore[arg-type]
        await call.send(UserDict(type="websocket.send", bytes=b"b"))  # type: ignore[arg-type]
        assert peer.take() == text("a") + frame(BINARY, b"b", b"")


@scene
async def test_what_does_not_fit_the_state_is_refused() -> None:
    """Messages before the accept, a second accept and unknown types raise, and name what is known."""
    async with Bench() as bench:
        peer = bench.connect()
        call = await bench.call(peer, UPGRADE)
        for kind in ("websocket.send", "websocket.http.response.body", "websocket.push"):
            with pytest.raises(ApplicationError, match=f"{kind} does not fit here.*accept, send, close"):
                await call.send({"type": kind, "text": "x"})
        await call.send({"type": "websocket.accept"})
        for kind in ("websocket.accept", "websocket.http.response.start", "http.response.start"):
            with pytest.raises(ApplicationError, match="does not fit"):
                await call.send({"type": kind})
        await peer.leave()
        with pytest.raises(ApplicationError, match="does not fit"):
            await call.send({"type": "websocket.push"})


@pytest.mark.parametrize(
    ("size", "options", "fit"),
    [(0, {}, 32), (0, {"ws_max_queue": 5}, 5), (20_000, {}, 14), (20_000, {"ws_max_queue_size": 100_000}, 5)],
)
@scene
async def test_an_application_that_is_behind_stops_the_client(
    size: int, options: dict[str, int], fit: int
) -> None:
    """By count or by bytes: reading stops when the inbox is full, and goes on when it is empty."""
    async with Bench(**options) as bench:
        peer, call = await opened(bench)
        sent = 0
        while peer.transport.reading:
            peer.feed(frame(BINARY, bytes(size)))
            sent += 1
        assert sent == fit
        taken = 0
        while not peer.transport.reading:
            assert len((await call.receive())["bytes"]) == size
            taken += 1
        assert taken == fit


@scene
async def test_a_burst_is_read_in_turns() -> None:
    """Many messages in one read come all, in order, and never many more than the inbox holds."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        peer.feed(b"".join(frame(TEXT, b"%d" % at) for at in range(5000)))
        for at in range(5000):
            assert len(call.receive.__self__._inbox) < 1000  # type: ignore[attr-defined]
            assert await call.receive() == {"type": "websocket.receive", "text": str(at)}
        await bench.settle()
        assert peer.transport.reading


@scene
async def test_a_client_that_does_not_read_stops_the_application() -> None:
    """send waits while the client's buffer is full, goes on with room, and raises when the client leaves."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        for leaves in (False, True):
            peer.stop_reading()
            sending = asyncio.ensure_future(call.send({"type": "websocket.send", "text": "x"}))
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
async def test_a_client_that_reads_nothing_is_cut() -> None:
    """After send_timeout without a byte leaving, it is cut and counted."""
    async with Bench(ws_ping_interval=0.0) as bench:
        peer, call = await opened(bench)
        peer.stop_reading()
        await bench.after(59)
        peer.transport.unsent -= 1
        await bench.after(59)
        assert not peer.closed
        await bench.after(3)
        assert peer.transport.aborted
        assert bench.telemetry.counts["ws.stalled"] == 1
        assert await call.receive() == GONE


# --- ends ---


@pytest.mark.parametrize(
    ("data", "code", "reason", "answer"),
    [
        (closing(1000, b"", True), 1000, "", closing(1000)),
        (closing(1001, b"bye", True), 1001, "bye", closing(1001)),
        (closing(4000, b"", True), 4000, "", closing(4000)),
        (frame(CLOSE), 1005, "", frame(CLOSE, b"", b"")),
        (closing(1005, b"", True), 1002, "malformed close frame", closing(1002, b"malformed close frame")),
        (frame(TEXT, b"\xff"), 1007, "text is not UTF-8", closing(1007, b"text is not UTF-8")),
        (frame(BINARY, bytes(101)), 1009, "frame too big", closing(1009, b"frame too big")),
        (frame(TEXT | 0x40, b""), 1002, "reserved bits are set", closing(1002, b"reserved bits are set")),
        (frame(TEXT, b"", b""), 1002, "frame is not masked", closing(1002, b"frame is not masked")),
    ],
)
@scene
async def test_the_client_ends(data: bytes, code: int, reason: str, answer: bytes) -> None:
    """A close, or a violation, is answered with its code, told, and ends the connection."""
    async with Bench(ws_max_frame=100) as bench:
        peer, call = await opened(bench)
        assert await peer.send(data) == answer
        assert await call.receive() == {"type": "websocket.disconnect", "code": code, "reason": reason}
        with pytest.raises(OSError):
            await call.send({"type": "websocket.send", "text": "x"})
        if answer[2:4] == code.to_bytes(2, "big") and code in (1002, 1007, 1009):
            assert peer.transport.ended and not peer.closed
            assert bench.telemetry.counts["ws.refused"] == 1
            assert await peer.send(frame(TEXT, b"ignored")) == b""
            await bench.after(11)
        assert peer.transport.lost


@pytest.mark.parametrize("end", [closing(1000, b"", True), frame(TEXT, b"\xff")])
@scene
async def test_what_was_said_before_the_end_is_answered_first(end: bytes) -> None:
    """Messages that wait when the close comes are still answered, and then the close."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        peer.feed(frame(TEXT, b"a") + frame(TEXT, b"b") + end)
        for words in ("a", "b"):
            assert (await call.receive())["text"] == words
            await call.send({"type": "websocket.send", "text": words})
            assert peer.take() == text(words)
        assert (await call.receive())["type"] == "websocket.disconnect"
        assert peer.take()[0] == CLOSE
        with pytest.raises(PeerGone):
            await call.send({"type": "websocket.send", "text": "x"})


@scene
async def test_an_end_that_the_application_does_not_come_to_is_answered_in_time() -> None:
    """If it takes nothing, the close is answered after ws_close_timeout, or with the application's end."""
    for returns in (False, True):
        async with Bench() as bench:
            peer, call = await opened(bench)
            assert await peer.send(frame(TEXT, b"a") + closing(1000, b"", True)) == b""
            if returns:
                await call.finish()
            else:
                await bench.after(9)
                assert peer.take() == b""
                await bench.after(2)
            assert peer.take() == closing(1000)
            assert peer.transport.lost


@scene
async def test_a_lost_connection_is_1006() -> None:
    """A client that leaves without a close gives 1006; what it said before is still received."""
    for how in ("lose", "end"):
        async with Bench() as bench:
            peer, call = await opened(bench)
            peer.feed(frame(TEXT, b"a"))
            if how == "lose":
                await peer.leave()
            else:
                peer.end()
                await bench.settle()
            assert (await call.receive())["text"] == "a"
            assert await call.receive() == GONE
            with pytest.raises(OSError):
                await call.send({"type": "websocket.send", "text": "x"})


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        ({}, closing(1000)),
        ({"code": None, "reason": None}, closing(1000)),
        ({"code": 3000, "reason": "bye"}, closing(3000, b"bye")),
        ({"code": 1013, "reason": "x" * 200}, closing(1013, b"x" * 123)),
    ],
)
@scene
async def test_the_application_closes(event: dict[str, Any], answer: bytes) -> None:
    """Its code and reason leave; the client's answer ends the connection, and comes as the disconnect."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        await call.send({"type": "websocket.close", **event})
        assert peer.take() == answer
        with pytest.raises(PeerGone):
            await call.send({"type": "websocket.send", "text": "x"})
        with pytest.raises(PeerGone):
            await call.send({"type": "websocket.close"})
        assert not peer.closed
        assert await peer.send(closing(1000, b"ok", True)) == b""
        assert peer.transport.lost
        assert await call.receive() == {"type": "websocket.disconnect", "code": 1000, "reason": "ok"}


@scene
async def test_a_code_that_cannot_be_sent_is_refused() -> None:
    """A code that may not be on the wire raises, and the socket stays open."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        for code in (1005, 1006, 999, 2000, 5000):
            with pytest.raises(ApplicationError):
                await call.send({"type": "websocket.close", "code": code})
        await call.send({"type": "websocket.send", "text": "x"})
        assert peer.take() == text("x")


@scene
async def test_a_client_that_does_not_agree_to_close_is_cut() -> None:
    """After ws_close_timeout the connection is cut, also where it goes on sending."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        await call.send({"type": "websocket.close"})
        peer.take()
        for _ in range(9):
            assert await peer.send(frame(TEXT, b"a") + frame(PING, b"p")) == b""
            await bench.after(1)
        assert not peer.closed
        await bench.after(2)
        assert peer.transport.aborted


@pytest.mark.parametrize("unread", [False, True])
@pytest.mark.parametrize(("error", "code"), [(None, 1000), (ValueError("x"), 1011), (Unavailable("x"), 1013)])
@scene
async def test_the_application_ends(
    error: Exception | None, code: int, unread: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Returning closes with 1000, raising with 1011 and a log line, 1013 says try again; the answer is waited for."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        if unread:
            peer.feed(frame(TEXT, b"a"))
        await call.finish(error)
        assert peer.take() == closing(code)
        assert not bench.service.sessions
        await peer.send(frame(TEXT, b"more") + closing(code, b"", True))
        assert peer.transport.lost and not peer.transport.aborted
        assert len(caplog.records) == (error is not None)


@scene
async def test_a_full_inbox_does_not_hold_up_the_end() -> None:
    """An application that returns with a full inbox lets the client's close be read."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        while peer.transport.reading:
            peer.feed(frame(TEXT, b"a"))
        await call.finish()
        assert peer.transport.reading
        await peer.send(closing(1000, b"", True))
        assert peer.transport.lost


@scene
async def test_an_application_that_asks_on_is_released() -> None:
    """One that receives for ever, as Channels' consumers do, ends with its socket, and that is no failure."""
    ended = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        try:
            while True:
                await receive()
        finally:
            ended.append(scope["path"])

    async with Bench(app) as bench:
        peer = bench.connect()
        await peer.send(UPGRADE)
        await peer.leave()
        assert ended == ["/ws"]
        assert not bench.service.sessions


@scene
async def test_an_application_that_waits_elsewhere_is_not_cancelled() -> None:
    """After the disconnect it may take its time; its errors are logged, but PeerGone is none."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        await peer.leave()
        await bench.after(100)
        assert not call.cancelled
        assert bench.service.sessions


# --- liveness ---


@scene
async def test_a_silent_client_is_asked_and_answers() -> None:
    """After ws_ping_interval of silence a ping leaves, once; anything from the client counts as life."""
    async with Bench() as bench:
        peer, _ = await opened(bench)
        for life in (frame(PONG, b""), frame(TEXT, b"a")):
            await bench.after(19)
            assert peer.take() == b""
            await bench.after(15)
            assert peer.take() == frame(PING, b"", b"")
            await peer.send(life)
        await bench.after(19)
        assert peer.take() == b"" and not peer.closed


@scene
async def test_a_client_that_stays_silent_is_gone() -> None:
    """After ws_ping_timeout more it is cut, counted, and 1006 for the application."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        await bench.after(39)
        assert not peer.closed
        await bench.after(2)
        assert peer.transport.aborted
        assert bench.telemetry.counts["ws.silent"] == 1
        assert await call.receive() == GONE


@scene
async def test_nobody_is_given_up_unasked() -> None:
    """Where the look at the clock came late, the client is asked first and has its time to answer."""
    async with Bench() as bench:
        peer, _ = await opened(bench)
        bench.service.now += 100
        peer.protocol.sweep(bench.service.now)
        assert peer.take() == frame(PING, b"", b"")
        assert not peer.closed


@scene
async def test_silence_is_ours_while_we_do_not_listen() -> None:
    """A client that is not read, as the application is behind, is not silent; its clock starts when it is."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        while peer.transport.reading:
            peer.feed(frame(TEXT, b"a"))
        await bench.after(300)
        assert not peer.closed and peer.take() == b""
        while not peer.transport.reading:
            await call.receive()
        await bench.after(19)
        assert peer.take() == b""
        await bench.after(2)
        assert peer.take() == frame(PING, b"", b"")


@scene
async def test_without_an_interval_nobody_is_asked() -> None:
    """ws_ping_interval 0 never asks and never gives up."""
    async with Bench(ws_ping_interval=0.0) as bench:
        peer, _ = await opened(bench)
        await bench.after(1000)
        assert peer.take() == b"" and not peer.closed


@scene
async def test_pings_are_answered_as_long_as_somebody_reads_that() -> None:
    """A ping is answered with its payload, but not into a buffer that is full."""
    async with Bench() as bench:
        peer, _ = await opened(bench)
        assert await peer.send(frame(PING, b"abc")) == frame(PONG, b"abc", b"")
        peer.stop_reading()
        assert await peer.send(frame(PING, b"abc") * 100) == b""


# --- draining ---


@scene
async def test_draining() -> None:
    """Open sockets get 1012, those in the handshake and new ones 503."""
    async with Bench(ws_drain_spread=0.0) as bench:
        peer, _ = await opened(bench)
        waiting = bench.connect()
        call = await bench.call(waiting, UPGRADE)
        bench.service.context.drain = 5
        bench.service.begin_drain()
        await bench.settle()
        assert peer.take() == closing(1012, b"restart")
        assert answers(waiting.take(), end=True)[0][0] == 503
        with pytest.raises(PeerGone):
            await call.send({"type": "websocket.accept"})
        late = bench.connect()
        out = await late.send(UPGRADE)
        assert answers(out, end=True)[0][0] == 503
        assert b"retry-after: 1\r\n" in out
        peer.protocol.drain()
        assert peer.take() == b""


# --- the whole way ---


@scene
async def test_permessage_deflate() -> None:
    """What is agreed to is answered, and messages are compressed both ways for a client of another make."""
    async with Bench(echo, ws_deflate_from=10) as bench:
        client = WSConnection(ConnectionType.CLIENT)
        request = Request(host="a", target="/ws", extensions=[PerMessageDeflate()])
        peer = bench.connect()
        client.receive_data(await peer.send(client.send(request)))
        (accepted,) = client.events()
        assert isinstance(accepted, AcceptConnection) and accepted.extensions
        long = "long " * 100
        out = await peer.send(client.send(TextMessage(data=long)) + client.send(BytesMessage(data=b"short")))
        assert len(out) < 100
        client.receive_data(out)
        assert [event.data for event in client.events()] == [long, b"short"]  # type: ignore[union-attr]
        client.receive_data(await peer.send(client.send(CloseConnection(code=1000))))
        assert [type(event) for event in client.events()] == [CloseConnection]


@scene
async def test_the_access_line() -> None:
    """A WebSocket gets one line, when its handshake is answered."""
    async with Bench() as bench:
        await opened(bench, UPGRADE.replace(b"/ws", b"/w%20s?a"))
        (line,) = bench.lines
        assert 0 <= line.pop("seconds") < 5
        assert line.pop("scope_id")
        assert line == {
            "protocol": "WebSocket",
            "client": ("127.0.0.1", 4000),
            "method": "GET",
            "path": "/w%20s",
            "query": "a",
            "status": 101,
            "bytes": 0,
        }
        bench.service.access = None
        await opened(bench)
        assert len(bench.lines) == 1


def test_a_socket_sends_by_itself() -> None:
    """The session's own way to send is not used, and does nothing."""
    assert asyncio.run(_nowhere({})) is None


FRAMES = st.lists(
    st.sampled_from([
        frame(TEXT, b"a"), frame(BINARY, b"b" * 200), frame(PING, b"p"), frame(0x01, b"x") + frame(0x80,
        b"y"), frame(TEXT, b"\xff"),
        closing(1000, b"", True), frame(TEXT, b""), frame(0x83, b""), frame(BINARY, b"c" * 3000),
        frame(PONG, b""), frame(CLOSE, b"x"),
    ]),
    max_size=8,
)  # fmt: skip


async def _conversation(data: bytes, size: int) -> tuple[bytes, bool]:
    """What was written, but for pongs, which keep no order with messages, and whether it ended."""
    async with Bench(echo, ws_max_message=1000) as bench:
        peer = bench.connect()
        for at in range(0, len(data), size):
            if not peer.closed:
                peer.feed(data[at : at + size])
                await bench.settle()
        return peer.take().replace(frame(PONG, b"p", b""), b""), peer.transport.ended or peer.closed


@settings(deadline=None, max_examples=60)
@given(FRAMES.map(b"".join), st.integers(1, 300))
def test_any_split_gives_the_same_conversation(frames: bytes, size: int) -> None:
    """What an echo answers, and how it ends, does not depend on how the bytes were cut."""

    @scene
    async def both() -> None:
        data = UPGRADE + frames
        assert await _conversation(data, size) == await _conversation(data, len(data))

    both()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=60) | FRAMES.map(b"".join), max_size=6))
def test_noise_leaves_nothing_behind(parts: list[bytes]) -> None:
    """Whatever comes after the handshake, nothing is raised, and no session, connection or task is left."""

    @scene
    async def noise() -> None:
        async with Bench(echo) as bench:
            peer = bench.connect()
            await peer.send(UPGRADE)
            for part in parts:
                if part and peer.transport.reading:
                    await peer.send(part)
            await bench.after(100)
            assert peer.transport.lost

    noise()


@pytest.mark.parametrize("kind", [bytearray, memoryview])
@scene
async def test_what_is_like_bytes_is_sent_as_bytes(kind: Any) -> None:
    """bytearray and memoryview are binary messages, as in plain Python so in the compiled build."""
    async with Bench() as bench:
        peer, call = await opened(bench)
        await call.send({"type": "websocket.send", "bytes": kind(b"abc")})
        assert peer.take() == b"\x82\x03abc"


@scene
async def test_a_message_needs_content() -> None:
    """A websocket.send with neither text nor bytes is told what it lacks."""
    async with Bench() as bench:
        _, call = await opened(bench)
        with pytest.raises(ApplicationError, match="text or bytes"):
            await call.send({"type": "websocket.send", "text": None})

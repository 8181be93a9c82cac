"""A connection of mail: verdicts and what the client is told, what waits behind them, and what is in flight."""

from typing import Any

import pytest

from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone, Unavailable
from tests.email.harness import EHLO, ENVELOPE, MESSAGE, QUIT, Bench, forever, mail, scene

Said = dict[str, Any]


# --- verdicts ---


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ({"type": "email.accept"}, b"250 2.0.0 Ok ID\r\n"),
        ({"type": "email.accept", "queue_id": "q7"}, b"250 2.0.0 Ok: queued as q7 ID\r\n"),
        ({"type": "email.accept", "text": "Thanks"}, b"250 2.0.0 Thanks ID\r\n"),
        ({"type": "email.discard"}, b"250 2.0.0 Ok ID\r\n"),
        ({"type": "email.reject"}, b"550 5.7.1 Refused\r\n"),
        (
            {"type": "email.reject", "code": 554, "enhanced": "5.6.0", "text": "No\nNever"},
            b"554-5.6.0 No\r\n554 5.6.0 Never\r\n",
        ),
        ({"type": "email.reject", "text": "a\r\n250 fine\0\xe9"}, b"550-5.7.1 a\r\n550 5.7.1 250 fine?\r\n"),
        ({"type": "email.defer"}, b"451 4.3.0 Try again later\r\n"),
        ({"type": "email.defer", "code": 450, "enhanced": "4.2.0", "text": "Grey"}, b"450 4.2.0 Grey\r\n"),
    ],
)
@scene
async def test_the_verdict_is_the_reply(said: Said, reply: bytes) -> None:
    """Code, enhanced code and text are the application's; what could forge another reply is not told."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        await call.send(said)
        assert peer.take() == b"", "told before the application had ended"
        await call.finish()
        assert peer.take() == reply.replace(b"ID", call.scope["transaction_id"].encode())
        assert await peer.codes(mail() + QUIT) == [250, 250, 354]


@pytest.mark.parametrize(
    ("error", "code", "logged"),
    [
        (None, 250, ""),
        (ZeroDivisionError("no"), 451, "the application raised"),
        (NoRoute("nobody"), 550, ""),
        (Unavailable("the broker"), 451, "unavailable: the broker"),
        (PeerGone("of another session"), 451, ""),
    ],
)
@scene
async def test_how_the_application_ends_is_the_verdict_where_it_gave_none(
    caplog: pytest.LogCaptureFixture, error: Exception | None, code: int, logged: str
) -> None:
    """A normal end accepts, an unknown address is refused, whatever else it raises is "try again"."""
    async with Bench() as bench:
        peer = await bench.greeted()
        await (await bench.call(peer)).finish(error)
        assert await peer.codes() == [code]
        assert logged in caplog.text
        assert bool(caplog.records) == bool(logged)


@scene
async def test_an_application_that_is_cancelled_from_within_has_accepted_nothing() -> None:
    """A task of its own that was cancelled, and awaited, ends the application: try again, it is no acceptance."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        call.over.cancel()
        assert await peer.codes() == [451]


@scene
async def test_an_error_behind_a_verdict_is_logged_and_changes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What was decided stays decided."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        await call.send({"type": "email.reject"})
        await call.finish(ZeroDivisionError("afterwards"))
        assert await peer.codes() == [550]
        assert "the application raised" in caplog.text


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"type": "email.reject", "code": 250}, "250 is no code that says reject, such as 550"),
        ({"type": "email.defer", "code": 550}, "550 is no code that says defer, such as 451"),
        ({"type": "email.accept", "code": "250"}, "'250' is no code that says accept"),
        ({"type": "email.reject", "enhanced": "4.1.1"}, "enhanced '4.1.1' is no code such as 5.7.1"),
        ({"type": "email.reject", "enhanced": "5.1.1\r\n"}, "is no code such as 5.7.1"),
        ({"type": "email.nonsense"}, "email knows no message 'email.nonsense', but email.accept"),
        ({}, "email knows no message None"),
    ],
)
@scene
async def test_what_is_no_verdict_is_the_applications_mistake(said: Said, why: str) -> None:
    """``send`` raises, with what there is; the message is not decided by it."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        with pytest.raises(ApplicationError, match=why):
            await call.send(said)
        await call.send({"type": "email.reject"})
        await call.finish()
        assert await peer.codes() == [550]


@scene
async def test_a_second_verdict_is_the_applications_mistake() -> None:
    """``send`` raises; the first one counts."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        await call.send({"type": "email.reject"})
        with pytest.raises(ApplicationError, match=r"email\.accept after a verdict, which was reject"):
            await call.send({"type": "email.accept"})
        await call.finish()
        assert await peer.codes() == [550]


@scene
async def test_a_consumer_that_loops_for_ever_ends_with_its_message() -> None:
    """As those of Channels do: asking for more than the message is its end, and its verdict counts."""

    async def inbox(scope: Said, receive: Any, send: Any) -> None:
        while True:
            event = await receive()
            await send({"type": "email.reject", "text": event["subject"]})

    async with Bench(inbox) as bench:
        peer = await bench.greeted()
        assert (await peer.send(mail())).endswith(b"\r\n550 5.7.1 one\r\n")
        assert not bench.service.sessions


@scene
async def test_asking_for_more_than_the_message_without_a_verdict_accepts() -> None:
    """As a normal end does."""
    async with Bench(forever) as bench:
        peer = await bench.greeted()
        assert await peer.codes(mail()) == [250, 250, 354, 250]


@scene
async def test_lmtp_answers_each_recipient() -> None:
    """In their order, with the application's status of each, else the verdict of the message (RFC 2033 §4.2)."""
    async with Bench() as bench:
        peer = await bench.greeted(lmtp=True)
        call = await bench.call(peer, mail(MESSAGE, "a@b.example", "b@b.example", "c@b.example"))
        assert call.scope["protocol"] == "lmtp"
        await call.send(
            {"type": "email.status", "index": 1, "code": 550, "enhanced": "5.1.1", "text": "Who?"}
        )
        await call.send({"type": "email.status", "recipient": "c@b.example", "code": 452, "text": "Full"})
        await call.finish()
        ident = call.scope["transaction_id"].encode()
        assert peer.take() == b"250 2.0.0 Ok %b\r\n550 5.1.1 Who?\r\n452 4.3.0 Full\r\n" % ident
        assert await peer.codes(mail()[:-1]) == [250, 250, 354]


@scene
async def test_lmtp_tells_a_late_verdict_to_each_recipient() -> None:
    """One 451 would leave its client waiting for the second."""
    async with Bench(verdict_timeout=5) as bench:
        peer = await bench.greeted(lmtp=True)
        await bench.call(peer, mail(MESSAGE, "a@b.example", "b@b.example"))
        await bench.after(6)
        assert await peer.codes() == [451, 451]


# --- what waits behind a verdict ---


@pytest.mark.parametrize("size", [0, 1, 7])
@scene
async def test_messages_that_were_sent_ahead_wait_for_the_verdict_before_them(size: int) -> None:
    """One call at a time, in order, every reply in its place, wherever the bytes were cut."""
    async with Bench() as bench:
        peer = await bench.greeted()
        ahead = mail(b"1\r\n") + mail(b"2\r\n") + mail(b"3\r\n") + QUIT
        assert await peer.codes(ahead, size) == [250, 250, 354]
        for n, rest in enumerate([[550, 250, 250, 354], [550, 250, 250, 354], [550, 221]]):
            assert len(bench.calls) == n + 1
            event = await bench.calls[n].receive()
            assert event["body"].partition(b";\r\n\t")[2].endswith(b"\r\n%d\r\n" % (n + 1))
            await bench.calls[n].send({"type": "email.reject"})
            await bench.calls[n].finish()
            assert await peer.codes() == rest
        assert peer.closed


@scene
async def test_256_kb_behind_a_verdict_stop_the_reading_and_nothing_else() -> None:
    """A client that writes on is held in the kernel; after the verdict it is read on, and all arrives."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        large = mail(b"%b\r\n" % (b"x" * 998) * 200)
        for _ in range(2):
            assert peer.transport.reading
            peer.feed(large)
        assert not peer.transport.reading
        assert peer.take() == b""
        await call.finish()
        assert await peer.codes() == [250, 250, 250, 354]
        await bench.calls[1].finish()
        assert await peer.codes() == [250, 250, 250, 354]
        event = await bench.calls[2].receive()
        assert event["size"] == len(event["body"]) and event["body"].count(b"x" * 998) == 200
        await bench.calls[2].finish()
        assert await peer.codes() == [250]
        assert peer.transport.reading


@scene
async def test_commands_behind_a_verdict_are_not_answered_before_it() -> None:
    """RFC 2920 §3.2: replies come in the order of their commands."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, mail() + b"NOOP\r\n")
        peer.feed(b"RSET\r\n")
        await bench.settle()
        assert peer.take() == b""
        await call.finish()
        assert await peer.codes() == [250, 250, 250]


# --- who is there, and how much ---


@scene
async def test_a_hang_up_cancels_nothing_and_the_repeat_joins() -> None:
    """The application runs on without its client; when that comes again with the same, it gets that verdict."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        await peer.leave()
        assert not call.cancelled
        again = await bench.greeted()
        assert await again.codes(mail()) == [250, 250, 354]
        assert len(bench.calls) == 1, "called twice for one message"
        await call.send({"type": "email.reject"})
        await call.finish()
        assert await again.codes() == [550]


@pytest.mark.parametrize("quits", [QUIT, b""])
@scene
async def test_a_client_that_ends_its_side_still_gets_the_reply(quits: bytes) -> None:
    """Exim sends QUIT ahead and shuts down its side: with the connection cut it would send again, for days."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, mail() + quits)
        peer.end()
        await bench.settle()
        assert not peer.closed
        await call.finish()
        assert await peer.codes() == ([250, 221] if quits else [250])
        assert peer.closed


@scene
async def test_the_repeat_of_a_client_that_ended_its_side_joins() -> None:
    """To end its side is all that can be seen of a client that was killed, too."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer)
        peer.end()
        again = await bench.greeted()
        assert await again.codes(mail()) == [250, 250, 354]
        await peer.leave()
        await call.send({"type": "email.reject"})
        await call.finish()
        assert await again.codes() == [550]
        assert len(bench.calls) == 1


@pytest.mark.parametrize("said", [b"", mail()[:-2], mail()[:20]])
@scene
async def test_a_client_that_ends_its_side_between_or_within_messages_is_gone(said: bytes) -> None:
    """There is nothing to answer."""
    async with Bench() as bench:
        peer = await bench.greeted()
        if said:
            await peer.send(said)
        peer.end()
        await bench.settle()
        assert peer.transport.lost
        assert bench.calls == []


@scene
async def test_a_hang_up_within_a_message_calls_nobody() -> None:
    """An incomplete message is forgotten, with its bytes in flight."""
    async with Bench() as bench:
        peer = await bench.greeted()
        assert await peer.codes(mail()[:-2]) == [250, 250, 354]
        assert bench.service.in_flight > 0
        await peer.leave()
        assert bench.calls == []
        assert bench.service.in_flight == 0


@pytest.mark.parametrize("content", [MESSAGE + b".\r\n", MESSAGE], ids=["waits", "received"])
@scene
async def test_too_many_bytes_in_flight_are_452_at_mail(content: bytes) -> None:
    """Messages that are received or wait for their verdict count; the next is told to come later, until they go."""
    async with Bench(max_in_flight=20) as bench:
        busy, other = await bench.greeted(), await bench.greeted()
        assert await busy.codes(ENVELOPE + b"DATA\r\n" + content) == [250, 250, 354]
        assert await other.codes(ENVELOPE) == [452, 503]
        if bench.calls:
            await bench.calls[0].finish()
        else:
            await busy.leave()
        assert await other.codes(b"RSET\r\n" + ENVELOPE) == [250, 250, 250]


@scene
async def test_what_a_client_is_refused_leaves_nothing_in_flight() -> None:
    """Too large, a bare LF: told at the end of it, no application is called, the connection goes on."""
    async with Bench(max_size=1000, max_line=1000) as bench:
        peer = await bench.greeted()
        large = mail(b"x" * 900 + b"\r\n" + b"y" * 900 + b"\r\n")
        assert await peer.codes(large, 100) == [250, 250, 354, 552]
        assert await peer.codes(mail(b"a\nb\r\n")) == [250, 250, 354, 550]
        assert bench.service.in_flight == 0
        assert bench.counted("email.abandoned") >= 1
        assert bench.calls == []


@scene
async def test_too_many_header_fields_are_554() -> None:
    """And pipelined ones, too; the connection goes on, nothing is left in flight."""
    async with Bench(max_headers=50) as bench:
        peer = await bench.greeted()
        assert await peer.codes(mail(b"A: 1\r\n" * 50) * 3) == [250, 250, 354, 554] * 3
        assert bench.calls == []
        assert bench.service.in_flight == 0
        await bench.call(peer, mail(b"A: 1\r\n" * 49))  # and our Received


@scene
async def test_one_connection_too_many_of_an_address_is_421() -> None:
    """The others of it stay, another address is welcome, and so is it when one has left."""
    async with Bench(max_connections_per_address=1) as bench:
        first = await bench.greeted()
        crowded = bench.connect()
        assert crowded.closed
        assert await crowded.codes() == [220, 421]
        assert (await bench.greeted(("127.0.0.2", 1))).closed is False
        await crowded.leave()
        await first.leave()
        await bench.greeted()


@scene
async def test_clients_of_a_unix_socket_are_not_one_address() -> None:
    """They have none: Postfix may open as many as it likes."""
    async with Bench(max_connections_per_address=1) as bench:
        for _ in range(3):
            await bench.greeted("", "/run/lmtp.sock", lmtp=True)


@scene
async def test_the_scope_tells_who_is_there() -> None:
    """Addresses, the name that was said, and the lifespan's state as a copy."""
    shared: list[int] = []
    async with Bench(state={"shared": shared}) as bench:
        peer = await bench.greeted(("192.0.2.1", 25000))
        call = await bench.call(peer)
        scope = call.scope
        assert (scope["client"], scope["server"]) == (("192.0.2.1", 25000), ("127.0.0.1", 80))
        assert scope["helo"] == "client.example"
        assert scope["state"] == {"shared": shared}
        assert scope["state"] is not bench.context.state
        assert scope["tls"] is None


@scene
async def test_helo_of_the_next_message_is_the_one_that_was_said_last() -> None:
    """EHLO may be said again between messages (RFC 5321 §4.1.4)."""
    async with Bench() as bench:
        peer = await bench.greeted()
        call = await bench.call(peer, EHLO.replace(b"client", b"other") + mail())
        assert call.scope["helo"] == "other.example"

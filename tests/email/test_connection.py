"""A connection of mail: verdicts and what the client is told, what waits behind them, and what is in flight."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from interfaces.email.replies import AUTH_OK
from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone, Unavailable
from tests.email.harness import MESSAGE, QUIT, Bench, forever, mail, scene

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
        ({"type": "email.defer", "code": 421}, "421 is no code that says defer, such as 451"),
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
async def test_what_is_sent_behind_a_login_is_held_too() -> None:
    """Nobody fills our memory while somebody's password is looked up."""
    asked = asyncio.get_running_loop().create_future()

    async def answer(user: str, password: str) -> bytes:
        await asked
        return AUTH_OK

    async with Bench(auth_unencrypted=True) as bench:
        bench.service.accounts = SimpleNamespace(answer=answer, mechanisms=("PLAIN",))  # type: ignore[assignment]
        peer = await bench.greeted()
        assert await peer.codes(b"AUTH PLAIN AGEAYg==\r\n") == []
        peer.feed(b"NOOP\r\n" * 50_000)
        assert not peer.transport.reading
        asked.set_result(None)
        await bench.settle()
        assert peer.take().startswith(AUTH_OK + b"250 ")
        assert peer.closed, "so many commands bring no mail"


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

"""interfaces.email.message: the content of a message for consumers and for functions, wherever the message is."""

import threading
from typing import Any

import pytest

from interfaces.email.consumer import EmailConsumer
from interfaces.email.message import AT_ONCE, aparsed, parsed
from interfaces.email.mime import Limits, MimeError, Parsed
from interfaces.email.router import EmailRouter, anyone, domain
from interfaces.shared.errors import ApplicationError
from interfaces.workers.routing import Routing, route
from tests.email.harness import Bench, mail, scene

SMALL = b"Subject: small\r\n\r\nhello\r\n"
LARGE = b"Subject: large\r\nContent-Type: text/html\r\n\r\n" + b"<p>hello\r\n" * 20_000


class Async(EmailConsumer):
    """Says what it has read."""

    async def email_receive(self, message: Any) -> None:
        found = await self.parsed(message)
        await self.accept(text=f"{found.subject} {found.text[:5]}")


class Sync(EmailConsumer):
    """The same in a thread."""

    def email_receive(self, message: Any) -> None:
        found = self.parsed(message)
        self.accept(text=f"{found.subject} {found.text[:5]}")


def plain(message: Any) -> None:
    """The same as a function."""
    found = parsed(message)
    message.reply_channel.send({"type": "email.accept", "text": f"{found.subject} {found.text[:5]}"})


async def coroutine(message: Any) -> None:
    """The same as a coroutine function."""
    found = await aparsed(message)
    message.reply_channel.send({"type": "email.accept", "text": f"{found.subject} {found.text[:5]}"})


@pytest.mark.parametrize("spool", [1 << 20, 65_536])
@pytest.mark.parametrize(
    "app",
    [
        Async.as_asgi(),
        Sync.as_asgi(),
        Routing([route("email.receive", plain)]),
        Routing([route("email.receive", coroutine)]),
    ],
)
@scene
async def test_consumers_and_functions_read_a_message(app: Any, spool: int) -> None:
    """A small one and a large one, in memory and, above ``spool``, in a file."""
    async with Bench(app, spool_above=spool) as bench:
        peer = await bench.greeted()
        for content, said in ((SMALL, b"small hello"), (LARGE, b"large hello")):
            peer.feed(mail(content))
            reply = b""
            while b"250 2.0.0" not in reply:
                await bench.settle()
                reply += peer.take()
            assert said in reply


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """The same as an application without any help."""
    found = await aparsed(await receive())
    await send({"type": "email.accept", "text": f"{found.subject} {found.text[:5]}"})


@pytest.mark.parametrize(
    "app",
    [
        bare,
        Async.as_asgi(),
        Sync.as_asgi(),
        Routing([route("email.receive", plain)]),
        Routing([route("email.receive", coroutine)]),
        EmailRouter([domain("a.example", Async.as_asgi()), anyone(bare)]),
    ],
)
@scene
async def test_a_message_beyond_the_limits_is_refused_by_who_reads_it(
    app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """For good, with what is wrong with it: it would be no other the next time. It is nobody's mistake here."""
    async with Bench(app) as bench:
        peer = await bench.greeted(lmtp=True)
        peer.feed(mail(b"Content-Type: message/rfc822\r\n\r\n" * 200, "a@a.example", "b@b.example"))
        said = b""
        while said.count(b"\r\n") < 6:
            await bench.settle()
            said += peer.take()
        assert said.count(b"554 5.6.0 parts within parts, more than 100 deep\r\n") == 2
        assert caplog.records == []


@scene
async def test_a_worker_says_so_too() -> None:
    """A function that runs for another process: what it said before is not done, and its refusal is what it says."""

    def late(message: Any) -> None:
        message.reply_channel.send({"type": "email.accept"})
        parsed(message)

    content = b"Content-Type: message/rfc822\r\n\r\n" * 200
    event = {"type": "email.receive", "reply_channel": "email.send!x", "body": content}
    outcome = await Routing([route("email.receive", late)]).attempt(event, {})
    assert outcome.error == ""
    ((how, channel, said),) = outcome.sends
    assert (how, channel, said["type"], said["code"]) == ("channel", "email.send!x", "email.reject", 554)


@scene
async def test_a_verdict_stays_when_reading_fails_behind_it() -> None:
    """What was said first is what the client is told."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        event = await receive()
        await send({"type": "email.defer"})
        parsed(event)

    async with Bench(app) as bench:
        peer = await bench.greeted()
        assert (await peer.codes(mail(b"Content-Type: message/rfc822\r\n\r\n" * 200)))[-1] == 451


@scene
async def test_a_large_message_is_read_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its texts too; a small one is not worth one."""
    threads: list[int] = []
    of = Parsed.of
    monkeypatch.setattr(
        Parsed, "of", lambda *args: (threads.append(threading.get_ident()), of(*args))[1]
    )  # fmt: skip
    for content in (SMALL, LARGE):
        found = await aparsed({"body": content, "size": len(content)})
        assert ("text" in vars(found)) == (len(content) > AT_ONCE)
    assert threads[0] == threading.get_ident() != threads[1]


def test_nothing_is_copied_for_it() -> None:
    """The message is that of the event."""
    assert parsed({"body": SMALL, "size": len(SMALL)}).root.source is SMALL


@pytest.mark.parametrize(
    "event", [{"body": SMALL, "more_body": True}, {"body": b"", "size": 10, "more_body": False}]
)
@scene
async def test_a_piece_of_a_message_is_none(event: Any) -> None:
    """It would be read wrongly."""
    with pytest.raises(ApplicationError, match="comes in pieces"):
        parsed(event)
    with pytest.raises(ApplicationError, match="comes in pieces"):
        await aparsed(event)


@scene
async def test_what_is_beyond_the_limits_raises() -> None:
    """At once, or where it is asked for: HTML of nothing but tags is refused by its text alone."""
    nested = b"Content-Type: message/rfc822\r\n\r\n" * 3
    with pytest.raises(MimeError):
        await aparsed({"body": nested, "size": len(nested)}, Limits(depth=2))
    tags = b"Content-Type: text/html\r\n\r\n" + b"<br>" * 50_000
    found = await aparsed({"body": tags, "size": len(tags)})
    assert found.html
    with pytest.raises(MimeError):
        _ = found.text

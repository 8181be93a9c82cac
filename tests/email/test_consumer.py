"""interfaces.email.consumer: what the words of a consumer become, in a coroutine function and in a plain one."""

import asyncio
import threading
from typing import Any

import pytest

from interfaces.email.consumer import CIRCLE, EmailConsumer
from interfaces.email.mime import LIMITS, Limits, MimeError
from interfaces.shared.errors import ApplicationError, PeerError
from interfaces.shared.session import Session
from tests.email.harness import Bench, mail, scene
from tests.email.sending.events import MESSAGE, received

WAIT = 10


async def run(app: Any, *events: Any, answers: bool = False) -> tuple[list[Any], Any]:
    """What ``app`` sends when these come, and its error; ``answers``: each mail that has an id gets its result."""
    sent: list[Any] = []

    async def send(event: Any) -> None:
        sent.append(event)
        if answers and event["type"] == "email.send" and "id" in event:
            session.offer({"type": "email.result", "id": event["id"], "ok": True})
            session.last()

    session = Session(app, {"type": "email"}, send)
    session.start(asyncio.get_running_loop())
    for event in events:
        session.offer(event)
    if not answers:
        session.last()
    assert await session.wait(WAIT)
    return sent, session.error


def both(word: str, *values: Any, **named: Any) -> list[Any]:
    """Two consumers that say one word of a message: in the loop, and on a thread."""

    class Async(EmailConsumer):
        async def email_receive(self, message: Any) -> None:
            await getattr(self, word)(*values, **named)

    class Sync(EmailConsumer):
        def email_receive(self, message: Any) -> None:
            assert threading.current_thread() is not threading.main_thread()
            getattr(self, word)(*values, **named)

    return [Async.as_asgi(), Sync.as_asgi()]


@pytest.mark.parametrize(
    ("word", "values", "named", "said"),
    [
        ("accept", (), {}, {"type": "email.accept"}),
        ("accept", ("q1",), {}, {"type": "email.accept", "queue_id": "q1"}),
        (
            "accept",
            (),
            {"code": 252, "enhanced": "2.0.0", "text": "Ok"},
            {"type": "email.accept", "code": 252, "enhanced": "2.0.0", "text": "Ok"},
        ),
        ("discard", (), {}, {"type": "email.discard"}),
        ("discard", (), {"text": "gone"}, {"type": "email.discard", "text": "gone"}),
        ("reject", (), {}, {"type": "email.reject"}),
        ("reject", ("No",), {}, {"type": "email.reject", "text": "No"}),
        (
            "reject",
            ("No",),
            {"code": 552, "enhanced": "5.2.2"},
            {"type": "email.reject", "text": "No", "code": 552, "enhanced": "5.2.2"},
        ),
        ("defer", (), {}, {"type": "email.defer"}),
        ("defer", ("Later",), {"code": 450}, {"type": "email.defer", "text": "Later", "code": 450}),
        (
            "status",
            ("a@b.example", 550),
            {},
            {"type": "email.status", "recipient": "a@b.example", "code": 550},
        ),
        (
            "status",
            ("a@b.example", 250),
            {"text": "Ok"},
            {"type": "email.status", "recipient": "a@b.example", "code": 250, "text": "Ok"},
        ),
        (
            "send_mail",
            (),
            {"to": "a@b.example", "text": "x"},
            {"type": "email.send", "to": "a@b.example", "text": "x"},
        ),
        ("send_mail", (), {"type": "other", "to": "a"}, {"type": "email.send", "to": "a"}),
    ],
)
@scene
async def test_a_word_is_an_event(word: str, values: Any, named: Any, said: Any) -> None:
    """The same of a coroutine function and of a plain one; what is not said is left to the server."""
    for app in both(word, *values, **named):
        assert await run(app, received()) == ([said], None)


@pytest.mark.parametrize(
    ("word", "values", "named", "reply"),
    [
        ("accept", ("q1",), {}, "250 2.0.0 Ok"),
        ("discard", (), {}, "250 2.0.0"),
        ("reject", ("No such list",), {"enhanced": "5.1.1"}, "550 5.1.1 No such list"),
        ("reject", (), {"code": 554}, "554 5."),
        ("defer", ("Later",), {"code": 450, "enhanced": "4.2.1"}, "450 4.2.1 Later"),
        ("status", ("b@b.example", 552), {"enhanced": "5.2.2", "text": "Full"}, "552 5.2.2 Full"),
        ("status", ("b@b.example", 250), {}, "250 2."),
    ],
)
@scene
async def test_a_word_is_what_the_client_reads(word: str, values: Any, named: Any, reply: str) -> None:
    """The verdict goes out as it was said."""
    for app in both(word, *values, **named):
        async with Bench(app) as bench:
            peer = await bench.greeted()
            said = (await peer.send(mail())).decode()
            while said.count("\n") < 4:
                await bench.settle()
                said += peer.take().decode()
            assert said.splitlines()[3].startswith(reply), said


# --- what is sent ---


@scene
async def test_a_result_is_waited_for() -> None:
    """``wait``: the result comes back from the call, and not as an event of its own."""
    found: list[Any] = []

    class Desk(EmailConsumer):
        async def email_receive(self, message: Any) -> None:
            found.append(await self.send_mail(wait=WAIT, id="m1", to="a@b.example"))

        async def email_result(self, message: Any) -> None:
            raise AssertionError

    class Sync(EmailConsumer):
        def email_receive(self, message: Any) -> None:
            found.append(self.send_mail(wait=WAIT, to="a@b.example"))

    assert (await run(Desk.as_asgi(), received(), answers=True))[1] is None
    sent, error = await run(Sync.as_asgi(), received(), answers=True)
    assert error is None and sent[0]["id"], "a send that is waited for has an id"
    assert [(one["type"], one["ok"]) for one in found] == [("email.result", True)] * 2


@scene
async def test_an_answer_goes_once_however_often_its_message_comes() -> None:
    """The key of each reply is made of the message's own, so a repeat makes the same keys in the same order."""

    class Desk(EmailConsumer):
        async def email_receive(self, message: Any) -> None:
            await self.reply(message, text="one")
            await self.reply(message, text="two")
            await self.reply(message, text="mine", dedupe_key="mine")
            await self.reply(message, text="each time", dedupe_key=None)
            await self.reply(message, text="three")

    keys = ["k reply 1", "k reply 2", "mine", None, "k reply 3"]
    for _ in range(2):
        sent, error = await run(Desk.as_asgi(), received(dedupe_key="k"))
        assert error is None and [one["dedupe_key"] for one in sent] == keys
    sent, _ = await run(Desk.as_asgi(), received())
    assert "dedupe_key" not in sent[0], "a message without a key gives none to its answer"


@scene
async def test_an_answer_leaves_the_content_behind() -> None:
    """It has what is needed to answer, and goes through any layer: no body, no headers."""
    for app in both("reply", received(), text="Got it"):
        ((said,), error) = await run(app, received())
        assert error is None
        assert said["type"] == "email.send" and said["text"] == "Got it"
        event = said["reply_to_event"]
        assert event["in_reply_to"] == ["2@a.example"] and "body" not in event and "headers" not in event


@scene
async def test_a_message_is_forwarded_whole() -> None:
    """As an attachment, byte for byte, the same from the loop and from a thread."""
    for app in both("forward", received(), "boss@us.example", text="See below"):
        ((said,), error) = await run(app, received())
        assert error is None
        assert (said["to"], said["subject"], said["text"]) == ("boss@us.example", "Fwd: Broken", "See below")
        assert said["attachments"] == [
            {"content_type": "message/rfc822", "content": b"Received: from a\r\n" + MESSAGE}
        ]


@pytest.mark.parametrize("kind", [0, 1], ids=["async", "sync"])
@scene
async def test_what_goes_in_a_circle_is_refused(kind: int) -> None:
    """554 5.4.6, of whoever forwards to each other: the client is told, and nothing is sent."""
    event = received(b"X-Loop: desk@us.example\r\n" + MESSAGE)
    app = both("forward", event, "boss@us.example")[kind]
    sent, error = await run(app, event)
    assert sent == []
    assert isinstance(error, PeerError) and error.answer == CIRCLE

    async with Bench(app) as bench:
        peer = await bench.greeted()
        found = await peer.codes(mail())
        while len(found) < 4:
            await asyncio.sleep(0)
            found += await peer.codes()
        assert found[3] == 554


@scene
async def test_what_cannot_be_forwarded_is_the_applications_mistake() -> None:
    """An event that is no mail is told as such, and not as a circle."""
    for app in both("forward", {"type": "email.bounce"}, "boss@us.example"):
        sent, error = await run(app, received())
        assert sent == [] and type(error) is ApplicationError


# --- what is read ---


@pytest.mark.parametrize(("limits", "refused"), [(LIMITS, False), (Limits(parts=2), True)])
@scene
async def test_a_message_beyond_the_limits_is_refused(limits: Limits, refused: bool) -> None:
    """By who does not catch MimeError: the client hears why, and the application has not failed."""
    content = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\na\r\n--b\r\n\r\nc\r\n--b--\r\n"

    class Async(EmailConsumer):
        async def email_receive(self, message: Any) -> None:
            assert (await self.parsed(message, limits)).text == "a\nc"

    class Sync(EmailConsumer):
        def email_receive(self, message: Any) -> None:
            assert self.parsed(message, limits).text == "a\nc"

    for consumer in (Async, Sync):
        sent, error = await run(consumer.as_asgi(), received(content))
        assert error is None
        assert [one["type"] for one in sent] == (["email.reject"] if refused else [])


@scene
async def test_who_catches_the_limit_decides() -> None:
    """A consumer may take what it cannot read."""

    class Keeper(EmailConsumer):
        async def email_receive(self, message: Any) -> None:
            try:
                await self.parsed(message, Limits(parts=0))
            except MimeError:
                await self.accept("unread")

    assert await run(Keeper.as_asgi(), received()) == ([{"type": "email.accept", "queue_id": "unread"}], None)


@scene
async def test_other_events_have_their_own_handlers() -> None:
    """A bounce, a result that was not waited for, and what no class knows, which ends nothing."""
    seen: list[str] = []

    class Desk(EmailConsumer):
        async def email_bounce(self, message: Any) -> None:
            seen.append(message["type"])

        def email_result(self, message: Any) -> None:
            seen.append(message["type"])

    events = [{"type": "email.novel"}, {"type": "email.bounce"}, {"type": "email.result", "id": "m1"}]
    assert await run(Desk.as_asgi(), *events) == ([], None)
    assert seen == ["email.bounce", "email.result"]

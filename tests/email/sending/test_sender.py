"""The sender of a process: from a channel, from scopes, and at the end."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from interfaces.email.options import EmailOptions
from interfaces.email.sending import sender
from interfaces.email.sending.sender import redacted, sending
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ApplicationError
from interfaces.shared.interface import Context
from tests.email.sending.ways import MAIL, Said


@pytest.fixture
def transport(monkeypatch):
    """What is sent by."""
    said = Said()
    monkeypatch.setattr(sender, "_transport", lambda options: said)
    return said


@asynccontextmanager
async def sends(*, layer=None, readiness=None, **options):
    """A process that sends; its context, and what scopes send by."""
    told = {} if readiness is None else readiness
    context = Context(
        names=("email",), layer=layer, drain=5, on_ready=lambda *said: told.update({said[0]: said})
    )
    given = EmailOptions(**{"hostname": "mx.example.org", "send": "smtp://user:secret@relay:587", **options})
    async with asyncio.timeout(10), sending(given, context) as post:
        yield context, post


def test_what_is_sent_to_the_channel_goes_out(transport):
    """From anywhere: its result comes to the reply channel, and what is counted is there from the start."""

    async def main():
        layer = LocalChannelLayer()
        async with sends(layer=layer) as (context, _):
            assert context.telemetry.counts["email.send.sent"] == 0
            channel = await layer.new_channel()
            await layer.send("email.send", {**MAIL, "id": "m1", "reply_channel": channel})
            result = await layer.receive(channel)
        assert (result["type"], result["id"], result["ok"]) == ("email.result", "m1", True)
        assert [one["status"] for one in result["results"]] == ["accepted", "accepted"]
        assert context.telemetry.counts["email.send.sent"] == 1
        assert transport.mails[0].message_id == result["message_id"]
        assert transport.closed

    asyncio.run(main())


def test_a_scope_sends_without_a_layer(transport):
    """What has an id has a result to wait for; what has none is sent all the same."""

    async def main():
        async with sends() as (_, post):
            result = await (await post({**MAIL, "id": "m1"}))
            assert (result["type"], result["ok"], result["final"]) == ("email.result", True, True)
            assert await post(MAIL) is None
        assert len(transport.mails) == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"subject": "a\r\nBcc: x@example.org"}, "subject"),
        ({"to": "nobody"}, "to"),
        ({"text": object()}, "object"),
        ({"text": "x" * 70_000, "html": 7}, "html"),
    ],
)
def test_what_can_never_be_sent_is_refused_in_the_application(transport, wrong, words):
    """Its ``send`` raises, with the reason in one line; nothing is put on its way."""

    async def main():
        async with sends() as (_, post):
            with pytest.raises(ApplicationError, match=words):
                await post({**MAIL, **wrong})
        assert transport.mails == []

    asyncio.run(main())


def test_an_answer_to_a_robot_does_not_fail_the_scope(transport):
    """Else the robot's message would be deferred, and come again: its result says that it was suppressed."""

    async def main():
        event = {
            "headers": [(b"from", b"robot@example.net"), (b"auto-submitted", b"auto-replied")],
            "from_address": "robot@example.net",
            "to_address": "desk@example.org",
            "to": [],
        }
        async with sends() as (_, post):
            waiting = await post({"type": "email.send", "id": "m1", "text": "hi", "reply_to_event": event})
            assert (await waiting)["suppressed"]
        assert transport.mails == []

    asyncio.run(main())


def test_a_process_without_a_sender_puts_it_on_the_layer():
    """That of another container takes it from there."""

    async def main():
        layer = LocalChannelLayer()
        async with sends(layer=layer, send="") as (context, post):
            assert await post({**MAIL, "id": "m1", "reply_channel": "elsewhere"}) is None
            taken = await layer.receive("email.send")
        assert (taken["id"], taken["reply_channel"]) == ("m1", "elsewhere")
        assert context.keeps == []

    asyncio.run(main())


def test_the_start_says_how_well_it_is_kept(transport):
    """In a line without the password; and it is ready from then on."""

    async def main():
        told = {}
        async with sends(readiness=told) as (context, _):
            (line,) = context.keeps
            assert told["email.send"][1]
        assert "smtp://user:***@relay:587" in line and "memory" in line
        assert "secret" not in line

    asyncio.run(main())


def test_what_waits_in_memory_is_sent_at_the_end(transport):
    """The process ends when that is done."""

    async def main():
        async with sends() as (_, post):
            for _ in range(20):
                await post(MAIL)
            post.drain = 5
        assert len(transport.mails) == 20

    asyncio.run(main())


def test_what_is_redacted():
    """Who, to whom and when stay; what was written goes."""
    message = {**MAIL, "html": None, "attachments": [{"content": b"x"}], "id": "m1"}
    left = redacted(message)
    assert left == {**message, "subject": "(redacted)", "text": "(redacted)", "attachments": "(redacted)"}

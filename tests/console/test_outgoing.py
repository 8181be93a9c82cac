"""What is sent from anywhere: noted once, with what became of it; what a call has said is known again."""

import asyncio
from typing import Any

from interfaces.console.outgoing import KNOWN, Outgoing
from interfaces.console.posted import MOST, Posted
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.sendings import Held
from interfaces.testing import Recorder
from tests.console.kit import entry, run, served, tapped

MAIL = {"type": "email.send", "to": ["z@x.org"], "subject": "hi", "text": "hello"}


def held(name: str = "1", **message: Any) -> Held:
    """A message that a sender has taken."""
    return Held(name, {**MAIL, **message}, 1, 1000.0)


def test_it_is_noted_when_a_sender_takes_it_and_when_it_ends() -> None:
    """Tried again is deferred, and still on its way."""
    tap = tapped(Recorder())
    outgoing = Outgoing(tap, lambda message: "")
    outgoing.taken(held())
    (one,) = tap.book.after(0)
    assert (one.direction, one.type, one.protocol, one.verdict) == ("out", "email.send", "email", "running")
    assert one.conversation == "email:z@x.org" and one.queued_ms is not None
    outgoing.ended(held(), "deferred", "451 later")
    outgoing.taken(held())
    assert (one.verdict, len(tap.book)) == ("deferred", 1)
    outgoing.ended(held(), "failed", "550 no")
    assert (one.verdict, one.error) == ("failed", "550 no")
    outgoing.ended(held(), "accepted")
    assert one.verdict == "failed"


def test_the_application_may_name_the_conversation() -> None:
    """By its ``conversation_of``."""
    tap = tapped(Recorder())
    Outgoing(tap, lambda message: f"ticket of {message['to'][0]}").taken(held())
    assert next(tap.book.after(0)).conversation == "ticket of z@x.org"


def test_what_a_call_has_said_is_known_again() -> None:
    """Its entry hears of the end; nothing is noted twice."""
    tap = tapped(Recorder())
    said = tap.book.add(entry("email", MAIL, direction="out"))
    tap.posted.add(said)
    outgoing = Outgoing(tap, lambda message: "")
    outgoing.taken(held())
    outgoing.ended(held(), "accepted")
    assert len(tap.book) == 1 and said.verdict == "accepted"
    outgoing.taken(held("2"))
    assert len(tap.book) == 2


def test_both_are_bounded() -> None:
    """What is on its way, and what was said and never taken."""
    tap = tapped(Recorder())
    outgoing, posted = Outgoing(tap, lambda message: ""), Posted()
    for number in range(KNOWN + 5):
        outgoing.taken(held(str(number)))
    assert len(outgoing._known) == KNOWN
    for number in range(MOST + 5):
        posted.add(entry("email", {**MAIL, "subject": str(number)}, id=7))
    posted.add(entry("email", {"type": "email.accept"}))
    assert len(posted) == MOST
    assert posted.pop({**MAIL, "subject": "0"}) == 0 and posted.pop({**MAIL, "subject": str(MOST)}) == 7


def test_words_to_the_interface_are_no_sends() -> None:
    """Nobody takes them; a call of Slack's Web API is one."""
    posted = Posted()
    for one in (
        {"type": "email.accept"},
        {"type": "irc.deliver", "text": "x"},
        {"type": "websocket.send", "text": "x"},
    ):
        posted.add(entry("udp", one, id=7))
        assert posted.pop(one) == 0
    asked = {"type": "slack.call", "method": "users.info", "id": "1"}
    posted.add(entry("slack", asked, id=7))
    assert posted.pop({**asked, "method": "users.list"}) == 0
    assert posted.pop({**asked, "reply_channel": "x", "channel": "C1"}) == 7


def test_the_same_said_twice_is_two() -> None:
    """The first said is the first taken."""
    posted = Posted()
    for number in (1, 2):
        posted.add(entry("email", MAIL, id=number))
    assert [posted.pop(MAIL) for _ in range(3)] == [1, 2, 0]


def test_what_has_fallen_out_of_the_book_is_noted_anew() -> None:
    """And its end is nobody's."""
    tap = tapped(Recorder(), entries=1)
    tap.posted.add(tap.book.add(entry("email", MAIL)))
    tap.book.add(entry("sms"))
    outgoing = Outgoing(tap, lambda message: "")
    outgoing.taken(held())
    assert [one.type for one in tap.book.after(0)] == ["email.send"]
    tap.book.add(entry("sms"))
    outgoing.ended(held(), "accepted")
    assert [(one.type, one.verdict) for one in tap.book.after(0)] == [
        ("sms.receive", "")
    ] and not outgoing._known


def test_a_store_stays_a_store() -> None:
    """What it is asked goes through, and its end is the entry's."""

    async def check() -> None:
        tap, layer = tapped(Recorder()), LocalChannelLayer()
        store = Outgoing(tap, lambda message: "").around(layer.store)("email.send")
        await store.open()
        assert store.durable is False and store.describe()
        for text in ("done", "dead", "retry"):
            await layer.send("email.send", {**MAIL, "text": text})
        taken: list[Held] = []
        while len(taken) < 3:
            taken += await store.take(3)
        await store.done(taken[0])
        await store.dead(taken[1], "no")
        await store.retry(taken[2], 100.0, "later")
        assert [(one.verdict, one.error) for one in tap.book.after(0)] == [
            ("accepted", ""), ("failed", "no"), ("deferred", "later"),
        ]  # fmt: skip
        await store.close()
        await layer.close()

    run(check)


def test_an_error_of_ours_stops_no_sender(caplog: Any) -> None:
    """It is logged, and the message is taken."""

    async def check() -> None:
        tap, layer = tapped(Recorder()), LocalChannelLayer()
        store = Outgoing(tap, lambda message: 1 // 0).around(layer.store)("email.send")  # type: ignore[arg-type]
        await store.open()
        await layer.send("email.send", dict(MAIL))
        assert [one.message["text"] for one in await store.take(1)] == ["hello"]
        await store.close()
        await layer.close()

    run(check)
    assert "could not note" in caplog.text


def test_from_a_view_to_the_end() -> None:
    """A request sends a mail by the layer: request, answer and mail are there, and the mail was sent."""

    async def check() -> None:
        layers: list[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                await layers[0].send("email.send", {**MAIL, "from_address": "b@y.org"})
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"ok"})

        async with served(app, "http", "email", layer="local:", email_send="memory:") as here:
            layers.append(here.server._serving.layer)  # type: ignore[union-attr]
            assert (await here.client.post("simulate/http", {"path": "/"}))["status"] == 200
            found = await here.client.got("wait?type=email.send&timeout=5")
            assert found["scope"] == 0
            while (await here.client.got(f"messages/{found['id']}"))["verdict"] == "running":
                await asyncio.sleep(0)
            assert (await here.client.got(f"messages/{found['id']}"))["verdict"] == "accepted"
            sent = (await here.client.got("simulate/email"))["sent"]
            assert (sent[-1]["subject"], sent[-1]["to"], sent[-1]["text"].strip()) == (
                "hi",
                ["z@x.org"],
                "hello",
            )
        assert "store" not in vars(layers[0])

    run(check)

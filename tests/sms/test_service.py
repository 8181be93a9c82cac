"""From a message or a receipt to what its provider is told, and how it is answered."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from interfaces.layers.notes import LocalNotes
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import NoRoute, Unavailable
from interfaces.shared.parcel import Parcel
from interfaces.sms.providers.base import Receipt, Reply
from tests.http_ws.harness import scene
from tests.sms.harness import OURS, PLACE, THEIRS, Desk, inbound


class Shelf:
    """Keeps parcels."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, float]] = []

    async def keep(self, parcel: Parcel, delay: float) -> None:
        """As an Accepted does."""
        self.kept.append((parcel.key, delay))

    def leave(self) -> None:
        """No more."""


@scene
async def test_a_message_is_a_delivery_of_the_application() -> None:
    """Its scope says by which way it came, and whose conversation it is."""
    desk = Desk()
    assert await desk.take(inbound("hi")) == (ACCEPTED, [])
    scope = desk.recorder.calls[0].scope
    assert (scope["type"], scope["account"], scope["path"]) == ("sms", "plain", f"receive/{OURS}")
    assert (scope["conversation"], scope["state"]) == (f"{OURS}/{THEIRS}", {"pool": 1})
    assert (desk.heard[0]["text"], desk.heard[0]["attempt"]) == ("hi", 1)
    assert (desk.counted("messages"), desk.counted("receipts")) == (1, 0)


@scene
async def test_a_reply_in_time_stands_in_the_answer() -> None:
    """Nothing is sent, so nothing is paid for twice."""
    desk = Desk({"sms.receive": [{"type": "sms.reply", "text": "a"}, {"type": "sms.reply", "text": "b"}]})
    verdict, replies = await desk.take(inbound())
    assert (verdict, replies) == (ACCEPTED, [Reply(text="a"), Reply(text="b")])
    assert desk.sent == []
    assert desk.counted("replied") == 1


@pytest.mark.parametrize(
    "place", [replace(PLACE, replies=False), replace(PLACE, transport="smpp", replies=False)]
)
def test_a_reply_is_sent_where_the_answer_has_no_room_for_it(place: Any) -> None:
    """From the number that was written to, by the account that it came by, once however often it is said."""

    @scene
    async def main() -> None:
        desk = Desk({"sms.receive": {"type": "sms.reply", "text": "a"}})
        assert await desk.take(inbound(), place) == (ACCEPTED, [])
        assert desk.sent == [
            {
                "type": "sms.send", "to_address": THEIRS, "from_address": OURS, "account": "plain", "text": "a",
                "dedupe_key": "sms:plain:m1 reply 1", "urgent": True,
            }
        ]  # fmt: skip

    main()


@scene
async def test_who_has_said_stop_may_be_told_so() -> None:
    """The answer to a keyword goes to who has just left; an sms.send beside it does not, and is from our number."""
    desk = Desk(
        {
            "sms.receive": [
                {"type": "sms.reply", "text": "bye"},
                {"type": "sms.send", "to_address": "+1", "text": "x"},
            ]
        }
    )
    await desk.take(inbound("STOP"), replace(PLACE, replies=False))
    reply, other = desk.sent
    assert reply["ignore_opt_out"] is True
    assert other == {"type": "sms.send", "to_address": "+1", "text": "x", "from_address": OURS}


@scene
async def test_whose_number_a_scope_sends_from_may_be_said() -> None:
    """Another number of ours, or the account that has one; in a receipt's scope it is the number that has sent."""
    more = [{"from_address": "Shop"}, {"account": "other"}, {}]
    send = {"type": "sms.send", "to_address": "+1", "text": "x"}
    desk = Desk({"sms.status": [{**send, **one} for one in more]})
    await desk.take(Receipt(provider_id="p1", status="sent", sender=OURS, recipient=THEIRS))
    assert desk.sent == [{**send, **one} for one in (*more[:2], {"from_address": OURS})]


@scene
async def test_a_reply_whose_result_is_asked_for_is_sent() -> None:
    """Nobody could tell what became of one in an answer."""
    desk = Desk({"sms.receive": {"type": "sms.reply", "text": "a", "id": "r1"}})
    await desk.take(inbound())
    assert desk.sent[0]["id"] == "r1"


@scene
async def test_what_comes_again_is_answered_by_sending() -> None:
    """The key tells what was sent the first time, which no answer could."""
    desk = Desk({"sms.receive": lambda call, event: {"type": "sms.reply", "text": "a"}})
    failing = Desk({"sms.receive": [{"type": "sms.reply", "text": "a"}, {"type": "sms.defer"}]})
    assert (await failing.take(inbound()))[0] == DEFERRED
    assert [one["dedupe_key"] for one in failing.sent] == ["sms:plain:m1 reply 1"]
    failing.recorder.script["sms.receive"] = {"type": "sms.reply", "text": "a"}
    await failing.service.reception.drain(1)
    failing.service.reception.draining = False
    assert await failing.take(inbound()) == (ACCEPTED, [])
    assert [one["dedupe_key"] for one in failing.sent] == ["sms:plain:m1 reply 1"] * 2
    assert failing.heard[-1]["attempt"] == 2
    assert desk.sent == []


@pytest.mark.parametrize("said", [{"type": "sms.defer"}, ValueError("boom")])
def test_what_was_sent_for_a_container_is_not_in_the_answer_of_another(said: Any) -> None:
    """Who gets the repeat does not know of the first attempt, but that its answers go by their keys."""

    @scene
    async def main() -> None:
        reply = {"type": "sms.reply", "text": "a"}
        first, second = Desk({"sms.receive": [reply, said]}), Desk({"sms.receive": reply})
        first.service.notes = second.service.notes = LocalNotes()
        assert await first.take(inbound()) == (DEFERRED, [])
        assert await second.take(inbound()) == (ACCEPTED, [])
        assert second.heard[-1]["attempt"] == 1
        assert first.sent == second.sent  # with the same key, so it goes out once
        assert (await second.take(inbound(id="m2")))[1] == [Reply(text="a")]

    main()


@scene
async def test_without_the_broker_a_reply_stands_in_the_answer() -> None:
    """Nobody could send it either."""

    class Away(LocalNotes):
        async def get(self, key: str) -> str | None:
            raise Unavailable("away")

    desk = Desk({"sms.receive": {"type": "sms.reply", "text": "a"}})
    desk.service.notes = Away()
    assert await desk.take(inbound()) == (ACCEPTED, [Reply(text="a")])


@scene
async def test_replies_keep_their_numbers_however_they_go_out() -> None:
    """One that was to stand in an answer that never left is not taken for the one behind it that was sent."""
    said = [{"type": "sms.reply", "text": "a"}, {"type": "sms.reply", "text": "b", "id": "r2"}]
    failing, again = Desk({"sms.receive": [*said, {"type": "sms.defer"}]}), Desk({"sms.receive": said})
    await failing.take(inbound())
    await again.take(inbound(), replace(PLACE, replies=False))
    for desk in (failing, again):
        assert {one["text"]: one["dedupe_key"][-1] for one in desk.sent} == {"a": "1", "b": "2"}


@scene
async def test_an_answer_that_cannot_be_sent_changes_no_verdict() -> None:
    """What was to stand in it is told in the log, and the provider gets what it is owed."""
    desk = Desk({"sms.receive": [{"type": "sms.reply", "text": "a"}, {"type": "sms.defer"}]})
    desk.service.post = None
    assert (await desk.post({"id": "1", "sender": "Shop", "recipient": OURS, "text": "hi"})).status == 503


@scene
async def test_what_is_said_late_is_sent() -> None:
    """The provider is told to come again, and the reply is not lost with its answer."""
    go_on = asyncio.Event()

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "sms.reply", "text": "soon"})
        await go_on.wait()
        await send({"type": "sms.reply", "text": "done"})

    desk = Desk(app=app)
    verdict, replies = await desk.take(inbound(), replace(PLACE, patience=0.05))
    assert (verdict, replies) == (DEFERRED, [])
    assert [one["text"] for one in desk.sent] == ["soon"]
    go_on.set()
    assert await desk.take(inbound()) == (ACCEPTED, [])
    assert [one["text"] for one in desk.sent] == ["soon", "done"]


@scene
async def test_a_slow_message_is_kept_where_something_durable_is() -> None:
    """It is acknowledged, and taken up only if its call dies."""
    go_on = asyncio.Event()

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()
        await go_on.wait()

    desk = Desk(app=app, keep_after=0.05)
    desk.service.reception.keeper = shelf = Shelf()
    assert (await desk.take(inbound()))[0] == ACCEPTED
    assert shelf.kept == [("sms:plain:m1", 10.0)]
    go_on.set()
    await desk.service.reception.drain(5)


@scene
async def test_what_a_slow_message_was_answered_is_sent_once_it_is_kept() -> None:
    """By its key: a call that dies after that is made again, and what it had said is not said twice."""
    go_on = asyncio.Event()

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "sms.reply", "text": "a"})
        await go_on.wait()
        await send({"type": "sms.reply", "text": "b"})

    desk = Desk(app=app, keep_after=0.05)
    desk.service.reception.keeper = Shelf()
    assert await desk.take(inbound()) == (ACCEPTED, [])
    go_on.set()
    await desk.service.reception.drain(5)
    assert [(one["text"], one["dedupe_key"][-7:]) for one in desk.sent] == [
        ("a", "reply 1"),
        ("b", "reply 2"),
    ]


@scene
async def test_a_kept_message_is_answered_by_sending() -> None:
    """Its provider has its answer already."""
    desk = Desk({"sms.receive": {"type": "sms.reply", "text": "a"}}, ack="accepted", spool="/nowhere")
    desk.service.reception.keeper = Shelf()
    assert (await desk.take(inbound()))[0] == ACCEPTED
    assert desk.heard == []
    scope = {"type": "sms", "account": "plain"}
    event = {
        "type": "sms.receive", "attempt": 1, "dedupe_key": "k", "from_address": THEIRS, "to_address": OURS,
    }  # fmt: skip
    await desk.service.intake.deliver(Parcel(scope=scope, event=event), 5)
    assert [(one["text"], one["dedupe_key"]) for one in desk.sent] == [("a", "k reply 1")]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (
            {"type": "sms.reject", "status": 422, "text": "no"},
            Verdict("reject", {"status": 422, "text": "no"}),
        ),
        ({"type": "sms.defer"}, DEFERRED),
        (ValueError("boom"), DEFERRED),
        (Unavailable("down"), DEFERRED),
        (NoRoute("nobody"), Verdict("reject", {"status": 404, "text": "No such number here"})),
    ],
)
def test_verdicts(said: Any, verdict: Verdict) -> None:
    """Each word of the application, and each error."""

    @scene
    async def main() -> None:
        assert await Desk({"sms.receive": said}).take(inbound()) == (verdict, [])

    main()


@scene
async def test_a_repeat_is_not_forwarded() -> None:
    """Its verdict is told once more; what it was answered with is not said twice."""
    desk = Desk({"sms.receive": {"type": "sms.reply", "text": "a"}})
    assert (await desk.take(inbound()))[1] == [Reply(text="a")]
    assert await desk.take(inbound()) == (ACCEPTED, [])
    assert len(desk.heard) == 1


@scene
async def test_a_receipt_is_a_delivery_too() -> None:
    """It has no reply, and each status is another one."""
    desk = Desk()
    for status in ("sent", "delivered"):
        found = Receipt(provider_id="p1", status=status, id="ours", sender=OURS, recipient=THEIRS)  # type: ignore[arg-type]
        assert (await desk.take(found))[0] == ACCEPTED
    assert [(one["status"], one["final"], one["id"]) for one in desk.heard] == [
        ("sent", False, "ours"), ("delivered", True, "ours"),
    ]  # fmt: skip
    answering = Desk({"sms.status": {"type": "sms.reply", "text": "no"}})
    assert (await answering.take(Receipt(provider_id="p1", status="sent")))[0] == DEFERRED


@scene
async def test_who_is_asked_before_the_application_may_change_the_event() -> None:
    """Opt-outs are noted, and our id is found, before the application hears of it."""
    desk = Desk()

    async def before(event: Any, account: str) -> None:
        event["id"] = f"found by {account}"

    desk.service.before.append(before)
    await desk.take(Receipt(provider_id="p1", status="sent"))
    assert desk.heard[0]["id"] == "found by plain"


@scene
async def test_without_a_sender_the_application_is_told() -> None:
    """sms.send has nowhere to go: that is the application's mistake, and the message comes again."""
    desk = Desk({"sms.receive": {"type": "sms.send", "to_address": THEIRS, "text": "x"}})
    desk.service.post = None
    assert (await desk.take(inbound()))[0] == DEFERRED


@scene
async def test_keywords_are_counted_and_told() -> None:
    """STOP in capitals and with a mark."""
    desk = Desk()
    await desk.take(inbound("Stop!"))
    assert (desk.counted("keywords"), desk.heard[0]["keyword"]) == (1, "STOP")

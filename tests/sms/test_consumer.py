"""interfaces.sms.consumer: which handler has an event, and what the words of a consumer become."""

from collections import Counter
from typing import Any

import pytest

from interfaces.shared import consumer
from interfaces.shared.delivery import ACCEPTED
from interfaces.sms.consumer import SmsConsumer
from interfaces.testing.sms_communicator import SmsCommunicator
from interfaces.workers.routing import Routing, route
from tests.http_ws.harness import scene
from tests.sms.harness import OURS as DESK_OURS
from tests.sms.harness import THEIRS as DESK_THEIRS
from tests.sms.harness import Desk, inbound

OURS, THEIRS = "+41445556677", "+41791234567"


async def heard(names: str, *texts: str) -> list[str]:
    """Of a consumer that has these handlers: those that texts go to, in order."""
    found: list[str] = []

    def handler(name: str) -> Any:
        async def handle(_self: Any, _message: Any) -> None:
            found.append(name)

        return handle

    kind = type("Heard", (SmsConsumer,), {name: handler(name) for name in names.split()})
    communicator = SmsCommunicator(kind.as_asgi())
    for text in texts:
        await communicator.text(text)
    await communicator.status()
    return found


@scene
async def test_texts_and_receipts_have_a_handler_each() -> None:
    """A keyword has its own, where there is one."""
    texts = "hi", "STOP", "start", "Help?"
    assert await heard("sms_receive sms_status", *texts) == ["sms_receive"] * 4 + ["sms_status"]
    assert await heard("sms_receive sms_status keyword_stop keyword_help", *texts) == [
        "sms_receive", "keyword_stop", "sms_receive", "keyword_help", "sms_status",
    ]  # fmt: skip
    assert await heard("keyword_start", *texts) == ["keyword_start"]


def test_what_nobody_wants_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """And counted."""
    counted: Counter[str] = Counter()
    monkeypatch.setattr(consumer, "UNKNOWN", counted)

    @scene
    async def main() -> None:
        assert await heard("keyword_none", "hi") == []

    main()
    assert counted == {"Heard sms.receive": 1, "Heard sms.status": 1}


def saying(word: str, *values: Any, **named: Any) -> list[Any]:
    """Two consumers that say one word to whatever comes: in the loop, and on a thread."""

    class Async(SmsConsumer):
        async def sms_receive(self, message: Any) -> None:
            await getattr(self, word)(*values, **named)

        sms_status = sms_receive

    class Sync(SmsConsumer):
        def sms_receive(self, message: Any) -> None:
            getattr(self, word)(*values, **named)

        sms_status = sms_receive

    return [Async, Sync]


@pytest.mark.parametrize(
    ("word", "values", "named", "verdict", "detail"),
    [
        ("accept", (), {}, "accept", {}),
        ("defer", (), {}, "defer", {}),
        ("reject", (), {}, "reject", {"status": 400, "text": "Refused"}),
        ("reject", ("no",), {"status": 422}, "reject", {"status": 422, "text": "no"}),
    ],
)
def test_a_verdict_is_said(word: str, values: Any, named: Any, verdict: str, detail: Any) -> None:
    """In a coroutine and in a plain function."""

    @scene
    async def main() -> None:
        for kind in saying(word, *values, **named):
            said = await SmsCommunicator(kind.as_asgi()).text("hi")
            assert (said.verdict, said.detail) == (verdict, detail)

    main()


@scene
async def test_a_reply_stands_in_the_answer() -> None:
    """Text, or pictures; where the answer carries none it is sent, from the number that was texted, at night too."""
    for kind in saying("reply", "hello"):
        said = await SmsCommunicator(kind.as_asgi()).text("hi")
        assert (said.replies, said.sent, said.texts) == (["hello"], [], ["hello"])
        said = await SmsCommunicator(kind.as_asgi(), replies=False).text("hi", id="i7")
        assert said.replies == [] and said.sent == [
            {
                "type": "sms.send", "to_address": THEIRS, "from_address": OURS, "account": "fake", "urgent": True,
                "text": "hello", "dedupe_key": "sms:fake:i7 reply 1",
            }
        ]  # fmt: skip
    for kind in saying("reply", media=("https://x/1",)):
        said = await SmsCommunicator(kind.as_asgi(), replies=False).text("hi")
        assert said.sent[0]["media"] == ["https://x/1"] and "text" not in said.sent[0]


@scene
async def test_a_message_that_comes_again_is_answered_under_the_same_key() -> None:
    """So the second answer is not sent; each answer to one message has a key of its own, or that which is said."""

    class Twice(SmsConsumer):
        async def sms_receive(self, message: Any) -> None:
            await self.reply("one")
            await self.reply("two", dedupe_key="mine")
            await self.reply("three")

    communicator = SmsCommunicator(Twice.as_asgi(), replies=False)
    first = await communicator.text("hi", id="i1")
    again = await communicator.text("hi", id="i1", attempt=2)
    keys = ["sms:fake:i1 reply 1", "mine", "sms:fake:i1 reply 3"]
    assert [one["dedupe_key"] for one in first.sent] == [one["dedupe_key"] for one in again.sent] == keys


@scene
async def test_a_reply_after_the_verdict_is_sent() -> None:
    """The answer has left."""

    class Late(SmsConsumer):
        async def sms_receive(self, message: Any) -> None:
            await self.reply("in it")
            await self.accept()
            await self.reply("behind it")

    said = await SmsCommunicator(Late.as_asgi()).text("hi")
    assert said.replies == ["in it"] and [one["text"] for one in said.sent] == ["behind it"]


@scene
async def test_others_are_sent_to_once_an_event() -> None:
    """Whatever the order is in which they are; from our number of the scope; a key may be said, and so may none."""

    class Forwarding(SmsConsumer):
        async def sms_receive(self, message: Any) -> None:
            for to in ("+41790000001", "+41790000002", "+41790000001"):
                await self.send_sms(to, "x")
            await self.send_sms("+41790000003", "x", dedupe_key="mine", from_address="Shop", validity=None)
            await self.send_sms("+41790000004", "x", dedupe_key=None, media=["https://x/1"])

        sms_status = sms_receive

    communicator = SmsCommunicator(Forwarding.as_asgi())
    said = await communicator.text("hi", id="i1")
    assert [one.get("dedupe_key") for one in said.sent] == [
        "sms:fake:i1 +41790000001 send 1", "sms:fake:i1 +41790000002 send 1", "sms:fake:i1 +41790000001 send 2", "mine",
        None,
    ]  # fmt: skip
    assert [one["from_address"] for one in said.sent] == [OURS, OURS, OURS, "Shop", OURS]
    assert "validity" not in said.sent[3] and said.sent[4]["media"] == ["https://x/1"]
    assert said.sent == (await communicator.text("hi", id="i1")).sent
    assert len((await communicator.status(id="m1")).sent) == 5


@scene
async def test_results_are_waited_for() -> None:
    """Of a message, of a reply, and of what is cancelled."""
    results: list[Any] = []

    class Waiting(SmsConsumer):
        async def sms_receive(self, message: Any) -> None:
            results.append(await self.send_sms(THEIRS, "x", wait=5))
            results.append(await self.reply("y", wait=5))
            results.append(await self.cancel("m1", wait=5))

    communicator = SmsCommunicator(Waiting.as_asgi())
    communicator.result = {"provider_ids": ["p1"]}
    said = await communicator.text("hi")
    assert [(one["type"], one["ok"], one["provider_ids"]) for one in results] == [
        ("sms.result", True, ["p1"])
    ] * 3
    assert [one["type"] for one in said.sent] == ["sms.send", "sms.send", "sms.cancel"]
    assert said.replies == [] and said.sent[2]["id"] == "m1"
    for kind in saying("cancel", "m2"):
        assert (await SmsCommunicator(kind.as_asgi()).text("hi")).sent == [{"type": "sms.cancel", "id": "m2"}]


@scene
async def test_who_has_sent_it_is_a_user_of_the_project() -> None:
    """Behind the middleware of identity; else nobody knows."""

    class Known(SmsConsumer):
        async def sms_receive(self, message: Any) -> None:
            await self.reply(f"{self.user}")

    communicator = SmsCommunicator(Known.as_asgi(), scope={"user": "ada"})
    assert (await communicator.text("hi")).replies == ["ada"]
    assert (await SmsCommunicator(Known.as_asgi()).text("hi")).replies == ["None"]


@scene
async def test_it_is_served() -> None:
    """By the service of ``interfaces serve sms``."""

    class Balance(SmsConsumer):
        async def sms_receive(self, message: Any) -> None:
            await self.reply("7.50")

        async def keyword_stop(self, message: Any) -> None:
            await self.send_sms(message["from_address"], "bye", ignore_opt_out=True)

    desk = Desk(app=Balance.as_asgi())
    verdict, replies = await desk.take(inbound("balance"))
    assert (verdict, [one.text for one in replies]) == (ACCEPTED, ["7.50"])
    await desk.take(inbound("STOP", id="m2"))
    assert desk.sent == [
        {
            "type": "sms.send", "to_address": DESK_THEIRS, "text": "bye", "ignore_opt_out": True,
            "dedupe_key": f"sms:plain:m2 {DESK_THEIRS} send 1", "from_address": DESK_OURS,
        }
    ]  # fmt: skip


@scene
async def test_texts_are_routed_by_their_words() -> None:
    """To plain functions, whatever their case; what no route wants is refused."""

    def balance(message: Any) -> None:
        message.reply_channel.send({"type": "sms.reply", "text": f"balance of {message['from_address']}"})

    def book(message: Any, day: str) -> None:
        message.reply_channel.send({"type": "sms.reply", "text": day})

    app = Routing(
        [
            route("sms.receive", balance, text=r"(?i)^balance"),
            route("sms.receive", book, text=r"(?i)book (?P<day>\w+)"),
        ]
    )
    communicator = SmsCommunicator(app)
    assert (await communicator.text("BALANCE please")).replies == [f"balance of {THEIRS}"]
    assert (await communicator.text("Book monday")).replies == ["monday"]

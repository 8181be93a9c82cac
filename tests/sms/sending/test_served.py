"""``interfaces serve sms`` with a fake provider: a phone texts, is answered, gets what is sent; receipts come back."""

from contextlib import asynccontextmanager

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.interface import Context
from interfaces.sms.consumer import SmsConsumer
from interfaces.sms.interface import Sms
from interfaces.sms.options import SmsOptions
from tests.sms.sending.kit import SEND, THEIRS, served, until


class Hotline(SmsConsumer):
    """Answers, and remembers what became of what was sent."""

    seen = None

    async def sms_receive(self, message):
        await self.reply(f"you said {message['text']}")
        await self.send_sms(message["from_address"], "and one more", id=f"more {message['text']}")

    async def sms_status(self, message):
        self.seen.append((message["id"], message["status"]))

    async def keyword_stop(self, message):
        await self.accept()
        await self.reply("bye")


@asynccontextmanager
async def serving(sms, **more):
    """A process that serves it; its layer, and what its application saw of receipts."""
    seen, layer = [], LocalChannelLayer()
    said = SmsOptions(accounts=(sms.account(),), bind=("127.0.0.1:0",), **more)
    context = Context(names=("sms",), layer=layer, drain=5)
    async with Sms(said).serve(Hotline.as_asgi(seen=seen), context) as addresses:
        sms.webhook = f"http://127.0.0.1:{addresses[0].port}/sms/fake"
        yield layer, seen


@served()
async def test_a_conversation(sms):
    """The reply stands in the answer, the rest is sent; receipts have the ids of what they are for."""
    phone = sms.phone(THEIRS)
    async with serving(sms) as (layer, seen):
        delivery = await phone.texts("hi")
        assert delivery.replies == ["you said hi"]
        await until(lambda: len(phone.shown) == 2)
        channel = await layer.new_channel()
        await layer.send("sms.send", {**SEND, "text": "from a view", "id": "v1", "reply_channel": channel})
        assert (await layer.receive(channel))["ok"]
        await until(lambda: ("v1", "delivered") in seen)
    assert sorted(phone.shown) == ["and one more", "from a view", "you said hi"]


@served()
async def test_who_leaves_is_told_so_and_gets_no_more(sms):
    """The last answer goes out though they have left; START lets them in again."""
    phone = sms.phone(THEIRS)
    async with serving(sms) as (layer, _):
        await phone.texts("STOP")
        await until(lambda: phone.shown == ["bye"])
        channel = await layer.new_channel()
        for text, error in (("", "opted out"), ("START", "")):
            if text:
                await phone.texts(text)
            await layer.send("sms.send", {**SEND, "id": f"after {text}", "reply_channel": channel})
            assert (await layer.receive(channel))["error"] == error

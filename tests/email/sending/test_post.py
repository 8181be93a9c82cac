"""interfaces.email.sending.post: what scopes send, from consumers, functions and any application, and its results."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from interfaces.email.consumer import EmailConsumer
from interfaces.email.options import EmailOptions
from interfaces.email.router import EmailRouter, tagged
from interfaces.email.sending import sender
from interfaces.email.sending.sender import sending
from interfaces.layers.base import ChannelFull
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ApplicationError, Unavailable
from interfaces.shared.interface import Context
from tests.email.harness import EHLO, Bench, mail, scene
from tests.email.sending.ways import MAIL, Said


@asynccontextmanager
async def desk(monkeypatch, app, *replies):
    """A server whose application may send; a client, the server, and the transport."""
    transport = Said(*replies)
    monkeypatch.setattr(sender, "_transport", lambda options: transport)
    options = EmailOptions(hostname="mx.example.org", send="smtp://relay")
    async with Bench(app) as bench, sending(options, Context(drain=5)) as post:
        post.receives(bench.service)
        peer = bench.connect()
        await peer.codes(EHLO)
        yield bench, peer, transport


async def codes(bench, peer, *said):
    """The codes of all replies, once the last one is there."""
    found = await peer.codes(mail(*said), 65_536)
    async with asyncio.timeout(10):
        while len(found) < 4:
            await asyncio.sleep(0)
            found += await peer.codes()
    return found


@scene
async def test_a_consumer_answers(monkeypatch):
    """In the thread of the message, to who wrote it; the client is told at once."""

    class Desk(EmailConsumer):
        async def email_receive(self, message):
            await self.reply(message, text="We have it.")

    content = b"From: Ann <a@a.example>\r\nSubject: Help\r\nMessage-ID: <1@a.example>\r\n\r\nText\r\n"
    async with desk(monkeypatch, Desk.as_asgi()) as (bench, peer, transport):
        assert await codes(bench, peer, content) == [250, 250, 354, 250]
    (out,) = transport.mails
    assert out.recipients == ("a@a.example",)
    assert b"Subject: Re: Help\r\n" in out.content
    assert b"In-Reply-To: <1@a.example>\r\n" in out.content
    assert b"From: b@b.example\r\n" in out.content


@scene
async def test_a_message_that_comes_again_is_answered_once(monkeypatch):
    """The first call was lost with its verdict; a second answer to the same message is another one."""
    again = []

    class Desk(EmailConsumer):
        async def email_receive(self, message):
            await self.reply(message, text="We have it.")
            await self.reply(message, text="And more.")
            await self.reply(message, text="Each time.", dedupe_key=None)
            if not again:
                again.append(True)
                raise RuntimeError("lost")

    async with desk(monkeypatch, Desk.as_asgi()) as (bench, peer, transport):
        assert await codes(bench, peer) == [250, 250, 354, 451]
        assert await codes(bench, peer) == [250, 250, 354, 250]
    texts = [out.content.rpartition(b"\r\n\r\n")[2].strip() for out in transport.mails]
    assert sorted(texts) == [b"And more.", b"Each time.", b"Each time.", b"We have it."]


@scene
async def test_a_consumer_waits_for_the_result(monkeypatch):
    """Its verdict depends on it; while it waits its delivery does not end."""

    class Forwarder(EmailConsumer):
        async def email_receive(self, message):
            result = await self.send_mail(**MAIL, wait=10)
            await self.reject(result["error"]) if not result["ok"] else await self.accept()

    refused = {"b@example.net": ("failed", 550, "5.1.1", "No such user")}
    async with desk(monkeypatch, Forwarder.as_asgi(), refused) as (bench, peer, transport):
        assert await codes(bench, peer) == [250, 250, 354, 550]
        assert await codes(bench, peer) == [250, 250, 354, 250]
    assert len(transport.mails) == 2


@scene
async def test_consumers_behind_a_router_wait_for_their_results(monkeypatch):
    """Each for its own, though the message is for several of them."""

    class Forwarder(EmailConsumer):
        async def email_receive(self, message):
            result = await self.send_mail(**{**MAIL, "to": message["to"]}, wait=10)
            await self.reject(result["error"]) if not result["ok"] else await self.accept()

    router = EmailRouter([tagged("b@b.example", Forwarder.as_asgi())])
    refused = {"b+2@b.example": ("failed", 550, "5.1.1", "No such user")}
    recipients = [f"b+{number}@b.example" for number in range(4)]
    async with desk(monkeypatch, router, *[refused] * 4) as (bench, _, transport):
        peer = await bench.greeted(lmtp=True)
        peer.feed(mail(b"Subject: x\r\n\r\n", *recipients))
        found = []
        async with asyncio.timeout(10):
            while len(found) < 10:
                await asyncio.sleep(0)
                found += await peer.codes()
    assert found[6:] == [250, 250, 550, 250]
    assert sorted(mail.recipients[0] for mail in transport.mails) == recipients


@scene
@pytest.mark.parametrize("large", [False, True])
async def test_a_consumer_forwards(monkeypatch, large):
    """What was received is within what is sent, byte for byte, wherever it is; both styles of handlers do it."""

    class Forwarder(EmailConsumer):
        async def email_receive(self, message):
            await self.forward(message, "x@example.net", text="For you")

    class Plain(EmailConsumer):
        def email_receive(self, message):
            assert self.forward(message, "x@example.net", text="For you", wait=10)["ok"]

    content = b"Subject: Help\r\n\r\n" + b"0123456789\r\n" * (10 if not large else 100_000)
    for consumer in (Forwarder, Plain):
        async with desk(monkeypatch, consumer.as_asgi()) as (bench, peer, transport):
            assert await codes(bench, peer, content) == [250, 250, 354, 250]
            while not transport.mails:
                await asyncio.sleep(0)
        (out,) = transport.mails
        assert out.recipients == ("x@example.net",)
        assert content in out.content
        assert b"Subject: Fwd: Help\r\n" in out.content


@scene
async def test_what_goes_in_a_circle_is_refused(monkeypatch):
    """Forwarding it once more would send it for ever."""

    class Forwarder(EmailConsumer):
        async def email_receive(self, message):
            await self.forward(message, "x@example.net")

    content = b"Received: from a by b\r\n" * 60 + b"Subject: Help\r\n\r\nText\r\n"
    async with desk(monkeypatch, Forwarder.as_asgi()) as (bench, peer, transport):
        assert await codes(bench, peer, content) == [250, 250, 354, 554]
    assert transport.mails == []


@scene
async def test_a_plain_function_sends_too(monkeypatch):
    """It blocks until the result is there."""

    class Forwarder(EmailConsumer):
        def email_receive(self, message):
            assert self.send_mail(**MAIL, wait=10)["ok"]
            self.send_mail(**MAIL)

    async with desk(monkeypatch, Forwarder.as_asgi()) as (bench, peer, transport):
        assert await codes(bench, peer) == [250, 250, 354, 250]
    assert len(transport.mails) == 2


@scene
async def test_any_application_sends(monkeypatch):
    """It gets the result of what had an id as an event, once it asks; asking again after that ends the delivery."""
    seen = []

    async def app(scope, receive, send):
        await receive()
        await send({**MAIL, "id": "m1"})
        await send(MAIL)
        seen.append(await receive())
        await receive()
        seen.append("not released")

    async with desk(monkeypatch, app) as (bench, peer, transport):
        assert await codes(bench, peer) == [250, 250, 354, 250]
    (result,) = seen
    assert (result["type"], result["id"], result["ok"]) == ("email.result", "m1", True)
    assert len(transport.mails) == 2


@scene
async def test_who_returns_waits_for_no_result(monkeypatch):
    """The verdict leaves; the message goes out all the same."""

    async def app(scope, receive, send):
        await receive()
        await send({**MAIL, "id": "m1"})

    async with desk(monkeypatch, app) as (bench, peer, transport):
        assert await codes(bench, peer) == [250, 250, 354, 250]
    assert len(transport.mails) == 1


@scene
async def test_what_cannot_be_sent_raises_in_the_application(monkeypatch):
    """Which may go on; else its client tries again."""
    seen = []

    class Wrong(EmailConsumer):
        async def email_receive(self, message):
            with pytest.raises(ApplicationError, match="subject") as error:
                await self.send_mail(**MAIL | {"subject": "a\r\nb"})
            seen.append(error)

    async with desk(monkeypatch, Wrong.as_asgi()) as (bench, peer, _):
        assert await codes(bench, peer) == [250, 250, 354, 250]
    assert seen


@scene
async def test_without_a_sender_it_raises_what_to_do():
    """The application's error says which option is missing."""
    seen = []

    async def app(scope, receive, send):
        await receive()
        with pytest.raises(ApplicationError, match="--email-send") as error:
            await send(MAIL)
        seen.append(error)

    async with Bench(app) as bench:
        peer = bench.connect()
        await peer.codes(EHLO)
        assert await codes(bench, peer) == [250, 250, 354, 250]
    assert seen


@scene
async def test_what_is_too_large_for_the_layer_raises_in_the_application(monkeypatch):
    """It can never be sent so: to try again would not help."""

    class Small(LocalChannelLayer):
        async def send(self, channel, message):
            raise ValueError("a message is at most 16777216 bytes")

    post = sender.Post(Small(), "mx.example.org", 1_000_000)
    with pytest.raises(ApplicationError, match="16777216"):
        await post(MAIL)


@scene
async def test_where_there_is_no_room_the_client_tries_again(monkeypatch):
    """A full channel is nobody's mistake: one line in the log, and 451."""

    async def app(scope, receive, send):
        await receive()
        await send(MAIL)

    async with desk(monkeypatch, app) as (bench, peer, transport):

        async def full(message):
            raise ChannelFull("email.send")

        bench.service.post.keep = full
        assert await codes(bench, peer) == [250, 250, 354, 451]
    assert transport.mails == []


@scene
async def test_a_result_that_cannot_be_heard_is_told(monkeypatch):
    """A layer that is closed meanwhile does not end the delivery: the result says that nobody knows."""

    class Closed(LocalChannelLayer):
        async def receive(self, channel, *more):
            raise Unavailable("the layer was closed")

    post = sender.Post(Closed(), "mx.example.org", 1_000_000)
    result = await (await post({**MAIL, "id": "m1"}))
    assert (result["type"], result["id"], result["ok"]) == ("email.result", "m1", False)
    assert "the layer was closed" in result["error"]

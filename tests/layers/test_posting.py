"""What scopes send: checked, put, and its result heard."""

import asyncio

import pytest

from interfaces.layers.base import ChannelFull
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.posting import Posting
from interfaces.shared import tracing
from interfaces.shared.errors import ApplicationError, Unavailable


async def fine(_message):
    """Nothing is wrong with it."""


def posting(layer=None, check=fine):
    """To ``pigeon.send`` of a layer."""
    return Posting(layer or LocalChannelLayer(), "pigeon.send", "pigeon.result", check)


def test_a_message_is_put_and_its_result_is_heard():
    """It gets a channel of its own for that; without an id, or with a reply_channel, nobody waits."""

    async def main():
        post = posting()
        task = await post({"type": "pigeon.send", "id": "1", "words": ("a",)})
        put = await post.layer.receive("pigeon.send")
        assert put["words"] == ["a"] and put["reply_channel"].startswith("pigeon.")
        await post.layer.send(put["reply_channel"], {"type": "pigeon.result", "ok": True})
        assert await task == {"type": "pigeon.result", "ok": True}
        assert await post({"type": "pigeon.send"}) is None
        assert await post({"type": "pigeon.send", "id": "2", "reply_channel": "r"}) is None
        assert (await post.layer.receive("pigeon.send")) == {"type": "pigeon.send"}
        assert (await post.layer.receive("pigeon.send"))["reply_channel"] == "r"
        assert repr(post) == "<Posting to pigeon.send>"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (ChannelFull("pigeon.send"), Unavailable),
        (Unavailable("no broker"), Unavailable),
        (ValueError("at most 16 MiB"), ApplicationError),
        (TypeError("no value"), ApplicationError),
    ],
)
def test_what_cannot_be_put(raised, error):
    """What would work later is Unavailable, what never would is the application's mistake: with its type."""

    async def main():
        async def keep(_message):
            raise raised

        post = posting()
        post.keep = keep
        with pytest.raises(error, match=r"no broker|pigeon\.send: "):
            await post({"type": "pigeon.send"})

    asyncio.run(main())


def test_what_is_refused_is_not_put():
    """The check says why; what is no message at all likewise."""

    async def refuse(_message):
        raise ApplicationError("pigeon.send: no words")

    async def main():
        post = posting(check=refuse)
        with pytest.raises(ApplicationError, match="no words"):
            await post({"type": "pigeon.send"})
        with pytest.raises(ApplicationError, match=r"pigeon\.send: messages hold"):
            await post({"type": "pigeon.send", "x": object()})
        assert (await post.layer.statistics())["messages"] == 0

    asyncio.run(main())


def test_a_result_that_cannot_be_heard():
    """Nobody knows what became of it: that is said, and it is not final."""

    class Closed(LocalChannelLayer):
        """Gives nothing any more."""

        async def receive(self, channel, *more):
            raise Unavailable("closed")

    async def main():
        result = await (await posting(Closed())({"type": "pigeon.send", "id": "1"}))
        assert result == {
            "type": "pigeon.result",
            "id": "1",
            "ok": False,
            "error": "its result cannot be heard: closed",
            "final": False,
        }

    asyncio.run(main())


class Fixed:
    """A tracer in whose process always the same span runs."""

    def current(self):
        return PARENT


PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_what_is_put_has_the_trace_that_runs_and_the_check_does_not_see_it(monkeypatch):
    """It is for the outbox, and no protocol's word; one that the application gives is kept."""
    seen = []

    async def check(message):
        seen.append(message)

    async def main():
        post = posting(check=check)
        await post({"type": "pigeon.send", "words": "a"})
        await post({"type": "pigeon.send", "traceparent": "theirs"})
        return [(await post.layer.receive("pigeon.send"))["traceparent"] for _ in range(2)]

    tracing.install(Fixed())
    try:
        assert asyncio.run(main()) == [PARENT, "theirs"]
    finally:
        tracing.install(None)
    assert seen == [{"type": "pigeon.send", "words": "a"}, {"type": "pigeon.send"}]


def test_what_is_sent_to_an_outbox_from_anywhere_has_the_trace_that_runs():
    """Also what is sent later; what is sent to other channels of a layer stays as it is."""

    async def main():
        layer = LocalChannelLayer()
        await layer.send("email.send", {"to": "a"})
        await layer.send_later("sms.send", {"to": "b"}, 0.001)
        await layer.send("chat", {"text": "c"})
        return [await layer.receive(name) for name in ("email.send", "sms.send", "chat")]

    tracing.install(Fixed())
    try:
        found = asyncio.run(main())
    finally:
        tracing.install(None)
    assert found == [{"to": "a", "traceparent": PARENT}, {"to": "b", "traceparent": PARENT}, {"text": "c"}]

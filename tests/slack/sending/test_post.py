"""interfaces.slack.sending.post: what a scope sends, and how it hears of it."""

import asyncio

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.delivery import ACCEPTED, Delivery
from interfaces.shared.errors import ApplicationError, Unavailable
from interfaces.slack.sending.post import Post
from interfaces.slack.words import SENDS, WORDS
from tests.slack.sending.kit import SEND, run

API = "https://slack.com/api/"


async def posted(app, layer, **scope):
    """What a scope with this application has put on the layer."""
    ended = asyncio.get_running_loop().create_future()
    delivery = Delivery(
        app,
        {"type": "slack", **scope},
        WORDS,
        lambda it: ended.set_result(it.outcome(ACCEPTED)),
        frozenset(SENDS),
    )
    delivery.post = Post(layer, API)
    delivery.start(asyncio.get_running_loop())
    delivery.last({"type": "slack.message"})
    await ended
    await asyncio.wait({delivery.task})
    return delivery


def test_a_message_is_from_the_installation_of_its_scope():
    """Unless it names another one."""

    async def app(scope, receive, send):
        await receive()
        await send({"type": "slack.send", "channel": "C1", "text": "a"})
        await send({"type": "slack.send", "channel": "C1", "text": "b", "team_id": "T2"})

    async def main():
        layer = LocalChannelLayer()
        await posted(app, layer, team_id="T1", enterprise_id=None)
        found = [await layer.receive("slack.send") for _ in range(2)]
        assert [one["team_id"] for one in found] == ["T1", "T2"]
        assert not any("enterprise_id" in one for one in found)

    run(main)


def test_what_can_never_be_sent_raises_in_the_application():
    """One line says why; a response URL of somebody else's is not posted to, and not told."""

    async def app(scope, receive, send):
        await receive()
        with pytest.raises(ApplicationError, match=r"slack\.send needs channel"):
            await send({"type": "slack.send", "text": "a"})
        with pytest.raises(ApplicationError, match="none of Slack's"):
            await send({"type": "slack.respond", "response_url": "https://evil.example/x", "text": "a"})
        with pytest.raises(ApplicationError, match=r"knows no message 'slack\.sned'"):
            await send({"type": "slack.sned"})

    async def main():
        layer = LocalChannelLayer()
        delivery = await posted(app, layer, team_id="T1")
        assert delivery.error is None
        assert (await layer.statistics())["messages"] == 0

    run(main)


def test_a_result_that_cannot_be_heard_is_uncertain():
    """The message is on its way; nobody knows more."""

    class Closed(LocalChannelLayer):
        """Gives nothing any more."""

        async def receive(self, channel, *more):
            raise Unavailable("closed")

    async def main():
        result = await (await Post(Closed(), API)({**SEND, "id": "m1"}))
        assert (result["type"], result["id"], result["ok"]) == ("slack.result", "m1", False)
        assert (result["status"], result["final"]) == ("uncertain", False)

    run(main)

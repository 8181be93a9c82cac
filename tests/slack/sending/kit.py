"""What the tests of sending share: an outbox that sends to a fake Slack, and installations in memory."""

import asyncio
from contextlib import asynccontextmanager

from interfaces.layers.base import KEPT
from interfaces.shared.errors import Unavailable
from interfaces.shared.sendings import Sending
from interfaces.shared.waiting import MemoryStore
from interfaces.slack.installations.base import Installation
from interfaces.slack.sending.client import Client
from interfaces.slack.sending.way import SlackWay, wide
from interfaces.testing.slack import FakeSlack
from tests.shared.outboxes import Asked, Watched

SEND = {"type": "slack.send", "channel": "C1", "text": "hi", "team_id": "T1"}


class Installed:
    """The tokens of teams; ``away``: the store does not answer."""

    def __init__(self, **tokens):
        self.tokens = tokens
        self.away = False

    async def find(self, team_id, enterprise_id=None, *, is_enterprise_install=False):
        if self.away:
            raise Unavailable("no database")
        token = self.tokens.get(team_id or "T1")
        return Installation(key=team_id or "T1", token=token) if token else None


def run(main):
    """Run a coroutine function; it must not take longer than 20 s."""
    return asyncio.run(asyncio.wait_for(main(), 20))


def sending(message, **more):
    """One attempt, and how often it was said to begin."""
    begun = []

    async def begin():
        begun.append(1)
        return True

    said = {"number": 1, "put_at": 1_000_000.0, "earlier": {}, **more}
    made = Sending(id="m1", message=message, begin=begin, **said)
    return made, begun


@asynccontextmanager
async def way(slack, *, timeout=5.0, **more):
    """A way to a fake."""
    installed = more.pop("installed", None) or Installed(T1=slack.bot_token)
    async with Client(slack.api_url, timeout) as client:
        yield SlackWay(
            client=client, installations=installed, **{"interval": 0.0, "clock": lambda: 1_000_000.0, **more}
        )


@asynccontextmanager
async def desk(slack, *, clock=None, rules=None, **more):
    """An outbox that sends what is put into its channel; gives its watcher, and that channel."""
    asked = Asked()
    times = {"clock": clock} if clock else {}
    store = MemoryStore(asked, ordered_by=KEPT["slack.send"], **times)
    said = {"clock": clock or store.clock, **more}
    async with way(slack, **said) as sender:
        box = Watched(sender, store, **{"wide": wide, "waiting": 100, "concurrency": 20, **(rules or {})})
        await store.open()
        task = asyncio.ensure_future(box.outbox.run())
        try:
            yield box, asked.queue.put_nowait
        finally:
            await box.outbox.stop(0)
            await task
            await store.close()


def served(**options):
    """A decorator: the test is a coroutine function that gets a fake Slack, which is served."""

    def decorate(test):
        def wrapped():
            async def main():
                async with FakeSlack(**options) as slack:
                    await test(slack)

            run(main)

        wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
        return wrapped

    return decorate

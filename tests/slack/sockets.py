"""Socket Mode against the fake Slack: a receiver with a service that answers by script, or with a whole one."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

from interfaces.shared.interface import Context
from interfaces.shared.upstream import Patience
from interfaces.slack.options import SlackOptions
from interfaces.slack.socket import socket_mode
from interfaces.testing.slack import FakeSlack
from tests.shared.upstreams import Heard
from tests.slack.harness import Desk
from tests.slack.wires import Script

MESSAGE = {"type": "message", "channel": "C1", "user": "U1", "text": "hi"}
QUICK = Patience(first=0.02, longest=0.2, good=0.02, opening=5, linger=0.3, closing=2, early=True)
"""As the real one, and faster."""


def run(main):
    """Run a coroutine; it must not take longer than 20 s."""
    return asyncio.run(asyncio.wait_for(main, 20))


def served(test, **fake):
    """Run ``test(slack)`` with a fake that is served."""

    async def main():
        async with FakeSlack(**fake) as slack:
            await test(slack)

    run(main())


def options_for(slack, **more):
    """Those of a container that connects to ``slack``."""
    said = {"app_token": (slack.app_token,), "bot_token": "xoxb-1", "api_url": slack.api_url, **more}
    return SlackOptions(**said)


class Receiver:
    """A context with what readiness was told, and a service."""

    def __init__(self, slack, *, seconds=0.0, answers=None, app=None, layer=None, drain=5.0, **options):
        self.slack = slack
        self.told = {}
        self.context = Context(drain=drain, layer=layer, on_ready=self._ready)
        self.app = app or Heard()
        self.service = Script(seconds=seconds, answers=answers)
        self.service.options = options_for(slack, **options)
        self.service.intake = SimpleNamespace(app=self.app)

    def _ready(self, name, ok, reason):
        self.told[name] = (ok, reason)

    @asynccontextmanager
    async def on(self, links=2):
        """Serve; entered when so many connections are open."""
        async with socket_mode(self.service, self.context):
            if links:
                await self.slack.socket.connected(links)
            yield self

    def counted(self, name):
        """What was counted, behind "slack.socket."."""
        return self.context.telemetry.counts[f"slack.socket.{name}"] + self.service.counts[name]


async def until(true, seconds=5.0):
    """Wait for what has to come to pass."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def whole(slack, script=None, **options):
    """A whole service by Socket Mode: its :class:`tests.slack.harness.Desk`."""
    said = {
        "app_token": (slack.app_token,),
        "api_url": slack.api_url,
        "transport": "socket",
        "signing_secret": (),
    }
    desk = Desk(script, **(said | options))
    desk.context.drain = 5.0
    async with socket_mode(desk.service, desk.context):
        await slack.socket.connected(2)
        yield desk


__all__ = ["MESSAGE", "QUICK", "Receiver", "options_for", "served", "until", "whole"]

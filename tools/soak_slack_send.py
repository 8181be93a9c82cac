#!/usr/bin/env python3
"""Bursts of messages to Slack, against a fake that enforces Slack's limits: none is lost, none is out of order.

    python tools/soak_slack_send.py [--sends 500] [--channels 50] [--scale 50] [--workers 1] [--fault hasty]

N messages to one channel, and as many to N channels in turn, are put at once on the channel ``slack.send``; the fake's
clock passes ``--scale`` times as fast. Several senders (``--workers``) take from one durable queue at a broker. Exit
code 1 unless each message is there once, in its order within its channel, and no limit was answered more than twice
with 429. With ``--fault hasty`` nothing is paced: then the soak has to fail. Prints what was measured, as JSON.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from interfaces.layers.embedded import Embedded
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.interface import Context
from interfaces.slack.installations.opening import installations
from interfaces.slack.options import SlackOptions
from interfaces.slack.sending.sender import sending
from interfaces.testing.slack import FakeSlack, Limits

__all__ = ["main"]

REFUSALS = 2
"""Answers with 429 that each limit may give."""
PATIENCE = 60.0
"""Seconds without another message after which the rest counts as lost."""


def wanted(sends: int, channels: int) -> list[dict[str, Any]]:
    """The messages, in the order in which they are put: the one channel and the many take turns."""
    found = []
    for number in range(sends):
        found.append({"channel": "C1", "text": f"one {number}"})
        found.append({"channel": f"C{100 + number % channels}", "text": f"many {number}"})
    return [{"type": "slack.send", "team_id": "T1", **one} for one in found]


async def senders(
    stack: AsyncExitStack, slack: FakeSlack, said: argparse.Namespace
) -> tuple[Any, list[Context]]:
    """A layer to put messages on, and the contexts of those who send."""
    options = SlackOptions(
        signing_secret=("s",), bot_token=slack.bot_token, api_url=slack.api_url,
        send_channel_interval=0.0 if said.fault else slack.clock.real(1.0),
        send_rate=0.0 if said.fault else 4.0 * said.scale / said.workers,
    )  # fmt: skip
    local = LocalChannelLayer(capacity=10 * said.sends)
    contexts = []
    layer: Any = None
    broker = stack.enter_context(_broker()) if said.workers > 1 else None
    for _ in range(said.workers):
        if broker is not None:
            layer = RedisChannelLayer([broker.url], prefix="soak")
            stack.push_async_callback(layer.close)
        context = Context(names=("slack",), layer=layer or local, drain=5)
        found = installations(options, context)
        await found.open()
        stack.push_async_callback(found.close)
        await stack.enter_async_context(sending(options, context, found, slack.clock.real))
        contexts.append(context)
    return layer or local, contexts


@contextmanager
def _broker() -> Iterator[Embedded]:
    """A broker of its own."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Embedded(Path(folder, "broker")) as server,
    ):
        yield server


def posted(slack: FakeSlack, channels: int) -> dict[str, list[str]]:
    """The texts of each channel."""
    names = ["C1", *(f"C{100 + number}" for number in range(channels))]
    return {name: [one["text"] for one in slack.messages(name)] for name in names}


async def run(said: argparse.Namespace) -> dict[str, Any]:
    """Put all, wait for the last, and say what came of it."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(FakeSlack(limits=Limits(), scale=said.scale))
        for number in range(said.channels):
            slack.world.add_channel(f"C{100 + number}")
        layer, contexts = await senders(stack, slack, said)
        messages, start = wanted(said.sends, said.channels), time.monotonic()
        for one in messages:
            await layer.send("slack.send", one)
        there, last = 0, start
        while there < len(messages) and time.monotonic() - last < PATIENCE:
            await asyncio.sleep(0.02)
            now = sum(context.telemetry.counts["slack.send.sent"] for context in contexts)
            there, last = now, time.monotonic() if now > there else last
        found, seconds = posted(slack, said.channels), time.monotonic() - start
        order: dict[str, list[str]] = {name: [] for name in found}
        for one in messages:
            order[one["channel"]].append(one["text"])
        return {
            "messages": len(messages),
            "posted": sum(map(len, found.values())),
            "in_order": found == order,
            "refusals": {" ".join(limit): count for limit, count in slack.limited.items()},
            "most_refusals": max(slack.limited.values(), default=0),
            "seconds": round(seconds, 1),
            "seconds_of_slack": round(slack.clock.seconds(seconds)),
            "calls": len(slack.called("chat.postMessage")),
        }


def main() -> int:
    """See the top of the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sends", type=int, default=500)
    parser.add_argument("--channels", type=int, default=50)
    parser.add_argument("--scale", type=float, default=50.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--fault", choices=["hasty"], default="")
    said = parser.parse_args()
    found = asyncio.run(run(said))
    print(json.dumps(found))
    good = found["posted"] == found["messages"] and found["in_order"] and found["most_refusals"] <= REFUSALS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

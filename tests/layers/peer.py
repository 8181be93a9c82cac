"""Another process at the same brokers: ``python -m tests.layers.peer PART KEYWORDS QUEUE``; it speaks JSON lines."""

import asyncio
import json
import sys

from interfaces.layers.redis import RedisChannelLayer


def say(value):
    """To the test."""
    print(json.dumps(value), flush=True)


async def take(layer, queue):
    """Receive numbers from a queue until there is a None; tell them."""
    got = []
    say("ready")
    while (number := (await layer.receive(queue))["n"]) is not None:
        got.append(number)
    say(got)


async def answer(layer, queue):
    """Answer what comes to the channel that it names."""
    say("ready")
    while True:
        message = await layer.receive(queue)
        if message["reply"] is None:
            return
        await layer.send(message["reply"], {"n": message["n"]})


async def join(layer, queue):
    """Add the channels that come to a group, and send to that group at once."""
    say("ready")
    while True:
        message = await layer.receive(queue)
        if message["channel"] is None:
            return
        await layer.group_add(message["group"], message["channel"])
        await layer.group_send(message["group"], {"n": message["n"]})


async def main():
    """Do the part."""
    part, keywords, queue = sys.argv[1:]
    await globals()[part](RedisChannelLayer(**json.loads(keywords)), queue)


if __name__ == "__main__":
    asyncio.run(main())

"""A worker of soak_inbox.py: deliveries from durable queues, and a Django consumer with one effect for each.

    python tools/soak_inbox_worker.py URL POINT DATABASE [--without-inbox]

It dies by its own hand at POINT, once it has lived for a while, so that the moment is exact.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from typing import Any

from soak_inbox import AT_ONCE, LIMITS, PREFIX, QUEUES, TOLD, set_up

if __name__ == "__main__":
    set_up(json.loads(sys.argv[3]))

from django.db import OperationalError, connection, transaction

from interfaces.django import outbox
from interfaces.django.inbox import Busy, once
from interfaces.layers.durable import DurableQueues, Item
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.strand import Strand, pool

__all__ = ["main"]


class Fate:
    """Where this process ends, or is stopped."""

    point = ""
    after = 0.0

    @classmethod
    def strikes(cls, point: str) -> bool:
        """Whether it does so here and now."""
        return point == cls.point and time.monotonic() > cls.after

    @classmethod
    def meets(cls, point: str) -> None:
        """Kill -9, if it does."""
        if cls.strikes(point):
            os.kill(os.getpid(), signal.SIGKILL)


def tell(*words: object) -> None:
    """One line to the parent, in one write: it stays when we are killed."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


# --- what a Django developer writes ----------------------------------------------------------------


def charge(message: dict[str, Any]) -> bool:
    """The effect: a row, a sum, and a message that is to leave with them."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO soak_effect (name) VALUES (%s)", [message["name"]])
        Fate.meets("inside")
        if Fate.strikes("stop"):
            Fate.point = ""
            tell("stopped")
            os.kill(os.getpid(), signal.SIGSTOP)
        cursor.execute("UPDATE soak_account SET total = total + 1 WHERE id = %s", [message["account"]])
    outbox.send(TOLD, {"name": message["name"], "dedupe_key": f"told-{message['name']}"})
    return True


charge_once = once(charge)
charge_always = transaction.atomic(charge)


# --- around it -------------------------------------------------------------------------------------


class DyingLayer(RedisChannelLayer):
    """A layer whose process may die when a message has left and its row in the outbox does not say so yet."""

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send it."""
        await super().send(channel, message)
        Fate.meets("sending")


async def handle(queues: DurableQueues, item: Item, consume: Any) -> None:
    """Have one delivery consumed, and say that it is done."""
    message = {"type": "soak.charge", **item.message, "dedupe_key": item.dedupe_key}
    strand = Strand(pool())
    try:
        first = await strand.run(consume, message)
    except (Busy, OperationalError) as error:  # the second: SQLite, locked, without once
        tell("busy" if isinstance(error, Busy) else "locked")
        await queues.retry(item, 0.05)
        return
    finally:
        strand.close()
    tell("effect" if first else "copy" if item.message["copied"] else "repeat")
    if first and not item.message["copied"]:
        Fate.meets("committed")  # so it comes again, and for no other reason
    ours = await queues.done(item)
    Fate.meets("done")
    tell("done" if ours else "late")


async def work(url: str, point: str, consume: Any) -> None:
    """Take, consume and relay until killed."""
    layer = DyingLayer([url], prefix=PREFIX, capacity=100_000)
    queues = DurableQueues(layer.hub(), durability="host-crash", limits=LIMITS)
    await queues.open()
    relay = asyncio.create_task(outbox.relay(layer, poll=0.05))
    Fate.point, Fate.after = point, time.monotonic() + random.random() * 0.2
    tell("ready")
    while not relay.done():
        items = await queues.take(QUEUES, AT_ONCE)
        await asyncio.gather(*(handle(queues, item, consume) for item in items))
    relay.result()


def main() -> None:
    """The command line."""
    url, point = sys.argv[1:3]
    asyncio.run(work(url, point, charge_always if "--without-inbox" in sys.argv else charge_once))


if __name__ == "__main__":
    main()

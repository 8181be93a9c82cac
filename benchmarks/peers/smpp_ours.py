"""Our binds, with an application that accepts: smpp_ours.py PORT MODE COUNT PENDING. Prints its CPU a message."""

import asyncio
import gc
import json
import resource
import sys
import time
from typing import Any

from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.shared.interface import Context
from interfaces.sms.accounts import Bind
from interfaces.sms.options import SmsOptions
from interfaces.sms.providers.base import Outgoing
from interfaces.sms.service import Service
from interfaces.sms.smpp import binds

PORT, MODE, COUNT, PENDING = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
SEEN = {"n": 0}
WINDOW = 1000
YOUNG = 10_000


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Accepts what comes by returning."""
    if scope["type"] != "sms":
        raise ValueError(scope["type"])
    await receive()
    SEEN["n"] += 1


async def main() -> dict[str, Any]:
    """Do what MODE says."""
    url = f"smpp://bench:secret@127.0.0.1:{PORT}"
    options = SmsOptions(
        binds=(Bind(name="b", url=url, window=WINDOW, response_timeout=60.0),),
        waiting=200_000,
        at_once=1000,
        patience=600.0,
        send_timeout=600.0,
    )
    context = Context(names=("sms",), drain=1.0)
    service = Service(
        app, options, context, (LocalDedupe(), Conversations(side_by_side=1000, waiting=200_000))
    )
    async with binds(service, context) as found:
        while not found.standing("b"):  # noqa: ASYNC110 - at the start alone
            await asyncio.sleep(0.01)
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])  # as interfaces serve does
        before = time.process_time()
        if MODE == "submit":
            await submitted(found)
        while SEEN["n"] < COUNT:  # noqa: ASYNC110 - a hundred times a second costs nothing
            await asyncio.sleep(0.01)
        spent = time.process_time() - before
    return {
        "cost": spent / COUNT * 1e6,
        "seen": SEEN["n"],
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def submitted(found: Any) -> None:
    """COUNT messages, PENDING of them at once."""
    left = iter(range(COUNT))

    async def one() -> None:
        for number in left:
            message = Outgoing(
                id=str(number), sender="+41445556677", recipient=f"+4179{number % 1000:07d}", text="hello"
            )
            sent = await found.submit("b", message)
            if sent.state != "sent":
                raise RuntimeError(f"{sent}")

    await asyncio.gather(*(one() for _ in range(PENDING)))


if __name__ == "__main__":
    try:
        import uvloop  # as interfaces serve does
    except ImportError:
        print(json.dumps(asyncio.run(main())))
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            print(json.dumps(runner.run(main())))

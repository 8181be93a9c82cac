"""A sender that kills itself: ``outgoing_victim FOLDER before|after`` the record that its attempt has begun."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from interfaces.shared.spool.outgoing import SpoolStore
from tests.shared.outboxes import Asked, Scripted, running


async def main(folder, point):
    """Put a message, take it, and die."""

    async def die(_sending):
        os.kill(os.getpid(), signal.SIGKILL)

    store = SpoolStore(Path(folder), Asked())
    async with running(Scripted(die, commits=point == "after"), store):
        await store.put({"id": "m1", "reply_channel": "r"})
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

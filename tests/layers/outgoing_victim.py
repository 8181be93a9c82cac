"""A sender that kills itself: ``outgoing_victim URL PREFIX before|after`` the record that its attempt has begun."""

import asyncio
import os
import signal
import sys

from interfaces.layers.redis import RedisChannelLayer
from tests.shared.outboxes import Scripted, running


async def main(url, prefix, point):
    """Take the first message, and die."""

    async def die(_sending):
        os.kill(os.getpid(), signal.SIGKILL)

    layer = RedisChannelLayer([url], prefix=prefix)
    async with running(Scripted(die, commits=point == "after"), layer.store("email.send")):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""What became of what was sent, heard while the application is served."""

import asyncio
import logging
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from interfaces.demo import desk
from interfaces.demo.ways import RESULTS
from interfaces.shared.asgi import Receive, Scope, Send

__all__ = ["hear", "lifespan", "tell"]

WAITING = 10_000
"""Results that wait for the database; a channel of the layer has room for 100 alone, and drops the rest."""

log = logging.getLogger("interfaces.demo")


async def lifespan(_scope: Scope, receive: Receive, send: Send) -> None:
    """From the start to the end of the process (ASGI's lifespan)."""
    await receive()
    hearing = asyncio.ensure_future(hear(get_channel_layer()))
    await send({"type": "lifespan.startup.complete"})
    await receive()
    hearing.cancel()
    await asyncio.wait({hearing})
    await send({"type": "lifespan.shutdown.complete"})


async def hear(layer: Any) -> None:
    """Take results as they come, a burst as well; one that cannot be told ends nothing."""
    taken: asyncio.Queue[dict[str, Any]] = asyncio.Queue(WAITING)
    telling = asyncio.ensure_future(tell(taken))
    try:
        while True:
            await taken.put(await layer.receive(RESULTS))
    finally:
        telling.cancel()
        await asyncio.wait({telling})


async def tell(taken: "asyncio.Queue[dict[str, Any]]") -> None:
    """Tell the desk one after the other."""
    while True:
        result = await taken.get()
        try:
            await database_sync_to_async(desk.heard)(result)
        except Exception:
            log.exception("the result of %s is lost", result.get("id"))

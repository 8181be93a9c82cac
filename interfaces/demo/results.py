"""What became of what was sent, heard while the application is served."""

import asyncio
import logging
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from interfaces.demo import desk
from interfaces.demo.ways import RESULTS
from interfaces.shared.asgi import Receive, Scope, Send

__all__ = ["hear", "lifespan"]

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
    """Take results as they come; one that cannot be told ends nothing."""
    while True:
        result = await layer.receive(RESULTS)
        try:
            await database_sync_to_async(desk.heard)(result)
        except Exception:
            log.exception("the result of %s is lost", result.get("id"))

"""``asgi.delay`` that outlives brokers and processes: a durable queue whose items have their time."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from interfaces.layers.base import ChannelFull, Message
from interfaces.layers.durable import DurableQueues, Item, Terms
from interfaces.shared.errors import Unavailable

__all__ = ["QUEUE", "put_delayed", "send_delayed"]

QUEUE = "asgi.delay"


async def put_delayed(queues: DurableQueues, channel: str, message: Message, seconds: float) -> None:
    """Keep ``message`` and send it to ``channel`` after so many seconds. Errors as ``put``."""
    when = queues.hub.node_of(QUEUE).server_time() + seconds
    item: dict[str, Any] = {"channel": channel, "message": message}
    await queues.put(QUEUE, item, id=secrets.token_hex(12), terms=Terms(not_before=when))


async def send_delayed(
    queues: DurableQueues, send: Callable[[str, Message], Awaitable[None]], most: int = 100
) -> None:
    """Send what is due, ``most`` at once, until cancelled or the queues are closed; a full channel is tried again."""

    async def deliver(item: Item) -> None:
        try:
            try:
                await send(item.message["channel"], item.message["message"])
            except (ChannelFull, Unavailable) as error:
                await queues.retry(item, reason=str(error))
            except (KeyError, TypeError, ValueError) as error:
                await queues.dead(item, repr(error))
            else:
                await queues.done(item)
        except Unavailable:
            pass  # its lease lapses

    while items := await queues.take([QUEUE], most):
        await asyncio.gather(*map(deliver, items))

"""What is known of messages beyond one call: repeats, whose turn it is, and what was acknowledged before its verdict.

At the broker of a layer, which containers share, or in this process; kept in a durable queue there, or in a spool.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.layers.dispatching import ended
from interfaces.shared.accepted import Accepted
from interfaces.shared.asgi import Event
from interfaces.shared.delivery import DedupeStore
from interfaces.shared.errors import ConfigError
from interfaces.shared.intake import Turns
from interfaces.shared.interface import Context
from interfaces.shared.reception import Keeping, Reception

__all__ = ["check", "drained", "keeping", "stores"]

log = logging.getLogger("interfaces.intake")

TURN = 10.0
"""Seconds that a conversation waits for a container that has died in its turn."""


def check(terms: Keeping, layer: Any) -> None:
    """ConfigError where messages are to be kept, and there is nothing to keep them in."""
    if terms.accepted and not terms.spool and not hasattr(layer, "hub"):
        flag = f"--{terms.name}"
        raise ConfigError(
            f"{flag}-ack accepted needs {flag}-spool DIR, to keep messages in, or a --layer with a broker"
        )


async def stores(terms: Keeping, context: Context) -> tuple[DedupeStore, Turns]:
    """Repeats and turns: shared with the other containers of a broker, else of this process. Unavailable."""
    turns = partial(Conversations, side_by_side=terms.at_once, waiting=terms.waiting)
    if not hasattr(context.layer, "hub"):
        return LocalDedupe(count=context.telemetry.count), turns()
    hub = context.layer.hub()
    await hub.started()
    shared = import_module("interfaces.layers.shared_dedupe").SharedDedupe(hub)
    return shared, turns(shared, lease=TURN)


async def drained(reception: Reception, context: Context) -> None:
    """Take nothing more, and let what runs finish in what is left of the drain."""
    await reception.drain(context.left())


@asynccontextmanager
async def keeping(reception: Reception, terms: Keeping, context: Context) -> AsyncIterator[None]:
    """Let ``reception`` keep messages where that is asked for, or can be had. Raises ConfigError."""
    check(terms, context.layer)
    async with AsyncExitStack() as stack:
        running = partial(_running, reception, terms, context)
        if terms.spool:
            await stack.enter_async_context(running(*_spool(terms)))
        elif hasattr(context.layer, "hub"):
            layer = context.layer
            module = import_module("interfaces.layers.keeping")
            store = module.KeptStore(
                layer.hub(), f"{terms.name}.accepted", durability=layer.durability or "process-crash"
            )
            try:
                await stack.enter_async_context(running(store, store.keep))
            except ConfigError as error:
                if terms.accepted:
                    flag = f"--{terms.name}"
                    raise ConfigError(f"{flag}-ack accepted: {error}; or name {flag}-spool DIR") from error
                log.info("%s: slow messages are not kept: %s", terms.name, error)
        yield


def _spool(terms: Keeping) -> tuple[Any, Any]:
    kept = import_module("interfaces.shared.spool.outgoing").SpoolStore(Path(terms.spool, "0"), _nothing())

    async def put(message: dict[str, Any], _conversation: str | None, _delay: float) -> None:
        await kept.put(message)

    return kept, put


async def _nothing() -> AsyncIterator[Event]:
    """No channel is read into the spool."""
    none: tuple[Event, ...] = ()
    for event in none:
        yield event


@asynccontextmanager
async def _running(
    reception: Reception, terms: Keeping, context: Context, store: Any, put: Any
) -> AsyncIterator[None]:
    """What is kept is given to the application while it is entered."""
    await store.open()
    one = Accepted(
        reception.intake, store, put, attempts=terms.attempts, at_once=terms.at_once, state=context.state
    )
    context.keeps.append(f"{terms.name} accepted into {store.describe()}")
    running = asyncio.ensure_future(one.run())
    running.add_done_callback(partial(ended, context, f"{terms.name}.accepted"))
    reception.keeper = one
    try:
        yield
    finally:
        reception.keeper = None
        one.leave()
        _, late = await asyncio.wait({running}, timeout=context.left())
        for task in late:
            task.cancel()
        await asyncio.wait({running})
        await store.close()

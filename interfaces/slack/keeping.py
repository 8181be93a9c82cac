"""What is known of events beyond one call: repeats, whose turn it is, and what was acknowledged before its verdict."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.shared.accepted import Accepted
from interfaces.shared.asgi import Event
from interfaces.shared.delivery import DedupeStore
from interfaces.shared.errors import ConfigError
from interfaces.shared.intake import Turns
from interfaces.shared.interface import Context
from interfaces.slack.options import SlackOptions
from interfaces.slack.service import Service, log

__all__ = ["QUEUE", "keeping", "stores"]

QUEUE = "slack.accepted"


async def stores(options: SlackOptions, context: Context) -> tuple[DedupeStore, Turns]:
    """Repeats and turns: shared with the other containers of a broker, else of this process. Unavailable."""
    turns = partial(Conversations, side_by_side=options.at_once, waiting=options.waiting)
    if not hasattr(context.layer, "hub"):
        return LocalDedupe(count=context.telemetry.count), turns()
    hub = context.layer.hub()
    await hub.started()
    shared = import_module("interfaces.layers.shared_dedupe").SharedDedupe(hub)
    return shared, turns(shared)


@asynccontextmanager
async def keeping(service: Service) -> AsyncIterator[None]:
    """Let ``service`` keep events where that is asked for, or can be had. Raises ConfigError."""
    options, context = service.options, service.context
    if options.spool:
        async with _running(service, *_spool(options)):
            yield
    elif hasattr(context.layer, "hub"):
        async with AsyncExitStack() as stack:
            layer = context.layer
            module = import_module("interfaces.layers.keeping")
            store = module.KeptStore(layer.hub(), QUEUE, durability=layer.durability or "process-crash")
            try:
                await stack.enter_async_context(_running(service, store, store.keep))
            except ConfigError as error:
                if options.ack == "accepted":
                    raise ConfigError(f"--slack-ack accepted: {error}; or name --slack-spool DIR") from error
                log.info("slow events are not acknowledged before their verdict: %s", error)
            yield
    elif options.ack == "accepted":
        raise ConfigError(
            "--slack-ack accepted needs --slack-spool DIR, to keep events in, or a --layer with a broker"
        )
    else:
        yield


def _spool(options: SlackOptions) -> tuple[Any, Any]:
    kept = import_module("interfaces.shared.spool.outgoing").SpoolStore(Path(options.spool, "0"), _nothing())

    async def put(message: dict[str, Any], _conversation: str | None, _delay: float) -> None:
        await kept.put(message)

    return kept, put


async def _nothing() -> AsyncIterator[Event]:
    """No channel is read into the spool."""
    none: tuple[Event, ...] = ()
    for event in none:
        yield event


@asynccontextmanager
async def _running(service: Service, store: Any, put: Any) -> AsyncIterator[None]:
    """What is kept is given to the application while it is entered."""
    options = service.options
    await store.open()
    one = Accepted(
        service.intake,
        store,
        put,
        attempts=options.accepted_attempts,
        at_once=options.at_once,
        state=service.context.state,
    )
    service.context.keeps.append(f"slack accepted into {store.describe()}")
    running = asyncio.ensure_future(one.run())
    service.keeper = one
    try:
        yield
    finally:
        service.keeper = None
        one.leave()
        _, late = await asyncio.wait({running}, timeout=service.context.drain)
        for task in late:
            task.cancel()
        await asyncio.wait({running})
        await store.close()

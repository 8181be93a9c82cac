"""Where accepted messages are kept: a spool of this process, or a durable queue of the layer; and handling them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from interfaces.email.accepting import Accepting
from interfaces.email.accepting_store import Store
from interfaces.email.service import Service, log
from interfaces.shared.errors import ConfigError
from interfaces.shared.spool.slots import Slots
from interfaces.shared.spool.store import Rules, Spool

__all__ = ["LEFT", "accepting", "layer_store"]

LEFT = 5.0
"""Seconds between two looks for what a process has left in the spool that does not come back."""


@asynccontextmanager
async def accepting(service: Service) -> AsyncIterator[None]:
    """Have ``service`` keep what comes while it is entered, and give it to the application. ConfigError."""
    if service.options.spool:
        async with _spooled(service):
            yield
        return
    store = layer_store(service)
    await store.open()
    service.context.keeps.append(f"email accepted into {store.describe()}")
    async with _running(service, store):
        yield


@asynccontextmanager
async def _running(service: Service, store: Store) -> AsyncIterator[Accepting]:
    """What comes is kept in ``store``, which is open, and closed in the end."""
    options = service.options
    one = Accepting(service, store, at_once=options.accepted_at_once, attempts=options.accepted_attempts)
    running = asyncio.ensure_future(one.run())
    service.accepting = one
    try:
        yield one
    finally:
        one.leave()
        await asyncio.wait({running})
        await _ended(service)
        service.accepting = None
        await store.close()


@asynccontextmanager
async def _spooled(service: Service) -> AsyncIterator[None]:
    """In a spool of our own; what others have left in the same folder is handled, too."""
    slots = Slots(Path(service.options.spool), partial(_spool, service))
    spool = await slots.own()
    service.context.keeps.append(f"email accepted into {spool.describe()}")
    async with _running(service, spool) as one:
        looking = asyncio.ensure_future(_take_over(service, slots, one))
        try:
            yield
        finally:
            one.leave()
            looking.cancel()
            await asyncio.wait({looking})


async def _take_over(service: Service, slots: Slots, one: Accepting) -> None:
    """Look again and again for what was left, and handle it."""
    async with asyncio.TaskGroup() as group:
        while True:
            try:
                spool = await slots.left()
            except (ConfigError, OSError) as error:
                log.error("what was left cannot be taken over: %s", error)
                spool = None
            if spool is None:
                await asyncio.sleep(LEFT)
            else:
                group.create_task(_taken_over(service, slots, spool, one))


async def _taken_over(service: Service, slots: Slots, spool: Spool, one: Accepting) -> None:
    log.info("%s: taken over, as nobody has it", spool.describe())
    other = Accepting(service, spool, at_once=one.at_once, attempts=one.attempts)
    one.others.add(other)
    running = asyncio.ensure_future(other.run())
    try:
        while len(spool) or other.running:  # noqa: ASYNC110 - seldom, and nobody is in a hurry
            await asyncio.sleep(LEFT)
    finally:
        other.leave()
        one.others.discard(other)
        await asyncio.wait({running})
        await _ended(service)
        await slots.close(spool)


async def _ended(service: Service) -> None:
    """What still goes on for a message has its time, and is cut then: it comes again."""
    if service.tasks:
        _, late = await asyncio.wait(service.tasks, timeout=service.context.left())
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)


def _spool(service: Service, folder: Path) -> Spool:
    options = service.options
    rules = Rules(
        max_messages=options.accepted_messages,
        max_size=options.accepted_size,
        at_once=options.accepted_at_once,
        strict=options.accepted_strict,
    )
    return Spool(folder, rules=rules, count=service.context.telemetry.count)


def layer_store(service: Service) -> Store:
    """A durable queue, not opened; its messages are no files, and as large as a broker's may be. ConfigError."""
    layer, options = service.context.layer, service.options
    if layer is None:
        raise ConfigError(
            "--email-ack accepted needs --email-spool DIR, to keep messages in, or a --layer with a broker"
        )
    from interfaces.email.accepting_layer import CARRIED, LayerStore  # noqa: PLC0415 - and redis with it

    store = LayerStore(layer, most=options.accepted_messages, strict=options.accepted_strict)
    service.carry(CARRIED)
    return store

"""Sends that are as certain as the transaction in which they are said: row and message are one.

::

    with transaction.atomic():
        order.save()
        outbox.send("email.send", {...})

A relay (in ``manage.py runworker --outbox``, or ``manage.py interfaces_outbox``) gives the rows to the layer, in the
order in which they were written, a channel that is full waiting without holding up the others. Each leaves at least
once, with its ``dedupe_key``: a relay that was killed between the two sends again. With relays in several processes
one works at a time on PostgreSQL; on SQLite they may each send the same.
"""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

import msgspec
from django.db import DatabaseError, connections, router, transaction
from django.utils import timezone

from interfaces.django.models import Outbox
from interfaces.django.retention import prune
from interfaces.layers.base import ChannelFull, copied
from interfaces.shared.errors import Unavailable
from interfaces.shared.strand import Strand, pool
from interfaces.workers.message import NO_LAYER, perform

__all__ = ["BATCH", "COUNTS", "POLL", "PRUNE", "publish", "relay", "send"]

log = logging.getLogger("interfaces.django")

BATCH = 100
"""Rows that are sent within one transaction."""
POLL = 0.5
"""Seconds between two looks while there is nothing to send, or nothing can be."""
PRUNE = 3600.0
"""Seconds between two times that old rows are deleted."""
COUNTS: Counter[str] = Counter()
"""In this process: "sent", "waiting" (a full channel, or no broker), "given_up"."""


def send(
    channel: str, message: Mapping[str, Any], *, group: bool = False, using: str | None = None
) -> Outbox:
    """Write ``message`` to ``channel``, or to a group, in the transaction that is open, and let a relay send it.

    It gets a ``dedupe_key`` unless it has one. TypeError for what no layer takes.
    """
    (NO_LAYER.require_valid_group_name if group else NO_LAYER.require_valid_channel_name)(channel)
    content = {"dedupe_key": uuid.uuid4().hex} | copied(dict(message))
    row = Outbox(channel=channel, group=group, message=msgspec.msgpack.encode(content))
    row.save(using=using, force_insert=True)
    return row


async def relay(layer: Any, *, stop: asyncio.Event | None = None, poll: float = POLL) -> None:
    """Send what there is, and what comes, to ``layer`` until ``stop`` is set; what was begun is finished."""
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    strand = Strand(pool())
    pruned = loop.time()
    try:
        while not stop.is_set():
            try:
                more = await strand.run(publish, _teller(layer, loop))
                if loop.time() - pruned >= PRUNE:
                    pruned = loop.time()
                    await strand.run(prune, timezone.now())
            except DatabaseError as error:
                more = False
                log.warning("the outbox cannot be read for now: %s", error)
            if not more:
                await _passed(stop, poll)
    finally:
        strand.close()


def publish(
    say: Callable[[Sequence[list[Any]]], list[Exception | None]], now: datetime | None = None
) -> bool:
    """Send a batch by ``say(operations)``, which gives an error or None for each; whether there may be more now."""
    using = router.db_for_write(Outbox)
    with _together(using):
        due = Outbox.objects.using(using).filter(sent_at=None, given_up=False)
        rows = list(due.select_for_update().order_by("id")[:BATCH])
        if not rows:
            return False
        errors = say([_operation(row) for row in rows])
        for row, error in zip(rows, errors, strict=True):
            _settle(row, error, now or timezone.now())
        fields = ["sent_at", "attempts", "last_error", "given_up"]
        Outbox.objects.using(using).bulk_update(rows, fields)
    return len(rows) == BATCH and all(row.sent_at or row.given_up for row in rows)


def _together(using: str) -> AbstractContextManager[Any]:
    """A transaction that keeps other relays off the rows; none on SQLite, where it would keep off everybody."""
    locks: bool = connections[using].features.has_select_for_update
    return transaction.atomic(using=using) if locks else nullcontext()


def _operation(row: Outbox) -> list[Any]:
    return ["group" if row.group else "channel", row.channel, msgspec.msgpack.decode(bytes(row.message))]


def _settle(row: Outbox, error: Exception | None, now: datetime) -> None:
    """Write down how it went."""
    row.attempts += 1
    if error is None:
        row.sent_at = now
        COUNTS["sent"] += 1
        return
    row.last_error = f"{type(error).__name__}: {error}"[:500]
    if isinstance(error, ChannelFull | Unavailable):
        COUNTS["waiting"] += 1
        return
    row.given_up = True
    COUNTS["given_up"] += 1
    log.error("the outbox has given up %s: %s", row, row.last_error)


async def tell(operations: Sequence[list[Any]], layer: Any) -> list[Exception | None]:
    """Send them in order. Behind one that has to wait, others to the same channel do; without a broker all do."""
    errors: list[Exception | None] = []
    stuck: dict[tuple[str, str], Exception] = {}
    down: Exception | None = None
    for operation in operations:
        place = operation[0], operation[1]
        error = down or stuck.get(place)
        if error is None:
            error = await _attempt(operation, layer)
            if isinstance(error, Unavailable):
                down = error
            elif isinstance(error, ChannelFull):
                stuck[place] = error
        errors.append(error)
    return errors


async def _attempt(operation: list[Any], layer: Any) -> Exception | None:
    try:
        await perform(operation, layer)
    except Exception as error:  # noqa: BLE001 - written into its row
        return error
    return None


def _teller(
    layer: Any, loop: asyncio.AbstractEventLoop
) -> Callable[[Sequence[list[Any]]], list[Exception | None]]:
    """:func:`tell` for a thread."""
    return lambda operations: asyncio.run_coroutine_threadsafe(tell(operations, layer), loop).result()


async def _passed(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass

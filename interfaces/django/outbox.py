"""Sends that are as certain as the transaction in which they are said: row and message are one.

::

    with transaction.atomic():
        order.save()
        outbox.send("email.send", {...})

A relay (in ``manage.py runworker --outbox``, or ``manage.py interfaces_outbox``) gives the rows to the layer, in the
order in which they were written, a channel that is full waiting without holding up the others. Each leaves at least
once, with its ``dedupe_key``: a relay that was killed between the two sends again. Only what the message itself is to
blame for (TypeError and its like) gives one up; other errors of a layer are waited for. With relays in several
processes one works at a time on PostgreSQL; on SQLite they may each send the same.

Rows are in the database that the routers say, or ``using``, which then needs a relay of its own (``interfaces_outbox
--database``).
"""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from django.db import Error, connections, router, transaction
from django.db.models import Q
from django.utils import timezone

from interfaces.django.models import Outbox
from interfaces.django.retention import prune, prune_mail
from interfaces.layers.base import ChannelFull, copied
from interfaces.shared.errors import Unavailable
from interfaces.shared.strand import Strand, pool
from interfaces.shared.tracing import stamped
from interfaces.workers.message import NO_LAYER, perform

__all__ = ["BATCH", "COUNTS", "PASSED_OVER", "POLL", "PRUNE", "publish", "relay", "send"]

log = logging.getLogger("interfaces.django")

BATCH = 100
"""Rows that are sent within one transaction."""
PASSED_OVER = 100
"""Channels that have to wait of which one look passes over the rows; more hold up what stands behind their first."""
POLL = 0.5
"""Seconds between two looks while there is nothing to send, or nothing can be."""
PRUNE = 3600.0
"""Seconds between two times that old rows are deleted."""
COUNTS: Counter[str] = Counter()
"""In this process: "sent", "waiting" (a full channel, or no broker), "given_up"."""

Say = Callable[[Sequence[list[Any]]], list[Exception | None]]
"""Sends operations, in order; gives an error or None for each."""
_THE_MESSAGES = (TypeError, ValueError, AssertionError, OverflowError, msgspec.MsgspecError)
"""Errors that come again whenever the message is sent."""
_THE_BROKERS = (Unavailable, OSError)
"""Errors that hold for all channels."""


def send(
    channel: str, message: Mapping[str, Any], *, group: bool = False, using: str | None = None
) -> Outbox:
    """Write ``message`` to ``channel``, or to a group, in the transaction that is open, and let a relay send it.

    It gets a ``dedupe_key`` unless it has one. TypeError for what no layer takes.
    """
    (NO_LAYER.require_valid_group_name if group else NO_LAYER.require_valid_channel_name)(channel)
    content = {"dedupe_key": uuid.uuid4().hex} | copied(dict(message))
    content = content if group else stamped(content)  # the relay that sends it runs in no span of ours
    row = Outbox(channel=channel, group=group, message=msgspec.msgpack.encode(content))
    row.save(using=using, force_insert=True)
    return row


async def relay(
    layer: Any, *, stop: asyncio.Event | None = None, poll: float = POLL, using: str | None = None
) -> None:
    """Send what there is, and what comes, to ``layer`` until ``stop`` is set; what was begun is finished."""
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    strand = Strand(pool())
    pruned = looked = loop.time()
    stuck: set[tuple[bool, str]] = set()
    look = partial(publish, _teller(layer, loop), using=using, stuck=stuck)
    try:
        while not stop.is_set():
            try:
                more = await strand.run(look)
                if loop.time() - pruned >= PRUNE:
                    pruned = loop.time()
                    await strand.run(partial(prune, timezone.now(), using=using))
                    await strand.run(partial(prune_mail, timezone.now(), using=using))
            except Error as error:
                more = False
                log.warning("the outbox cannot be read for now: %s", error)
            except Exception:
                more = False
                log.exception("the outbox is tried again")
            if not more or loop.time() - looked >= poll:
                stuck.clear()
            if not more:
                await _passed(stop, poll)
                looked = loop.time()
    finally:
        strand.close()


def publish(
    say: Say,
    now: datetime | None = None,
    *,
    using: str | None = None,
    stuck: set[tuple[bool, str]] | None = None,
) -> bool:
    """Send a batch by ``say``; whether there may be more now.

    ``stuck`` are those (whether a group, name) to pass over; whoever has to wait is added.
    """
    using = using or router.db_for_write(Outbox)
    stuck = set() if stuck is None else stuck
    with _together(using):
        rows = list(_due(using, stuck).select_for_update().order_by("id")[:BATCH])
        if not rows:
            return False
        errors = _said(rows, say)
        for row, error in zip(rows, errors, strict=True):
            _settle(row, error, now or timezone.now())
        stuck.update((row.group, row.channel) for row in rows if not row.sent_at and not row.given_up)
        fields = ["sent_at", "attempts", "last_error", "given_up"]
        Outbox.objects.using(using).bulk_update(rows, fields)
    down = any(isinstance(error, _THE_BROKERS) for error in errors)
    return len(rows) == BATCH and not down and len(stuck) <= PASSED_OVER


def _due(using: str, stuck: set[tuple[bool, str]]) -> Any:
    due = Outbox.objects.using(using).filter(sent_at=None, given_up=False)
    places = [Q(group=group, channel=name) for group, name in stuck]
    return due.exclude(Q(*places, _connector=Q.OR)) if places else due


def _said(rows: Sequence[Outbox], say: Say) -> list[Exception | None]:
    """What became of each row."""
    errors: dict[int, Exception | None] = {}
    operations: dict[int, list[Any]] = {}
    for at, row in enumerate(rows):
        try:
            operations[at] = _operation(row)
        except _THE_MESSAGES as error:
            errors[at] = error
    errors.update(zip(operations, say([*operations.values()]), strict=True))
    return [errors[at] for at in range(len(rows))]


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
    if not isinstance(error, _THE_MESSAGES):
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
            if isinstance(error, _THE_BROKERS):
                down = error
            elif error is not None and not isinstance(error, _THE_MESSAGES):
                stuck[place] = error
        errors.append(error)
    for error in {*stuck.values(), down} - {None}:
        if not isinstance(error, ChannelFull | Unavailable):
            log.warning("the outbox has to wait: %s: %s", type(error).__name__, error)
    return errors


async def _attempt(operation: list[Any], layer: Any) -> Exception | None:
    try:
        await perform(operation, layer)
    except Exception as error:  # noqa: BLE001 - written into its row
        return error
    return None


def _teller(layer: Any, loop: asyncio.AbstractEventLoop) -> Say:
    """:func:`tell` for a thread."""
    return lambda operations: asyncio.run_coroutine_threadsafe(tell(operations, layer), loop).result()


async def _passed(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass

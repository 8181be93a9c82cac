"""Sends that wait for the transaction in which they were said: what was rolled back was never said."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db import connections, transaction

from interfaces.workers.message import Channel

__all__ = ["hold", "send"]

log = logging.getLogger("interfaces.django")


def hold(deed: Callable[[], None]) -> None:
    """Do ``deed`` when this thread's transaction commits: now where there is none, never when it is rolled back.

    Inside transactions of several databases it waits for all of them. One that fails after the commit is logged and
    hinders no other. For what must not be lost there is the outbox.
    """
    inside = [one for one in connections.all(initialized_only=True) if one.in_atomic_block]
    # Those of a TestCase never commit, and who tests what is done then looks at one database.
    inside = [one for one in inside if not all(map(_of_test, one.atomic_blocks))] or inside[:1]
    missing = {one.alias for one in inside}

    def committed(alias: str) -> None:
        missing.discard(alias)
        if not missing:
            _done(deed)

    for one in inside:
        transaction.on_commit(partial(committed, one.alias), using=one.alias)
    if not inside:
        deed()


def _of_test(block: Any) -> bool:
    return bool(getattr(block, "_from_testcase", False))


def _done(deed: Callable[[], None]) -> None:
    try:
        deed()
    except Exception:
        log.exception("what was to be sent after the commit was not")


def send(channel: str, message: Mapping[str, Any], immediately: bool = False) -> None:
    """Send ``message`` to ``channel`` when the transaction commits, if there is one; ``immediately``: now.

    ``Channel(…).send`` and ``Group(…).send`` do the same where this application is installed. TypeError for what is no
    channel or cannot be sent; ChannelFull, Unavailable and ConfigError where it is sent now.
    """
    Channel(channel).send(message, immediately=immediately)

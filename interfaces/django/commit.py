"""Sends that wait for the transaction in which they were said: what was rolled back was never said."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connections, transaction

from interfaces.workers.message import Channel

__all__ = ["hold", "send"]

log = logging.getLogger("interfaces.django")


def hold(deed: Callable[[], None]) -> None:
    """Do ``deed`` when this thread's transaction commits: now where there is none, never when it is rolled back.

    One that fails after the commit is logged and hinders no other. For what must not be lost there is the outbox.
    """
    inside = [
        connection.alias
        for connection in connections.all(initialized_only=True)
        if connection.in_atomic_block
    ]
    if inside:
        transaction.on_commit(lambda: _done(deed), using=inside[0])
    else:
        deed()


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

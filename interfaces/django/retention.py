"""How long the rows of inbox and outbox stay."""

from datetime import datetime, timedelta

from django.db import router

from interfaces.django.inbox import LEASE
from interfaces.django.models import Inbox, Outbox

__all__ = ["KEEP_INBOX", "KEEP_OUTBOX", "prune"]

KEEP_INBOX = timedelta(days=30)
"""Longer than anybody repeats a message: mail is tried for five days."""
KEEP_OUTBOX = timedelta(days=1)
"""Of what was sent; what was given up stays until somebody has looked at it."""


def prune(
    now: datetime, *, inbox: timedelta = KEEP_INBOX, outbox: timedelta = KEEP_OUTBOX, using: str | None = None
) -> dict[str, int]:
    """Delete what is older in the database ``using``; gives how many rows of each table.

    What an async consumer has begun stays while its lease lasts.
    """
    old = Inbox.objects.using(using or router.db_for_write(Inbox)).filter(created_at__lt=now - inbox)
    old = old.exclude(done=False, created_at__gte=now - timedelta(seconds=LEASE))
    sent = Outbox.objects.using(using or router.db_for_write(Outbox)).filter(sent_at__lt=now - outbox)
    return {"inbox": old.delete()[0], "outbox": sent.delete()[0]}

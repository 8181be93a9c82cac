"""How long the rows of inbox and outbox stay."""

from datetime import datetime, timedelta

from django.db import router

from interfaces.django.inbox import LEASE
from interfaces.django.models import Inbox, Outbox
from interfaces.django.settings import keep_inbox, keep_outbox

__all__ = ["prune"]


def prune(
    now: datetime,
    *,
    inbox: timedelta | None = None,
    outbox: timedelta | None = None,
    using: str | None = None,
) -> dict[str, int]:
    """Delete what is older in the database ``using``; gives how many rows of each table.

    Older than the settings say, unless told. What an async consumer has begun stays while its lease lasts.
    """
    inbox = keep_inbox() if inbox is None else inbox
    outbox = keep_outbox() if outbox is None else outbox
    old = Inbox.objects.using(using or router.db_for_write(Inbox)).filter(created_at__lt=now - inbox)
    old = old.exclude(done=False, created_at__gte=now - timedelta(seconds=LEASE))
    sent = Outbox.objects.using(using or router.db_for_write(Outbox)).filter(sent_at__lt=now - outbox)
    return {"inbox": old.delete()[0], "outbox": sent.delete()[0]}

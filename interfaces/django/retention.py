"""How long the rows of inbox, outbox and the log of mail stay; what a message says goes before its row does."""

from datetime import datetime, timedelta

from django.db import router

from interfaces.django.inbox import LEASE
from interfaces.django.mail_limits import REMOVED
from interfaces.django.mail_rows import remove
from interfaces.django.models import Inbox, MailContent, Outbox, ReceivedMail, SentMail
from interfaces.django.settings import keep_inbox, keep_mail, keep_mail_content, keep_outbox

__all__ = ["prune", "prune_mail"]


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


def prune_mail(
    now: datetime,
    *,
    rows: timedelta | None = None,
    content: timedelta | None = None,
    using: str | None = None,
) -> dict[str, int]:
    """Delete what the log of mail has that is older; gives how many contents and rows.

    Without its content a row has neither subject nor errors, which may quote it.
    """
    rows = keep_mail() if rows is None else rows
    content = min(rows, keep_mail_content() if content is None else content)
    using = using or router.db_for_write(ReceivedMail)
    received, sent = ReceivedMail.objects.using(using), SentMail.objects.using(using)
    old, told = received.filter(received_at__lt=now - content), sent.filter(created_at__lt=now - content)
    gone = told.exclude(text="", subject="").update(text="", subject="")
    old.exclude(subject="", error="").update(subject="", error="")
    # one that came again lately is kept for the younger row
    kept = received.filter(received_at__gte=now - content, content__isnull=False).values("content")
    contents = MailContent.objects.using(using).only("file")  # without what it is about
    while batch := [*contents.filter(mails__in=old).exclude(pk__in=kept).distinct()[:REMOVED]]:
        remove(batch)
        gone += len(batch)
    deleted = received.filter(received_at__lt=now - rows).delete()[0]
    while batch := [*contents.filter(mails=None)[:REMOVED]]:  # whose rows were deleted by hand
        remove(batch)
    deleted += sent.filter(created_at__lt=now - rows).delete()[0]
    return {"mail": deleted, "mail content": gone}

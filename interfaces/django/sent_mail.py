"""Mail that is sent by the outbox, with a row that tells what became of it.

``send(message)`` writes row and message in the transaction that is open; the results come on the channel RESULTS, whose
consumer is :class:`MailResults`::

    "channel": ChannelNameRouter({RESULTS: MailResults.as_asgi()})

``EMAIL_BACKEND = "interfaces.django.sent_mail.LoggedEmailBackend"`` does so with all that Django sends. What comes back
is written down by :func:`interfaces.django.mail_log.log_mail`; a consumer that gets it elsewhere says :func:`update`.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import router, transaction
from django.utils import timezone

from interfaces.django import outbox
from interfaces.django.mail import ChannelEmailBackend
from interfaces.django.mail_limits import ASKED_AFTER, ASKED_UNTIL, REPLIES, TEXT
from interfaces.django.mail_models import ADDRESS, SentMail, SentState
from interfaces.django.mail_rows import line
from interfaces.django.models import Outbox
from interfaces.email.headers import split
from interfaces.shared.consumer import Consumer

__all__ = ["RESULTS", "LoggedEmailBackend", "MailResults", "ask", "send", "update"]

RESULTS = "email.log"
"""The channel on which results are waited for."""
_STATES = {
    "accepted": SentState.DELIVERED,
    "deferred": SentState.PENDING,
    "failed": SentState.FAILED,
    "uncertain": SentState.UNCERTAIN,
}
_WORST = ("failed", "uncertain", "deferred")


def send(message: Mapping[str, Any], *, using: str | None = None) -> SentMail:
    """Write an ``email.send`` into outbox and log. It gets an ``id``, which is its ``dedupe_key`` unless it has one."""
    using = using or router.db_for_write(SentMail)
    send_id = str(message.get("id") or uuid.uuid4().hex)
    said = {"dedupe_key": send_id, "reply_channel": RESULTS, **message, "type": "email.send", "id": send_id}
    names = [one for key in ("to", "cc", "bcc") for one in _list(message.get(key))]
    row = SentMail(
        send_id=send_id,
        message_id=line(message.get("message_id"), 255),
        from_address=line(message.get("from_address"), ADDRESS),
        recipients=line("\n".join(names), TEXT),
        subject=line(_subject(message), 500),
        text=line(message.get("text"), TEXT),
    )
    with transaction.atomic(using=using):
        row.outbox = outbox.send("email.send", said, using=using)
        row.save(using=using, force_insert=True)
    return row


def ask(older: float = ASKED_AFTER, *, now: datetime | None = None, using: str | None = None) -> int:
    """Hand in anew what has been pending for ``older`` seconds, but no longer than a day; how many there were.

    A result is told once, to whoever reads the channel then: a worker that was killed has lost it. The sender knows the
    ``dedupe_key`` and tells it again; it sends nothing twice as long as it keeps its results.
    """
    using = using or router.db_for_write(SentMail)
    now = now or timezone.now()
    between = now - timedelta(seconds=ASKED_UNTIL), now - timedelta(seconds=older)
    rows = SentMail.objects.using(using).filter(state=SentState.PENDING, created_at__range=between)
    sent = Outbox.objects.using(using).filter(pk__in=rows.values("outbox"), sent_at__isnull=False)
    return int(sent.update(sent_at=None))


def update(message: Mapping[str, Any], *, using: str | None = None) -> bool:
    """Take in an ``email.result``, ``email.bounce`` or ``email.complaint``; whether it is about mail of the log."""
    using = using or router.db_for_write(SentMail)
    with transaction.atomic(using=using):
        rows = SentMail.objects.using(using).select_for_update()
        row = rows.filter(send_id=line(message.get("id"), 100)).first()
        if row is None:
            return False
        if message["type"] == "email.result":
            _result(row, message)
        else:
            _report(row, message)
        row.decided_at = None if row.state == SentState.PENDING else timezone.now()
        row.save(using=using)
    return True


def _result(row: SentMail, message: Mapping[str, Any]) -> None:
    """What the next server said; it tells nothing new of one that has come back."""
    results: Sequence[Mapping[str, Any]] = message.get("results") or ()
    statuses = {one["status"] for one in results}
    worst = next((one for one in _WORST if one in statuses), "accepted" if message.get("ok") else "failed")
    if row.state != SentState.BOUNCED:
        row.state = _STATES[worst]
    row.message_id = line(message.get("message_id") or row.message_id, 255)
    said = [
        f"{one['recipient']}: {one.get('code') or one['status']} {one.get('text', '')}" for one in results
    ]
    _say(row, *(said or [str(message.get("error") or "")]))


def _report(row: SentMail, message: Mapping[str, Any]) -> None:
    """What a report says: failed, delayed, delivered; or that somebody complains."""
    action = message.get("action", "failed") if message["type"] == "email.bounce" else "complaint"
    if action == "failed":
        row.state = SentState.BOUNCED
    elif action == "delivered" and row.state != SentState.BOUNCED:
        row.state = SentState.DELIVERED
    words = (message.get("recipient"), action, message.get("status"), message.get("diagnostic"))
    _say(row, " ".join(str(word) for word in words if word))


def _say(row: SentMail, *lines: str) -> None:
    """Put lines behind what was said, each once."""
    before = row.reply.splitlines()
    new = [line(" ".join(one.split()), 600) for one in lines]
    row.reply = "\n".join([*before, *(one for one in new if one and one not in before)])[-REPLIES:]


def _subject(message: Mapping[str, Any]) -> Any:
    """What it says itself, else its header."""
    raw = message.get("raw")
    return message.get("subject") or (split(raw).text(b"subject") if isinstance(raw, bytes) else "")


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value or ()]


class LoggedEmailBackend(ChannelEmailBackend):
    """An EMAIL_BACKEND that puts each message into outbox and log, in the transaction that is open."""

    def send(self, content: dict[str, Any]) -> None:
        """Both rows."""
        send(content)


class MailResults(Consumer):
    """Of the channel RESULTS: writes down what became of mail."""

    def email_result(self, message: Mapping[str, Any]) -> None:
        """A server has taken it, or will not."""
        update(message)

    def email_bounce(self, message: Mapping[str, Any]) -> None:
        """It came back, is late, or has arrived."""
        update(message)

    def email_complaint(self, message: Mapping[str, Any]) -> None:
        """Its reader calls it junk."""
        update(message)

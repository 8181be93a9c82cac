"""The desk itself: from a message to a ticket, and from an agent's words to a message.

Whatever is done for a message is one transaction: the ticket, its entry, the answer in the outbox, and the row of the
inbox that says that it was done. So a message that comes again changes nothing, and nothing is half done.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from helpdesk.models import Attachment, Entry, Ticket
from interfaces.django import sent_mail
from interfaces.django.inbox import once
from interfaces.django.models import SentMail
from interfaces.email.mime import Parsed
from interfaces.email.mime.report import delivery_report, returned
from interfaces.email.sending.loops import refusal
from interfaces.email.sending.threads import reply

Event = dict[str, Any]

ATTACHMENTS, BYTES = 20, 10_000_000
"""Files that are kept of a message, and their size together."""
GREETED = 5
"""Tickets of one customer within an hour that are confirmed: two robots that write to each other come to an end."""


class UnknownTicketError(Exception):
    """The address names no ticket."""


@once(consumer="helpdesk")
def take(message: Event, parsed: Parsed, tag: str | None) -> None:
    """Put a message into its ticket, or open one. Raises UnknownTicketError for an address that is none of ours."""
    ticket = None
    if tag is not None:
        ticket = Ticket.of_tag(tag)
        if ticket is None:
            raise UnknownTicketError(tag)
    if message["kind"] in ("bounce", "complaint"):
        if ticket is not None:
            note(ticket, message, parsed)
        return
    sender = (parsed.reply_to or parsed.from_)[:1]
    author = (sender[0].address if sender else "") or message["from_address"]
    ticket = ticket or thread_of(parsed, author)
    if ticket is None:
        if message["kind"] != "message":
            return  # what a program says is no question
        open_ticket(message, parsed, author)
        return
    record(ticket, author, parsed, parsed.reply_text)
    if message["kind"] == "message":
        Ticket.objects.filter(pk=ticket.pk).update(state=Ticket.OPEN)


def thread_of(parsed: Parsed, author: str) -> Ticket | None:
    """The ticket that a message belongs to whose writer has cut the number out of the address.

    Its References name one of ours; and it is from the customer, as anybody may have read them.
    """
    named = [*parsed.references, *([parsed.in_reply_to] if parsed.in_reply_to else [])]
    found = Ticket.objects.filter(entries__message_id__in=named[-50:], requester__iexact=author)
    return found.order_by("-pk").first()


def open_ticket(message: Event, parsed: Parsed, author: str) -> None:
    """A new one, and the answer that it is there."""
    ticket = Ticket.objects.create(subject=fit(parsed.subject, 500), requester=fit(author, 320))
    record(ticket, author, parsed, parsed.text)
    lately = timezone.now() - timedelta(hours=1)
    known = Ticket.objects.filter(requester__iexact=author, created_at__gte=lately).count()
    if known > GREETED or refusal(message, author, own=[settings.SUPPORT_ADDRESS]):
        return
    text = f"We have received your message. It has the number {ticket.pk}; answer this mail to add to it.\n"
    subject = f"[#{ticket.pk}] {' '.join(ticket.subject.split())}"
    send(ticket, reply(message, text=text, subject=subject, auto_submitted="auto-replied"), text, "the desk")


def answer(ticket: Ticket, agent: str, text: str) -> Entry:
    """What an agent writes goes to the customer, into the same thread."""
    with transaction.atomic():
        before = [one for one in ticket.entries.values_list("message_id", flat=True) if one]
        message = {
            "to": ticket.requester,
            "subject": f"Re: [#{ticket.pk}] {' '.join(ticket.subject.split())}",
            "text": text,
            "mail_from": ticket.address,  # bounces find the ticket, too
            "in_reply_to": before[-1:],
            "references": before,
        }
        Ticket.objects.filter(pk=ticket.pk).update(state=Ticket.ANSWERED)
        return send(ticket, message, text, agent)


def send(ticket: Ticket, message: Event, text: str, author: str) -> Entry:
    """Into the outbox, with an address to answer that names the ticket."""
    domain = settings.SUPPORT_ADDRESS.rpartition("@")[2]
    message_id = f"{ticket.pk}.{uuid.uuid4().hex}@{domain}"
    row = sent_mail.send(
        {
            **message,
            "from_address": f"Support <{settings.SUPPORT_ADDRESS}>",
            "reply_to": ticket.address,
            "message_id": message_id,
        }
    )
    return Entry.objects.create(
        ticket=ticket, kind=Entry.AGENT, author=author, text=text, message_id=message_id, send_id=row.send_id
    )


def record(ticket: Ticket, author: str, parsed: Parsed, text: str) -> None:
    """An entry with its files, as far as there is room."""
    entry = Entry.objects.create(
        ticket=ticket, kind=Entry.CUSTOMER, author=fit(author, 320), text=fit(text, 100_000),
        message_id=fit(parsed.message_id or "", 255),
    )  # fmt: skip
    left = BYTES
    for one in parsed.attachments[:ATTACHMENTS]:
        content = one.content
        left -= len(content)
        if left >= 0:
            Attachment.objects.create(entry=entry, filename=fit(one.filename, 255), content=content)


def note(ticket: Ticket, message: Event, parsed: Parsed) -> None:
    """A report about mail of a ticket: for the agents to see; nobody is answered."""
    told = returned(parsed.root)
    said = told.first(b"message-id").strip(b" <>").decode("ascii", "replace") if told else ""
    sent = SentMail.objects.filter(
        send_id__in=ticket.entries.filter(message_id=said).values("send_id")
    ).first()
    lines = []
    for one in delivery_report(parsed.root):
        lines.append(f"{one.recipient}: {one.action}, {one.status} {one.diagnostic}")
        if sent is not None:
            report = {"recipient": one.recipient, "action": one.action, "status": one.status}
            sent_mail.update(
                {"type": "email.bounce", "id": sent.send_id, "diagnostic": one.diagnostic, **report}
            )
    text = "\n".join(lines) or parsed.text
    Entry.objects.create(ticket=ticket, kind=Entry.NOTE, author=message["kind"], text=fit(text, 10_000))


def fit(text: str, most: int) -> str:
    """``text`` as any database takes it."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:most]

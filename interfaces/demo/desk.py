"""The desk itself. Each function is one transaction, and sync; what it sends leaves when that commits, or never.

Whoever says something, by whichever protocol, ends in :func:`say`: it is kept, shown in the browsers of the room, and
sent to all other sides in the words of :mod:`interfaces.demo.ways`.
"""

import secrets
from typing import Any
from uuid import uuid4

from django.db import transaction

from interfaces.demo import store, ways
from interfaces.demo.models import Ticket
from interfaces.demo.words import TEXT_MAX, Refused, author, fit, key_of
from interfaces.django import send
from interfaces.django.inbox import once
from interfaces.email.mime import Parsed
from interfaces.shared.asgi import Event
from interfaces.workers.message import Group

__all__ = ["DESK", "close", "heard", "lost", "mailed", "open_tickets", "say", "shown", "take", "tell", "texted",
           "thread_room", "ticket_of"]  # fmt: skip

Json = dict[str, Any]
DESK = {"who": "0" * 12, "name": "Desk"}
"""Who says what the program says."""
FILES = 10
"""Of a mail, that are named."""


def tell(slug: str, kind: str, content: Json) -> None:
    """Have every browser in the room told."""
    Group(f"chat.{slug}").send({"type": "chat.event", "kind": kind, "content": content})


@transaction.atomic
def say(slug: str, said_by: Json, text: str, side: str, key: str = "") -> Json:
    """Somebody says something in a room, on one side: it is kept, and all other sides hear it."""
    said: Json
    said, new = store.say(slug, key or uuid4().hex, said_by, text, side)
    tell(slug, "message", said)
    for word in ways.everywhere(slug, said, ticket_of(slug)) if new else ():
        send(word["type"], word)
    return said


# --- customers ------------------------------------------------------------------------------------


@once(consumer="demo.mail")
def mailed(message: Event, mail: Parsed, tag: str | None) -> tuple[Ticket, bool] | None:
    """A customer has written: the ticket of the ``tag``, or a new one; and whether it is new. None of a repeat.

    Refused: no such ticket, or no room for another.
    """
    ticket = _of_tag(tag) if tag is not None else None
    if tag is not None and ticket is None:
        raise Refused("unknown", "There is no such ticket; write to the address without the number.")
    opened = ticket is None
    ticket = ticket or _opened(mail.subject)
    name, address = _sender(mail, message["from_address"])
    ticket.via, ticket.email = "email", address[:320]
    ticket.message_id = fit(mail.message_id or "", 255)
    text = _words(mail, whole=opened)
    _written(ticket, author("email", address.lower(), name), text, message["dedupe_key"], opened)
    return ticket, opened


def _sender(mail: Parsed, envelope: str) -> tuple[str, str]:
    """Who is to be answered, a name and an address; where the header says nobody who could be, the ``envelope``."""
    said = [one for one in mail.reply_to or mail.from_ if "@" in one.address][:1]
    return (said[0].name or said[0].address, said[0].address) if said else (envelope, envelope)


def _words(mail: Parsed, whole: bool) -> str:
    """What a mail says, unless ``whole`` without what it quotes; and which files it has, which are not kept."""
    text = mail.text if whole else mail.reply_text
    files = [f"[{one.filename or 'a file'}, {len(one.content)} bytes]" for one in mail.attachments[:FILES]]
    return "\n".join([text.strip() or mail.subject, *files])


@once(consumer="demo.text")
def texted(message: Event) -> tuple[Ticket, bool] | None:
    """A customer has texted: the ticket whose tag is said first, else their latest that is not closed, else a new one.

    Otherwise as :func:`mailed`.
    """
    number, text = message["from_address"], message["text"]
    tag, _, rest = text.removeprefix("#").partition(" ")
    ticket = _of_tag(tag) if text.startswith("#") else None
    text = rest if ticket else text
    mine = Ticket.objects.filter(phone=number).exclude(state=Ticket.CLOSED)
    ticket = ticket or mine.order_by("-number").first()
    opened = ticket is None
    ticket = ticket or _opened(text)
    ticket.via, ticket.phone = "sms", number[:20]
    _written(ticket, author("sms", number, number), text, message["dedupe_key"], opened)
    return ticket, opened


def _of_tag(tag: str) -> Ticket | None:
    found: Ticket | None = Ticket.objects.filter(tag=tag.lower()).first()
    return found


def _opened(subject: str) -> Ticket:
    """A new ticket and its room. Refused: the desk is full."""
    number = Ticket.objects.count() + 1
    tag, room = f"{number}-{secrets.token_hex(4)}", store.opened(f"ticket-{number}")
    return Ticket(number=number, room=room, tag=tag, subject=fit(subject, 60) or "(no subject)")


def _written(ticket: Ticket, who: Json, text: str, dedupe_key: str, opened: bool) -> None:
    """Put a customer's words into the ticket; a new one is announced, and a closed one is open again."""
    changed = opened or ticket.state == Ticket.CLOSED
    if changed:
        ticket.state, ticket.agent = Ticket.OPEN, ""
    ticket.save()
    text = fit(text, TEXT_MAX, lines=True) or "(nothing)"
    say(ticket.room.slug, who, text, ticket.via, key_of(dedupe_key))
    if opened:
        store.opened(ways.LOBBY)
        say(ways.LOBBY, DESK, f"New: {ticket}, from {ticket.customer}. It is in #{ticket.room.slug}.", "desk")
    if changed:
        _shown_everywhere(ticket)


# --- the desk's own people ------------------------------------------------------------------------


@transaction.atomic
def take(number: int, name: str) -> bool:
    """Somebody takes a ticket; False: there is none, or it is theirs already."""
    return _became(number, Ticket.TAKEN, name)


@transaction.atomic
def close(number: int, name: str) -> bool:
    """Somebody closes a ticket; False: there is none, or it is closed already."""
    return _became(number, Ticket.CLOSED, name)


def _became(number: int, state: str, name: str) -> bool:
    ticket = Ticket.objects.select_related("room").filter(number=number).first()
    if ticket is None or (ticket.state, ticket.agent) == (state, name) or ticket.state == Ticket.CLOSED:
        return False
    ticket.state, ticket.agent = state, name
    ticket.save()
    say(ticket.room.slug, DESK, f"{name} has {state} it.", "desk")
    _shown_everywhere(ticket)
    return True


def _shown_everywhere(ticket: Ticket) -> None:
    """Have Slack and the browsers see how the ticket stands; its alert in Slack is sent when it is new."""
    send("slack.send", _alert(ticket))  # the channel of all that is for Slack
    tell(ticket.room.slug, "ticket", shown(ticket))


def _alert(ticket: Ticket) -> Json:
    """The ticket in Slack, with what the customer has said first."""
    return ways.alert(ticket, "".join(said["text"] for said in store.history(ticket.room.slug, before=2)))


def open_tickets() -> list[Ticket]:
    """The latest that are not closed."""
    return list(Ticket.objects.exclude(state=Ticket.CLOSED).order_by("-number")[:20])


def ticket_of(slug: str) -> Ticket | None:
    """The ticket whose room it is, if it is one."""
    found: Ticket | None = Ticket.objects.select_related("room").filter(room__slug=slug).first()
    return found


def shown(ticket: Ticket | None) -> Json:
    """A ticket as the page has it."""
    if ticket is None:
        return {"ticket": None}
    fields = ("number", "subject", "customer", "via", "state", "agent")
    return {"ticket": {name: getattr(ticket, name) for name in fields}}


def thread_room(thread_ts: str | None) -> str | None:
    """The room of a thread in Slack: that of its ticket; of none that of the desk; None of a stranger's thread."""
    if not thread_ts:
        return ways.LOBBY
    ticket = Ticket.objects.select_related("room").filter(slack_ts=thread_ts).first()
    return ticket.room.slug if ticket else None


# --- what became of it ----------------------------------------------------------------------------


@transaction.atomic
def heard(result: Json) -> None:
    """What became of an alert or an answer: the one has a thread from now on, what failed is said in the room."""
    slug, _, what = result["id"].partition(" ")
    ticket = ticket_of(slug)
    if ticket is None or not result["final"]:
        return
    if what == "alert" and result["ok"]:
        ticket.slack_ts = result["ts"]
        ticket.save(update_fields=["slack_ts"])
        _catch_up(ticket)
    elif not result["ok"]:
        lost(slug, "Slack" if what == "alert" else ticket.customer, result["error"])


def lost(slug: str, who: str, why: str) -> None:
    """Something that was said in a room did not reach somebody."""
    say(slug, DESK, f"That did not reach {who}: {fit(why, 200)}", "desk")


def _catch_up(ticket: Ticket) -> None:
    """Tell the new thread what was said while Slack had none, but for the first words, which the alert has."""
    slug = ticket.room.slug
    for said in store.history(slug, after=1):
        for word in ways.to_slack(slug, said, ticket) if said["side"] != "slack" else ():
            send(word["type"], word)
    _shown_everywhere(ticket)

"""An answer to a received message: to whom it goes, its subject, and where it stands in the thread. Pure.

RFC 5322 (§3.6.2 Reply-To, §3.6.4 In-Reply-To and References), RFC 3834 (§3.1: what an automatic answer looks like).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from interfaces.email.mime.addresses import addresses as received
from interfaces.email.mime.limits import MimeError
from interfaces.email.sending.addresses import Mailbox, mailbox
from interfaces.email.sending.loops import refusal
from interfaces.email.sending.outgoing import Suppressed
from interfaces.shared.errors import ApplicationError

__all__ = ["REFERENCES", "answer", "kept", "reply"]

REFERENCES = 20
"""Identifiers of a thread that an answer names: the first, and the last ones."""
FIELD = 20_000
"""Octets of References that are looked at."""
_IDENTIFIER = re.compile(rb"<([^<>\s\x00-\x20\x7f-\xff]{1,900})>")
_RE = re.compile(r"(?:re|aw|sv|antw|rép|ref|odp)(?:\[\d{1,3}\])?\s*:", re.IGNORECASE)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
KEPT = frozenset(str.split("in_reply_to references subject reply_to reply_all from_address refusal"))
"""The parts of an event that are enough to answer it."""


def reply(event: Mapping[str, Any], **said: Any) -> dict[str, Any]:
    """An ``email.send`` that answers ``event``: small enough to be sent anywhere, the content stays behind.

    ``said``: the other keys of ``email.send``; ``reply_all=True`` answers all who got it.
    """
    return {"type": "email.send", **said, "reply_to_event": kept(event)}


def kept(event: Mapping[str, Any]) -> dict[str, Any]:
    """What of an ``email.receive`` is needed to answer it, as plain values; once more of the same is that."""
    if event.keys() == KEPT:
        return dict(event)
    if "headers" not in event:
        raise ApplicationError("reply_to_event is neither an email.receive nor what reply() makes of one")
    first = _firsts(event["headers"])
    sender = str(event.get("from_address") or "")
    to = (_boxes(first.get(b"reply-to")) or _boxes(first.get(b"from")) or _boxes(sender.encode()))[:1]
    identifier = _identifiers(first.get(b"message-id", b""))[:1]
    return {
        "in_reply_to": identifier,
        "references": _thread(first, identifier),
        "subject": _UNSEEN.sub(" ", str(event.get("subject") or ""))[:800],
        "reply_to": [_written(box) for box in to],
        "reply_all": _others(first, [*event.get("to", ()), *(box.address for box in to)]),
        "from_address": str(event.get("to_address") or ""),
        "refusal": refusal(event, *(box.address for box in to)),
    }


def _thread(first: Mapping[bytes, bytes], identifier: list[str]) -> list[str]:
    """What the thread has had, and the message itself at the end."""
    before = _identifiers(first.get(b"references", b"")) or _identifiers(first.get(b"in-reply-to", b""))[:1]
    return bounded([*(one for one in before if one not in identifier), *identifier])


def _others(first: Mapping[bytes, bytes], named: Iterable[Any]) -> list[str]:
    """Whom it was sent to beside those that are ``named``."""
    known = {str(one).lower() for one in named}
    boxes = [box for name in (b"to", b"cc") for box in _boxes(first.get(name))]
    return [_written(box) for box in boxes if box.address.lower() not in known]


def answer(message: Mapping[str, Any]) -> dict[str, Any]:
    """``message`` with what it leaves out taken from its ``reply_to_event``.

    ``auto_submitted`` is "auto-replied" unless it says something else: "no", when a human has written it. Raises
    Suppressed when a program would answer what no program may, ApplicationError when there is nobody to answer.
    """
    parts = kept(message["reply_to_event"])
    filled = {key: value for key, value in message.items() if key not in ("reply_to_event", "reply_all")}
    filled.setdefault("auto_submitted", "auto-replied")
    automatic = filled["auto_submitted"] not in (None, False, "no")
    if automatic and parts["refusal"]:
        raise Suppressed(f"no program answers this message: {parts['refusal']}")
    if not filled.get("to"):
        if not parts["reply_to"]:
            raise ApplicationError("the message says nobody to answer: give to")
        filled["to"] = parts["reply_to"]
    if message.get("reply_all"):
        filled["cc"] = [*_list(filled.get("cc")), *parts["reply_all"]]
    if not filled.get("from_address"):
        filled["from_address"] = parts["from_address"]
    subject = parts["subject"].strip()
    filled.setdefault("subject", subject if _RE.match(subject) else f"Re: {subject}".strip())
    filled.setdefault("in_reply_to", parts["in_reply_to"])
    filled.setdefault("references", parts["references"])
    return filled


def bounded(references: Iterable[str]) -> list[str]:
    """The first and the last ones, each once: a thread of years stays within a header."""
    each = [*dict.fromkeys(references)]
    return each if len(each) <= REFERENCES else each[:1] + each[1 - REFERENCES :]


def _list(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else [*(value or ())]


def _firsts(headers: Iterable[Any]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found.setdefault(bytes(name), bytes(value))
    return found


def _identifiers(value: bytes) -> list[str]:
    """Those that can be written again; a bounded field of them."""
    return [one.decode("ascii") for one in _IDENTIFIER.findall(value[:FIELD])]


def _boxes(value: bytes | None) -> list[Mailbox]:
    """The addresses of a received field; what cannot be sent to is left out."""
    found: list[Mailbox] = []
    try:
        read = received(value or b"")
    except MimeError:
        return found
    for one in read:
        try:
            address = mailbox(one.address, "an address").address
        except ApplicationError:
            continue
        found.append(Mailbox(_UNSEEN.sub(" ", one.name)[:200].strip(), address))
    return found


def _written(box: Mailbox) -> str:
    """As an application writes it."""
    name = box.name.replace("\\", "").replace('"', "")
    return f'"{name}" <{box.address}>' if name else box.address

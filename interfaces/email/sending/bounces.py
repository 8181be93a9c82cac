"""What comes back of mail that was sent: ``email.bounce`` and ``email.complaint`` out of a received message.

RFC 3464 (delivery reports), RFC 5965 (complaints), RFC 3834 (an automatic answer is no bounce). Anybody can write a
report; which send it is of is told by the signed return path alone, and so is a bounce that keeps to no standard.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from interfaces.email.body import opened
from interfaces.email.mime.limits import MimeError
from interfaces.email.mime.part import Part
from interfaces.email.mime.report import Complaint, complaint, delivery_report, returned
from interfaces.email.mime.tree import parse
from interfaces.email.sending.return_path import ReturnPath, Signed

__all__ = ["RAW", "READ", "read"]

READ = 2**20
"""Octets of a message that are looked at: a report stands before what it returns."""
RAW = 64 * 1024
"""Octets of it that are in the event."""
TEXT = 20_000
"""Octets of a bounce that keeps to no standard in which its reason is looked for."""
_ACTIONS = {"relayed": "delivered", "expanded": "delivered"}
_ENHANCED = re.compile(rb"(?<![0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_CODE = re.compile(rb"(?<![0-9.])([45])[0-9]{2}[ -]")
_RETURNED = re.compile(rb"^[> \t-]*(?:Return-Path|Received|From):", re.MULTILINE | re.IGNORECASE)


def read(event: Mapping[str, Any], path: ReturnPath | None, *, now: float) -> list[dict[str, Any]]:
    """The events in an ``email.receive``: one for each recipient that a report speaks of; none when it is none.

    ``path``: what our return paths are signed by. Without it reports are taken as they come, with an empty ``id`` and
    the ``message_id`` that they return; with it, those without a valid signature are nobody's. A message larger than
    memory is read from its file: call this outside the event loop then.
    """
    with opened(event) as file:
        content = file.read(READ)
    try:
        message = parse(content)
        told = [*_told(event, message, path, now)]
    except MimeError:
        return []
    for at, one in enumerate(told):
        one.update(
            dedupe_key=f"{event.get('dedupe_key', event.get('id'))} {at}",
            attempt=event.get("attempt", 1),
            received_at=event.get("received_at", now),
            raw=content[:RAW],
        )
    return told


def _told(
    event: Mapping[str, Any], message: Part, path: ReturnPath | None, now: float
) -> Iterator[dict[str, Any]]:
    signed = _signed(event, path, now)
    statuses = delivery_report(message)
    if statuses:
        if signed is not None or path is None:
            for one in statuses:
                action = _ACTIONS.get(one.action, one.action)
                recipient = _proven(signed, one.recipient, one.final_recipient)
                yield _bounce(signed, message, recipient, action, one.status, one.diagnostic)
        return
    said = complaint(message)
    if said is not None:
        yield from _complaint(said, message, signed or _author(said, message, path, now), path)
    elif signed is not None and event.get("kind", "bounce") == "bounce":
        status, diagnostic = _reason(message)
        yield _bounce(signed, message, "", "delayed" if status[0] == "4" else "failed", status, diagnostic)


def _signed(event: Mapping[str, Any], path: ReturnPath | None, now: float) -> Signed | None:
    """What the first of our return paths says that it came to."""
    if path is None:
        return None
    found = (path.read(str(one), now) for one in event.get("to", ()))
    return next((one for one in found if one is not None), None)


def _proven(signed: Signed | None, *named: str) -> str:
    """The first of the addresses that are named which the return path was made for; "" if it is none of them.

    Else who has got one message of ours could have us believe that another address takes no more mail.
    """
    return next((one for one in named if signed is None or signed.of(one)), "")


def _bounce(
    signed: Signed | None, message: Part, recipient: str, action: str, status: str, diagnostic: str
) -> dict[str, Any]:
    return {
        "type": "email.bounce",
        "id": signed.id if signed is not None else "",
        "message_id": _message_id(message),
        "recipient": recipient,
        "action": action,
        "status": status,
        "diagnostic": diagnostic,
        "hard": action == "failed" and status.startswith("5"),
    }


def _complaint(
    said: Complaint, message: Part, signed: Signed | None, path: ReturnPath | None
) -> Iterator[dict[str, Any]]:
    """One for each recipient it names; providers often name none."""
    if signed is None and path is not None:
        return
    for recipient in said.recipients or ("",):
        yield {
            "type": "email.complaint",
            "id": signed.id if signed is not None else "",
            "message_id": _message_id(message),
            "recipient": _proven(signed, recipient),
            "action": "complained",
            "status": "",
            "diagnostic": said.kind,
            "hard": True,
        }


def _author(said: Complaint, message: Part, path: ReturnPath | None, now: float) -> Signed | None:
    """Which send a complaint is of, by the return path that it returns: it is sent to an address that never changes."""
    if path is None:
        return None
    headers = returned(message)
    back = headers.text(b"return-path").strip().strip("<>") if headers is not None else ""
    return path.read(said.mail_from.strip("<>"), now) or path.read(back, now)


def _message_id(message: Part) -> str | None:
    headers = returned(message)
    found = headers.text(b"message-id").strip().strip("<>") if headers is not None else ""
    return found[:1000] or None


def _reason(message: Part) -> tuple[str, str]:
    """The code and the line that a text for people gives, before what it quotes of the message."""
    text = next((part.content[:TEXT] for part in message.walk() if part.content_type == "text/plain"), b"")
    quoted = _RETURNED.search(text)
    text = text[: quoted.start()] if quoted is not None else text
    for pattern in (_ENHANCED, _CODE):
        found = pattern.search(text)
        if found is not None:
            start, end = text.rfind(b"\n", 0, found.start()) + 1, text.find(b"\n", found.end())
            line = text[start : end if end >= 0 else len(text)][:500].decode("utf-8", "replace")
            status = found[1].decode("ascii")
            return status if "." in status else f"{status}.0.0", " ".join(line.split())
    return "5.0.0", ""

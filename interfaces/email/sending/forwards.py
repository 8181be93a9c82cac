"""A received message to somebody else: within a message of ours, or as it is.

RFC 2046 §5.2.1 (message/rfc822), RFC 5322 §3.6.6 (Resent fields), RFC 5321 §6.3 (circles).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from interfaces.email.body import content
from interfaces.email.sending.addresses import mailbox, mailboxes
from interfaces.email.sending.fields import address_list, date, identifiers, made_id
from interfaces.email.sending.loops import HOPS
from interfaces.email.sending.outgoing import Suppressed
from interfaces.shared.errors import ApplicationError

__all__ = ["forward", "redirect"]

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_FORWARDED = re.compile(r"(?:fwd?|wg|tr|rv)\s*:", re.IGNORECASE)


def forward(event: Mapping[str, Any], to: str | Sequence[str], **said: Any) -> dict[str, Any]:
    """An ``email.send`` that holds ``event``, an ``email.receive``, as an attachment, byte for byte.

    From the address that received it, unless ``said`` has another ``from_address``; "Fwd: " is put before the subject.
    A large one is read from its file: call this outside the event loop then. Suppressed for what goes in a circle:
    each address that forwards a message is named in its X-Loop fields, as its Received fields are within it by then.
    """
    ours = str(event.get("to_address") or "")
    loops = _straight(event, forwarder=ours)
    subject = _UNSEEN.sub(" ", str(event.get("subject") or "")).strip()[:800]
    inner = {"content_type": "message/rfc822", "content": content(event)}
    filled = {
        "type": "email.send",
        "to": to,
        "from_address": ours,
        "subject": subject if _FORWARDED.match(subject) else f"Fwd: {subject}".strip(),
        "auto_submitted": "auto-generated",
        "text": "",
        **said,
    }
    fields = [*_pairs(said.get("headers")), *(("X-Loop", one) for one in [*loops, ours] if one)]
    return {**filled, "headers": fields, "attachments": [*(said.get("attachments") or ()), inner]}


def _pairs(headers: Any) -> Any:
    return headers.items() if isinstance(headers, Mapping) else headers or ()


def redirect(
    event: Mapping[str, Any], to: str | Sequence[str], *, now: float, host: str, from_address: str = ""
) -> dict[str, Any]:
    """An ``email.send`` of ``event`` as it came, to ``to``: its author stays its author, the return path is ours.

    ``now``, ``host``: for the fields that say who sent it again. DMARC of its author holds by DKIM alone then: what is
    changed on the way, or was never signed, is better forwarded. Suppressed for what was redirected by us before.
    """
    ours = mailbox(from_address or event.get("to_address"), "from_address")
    _straight(event, ours.address)
    header = [
        address_list("Resent-From", [ours]),
        address_list("Resent-To", mailboxes(to, "to")),
        date(now, "Resent-Date"),
        identifiers("Resent-Message-ID", [made_id(str(event.get("id") or ""), now, host)]),
    ]
    raw = b"".join(header) + content(event)
    return {"type": "email.send", "mail_from": ours.address, "to": to, "raw": raw}


def _straight(event: Mapping[str, Any], ours: str = "", forwarder: str = "") -> list[str]:
    """Who has forwarded it before. Suppressed for a message that has been here, or has passed too many servers.

    ``ours``: who would redirect it now; ``forwarder``: who would forward it.
    """
    if "headers" not in event:
        raise ApplicationError("what is forwarded is an email.receive")
    loops = _values(event, b"x-loop")
    passed = len(loops) + len(_values(event, b"received"))
    if passed > HOPS:
        raise Suppressed(f"it has passed {passed} servers: a circle")
    if ours and any(ours.lower() in value.lower() for value in _values(event, b"resent-from")):
        raise Suppressed(f"{ours} has sent it again before: a circle")
    if forwarder and forwarder.lower() in map(str.lower, loops):
        raise Suppressed(f"{forwarder} has forwarded it before: a circle")
    return loops


def _values(event: Mapping[str, Any], name: bytes) -> list[str]:
    """Those of a field that say something, as they can be written again."""
    said = [bytes(value).decode("utf-8", "replace") for found, value in event["headers"] if found == name]
    return [value for one in said if (value := _UNSEEN.sub(" ", one)[:998].strip())]

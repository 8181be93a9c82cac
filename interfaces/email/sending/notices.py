"""A delivery report of our own: what a sender gets about recipients that were accepted and then refused. Pure.

RFC 3464 (delivery status), RFC 6522 (multipart/report), RFC 6533 (addresses beyond ASCII), RFC 3461 (§4.1 NOTIFY, §4.2
ORCPT, §6 the report), RFC 5321 §4.5.5 (the null sender, and no report of a report).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interfaces.email.headers import identifier, split
from interfaces.email.sending.addresses import Mailbox, beyond_ascii, mailbox
from interfaces.email.sending.content import Part, boundaries, canonical, joined, leaf
from interfaces.email.sending.fields import address_list, date, identifiers, made_id, unstructured
from interfaces.email.sending.fields import field as folded
from interfaces.email.sending.outgoing import Outgoing, Result
from interfaces.shared.errors import ApplicationError

__all__ = ["HEADER", "NAMED", "Refused", "notification"]

HEADER = 64 * 1024
"""Octets of the header of the message that are returned."""
NAMED = 100
"""Recipients that the text for people names; the report for programs has all."""
LONGEST = 900
"""Characters of an address, which cannot be folded."""
_UNFIT = re.compile(r"[^ -~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A message that we had taken, and whom it does not reach."""

    sender: str
    """Of its envelope: who is told."""
    failed: Sequence[Result]
    content: bytes = b""
    """The message, or its beginning: the header is returned."""
    received_at: float
    """Unix seconds."""
    envid: str = ""
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """NOTIFY and ORCPT of the recipients, as in ``rcpt_to`` of the scope."""


def notification(refused: Refused, *, id: str, now: float, host: str) -> Outgoing | None:
    """The report to the sender of ``refused``, as a send with this ``id``.

    None when nobody is to be told: the null sender, one that cannot be answered, recipients for whom it asked for no
    report.
    """
    failed = [one for one in refused.failed if _wanted(refused.parameters.get(one.recipient, {}))]
    if not refused.sender or not failed:
        return None
    try:
        to = mailbox(refused.sender, "the sender")
        ours = mailbox(f"MAILER-DAEMON@{host}", "the name of this host")
    except ApplicationError:
        return None
    message_id = made_id(id, now, host)
    before = identifier(split(refused.content[:HEADER]).first(b"message-id"))
    header = [
        address_list("From", [Mailbox("Mail Delivery System", ours.address)]),
        address_list("To", [to]),
        unstructured("Subject", "Undelivered Mail Returned to Sender"),
        date(now),
        identifiers("Message-ID", [message_id]),
        *([identifiers("In-Reply-To", [before])] if before and _UNFIT.search(before) is None else []),
        b"Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n",
    ]
    parts = [leaf("plain", _text(failed, host)), _status(refused, failed, host), _returned(refused.content)]
    body = joined("report", parts, boundaries(f"{id} {now}"), {"report-type": "delivery-status"})
    return Outgoing(
        id=id,
        mail_from="",
        recipients=(to.address,),
        content=Part(b"".join([*header, body.header]), body.body).whole,
        message_id=message_id,
        smtputf8=beyond_ascii([to.address]),
    )


def _wanted(parameters: Mapping[str, Any]) -> bool:
    """Whether a failure is to be told (RFC 3461 §4.1)."""
    notify = str(parameters.get("NOTIFY", "FAILURE")).upper()
    return "FAILURE" in notify.split(",")


def _text(failed: Sequence[Result], host: str) -> str:
    """For people."""
    lines = [f"This is the mail system at {host}.", "", "Your message could not be delivered to:", ""]
    for one in failed[:NAMED]:
        said = " ".join(str(word) for word in (one.code, one.enhanced, one.text) if word)
        lines += [f"  {one.recipient}", f"    {said}"]
    if len(failed) > NAMED:
        lines += ["", f"and to {len(failed) - NAMED} more."]
    return "\n".join([*lines, ""])


def _status(refused: Refused, failed: Iterable[Result], host: str) -> Part:
    """For programs."""
    groups = [[_said("Reporting-MTA", f"dns; {host}"), date(refused.received_at, "Arrival-Date")]]
    if refused.envid:
        groups[0].insert(0, _said("Original-Envelope-Id", refused.envid))
    for one in failed:
        original = refused.parameters.get(one.recipient, {}).get("ORCPT")
        groups.append([_said("Original-Recipient", str(original).replace(";", "; ", 1))] if original else [])
        status = one.enhanced if one.enhanced and one.enhanced[0] == "5" else "5.0.0"
        groups[-1] += [
            _said("Final-Recipient", _typed(one.recipient)),
            b"Action: failed\r\n",
            _said("Status", status),
        ]
        if one.code is not None:
            words = (one.code, one.enhanced, one.text)
            said = " ".join(str(word) for word in words if word)
            groups[-1].append(_said("Diagnostic-Code", f"smtp; {said}"))
    content = b"\r\n".join(b"".join(group) for group in groups)
    return Part(b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: 7bit\r\n", content)


def _said(name: str, value: str) -> bytes:
    """A field of printable ASCII."""
    return folded(name, _UNFIT.sub("?", value).split())


def _typed(recipient: str) -> str:
    """RFC 6533 §3: what a report of seven bits says of an address beyond them."""
    if recipient.isascii():
        return f"rfc822; {recipient}"
    plain = (char if char.isascii() and char not in "\\+=" else f"\\x{{{ord(char):X}}}" for char in recipient)
    return f"utf-8; {''.join(plain)[:LONGEST]}"


def _returned(content: bytes) -> Part:
    """The header of the message; what is cut or has eight bits is encoded as text."""
    header = canonical(content[: min(split(content[:HEADER]).end, HEADER)].rstrip(b"\r\n"))
    return leaf("rfc822-headers", header.decode("utf-8", "replace"))

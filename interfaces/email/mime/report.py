"""What servers and mailbox providers say of messages that were sent: delivery reports and complaints. Pure.

RFC 3464 (§2.2 fields of the message, §2.3 of a recipient), RFC 6522 (multipart/report), RFC 6533 (utf-8 addresses), RFC
3463 (status codes), RFC 5965 (§3 feedback reports). What a report says is said by anybody: only a signed return path
tells that it is of a message of ours.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from interfaces.email.headers import Headers, split
from interfaces.email.mime.limits import LIMITS, MimeError
from interfaces.email.mime.part import Part
from interfaces.email.mime.tree import parse
from interfaces.email.mime.words import decoded

__all__ = ["Complaint", "DeliveryStatus", "complaint", "delivery_report", "returned"]

ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_BARE = re.compile(rb"\r?\n")
_HEX = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_ADDRESS = re.compile(r"[^\s<>]{1,512}")
LONGEST_TEXT = 2000
"""Characters that are kept of what a server said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """What became of a message for one recipient."""

    recipient: str
    """Its address, the original one where the report names it, as it was sent to."""
    action: str
    """failed, delayed, delivered, relayed or expanded."""
    status: str
    """The enhanced code, such as 5.1.1; made of the action where there is none: 5.0.0, 4.0.0, 2.0.0."""
    diagnostic: str
    """What the last server said, "" without that."""
    final_recipient: str = ""
    """The address that it was tried for in the end, which may be another where mail is forwarded."""
    remote: str = ""
    """Who said it (Remote-MTA)."""
    reporter: str = ""
    """Who made the report (Reporting-MTA)."""
    envelope_id: str | None = None
    """ENVID of the message, if it had one."""

    @property
    def hard(self) -> bool:
        """Whether it failed for good, by its code as well: no other attempt will help."""
        return self.action == "failed" and self.status.startswith("5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A user, or a provider in a user's name, complains about a message."""

    kind: str
    """abuse, fraud, virus, not-spam, other, auth-failure …, in lower case."""
    recipients: tuple[str, ...]
    """Original-Rcpt-To; providers often leave it out."""
    mail_from: str
    user_agent: str
    source_ip: str
    authentication: str
    """Authentication-Results of who complains."""


def delivery_report(message: Part | bytes) -> list[DeliveryStatus]:
    """What a delivery report says of each recipient; an empty list when it is none.

    MimeError for a message beyond the limits; a report that is broken says what can be read of it.
    """
    for part in _parts(message):
        if part.content_type in ("message/delivery-status", "message/global-delivery-status"):
            return list(_statuses(part))
    return []


def complaint(message: Part | bytes) -> Complaint | None:
    """What a feedback report says; None when it is none."""
    for part in _parts(message):
        if part.content_type == "message/feedback-report":
            fields = next(_groups(part), Headers())
            given = [value for name, value in fields.fields if name == b"original-rcpt-to"]
            recipients = [found for value in given if (found := _address(value))]
            return Complaint(
                kind=fields.text(b"feedback-type").lower() or "other",
                recipients=tuple(dict.fromkeys(recipients)),
                mail_from=_address(fields.first(b"original-mail-from")),
                user_agent=_text(fields, b"user-agent"),
                source_ip=_text(fields, b"source-ip"),
                authentication=_text(fields, b"authentication-results"),
            )
    return None


def returned(message: Part | bytes) -> Headers | None:
    """The header of the message that a report is of, as far as the report holds it."""
    root = parse(message) if isinstance(message, bytes) else message
    for part in root.walk():
        if part.message and part is not root:
            return part.children[0].headers if part.children else _header(part.content)
        if part.content_type in ("text/rfc822-headers", "message/global-headers"):
            return _header(part.content)
    return None


def _parts(message: Part | bytes) -> Iterator[Part]:
    """The parts of the report itself, and not of what it returns."""
    root = parse(message) if isinstance(message, bytes) else message
    yield root
    yield from root.children


def _header(content: bytes) -> Headers:
    return split(_BARE.sub(b"\r\n", content[: LIMITS.header]), LIMITS.fields)


def _groups(part: Part) -> Iterator[Headers]:
    """The groups of fields that a report is made of, with empty lines between."""
    content = _BARE.sub(b"\r\n", part.content)
    if len(content) > LIMITS.header:
        raise MimeError(f"a report of more than {LIMITS.header} bytes")
    most = LIMITS.fields
    for block in content.split(b"\r\n\r\n"):
        fields = split(block.lstrip(b"\r\n"), most)
        most -= len(fields.fields)
        if most < 0:
            raise MimeError(f"a report of more than {LIMITS.fields} fields")
        if fields.fields:
            yield fields


def _statuses(part: Part) -> Iterator[DeliveryStatus]:
    whole = Headers()
    for fields in _groups(part):
        recipient = _address(fields.first(b"final-recipient"))
        original = _address(fields.first(b"original-recipient"))
        if not recipient and not original:
            whole = whole if whole.fields else fields
            continue
        action = fields.text(b"action").partition(";")[0].partition("(")[0].strip().lower()
        found = _STATUS.search(fields.text(b"status")[:100])
        action = _action(action, found[0] if found else "")
        yield DeliveryStatus(
            recipient=original or recipient,
            final_recipient=recipient or original,
            action=action,
            status=found[0] if found else {"failed": "5.0.0", "delayed": "4.0.0"}.get(action, "2.0.0"),
            diagnostic=_typed(_text(fields, b"diagnostic-code")),
            remote=_typed(_text(fields, b"remote-mta")),
            reporter=_typed(_text(whole, b"reporting-mta")),
            envelope_id=_text(whole, b"original-envelope-id") or None,
        )


def _action(said: str, status: str) -> str:
    """One of the actions; of a word that is none, what the code says."""
    if said in ACTIONS:
        return said
    return {"2": "delivered", "4": "delayed"}.get(status[:1], "failed")


def _text(fields: Headers, name: bytes) -> str:
    return decoded(fields.first(name)[: 4 * LONGEST_TEXT])[:LONGEST_TEXT]


def _typed(text: str) -> str:
    """What stands behind the type: "smtp; 550 5.1.1 …", "dns; mx.example"."""
    kind, semicolon, rest = text.partition(";")
    return rest.strip() if semicolon and " " not in kind.strip() else text


def _address(value: bytes) -> str:
    """The address of "rfc822; user@domain", or of one without the type; "" for what is none."""
    text = decoded(value[: 4 * LONGEST_TEXT])
    kind, semicolon, rest = text.partition(";")
    address = rest if semicolon else kind
    found = _ADDRESS.search(address)
    if found is None:
        return ""
    return _HEX.sub(_character, found[0]) if kind.strip().lower() == "utf-8" else found[0]


def _character(found: re.Match[str]) -> str:
    """RFC 6533 §3: a character by its number."""
    number = int(found[1], 16)
    plain = 0x20 < number < 0x110000 and not 0xD800 <= number < 0xE000 and number != 0x7F
    return chr(number) if plain else "\ufffd"

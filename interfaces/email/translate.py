"""Between SMTP and ASGI: the scope and the event of a message, and the reply that is a verdict. Pure.

The contract is in ``messages.py``. RFC 5321 §4.4 (Received), RFC 3463 (enhanced codes), RFC 5322 §3.6.4 (References).
"""

import hashlib
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Literal

from interfaces.email.envelope import Mail, Recipient
from interfaces.email.headers import Headers, identifier, split
from interfaces.email.replies import ENHANCED, reply
from interfaces.shared.asgi import Event, Scope
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ApplicationError

__all__ = ["Place", "Transaction", "answer", "received", "verdict"]

SPEC_VERSION = "1.0"


@dataclass(slots=True, kw_only=True)
class Place:
    """Where a connection is, and who is there: what its scopes have in common."""

    protocol: str
    client: tuple[str, int | None] | None
    server: tuple[str, int | None] | None
    helo: str = ""
    tls: dict[str, Any] | None = None
    auth: dict[str, str] | None = None


@dataclass(slots=True)
class Transaction:
    """One message: its envelope, and its content once all of it is here."""

    id: str
    place: Place
    mail: Mail
    recipients: list[Recipient]
    received_at: float
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, piece: bytes) -> None:
        """More content."""
        if piece:
            self.pieces.append(piece)
            self.size += len(piece)

    def whole(self) -> bytes:
        """The content in one piece."""
        if len(self.pieces) != 1:
            self.pieces = [b"".join(self.pieces)]
        return self.pieces[0]

    def scope(self, state: dict[str, Any], headers: Headers) -> Scope:
        """The scope of the message; ``conversation`` is the first of its References."""
        place, first = self.place, self.recipients[0].address
        return {
            "type": "email",
            "asgi": {"version": "3.0", "spec_version": SPEC_VERSION},
            "protocol": place.protocol,
            "transaction_id": self.id,
            "client": place.client,
            "server": place.server,
            "client_name": None,
            "helo": place.helo,
            "tls": place.tls,
            "auth": place.auth,
            "conversation": identifier(headers.first(b"references"))
            or identifier(headers.first(b"in-reply-to")),
            "mail_from": str(self.mail.sender),
            "mail_params": self.mail.parameters,
            "rcpt_to": [_recipient(one) for one in self.recipients],
            "path": f"{first.domain}/{first.local}",
            "state": state.copy(),
            "extensions": {},
        }

    def event(self, headers: Headers) -> Event:
        """``email.receive`` with the whole message."""
        body = self.whole()
        digest = hashlib.sha256(body).hexdigest()
        sender, recipients = str(self.mail.sender), [str(one.address) for one in self.recipients]
        return {
            "type": "email.receive",
            "id": self.id,
            "dedupe_key": f"{sender} {recipients[0]} {digest}",
            "attempt": 1,
            "received_at": self.received_at,
            "from": sender or None,
            "to": recipients,
            "from_address": sender,
            "to_address": recipients[0],
            "subject": headers.text(b"subject"),
            "message_id": identifier(headers.first(b"message-id")),
            "size": self.size,
            "digest": digest,
            "headers": headers.fields,
            "body": body,
            "more_body": False,
        }

    def headers(self) -> Headers:
        """The header of the content."""
        return split(self.whole())


def _recipient(one: Recipient) -> dict[str, Any]:
    local, address = one.address.local, str(one.address)
    return {
        "address": address,
        "local": local,
        "domain": one.address.domain,
        "tag": local.partition("+")[2] or None,
        "params": one.parameters,
    }


def received(transaction: Transaction, host: str) -> bytes:
    """The trace line of a message (RFC 5321 §4.4), with its CRLF: for who passes the message on."""
    place = transaction.place
    kind = (
        ("UTF8" if "SMTPUTF8" in transaction.mail.parameters else "E") + "SMTP"
        if place.protocol == "smtp"
        else "LMTP"
    )
    kind += "S" * (place.tls is not None) + "A" * (place.auth is not None)
    client = place.client[0] if place.client else "unix"
    when = formatdate(transaction.received_at)
    helo = "".join(char if char.isascii() and char.isprintable() else "?" for char in place.helo)
    return (
        f"Received: from {helo} ([{client}])\r\n\tby {host} with {kind} id {transaction.id};\r\n\t{when}\r\n"
    ).encode("ascii", "replace")


KINDS: dict[str, Literal["accept", "reject", "defer"]] = {
    "email.accept": "accept",
    "email.discard": "accept",
    "email.reject": "reject",
    "email.defer": "defer",
}
_DEFAULTS: dict[str, tuple[int, str, str]] = {
    "accept": (250, "2.0.0", "Ok"),
    "reject": (550, "5.7.1", "Refused"),
    "defer": (451, "4.3.0", "Try again later"),
}
_FIRST = {"accept": "2", "reject": "5", "defer": "4"}


def verdict(event: Event) -> Verdict:
    """The verdict that an application's message says. Raises ApplicationError for codes that do not fit it."""
    kind = KINDS[event["type"]]
    code, enhanced, text = _DEFAULTS[kind]
    said = event.get("code", code), event.get("enhanced") or enhanced, event.get("text") or text
    if not isinstance(said[0], int) or not 200 <= said[0] <= 599 or str(said[0])[0] != _FIRST[kind]:
        raise ApplicationError(
            f"{event['type']}: code {said[0]!r} is none of {_FIRST[kind]}00 to {_FIRST[kind]}99"
        )
    if not isinstance(said[1], str) or not ENHANCED.fullmatch(said[1]) or said[1][0] != _FIRST[kind]:
        raise ApplicationError(f"{event['type']}: enhanced {said[1]!r} is no code such as {enhanced}")
    if kind == "accept" and event.get("queue_id"):
        text = f"{text}: queued as {event['queue_id']}"
    detail = {"code": said[0], "enhanced": said[1], "text": str(event.get("text") or text)}
    return Verdict(kind, detail)


def answer(said: Verdict, transaction_id: str) -> bytes:
    """The reply for a verdict; ours where the application said none."""
    code, enhanced, text = _DEFAULTS[said.kind]
    detail = said.detail
    text = detail.get("text", text)
    if said.kind == "accept":
        text = f"{text} {transaction_id}"
    return reply(detail.get("code", code), detail.get("enhanced", enhanced), text)

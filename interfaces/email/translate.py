"""Between SMTP and ASGI: the scope and the event of a message. Pure.

The contract is in ``messages.py``. RFC 5322 §3.6.4 (References).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from interfaces.email.body import Body
from interfaces.email.envelope import Mail, Recipient
from interfaces.email.headers import Headers, conversation, identifier, split
from interfaces.email.kinds import kind
from interfaces.email.xclient import XClient
from interfaces.shared.asgi import Event, Scope

__all__ = ["Key", "Place", "Transaction", "behind", "keys_of"]

SPEC_VERSION = "1.0"
Key = str
"""Sender, one recipient and the digest of the content."""


@dataclass(slots=True, kw_only=True)
class Place:
    """Where a connection is, and who is there: what its scopes have in common."""

    protocol: str
    client: tuple[str, int | None] | None
    server: tuple[str, int | None] | None
    helo: str = ""
    client_name: str | None = None
    tls: dict[str, Any] | None = None
    auth: dict[str, str] | None = None


def behind(place: Place, said: XClient) -> Place:
    """Where a client is that a proxy told of."""
    client, server, auth = place.client, place.server, place.auth
    if said.address is not None:
        client = (said.address, said.port or 0) if said.address else None
    if said.server_address:
        server = (said.server_address, said.server_port or 0)
    if said.login is not None:
        auth = {"user": said.login, "mechanism": "XCLIENT"} if said.login else None
    name = place.client_name if said.name is None else said.name or None
    return replace(place, client=client, server=server, auth=auth, client_name=name)


@dataclass(slots=True, init=False)
class Transaction:
    """One message: its envelope, and its content once all of it is here."""

    id: str
    place: Place
    mail: Mail
    recipients: list[Recipient]
    received_at: float
    body: Body

    def __init__(  # its own, since that of a compiled dataclass is interpreted
        self, id: str, place: Place, mail: Mail, recipients: list[Recipient], received_at: float, body: Body
    ) -> None:
        self.id = id
        self.place = place
        self.mail = mail
        self.recipients = recipients
        self.received_at = received_at
        self.body = body

    def keys(self) -> list[Key]:
        """What each recipient is known by, should the message come again."""
        return keys_of(self.mail.sender.text, self.recipients, self.body.digest)

    def only(self, places: Sequence[int]) -> "Transaction":
        """The same for some of the recipients."""
        some = [self.recipients[at] for at in places]
        return Transaction(self.id, self.place, self.mail, some, self.received_at, self.body)

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
            "client_name": place.client_name,
            "helo": place.helo,
            "tls": place.tls,
            "auth": place.auth,
            "conversation": conversation(headers),
            "mail_from": self.mail.sender.text,
            "mail_params": self.mail.parameters,
            "rcpt_to": [_recipient(one) for one in self.recipients],
            "path": f"{first.domain}/{first.local}",
            "state": state.copy(),
            "extensions": {},
        }

    def event(self, headers: Headers, digest: str | None = None) -> Event:
        """``email.receive`` with the whole message; ``digest`` where it is known, or not yet."""
        body = self.body
        if digest is None:
            digest = body.digest
        sender, recipients = self.mail.sender.text, [one.address.text for one in self.recipients]
        keys = [f"{sender} {one} {digest}" for one in recipients]
        return {
            "type": "email.receive",
            "id": self.id,
            "dedupe_key": keys[0],
            "dedupe_keys": keys,
            "attempt": 1,
            "received_at": self.received_at,
            "from": sender or None,
            "to": recipients,
            "from_address": sender,
            "to_address": recipients[0],
            "subject": headers.text(b"subject"),
            "message_id": identifier(headers.first(b"message-id")),
            "kind": kind(headers, sender),
            "size": body.size,
            "digest": digest,
            "headers": headers.fields,
            "body": b"" if body.reference else body.whole,
            "body_ref": body.reference,
            "more_body": False,
        }

    def beginning(self, headers: Headers, content: bytes) -> Event:
        """``email.receive`` with the header and what there is so far; what needs all of it is in :meth:`ending`."""
        event = self.event(headers, "")
        for key in ("dedupe_key", "dedupe_keys", "size", "digest"):
            del event[key]
        event["body"], event["more_body"] = content, True
        return event

    def ending(self) -> Event:
        """The last ``email.receive``: what the message was, and for whom."""
        event = self.event(Headers(), self.body.digest)
        for key in ("subject", "message_id", "kind", "headers"):
            del event[key]
        event["body"], event["body_ref"] = b"", None
        return event

    def question(self) -> Event:
        """``email.rcpt``: whether the first recipient is one, before there is any content."""
        sender, one = self.mail.sender.text, self.recipients[0]
        address = one.address.text
        return {
            "type": "email.rcpt",
            "id": self.id,
            "dedupe_key": f"{self.id} {address}",
            "attempt": 1,
            "received_at": self.received_at,
            "from": sender or None,
            "to": [address],
            "from_address": sender,
            "to_address": address,
            "address": address,
            "params": one.parameters,
        }

    def headers(self, most: int) -> Headers | None:
        """The header of the content; None when it has more than ``most`` fields."""
        found = split(self.body.whole, most)
        return found if len(found.fields) <= most else None


def _recipient(one: Recipient) -> dict[str, Any]:
    address, local = one.address, one.address.local
    return {
        "address": address.text,
        "local": local,
        "domain": address.domain,
        "tag": local.partition("+")[2] or None if "+" in local else None,
        "params": one.parameters,
    }


def keys_of(sender: str, recipients: Sequence[Recipient], digest: str) -> list[Key]:
    """The key of each recipient, in their order."""
    return [f"{sender}\0{one.address.text}\0{digest}" for one in recipients]

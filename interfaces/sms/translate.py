"""A message that somebody has sent us, or a receipt, as the scope and the event of one call. Pure."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from interfaces.shared.parcel import Parcel
from interfaces.sms.keywords import keyword
from interfaces.sms.numbers import address, country
from interfaces.sms.providers.base import STATUSES, Inbound, Receipt

__all__ = ["Place", "translated"]

ASGI = {"version": "3.0", "spec_version": "1.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """By which way something came."""

    provider: str
    account: str
    """The name of the account, or bind."""
    transport: Literal["webhook", "smpp"]
    bind: str | None = None
    client: tuple[str, int | None] | None = None
    patience: float = 10.0
    """Seconds until it has to be answered."""
    replies: bool = False
    """Whether the answer may have messages in it."""
    repeats: bool = True
    """Whether what is deferred comes again."""


def translated(
    found: Inbound | Receipt, place: Place, now: float, region: str = "", ours: str = ""
) -> Parcel:
    """The call for ``found``. ``now`` in Unix seconds; ``ours``: the id of our message that a receipt is for."""
    if isinstance(found, Inbound):
        return _received(found, place, now, region)
    return _status(found, place, now, region, ours)


def _scope(place: Place, address: str, path: str, conversation: str | None) -> dict[str, Any]:
    return {
        "type": "sms",
        "asgi": dict(ASGI),
        "provider": place.provider,
        "transport": place.transport,
        "account": place.account,
        "address": address,
        "bind": place.bind,
        "path": path,
        "conversation": conversation,
        "client": place.client,
        "server": None,
        "extensions": {},
    }


def _digest(*parts: str | bytes) -> str:
    """A name for what has none."""
    made = sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        made.update(b"%d:" % len(data) + data)
    return made.hexdigest()[:32]


def _received(found: Inbound, place: Place, now: float, region: str) -> Parcel:
    sender, recipient = address(found.sender, region), address(found.recipient, region)
    sent = "" if found.sent_at is None else f"{found.sent_at:.3f}"
    # without an id, and a time, two of the same words may be two messages: then no repeat is told
    known = found.id or (_digest(found.sender, found.recipient, sent, found.text, found.data) if sent else "")
    name = known or _digest(found.sender, found.recipient, repr(now), found.text, found.data)
    conversation = f"{recipient}/{sender}"
    event: dict[str, Any] = {
        "type": "sms.receive",
        "id": name,
        "dedupe_key": f"sms:{place.account}:{name}",
        "attempt": 1,
        "received_at": now,
        "from_address": sender,
        "to_address": recipient,
        "from_raw": found.sender,
        "to_raw": found.recipient,
        "text": found.text,
        "encoding": found.encoding or _encoding(found),
        "data": found.data,
        "segments": found.segments,
        "media": [
            {"url": one.url, "content_type": one.content_type, "size": one.size} for one in found.media
        ],
        "keyword": found.keyword or keyword(found.text),
        "country": country(sender),
        "sent_at": found.sent_at,
        "duplicate": found.duplicate,
        "raw": dict(found.raw),
    }
    scope = _scope(place, recipient, f"receive/{recipient}", conversation)
    return Parcel(
        scope=scope, event=event, key=event["dedupe_key"] if known else "", conversation=conversation
    )


def _encoding(found: Inbound) -> str:
    if found.data:
        return "binary"
    return "gsm7" if found.text.isascii() else "ucs2"


def _status(found: Receipt, place: Place, now: float, region: str, ours: str) -> Parcel:
    sender, recipient = address(found.sender, region), address(found.recipient, region)
    name = f"{found.provider_id}:{found.status}:{found.error_code}"
    conversation = f"{sender}/{recipient}" if sender and recipient else None
    event: dict[str, Any] = {
        "type": "sms.status",
        "id": found.id or ours,
        "dedupe_key": f"sms:{place.account}:{name}",
        "attempt": 1,
        "received_at": now,
        "provider_id": found.provider_id,
        "status": found.status,
        "error_code": found.error_code,
        "error_text": found.error_text,
        "at": found.at,
        "final": STATUSES[found.status],
        "from_address": sender,
        "to_address": recipient,
        "raw": dict(found.raw),
    }
    scope = _scope(place, sender, f"status/{found.status}", conversation)
    key = event["dedupe_key"] if found.provider_id else ""
    return Parcel(scope=scope, event=event, key=key, conversation=conversation)

"""The fake provider of :mod:`interfaces.testing.sms`, which can do all that any provider can. Pure.

It posts JSON, ``{"messages": [...], "receipts": [...]}``, with ``X-Fake-Timestamp`` and ``X-Fake-Signature``, the
HMAC-SHA256 of "TIMESTAMP.BODY" in hexadecimal. It takes replies in the answer, and tries again after anything but 2xx
unless ``X-Fake-No-Retry`` is there. It is asked by ``POST /messages`` with a bearer token, and honours Idempotency-Key.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import msgspec

from interfaces.shared.webhook import Answer, Request, fresh, hmac_hex, refusal
from interfaces.sms.accounts import Account
from interfaces.sms.providers.answers import Answers
from interfaces.sms.providers.asking import post_json, retry_after, short, usual
from interfaces.sms.providers.base import STATUSES, Asked, Attached, Inbound, Outgoing, Receipt, Reply, Sent
from interfaces.sms.providers.settings import base_url, needed, signing
from interfaces.sms.providers.signing import any_fits, unbase64
from interfaces.sms.providers.values import moment, record, rows, said, text, whole

__all__ = ["API", "Fake"]

API = "http://127.0.0.1:8002"
"""Where ``python -m interfaces.testing.sms`` serves it."""
WINDOW = 300.0
"""Seconds that a request may be old."""
JSON = b"application/json"


class Fake(Answers):
    """``account.secret`` is the API's token, and signs; ``account.signing`` where that is another."""

    name = "fake"
    types = ("application/json",)
    patience = 10.0
    replies = True
    timed = True

    def __init__(self, account: Account) -> None:
        self.token = needed(account, "secret", "as the fake says it")
        self.secrets = signing(account, "as the fake says it")
        self.url = base_url(account, API)

    def read(self, request: Request, url: str, now: float) -> Sequence[Inbound | Receipt]:
        """Messages and receipts. Raises PeerError."""
        stamp, signature = request.header(b"x-fake-timestamp"), request.header(b"x-fake-signature")
        parts = stamp.encode("latin-1"), b".", request.body
        if not any_fits(signature, [hmac_hex(secret, *parts) for secret in self.secrets]):
            raise refusal(403, "The signature does not fit")
        if not fresh(stamp, now, WINDOW):
            raise refusal(403, "The request is too old, or the clock is wrong")
        found = said(request.body)
        if not isinstance(found, dict):
            raise refusal(400, "This is no JSON object")
        messages = [_inbound(one) for one in rows(found.get("messages"))]
        return [*messages, *(_receipt(one) for one in rows(found.get("receipts")))]

    def accepted(self, replies: Sequence[Reply]) -> Answer:
        """200, with the replies."""
        found = [{"text": one.text, "media": list(one.media)} for one in replies]
        return Answer(200, content=(JSON, msgspec.json.encode({"replies": found})))

    def refused(self, status: int, text: str) -> Answer:
        """The status, where it is one that refuses, and the header that ends it."""
        return Answer(status if 400 <= status <= 499 else 400, text, ((b"x-fake-no-retry", b"1"),))

    def ask(self, message: Outgoing) -> Asked:
        """POST /messages; the message's id is the key by which a repeat is known."""
        said: dict[str, Any] = {
            "id": message.id,
            "from": message.sender,
            "to": message.recipient,
            "text": message.text,
            "data": base64.b64encode(message.data).decode(),
            "encoding": message.encoding,
            "segments": message.segments,
            "media": list(message.media),
            "validity": message.validity,
            "schedule_at": message.schedule_at,
            "status": message.status,
            "status_url": message.status_url,
        }
        key = {"idempotency-key": message.id} if message.id else {}
        asked = post_json(f"{self.url}/messages", said, {**self._headers, **key})
        return replace(asked, idempotent=bool(message.id))

    def cancel(self, provider_id: str) -> Asked | None:
        """DELETE /messages/ID: done where it is scheduled and not sent yet."""
        url = f"{self.url}/messages/{quote(provider_id, safe='')}"
        return Asked(method="DELETE", url=url, headers=self._headers, idempotent=True)

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """2xx: sent; 429: later, by the account or by this sender; else what statuses usually mean."""
        found = record(said(body))
        name = text(found.get("id"))
        if 200 <= status <= 299 and name:
            return Sent(state="sent", provider_ids=(name,), segments=whole(found.get("segments")) or None)
        error = short(f"{status} {text(found.get('error'))}")
        if status == 429:
            wide = found.get("scope") == "account"
            return Sent(state="later", error=error, retry_after=retry_after(headers), wide=wide)
        return usual(status, headers, error)

    @property
    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


def _inbound(row: dict[str, Any]) -> Inbound:
    media = (
        Attached(url=text(one.get("url")), content_type=text(one.get("content_type")), size=_size(one))
        for one in rows(row.get("media") or [])
    )
    encoding = row.get("encoding")
    return Inbound(
        id=text(row.get("id")),
        sender=text(row.get("from")),
        recipient=text(row.get("to")),
        text=text(row.get("text")),
        encoding=encoding if encoding in ("gsm7", "ucs2", "binary") else "",
        data=unbase64(text(row.get("data"))),
        segments=max(1, whole(row.get("segments"), 1)),
        media=tuple(media),
        sent_at=moment(row.get("sent_at")),
        duplicate=row.get("duplicate") is True,
        raw=row,
    )


def _receipt(row: dict[str, Any]) -> Receipt:
    return Receipt(
        provider_id=text(row.get("id")),
        status=next((one for one in STATUSES if one == row.get("status")), "sent"),
        id=text(row.get("reference")),
        sender=text(row.get("from")),
        recipient=text(row.get("to")),
        error_code=text(row.get("error_code")),
        error_text=text(row.get("error_text")),
        at=moment(row.get("at")),
        raw=row,
    )


def _size(row: dict[str, Any]) -> int | None:
    found = whole(row.get("size"), -1)
    return found if found >= 0 else None

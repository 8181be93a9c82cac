"""Bird, which was MessageBird: its SMS API (rest.messagebird.com) and the webhooks of that. Pure.

Signed: MessageBird-Signature-JWT, by HS256 with the signing key. Its claims have the SHA-256 of the public URL with its
query, and of the body, and say for how long it holds: a request is good for itself alone, for a minute. Reports come by
GET, messages by GET, as a form or as JSON.

What is not answered with 2xx comes again, ten times; so a refusal is answered with 200.
Source: developers.messagebird.com: "SMS Messaging API", "Signed requests".
"""

import hashlib
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any
from urllib.parse import quote

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.webhook import Request, refusal, same
from interfaces.sms.accounts import Account
from interfaces.sms.providers.answers import Answers
from interfaces.sms.providers.asking import only_text, post_json, retry_after, short, stamp, usual
from interfaces.sms.providers.base import Asked, Inbound, Outgoing, Receipt, Sent, Status
from interfaces.sms.providers.forms import FORM, JSON, first, is_json, pairs
from interfaces.sms.providers.settings import base_url, extras, named, needed
from interfaces.sms.providers.signing import jwt_claims
from interfaces.sms.providers.values import moment, record, rows, said, text, whole

__all__ = ["Bird"]

API = "https://rest.messagebird.com"
LEEWAY = 60.0
"""Seconds that our clock may differ."""
LONGEST = 1377
"""Characters of a text."""
STATUS: Mapping[str, Status] = {
    "scheduled": "queued", "buffered": "sent", "sent": "sent", "delivered": "delivered", "expired": "expired",
    "delivery_failed": "undelivered",
}  # fmt: skip
"""What each word of Bird's is; buffered: the carrier has it, and the phone is off."""
BUSY = (25, 98)
"""Errors that end by themselves, or with a payment: no balance, too many requests."""


class Bird(Answers):
    """An access key. ``signing``: the signing key, which is another; two while one replaces another."""

    name = "bird"
    types = (JSON, FORM, "")
    patience = 10.0
    replies = False
    timed = True

    def __init__(self, account: Account) -> None:
        key = needed(account, "secret", "the access key, below Developers in the dashboard")
        if not account.signing:
            raise ConfigError(f"{named(account)}: signing is missing: the signing key, below Developers")
        extras(account, {})
        self.keys = account.signing
        self.url = f"{base_url(account, API)}/messages"
        self.headers = {"authorization": f"AccessKey {key}"}

    def read(self, request: Request, url: str, now: float) -> Sequence[Inbound | Receipt]:
        """A message, or a report. Raises PeerError."""
        self._genuine(request, url, now)
        fields: Mapping[str, Any]
        if is_json(request):
            fields = record(said(request.body))
        else:
            fields = first([*pairs(request.body), *pairs(request.query)])
        return (_receipt(fields),) if fields.get("status") else (_inbound(fields),)

    def _genuine(self, request: Request, url: str, now: float) -> None:
        claims = jwt_claims(request.header(b"messagebird-signature-jwt"), self.keys)
        if claims is None or claims.get("iss") != "MessageBird":
            raise refusal(403, "The signature does not fit")
        begin, end = moment(claims.get("nbf")), moment(claims.get("exp"))
        if begin is None or end is None or not begin - LEEWAY <= now <= end + LEEWAY:
            raise refusal(403, "The request is too old, or the clock is wrong")
        if not same(text(claims.get("url_hash")), hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()):
            raise refusal(403, "It is signed for another URL: is it the public one?")
        digest = hashlib.sha256(request.body).hexdigest() if request.body else ""
        if not same(text(claims.get("payload_hash")), digest):
            raise refusal(403, "It is signed for another body")

    def ask(self, message: Outgoing) -> Asked:
        """``POST /messages``. ApplicationError."""
        only_text(message, "Bird", LONGEST)
        if message.media:
            raise ApplicationError("sms.send: Bird takes no media with a text")
        asked: dict[str, Any] = {
            "originator": message.sender.removeprefix("+"),
            "recipients": [message.recipient.removeprefix("+")],
            "body": message.text,
            "datacoding": "unicode" if message.encoding == "ucs2" else "plain",
        }
        if message.id:
            asked["reference"] = message.id
        if message.status and message.status_url:
            asked["reportUrl"] = message.status_url
        if message.validity > 0:
            asked["validity"] = ceil(message.validity)
        if message.schedule_at > 0:
            asked["scheduledDatetime"] = stamp(message.schedule_at)
        return post_json(self.url, asked, self.headers)

    def cancel(self, provider_id: str) -> Asked:
        """Of a message that is scheduled."""
        url = f"{self.url}/{quote(provider_id, safe='')}"
        return Asked(method="DELETE", url=url, headers={"accept": JSON, **self.headers}, idempotent=True)

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """A message with its id, or errors with their codes."""
        found = record(said(body))
        name = text(found.get("id"))
        if 200 <= status < 300 and name:
            parts = [
                whole(one.get("messagePartCount"))
                for one in rows(record(found.get("recipients")).get("items"))
            ]
            return Sent(state="sent", provider_ids=(name,), segments=sum(parts) or None)
        errors = rows(found.get("errors"))
        told = "; ".join(f"{text(one.get('code'))} {text(one.get('description'))}" for one in errors)
        if 400 <= status < 500 and any(whole(one.get("code")) in BUSY for one in errors):
            return Sent(state="later", error=short(told), retry_after=retry_after(headers), wide=True)
        return usual(status, headers, told)


def _inbound(found: Mapping[str, Any]) -> Inbound:
    sender = text(found.get("originator"))
    if not sender:
        raise refusal(400, "Neither a message nor a report: originator is missing")
    return Inbound(
        id=text(found.get("id")),
        sender=sender,
        recipient=text(found.get("recipient")),
        text=text(found.get("body") or found.get("payload") or found.get("message")),
        sent_at=moment(found.get("createdDatetime")),
        raw=found,
    )


def _receipt(found: Mapping[str, Any]) -> Receipt:
    name = text(found.get("id"))
    if not name:
        raise refusal(400, "A report of no message: id is missing")
    status = STATUS.get(text(found.get("status")), "queued")
    fine = status in ("queued", "sent", "delivered")
    code = text(found.get("statusErrorCode"))
    return Receipt(
        provider_id=name,
        status=status,
        id=text(found.get("reference")),
        sender=text(found.get("originator")),
        recipient=text(found.get("recipient")),
        error_code="" if fine or code == "0" else code,
        error_text="" if fine else text(found.get("statusReason")),
        at=moment(found.get("statusDatetime")),
        raw=found,
    )

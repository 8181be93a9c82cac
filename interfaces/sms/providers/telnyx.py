"""Telnyx: SMS and MMS, by webhooks of API v2 and ``POST /v2/messages``. Pure.

Signed: Ed25519 over "timestamp|body", in telnyx-signature-ed25519; the timestamp, Unix seconds, is in telnyx-timestamp.
What is not answered by 2xx within two seconds is tried again, three times at the URL and three times at its failover
URL: so what is refused for good is answered 200, and what is deferred 503. ``ack = "accepted"`` suits the two seconds.
Messages cannot end by themselves (``validity`` is not said).

Source: developers.telnyx.com: "Receiving webhooks for messaging", "Send a message", "Idempotency".
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import quote

from interfaces.shared.errors import ConfigError
from interfaces.shared.webhook import Answer, Request, fresh, refusal
from interfaces.sms.accounts import Account
from interfaces.sms.providers.answers import Answers
from interfaces.sms.providers.asking import only_text, post_json, retry_after, short, stamp, usual
from interfaces.sms.providers.base import Asked, Attached, Inbound, Outgoing, Receipt, Reply, Sent, Status
from interfaces.sms.providers.forms import JSON
from interfaces.sms.providers.settings import base_url, extras, named, needed
from interfaces.sms.providers.signing import unbase64
from interfaces.sms.providers.values import moment, record, rows, said, text, whole

__all__ = ["WINDOW", "Telnyx"]

API = "https://api.telnyx.com"
WINDOW = 300.0
"""Seconds that a signature is good for; each try has its own."""
LONGEST = 1530
"""Characters of a text: ten parts."""
STATUS: Mapping[str, Status] = {
    "scheduled": "queued", "queued": "queued", "sending": "queued", "sent": "sent", "delivered": "delivered",
    "delivery_unconfirmed": "sent", "dlr_timeout": "sent", "sending_failed": "failed", "gw_reject": "rejected",
    "gw_timeout": "failed", "delivery_failed": "undelivered", "expired": "expired", "cancelled": "failed",
    "read": "read",
}  # fmt: skip
"""What each word of Telnyx's is; of those that are unconfirmed nobody will ever know more."""
ENCODINGS: Mapping[str, Literal["gsm7", "ucs2"]] = {
    "GSM-7": "gsm7",
    "GSM7": "gsm7",
    "UCS-2": "ucs2",
    "UTF-16": "ucs2",
}
KEYWORDS: Mapping[str, Literal["STOP", "START", "HELP"]] = {
    "stop": "STOP", "opt_out": "STOP", "start": "START", "opt_in": "START", "help": "HELP",
}  # fmt: skip
"""What autoresponse_type says, in the words of either of Telnyx's pages."""
_KEY = re.compile(r"[A-Za-z0-9_:-]{1,255}")
QUEUE_FULL = frozenset({"40318"})
"""Errors that end by themselves, of one number."""


class Telnyx(Answers):
    """``secret``: an API key; ``signing``: the public key of the account, or two while one replaces another.

    ``more``: profile=… (the messaging profile that sends by names of letters, or by a pool of numbers).
    """

    name = "telnyx"
    types = (JSON,)
    patience = 1.8  # of 2
    replies = False
    timed = True

    def __init__(self, account: Account) -> None:
        secret = needed(
            account, "secret", "an API key, KEY…, of Keys & Credentials in the Mission Control Portal"
        )
        self.profile = extras(account, {"profile": "a messaging profile"}).get("profile", "")
        self.url = f"{base_url(account, API)}/v2/messages"
        self.headers = {"authorization": f"Bearer {secret}"}
        try:
            from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - optional
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
        except ImportError:
            raise ConfigError(
                f"{named(account)}: telnyx needs cryptography: pip install 'asgi-interfaces[crypto]'"
            ) from None
        self._invalid: Any = InvalidSignature
        where = "the Public Key, of Keys & Credentials in the Mission Control Portal"
        if not account.signing:
            raise ConfigError(f"{named(account)}: signing is missing: {where}")
        try:
            self._keys: list[Any] = [
                Ed25519PublicKey.from_public_bytes(unbase64(key)) for key in account.signing
            ]
        except ValueError:
            raise ConfigError(
                f"{named(account)}: signing is no public key of Ed25519 in base64: {where}"
            ) from None

    def read(self, request: Request, url: str, now: float) -> Sequence[Inbound | Receipt]:
        """A message, or what became of one of ours; nothing for other events. Raises PeerError."""
        time = request.header(b"telnyx-timestamp")
        if not self._signed(request.header(b"telnyx-signature-ed25519"), time, request.body):
            raise refusal(403, "The signature does not fit: is it the public key of this account?")
        if not fresh(time, now, WINDOW):
            raise refusal(403, "The signature is too old, or the clock is wrong")
        whole_event = record(said(request.body))
        data = record(whole_event.get("data"))
        payload, kind = record(data.get("payload")), text(data.get("event_type"))
        if not payload or not kind:
            raise refusal(400, "No event: data.event_type or data.payload is missing")
        if kind == "message.received":
            again = whole(record(whole_event.get("meta")).get("attempt")) > 1
            return (_inbound(payload, duplicate=again),)
        if kind in ("message.sent", "message.finalized", "message.read"):
            return [_receipt(payload, to, data) for to in rows(payload.get("to"))]
        return ()

    def _signed(self, signature: str, time: str, body: bytes) -> bool:
        fitting = False
        for key in self._keys:
            try:
                key.verify(unbase64(signature), time.encode("latin-1") + b"|" + body)
            except self._invalid:
                continue
            fitting = True
        return fitting

    def accepted(self, replies: Sequence[Reply]) -> Answer:
        """200."""
        return Answer(200)

    def ask(self, message: Outgoing) -> Asked:
        """``POST /v2/messages``; our id keeps it from being sent twice. ApplicationError."""
        only_text(message, "Telnyx", LONGEST)
        asked: dict[str, Any] = {"to": message.recipient}
        if message.sender:
            asked["from"] = message.sender
        if self.profile:
            asked["messaging_profile_id"] = self.profile
        if message.text:
            asked["text"] = message.text
        if message.media:
            asked["media_urls"] = list(message.media)
        if message.encoding == "ucs2":
            asked["encoding"] = "ucs2"  # else the profile's smart encoding may write it in other letters
        if message.status and message.status_url:
            asked["webhook_url"] = message.status_url
        if message.schedule_at > 0:
            asked["send_at"] = stamp(message.schedule_at)
        return post_json(self.url, asked, {**self.headers, "idempotency-key": _key(message.id)})

    def cancel(self, provider_id: str) -> Asked:
        """Of a message that is scheduled."""
        return Asked(method="DELETE", url=f"{self.url}/{quote(provider_id, safe='')}", headers=self.headers)

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """A message, or errors with their codes."""
        found = record(said(body))
        data = record(found.get("data"))
        name = text(data.get("id"))
        if 200 <= status < 300 and name:
            return Sent(state="sent", provider_ids=(name,), segments=whole(data.get("parts")) or None)
        code, error = _error(found)
        if status == 409 or (
            400 <= status < 500 and code in QUEUE_FULL
        ):  # 409: its first try is not over yet
            return Sent(
                state="later", error=short(error) or f"HTTP {status}", retry_after=retry_after(headers)
            )
        return usual(status, headers, error)


def _key(name: str) -> str:
    """The Idempotency-Key of a message: its id, where Telnyx takes that for one."""
    return name if _KEY.fullmatch(name) else sha256(name.encode("utf-8", "backslashreplace")).hexdigest()


def _error(found: Mapping[str, Any]) -> tuple[str, str]:
    """Code and words of the first error."""
    for one in rows(found.get("errors")):
        code, words = text(one.get("code")), text(one.get("detail")) or text(one.get("title"))
        return code, f"{code} {words}".strip()
    return "", ""


def _inbound(payload: Mapping[str, Any], *, duplicate: bool) -> Inbound:
    sender = text(record(payload.get("from")).get("phone_number"))
    recipient = next((text(one.get("phone_number")) for one in rows(payload.get("to"))), "")
    if not (sender and recipient):
        raise refusal(400, "A message without from or to")
    media = [
        Attached(url=url, content_type=text(one.get("content_type")), size=whole(one.get("size")) or None)
        for one in rows(payload.get("media"))
        if (url := text(one.get("url")))
    ]
    return Inbound(
        id=text(payload.get("id")),
        sender=sender,
        recipient=recipient,
        text=text(payload.get("text")),
        encoding=ENCODINGS.get(text(payload.get("encoding")), ""),
        segments=max(1, whole(payload.get("parts"))),
        media=tuple(media),
        sent_at=moment(payload.get("received_at")),
        keyword=KEYWORDS.get(text(payload.get("autoresponse_type")).lower(), ""),
        duplicate=duplicate,
        raw=dict(payload),
    )


def _receipt(payload: Mapping[str, Any], to: Mapping[str, Any], data: Mapping[str, Any]) -> Receipt:
    name = text(payload.get("id"))
    if not name:
        raise refusal(400, "A receipt of no message: data.payload.id is missing")
    code, error = _error(payload)
    done = moment(payload.get("completed_at"))
    return Receipt(
        provider_id=name,
        status=STATUS.get(text(to.get("status")), "queued"),
        sender=text(record(payload.get("from")).get("phone_number")),
        recipient=text(to.get("phone_number")),
        error_code=code,
        error_text=error.removeprefix(code).strip(),
        at=moment(data.get("occurred_at")) if done is None else done,
        raw=dict(payload),
    )

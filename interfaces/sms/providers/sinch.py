"""Sinch: the SMS REST API (XMS), batches and callbacks. Pure.

Signed where HMAC is set up for the service plan: x-sinch-webhook-signature, in base64, of "BODY.NONCE.TIMESTAMP"; the
algorithm stands beside it. Else Sinch gives a name and a password (RFC 7617), which it is told of by its support.
It tries again after 429 and 5xx, for a day, and not after other 4xx.

A batch is of one recipient here, so that its id is the message's.
Source: developers.sinch.com: "SMS API", "Callbacks", "Delivery reports".
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.webhook import Answer, Request, basic, fresh, refusal
from interfaces.sms.accounts import Account
from interfaces.sms.providers.answers import Answers
from interfaces.sms.providers.asking import only_text, post_json, stamp, usual
from interfaces.sms.providers.base import Asked, Attached, Inbound, Outgoing, Receipt, Reply, Sent, Status
from interfaces.sms.providers.forms import JSON
from interfaces.sms.providers.settings import base_url, extras, named, needed
from interfaces.sms.providers.signing import any_fits, unbase64
from interfaces.sms.providers.values import moment, record, rows, said, text, whole

__all__ = ["Sinch"]

REGIONS = ("us", "eu", "au", "br", "ca")
WINDOW = 300.0
"""Seconds that a signed request may be old."""
LONGEST = 2000
"""Characters of a text."""
SIGNED = "x-sinch-webhook-signature"
STATUS: Mapping[str, Status] = {
    "Queued": "queued", "Dispatched": "sent", "Aborted": "failed", "Cancelled": "failed", "Rejected": "rejected",
    "Deleted": "failed", "Delivered": "delivered", "Failed": "failed", "Expired": "expired", "Unknown": "sent",
}  # fmt: skip
"""What each word of Sinch's is; Unknown: the carrier has it, and no report came."""
FINE = (0, 400, 401)
"""Codes that are no errors: delivered, queued, dispatched."""
ERRORS: Mapping[str, str] = {
    "402": "no route", "403": "an internal error", "404": "not delivered, for now", "405": "a parameter is missing",
    "406": "its validity ended at Sinch", "407": "cancelled", "408": "rejected by Sinch",
    "410": "no sender for this destination", "411": "more parts than allowed", "412": "a region that is not set up",
    "413": "the account has no credit", "414": "a wrong media", "415": "the carrier rejected it",
    "416": "the carrier does not support it", "417": "the carrier knows no such subscriber", "418": "blocked",
}  # fmt: skip
_DIGESTS: Mapping[str, str] = {
    "": "sha256",
    "hmacsha256": "sha256",
    "hmacsha384": "sha384",
    "hmacsha512": "sha512",
}


class Sinch(Answers):
    """A service plan. ``signing``: the HMAC secret of its callbacks, or NAME:PASSWORD; two while one replaces another.

    ``more``: region=eu (us unless given).
    """

    name = "sinch"
    types = (JSON,)
    patience = 10.0
    replies = False

    def __init__(self, account: Account) -> None:
        plan = needed(account, "account", "the service plan's id, on its page in the dashboard")
        token = needed(account, "secret", "the API token of the service plan")
        if not account.signing:
            where = "the HMAC secret of its callbacks, or NAME:PASSWORD, as agreed with Sinch"
            raise ConfigError(f"{named(account)}: signing is missing: {where}")
        region = extras(account, {"region": "us, eu, au, br or ca"}).get("region", "us")
        if region not in REGIONS:
            raise ConfigError(f"{named(account)}: more region={region}: there is {', '.join(REGIONS)}")
        self.users = tuple(one for one in account.signing if ":" in one)
        self.keys = tuple(one for one in account.signing if ":" not in one)
        self.timed = not self.users
        api = base_url(account, f"https://{region}.sms.api.sinch.com")
        self.url = f"{api}/xms/v1/{quote(plan, safe='')}/batches"
        self.headers = {"authorization": f"Bearer {token}"}

    def read(self, request: Request, url: str, now: float) -> Sequence[Inbound | Receipt] | Answer:
        """A message, or a report. Raises PeerError."""
        if not (self._signed(request) or (self.users and basic(request, self.users))):
            raise refusal(403, "Neither the signature nor the password fits")
        if request.header(SIGNED.encode()) and not fresh(self._stamp(request), now, WINDOW):
            raise refusal(403, "The request is too old, or the clock is wrong")
        found = record(said(request.body))
        kind = text(found.get("type"))
        if kind in ("mo_text", "mo_binary", "mo_media"):
            return (_inbound(found, kind),)
        if kind.startswith("recipient_delivery_report_"):
            return (_receipt(found, found, text(found.get("recipient"))),)
        if kind.startswith("delivery_report_"):
            return _receipts(found)
        if not kind:
            raise refusal(400, "This is no callback of Sinch")
        return Answer(200, "Nothing that is read here")

    def _signed(self, request: Request) -> bool:
        algorithm = request.header(f"{SIGNED}-algorithm".encode()).lower()
        digest = _DIGESTS.get(algorithm)
        if digest is None:
            return False
        nonce = request.headers.get(f"{SIGNED}-nonce".encode(), b"")
        covered = b".".join((request.body, nonce, self._stamp(request).encode("latin-1")))
        made = [hmac.new(key.encode(), covered, digest).digest() for key in self.keys]
        return any_fits(request.header(SIGNED.encode()), [base64.b64encode(one).decode() for one in made])

    @staticmethod
    def _stamp(request: Request) -> str:
        return request.header(f"{SIGNED}-timestamp".encode())

    def accepted(self, replies: Sequence[Reply]) -> Answer:
        """200; replies are sent."""
        return Answer(200, "Thank you")

    def refused(self, status: int, text: str) -> Answer:
        """4xx, which is not tried again; 429 would be."""
        return Answer(status if 400 <= status <= 499 and status != 429 else 400, text)

    def ask(self, message: Outgoing) -> Asked:
        """``POST …/batches``. ApplicationError."""
        only_text(message, "Sinch", LONGEST)
        if len(message.media) > 1:
            raise ApplicationError(f"sms.send: Sinch takes one media, not {len(message.media)}")
        asked: dict[str, Any] = {
            "type": "mt_text",
            "to": [message.recipient.removeprefix("+")],
            "body": message.text,
        }
        if message.sender:
            asked["from"] = message.sender.removeprefix("+")
        if message.media:
            asked |= {"type": "mt_media", "body": {"url": message.media[0], "message": message.text}}
        asked["delivery_report"] = "per_recipient" if message.status else "none"
        if message.status and message.status_url:
            asked["callback_url"] = message.status_url
        if message.id:
            asked["client_reference"] = message.id
        if message.schedule_at > 0:
            asked["send_at"] = stamp(message.schedule_at)
        if message.validity > 0 and (begin := message.schedule_at or message.now):
            asked["expire_at"] = stamp(begin + message.validity)
        return post_json(self.url, asked, self.headers)

    def cancel(self, provider_id: str) -> Asked:
        """Of a batch that is scheduled."""
        url = f"{self.url}/{quote(provider_id, safe='')}"
        return Asked(method="DELETE", url=url, headers={"accept": JSON, **self.headers}, idempotent=True)

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """A batch with its id, or an error with its code."""
        found = record(said(body))
        name = text(found.get("id"))
        if 200 <= status < 300 and name:
            return Sent(state="sent", provider_ids=(name,))
        return usual(status, headers, f"{text(found.get('code'))} {text(found.get('text'))}".strip())


def _inbound(found: Mapping[str, Any], kind: str) -> Inbound:
    name, sender = text(found.get("id")), text(found.get("from"))
    if not (name and sender):
        raise refusal(400, "A message without id or from")
    binary, body = kind == "mo_binary", found.get("body")
    media = record(body)
    return Inbound(
        id=name,
        sender=sender,
        recipient=text(found.get("to")),
        text="" if binary else text(media.get("message")) if kind == "mo_media" else text(body),
        encoding="binary" if binary else "",
        data=unbase64(text(body)) if binary else b"",
        media=tuple(
            Attached(url=url, content_type=text(one.get("content_type")))
            for one in rows(media.get("media"))
            if (url := text(one.get("url")))
        ),
        sent_at=moment(found.get("sent_at") or found.get("send_at") or found.get("received_at")),
        raw=found,
    )


def _receipts(found: Mapping[str, Any]) -> Sequence[Receipt]:
    """A report of a batch: one for each status in it, and each recipient where they are told."""
    made = [
        _receipt(found, one, recipient)
        for one in rows(found.get("statuses"))
        for recipient in ([text(each) for each in _list(one.get("recipients"))] or [""])
    ]
    if not made:
        raise refusal(400, "A report of nothing")
    return made


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _receipt(found: Mapping[str, Any], told: Mapping[str, Any], recipient: str) -> Receipt:
    name = text(found.get("batch_id"))
    if not name:
        raise refusal(400, "A report without a batch_id")
    code = whole(told.get("code"))
    error = "" if code in FINE else str(code)
    return Receipt(
        provider_id=name,
        status=STATUS.get(text(told.get("status")), "queued"),
        id=text(found.get("client_reference")),
        sender=text(found.get("applied_originator")),
        recipient=recipient,
        error_code=error,
        error_text=ERRORS.get(error, ""),
        at=moment(found.get("operator_status_at") or found.get("at")),
        raw=found,
    )

"""Infobip: its SMS API, and the webhooks of subscriptions and of numbers. Pure.

Infobip signs nothing unless it is told to. A notification profile has security settings: BASIC (a name and a password,
RFC 7617), or HMAC, of the body. Where neither is set, webhooks are refused. Up to some hundred messages or
reports come in one request, ``results``: what is taken of them is told apart by their ids when all come again.

What is not answered with 2xx comes again.
Source: infobip.com/docs/api: "SMS", "Receive inbound SMS messages", "Subscriptions management".
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any
from urllib.parse import quote

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.webhook import Request, basic, refusal
from interfaces.sms.accounts import Account
from interfaces.sms.providers.answers import Answers
from interfaces.sms.providers.asking import only_text, post_json, short, stamp, usual
from interfaces.sms.providers.base import Asked, Inbound, Outgoing, Receipt, Sent, Status
from interfaces.sms.providers.forms import JSON
from interfaces.sms.providers.settings import base_url, extras, named, needed
from interfaces.sms.providers.signing import any_fits
from interfaces.sms.providers.values import moment, record, rows, said, text, whole

__all__ = ["Infobip"]

API = "https://api.infobip.com"
LONGEST = 1600
"""Characters of a text."""
VALIDITY = 48 * 60
"""Minutes that Infobip keeps a message at most."""
GROUPS: Mapping[str, Status] = {
    "ACCEPTED": "queued", "PENDING": "sent", "UNDELIVERABLE": "undelivered", "DELIVERED": "delivered",
    "EXPIRED": "expired", "REJECTED": "rejected",
}  # fmt: skip
"""What each group of Infobip's statuses is."""
MORE = {
    "header": "the header of the HMAC, x-infobip-signature unless given",
    "digest": "sha1, sha256 or sha512",
}


class Infobip(Answers):
    """An API key. ``account``: the base URL's name (abc123 of abc123.api.infobip.com), unless ``api_url`` is given.

    ``signing``: NAME:PASSWORD or the HMAC's key; two while one replaces another. ``more``: header=…, digest=sha256.
    """

    name = "infobip"
    types = (JSON,)
    patience = 10.0
    replies = False
    timed = False

    def __init__(self, account: Account) -> None:
        key = needed(account, "secret", "an API key with the scope sms:message:send")
        if not account.signing:
            where = "NAME:PASSWORD or the HMAC's key, of the security settings of the notification profile"
            raise ConfigError(f"{named(account)}: signing is missing: {where}")
        more = extras(account, MORE)
        self.header = more.get("header", "x-infobip-signature").lower().encode("latin-1", "replace")
        self.digest = more.get("digest", "sha256")
        if self.digest not in ("sha1", "sha256", "sha512"):
            raise ConfigError(
                f"{named(account)}: more digest={self.digest}: there is sha1, sha256 and sha512"
            )
        self.users = tuple(one for one in account.signing if ":" in one)
        self.keys = tuple(one for one in account.signing if ":" not in one)
        host = f"https://{account.account}.api.infobip.com" if account.account else API
        self.url = f"{base_url(account, host)}/sms/3/messages"
        self.headers = {"authorization": f"App {key}"}

    def read(self, request: Request, url: str, now: float) -> Sequence[Inbound | Receipt]:
        """Messages, reports, or both. Raises PeerError."""
        if not (self._signed(request) or (self.users and basic(request, self.users))):
            raise refusal(403, "Neither the signature nor the password fits")
        found = record(said(request.body)).get("results")
        if not isinstance(found, list):
            raise refusal(400, "There are no results in it")
        return [_read(one) for one in rows(found)]

    def _signed(self, request: Request) -> bool:
        """In hexadecimal or base64; with "sha256=" in front or not."""
        given = request.header(self.header).removeprefix(f"{self.digest}=")
        made = [hmac.new(key.encode(), request.body, self.digest).digest() for key in self.keys]
        right = [*(one.hex() for one in made), *(base64.b64encode(one).decode() for one in made)]
        return any_fits(given, right)

    def ask(self, message: Outgoing) -> Asked:
        """``POST /sms/3/messages``. ApplicationError."""
        only_text(message, "Infobip", LONGEST)
        if message.media:
            raise ApplicationError("sms.send: Infobip takes no media with a text")
        to: dict[str, Any] = {"to": message.recipient.removeprefix("+")}
        if message.id and message.schedule_at > 0:  # a bulk, by whose name it can be cancelled
            to["messageId"] = message.id
        options: dict[str, Any] = {}
        if message.validity > 0:
            minutes = min(VALIDITY, ceil(message.validity / 60))
            options["validityPeriod"] = {"amount": minutes, "timeUnit": "MINUTES"}
        words: dict[str, Any] = {
            "sender": message.sender.removeprefix("+"),
            "destinations": [to],
            "content": {"text": message.text},
        }
        if options:
            words["options"] = options
        if message.status and message.status_url:
            words["webhooks"] = {
                "delivery": {"url": message.status_url},
                "contentType": JSON,
                "callbackData": message.id,
            }
        asked: dict[str, Any] = {"messages": [words]}
        if message.schedule_at > 0:
            asked["options"] = {"schedule": {"bulkId": message.id, "sendAt": stamp(message.schedule_at)}}
        return post_json(self.url, asked, self.headers)

    def cancel(self, provider_id: str) -> Asked:
        """Of a message that is scheduled: a bulk of its own, whose id is the message's."""
        api = self.url.removesuffix("/sms/3/messages")
        url = f"{api}/sms/1/bulks/status?bulkId={quote(provider_id, safe='')}"
        made = post_json(url, {"status": "CANCELED"}, self.headers)
        return Asked(method="PUT", url=made.url, headers=made.headers, body=made.body, idempotent=True)

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """A message with its id and status, which may refuse it; or an error."""
        found = record(said(body))
        first = next(iter(rows(found.get("messages"))), {})
        name, told = text(first.get("messageId")), record(first.get("status"))
        if 200 <= status < 300 and name:
            if GROUPS.get(text(told.get("groupName")).upper()) in ("rejected", "undelivered"):
                error = f"{text(told.get('id'))} {text(told.get('name'))}: {text(told.get('description'))}"
                return Sent(state="failed", error=short(error))
            parts = whole(record(first.get("details")).get("messageCount")) or None
            return Sent(state="sent", provider_ids=(name,), segments=parts)
        problem = record(record(found.get("requestError")).get("serviceException")) or found
        error = f"{text(problem.get('messageId') or problem.get('errorCode'))} "
        error += text(problem.get("text") or problem.get("description"))
        return usual(status, headers, error)


def _read(found: Mapping[str, Any]) -> Inbound | Receipt:
    """What has a status is a report."""
    status, error = record(found.get("status")), record(found.get("error"))
    name = text(found.get("messageId"))
    if not name:
        raise refusal(400, "One of the results has no messageId")
    sender = text(found.get("from") or found.get("sender"))
    recipient = text(found.get("to") or found.get("destination"))
    if status:
        group = GROUPS.get(text(status.get("groupName")).upper(), "queued")
        code = text(error.get("id"))
        wrong = bool(code) and code != "0"
        return Receipt(
            provider_id=name,
            status=group,
            id=text(found.get("callbackData")),
            sender=sender,
            recipient=recipient,
            error_code=code if wrong else "",
            error_text=text(error.get("description") or error.get("name")) if wrong else "",
            at=moment(found.get("doneAt")),
            raw=found,
        )
    return Inbound(
        id=name,
        sender=sender,
        recipient=recipient,
        text=text(found.get("text")),
        segments=max(1, whole(found.get("smsCount"))),
        sent_at=moment(found.get("receivedAt")),
        raw=found,
    )

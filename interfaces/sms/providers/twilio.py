"""Twilio: SMS, MMS and WhatsApp, by webhooks that take TwiML, and the API of 2010-04-01. Pure.

Signed: X-Twilio-Signature, HMAC-SHA1 of the public URL and all sorted fields, in base64, with the auth token; SHA-256
where X-Twilio-Webhooks-Signature-Settings says so. JSON is covered by bodySHA256 in the query. There is no time in it.

A refusal is answered with 200 and no message: Twilio has nobody to refuse a message to, and would send 4xx to a
fallback URL. What is deferred gets 503, and **is lost** unless the webhook's URL says to try again
(``#rc=5&rp=5xx,ct,rt``) or there is a fallback URL; the better way is ``ack = "accepted"`` with a broker or a spool.
An answer of text/plain would be sent as a message, so none is.

Source: twilio.com/docs: "Webhooks security", "Messaging webhooks", "Connection overrides", "Messages resource".
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from math import ceil
from typing import Literal
from urllib.parse import quote

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.webhook import Answer, Request, refusal
from interfaces.sms.accounts import Account
from interfaces.sms.providers import markup
from interfaces.sms.providers.answers import Answers
from interfaces.sms.providers.asking import only_text, post_form, retry_after, short, stamp, usual
from interfaces.sms.providers.base import Asked, Attached, Inbound, Outgoing, Receipt, Reply, Sent, Status
from interfaces.sms.providers.forms import FORM, JSON, first, is_json, pairs
from interfaces.sms.providers.settings import base_url, extras, named, needed, signing
from interfaces.sms.providers.signing import any_fits, basic_header, hmac_base64
from interfaces.sms.providers.values import record, said, text, whole

__all__ = ["STATUS", "Twilio"]

API = "https://api.twilio.com"
LONGEST = 1600
"""Characters of a text."""
MEDIA = 10
"""Media of a message."""
VALIDITY = 36_000
"""Seconds that Twilio keeps a message at most."""
STATUS: Mapping[str, Status] = {
    "accepted": "queued", "scheduled": "queued", "queued": "queued", "sending": "queued", "sent": "sent",
    "partially_delivered": "sent", "delivered": "delivered", "undelivered": "undelivered", "failed": "failed",
    "canceled": "failed", "read": "read",
}  # fmt: skip
"""What each word of Twilio's is; a new one says nothing yet."""
ERRORS: Mapping[str, str] = {
    "30001": "the queue is full", "30002": "the account is suspended", "30003": "the handset cannot be reached",
    "30004": "the message is blocked", "30005": "the handset is unknown",
    "30006": "a landline, or a carrier out of reach",
    "30007": "the carrier filters it", "30008": "an error that is not known", "30036": "its validity ended",
    "21610": "the recipient has said STOP",
}  # fmt: skip
BUSY = frozenset({14107, 20429, 21611, 30001, 30022, 63018})
"""Errors that end by themselves; all but 20429 are of one sender."""
_KEYWORDS: Mapping[str, Literal["STOP", "START", "HELP"]] = {"STOP": "STOP", "START": "START", "HELP": "HELP"}
_DIGESTS: Mapping[str, str] = {"": "sha1", "HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_ALGORITHM = re.compile(r"(?:^|,)\s*algorithm=([^,\s]*)")
_HOST = re.compile(r"(https?)(://(?:[^/?@]*@)?(?:\[[^\]/]*\]|[^/?:]*))(?::\d+)?(?=[/?]|$)")


class Twilio(Answers):
    """An account, or a subaccount: each has its own auth token.

    ``more``: service=MG… (a messaging service that sends, and that scheduling needs), key=SK… (an API key whose secret
    ``secret`` is; then ``signing`` is the auth token).
    """

    name = "twilio"
    types = (FORM, JSON)
    patience = 14.0  # of 15
    replies = True
    timed = False

    def __init__(self, account: Account) -> None:
        self.sid = needed(account, "account", "the Account SID, AC…, of the console's first page")
        secret = needed(
            account, "secret", "the Auth Token, below the Account SID on the console's first page"
        )
        more = extras(account, {"service": "a messaging service, MG…", "key": "an API key, SK…"})
        if "key" in more and not account.signing:
            raise ConfigError(
                f"{named(account)}: signing is missing: the Auth Token, since API keys do not sign webhooks"
            )
        self.keys = signing(account, "the Auth Token")
        self.service = more.get("service", "")
        self.url = f"{base_url(account, API)}/2010-04-01/Accounts/{quote(self.sid, safe='')}/Messages"
        self.headers = {"authorization": basic_header(more.get("key", self.sid), secret)}

    def read(self, request: Request, url: str, now: float) -> Sequence[Inbound | Receipt]:
        """A message, or what became of one of ours. Raises PeerError."""
        json = is_json(request)
        fields = [] if json else pairs(request.body)
        if not self._genuine(request, url, fields) or (json and not _covered(request)):
            raise refusal(
                403,
                "The signature does not fit: is it the auth token of this account, and the URL the public one?",
            )
        form = (
            {name: text(value) for name, value in record(said(request.body)).items()}
            if json
            else first(fields)
        )
        status = form.get("MessageStatus") or form.get("SmsStatus", "")
        if status in ("", "received", "receiving"):
            return (_inbound(form),)
        return (_receipt(form, status),)

    def _genuine(self, request: Request, url: str, fields: Sequence[tuple[str, str]]) -> bool:
        """Whether it is signed, with the port in the URL or without: Twilio does either."""
        algorithm = _ALGORITHM.search(request.header(b"x-twilio-webhooks-signature-settings"))
        digest = _DIGESTS.get(algorithm[1].upper() if algorithm else "")
        if digest is None:
            return False
        covered = "".join(name + value for name, value in sorted(set(fields)))
        right = [
            hmac_base64(key, one + covered, "sha1" if digest == "sha1" else "sha256")
            for key in self.keys
            for one in _urls(url)
        ]
        return any_fits(request.header(b"x-twilio-signature"), right)

    def accepted(self, replies: Sequence[Reply]) -> Answer:
        """TwiML, with a message for each reply."""
        return markup.answer(*(_message(reply) for reply in replies))

    def refused(self, status: int, text: str) -> Answer:
        """TwiML without a message; see above."""
        return markup.answer()

    def ask(self, message: Outgoing) -> Asked:
        """``POST …/Messages.json``. ApplicationError."""
        only_text(message, "Twilio", LONGEST)
        if len(message.media) > MEDIA:
            raise ApplicationError(f"sms.send: Twilio takes {MEDIA} media, not {len(message.media)}")
        fields = [("To", message.recipient)]
        if message.sender:
            fields.append(("From", message.sender))
        if self.service:
            fields.append(("MessagingServiceSid", self.service))
        fields += [("Body", message.text)] if message.text else []
        fields += [("MediaUrl", url) for url in message.media]
        if message.status and message.status_url:
            fields.append(("StatusCallback", message.status_url))
        if message.validity > 0:
            fields.append(("ValidityPeriod", str(min(VALIDITY, ceil(message.validity)))))
        if message.schedule_at > 0:
            if not self.service:
                raise ApplicationError(
                    "sms.send: Twilio schedules for a messaging service alone: more = ['service=MG…']"
                )
            fields += [("ScheduleType", "fixed"), ("SendAt", stamp(message.schedule_at))]
        return post_form(f"{self.url}.json", fields, self.headers)

    def cancel(self, provider_id: str) -> Asked:
        """Of a message that is scheduled."""
        url = f"{self.url}/{quote(provider_id, safe='')}.json"
        return post_form(url, [("Status", "canceled")], self.headers)

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """A message resource, or an error with its code."""
        found = record(said(body))
        sid = text(found.get("sid"))
        if 200 <= status < 300 and sid:
            return Sent(state="sent", provider_ids=(sid,), segments=whole(found.get("num_segments")) or None)
        code = whole(found.get("code"))
        error = f"{code} {text(found.get('message'))}" if code else ""
        if 400 <= status < 500 and code in BUSY:
            wide = status == 429 or code == 20429
            return Sent(state="later", error=short(error), retry_after=retry_after(headers), wide=wide)
        return usual(status, headers, error)


def _urls(url: str) -> Sequence[str]:
    """The URL with its port, and without."""
    found = _HOST.match(url)
    if found is None:
        return (url,)
    port, rest = "443" if found[1] == "https" else "80", url[found.end() :]
    bare = found[1] + found[2]
    return tuple(dict.fromkeys((url, f"{bare}{rest}", f"{bare}:{port}{rest}")))


def _covered(request: Request) -> bool:
    """Whether the URL, which is signed, has the digest of the body."""
    digest = first(pairs(request.query)).get("bodySHA256", "")
    return any_fits(digest.lower(), [sha256(request.body).hexdigest()])


def _inbound(form: Mapping[str, str]) -> Inbound:
    name = form.get("MessageSid") or form.get("SmsSid", "")
    if not (name and form.get("From")):
        raise refusal(400, "Neither a message nor a status: MessageSid or From is missing")
    media = [
        Attached(url=url, content_type=form.get(f"MediaContentType{index}", ""))
        for index in range(min(whole(form.get("NumMedia")), 5 * MEDIA))
        if (url := form.get(f"MediaUrl{index}"))
    ]
    return Inbound(
        id=name,
        sender=form["From"],
        recipient=form.get("To", ""),
        text=form.get("Body", ""),
        segments=max(1, whole(form.get("NumSegments"))),
        media=tuple(media),
        keyword=_KEYWORDS.get(form.get("OptOutType", "").upper(), ""),
        duplicate="ErrorUrl" in form,  # that is how a fallback URL is told what it is for
        raw=dict(form),
    )


def _receipt(form: Mapping[str, str], status: str) -> Receipt:
    name = form.get("MessageSid") or form.get("SmsSid", "")
    if not name:
        raise refusal(400, "A status of no message: MessageSid is missing")
    code = form.get("ErrorCode", "")
    told = form.get("ErrorMessage") or form.get("ChannelStatusMessage") or ERRORS.get(code, "")
    return Receipt(
        provider_id=name,
        status=STATUS.get(status, "queued"),
        sender=form.get("From", ""),
        recipient=form.get("To", ""),
        error_code=code,
        error_text="canceled" if status == "canceled" else told,
        at=_done(form.get("RawDlrDoneDate", "")),
        raw=dict(form),
    )


def _done(said: str) -> float | None:
    """YYMMDDhhmm, in UTC."""
    try:
        return datetime.strptime(said, "%y%m%d%H%M").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _message(reply: Reply) -> str:
    media = "".join(f"<Media>{markup.escaped(url)}</Media>" for url in reply.media)
    body = f"<Body>{markup.escaped(reply.text)}</Body>" if reply.text else ""
    return f"<Message>{body}{media}</Message>"

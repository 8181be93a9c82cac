"""Plivo: SMS, MMS and WhatsApp, by its webhooks and ``POST /v1/Account/ID/Message/``. Pure.

Signed with the auth token, HMAC-SHA256 in base64, in one of two ways. V3 is over the public URL, all sorted fields and
a nonce. V2, which messages have, is over the URL without its query and a nonce alone: so such a nonce is good for one
content. Where a V3 signature is there it is what counts; ``more = ["signature=v3"]`` takes no other.

Plivo tries again, three times within seven minutes, after anything but 200: so what is refused for good is answered
200, and what is deferred 503. Answers are sent by the API: in Plivo's XML a message has no media, and no id of ours.

Source: plivo.com/docs: "Signature validation", "Callbacks", "Handling incoming messages", "Send a message".
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.webhook import Answer, Once, Request, hmac_hex, refusal
from interfaces.sms.accounts import Account
from interfaces.sms.providers import markup
from interfaces.sms.providers.answers import Answers
from interfaces.sms.providers.asking import only_text, post_json, usual
from interfaces.sms.providers.base import Asked, Attached, Inbound, Outgoing, Receipt, Reply, Sent, Status
from interfaces.sms.providers.forms import FORM, first, pairs
from interfaces.sms.providers.settings import base_url, extras, named, needed, signing
from interfaces.sms.providers.signing import any_fits, basic_header, hmac_base64
from interfaces.sms.providers.values import moment, record, said, text, whole

__all__ = ["KEEP", "Plivo"]

API = "https://api.plivo.com"
LONGEST = 1600
MEDIA = 10
EXPIRY = 10_800
"""Seconds that Plivo keeps a message at most."""
KEEP = 172_800.0
"""Seconds that a nonce of V2 is remembered: longer than Plivo tries."""
STATUS: Mapping[str, Status] = {
    "queued": "queued", "sent": "sent", "delivered": "delivered", "undelivered": "undelivered", "failed": "failed",
    "rejected": "rejected", "expired": "expired", "read": "read",
}  # fmt: skip
ERRORS: Mapping[str, str] = {
    "10": "the message is invalid", "20": "the network has an error", "30": "it is taken for spam",
    "40": "the sender is invalid", "50": "the number is invalid", "60": "a loop", "70": "gone for good",
    "80": "out of reach for now", "90": "no way there", "100": "the carrier forbids it", "110": "too long",
    "200": "they have said STOP", "300": "it could not be given on", "420": "its validity ended",
    "900": "no credit is left", "910": "the account is disabled", "1000": "an error that is not known",
}  # fmt: skip
KEYWORDS: Mapping[str, Literal["STOP", "START", "HELP"]] = {
    "optout": "STOP",
    "optin": "START",
    "help": "HELP",
}
WHATSAPP = "whatsapp:"


class Plivo(Answers):
    """``account``: the Auth ID; ``secret``: the Auth Token, which signs, too.

    ``more``: powerpack=… (sends where no number is said), signature=v3 (takes no V2).
    """

    name = "plivo"
    types = (FORM,)
    patience = 9.0
    replies = False
    timed = False

    def __init__(self, account: Account) -> None:
        where = "of the console's overview"
        name = needed(account, "account", f"the Auth ID, {where}")
        secret = needed(account, "secret", f"the Auth Token, {where}")
        more = extras(account, {"powerpack": "the UUID of a Powerpack", "signature": "v3"})
        if more.get("signature", "v3") != "v3":
            raise ConfigError(f"{named(account)}: more signature={more['signature']}: there is signature=v3")
        self.strict = "signature" in more
        self.powerpack = more.get("powerpack", "")
        self.keys = signing(account, f"the Auth Token, {where}")
        self.url = f"{base_url(account, API)}/v1/Account/{quote(name, safe='')}/Message/"
        self.headers = {"authorization": basic_header(name, secret)}
        self.once = Once(KEEP)

    def read(self, request: Request, url: str, now: float) -> Sequence[Inbound | Receipt]:
        """A message, or what became of one of ours. Raises PeerError."""
        fields = pairs(request.body)
        if not self._genuine(request, url, fields, now):
            raise refusal(
                403,
                "The signature does not fit: is it the auth token of this account, and the URL the public one?",
            )
        form = first(fields)
        if form.get("Status"):
            return (_receipt(form),)
        return (_inbound(form),)

    def _genuine(self, request: Request, url: str, fields: Sequence[tuple[str, str]], now: float) -> bool:
        """Whether it is signed by V3, or by V2 where that is all."""
        for version in ("v3", "ma-v3"):
            if request.header(f"x-plivo-signature-{version}".encode()):
                return self._fits(request, version, _covered(url, fields) + ".")
        if self.strict or not (
            self._fits(request, "v2", _bare(url)) or self._fits(request, "ma-v2", _bare(url))
        ):
            return False
        nonce = request.header(b"x-plivo-signature-v2-nonce")
        return self.once.fits(nonce, hmac_hex("", request.body), now)

    def _fits(self, request: Request, version: str, covered: str) -> bool:
        nonce = request.header(f"x-plivo-signature-{version[-2:]}-nonce".encode())
        right = [hmac_base64(key, covered + nonce) for key in self.keys]
        given = request.header(f"x-plivo-signature-{version}".encode()).split(",")
        fitting = [
            any_fits(one.strip(), right) for one in given[:4]
        ]  # one a token, while one replaces another
        return bool(nonce) and any(fitting)

    def accepted(self, replies: Sequence[Reply]) -> Answer:
        """XML without a message."""
        return markup.answer()

    def refused(self, status: int, text: str) -> Answer:
        """The same: any other status is tried again."""
        return markup.answer()

    def ask(self, message: Outgoing) -> Asked:
        """``POST …/Message/``. ApplicationError."""
        _check(message)
        kind = "whatsapp" if message.recipient.startswith(WHATSAPP) else "mms" if message.media else "sms"
        asked: dict[str, Any] = {"dst": message.recipient.removeprefix(WHATSAPP), "type": kind}
        if message.sender:
            asked["src"] = message.sender.removeprefix(WHATSAPP)
        elif self.powerpack:
            asked["powerpack_uuid"] = self.powerpack
        if message.text:
            asked["text"] = message.text
        if message.media:
            asked["media_urls"] = list(message.media)
        if message.status and message.status_url:
            asked |= {"url": message.status_url, "method": "POST"}
        if message.validity > 0:
            asked["message_expiry"] = min(EXPIRY, max(5, ceil(message.validity)))
        return post_json(self.url, asked, self.headers)

    def cancel(self, provider_id: str) -> None:
        """It schedules nothing."""

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """The ids of what is queued, or an error in words."""
        found = record(said(body))
        told = found.get("message_uuid")
        names = tuple(name for one in (told if isinstance(told, list) else [told]) if (name := text(one)))
        if 200 <= status < 300 and names:
            return Sent(state="sent", provider_ids=names)
        return usual(status, headers, text(found.get("error")))


def _check(message: Outgoing) -> None:
    """ApplicationError for what Plivo cannot send."""
    only_text(message, "Plivo", LONGEST)
    if message.schedule_at > 0:
        raise ApplicationError("sms.send: Plivo schedules no messages: say not_before")
    if "<" in message.recipient:
        raise ApplicationError("sms.send: to_address has a <, which parts recipients at Plivo")
    if len(message.media) > MEDIA:
        raise ApplicationError(f"sms.send: Plivo takes {MEDIA} media, not {len(message.media)}")


def _bare(url: str) -> str:
    """Scheme, host and path of ``url``."""
    return url.partition("#")[0].partition("?")[0]


def _covered(url: str, fields: Sequence[tuple[str, str]]) -> str:
    """What V3 signs before the nonce: the query's fields sorted, and those of the form sorted behind a full stop."""
    try:
        query = pairs(urlsplit(url).query.encode("utf-8", "replace"))
    except ValueError:
        return ""
    said = "&".join(f"{name}={value}" for name, value in sorted(query))
    start = f"?{said}" if said or fields else ""
    end = "." if said and fields else ""
    return f"{_bare(url)}{start}{end}{''.join(name + value for name, value in sorted(fields))}"


def _inbound(form: Mapping[str, str]) -> Inbound:
    name, sender = form.get("MessageUUID", ""), form.get("From", "")
    if not (name and sender):
        raise refusal(400, "Neither a message nor a status: MessageUUID or From is missing")
    kind = form.get("MimeType", "")
    media = [
        Attached(url=url, content_type=kind)
        for index in range(5 * MEDIA)
        if (url := form.get(f"Media{index}"))
    ]
    channel = WHATSAPP if form.get("Type") == "whatsapp" else ""
    return Inbound(
        id=name,
        sender=channel + sender,
        recipient=channel + form.get("To", ""),
        text=form.get("Text") or form.get("Body", ""),
        segments=max(1, whole(form.get("Units"))),
        media=tuple(media),
        keyword=KEYWORDS.get(form.get("MessageIntent", "").lower(), ""),
        raw=dict(form),
    )


def _receipt(form: Mapping[str, str]) -> Receipt:
    name = form.get("ParentMessageUUID") or form.get("MessageUUID", "")
    if not name:
        raise refusal(400, "A status of no message: MessageUUID is missing")
    code = form.get("ErrorCode", "").lstrip("0")
    at = form.get("DeliveryReportTime") or form.get("SentTime") or form.get("QueuedTime", "")
    return Receipt(
        provider_id=name,
        status=STATUS.get(form["Status"].lower(), "queued"),
        sender=form.get("From", ""),
        recipient=form.get("To", ""),
        error_code=code,
        error_text=ERRORS.get(code, ""),
        at=moment(at),
        raw=dict(form),
    )

"""AWS End User Messaging SMS: what it publishes to SNS topics, and its API, sms-voice. Pure.

Messages come by the topic of two-way SMS, reports by the event destination of a configuration set; a topic for both is
fine. Subscribe the webhook to it, without raw message delivery: the signature is in the notification. It is checked,
with the certificate at sns.REGION.amazonaws.com that it names, and subscriptions are confirmed for our topics alone.
SNS tries again after 5xx, and not after 4xx. A notification is good for two hours.

Source: docs.aws.amazon.com/sms-voice: "Two-way SMS messaging", "Event types", "SendTextMessage".
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.sns import Sns
from interfaces.shared.webhook import Answer, Request, Wanted, refusal
from interfaces.sms.accounts import Account
from interfaces.sms.providers.answers import Answers
from interfaces.sms.providers.asking import only_text, post_json, retry_after, short, usual
from interfaces.sms.providers.base import Asked, Inbound, Outgoing, Receipt, Sent, Status
from interfaces.sms.providers.settings import base_url, extras, named, needed
from interfaces.sms.providers.sigv4 import Key, sign
from interfaces.sms.providers.values import moment, record, said, text, whole

__all__ = ["Aws"]

LONGEST = 1600
"""Characters of a text."""
VALIDITY = 5, 259_200
"""Seconds that a message may wait, at least and at most."""
_TOPIC = re.compile(r"arn:aws[a-z-]{0,20}:sns:([a-z0-9-]{1,40}):[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_MEDIA = re.compile(r"s3://[a-z0-9.-]{3,63}/.+")
STATUS: Mapping[str, Status] = {
    "QUEUED": "queued", "PENDING": "queued", "SUCCESSFUL": "sent", "DELIVERED": "delivered", "UNKNOWN": "sent",
    "BLOCKED": "rejected", "CARRIER_BLOCKED": "rejected", "SPAM": "rejected", "PROTECT_BLOCKED": "rejected",
    "INVALID": "failed", "INVALID_MESSAGE": "failed", "UNREACHABLE": "undelivered",
    "CARRIER_UNREACHABLE": "undelivered", "TTL_EXPIRED": "expired", "READ": "read",
}  # fmt: skip
"""What each event is, behind TEXT_ or MEDIA_; SUCCESSFUL: the carrier has it. UNKNOWN: no report came in 72 hours."""
WIDE = frozenset(
    {"ThrottlingException", "ServiceQuotaExceededException", "AccessDeniedException", "UnrecognizedClientException",
     "InvalidSignatureException", "ExpiredTokenException", "IncompleteSignatureException"}
)  # fmt: skip
"""Errors of the whole account, after which nothing was done: who runs it can mend them, or they end by themselves."""
MORE = {
    "region": "of the API, that of the first topic unless given",
    "set": "the configuration set, whose event destination tells what becomes of messages",
    "type": "TRANSACTIONAL or PROMOTIONAL",
}


class Aws(Answers):
    """``account``: the ARNs of the topics, with commas. ``secret``: KEY:SECRET of who sends, or KEY:SECRET:TOKEN.

    ``more``: set=…, type=PROMOTIONAL (TRANSACTIONAL unless given), region=eu-west-1.
    """

    name = "aws"
    types = ("text/plain", "application/json")
    patience = 14.0
    replies = False
    timed = True

    def __init__(self, account: Account) -> None:
        topics = needed(
            account, "account", "the ARN of the SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME"
        ).split(",")
        found = [_TOPIC.fullmatch(one.strip()) for one in topics]
        first = found[0]
        if first is None or not all(found):
            raise ConfigError(
                f"{named(account)}: account: write the ARN of a topic, arn:aws:sns:REGION:ACCOUNT:NAME"
            )
        more = extras(account, MORE)
        self.kind = more.get("type", "TRANSACTIONAL").upper()
        if self.kind not in ("TRANSACTIONAL", "PROMOTIONAL"):
            raise ConfigError(
                f"{named(account)}: more type={self.kind}: there is TRANSACTIONAL and PROMOTIONAL"
            )
        self.set = more.get("set", "")
        region = more.get("region", first[1])
        self.url = base_url(account, f"https://sms-voice.{region}.amazonaws.com") + "/"
        self.key = _key(account, region)
        self.sns = Sns(
            frozenset(one.strip() for one in topics), what=named(account), option="the account", refused=403
        )

    def read(self, request: Request, url: str, now: float) -> Sequence[Inbound | Receipt] | Answer | Wanted:
        """A message, or a report; or what is wanted first. Raises PeerError."""
        noted = self.sns.read(request.body, now)
        if not isinstance(noted, dict):
            return noted
        found = record(said(noted["Message"]))
        if found.get("originationNumber"):
            return (_inbound(found, moment(noted["Timestamp"])),)
        family, _, event = text(found.get("eventType")).partition("_")
        if family in ("TEXT", "MEDIA"):
            return (_receipt(found, event),)
        return Answer(200, "Nothing that is read here")  # a topic may be told of other things

    def got(self, wanted: Wanted, content: bytes) -> Answer | None:
        """A certificate is kept; a confirmation is an answer. Raises PeerError for what is no certificate."""
        if wanted.why == "confirmation":
            return Answer(200, "Confirmed")
        self.sns.keep(wanted.url, content)
        return None

    def refused(self, status: int, text: str) -> Answer:
        """4xx, which is not tried again; 429 would be."""
        return Answer(status if 400 <= status <= 499 and status != 429 else 400, text)

    def ask(self, message: Outgoing) -> Asked:
        """SendTextMessage, or SendMediaMessage. ApplicationError."""
        only_text(message, "AWS", LONGEST)
        if self.key is None:
            raise ApplicationError("sms.send: this account has no secret: KEY:SECRET of who sends")
        if message.schedule_at > 0:
            raise ApplicationError("sms.send: AWS does not schedule: use not_before")
        asked = self._content(message)
        if self.set and message.status:
            asked["ConfigurationSetName"] = self.set
        if message.id:
            asked["Context"] = {"id": message.id}
        if message.validity > 0:
            least, most = VALIDITY
            asked["TimeToLive"] = int(min(most, max(least, message.validity)))
        action = "SendMediaMessage" if message.media else "SendTextMessage"
        made = post_json(self.url, asked, {})
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"PinpointSMSVoiceV2.{action}",
        }
        signed = sign("POST", self.url, headers, made.body, key=self.key, now=message.now)
        return Asked(method="POST", url=self.url, headers=signed, body=made.body)

    def _content(self, message: Outgoing) -> dict[str, Any]:
        """Who sends what to whom. ApplicationError."""
        asked: dict[str, Any] = {"DestinationPhoneNumber": message.recipient}
        if message.sender:
            asked["OriginationIdentity"] = message.sender
        if message.text:
            asked["MessageBody"] = message.text
        if not message.media:
            asked["MessageType"] = self.kind
        elif len(message.media) > 1 or not _MEDIA.fullmatch(message.media[0]):
            raise ApplicationError("sms.send: AWS takes one media, s3://BUCKET/KEY")
        else:
            asked["MediaUrls"] = list(message.media)
        return asked

    def cancel(self, provider_id: str) -> Asked | None:
        """It cannot be."""
        return None

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """A message with its id, or an error by its name."""
        found = record(said(body))
        name = text(found.get("MessageId"))
        if 200 <= status < 300 and name:
            return Sent(state="sent", provider_ids=(name,))
        kind = text(found.get("__type")).rpartition("#")[2]
        words = (kind, text(found.get("Reason")), text(found.get("Message") or found.get("message")))
        error = " ".join(one for one in words if one)
        if 400 <= status < 500 and kind in WIDE:
            return Sent(state="later", error=short(error), retry_after=retry_after(headers), wide=True)
        return usual(status, headers, error)


def _key(account: Account, region: str) -> Key | None:
    """Of who sends; None where nobody does. ConfigError."""
    if not account.secret:
        return None
    parts = account.secret.split(":")
    if len(parts) not in (2, 3) or not all(parts):
        raise ConfigError(f"{named(account)}: secret: write KEY:SECRET of who sends, or KEY:SECRET:TOKEN")
    token = parts[2] if len(parts) == 3 else ""
    return Key(id=parts[0], secret=parts[1], region=region, service="sms-voice", token=token)


def _inbound(found: Mapping[str, Any], at: float | None) -> Inbound:
    return Inbound(
        id=text(found.get("inboundMessageId")),
        sender=text(found.get("originationNumber")),
        recipient=text(found.get("destinationNumber")),
        text=text(found.get("messageBody")),
        sent_at=at,
        raw=found,
    )


def _receipt(found: Mapping[str, Any], event: str) -> Receipt:
    name = text(found.get("messageId"))
    if not name:
        raise refusal(400, "An event of no message")
    status = STATUS.get(event, "queued")
    fine = status in ("queued", "sent", "delivered", "read")
    return Receipt(
        provider_id=name,
        status=status,
        id=text(record(found.get("context")).get("id")),
        sender=text(found.get("originationPhoneNumber")),
        recipient=text(found.get("destinationPhoneNumber")),
        error_code="" if fine else event,
        error_text="" if fine else text(found.get("messageStatusDescription")),
        at=moment(whole(found.get("eventTimestamp")) / 1000),
        raw=found,
    )

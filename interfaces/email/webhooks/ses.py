"""Amazon SES, whose receipt rule publishes to an SNS topic with the content in the notification. Pure.

A subscription is confirmed for the topics of the option ``ses_topics`` alone. SNS tries again after 5xx, not after 4xx,
and waits 15 seconds; what does not fit is answered 503, so that nothing is lost where a clock or an option is wrong. A
content in S3 is not fetched: SES puts up to 150 KB into a notification.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from interfaces.email.webhooks.posted import Posted, Provider, Read, Wanted, address, told
from interfaces.shared.errors import ConfigError
from interfaces.shared.sns import Sns
from interfaces.shared.webhook import Answer, Request, refusal

__all__ = ["Ses"]

_TOPIC = re.compile(r"arn:aws[a-z-]{0,20}:sns:[a-z0-9-]{1,40}:[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")


class _Mail(msgspec.Struct):
    source: str = ""


class _Action(msgspec.Struct):
    encoding: str = "UTF8"
    type: str = ""


class _Receipt(msgspec.Struct):
    recipients: list[str]
    action: _Action = msgspec.field(default_factory=_Action)


class _Received(msgspec.Struct):
    receipt: _Receipt
    mail: _Mail = msgspec.field(default_factory=_Mail)
    content: str | None = None


class Ses(Provider):
    """Takes what is signed by SNS and comes from one of the topics, which are no secrets but ARNs."""

    name: ClassVar[str] = "ses"
    types: ClassVar[tuple[str, ...]] = ("text/plain", "application/json")
    growth: ClassVar[float] = 4.0
    rejected: ClassVar[int] = 403
    patience: ClassVar[float] = 14.0

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__(secrets)
        for one in secrets:
            if not _TOPIC.fullmatch(one):
                said = "write the ARN of a topic, arn:aws:sns:REGION:ACCOUNT:NAME"
                raise ConfigError(f"--email-ses-topics {one}: {said}")
        self.sns = Sns(frozenset(secrets), what="--email-webhooks ses", option="--email-ses-topics")

    def read(self, request: Request, now: float) -> Read:
        """Check topic, time and signature; a message, or what has to be fetched first. Raises PeerError."""
        said = self.sns.read(request.body, now)
        return _message(said["Message"]) if isinstance(said, dict) else said

    def got(self, wanted: Wanted, content: bytes) -> Answer | None:
        """A certificate is kept; a confirmation is an answer. Raises PeerError for what is no certificate."""
        if wanted.why == "confirmation":
            return Answer(200, "Confirmed")
        self.sns.keep(wanted.url, content)
        return None


def _message(text: str) -> Read:
    said = told(text, _Received)
    if said is None:
        return Answer(200, "No message that was received")  # a topic may be told of other things
    if said.content is None:
        raise refusal(
            503, "The content is not in the notification: let the rule publish it to SNS, not to S3"
        )
    content = said.content.encode("utf-8", "surrogatepass")
    if said.receipt.action.encoding.upper() == "BASE64":
        try:
            content = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise refusal(400, "The content is no base64") from None
    recipients = tuple(map(address, said.receipt.recipients))
    return Posted(sender=address(said.mail.source), recipients=recipients, content=content)

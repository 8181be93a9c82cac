"""Amazon SES, whose receipt rule publishes to an SNS topic with the content in the notification. Pure.

Signed by SNS: RSA over fields of the notification, with a certificate whose URL is in it; only https URLs of
sns.REGION.amazonaws.com are believed. A subscription is confirmed for the topics of the option ``ses_topics`` alone.
SNS tries again after 5xx, not after 4xx, and waits 15 seconds; so what does not fit is answered 503, and no message is
lost where the options are wrong. A content in S3 is not fetched: SES puts up to 150 KB into a notification.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from interfaces.email.webhooks.posted import Posted, Provider, Read, Wanted, address, told
from interfaces.shared.errors import ConfigError
from interfaces.shared.webhook import AHEAD, Answer, Request, refusal

__all__ = ["Ses"]

WINDOW = 7_200.0
"""Seconds that a notification is good for: longer than SNS tries."""
CERTIFICATES = 16
"""Certificates that are kept."""
_HOST = r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(_HOST + r"/[A-Za-z0-9_-]{1,100}\.pem")
_CONFIRM = re.compile(_HOST + r"/\?[!-~]{1,2000}")
_TOPIC = re.compile(r"arn:aws[a-z-]{0,20}:sns:[a-z0-9-]{1,40}:[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
    "UnsubscribeConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}


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
        self.topics = frozenset(secrets)
        for one in secrets:
            if not _TOPIC.fullmatch(one):
                raise ConfigError(
                    f"--email-ses-topics {one}: write the ARN of a topic, arn:aws:sns:REGION:ACCOUNT:NAME"
                )
        try:
            from cryptography import x509  # noqa: PLC0415 - optional
            from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
            from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
            from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415
        except ImportError:
            raise ConfigError(
                "--email-webhooks ses needs cryptography: pip install 'asgi-interfaces[crypto]'"
            ) from None
        self._invalid: Any = InvalidSignature
        self._load: Any = x509.load_pem_x509_certificate
        self._rsa: Any = rsa.RSAPublicKey
        self._padding: Any = padding.PKCS1v15()
        self._hashes: dict[str, Any] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - SNS's default
        self._certificates: dict[str, Any] = {}

    def read(self, request: Request, now: float) -> Read:
        """Check topic, time and signature; a message, or what has to be fetched first. Raises PeerError."""
        said = _told(request.body)
        if said["TopicArn"] not in self.topics:
            raise refusal(503, "Not one of the topics of --email-ses-topics")
        sent = _seconds(said["Timestamp"])
        if not now - WINDOW <= sent <= now + AHEAD:
            raise refusal(503, "The notification is too old, or the clock is wrong")
        url = said.get("SigningCertURL", "")
        if not _CERTIFICATE.fullmatch(url):
            raise refusal(503, "The certificate is not at sns.REGION.amazonaws.com")
        certificate = self._certificates.get(url)
        if certificate is None:
            return Wanted(url, "certificate")
        if not self._signed(said, certificate, sent):
            raise refusal(503, "The signature does not fit")
        if said["Type"] == "SubscriptionConfirmation":
            if not _CONFIRM.fullmatch(said.get("SubscribeURL", "")):
                raise refusal(503, "The subscription is not to be confirmed at sns.REGION.amazonaws.com")
            return Wanted(said["SubscribeURL"], "confirmation")
        if said["Type"] == "UnsubscribeConfirmation":
            return Answer(200, "It is as you say")
        return _message(said["Message"])

    def got(self, wanted: Wanted, content: bytes) -> Answer | None:
        """A certificate is kept; a confirmation is an answer. Raises PeerError for what is no certificate."""
        if wanted.why == "confirmation":
            return Answer(200, "Confirmed")
        try:
            found = self._load(content)
            fits = isinstance(found.public_key(), self._rsa)
        except ValueError:
            fits = False
        if not fits:
            raise refusal(503, "The certificate is none")
        while len(self._certificates) >= CERTIFICATES:
            del self._certificates[next(iter(self._certificates))]
        self._certificates[wanted.url] = found
        return None

    def _signed(self, said: dict[str, str], certificate: Any, sent: float) -> bool:
        made = self._hashes.get(said.get("SignatureVersion", ""))
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if made is None or not begin.timestamp() <= sent <= end.timestamp():
            return False
        signed = "".join(f"{name}\n{said[name]}\n" for name in _SIGNED[said["Type"]] if name in said)
        try:
            signature = base64.b64decode(said.get("Signature", ""), validate=True)
            certificate.public_key().verify(signature, signed.encode(), self._padding, made)
        except (binascii.Error, ValueError, self._invalid):
            return False
        return True


def _told(body: bytes) -> dict[str, str]:
    """The notification's own fields that are texts. Raises PeerError."""
    said = told(body, dict[str, Any]) or {}
    texts = {name: value for name, value in said.items() if isinstance(value, str)}
    if texts.get("Type") not in _SIGNED or not {"TopicArn", "Timestamp", "Message"} <= texts.keys():
        raise refusal(400, "This is no notification of SNS")
    return texts


def _seconds(text: str) -> float:
    """Unix seconds of "2026-01-31T12:00:00.000Z"; long ago for what is no time."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


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

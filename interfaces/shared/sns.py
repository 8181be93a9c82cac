"""Notifications of Amazon SNS: whose they are, when they were made, and whether their signature fits. Pure.

Signed by RSA over some of their fields, with a certificate whose URL is in them; only https URLs of
sns.REGION.amazonaws.com are believed. SNS tries again after 5xx, and not after 4xx; it waits 15 seconds.
"""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from interfaces.shared.errors import ConfigError
from interfaces.shared.webhook import AHEAD, Answer, Wanted, refusal

__all__ = ["CERTIFICATES", "WINDOW", "Fields", "Sns"]

WINDOW = 7_200.0
"""Seconds that a notification is good for: longer than SNS tries."""
CERTIFICATES = 16
"""Certificates that are kept."""
Fields = dict[str, str]
"""A notification's own fields that are texts."""
_HOST = r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(_HOST + r"/[A-Za-z0-9_-]{1,100}\.pem")
_CONFIRM = re.compile(_HOST + r"/\?[!-~]{1,2000}")
_OF_SUBSCRIPTIONS = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": _OF_SUBSCRIPTIONS,
    "UnsubscribeConfirmation": _OF_SUBSCRIPTIONS,
}


class Sns:
    """Believes what is signed, in time, and of one of ``topics``, the values of ``option``; else ``refused``.

    ``what`` needs it: the ConfigError without the extra says so. 503 in place of a refusal loses nothing where a clock
    or an option is wrong.
    """

    def __init__(self, topics: frozenset[str], *, what: str, option: str, refused: int = 503) -> None:
        self.topics = topics
        self.option = option
        self.refused = refused
        try:
            from cryptography import x509  # noqa: PLC0415 - optional
            from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
            from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
            from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415
        except ImportError:
            said = f"{what} needs cryptography: pip install 'asgi-interfaces[crypto]'"
            raise ConfigError(said) from None
        self._invalid: Any = InvalidSignature
        self._load: Any = x509.load_pem_x509_certificate
        self._rsa: Any = rsa.RSAPublicKey
        self._padding: Any = padding.PKCS1v15()
        self._hashes: dict[str, Any] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - SNS's default
        self._certificates: dict[str, Any] = {}

    def read(self, body: bytes, now: float) -> Fields | Answer | Wanted:
        """A notification that is believed; an answer to it; what has to be fetched first. Raises PeerError."""
        said = _fields(body)
        if said["TopicArn"] not in self.topics:
            raise refusal(self.refused, f"Not one of the topics of {self.option}")
        sent = _seconds(said["Timestamp"])
        if not now - WINDOW <= sent <= now + AHEAD:
            raise refusal(self.refused, "The notification is too old, or the clock is wrong")
        url = said.get("SigningCertURL", "")
        if not _CERTIFICATE.fullmatch(url):
            raise refusal(self.refused, "The certificate is not at sns.REGION.amazonaws.com")
        certificate = self._certificates.get(url)
        if certificate is None:
            return Wanted(url, "certificate")
        if not self._signed(said, certificate, sent):
            raise refusal(self.refused, "The signature does not fit")
        if said["Type"] == "SubscriptionConfirmation":
            if not _CONFIRM.fullmatch(said.get("SubscribeURL", "")):
                text = "The subscription is not to be confirmed at sns.REGION.amazonaws.com"
                raise refusal(self.refused, text)
            return Wanted(said["SubscribeURL"], "confirmation")
        return Answer(200, "It is as you say") if said["Type"] == "UnsubscribeConfirmation" else said

    def keep(self, url: str, content: bytes) -> None:
        """The certificate at ``url``. Raises PeerError for what is none."""
        try:
            found = self._load(content)
            fits = isinstance(found.public_key(), self._rsa)
        except ValueError:
            fits = False
        if not fits:
            raise refusal(503, "The certificate is none")
        while len(self._certificates) >= CERTIFICATES:
            del self._certificates[next(iter(self._certificates))]
        self._certificates[url] = found

    def _signed(self, said: Fields, certificate: Any, sent: float) -> bool:
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


def _fields(body: bytes) -> Fields:
    """Raises PeerError."""
    try:
        said: Any = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # no UTF-8 is a ValueError
        said = None
    if not isinstance(said, dict):
        said = {}
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

"""SendGrid's Inbound Parse, with "POST the raw, full MIME message" ticked and a security policy with a signature. Pure.

Signed: ECDSA with SHA-256 over the timestamp and the body, as DER in base64; the public key is that of the policy. 2xx
ends it, 4xx too; 5xx is tried again for three days. So a signature that does not fit is answered 503: where a key has
just been replaced, no message is lost.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from interfaces.email.webhooks.form import fields
from interfaces.email.webhooks.posted import Posted, Provider, Read, address, told
from interfaces.shared.errors import ConfigError
from interfaces.shared.webhook import Request, fresh, refusal

__all__ = ["Sendgrid"]

WINDOW = 345_600.0
"""Seconds that a signature is good for: longer than SendGrid tries."""


class _Envelope(msgspec.Struct):
    to: list[str]
    sender: str = msgspec.field(default="", name="from")


class Sendgrid(Provider):
    """Checks with public keys, several while one replaces another."""

    name: ClassVar[str] = "sendgrid"
    types: ClassVar[tuple[str, ...]] = ("multipart/form-data",)
    growth: ClassVar[float] = 1.5
    rejected: ClassVar[int] = 403

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__(secrets)
        try:
            from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - optional
            from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
            from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
        except ImportError:
            raise ConfigError(
                "--email-webhooks sendgrid needs cryptography: pip install 'asgi-interfaces[crypto]'"
            ) from None
        self._invalid: Any = InvalidSignature
        self._algorithm: Any = ec.ECDSA(hashes.SHA256())
        self._keys: list[Any] = []
        for text in secrets:
            try:
                key = serialization.load_der_public_key(base64.b64decode(_bare(text), validate=True))
            except ValueError:
                key = None
            if not isinstance(key, ec.EllipticCurvePublicKey):
                raise ConfigError(
                    "--email-sendgrid-key: that is not the public key of a security policy, which begins with MF"
                )
            self._keys.append(key)

    def read(self, request: Request, now: float) -> Read:
        """Check the signature, and read the message. Raises PeerError."""
        time = request.header(b"x-twilio-email-event-webhook-timestamp")
        if not self._signed(request.header(b"x-twilio-email-event-webhook-signature"), time, request.body):
            raise refusal(503, "The signature does not fit: is it the key of this webhook's policy?")
        if not fresh(time, now, WINDOW):
            raise refusal(503, "The signature is too old, or the clock is wrong")
        form = fields(request)
        content = form.get("email")
        if content is None:
            raise refusal(503, "No email: tick 'POST the raw, full MIME message'")
        envelope = told(form.get("envelope", b""), _Envelope)
        if envelope is None:
            raise refusal(400, "The envelope is none")
        recipients = tuple(map(address, envelope.to))
        return Posted(sender=address(envelope.sender), recipients=recipients, content=content)

    def _signed(self, signature: str, time: str, body: bytes) -> bool:
        try:
            said = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        whole = time.encode("latin-1") + body
        return any(self._verified(key, said, whole) for key in self._keys)

    def _verified(self, key: Any, signature: bytes, content: bytes) -> bool:
        try:
            key.verify(signature, content, self._algorithm)
        except self._invalid:
            return False
        return True


def _bare(key: str) -> str:
    """The key's base64 alone: it may stand between the lines of a PEM."""
    return "".join(line.strip() for line in key.splitlines() if not line.startswith("-----"))

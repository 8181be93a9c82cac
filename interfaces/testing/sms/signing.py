"""How the fake signs what it posts: HMAC-SHA256 over "TIMESTAMP.BODY", in hexadecimal. Pure."""

import hashlib
import hmac

from interfaces.testing.fakes.forged import Forged

__all__ = ["sign", "signed"]


def sign(secret: str, timestamp: str | int, body: bytes) -> str:
    """The signature of ``body``, as it stands in X-Fake-Signature."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def signed(secret: str, now: float, body: bytes, forged: Forged | None = None) -> dict[str, str]:
    """The headers that sign ``body`` at ``now`` (Unix seconds), or pretend to."""
    wrong = forged or Forged()
    timestamp = str(int(now)) if wrong.timestamp is None else str(wrong.timestamp)
    signature = sign(wrong.secret or secret, timestamp, body) if wrong.signature is None else wrong.signature
    headers = {"X-Fake-Timestamp": timestamp, "X-Fake-Signature": signature}
    return {name: value for name, value in headers.items() if value} | dict(wrong.headers)

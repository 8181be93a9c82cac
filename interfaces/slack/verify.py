"""Whether a request is Slack's: its signature over the raw bytes. Pure.

Source: api.slack.com/authentication/verifying-requests-from-slack. The signature is "v0=" and HMAC-SHA-256 of
"v0:TIMESTAMP:BODY" in hexadecimal. A request is refused when its time is more than five minutes off, on either side: a
lenient peer takes what is from the future. So is one that is signed by an empty secret: anybody can.
"""

import hmac
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["VERSION", "WINDOW", "genuine", "signature"]

VERSION = "v0"
WINDOW = 300.0
"""Seconds that a request's time may be off."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What Slack puts into X-Slack-Signature."""
    made = _keyed(secret).copy()
    made.update(f"{VERSION}:{timestamp}:".encode("utf-8", "replace") + body)
    return f"{VERSION}={made.hexdigest()}"


@lru_cache(maxsize=16)
def _keyed(secret: str) -> hmac.HMAC:
    """Copied for each signature, which takes half as long as :func:`hmac.digest`."""
    return hmac.new(secret.encode("utf-8", "replace"), digestmod="sha256")


def genuine(secrets: Sequence[str], timestamp: str, signed: str, body: bytes, now: float) -> str:
    """Nothing for a request that one of ``secrets`` has signed, else why it is none. Never raises.

    ``timestamp`` and ``signed`` are the headers X-Slack-Request-Timestamp and X-Slack-Signature, "" for none; ``now``
    is in Unix seconds.
    """
    if not timestamp or not signed:
        return "it is not signed"
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return "its time is no number"
    if abs(now - int(timestamp)) > WINDOW:
        return "its time is more than five minutes off"
    said = signed.encode("utf-8", "replace")
    # all of them, so that the time tells nothing
    fitting = [hmac.compare_digest(said, signature(one, timestamp, body).encode()) for one in secrets if one]
    return "" if any(fitting) else "its signature is of another secret"

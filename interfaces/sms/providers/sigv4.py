"""Requests to AWS, signed: Signature Version 4. Pure.

For what its JSON APIs need: a whole body, and a path that is signed as it is written. Not for S3, whose paths are
encoded once, nor for streams.
Source: docs.aws.amazon.com, "Create a signed AWS API request".
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

__all__ = ["Key", "sign"]

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An access key, and what it is used for."""

    id: str
    secret: str = field(repr=False)
    region: str
    service: str
    token: str = field(default="", repr=False)
    """Of a temporary key."""


def sign(
    method: str, url: str, headers: Mapping[str, str], body: bytes, *, key: Key, now: float
) -> dict[str, str]:
    """``headers`` and those that sign the request, all by names in lower case. ``now`` in Unix seconds."""
    stamp = datetime.fromtimestamp(int(now), UTC).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(url)
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed |= {"host": parts.netloc, "x-amz-date": stamp}
    if key.token:
        signed["x-amz-security-token"] = key.token
    names = ";".join(sorted(signed))
    query = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in _pairs(parts.query)
    )
    request = "\n".join(
        (
            method,
            quote(parts.path or "/", safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{signed[name]}" for name in sorted(signed)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        )
    )
    scope = f"{stamp[:8]}/{key.region}/{key.service}/aws4_request"
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(_derived(key, scope), text.encode(), "sha256").hexdigest()
    signed["authorization"] = (
        f"{ALGORITHM} Credential={key.id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return signed


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def _derived(key: Key, scope: str) -> bytes:
    """The key of a day, a region and a service."""
    made = b"AWS4" + key.secret.encode()
    for part in scope.split("/"):
        made = hmac.new(made, part.encode(), "sha256").digest()
    return made

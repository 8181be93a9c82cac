"""Signatures of providers, as far as several have the same. Pure."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from typing import Any, Literal

from interfaces.shared.webhook import same
from interfaces.sms.providers.values import record
from interfaces.sms.providers.values import said as told

__all__ = ["any_fits", "bare_jwt", "basic_header", "hmac_base64", "jwt_claims", "unbase64"]

Digest = Literal["md5", "sha1", "sha256", "sha512"]


def hmac_base64(key: str, said: str, digest: Digest = "sha256") -> str:
    """HMAC of ``said``, in base64."""
    made = hmac.new(key.encode("utf-8", "replace"), said.encode("utf-8", "replace"), digest)
    return base64.b64encode(made.digest()).decode()


def any_fits(said: str, right: Iterable[str]) -> bool:
    """Whether ``said`` is one of ``right``; all are compared, so that the time tells nothing."""
    fitting = [same(said, one) for one in right]
    return bool(said) and any(fitting)


def unbase64(said: str) -> bytes:
    """The bytes; none where that is no base64."""
    try:
        return base64.b64decode(said, validate=True)
    except (binascii.Error, ValueError):
        return b""


def basic_header(user: str, secret: str) -> str:
    """The value of Authorization (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def _part(said: str) -> bytes:
    """One part of a JWT."""
    return unbase64(said.replace("-", "+").replace("_", "/") + "=" * (-len(said) % 4))


def bare_jwt(header: str) -> str:
    """The token of an Authorization header, "" where there is none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def jwt_claims(token: str, keys: Iterable[str]) -> dict[str, Any] | None:
    """The claims of a JWT (RFC 7519) that one of ``keys`` has signed by HS256; None for another, or another kind."""
    head, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    header = record(told(_part(head)))
    signed = f"{head}.{body}".encode("latin-1", "replace")
    right = [hmac.new(key.encode(), signed, hashlib.sha256).digest() for key in keys]
    fitting = [same(_part(signature), one) for one in right]
    if header.get("alg") != "HS256" or not any(fitting):
        return None
    return record(told(_part(body)))

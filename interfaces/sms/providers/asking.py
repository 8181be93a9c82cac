"""Requests to providers, and what their answers say by HTTP's status alone. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from interfaces.shared.errors import ApplicationError
from interfaces.sms.providers.base import Asked, Outgoing, Sent
from interfaces.sms.providers.forms import FORM, JSON

__all__ = ["only_text", "post_form", "post_json", "retry_after", "short", "stamp", "usual"]

ERROR = 200
"""Characters of an error that are told."""


def post_form(url: str, fields: Iterable[tuple[str, str]], headers: Mapping[str, str]) -> Asked:
    """A form that is posted."""
    kinds = {"content-type": FORM, "accept": JSON}
    return Asked(
        method="POST", url=url, headers={**kinds, **headers}, body=urlencode(list(fields)).encode("ascii")
    )


def post_json(url: str, said: Mapping[str, Any], headers: Mapping[str, str]) -> Asked:
    """JSON that is posted; it may be repeated where ``headers`` have an idempotency-key."""
    kinds = {"content-type": JSON, "accept": JSON}
    return Asked(
        method="POST",
        url=url,
        headers={**kinds, **headers},
        body=msgspec.json.encode(said),
        idempotent="idempotency-key" in headers,
    )


def only_text(message: Outgoing, provider: str, most: int) -> None:
    """Refuse what is binary, empty, or longer than ``most`` characters. ApplicationError."""
    if message.data or message.encoding == "binary":
        raise ApplicationError(f"sms.send: {provider} sends no binary messages")
    if not (message.text or message.media):
        raise ApplicationError("sms.send: it has no text")
    if len(message.text) > most:
        raise ApplicationError(f"sms.send: {provider} takes {most} characters, not {len(message.text)}")


def stamp(at: float) -> str:
    """Unix seconds as ISO 8601 in UTC."""
    try:
        return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        raise ApplicationError(f"sms.send: schedule_at {at} is no time") from None


def short(said: str) -> str:
    """An error in one line of bounded length."""
    return " ".join(said.split())[:ERROR]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that nothing is wanted for; None where that is not said, or as a date."""
    said = headers.get("retry-after", "").strip()
    return float(said) if said.isascii() and said.isdigit() and len(said) <= 6 else None


def usual(status: int, headers: Mapping[str, str], error: str = "") -> Sent:
    """What a status means that says the message was not taken.

    429 is for the whole account; so are 401 and 402: nothing was done, and who runs it can mend the secret or pay.
    After 5xx, and what is no answer of an API, nobody knows. Else it is the message's fault.
    """
    said = short(error) or f"HTTP {status}"
    if status in (401, 402, 429):
        return Sent(state="later", error=said, retry_after=retry_after(headers), wide=True)
    if 400 <= status < 500:
        return Sent(state="failed", error=said)
    return Sent(state="uncertain", error=said)

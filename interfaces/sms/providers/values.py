"""What providers post, taken with care: JSON, numbers and times of any kind become what is asked for. Pure.

Nothing here raises for what a peer says: what does not fit is empty.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

__all__ = ["moment", "record", "rows", "said", "text", "whole"]


def said(body: bytes | str) -> Any:
    """What JSON says; None for what is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # no UTF-8 is a ValueError
        return None


def record(value: Any) -> dict[str, Any]:
    """An object of JSON; else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of an array; or the one that stands in its place."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict)]


def text(value: Any) -> str:
    """A text, or a number as one; "" for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def whole(value: Any, default: int = 0) -> int:
    """A whole number, or a text of up to nine digits; ``default`` for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    fits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10
    return int(value) if fits else default


def moment(value: Any) -> float | None:
    """Unix seconds of an ISO 8601 time (UTC where it has no zone), or of a number of them; None for what is no time."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if 0 < value < 1e11 else None  # neither NaN nor what no calendar has
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None

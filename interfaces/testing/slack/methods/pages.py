"""Long lists come in pages: a cursor says where the next one begins."""

import base64
from typing import Any

from interfaces.testing.slack.calls import Call
from interfaces.testing.slack.errors import SlackRefused

__all__ = ["page"]


def page(call: Call, name: str, items: list[Any], default: int = 100) -> dict[str, Any]:
    """The page of ``items`` that a call asks for, under ``name``; refuses with invalid_cursor, invalid_limit."""
    most = call.number("limit", default)
    if not 1 <= most <= 1000:
        raise SlackRefused("invalid_limit")
    try:
        begin = int(base64.b64decode(call.args.get("cursor") or "MA=="))
    except ValueError:
        raise SlackRefused("invalid_cursor") from None
    end = begin + most
    cursor = base64.b64encode(str(end).encode()).decode() if end < len(items) else ""
    return {name: items[begin:end], "response_metadata": {"next_cursor": cursor}}

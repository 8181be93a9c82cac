"""What a help desk's console showed one afternoon: a conversation by mail, Slack, text, IRC and browser; an error."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["ANSWERS", "EMPTY", "PYTEST", "STORY", "VIEW", "many"]

_KEPT: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
EMPTY: dict[str, Any] = _KEPT["empty"]
"""A message of which nothing was said."""
STORY: list[dict[str, Any]] = _KEPT["story"]
"""The messages, whole."""
ANSWERS: dict[str, Any] = _KEPT["answers"]
"""What paths below /api give."""
VIEW: dict[str, Any] = _KEPT["view"]
"""A modal of Slack."""
PYTEST: str = _KEPT["pytest"]
"""A message as a test."""


def many(count: int) -> Iterator[dict[str, Any]]:
    """``count`` messages, 40 conversations."""
    for number in range(count):
        row = STORY[number % len(STORY)]
        more = {
            "time": EMPTY["time"] + number / 10,
            "scope": number,
            "conversation": f"ticket {number % 40}",
            "title": f"{number}: {row['title']}",
        }
        yield row | more

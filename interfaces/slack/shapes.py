"""Parts of what Slack sends, as the kind of value that each is to be; another kind counts as none. Pure."""

from typing import Any

__all__ = ["ident", "mapping", "objects", "text"]


def text(value: Any) -> str:
    """A text; "" for anything else."""
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> dict[str, Any]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none in what is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def ident(value: Any) -> str | None:
    """An id, which some payloads have as an object with one; None for none."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None

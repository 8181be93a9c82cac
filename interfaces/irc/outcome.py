"""What became of something that was to be said, as a result tells it. Pure."""

from typing import Any, Final, Literal, NamedTuple

__all__ = ["UNKNOWN", "Outcome", "result", "told"]

UNKNOWN: Final = "its sender ended before it was known what became of it"
"""The error of what was begun by a process that is gone."""


class Outcome(NamedTuple):
    """``deferred``: it was not said, and may be later. ``uncertain``: it may have been."""

    status: Literal["sent", "deferred", "failed", "uncertain"]
    error: str = ""
    msgid: str = ""
    """Of the first line, where the network tells it."""
    retry_after: float = 0.0


def result(name: str, came: Outcome, *, final: bool = True) -> dict[str, Any]:
    """The event ``irc.result``."""
    return {"type": "irc.result", "id": name, "final": final, **told(came)}


def told(came: Outcome) -> dict[str, Any]:
    """What of it does not depend on who has asked."""
    found = {"ok": came.status == "sent", "error": came.error, "status": came.status}
    if came.msgid:
        found["msgid"] = came.msgid
    if came.retry_after:
        found["retry_after"] = came.retry_after
    return found

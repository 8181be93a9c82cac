"""What became of something that was to be said, as a result tells it. Pure."""

from typing import Any, Literal, NamedTuple

__all__ = ["Outcome", "result"]


class Outcome(NamedTuple):
    """``deferred``: it was not said, and may be later. ``uncertain``: it may have been."""

    status: Literal["sent", "deferred", "failed", "uncertain"]
    error: str = ""
    msgid: str = ""
    """Of the first line, where the network tells it."""
    retry_after: float = 0.0


def result(name: str, came: Outcome, *, final: bool = True) -> dict[str, Any]:
    """The event ``irc.result``."""
    told: dict[str, Any] = {
        "type": "irc.result",
        "id": name,
        "ok": came.status == "sent",
        "final": final,
        "error": came.error,
        "status": came.status,
    }
    if came.msgid:
        told["msgid"] = came.msgid
    if came.retry_after:
        told["retry_after"] = came.retry_after
    return told

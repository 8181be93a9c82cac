"""What is told of an attempt to send. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from interfaces.shared.sendings import Sending, Tried
from interfaces.sms.providers.base import Sent
from interfaces.sms.sending.drafts import Draft

__all__ = ["STATUS", "Came", "State", "tried"]

State = Literal["sent", "later", "failed", "uncertain"]
STATUS: Mapping[State, str] = {
    "sent": "sent", "later": "deferred", "failed": "failed", "uncertain": "uncertain",
}  # fmt: skip
"""What each is called in a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of one attempt."""

    sent: Sent
    tied: bool = False
    """later: whether no other account may send it, since this one may have, and knows a repeat."""
    down: bool = False
    """Whether nobody was reached."""


def tried(
    sending: Sending, state: State, error: str = "", *, draft: Draft | None = None, **told: Any
) -> Tried:
    """What became of it; ``told`` is the result's, beside what all have. ``delay`` and ``quiet`` are the outbox's."""
    more = {key: told.pop(key) for key in _TRIED if key in told}
    before = {key: sending.earlier[key] for key in ("segments", "encoding") if key in sending.earlier}
    parts = {"segments": draft.segments, "encoding": draft.encoding} if draft is not None else before
    result = {
        "ok": state == "sent", "status": STATUS[state], "provider_ids": [], "account": "", "segments": 0,
        "encoding": "gsm7", "error": error, **parts, **told,
    }  # fmt: skip
    if state == "later" and "delay" in more:
        result["retry_after"] = more["delay"]
    return Tried(state=state, told=result, reason=error, **more)


_TRIED = ("delay", "down", "letter", "rest", "rest_wide", "quiet")

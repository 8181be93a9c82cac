"""What is known of a message, recipient by recipient, and what is told of all of it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from interfaces.email.sending.outgoing import LOCKED, TOO_MANY, Outgoing, Result
from interfaces.shared.sendings import Tried

__all__ = ["known_of", "results_of", "too_many", "tried_of"]

_States = Literal["sent", "later", "failed", "uncertain"]
_WORST = ("deferred", "uncertain", "failed")
_STATES: Mapping[str, _States] = {
    "accepted": "sent", "deferred": "later", "uncertain": "uncertain", "failed": "failed",
}  # fmt: skip


def tried_of(mail: Outgoing, known: Mapping[str, Result], reason: str = "") -> Tried:
    """What is told of the message when this is known of its recipients."""
    every = [known[one] for one in mail.recipients]
    worst = next((one for one in _WORST if any(result.status == one for result in every)), "accepted")
    first = next((result for result in every if result.status == worst), None)
    said = "" if worst == "accepted" or first is None else f"{first.recipient}: {first.text or first.status}"
    down = all(map(_unheard, every))
    result = {
        "ok": worst == "accepted",
        "error": said,
        "message_id": mail.message_id,
        "results": [one.plain() for one in every],
    }
    return Tried(
        state=_STATES[worst], told=result, reason=reason or (every[0].text if down else said), down=down
    )


def _unheard(one: Result) -> bool:
    """Whether nobody has said anything of the message, but of us at most."""
    return one.status == "deferred" and (one.code is None or one.code in LOCKED)


def too_many(found: Sequence[Result]) -> bool:
    """Whether the peer takes no more recipients at once, and has taken some: the others may come at once.

    RFC 5321 §4.5.3.1.10. As each attempt has its end for somebody, there are never more of them than recipients.
    """
    waiting = [one for one in found if one.status == "deferred"]
    full = all(one.code == 452 or one.enhanced in TOO_MANY for one in waiting)
    return full and any(one.status == "accepted" for one in found)


def results_of(earlier: Mapping[str, Any]) -> list[Result]:
    """What an attempt before this one was told of each recipient."""
    said: Sequence[Mapping[str, Any]] = earlier.get("results") or ()
    return [Result(**one) for one in said]


def known_of(earlier: Mapping[str, Any], *, again: bool = False) -> dict[str, Result]:
    """The recipients that have their end; ``again``: only those who have the message."""
    ended = ("accepted",) if again else ("accepted", "failed", "uncertain")
    return {one.recipient: one for one in results_of(earlier) if one.status in ended}

"""What an application's words mean: ``email.accept``, ``reject``, ``defer`` … and ``status`` as verdicts. No I/O.

RFC 5321 §4.2 (codes), RFC 3463 (enhanced codes).
"""

from typing import Any

from interfaces.email.answers import USUAL, Kind
from interfaces.email.replies import ENHANCED
from interfaces.shared.asgi import Event
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ApplicationError

__all__ = ["KINDS", "status", "verdict"]

KINDS: dict[str, Kind] = {
    "email.accept": "accept",
    "email.discard": "accept",
    "email.reject": "reject",
    "email.defer": "defer",
}
_FIRST: dict[str, Kind] = {"2": "accept", "4": "defer", "5": "reject"}


def verdict(event: Event) -> Verdict:
    """The verdict that an application's message says. Raises ApplicationError for codes that do not fit it.

    421 is none of them: it says that the connection ends, which is not the application's to say.
    """
    return _verdict(event, KINDS[event["type"]])


def _verdict(event: Event, kind: Kind) -> Verdict:
    usual = USUAL[kind]
    code: Any = event.get("code", usual[0])  # an application may say anything
    enhanced: Any = event.get("enhanced") or usual[1]
    if type(code) is not int or not 200 <= code <= 599 or code == 421 or _FIRST.get(str(code)[0]) != kind:
        raise ApplicationError(
            f"{event['type']}: {code!r} is no code that says {kind}, such as {USUAL[kind][0]}"
        )
    if not isinstance(enhanced, str) or not ENHANCED.fullmatch(enhanced) or enhanced[0] != str(code)[0]:
        raise ApplicationError(f"{event['type']}: enhanced {enhanced!r} is no code such as {USUAL[kind][1]}")
    text = str(event.get("text") or usual[2])
    if event.get("queue_id"):
        text = f"{text}: queued as {event['queue_id']}"
    return Verdict(kind, {"code": code, "enhanced": enhanced, "text": text})


def status(event: Event) -> Verdict:
    """That of one recipient, which its code tells. Raises ApplicationError for what is no code, or does not fit."""
    code = event.get("code", 250)
    kind = _FIRST.get(str(code)[:1])
    if kind is None:
        raise ApplicationError(f"email.status: {code!r} is no code such as 250, 451 or 550")
    return _verdict(event, kind)

"""What the fake has sent to an app and what became of it: every try, and the answer."""

from dataclasses import dataclass, field
from typing import Any, Literal

from interfaces.testing.fakes.posting import Tried

__all__ = ["RETRIES", "Delivery", "Kind", "kind_of"]

Kind = Literal["event", "command", "interactive", "options"]

JSON = ("event_callback", "app_rate_limited", "url_verification")
"""Types of payloads that are sent as they are, not in a form."""

RETRIES = (0.0, 60.0, 300.0)
"""Seconds of the fake's clock before each repeat of an event: at once, after a minute, after five."""


def kind_of(payload: dict[str, Any]) -> Kind:
    """What a payload is; a form without a type is a command (or ssl_check, which comes the same way)."""
    said = payload.get("type")
    if said is None:
        return "command"
    if said in JSON:
        return "event"
    return "options" if said == "block_suggestion" else "interactive"


@dataclass(slots=True, kw_only=True)
class Delivery(Tried):
    """One event, command or interaction, from the first try to the last."""

    kind: Kind
    id: str
    """An event's event_id; else the trigger_id, or ""."""
    payload: dict[str, Any] = field(repr=False)
    effect: str = ""
    """What Slack made of the answer of a command or interaction: :func:`…effects.take_effect` has the words."""

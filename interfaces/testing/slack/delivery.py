"""What the fake has sent to an app and what became of it: every try, and the answer."""

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["RETRIES", "Delivery", "Kind", "Try", "kind_of"]

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
class Try:
    """One attempt."""

    number: int
    """0 for the first, else what X-Slack-Retry-Num says."""
    at: float
    """Unix seconds of the fake's clock."""
    seconds: float = 0.0
    """Real ones, until the answer, or until there was none."""
    status: int = 0
    """Of the HTTP answer; 0: none came. Over Socket Mode 200 stands for an acknowledgement."""
    reason: str = ""
    """Why it does not count: http_error, http_timeout, connection_failed, timeout …; "" when it was acknowledged."""
    answer: Any = None
    """What came with the acknowledgement: JSON, a text, or None."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of the answer, by lower-case name."""
    sent: dict[str, str] = field(default_factory=dict)
    """Headers that went with it; over Socket Mode the envelope's id and retry fields."""


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One event, command or interaction, from the first try to the last."""

    kind: Kind
    id: str
    """An event's event_id; else the trigger_id, or ""."""
    payload: dict[str, Any] = field(repr=False)
    tries: list[Try] = field(default_factory=list)
    acknowledged_at: float | None = None
    """Unix seconds of the fake's clock; None: never."""
    effect: str = ""
    """What Slack made of the answer of a command or interaction: :func:`…effects.take_effect` has the words."""

    @property
    def acknowledged(self) -> bool:
        """Whether the app has said that it has it, in time."""
        return self.acknowledged_at is not None

    @property
    def tried(self) -> int:
        """How often it was sent."""
        return len(self.tries)

    @property
    def last(self) -> Try:
        """The attempt that decided: the first that was acknowledged, else the last."""
        return next((each for each in self.tries if not each.reason), self.tries[-1])

    @property
    def status(self) -> int:
        """Of :attr:`last`."""
        return self.last.status

    @property
    def answer(self) -> Any:
        """Of :attr:`last`: what the acknowledgement said."""
        return self.last.answer

    @property
    def seconds(self) -> float:
        """Real seconds that the acknowledgement took."""
        return self.last.seconds

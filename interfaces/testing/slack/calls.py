"""One call of the Web API, as it is recorded and given to its method; and what a method is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.state import Token
from interfaces.testing.slack.world import World

__all__ = ["TIERS", "Call", "Method"]

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute of a token, by Slack's tier."""


@dataclass(slots=True, kw_only=True)
class Call:
    """What was asked, by whom and when, and what was answered."""

    method: str
    args: dict[str, Any]
    token: str = field(default="", repr=False)
    at: float = 0.0
    """Unix seconds of the fake's clock."""
    basic: tuple[str, str] | None = field(default=None, repr=False)
    """The client's id and secret, where it said them in the header."""
    who: Token | None = field(default=None, repr=False)
    status: int = 0
    """Of the answer; 0: the connection was closed without one."""
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def by(self) -> Token:
        """Whose token it is; only for methods that need one."""
        if self.who is None:
            raise SlackRefused("not_authed")
        return self.who

    def need(self, *names: str) -> list[Any]:
        """The values of these arguments; refuses with invalid_arguments when one is missing or empty."""
        missing = [name for name in names if self.args.get(name) in (None, "", [])]
        if missing:
            words = [f"[ERROR] missing required field: {name}" for name in missing]
            raise SlackRefused("invalid_arguments", response_metadata={"messages": words})
        return [self.args[name] for name in names]

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth as Slack takes it: true, 1, "true", "1"."""
        value = self.args.get(name, default)
        return value in (True, 1, "1", "true", "True")

    def number(self, name: str, default: int) -> int:
        """A whole number; refuses with invalid_arguments."""
        try:
            return int(float(self.args.get(name) or default))
        except (TypeError, ValueError):
            raise SlackRefused("invalid_arguments") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method of the Web API."""

    do: Callable[[World, Call], dict[str, Any]]
    """Gives the answer without ``ok``; raises :class:`SlackRefused`."""
    tier: int = 3
    """Of Slack's four; 0: a limit of its own (chat.postMessage)."""
    kinds: tuple[str, ...] = ("bot", "user")
    """Of tokens that are let in; none: it needs no token."""
    scope: str = ""
    """That the token must have, where it has any."""

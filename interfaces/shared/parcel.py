"""Something from outside that an application is to hear of once. Pure."""

from dataclasses import dataclass, replace
from typing import Any

from interfaces.shared.asgi import Event, Scope

__all__ = ["Parcel"]


@dataclass(slots=True, kw_only=True)
class Parcel:
    """A message from outside: the scope and the event of one call. Not frozen, which takes three times as long."""

    scope: Scope
    event: Event
    key: str = ""
    """By which its repeats are known; "" for what is never repeated."""
    post: Any = None
    """Puts on its way what the application sends, in place of the intake's."""
    conversation: str | None = None
    """It waits for those before it in the same; None: for nobody."""

    def posting(self, post: Any) -> "Parcel":
        """The same, with a way of its own for what the application sends."""
        return replace(self, post=post)

"""Something from outside that an application is to hear of once. Pure."""

from dataclasses import dataclass, replace
from typing import Any

from interfaces.shared.asgi import Event, Scope

__all__ = ["Parcel"]


@dataclass(slots=True, init=False)
class Parcel:
    """A message from outside: the scope and the event of one call.

    Neither frozen nor made by a dataclass's own ``__init__``, which take ten times as long where this is compiled.
    """

    scope: Scope
    event: Event
    key: str
    """By which its repeats are known; "" for what is never repeated."""
    post: Any
    """Puts on its way what the application sends, in place of the intake's."""
    conversation: str | None
    """It waits for those before it in the same; None: for nobody."""

    def __init__(
        self, scope: Scope, event: Event, key: str = "", post: Any = None, conversation: str | None = None
    ) -> None:
        self.scope = scope
        self.event = event
        self.key = key
        self.post = post
        self.conversation = conversation

    def posting(self, post: Any) -> "Parcel":
        """The same, with a way of its own for what the application sends."""
        return replace(self, post=post)

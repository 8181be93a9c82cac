"""What the handling of one event comes to, in plain values: it crosses processes unchanged. Pure."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from interfaces.shared.errors import Unavailable

__all__ = ["ConsumeLater", "DenyConnection", "Outcome", "Runner"]


class ConsumeLater(Unavailable):
    """Raised by a consumer: nothing of this counts, and the event is to be tried again a little later.

    Where nobody can do that, as in session style, it is for the peer to try again.
    """


class DenyConnection(Exception):  # noqa: N818 - named as in 2016
    """Raised by a consumer of ``websocket.connect``: the handshake is refused."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a consumer has said and changed. Only str, bytes, int, float, bool, None, lists and dicts are in it.

    Memberships are settled first and sends made after them, each in its order: who joins hears what it then says.
    """

    groups: list[list[str]] = field(default_factory=list)
    """["add" or "discard", group, channel]"""
    sends: list[list[Any]] = field(default_factory=list)
    """["channel" or "group", name, message]"""
    changed: dict[str, Any] = field(default_factory=dict)
    """Keys of the session that are new or have another value."""
    removed: list[str] = field(default_factory=list)
    """Keys of the session that are gone."""
    error: Literal["", "later", "no-route", "raised", "unavailable"] = ""
    """Anything but "" says that the rest does not count."""
    reason: str = ""
    """In words, for the log."""

    def merge(self, session: dict[str, Any]) -> None:
        """Apply the changes to ``session``."""
        for key in self.removed:
            session.pop(key, None)
        session.update(self.changed)


Runner = Callable[[dict[str, Any], dict[str, Any]], Awaitable[Outcome]]
"""Takes an event, whose ``type`` is the channel it came on, and the session as it is; changes neither."""

"""What an application is told of connections that we dial: a scope of type ``upstream``, which it may refuse.

One scope lasts from the first word to ``upstream.closed``. Who raises for the type, as routers do for types that they
do not know, is left alone from then on, as with lifespan. Nothing is to be sent here.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal, NotRequired, TypedDict

from interfaces.shared.asgi import Application, Event
from interfaces.shared.errors import ApplicationError
from interfaces.shared.session import Instance, Session, report

__all__ = [
    "SCOPES",
    "Telling",
    "UpstreamClosed",
    "UpstreamConnected",
    "UpstreamReconnecting",
    "UpstreamRefused",
]

CAPACITY = 32
"""Events that wait for an application; further ones are counted, and not told."""


class UpstreamScope(TypedDict):
    """Connections to one place, from the start to the end."""

    type: Literal["upstream"]
    asgi: dict[str, str]
    """version "3.0", spec_version "1.0"."""
    protocol: str
    """irc, sms …"""
    name: str
    """Which of them, as readiness calls it."""
    path: str
    """protocol/…: routable."""
    conversation: None
    state: dict[str, Any]
    """A shallow copy of what the lifespan left."""
    extensions: dict[str, Any]


class UpstreamConnected(TypedDict):
    """In: there is a connection."""

    type: Literal["upstream.connected"]
    links: int
    """How many there are now; another one of several is told too."""


class UpstreamReconnecting(TypedDict):
    """In: there is none, or an attempt has failed."""

    type: Literal["upstream.reconnecting"]
    links: int
    reason: str
    retry_after: float
    """Seconds until the next attempt."""
    attempt: NotRequired[int]
    """Failures in a row."""


class UpstreamRefused(TypedDict):
    """In: the credential is refused: nothing is tried any more."""

    type: Literal["upstream.refused"]
    reason: str


class UpstreamClosed(TypedDict):
    """In: the end."""

    type: Literal["upstream.closed"]


SCOPES: dict[type, tuple[type, ...]] = {
    UpstreamScope: (UpstreamConnected, UpstreamReconnecting, UpstreamRefused, UpstreamClosed)
}
"""The scope with the messages that pass in it."""


async def _nowhere(event: Event) -> None:
    """An application has nothing to say here."""
    raise ApplicationError(f"{event.get('type')}: a scope of type upstream takes no messages")


class Telling:
    """Tells ``app``; ``scope`` has what is not the same for all: protocol, name, path, state."""

    def __init__(self, app: Application, scope: Mapping[str, Any], count: Callable[[str], None]) -> None:
        self._count = count
        whole = {
            "type": "upstream",
            "asgi": {"version": "3.0", "spec_version": "1.0"},
            "path": scope.get("protocol", ""),
            "conversation": None,
            "state": {},
            "extensions": {},
            **scope,
        }
        self._session = Session(app, whole, _nowhere, capacity=CAPACITY, on_end=self._ended)
        self._heard = 0

    def __repr__(self) -> str:
        return f"<Telling {self._session!r}>"

    def __call__(self, event: Event) -> None:
        """Tell it, unless it does not want to know."""
        session = self._session
        if session.task is None and not session.ended:
            session.start(asyncio.get_running_loop())
        if session.full and not session.ended:
            self._count("upstream.untold")
            return
        session.offer(event)

    async def close(self, seconds: float = 1.0) -> None:
        """Say that it is over, and give the application so long to end."""
        if self._session.task is None:
            return
        self._session.last({"type": "upstream.closed"})
        await self._session.wait(seconds)

    def _ended(self, session: Instance) -> None:
        """It returned, or raised: which is a refusal of the type when it had taken nothing."""
        if session.error is not None:
            report(session)

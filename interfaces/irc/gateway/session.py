"""The application of one client: what it sends is done at once and in order.

What waits to be sent has its limit at the client (``sendq``): who does not read is hung up on, and holds nobody up.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from interfaces.shared.asgi import Application, Event, Scope
from interfaces.shared.errors import PeerGone
from interfaces.shared.session import Session

__all__ = ["RESULTS", "ClientSession"]

RESULTS: Final = 1000
"""Events that may wait when a result is put to them: an application that sends and never receives is stopped."""

TURN: Final = 64
"""Events that one application says one after the other before others may run: it waits for nothing else."""


async def _unused(_event: Event) -> None:
    """What is sent is handled by the session itself."""


class ClientSession(Session):
    """The session of ``client``."""

    def __init__(
        self,
        app: Application,
        scope: Scope,
        client: Any,
        *,
        on_end: Callable[[Session], None] | None = None,
        on_room: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(app, scope, _unused, on_end=on_end, on_room=on_room)
        self.client = client
        self._said = 0

    @property
    def crowded(self) -> bool:
        """Whether so many events wait that no result is taken any more."""
        return len(self._inbox) >= RESULTS

    async def send(self, event: Event) -> None:
        """Do what the application says. PeerGone after the session has ended, ApplicationError for what cannot be."""
        if self.ended:
            raise PeerGone("the session has ended")
        self.meter.sent += 1
        self.client.said(event)
        self._said += 1
        if self._said >= TURN:
            self._said = 0
            await asyncio.sleep(0)

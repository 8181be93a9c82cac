"""The application of one client: what it sends is done at once and in order.

What waits to be sent has its limit at the client (``sendq``): who does not read is hung up on, and holds nobody up.
"""

from typing import Any, Final

from interfaces.shared.asgi import Event
from interfaces.shared.errors import PeerGone
from interfaces.shared.session import Session

__all__ = ["RESULTS", "Member"]

RESULTS: Final = 1000
"""Events that may wait when a result is put to them: an application that sends and never receives is stopped."""


async def _unused(_event: Event) -> None:
    """A member handles what is sent itself."""


class Member(Session):
    """The session of ``client``."""

    def __init__(self, app: Any, scope: Any, client: Any, **more: Any) -> None:
        super().__init__(app, scope, _unused, **more)
        self.client = client

    @property
    def crowded(self) -> bool:
        """Whether so many events wait that no result is taken any more."""
        return len(self._inbox) >= RESULTS

    async def send(self, event: Event) -> None:
        """Do what the application says. PeerGone after the session has ended, ApplicationError for what cannot be."""
        if self.ended:
            raise PeerGone("the session has ended")
        self.client.said(event)

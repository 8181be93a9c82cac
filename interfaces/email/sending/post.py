"""Mail that scopes send: checked, put where the sender takes it from, and its result heard."""

import asyncio
import time
from functools import partial
from typing import Any

from interfaces.email.sending.compose import compose
from interfaces.email.sending.outgoing import Suppressed
from interfaces.email.sending.reports import Reports
from interfaces.email.sending.returns import Returns
from interfaces.email.sending.way import CHANNEL, LARGE, size_of
from interfaces.email.service import Service
from interfaces.layers.base import Message
from interfaces.layers.posting import Posting
from interfaces.shared.asgi import Event

__all__ = ["Post"]


class Post(Posting):
    """``await post(message)`` puts an ``email.send`` of a scope on its way; made for one process."""

    def __init__(self, layer: Any, host: str, max_size: int) -> None:
        super().__init__(layer, CHANNEL, "email.result", self._checked)
        self.returns: Returns | None = None
        """Knows what comes back."""
        self.reports: Reports | None = None
        """Tells who sent us a message which of its recipients refuse it; where that is kept."""
        self._compose = partial(compose, host=host, max_size=max_size)

    def receives(self, service: Service) -> None:
        """Send for the application of ``service``, and stand in front of it, with what comes back and is to be told."""
        service.post = self
        if self.returns is not None:
            service.before(self.returns)
        service.bounces = self.reports

    def unheard(self, name: Any, said: str) -> Event:
        """A result that says that nobody knows, of no recipient either."""
        return {**super().unheard(name, said), "results": []}

    async def _checked(self, message: Message) -> None:
        """Refuse in the application what could never be sent; what is only not to be answered has its result."""
        check = partial(self._compose, message, now=time.time(), id=str(message.get("id") or "0"))
        try:
            if size_of(message) < LARGE:
                check()
            else:
                await asyncio.to_thread(check)
        except Suppressed:
            pass

"""What scopes send as short messages: checked, put where the sender takes it from, and its result heard."""

from typing import Any

from interfaces.layers.base import Message
from interfaces.layers.posting import Posting
from interfaces.shared.asgi import Event
from interfaces.sms.sending.drafts import checked, draft
from interfaces.sms.sending.routes import Routes
from interfaces.sms.sending.way import CHANNEL

__all__ = ["Post"]


class Post(Posting):
    """``await post(message)`` puts what a scope says on its way; made for one process.

    ``routes``: by which accounts it can go; None where another process sends, which knows.
    """

    def __init__(self, layer: Any, region: str, routes: Routes | None) -> None:
        super().__init__(layer, CHANNEL, "sms.result", self._checked)
        self.region = region
        self.routes = routes

    def unheard(self, name: Any, said: str) -> Event:
        """A result that says that nobody knows."""
        more = {"status": "uncertain", "provider_ids": [], "account": "", "segments": 0, "encoding": "gsm7"}
        return {**super().unheard(name, said), **more}

    async def _checked(self, message: Message) -> None:
        """Refuse in the application what could never be sent."""
        if message.get("type") == "sms.cancel":
            checked(message)
            return
        made = draft(message, self.region)
        if self.routes is not None:
            self.routes.of(made.recipient, sender=made.sender, account=message.get("account") or "")

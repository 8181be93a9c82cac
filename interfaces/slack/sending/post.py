"""What scopes send to Slack: checked, put where the sender takes it from, and its result heard."""

from typing import Any, ClassVar

from interfaces.layers.base import Message
from interfaces.layers.posting import Posting
from interfaces.shared.asgi import Event
from interfaces.slack.sending.calls import calls_of
from interfaces.slack.sending.way import CHANNEL

__all__ = ["Post"]


class Post(Posting):
    """``await post(message)`` puts what a scope says on its way; made for one process.

    A message that names no installation is from that of its scope.
    """

    fills: ClassVar[tuple[str, ...]] = ("team_id", "enterprise_id")

    def __init__(self, layer: Any, api_url: str) -> None:
        super().__init__(layer, CHANNEL, "slack.result", self._checked)
        self.api_url = api_url

    def unheard(self, name: Any, said: str) -> Event:
        """A result that says that nobody knows."""
        return {**super().unheard(name, said), "status": "uncertain"}

    async def _checked(self, message: Message) -> None:
        """Refuse in the application what could never be sent."""
        calls_of(message, self.api_url)

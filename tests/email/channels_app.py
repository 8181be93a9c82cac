"""Unmodified consumers of Channels for mail, in a process that has Django's settings."""

from typing import Any

from django.conf import settings

settings.configure(SECRET_KEY="x", INSTALLED_APPS=["channels"], DATABASES={})

from channels.consumer import AsyncConsumer, SyncConsumer
from channels.exceptions import StopConsumer
from channels.routing import ProtocolTypeRouter


class Inbox(AsyncConsumer):  # type: ignore[misc]
    """Refuses everything; asks for more for ever, or stops."""

    async def email_receive(self, message: dict[str, Any]) -> None:
        """Say the subject."""
        if message["subject"] == "raise":
            raise ZeroDivisionError
        await self.send({"type": "email.reject", "text": message["subject"]})
        if message["subject"] == "stop":
            raise StopConsumer


class Desk(SyncConsumer):  # type: ignore[misc]
    """The same in a thread."""

    def email_receive(self, message: dict[str, Any]) -> None:
        """Say the subject."""
        self.send({"type": "email.defer", "text": message["subject"]})


async def mail(scope: Any, receive: Any, send: Any) -> None:
    """By the first recipient."""
    consumer = Desk if scope["rcpt_to"][0]["local"] == "desk" else Inbox
    await consumer.as_asgi()(scope, receive, send)


application = ProtocolTypeRouter({"email": mail})

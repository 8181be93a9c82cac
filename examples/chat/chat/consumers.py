"""One room, two ways into it: each hears the group of the room, and says there what its person says.

What IRC clients say to each other the gateway passes on itself; so they hear from the group what browsers say.
"""

import re
from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer

from interfaces.irc.consumer import IrcConsumer

Event = dict[str, Any]
TEXT = 400


def group(room: str) -> str:
    """Of a room, by the name that browsers have for it; that of IRC begins with a #."""
    return f"chat.{room.removeprefix('#').lower()}"


class Browser(AsyncJsonWebsocketConsumer):
    """Somebody at the page: ``{"nick": …, "text": …}`` both ways."""

    async def connect(self) -> None:
        """Enter the room of the address."""
        self.room: str = self.scope["url_route"]["kwargs"]["room"]
        await self.channel_layer.group_add(group(self.room), self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave it."""
        await self.channel_layer.group_discard(group(self.room), self.channel_name)

    async def receive_json(self, content: Event) -> None:
        """Say it to all."""
        nick = re.sub(r"[^\w-]", "_", str(content.get("nick", "")))[:20] or "somebody"
        text = " ".join(str(content.get("text", "")).split())[:TEXT]
        if text:
            line = {"type": "chat.line", "room": self.room, "nick": nick, "text": text, "irc": False}
            await self.channel_layer.group_send(group(self.room), line)

    async def chat_line(self, event: Event) -> None:
        """Show what somebody says."""
        await self.send_json({key: event[key] for key in ("nick", "text", "irc")})


class Lounge(IrcConsumer):
    """Somebody's IRC client."""

    relay_messages = True

    def find_layer(self) -> Any:
        """The project's."""
        return get_channel_layer()

    async def irc_join(self, message: Event) -> None:
        """Hear the room."""
        await self.channel_layer.group_add(group(message["channel"]), self.channel_name)

    async def irc_part(self, message: Event) -> None:
        """Hear it no more."""
        await self.channel_layer.group_discard(group(message["channel"]), self.channel_name)

    async def irc_disconnect(self, _message: Event) -> None:
        """Leave all rooms."""
        for channel in self.channels:
            await self.channel_layer.group_discard(group(channel), self.channel_name)

    async def irc_message(self, message: Event) -> None:
        """Say it to the browsers."""
        if message["channel"]:
            line = {
                "type": "chat.line",
                "nick": message["source"]["nick"],
                "text": message["text"],
                "irc": True,
            }
            await self.channel_layer.group_send(group(message["channel"]), line)

    async def chat_line(self, event: Event) -> None:
        """Have the client read what somebody says at a page."""
        if not event["irc"]:
            await self.deliver(f"{event['nick']}!web@browser", f"#{event['room']}", event["text"])

"""The chat's WebSocket: one consumer a socket, JSON objects both ways.

From the browser: ``join`` (name, visitor, after), ``say`` (key, text), ``history`` (after, before), ``ping``; in the
room of a ticket ``take`` and ``close``. To the browser: ``welcome``, ``message``, ``people``, ``ticket``, ``history``,
``pong``, ``error`` (code, text, key).
"""

import json
import logging
from collections import deque
from time import monotonic
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from interfaces.demo import desk, store
from interfaces.demo.ways import filed
from interfaces.demo.words import Refused, parse, read_key, read_name, read_text, read_who

__all__ = ["Chat"]

BURST, SECONDS = 20, 10.0
"""So many messages in so many seconds are taken from one socket."""
NUMBER_MAX = 2**53

log = logging.getLogger("interfaces.demo")
Json = dict[str, Any]


class Chat(AsyncWebsocketConsumer):
    """One socket in one room; nothing but ``join`` and ``ping`` is taken before a name was given."""

    async def connect(self) -> None:
        """Take the socket."""
        self.slug: str = self.scope["url_route"]["kwargs"]["slug"]
        filed(self.scope, self.slug)
        self.group = f"chat.{self.slug}"
        self.author: Json | None = None
        self.said: deque[float] = deque(maxlen=BURST)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Tell the others."""
        if self.author is None:
            return
        await self.channel_layer.group_discard(self.group, self.channel_name)
        await self.tell("people", await database_sync_to_async(store.leave)(self.slug, self.channel_name))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one frame; what is wrong with it is said in an ``error``."""
        frame: Json = {}
        try:
            frame = parse(text_data)
            await self.answer(frame)
        except Refused as refusal:
            await self.put("error", code=refusal.code, text=str(refusal), key=frame.get("key"))

    async def answer(self, frame: Json) -> None:
        """Do what the frame asks for; raises Refused."""
        match frame.get("type"):
            case "ping":
                await self.ping()
            case "join":
                await self.join(frame)
            case "say" | "history" | "take" | "close" if self.author is None:
                raise Refused("join", "Say who you are first.")
            case "say":
                await self.say(frame)
            case "take" | "close" as what:
                await self.act(what)
            case "history":
                await self.put("history", before=frame.get("before"), messages=await self.history(frame))
            case _:
                raise Refused("malformed", "No such kind of message.")

    async def join(self, frame: Json) -> None:
        """Enter the room, or come back to it: ``after`` is the number of the last message seen."""
        author = {"who": read_who(frame.get("visitor")), "name": read_name(frame.get("name"))}
        there = await database_sync_to_async(store.enter)(self.slug, self.channel_name, **author)
        self.author = author
        # Before the history is read: a message that comes in between is then in one of the two.
        await self.channel_layer.group_add(self.group, self.channel_name)
        ticket = desk.shown(await database_sync_to_async(desk.ticket_of)(self.slug))
        await self.put("welcome", you=author, messages=await self.history(frame), **there, **ticket)
        await self.tell("people", there)

    async def say(self, frame: Json) -> None:
        """Keep a message and give it to everyone in the room, the writer too."""
        key, text = read_key(frame.get("key")), read_text(frame.get("text"))
        now = monotonic()
        if len(self.said) == BURST and now - self.said[0] < SECONDS:
            raise Refused("pace", "You are writing very fast; try again in a moment.")
        self.said.append(now)
        await database_sync_to_async(desk.say)(self.slug, self.author, text, "web", key)

    async def act(self, what: str) -> None:
        """Take or close the ticket whose room it is; all who are concerned are told."""
        ticket = await database_sync_to_async(desk.ticket_of)(self.slug)
        if ticket is None or self.author is None:
            raise Refused("malformed", "This room is no ticket.")
        await database_sync_to_async(desk.take if what == "take" else desk.close)(
            ticket.number, self.author["name"]
        )

    async def ping(self) -> None:
        """Stay in the room; the answer mends what a lost group message would have told."""
        if self.author is None:
            await self.put("pong")
            return
        # Group memberships end after a day, and with a message nobody fetched in time: renew it.
        await self.channel_layer.group_add(self.group, self.channel_name)
        there = await database_sync_to_async(store.enter)(self.slug, self.channel_name, **self.author)
        await self.put("pong", **there)

    async def history(self, frame: Json) -> list[Json]:
        """Read the part of the history that ``after`` or ``before`` names."""
        bounds = {}
        for name in ("after", "before"):
            value = frame.get(name)
            if value is None:
                continue
            if type(value) is not int or not 0 <= value <= NUMBER_MAX:
                raise Refused("malformed", f"{name} is the number of a message.")
            bounds[name] = value
        found: list[Json] = await database_sync_to_async(store.history)(self.slug, **bounds)
        return found

    async def tell(self, kind: str, content: Json) -> None:
        """Send an object to every socket in the room."""
        event = {"type": "chat.event", "kind": kind, "content": content}
        await self.channel_layer.group_send(self.group, event)

    async def chat_event(self, event: Json) -> None:
        """Pass on what the room was told."""
        await self.put(event["kind"], **event["content"])

    async def put(self, kind: str, **content: Any) -> None:
        """Send one object to the browser."""
        await self.send(text_data=json.dumps({"type": kind, **content}, ensure_ascii=False))

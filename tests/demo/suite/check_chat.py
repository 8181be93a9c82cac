"""The chat's WebSocket, by the communicator of Channels. Run by test_suite.py with Django's own runner."""

import json
from contextlib import asynccontextmanager
from unittest.mock import patch

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.test import TransactionTestCase
from django.urls import re_path

from interfaces.demo import consumers
from interfaces.demo.words import SLUG
from tests.demo.suite.kit import mailed

APP = URLRouter([re_path(rf"^ws/(?P<slug>{SLUG})/$", consumers.Chat.as_asgi())])


class Browser(WebsocketCommunicator):
    """A browser in a room, by its visitor's name."""

    def __init__(self, name, room="lobby"):
        super().__init__(APP, f"/ws/{room}/")
        self.name = name

    async def put(self, **frame):
        """Send a frame."""
        await self.send_to(text_data=json.dumps(frame))

    async def get(self, kind):
        """Wait for the next frame of a kind; others are passed over."""
        while True:
            frame = json.loads(await self.receive_from())
            if frame.pop("type") == kind:
                return frame

    async def join(self, **more):
        """Enter, and give the welcome."""
        await self.put(type="join", name=self.name, visitor=f"visitor-{self.name}", **more)
        return await self.get("welcome")

    async def say(self, text, key="key-0001"):
        """Say something, and give what comes back."""
        await self.put(type="say", key=key, text=text)
        return await self.get("message")


@asynccontextmanager
async def browser(name, room="lobby"):
    """A connected browser."""
    it = Browser(name, room)
    assert (await it.connect())[0]
    try:
        yield it
    finally:
        await it.disconnect()


class ChatTests(TransactionTestCase):
    """What is sent and heard."""

    async def test_two_talk(self):
        """What one says both hear, once each, in order, with the name it was said under."""
        async with browser("ada") as ada, browser("bob") as bob:
            await ada.join()
            await bob.join()
            said = await ada.say("hello")
            assert await bob.get("message") == said
            assert (said["number"], said["name"], said["text"]) == (1, "ada", "hello")
            assert (await bob.say("hi"))["number"] == 2

    async def test_rooms_are_apart(self):
        """Nothing said in one room is heard in another."""
        async with browser("ada") as ada, browser("bob", "other") as bob:
            await ada.join()
            await bob.join()
            await ada.say("hello")
            assert (await bob.say("hi"))["text"] == "hi"

    async def test_who_comes_and_goes_is_seen(self):
        """The others get the new list when one joins, changes its name or leaves."""
        async with browser("ada") as ada:
            await ada.join()
            await ada.get("people")
            async with browser("bob") as bob:
                await bob.join()
                assert [p["name"] for p in (await ada.get("people"))["people"]] == ["ada", "bob"]
                bob.name = "rob"
                await bob.join()
                assert [p["name"] for p in (await ada.get("people"))["people"]] == ["ada", "rob"]
            assert [p["name"] for p in (await ada.get("people"))["people"]] == ["ada"]

    async def test_coming_back_gives_what_was_missed(self):
        """After a reconnect with the last number only the rest comes, and nothing twice."""
        async with browser("ada") as ada:
            await ada.join()
            for i in range(3):
                await ada.say(f"line {i}", f"key-000{i}")
        async with browser("ada") as ada:
            welcome = await ada.join(after=1)
            assert [m["text"] for m in welcome["messages"]] == ["line 1", "line 2"]
            assert (await ada.say("line 2", "key-0002"))["number"] == 3
            await ada.put(type="history", before=2)
            older = await ada.get("history")
            assert (older["before"], [m["number"] for m in older["messages"]]) == (2, [1])

    async def test_a_ping_mends(self):
        """The answer to a ping has the latest number and list, and renews a lost membership of the group."""
        async with browser("ada") as ada, browser("bob") as bob:
            await ada.join()
            await bob.join()
            await get_channel_layer().flush()
            await ada.put(type="ping")
            pong = await ada.get("pong")
            assert (pong["last"], len(pong["people"])) == (0, 2)
            assert (await ada.say("hello"))["number"] == 1

    async def test_what_is_wrong_is_said(self):
        """Each wrong frame gets its code, and the socket goes on."""
        async with browser("ada") as ada:
            await ada.put(type="ping")
            assert await ada.get("pong") == {}
            for frame, code in [
                ({"type": "say", "key": "key-0001", "text": "x"}, "join"),
                ({"type": "join", "name": "", "visitor": "visitor-1"}, "name"),
                ({"type": "join", "name": "Ada", "visitor": "?"}, "malformed"),
                ({"type": "join", "name": "Ada", "visitor": "visitor-1", "after": -1}, "malformed"),
                ({"type": "join", "name": "Ada", "visitor": "visitor-1", "after": True}, "malformed"),
                ({"type": "dance"}, "malformed"),
                ({}, "malformed"),
            ]:
                await ada.put(**frame)
                assert (await ada.get("error"))["code"] == code, frame
            await ada.send_to(bytes_data=b"\xff")
            assert (await ada.get("error"))["code"] == "malformed"
            await ada.join()
            await ada.put(type="say", key="key-0001", text="x" * 2001)
            error = await ada.get("error")
            assert (error["code"], error["key"]) == ("text", "key-0001")

    async def test_a_flood_is_slowed(self):
        """More than so many messages in so many seconds are refused, and later ones taken again."""
        now = 1000.0
        with patch.object(consumers, "monotonic", lambda: now):
            async with browser("ada") as ada:
                await ada.join()
                for i in range(consumers.BURST):
                    await ada.say("x", f"key-{i:04}")
                await ada.put(type="say", key="key-9999", text="x")
                assert (await ada.get("error"))["code"] == "pace"
                now += consumers.SECONDS
                assert (await ada.say("x", "key-9999"))["number"] == consumers.BURST + 1

    async def test_a_ticket_is_shown_taken_and_closed(self):
        """Its room says so in the welcome, and to all when it changes; a room that is none refuses."""
        await database_sync_to_async(mailed)()
        async with browser("ada", "ticket-1") as ada, browser("bob", "ticket-1") as bob:
            ticket = (await ada.join())["ticket"]
            assert (ticket["subject"], ticket["state"], ticket["via"]) == ("Printer", "open", "email")
            await bob.join()
            for what, state in (("take", "taken"), ("close", "closed")):
                await ada.put(type=what)
                for each in (ada, bob):
                    ticket = (await each.get("ticket"))["ticket"]
                    assert (ticket["state"], ticket["agent"]) == (state, "ada")
        async with browser("ada", "tea") as ada:
            assert (await ada.join())["ticket"] is None
            await ada.put(type="take")
            assert (await ada.get("error"))["code"] == "malformed"

    async def test_a_message_says_where_it_was_said(self):
        """Of a browser it is the web."""
        async with browser("ada") as ada:
            await ada.join()
            assert (await ada.say("hello"))["side"] == "web"

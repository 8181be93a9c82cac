"""Run by test_local.py: ``local_channels.py PART`` prints "proven". A Channels project with our layer."""

import asyncio
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from django.conf import settings

CONFIG = {"capacity": 5000, "channel_capacity": {"tiny": 1}}
BACKEND = "interfaces.layers.local.LocalChannelLayer"
settings.configure(CHANNEL_LAYERS={"default": {"BACKEND": BACKEND, "CONFIG": CONFIG}})

import django

django.setup()

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.generic.websocket import AsyncWebsocketConsumer, JsonWebsocketConsumer
from channels.layers import get_channel_layer

from interfaces.layers.local import LocalChannelLayer
from interfaces.testing import WebsocketCommunicator


class Room(AsyncWebsocketConsumer):
    """Everybody hears what somebody says."""

    groups = ("room",)

    async def receive(self, text_data=None, bytes_data=None):
        """Say it to all."""
        await self.channel_layer.group_send("room", {"type": "room.said", "text": text_data})

    async def room_said(self, event):
        """Hear it."""
        await self.send(event["text"])


class Hall(JsonWebsocketConsumer):
    """The same, on threads."""

    groups = ("room",)

    def receive_json(self, content, **kwargs):
        """Say it to all."""
        async_to_sync(self.channel_layer.group_send)("room", {"type": "room.said", "text": content})

    def room_said(self, event):
        """Hear it."""
        self.send_json(event["text"])


async def echo():
    """Two sockets of each kind hear each other, in order, and leave the group with the last of them."""
    layer = get_channel_layer()
    rooms = [WebsocketCommunicator(Room.as_asgi(), "/") for _ in range(2)]
    halls = [WebsocketCommunicator(Hall.as_asgi(), "/") for _ in range(2)]
    for socket in rooms + halls:
        assert await socket.connect() == (True, None)
    assert len(await layer.group_channels("room")) == 4
    for number in range(20):
        await rooms[number % 2].send_to(str(number))
        await halls[number % 2].send_json_to(str(-number))
        for room in rooms:
            assert {await room.receive_from(), await room.receive_from()} == {str(number), str(-number)}
        for hall in halls:
            heard = {await hall.receive_json_from(), await hall.receive_json_from()}
            assert heard == {str(number), str(-number)}
    for socket in rooms + halls:
        await socket.disconnect()
    assert await layer.group_channels("room") == []


async def sync():
    """Twenty threads send by async_to_sync, as WSGI views do, to a receiver in this loop."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add("room", channel)

    def work():
        for number in range(100):
            async_to_sync(layer.group_send)("room", {"type": "room.said", "number": number})

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    found = [(await layer.receive(channel))["number"] for _ in range(2000)]
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([*range(100)] * 20)


async def settings_():
    """The setting's keywords arrive, and ChannelFull is the one that applications know."""
    layer = get_channel_layer()
    assert isinstance(layer, LocalChannelLayer)
    assert get_channel_layer() is layer
    assert layer.get_capacity("another") == 5000
    await layer.send("tiny", {"type": "a"})
    try:
        await layer.send("tiny", {"type": "a"})
    except ChannelFull:
        return
    raise AssertionError("it took two")


asyncio.run({"echo": echo, "sync": sync, "settings": settings_}[sys.argv[1]]())
print("proven")

"""The project's ASGI application."""

import os
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.consumer import AsyncConsumer, SyncConsumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer, WebsocketConsumer
from channels.routing import ChannelNameRouter
from django.contrib.auth.models import User
from django.urls import path

from interfaces.django.identity import IdentityMiddlewareStack
from interfaces.django.routing import ProtocolTypeRouter, URLRouter


class Echo(AsyncJsonWebsocketConsumer):
    """Says who is there, then gives back what it gets."""

    async def connect(self):
        await self.accept()
        await self.send_json({"user": self.scope["user"].username})

    async def receive_json(self, content):
        await self.send_json(content)


class Users(WebsocketConsumer):
    """A sync consumer that asks the database."""

    def receive(self, text_data=None, bytes_data=None):
        self.send(str(User.objects.count()))


def note(text):
    """Tell a test, in one write, what was done."""
    with Path(os.environ["PROJ_NOTES"]).open("a", encoding="ascii") as notes:
        notes.write(f"{text}\n")


class Work(SyncConsumer):
    """Of a channel: takes a moment, and asks the database."""

    def work_do(self, message):
        time.sleep(0.01)
        User.objects.exists()
        if message.get("fail"):
            raise ZeroDivisionError
        note(message["n"])


class AsyncWork(AsyncConsumer):
    """The same in async code."""

    async def work_do(self, message):
        note(f"async {message['n']}")


sockets = URLRouter([path("ws/echo/", Echo.as_asgi()), path("ws/users/", Users.as_asgi())])
names = ChannelNameRouter({"work": Work.as_asgi(), "async-work": AsyncWork.as_asgi()})
application = ProtocolTypeRouter(
    {"http": http, "websocket": IdentityMiddlewareStack(sockets), "channel": names}
)

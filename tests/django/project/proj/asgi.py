"""The project's ASGI application."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.generic.websocket import AsyncJsonWebsocketConsumer, WebsocketConsumer
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


sockets = URLRouter([path("ws/echo/", Echo.as_asgi()), path("ws/users/", Users.as_asgi())])
application = ProtocolTypeRouter({"http": http, "websocket": IdentityMiddlewareStack(sockets)})

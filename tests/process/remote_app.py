"""Unmodified applications that the workers of these tests run: Django, Channels' consumers, Starlette."""

import os
import sys
import time

from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

if not settings.configured:
    settings.configure(SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, DEBUG=False)

import django
from django.core.asgi import get_asgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

django.setup()


def pid(request):
    """The worker's process id, and what was sent."""
    return HttpResponse(f"{os.getpid()} {len(request.body)}")


def slow(request):
    """Answers after a while."""
    sys.stderr.write("application: slow\n")
    sys.stderr.flush()
    time.sleep(1)
    return HttpResponse(str(os.getpid()))


async def big(request):
    """200 MiB."""

    async def parts():
        for _ in range(200):
            yield bytes(1 << 20)

    return StreamingHttpResponse(parts())


def fail(request):
    """Raises."""
    raise ZeroDivisionError("on purpose")


urlpatterns = [path("", pid), path("slow", slow), path("big", big), path("fail", fail)]


class Echo(AsyncWebsocketConsumer):
    """Sends back what comes."""

    async def receive(self, text_data=None, bytes_data=None):
        """A message."""
        await self.send(text_data=text_data, bytes_data=bytes_data)


class SyncEcho(WebsocketConsumer):
    """The same, on a thread."""

    def receive(self, text_data=None, bytes_data=None):
        """A message."""
        self.send(text_data=text_data, bytes_data=bytes_data)


async def star(request):
    """Starlette's view."""
    return PlainTextResponse(f"{request.client.host} {request.headers['host']} {request.url.path}")


starlette = Starlette(routes=[Route("/star", star)])
views = get_asgi_application()


async def http(scope, receive, send):
    """Starlette for one path, Django for the others."""
    await (starlette if scope["path"] == "/star" else views)(scope, receive, send)


application = ProtocolTypeRouter(
    {"http": http, "websocket": URLRouter([path("sync", SyncEcho.as_asgi()), path("", Echo.as_asgi())])}
)

"""Django alone, and with Channels: views sync and async, streaming, an upload, unmodified consumers."""

import asyncio
import hashlib

import django
from asgiref.sync import async_to_sync, sync_to_async
from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path, re_path

settings.configure(
    SECRET_KEY="for tests",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={},
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    FILE_UPLOAD_MAX_MEMORY_SIZE=65536,
)
django.setup()
gone = 0


def hello(request):
    """A sync view."""
    return HttpResponse(f"hello {request.GET.get('name', '')}", headers={"x-scheme": request.scheme})


async def echo(request):
    """An async view."""
    return HttpResponse(await sync_to_async(lambda: request.body)(), content_type=request.content_type)


def upload(request):
    """A file, which Django keeps on disk."""
    file = request.FILES["file"]
    digest = hashlib.sha256(b"".join(file.chunks())).hexdigest()
    return HttpResponse(f"{file.name} {file.size} {digest}")


async def stream(request):
    """An async iterator."""

    async def parts():
        for number in range(100):
            yield f"part {number}\n"
            await asyncio.sleep(0)

    return StreamingHttpResponse(parts(), content_type="text/plain")


async def wait(request):
    """Cancelled by Django when the client goes away."""
    global gone  # noqa: PLW0603 - what is counted
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        gone += 1
        raise
    return HttpResponse("too late")


async def told(request):
    """How many went away."""
    return HttpResponse(str(gone))


urlpatterns = [
    path("hello", hello), path("echo", echo), path("upload", upload), path("stream", stream),
    path("wait", wait), path("gone", told),
]  # fmt: skip


class Echo(AsyncWebsocketConsumer):
    """Channels' own consumer, as its tutorial writes it."""

    async def connect(self):
        """Accept, with the first subprotocol."""
        await self.accept(next(iter(self.scope["subprotocols"]), None))

    async def receive(self, text_data=None, bytes_data=None):
        """Send it back; ``bye`` closes."""
        if text_data == "bye":
            await self.close(code=4001)
        else:
            await self.send(text_data=text_data, bytes_data=bytes_data)


class Room(WebsocketConsumer):
    """A sync consumer with a group."""

    groups = ("room",)

    def receive(self, text_data=None, bytes_data=None):
        """To everybody."""
        async_to_sync(self.channel_layer.group_send)("room", {"type": "say", "text": text_data})

    def say(self, event):
        """From somebody."""
        self.send(text_data=event["text"])


class Parts(AsyncHttpConsumer):
    """An HTTP consumer that streams."""

    async def handle(self, body):
        """Send the body back in parts."""
        await self.send_headers(headers=[(b"content-type", b"text/plain")])
        for at in range(0, len(body), 1000):
            await self.send_body(body[at : at + 1000], more_body=True)
        await self.send_body(b"")


app = get_asgi_application()
channels = ProtocolTypeRouter(
    {
        "http": URLRouter([path("consumer", Parts.as_asgi()), re_path("", app)]),
        "websocket": URLRouter([path("ws", Echo.as_asgi()), path("room", Room.as_asgi())]),
    }
)

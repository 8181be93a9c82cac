"""One application for every way to deploy it: Django's views, plain ASGI, unmodified consumers of Channels."""

import hashlib
import json
import os

from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

LAYER = {"BACKEND": "interfaces.layers.local.LocalChannelLayer"}
if "REDIS_URL" in os.environ:
    LAYER = {
        "BACKEND": "interfaces.layers.redis.RedisChannelLayer",
        "CONFIG": {"hosts": [os.environ["REDIS_URL"]], "prefix": os.environ["PREFIX"]},
    }
if not settings.configured:
    settings.configure(
        SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, DEBUG=False, CHANNEL_LAYERS={"default": LAYER}
    )  # fmt: skip

import django
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path

from interfaces.shared.errors import NoRoute

django.setup()
PIECES = 64
PIECE = bytes(range(256)) * 256


def view(request):
    """A sync view of Django, with a session cookie and a header of its own."""
    answer = HttpResponse(f"{request.method} {request.get_full_path()} {len(request.body)}")
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2")
    answer["x-view"] = "django"
    return answer


def fail(request):
    """Raises."""
    raise ZeroDivisionError("on purpose")


urlpatterns = [path("view", view), path("fail", fail)]
views = get_asgi_application()


async def answered(send, status, body, *headers):
    """A whole response."""
    await send({"type": "http.response.start", "status": status, "headers": [*headers]})
    await send({"type": "http.response.body", "body": body})


async def scope_of(scope, receive, send):
    """What the application is told of a request."""
    facts = {key: scope[key] for key in ("method", "path", "scheme", "http_version", "root_path")}
    facts |= {
        "query": scope["query_string"].decode(),
        "client": scope["client"][0],
        "raw": str(scope["raw_path"]),
    }
    facts["headers"] = [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]]
    facts["extensions"] = sorted(scope.get("extensions") or {})
    pairs = [(b"x-one", b"1"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"X-Two", b"\xe9")]
    await answered(send, 200, json.dumps(facts, sort_keys=True).encode(), *pairs)


async def upload(scope, receive, send):
    """The hash of a body, and its size."""
    seen, size = hashlib.sha256(), 0
    more = True
    while more:
        event = await receive()
        assert event["type"] == "http.request", event
        seen.update(event.get("body", b""))
        size += len(event.get("body", b""))
        more = event.get("more_body", False)
    await answered(send, 201, f"{size} {seen.hexdigest()}".encode())


async def download(scope, receive, send):
    """A stream, of a size that is told or not."""
    headers = [(b"content-length", b"%d" % (PIECES * len(PIECE)))] if scope["path"] == "/sized" else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for number in range(PIECES):
        await send({"type": "http.response.body", "body": PIECE, "more_body": number < PIECES - 1})


async def breaks(scope, receive, send):
    """Raises in the middle of its answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ZeroDivisionError("on purpose")


async def hints(scope, receive, send):
    """Early hints before an answer, trailers after it."""
    await send({"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]})
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"trailer", b"x-end")],
        "trailers": True,
    }
    await send(start)
    await send({"type": "http.response.body", "body": b"with trailers"})
    await send({"type": "http.response.trailers", "headers": [(b"x-end", b"yes")], "more_trailers": False})


async def no_content(scope, receive, send):
    """Nothing to say."""
    await answered(send, 204, b"")


async def no_route(scope, receive, send):
    """An address that the application does not know."""
    raise NoRoute(scope["path"])


async def raises(scope, receive, send):
    """No answer."""
    raise ZeroDivisionError("on purpose")


async def silent(scope, receive, send):
    """Returns without an answer."""


async def wrong(scope, receive, send):
    """Says what does not fit."""
    await send({"type": "http.response.body", "body": b"too early"})


class Echo(AsyncWebsocketConsumer):
    """Sends back what comes; ends with the code that it is told."""

    async def connect(self):
        """Take the first subprotocol that is offered."""
        await self.accept(next(iter(self.scope["subprotocols"]), None))

    async def receive(self, text_data=None, bytes_data=None):
        """A message."""
        if text_data == "raise":
            raise ZeroDivisionError("on purpose")
        if text_data and text_data.startswith("close "):
            await self.close(int(text_data[6:]), "as you like")
        else:
            await self.send(text_data=text_data, bytes_data=bytes_data)


class SyncEcho(WebsocketConsumer):
    """The same, on a thread."""

    def receive(self, text_data=None, bytes_data=None):
        """A message."""
        self.send(text_data=text_data, bytes_data=bytes_data)


class Chat(AsyncWebsocketConsumer):
    """Tells everybody what everybody says, and who has left how."""

    async def connect(self):
        """Join."""
        await self.channel_layer.group_add("chat", self.channel_name)
        await self.accept()
        await self.send(f"here {os.getpid()}")

    async def disconnect(self, code):
        """Leave."""
        await self.channel_layer.group_discard("chat", self.channel_name)
        await self.channel_layer.group_send("chat", {"type": "said", "text": f"left {code}"})

    async def receive(self, text_data=None, bytes_data=None):
        """Tell all."""
        await self.channel_layer.group_send("chat", {"type": "said", "text": text_data})

    async def said(self, event):
        """Somebody said something."""
        await self.send(event["text"])


class Deny(AsyncWebsocketConsumer):
    """Refuses the handshake."""

    async def connect(self):
        """Close before it is open."""
        await self.close()


class Raise(AsyncWebsocketConsumer):
    """Has an error in it."""

    async def connect(self):
        """Raise before it is open."""
        raise ZeroDivisionError("on purpose")


async def refuse(scope, receive, send):
    """Answer the handshake with a page."""
    headers = [(b"content-type", b"text/plain"), (b"www-authenticate", b"Basic")]
    await send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b"who are you?"})


PLAIN = {
    "/scope": scope_of, "/upload": upload, "/sized": download, "/stream": download, "/breaks": breaks,
    "/hints": hints, "/empty": no_content, "/no-route": no_route, "/raises": raises, "/silent": silent,
    "/wrong": wrong,
}  # fmt: skip
SOCKETS = URLRouter(
    [
        path("echo", Echo.as_asgi()),
        path("sync", SyncEcho.as_asgi()),
        path("chat", Chat.as_asgi()),
        path("deny", Deny.as_asgi()),
        path("raise", Raise.as_asgi()),
        path("refuse", refuse),
    ]
)


async def http(scope, receive, send):
    """Plain functions for some paths, Django for the others."""
    await PLAIN.get(scope["path"], views)(scope, receive, send)


application = ProtocolTypeRouter({"http": http, "websocket": SOCKETS})

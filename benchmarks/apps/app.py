"""The HTTP and WebSocket application that every server under test runs.

``/`` 12 bytes, ``/10k`` 10 KiB, ``/echo`` the body of a POST, ``/stream`` 100 chunks of 1 KiB, ``/django``
the same 12 bytes from a view of Django, and an echo on every WebSocket.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Event, Receive, Send], Awaitable[None]]

HELLO = b"Hello World!"
BODY_10K = b"0123456789abcdef" * 640
CHUNK = b"x" * 1024
TEXT = (b"content-type", b"text/plain")


async def app(scope: Event, receive: Receive, send: Send) -> None:
    """ASGI 3."""
    if scope["type"] == "http" and scope["path"] == "/django":
        await django()(scope, receive, send)
    elif scope["type"] == "http":
        await http(scope["path"], receive, send)
    elif scope["type"] == "websocket":
        await websocket(receive, send)
    elif scope["type"] == "lifespan":
        await lifespan(receive, send)


async def http(path: str, receive: Receive, send: Send) -> None:
    """Answer by path."""
    if path == "/":
        await respond(send, HELLO)
    elif path == "/10k":
        await respond(send, BODY_10K)
    elif path == "/echo":
        body, more = b"", True
        while more:
            event = await receive()
            if event["type"] != "http.request":
                return
            body += event.get("body", b"")
            more = event.get("more_body", False)
        await respond(send, body)
    elif path == "/stream":
        await send({"type": "http.response.start", "status": 200, "headers": [TEXT]})
        for _ in range(100):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        await respond(send, b"", 404)


@cache
def django() -> Application:
    """Django, which only servers that are asked for it pay for."""
    import djangoapp  # noqa: PLC0415

    application: Application = djangoapp.application
    return application


async def respond(send: Send, body: bytes, status: int = 200) -> None:
    """Answer in one piece."""
    headers = [TEXT, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def websocket(receive: Receive, send: Send) -> None:
    """Echo."""
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        data = event.get("bytes")
        if data is not None:
            await send({"type": "websocket.send", "bytes": data})
        else:
            await send({"type": "websocket.send", "text": event["text"]})


async def lifespan(receive: Receive, send: Send) -> None:
    """Nothing to start, nothing to end."""
    while True:
        event = await receive()
        await send({"type": event["type"] + ".complete"})
        if event["type"] == "lifespan.shutdown":
            return

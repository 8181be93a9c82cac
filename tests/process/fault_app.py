"""An application that does what it should not, for the tests of distributed faults. One path, one sin."""

import asyncio
import os
import sys
import time
from pathlib import Path

from interfaces.workers.background import worker_ready
from interfaces.workers.routing import Routing, route

START = {"type": "http.response.start", "status": 200, "headers": []}
RUNNING: set[str] = set()
"""Scopes that run here, by type and number."""


def tell(text: str) -> None:
    """A line that the test waits for."""
    sys.stderr.write(f"application: {text}\n")
    sys.stderr.flush()


@worker_ready.connect
def ready() -> None:
    """The worker takes work."""
    tell("ready")


async def application(scope, receive, send):
    """Count who runs, and do as the path says."""
    if scope["type"] == "lifespan":
        raise RuntimeError("none")
    name = f"{scope['type']} {id(scope)}"
    RUNNING.add(name)
    word = scope["path"].strip("/").replace("-", "_")
    try:
        found = globals()[f"{scope['type']}_{word}"]
        await found(scope, receive, send)
    finally:
        RUNNING.discard(name)
        tell(f"left {scope['path']}, {len(RUNNING)} running")


async def answer(send, body):
    """200."""
    await send(START)
    await send({"type": "http.response.body", "body": str(body).encode()})


async def http_pid(scope, receive, send):
    """Who serves."""
    await answer(send, os.getpid())


async def http_running(scope, receive, send):
    """How many run here besides this."""
    await answer(send, len(RUNNING) - 1)


async def http_query(scope, receive, send):
    """What was asked."""
    await answer(send, f"q={scope['query_string'].decode()}\n")


def there(path):
    """Whether a file is."""
    return Path(path).exists()


async def http_slow(scope, receive, send):
    """Takes until the file is there that the query names."""
    tell("slow")
    while not there(scope["query_string"].decode()):
        await asyncio.sleep(0.02)
    await answer(send, os.getpid())


async def http_hang(scope, receive, send):
    """Until the client is gone; then it ends."""
    tell("hang")
    while (await receive())["type"] != "http.disconnect":
        pass


async def http_never(scope, receive, send):
    """Not even then."""
    tell("never")
    await asyncio.sleep(3600)


async def http_block(scope, receive, send):
    """Stops the worker's loop for a while."""
    tell("block")
    time.sleep(2)  # noqa: ASYNC251 - that is the point
    await answer(send, "blocked")


async def http_big(scope, receive, send):
    """200 MiB."""
    await send(START)
    for _ in range(200):
        await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def http_deaf(scope, receive, send):
    """Reads nothing of what is uploaded."""
    tell("deaf")
    await asyncio.sleep(3600)


async def http_length(scope, receive, send):
    """How long what is uploaded is."""
    size, more = 0, True
    while more:
        event = await receive()
        size += len(event.get("body", b""))
        more = event.get("more_body", False)
    await answer(send, size)


async def http_headers(scope, receive, send):
    """How long its headers are."""
    await answer(send, sum(len(value) for _, value in scope["headers"]))


async def http_raise_early(scope, receive, send):
    """Before anything."""
    raise ZeroDivisionError("early")


async def http_raise_started(scope, receive, send):
    """After the start alone: nothing has left yet."""
    await send(START)
    raise ZeroDivisionError("started")


async def http_raise_midway(scope, receive, send):
    """In the middle of the body."""
    await send(START)
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ZeroDivisionError("midway")


async def http_raise_late(scope, receive, send):
    """After the end."""
    await answer(send, "all")
    raise ZeroDivisionError("late")


async def http_nothing(scope, receive, send):
    """Returns without an answer."""


async def http_wrong(scope, receive, send):
    """Sends what is no event."""
    await send({"type": "http.response.nonsense"})


async def http_unfit(scope, receive, send):
    """Sends what cannot travel."""
    await send({**START, "headers": [(b"x", object())]})


async def websocket_early(scope, receive, send):
    """Speaks before it listens."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "first"})
    assert (await receive())["type"] == "websocket.connect"
    await websocket_echo(scope, receive, send, accepted=True)


async def websocket_echo(scope, receive, send, *, accepted=False):
    """Sends back what comes."""
    while True:
        event = await receive()
        if event["type"] == "websocket.connect" and not accepted:
            await send({"type": "websocket.accept"})
        elif event["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})
        elif event["type"] == "websocket.disconnect":
            tell(f"code {event['code']}")
            return


async def websocket_raise_connect(scope, receive, send):
    """At the handshake."""
    await receive()
    raise ZeroDivisionError("connect")


async def websocket_raise_receive(scope, receive, send):
    """At a message."""
    await receive()
    await send({"type": "websocket.accept"})
    await receive()
    raise ZeroDivisionError("receive")


async def websocket_return(scope, receive, send):
    """Returns while the socket is open."""
    await receive()
    await send({"type": "websocket.accept"})


async def websocket_never(scope, receive, send):
    """Does not end when it is told that the client is gone."""
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass
    tell("gone")
    await asyncio.sleep(3600)


async def websocket_deaf(scope, receive, send):
    """Reads no message."""
    await receive()
    await send({"type": "websocket.accept"})
    await asyncio.sleep(3600)


async def event(message):
    """Tells of the event at once, and answers after a while unless another worker was lost with it."""
    tell(f"event {message['text']}")
    if message["text"] == "a" and "attempt" not in message:
        await asyncio.sleep(3600)
    message.reply_channel.send({"text": f"{message['text']} {os.getpid()}"})


events = Routing([route("websocket.receive", event)])

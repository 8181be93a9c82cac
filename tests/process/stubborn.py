"""An application that takes no cancelling, keeps threads, exits, empties its scope, sends nothing."""

import asyncio
import sys
import time

from asgiref.sync import sync_to_async


async def application(scope, receive, send):
    """HTTP: the path says what to do wrong. A lifespan that fails at its end."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise ValueError("the pool would not close")
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await WRONG[scope["path"]](scope, send)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await WRONG[scope["path"]](scope, send)
    await send({"type": "http.response.body", "body": b"ok"})


async def right(scope, send):
    """Nothing."""


async def swallow(scope, send):
    """Sleep on, whoever cancels."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass


async def block(scope, send):
    """Keep a thread, which nobody can end."""
    await asyncio.to_thread(time.sleep, 60)


async def sync(scope, send):
    """Keep a thread of the sync pool."""
    await sync_to_async(time.sleep)(60)


async def leave(scope, send):
    """Ask to end the process."""
    sys.exit(7)


async def empty(scope, send):
    """Leave nothing of the scope, and raise."""
    scope.clear()
    raise ValueError("empty")


async def nothing(scope, send):
    """Send nothing for ever."""
    while True:
        await send({"type": "http.response.body", "body": b"", "more_body": True})


async def flood(scope, send):
    """Send messages for ever, also when nobody is there to read them."""
    while True:
        try:
            await send({"type": "websocket.send", "bytes": bytes(100_000)})
        except OSError:
            pass


async def again(scope, send):
    """Send parts for ever, also when nobody is there to read them."""
    while True:
        try:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        except OSError:
            pass


WRONG = {
    "/": right, "/swallow": swallow, "/block": block, "/sync": sync, "/exit": leave, "/empty": empty,
    "/nothing": nothing, "/flood": flood, "/again": again,
}  # fmt: skip

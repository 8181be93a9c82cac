"""The application under abuse: each path does one thing; ``/calls`` counts how they were called and ended."""

import asyncio
import json
from collections import Counter

PART = bytes(65536)
GIB = 2**30
LARGE = bytes(2**25)
calls: Counter[str] = Counter()


async def app(scope, receive, send):
    """Count the call, and how it ended."""
    if scope["type"] == "lifespan":
        raise ValueError("no lifespan here")
    path = scope["path"]
    calls[path] += 1
    try:
        await (PATHS.get(path) or hello)(scope, receive, send)
    except (OSError, RuntimeError, asyncio.CancelledError) as error:
        calls[f"{path} {'OSError' if isinstance(error, OSError) else type(error).__name__}"] += 1
        raise


async def answer(send, body, status=200, headers=()):
    """A whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def hello(scope, receive, send):
    """Answer at once."""
    await answer(send, b"hello")


async def tell(scope, receive, send):
    """What was counted."""
    await answer(send, json.dumps(calls).encode())


async def read(scope, receive, send):
    """Read the body to its end; the answer is its size."""
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            calls["/read disconnect"] += 1
            return
        size += len(event["body"])
        if not event["more_body"]:
            await answer(send, b"%d" % size)
            return


async def never(scope, receive, send):
    """Neither read nor answer nor return."""
    await asyncio.Event().wait()


async def wait(scope, receive, send):
    """Answer nothing until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    calls["/wait disconnect"] += 1
    await answer(send, b"too late")


async def gib(scope, receive, send):
    """Send a GiB."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % GIB)]})
    for _ in range(GIB // len(PART)):
        await send({"type": "http.response.body", "body": PART, "more_body": True})
    await send({"type": "http.response.body"})
    calls["/gib sent"] += 1


async def large(scope, receive, send):
    """Send 32 MiB at once."""
    await answer(send, LARGE)


async def endless(scope, receive, send):
    """Send for ever, slowly."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"tick\n", "more_body": True})
        await asyncio.sleep(0.01)


async def nothing(scope, receive, send):
    """Return without an answer."""


async def shout(scope, receive, send):
    """Answer with a header line that the query says, whatever bytes those are."""
    name, _, value = bytes.fromhex(scope["query_string"].decode()).partition(b":")
    await answer(send, b"", headers=[(name, value)])


async def ws_echo(scope, receive, send):
    """Send back what comes, and count it."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        calls["/ws/echo messages"] += 1
        await send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})
    calls[f"/ws/echo {event['code']}"] += 1


async def ws_deaf(scope, receive, send):
    """Accept, then read nothing."""
    await receive()
    await send({"type": "websocket.accept"})
    await asyncio.Event().wait()


async def ws_flood(scope, receive, send):
    """Accept, then send for ever."""
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        await send({"type": "websocket.send", "bytes": PART})


async def ws_never(scope, receive, send):
    """Neither accept nor close."""
    await asyncio.Event().wait()


async def ws_late(scope, receive, send):
    """Think, then look whether anybody is still there, then accept."""
    await receive()
    await asyncio.sleep(0.05)
    try:
        event = await asyncio.wait_for(receive(), 0.05)
        calls[f"/ws/late {event['code']}"] += 1
    except TimeoutError:
        await send({"type": "websocket.accept"})
        calls["/ws/late accepted"] += 1


async def ws_refuse(scope, receive, send):
    """Refuse the handshake."""
    await receive()
    await send({"type": "websocket.close"})


async def ws_deny(scope, receive, send):
    """Refuse with an answer of a GiB."""
    await receive()
    await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
    for _ in range(GIB // len(PART)):
        await send({"type": "websocket.http.response.body", "body": PART, "more_body": True})


PATHS = {
    "/calls": tell,
    "/read": read,
    "/never": never,
    "/wait": wait,
    "/gib": gib,
    "/large": large,
    "/endless": endless,
    "/nothing": nothing,
    "/shout": shout,
    "/ws/echo": ws_echo,
    "/ws/deaf": ws_deaf,
    "/ws/flood": ws_flood,
    "/ws/never": ws_never,
    "/ws/late": ws_late,
    "/ws/deny": ws_deny,
    "/ws/refuse": ws_refuse,
}

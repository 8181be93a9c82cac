"""Tells what a server put into the scope."""

import json


def plain(value):
    """As JSON has it: bytes as latin-1 text."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


async def app(scope, receive, send):
    """The scope, and for HTTP the body, as JSON; a WebSocket gets it as its first message."""
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["word"] = "from the lifespan"
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    told = plain(scope)
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": json.dumps(told)})
        await receive()
        return
    told["body"], more = "", True
    while more:
        event = await receive()
        told["body"] += event["body"].decode("latin-1")
        more = event["more_body"]
    body = json.dumps(told).encode()
    size = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": 200, "headers": [size]})
    await send({"type": "http.response.body", "body": body})

"""The application that is served through Twisted: says who asks, reads late, echoes."""

import asyncio

GO = asyncio.Event()


async def application(scope, receive, send):
    """``/slow`` reads when ``/go`` was asked for; all tell of client and body; WebSockets echo."""
    if scope["type"] == "websocket":
        await echo(receive, send)
    elif scope["type"] == "http":
        await answer(scope, receive, send)


async def echo(receive, send):
    """Send back what comes."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({**event, "type": "websocket.send"})


async def answer(scope, receive, send):
    """Path, scheme, client's address, length of the body."""
    if scope["path"] == "/slow":
        await GO.wait()
    if scope["path"] == "/go":
        GO.set()
    size, more = 0, True
    while more:
        event = await receive()
        size, more = size + len(event.get("body", b"")), event.get("more_body", False)
    text = f"{scope['path']} {scope['scheme']} {scope['client'][0]} {size}".encode()
    head = [(b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": text})

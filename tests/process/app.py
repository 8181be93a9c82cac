"""The application that the processes of these tests serve."""

import asyncio
import os
import sys

EXITS = {"/die": 3, "/end": 0}


async def application(scope, receive, send):
    """HTTP: the path says what to do; WebSocket: echo; lifespan: as START says."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await echo(receive, send)
    else:
        await answer(scope["path"], send)


async def lifespan(receive, send):
    """Start, or fail to, as the variable START says."""
    await receive()
    how = os.environ.get("START", "")
    if how == "hang" or (how.endswith(".hang") and os.path.exists(how)):  # noqa: ASYNC240, PTH110
        await asyncio.sleep(60)
    if how == "raise":
        raise ValueError("the database is not there")
    if how == "fail" or (how.startswith("/") and os.path.exists(how)):  # noqa: ASYNC240, PTH110
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    print("application: shut down", file=sys.stderr, flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def echo(receive, send):
    """Send back what comes."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})


async def answer(path, send):
    """The process id; ``/slow`` after 2 s, ``/die`` and ``/end`` end the process, ``/modules`` lists them."""
    if path in EXITS:
        os._exit(EXITS[path])
    if path == "/slow":
        print("application: slow", file=sys.stderr, flush=True)
        await asyncio.sleep(2)
    body = "\n".join(sys.modules) if path == "/modules" else str(os.getpid())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body.encode()})

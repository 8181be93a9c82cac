"""Starlette: lifespan state, streaming, upload, background task, WebSocket."""

import asyncio
import hashlib
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

counts = {"gone": 0, "background": 0}


@asynccontextmanager
async def lifespan(app):
    """State for every request."""
    yield {"word": "from the lifespan"}


def count(name):
    """One more."""
    counts[name] += 1


async def hello(request):
    """Answer, and do something afterwards."""
    name = request.query_params.get("name", "")
    return PlainTextResponse(f"hello {name}", background=BackgroundTask(count, "background"))


async def echo(request):
    """What came."""
    return Response(await request.body(), media_type=request.headers.get("content-type"))


async def upload(request):
    """A file of a form."""
    async with request.form() as form:
        file = form["file"]
        data = await file.read()
        return PlainTextResponse(f"{file.filename} {len(data)} {hashlib.sha256(data).hexdigest()}")


async def stream(request):
    """A hundred parts."""

    async def parts():
        for number in range(100):
            yield f"part {number}\n"
            await asyncio.sleep(0)

    return StreamingResponse(parts(), media_type="text/plain")


async def wait(request):
    """Until the client is gone."""
    while not await request.is_disconnected():
        await asyncio.sleep(0.01)
    count("gone")
    return PlainTextResponse("too late")


async def told(request):
    """How many went away."""
    return PlainTextResponse(str(counts["gone"]))


async def state(request):
    """What the lifespan left."""
    return PlainTextResponse(request.state.word)


async def background(request):
    """How many tasks ran after an answer."""
    return PlainTextResponse(str(counts["background"]))


async def socket(websocket):
    """Send back; ``bye`` closes."""
    await websocket.accept(next(iter(websocket.scope["subprotocols"]), None))
    while True:
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            return
        if event.get("text") == "bye":
            await websocket.close(4001)
            return
        await websocket.send(
            {"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")}
        )


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/hello", hello),
        Route("/echo", echo, methods=["POST"]),
        Route("/upload", upload, methods=["POST"]),
        Route("/stream", stream),
        Route("/wait", wait),
        Route("/gone", told),
        Route("/state", state),
        Route("/background", background),
        WebSocketRoute("/ws", socket),
    ],
)

"""Litestar: typed handlers, lifespan, streaming, upload, WebSocket."""

import hashlib
from contextlib import asynccontextmanager
from typing import Annotated

from litestar import Litestar, MediaType, Request, WebSocket, get, post, websocket
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Response, Stream


@asynccontextmanager
async def lifespan(app):
    """State of the application."""
    app.state.word = "from the lifespan"
    yield


@get("/hello", media_type=MediaType.TEXT)
async def hello(name: str = "") -> str:
    """Answer."""
    return f"hello {name}"


@post("/echo", status_code=200)
async def echo(request: Request) -> Response[bytes]:
    """What came."""
    return Response(await request.body(), media_type=request.headers.get("content-type", "text/plain"))


@post("/upload", media_type=MediaType.TEXT, status_code=200)
async def upload(
    data: Annotated[dict[str, UploadFile], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> str:
    """A file of a form."""
    file = data["file"]
    content = await file.read()
    return f"{file.filename} {len(content)} {hashlib.sha256(content).hexdigest()}"


@get("/stream")
async def stream() -> Stream:
    """A hundred parts."""

    async def parts():
        for number in range(100):
            yield f"part {number}\n"

    return Stream(parts(), media_type="text/plain")


@get("/state", media_type=MediaType.TEXT)
async def state(request: Request) -> str:
    """What the lifespan left."""
    return request.app.state.word


@websocket("/ws")
async def socket(socket: WebSocket) -> None:
    """Send back; ``bye`` closes."""
    await socket.accept(subprotocols=next(iter(socket.scope["subprotocols"]), None))
    while True:
        event = await socket.receive()
        if event["type"] == "websocket.disconnect":
            return
        if event.get("text") == "bye":
            await socket.close(4001)
            return
        await socket.send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})


app = Litestar([hello, echo, upload, stream, state, socket], lifespan=[lifespan])

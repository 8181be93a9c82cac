"""FastAPI: validation, dependencies, upload, streaming, WebSocket."""

import hashlib
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response, UploadFile, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse, StreamingResponse


@asynccontextmanager
async def lifespan(app):
    """State for every request."""
    yield {"word": "from the lifespan"}


app = FastAPI(lifespan=lifespan)


@app.get("/hello")
def hello(name: str = ""):
    """A sync handler, on a thread."""
    return PlainTextResponse(f"hello {name}")


@app.post("/echo")
async def echo(request: Request):
    """What came."""
    return Response(await request.body(), media_type=request.headers.get("content-type"))


@app.post("/upload")
async def upload(file: UploadFile):
    """A file of a form."""
    data = await file.read()
    return PlainTextResponse(f"{file.filename} {len(data)} {hashlib.sha256(data).hexdigest()}")


@app.get("/stream")
def stream():
    """A hundred parts, from a sync generator."""
    return StreamingResponse((f"part {number}\n" for number in range(100)), media_type="text/plain")


@app.get("/state")
async def state(request: Request):
    """What the lifespan left."""
    return PlainTextResponse(request.state.word)


@app.websocket("/ws")
async def socket(websocket: WebSocket):
    """Send back; ``bye`` closes."""
    await websocket.accept(next(iter(websocket.scope["subprotocols"]), None))
    try:
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
    except WebSocketDisconnect:
        pass

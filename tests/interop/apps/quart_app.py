"""Quart: streaming, upload, background task, lifespan, WebSocket."""

import asyncio
import hashlib

from quart import Quart, Response, request, websocket

app = Quart(__name__)
counts = {"gone": 0, "background": 0}


@app.before_serving
async def startup():
    """State of the application."""
    app.word = "from the lifespan"


@app.get("/hello")
async def hello():
    """Answer, and do something afterwards."""
    app.add_background_task(later)
    return Response(f"hello {request.args.get('name', '')}", mimetype="text/plain")


async def later():
    """One more."""
    counts["background"] += 1


@app.post("/echo")
async def echo():
    """What came."""
    return Response(await request.get_data(), content_type=request.content_type)


@app.post("/upload")
async def upload():
    """A file of a form."""
    file = (await request.files)["file"]
    data = file.read()
    return Response(f"{file.filename} {len(data)} {hashlib.sha256(data).hexdigest()}", mimetype="text/plain")


@app.get("/stream")
async def stream():
    """A hundred parts."""

    async def parts():
        for number in range(100):
            yield f"part {number}\n"

    return Response(parts(), mimetype="text/plain")


@app.get("/wait")
async def wait():
    """Cancelled by Quart when the client goes away."""
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        counts["gone"] += 1
        raise
    return Response("too late")


@app.get("/gone")
async def told():
    """How many went away."""
    return Response(str(counts["gone"]))


@app.get("/state")
async def state():
    """What the lifespan left."""
    return Response(app.word)


@app.get("/background")
async def background():
    """How many tasks ran after an answer."""
    return Response(str(counts["background"]))


@app.websocket("/ws")
async def socket():
    """Send back; ``bye`` closes."""
    await websocket.accept(subprotocol=next(iter(websocket.scope["subprotocols"]), None))
    while True:
        data = await websocket.receive()
        if data == "bye":
            await websocket.close(4001)
            return
        await websocket.send(data)

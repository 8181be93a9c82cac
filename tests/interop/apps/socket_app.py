"""A page, and WebSockets that tell which HTTP they came over, echo, and close when they are told to."""

PAGE = b"<!doctype html><title>Sockets</title><p>Here."


async def app(scope, receive, send):
    """``close CODE REASON`` closes; /denied is denied with 401; everything else comes back."""
    if scope["type"] == "http":
        fields = [(b"content-type", b"text/html"), (b"x-version", scope["http_version"].encode())]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": PAGE})
    elif scope["type"] == "websocket":
        await receive()
        if scope["path"] == "/denied":
            await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b"no"})
            return
        await send({"type": "websocket.accept", "subprotocol": (scope["subprotocols"] or [None])[-1]})
        await send({"type": "websocket.send", "text": f"HTTP/{scope['http_version']}"})
        while (event := await receive())["type"] == "websocket.receive":
            words = (event.get("text") or "").split(" ", 2)
            if words[0] == "close":
                await send({"type": "websocket.close", "code": int(words[1]), "reason": words[2]})
                return
            await send({**event, "type": "websocket.send"})

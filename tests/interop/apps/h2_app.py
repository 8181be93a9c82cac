"""An application for clients of HTTP/2: large answers, parts, trailers, hints; bodies are counted."""

PART = bytes(65536)
LARGE = 512


async def app(scope, receive, send):
    """Each path does one thing; any other tells the version of HTTP."""
    if scope["type"] != "http":
        raise ValueError("only HTTP is spoken here")
    size = 0
    while True:
        event = await receive()
        size += len(event.get("body", b""))
        if not event.get("more_body"):
            break
    path = scope["path"]
    if path == "/hints":
        await send({"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]})
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/plain"), (b"x-version", scope["http_version"].encode())],
            "trailers": path == "/trailers",
        }
    )
    if path in {"/large", "/parts"}:
        for at in range(LARGE):
            body = PART if path == "/large" else b"%d\n" % at
            await send({"type": "http.response.body", "body": body, "more_body": True})
    said = {"/read": b"%d" % size, "/": scope["http_version"].encode()}.get(path, b"")
    await send({"type": "http.response.body", "body": said})
    if path == "/trailers":
        await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"42")]})

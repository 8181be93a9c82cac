"""The application under the Autobahn Testsuite: it sends each message back as it came, text or bytes."""

from typing import Any

from interfaces.shared.asgi import Receive, Scope, Send

__all__ = ["app"]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept a WebSocket and echo until it closes; no other scope is taken."""
    if scope["type"] != "websocket":
        raise ValueError(f"an echo of WebSockets got {scope['type']!r}")
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        text: str | None = event.get("text")
        message: dict[str, Any] = {"bytes": event["bytes"]} if text is None else {"text": text}
        await send({"type": "websocket.send", **message})

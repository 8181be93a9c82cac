"""The mail application: takes every message; to return without an answer is to accept it."""

from __future__ import annotations

from typing import Any


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI 3, scope type ``email``, one call a message."""
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            await send({"type": event["type"] + ".complete"})
            if event["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "email":
        while (await receive()).get("more_body", False):
            pass

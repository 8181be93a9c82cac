"""The application for Slack: accepts every event by returning, and tells how many there were."""

from __future__ import annotations

from typing import Any

COUNTS = {"seen": 0}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI 3, scope type ``slack``, one call an event."""
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            await send({"type": event["type"] + ".complete"})
            if event["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "slack":
        event = await receive()
        if event["type"] == "slack.message":
            COUNTS["seen"] += 1
        elif event["type"] == "slack.command":
            await send({"type": "slack.ack", "text": str(COUNTS["seen"])})

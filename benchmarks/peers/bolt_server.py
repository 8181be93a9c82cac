"""Bolt with a listener that does nothing but count: bolt_server.py asyncio|uvloop PORT API SECRET.

As its documentation has it: an AsyncApp with a token and a signing secret, over its own aiohttp server.
"""

import sys
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

LOOP, PORT, API, SECRET = sys.argv[1:]
TOKEN = "xoxb-1-bench"

# the client is the default one but for its address
app = AsyncApp(token=TOKEN, signing_secret=SECRET, client=AsyncWebClient(token=TOKEN, base_url=API))
COUNTS = {"seen": 0}


@app.event("message")
async def message(event: dict[str, Any]) -> None:
    """Take every message."""
    COUNTS["seen"] += 1


@app.command("/seen")
async def told(ack: Any) -> None:
    """How many there were."""
    await ack(str(COUNTS["seen"]))


if LOOP == "uvloop":
    import uvloop

    uvloop.install()
app.server(port=int(PORT), host="127.0.0.1").start()

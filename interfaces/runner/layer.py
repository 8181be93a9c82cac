"""The channel layer of a process: open while it serves, and a part of its readiness."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from interfaces.layers.opening import open_layer
from interfaces.runner.readiness import Readiness

__all__ = ["opened"]


@asynccontextmanager
async def opened(url: str, readiness: Readiness) -> AsyncIterator[Any]:
    """The layer at ``url``; ``/readyz`` tells how it is. Entering raises ConfigError and Unavailable."""
    layer = open_layer(url)
    readiness.tell("layer", True)
    try:
        yield layer
    finally:
        await layer.close()

"""The channel layer of a process: open while it serves, and a part of its readiness."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from interfaces.layers.opening import open_layer
from interfaces.runner.readiness import Readiness
from interfaces.shared.telemetry import Telemetry
from interfaces.workers.message import set_default_layer

__all__ = ["opened", "watched"]

LOOK = 0.5
"""Seconds between two looks at whether the broker is there."""


@asynccontextmanager
async def opened(url: str, telemetry: Telemetry) -> AsyncIterator[Any]:
    """The layer at ``url``, that of the whole process.

    Entering raises ConfigError, and Unavailable when its broker is not there.
    """
    layer = open_layer(url)
    layer.count = telemetry.count
    set_default_layer(layer)
    try:
        if hasattr(layer, "hub"):
            await layer.hub().started()
        yield layer
    finally:
        set_default_layer(None)
        await layer.close()


@asynccontextmanager
async def watched(layer: Any, readiness: Readiness) -> AsyncIterator[None]:
    """Tell ``readiness`` how the layer is: to be entered when all else is ready."""
    readiness.tell("layer", True)
    watching = asyncio.ensure_future(_watch(layer, readiness)) if hasattr(layer, "hub") else None
    try:
        yield
    finally:
        if watching is not None:
            watching.cancel()


async def _watch(layer: Any, readiness: Readiness) -> None:
    """Tell when the broker is gone, and when all is as before."""
    was = True
    while True:
        await asyncio.sleep(LOOK)
        hub = layer.hub()
        if hub.ready != was:
            was = hub.ready
            readiness.tell("layer", was, hub.reason)

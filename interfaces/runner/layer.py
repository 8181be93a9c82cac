"""The channel layer of a process: open while it serves, and a part of its readiness."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from interfaces.layers.opening import open_layer
from interfaces.runner.readiness import Readiness
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.telemetry import Telemetry
from interfaces.workers.message import set_default_layer

__all__ = ["opened", "watched"]

LOOK = 0.5
"""Seconds between two looks at whether the broker is there."""


@asynccontextmanager
async def opened(url: str, telemetry: Telemetry) -> AsyncIterator[Any]:
    """The layer at ``url``, that of the whole process.

    Entering raises ConfigError, also when its broker is not there.
    """
    layer = open_layer(url)
    layer.count = telemetry.count
    set_default_layer(layer)
    try:
        if hasattr(layer, "hub"):
            with _quiet():
                await layer.hub().started()
        yield layer
    finally:
        set_default_layer(None)
        await layer.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """What is logged of a broker that cannot be reached is in the error: ConfigError, since nothing has begun."""
    logger = logging.getLogger("interfaces.layers")
    logger.addFilter(_severe)
    try:
        yield
    except Unavailable as error:
        raise ConfigError(f"the layer's broker is not there: {error}") from None
    finally:
        logger.removeFilter(_severe)


def _severe(record: logging.LogRecord) -> bool:
    return record.levelno > logging.WARNING


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

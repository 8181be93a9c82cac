"""The project's channel layer for a program that reads several channels, also where it is not one of ours."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from interfaces.shared.errors import ConfigError
from interfaces.workers.settings import layer_of

__all__ = ["Each", "project_layer", "readable"]

log = logging.getLogger("interfaces.django")


def project_layer(alias: str = "default") -> Any:
    """The layer ``alias`` of CHANNEL_LAYERS. ConfigError when there is none."""
    layer = layer_of(alias)
    if layer is None:
        raise ConfigError(f"the setting CHANNEL_LAYERS has no {alias!r}")
    return layer


def readable(layer: Any) -> Any:
    """``layer``, or what makes up for it that it has no ``receive_any``."""
    return layer if hasattr(layer, "receive_any") else Each(layer)


class Each:
    """Reads several channels of a layer that reads one at a time: a message of each is waited for, one is kept."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.waiting: dict[str, asyncio.Task[dict[str, Any]]] = {}

    async def receive_any(self, channels: Iterable[str]) -> tuple[str, dict[str, Any]]:
        """Wait for a message of one of ``channels``, which take turns."""
        names = tuple(channels)
        for name in names:
            if name not in self.waiting:
                self.waiting[name] = asyncio.ensure_future(self.layer.receive(name))
        done, _ = await asyncio.wait(
            [self.waiting[name] for name in names], return_when=asyncio.FIRST_COMPLETED
        )
        # Who waits longest stands first: what was received is put at the end when it waits anew.
        name = next(name for name, task in self.waiting.items() if task in done)
        return name, self.waiting.pop(name).result()

    async def send_later(self, channel: str, message: dict[str, Any], seconds: float) -> None:
        """Send it after ``seconds``, which this process has to outlive."""
        await asyncio.sleep(seconds)
        await self.layer.send(channel, message)

    async def close(self) -> None:
        """Give back what was received and not taken."""
        for name, task in self.waiting.items():
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled() and task.exception() is None:
                await self.layer.send(name, task.result())
        self.waiting.clear()

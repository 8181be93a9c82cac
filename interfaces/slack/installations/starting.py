"""What has to work once before it is used: tried at the start, then in the background, with readiness told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.interface import Context

__all__ = ["PAUSES", "Starting"]

log = logging.getLogger("interfaces.slack")

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds between tries; the last one stays."""


class Starting:
    """``attempt`` raises Unavailable for what is down, ConfigError for what cannot work; ``name`` stands in /readyz."""

    def __init__(
        self,
        context: Context,
        name: str,
        attempt: Callable[[], Awaitable[None]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.context = context
        self.name = name
        self._attempt = attempt
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Try once. Raises ConfigError; what is down now is tried on, and the process is not ready."""
        if not await self._works():
            self.again()

    def again(self, reason: str = "") -> None:
        """Try on in the background; with ``reason``: it works no more, because of that."""
        if reason:
            self.context.ready(self.name, False, reason)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._until_it_works(), name=f"{self.name} again")

    async def close(self) -> None:
        """End what tries."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _until_it_works(self) -> None:
        number = 0
        while True:
            await self._sleep(PAUSES[min(number, len(PAUSES) - 1)])
            number += 1
            try:
                if await self._works():
                    log.info("%s: works now", self.name)
                    return
            except ConfigError as error:  # who serves already does not stop; /readyz says it
                self.context.ready(self.name, False, str(error))
                log.error("%s: %s", self.name, error)  # noqa: TRY400 - one line

    async def _works(self) -> bool:
        try:
            await self._attempt()
        except Unavailable as error:
            self.context.ready(self.name, False, str(error))
            log.warning("%s: %s; it is tried again", self.name, error)
            return False
        self.context.ready(self.name, True)
        return True

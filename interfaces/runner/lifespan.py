"""The lifespan scope: the application is told before the first connection and after the last.

Source: https://asgi.readthedocs.io/en/latest/specs/lifespan.html (spec_version 2.0).
"""

import asyncio
import logging
from typing import Any

from interfaces.runner.application import failure
from interfaces.shared.asgi import Application, Event
from interfaces.shared.errors import ApplicationError
from interfaces.shared.session import Instance, Session

__all__ = ["Lifespan"]

log = logging.getLogger("interfaces.lifespan")


class Lifespan:
    """``mode`` "auto": who raises is served without, as specified; "on": that is an error; "off": not asked.

    ``state`` is what the application puts there.
    """

    def __init__(self, app: Application, mode: str = "auto") -> None:
        self.state: dict[str, Any] = {}
        self._mode = mode
        self._started = False
        self._answer: asyncio.Future[Event | None] | None = None
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        self._session = Session(app, scope, self._sent, on_end=self._ended)

    async def startup(self) -> None:
        """Return when the application is ready. ApplicationError when it says that it cannot be."""
        if self._mode == "off":
            return
        self._session.start(asyncio.get_running_loop())
        answer = await self._ask("lifespan.startup")
        if answer is None:
            self._without()
        elif answer["type"] == "lifespan.startup.failed":
            reason = str(answer.get("message") or "no reason given").strip()
            raise ApplicationError(f"the application did not start: {reason}")
        else:
            self._started = True

    async def shutdown(self, seconds: float) -> None:
        """Let the application clean up, for ``seconds`` at most; one that has not started is only ended."""
        if self._started and not self._session.ended:
            try:
                async with asyncio.timeout(seconds):
                    answer = await self._ask("lifespan.shutdown")
            except TimeoutError:
                log.warning("the application was not done with its shutdown after %g s", seconds)
                answer = None
            if answer is not None and answer["type"] == "lifespan.shutdown.failed":
                log.error("the application's shutdown failed: %s", answer.get("message", ""))
        self._session.last()
        if not self._started:
            self._session.cancel()
        await self._session.wait(1)

    def _without(self) -> None:
        """The application ended instead of answering."""
        error = self._session.error
        if self._mode == "on":
            if error is not None:
                raise failure("the application failed in its lifespan (--lifespan on)", error)
            raise ApplicationError("the application ended without a word about its lifespan (--lifespan on)")
        if error is not None and not self._session.waiting:  # it had taken the event: no refusal, a mistake
            log.error("it is served without: %s", failure("the application failed in its lifespan", error))
        elif error is not None:
            log.debug("the application does not speak lifespan: %r", error)

    async def _ask(self, kind: str) -> Event | None:
        self._answer = asyncio.get_running_loop().create_future()
        if self._session.ended:
            return None
        self._session.offer({"type": kind})
        return await self._answer

    async def _sent(self, event: Event) -> None:
        answer = self._answer
        known = event["type"].startswith(("lifespan.startup.", "lifespan.shutdown."))
        if not known or answer is None or answer.done():
            raise ApplicationError(f"{event['type']} does not fit here")
        answer.set_result(event)

    def _ended(self, session: Instance) -> None:
        if self._started and session.error is not None:
            log.error("%s", failure("the application failed in its lifespan", session.error))
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

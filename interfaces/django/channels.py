"""Scopes of type ``channel``: a message of a channel layer for a consumer, as Channels' worker brings it.

Each message has an instance of its own, several run side by side, and it is handled when the instance asks for
another. So one that raises ends nothing else, and at a drain it is known what is not done yet.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from django import VERSION

from interfaces.shared.asgi import Application, Event
from interfaces.shared.errors import NoRoute
from interfaces.workers.outcome import ConsumeLater, Outcome

__all__ = ["ChannelScopes", "names_of", "tasks_of"]

log = logging.getLogger("interfaces.django")


class ChannelScopes:
    """Calls ``app`` with a scope a message; ``count`` is told of those that could not be handled."""

    def __init__(self, app: Application, count: Callable[[str, int], None]) -> None:
        self.app = app
        self.count = count

    async def attempt(self, message: Event, session: Mapping[str, Any], channel: str) -> Outcome:
        """Have one message handled, for :class:`interfaces.workers.background.Background`; never raises."""
        if not isinstance(message.get("type"), str) or not message["type"]:
            self.count("channel.typeless", 1)
            log.warning("channel %s: a message without a type was dropped", channel)
            return Outcome()
        try:
            await self._consume(message, channel)
        except ConsumeLater:
            return Outcome(error="later")
        except NoRoute as error:
            self._failed("no_route", channel, error)
            return Outcome(error="no-route", reason=str(error))
        except Exception as error:  # noqa: BLE001 - logged below
            self._failed("raised", channel, error)
            return Outcome(error="raised", reason=f"{type(error).__name__}: {error}")
        return Outcome()

    def _failed(self, what: str, channel: str, error: Exception) -> None:
        self.count(f"channel.{what}", 1)
        log.error("channel %s: the consumer raised", channel, exc_info=error)

    async def _consume(self, message: Event, channel: str) -> None:
        loop = asyncio.get_running_loop()
        waiting = [message]
        handled: asyncio.Future[None] = loop.create_future()

        async def receive() -> Event:
            if waiting:
                return waiting.pop()
            if not handled.done():
                handled.set_result(None)
            return await loop.create_future()  # type: ignore[no-any-return] # until it is cancelled

        scope = {"type": "channel", "channel": channel, "asgi": {"version": "3.0"}}
        task = asyncio.ensure_future(_called(self.app, scope, receive))
        try:
            await asyncio.wait({task, handled}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def _called(app: Application, scope: dict[str, Any], receive: Callable[[], Any]) -> None:
    await app(scope, receive, _unheard)


async def _unheard(event: Event) -> None:
    """RuntimeError: who has sent the message is not there."""
    raise RuntimeError(f"{event.get('type')}: the consumer of a channel has nobody to answer")


def tasks_of(layer: str, named: Sequence[str] = ()) -> dict[str, Mapping[str, Any] | None]:
    """The channels of Django's tasks on ``layer``; see :func:`interfaces.django.tasks.channels_of`."""
    if VERSION < (6, 0):
        return {}
    found: dict[str, Mapping[str, Any] | None] = import_module("interfaces.django.tasks").channels_of(
        layer, named
    )
    return found


def names_of(app: Any) -> list[str]:
    """The channels that ``app``, a ProtocolTypeRouter, has consumers of, where its ChannelNameRouter says so."""
    router = getattr(app, "application_mapping", {}).get("channel")
    return sorted(getattr(router, "application_mapping", {}))

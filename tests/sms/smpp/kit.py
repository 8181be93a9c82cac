"""Binds to the fake SMSC, without anything of the rest."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

from interfaces.shared.upstream import Patience
from interfaces.sms.accounts import Bind
from interfaces.sms.providers.base import Outgoing, Sent
from interfaces.sms.smpp import Binds, binds
from interfaces.testing.sms.smsc import FakeSmsc
from tests.sms.harness import OURS, THEIRS, Desk

__all__ = ["End", "bound", "outgoing", "until"]

SOON = Patience(first=0.01, longest=0.02, good=10.0, opening=5.0, closing=1.0)
"""Tests do not wait for a back-off."""


def outgoing(text: str = "hello", **more: Any) -> Outgoing:
    """A message of ours."""
    return Outgoing(**{"id": "1", "sender": OURS, "recipient": THEIRS, "text": text, **more})


async def until(done: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.002)


class End:
    """What a test has in its hands."""

    def __init__(self, smsc: FakeSmsc, desk: Desk, binds: Binds) -> None:
        self.smsc, self.desk, self.binds = smsc, desk, binds

    async def submit(self, text: str = "hello", **more: Any) -> Sent:
        """Submit by the first bind."""
        return await self.binds.submit(self.binds.names[0], outgoing(text, **more))

    @property
    def receipts(self) -> list[dict[str, Any]]:
        """Receipts that the application heard of."""
        return [one for one in self.desk.heard if one["type"] == "sms.status"]


@asynccontextmanager
async def bound(
    script: Any = None, *, smsc: FakeSmsc | None = None, wait: bool = True, **bind: Any
) -> AsyncIterator[End]:
    """A bind that stands. ``options`` of ``bind`` are those of the service."""
    options = bind.pop("options", {})
    async with smsc or FakeSmsc() as fake:
        desk = Desk(script, binds=(Bind(**{"name": "op", "url": fake.url, **bind}),), **options)
        desk.context.drain = 1.0
        with patch("interfaces.sms.smpp.binds.PATIENCE", SOON):
            async with binds(desk.service, desk.context) as found:
                end = End(fake, desk, found)
                if wait:
                    await fake.bound(desk.options.binds[0].count)
                    if found.names:
                        await until(lambda: found.standing("op") >= desk.options.binds[0].count)
                yield end

"""An application on the fake network, without anything of the rest."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from interfaces.irc.client import Networks, networks
from interfaces.irc.options_client import ClientOptions
from interfaces.shared.interface import Context
from interfaces.shared.upstream import Patience
from interfaces.testing.irc import FakeNetwork
from tests.irc.contract import check, check_scope

__all__ = ["SOON", "Desk", "Options", "on", "until"]

SOON = Patience(first=0.01, longest=0.02, good=10.0, opening=5.0, closing=1.0)
"""Tests do not wait for a back-off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(ClientOptions):
    """Those of the client alone."""


async def until(done: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(seconds / 5000)


@dataclass
class Desk:
    """What an application heard; ``handle(call, event)`` may do something about it."""

    handle: Callable[["Call", dict[str, Any]], Any] | None = None
    calls: list["Call"] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The application."""
        if scope["type"] != "irc":
            raise ValueError(scope["type"])
        check_scope(scope)
        call = Call(scope, send)
        self.calls.append(call)
        while True:
            event = await receive()
            check(event, "client")
            call.heard.append(event)
            if self.handle is not None:
                found = self.handle(call, event)
                if found is not None:
                    await found

    @property
    def heard(self) -> list[dict[str, Any]]:
        """All events, of all calls."""
        return [event for call in self.calls for event in call.heard]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Those of one type."""
        return [event for event in self.heard if event["type"] == kind]

    async def event(self, kind: str, number: int = 1) -> dict[str, Any]:
        """Wait for so many of a type; the last of these."""
        await until(lambda: len(self.of(kind)) >= number)
        return self.of(kind)[number - 1]


@dataclass
class Call:
    """One instance."""

    scope: dict[str, Any]
    send: Callable[[dict[str, Any]], Any]
    heard: list[dict[str, Any]] = field(default_factory=list)


class End:
    """What a test has in its hands."""

    def __init__(
        self, fake: FakeNetwork, desk: Desk, context: Context, networks: Networks, options: Options
    ) -> None:
        self.fake, self.desk, self.context, self.networks = fake, desk, context, networks
        self.options = options

    async def send(self, **event: Any) -> None:
        """What the application says now, in its last instance."""
        await self.desk.calls[-1].send(event)

    async def result(self, **event: Any) -> dict[str, Any]:
        """Say it, and wait for what became of it."""
        before = len(self.desk.of("irc.result"))
        await self.send(**{"id": "1", **event})
        return await self.desk.event("irc.result", before + 1)

    def counted(self, name: str) -> int:
        """A count of the client."""
        return self.context.telemetry.counts[f"irc.client.{name}"]


@asynccontextmanager
async def on(
    handle: Any = None, *, fake: FakeNetwork | None = None, joined: str = "", **network: Any
) -> AsyncIterator[End]:
    """A user of the fake network, once it is there and, if that is asked for, in a channel.

    ``options`` of ``network`` are those of the client, ``app`` another application.
    """
    options = {"client_restart": 0.0, "client_grace": 1.0, **network.pop("options", {})}
    desk = network.pop("app", None) or Desk(handle)
    layer = network.pop("layer", None)
    async with fake or FakeNetwork() as net:
        if joined:
            network["channels"] = (joined,)
        made = Options(networks=(net.network(**network),), **options)
        context = Context(drain=1.0, layer=layer)
        async with networks(desk, made, context, patience=SOON) as found:
            end = End(net, desk, context, found, made)
            if joined:
                await net.here(channel=joined)
                await desk.event("irc.names")
            yield end

"""Networks that we are a user of: connections that stand, each with an application. Each is an upstream of its own."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from typing import Any, Final

from interfaces.irc.client.checks import check
from interfaces.irc.client.dialling import dialled
from interfaces.irc.client.home import Home
from interfaces.irc.client.link import COUNTS
from interfaces.irc.client.sts import Policies
from interfaces.irc.options_client import ClientOptions
from interfaces.irc.outcome import Outcome
from interfaces.shared.asgi import Application, Event
from interfaces.shared.errors import ApplicationError
from interfaces.shared.interface import Context
from interfaces.shared.serving import Serving
from interfaces.shared.upstream import Lease, Patience, Upstream, kept
from interfaces.shared.upstream_scope import Telling

__all__ = ["PATIENCE", "Networks", "Outcome", "check", "networks"]

log = logging.getLogger("interfaces.irc")
PATIENCE: Final = Patience(
    first=2.0,
    longest=300.0,  # networks throttle who comes more often
    good=60.0,
    opening=90.0,  # a server may look for an ident and a name for half a minute each
    closing=5.0,
)


class Networks:
    """Given by :func:`networks`."""

    def __init__(self, homes: list[Home]) -> None:
        self._homes = {home.name: home for home in homes}
        for home in homes:
            home.elsewhere = self._posted
        self.others: dict[str, Callable[[Event], Outcome]] = {}
        """Networks that are none of these, such as that of a gateway of this process, and what says something there."""
        self.post: Callable[[Event], Awaitable[asyncio.Task[Event] | None]] | None = None
        """Where there is a sender: takes what a scope says to another network."""

    def __repr__(self) -> str:
        return f"<Networks {', '.join(self._homes)}>"

    @property
    def names(self) -> list[str]:
        """Those that there are."""
        return [*self._homes]

    def leased(self, network: str) -> bool:
        """Whether one of several containers connects."""
        home = self._homes.get(network)
        return home is not None and home.network.lease

    def ours(self) -> bool:
        """Whether any of them is for this process to speak to: unless others have the leases."""
        free = (not home.network.lease or home.talk is not None for home in self._homes.values())
        return bool(self.others) or any(free)

    def standing(self, network: str) -> bool:
        """Whether we are a user there now."""
        home = self._homes.get(network)
        return home is not None and home.talk is not None and not home.talk.draining

    async def say(
        self, network: str, message: Event, commit: Callable[[], Awaitable[None]] | None = None
    ) -> Outcome:
        """Say something there, and hear what became of it. ApplicationError for what cannot be said.

        ``commit`` is awaited right before the first line leaves; what it raises is raised here.
        """
        home, other = self._homes.get(network), self.others.get(network)
        if home is None and other is not None:
            if commit is not None:
                await commit()
            return other(message)
        if home is None:
            names = ", ".join(self._homes)
            return Outcome("failed", f"no network is called {network!r}: there is {names}")
        return await home.say(message, commit)

    async def _posted(self, event: Event) -> "asyncio.Task[Event] | None":
        if self.post is None:
            raise ApplicationError(f"{event.get('type')}: nobody sends to {event.get('network')} from here")
        return await self.post(event)


@asynccontextmanager
async def networks(
    app: Application, options: ClientOptions, context: Context, *, patience: Patience = PATIENCE
) -> AsyncIterator[Networks]:
    """Be a user of all networks of the options; on leaving, let what runs finish, and QUIT.

    Entered when each was tried once. ConfigError, then or later, when a network refuses who we are.
    """
    check(options, context.layer)
    for name in COUNTS:
        context.telemetry.count(f"irc.client.{name}", 0)
    clock = Serving(context, asyncio.get_running_loop(), log)
    policies = Policies()
    homes = [Home(app, options, context, one, clock, policies) for one in options.networks]
    clock.tick()
    try:
        async with kept(*(_upstream(home, patience) for home in homes)):
            yield Networks(homes)
    finally:
        await asyncio.gather(*(home.close() for home in homes))
        clock.stop()


def _upstream(home: Home, patience: Patience) -> Upstream:
    context = home.context
    scope: dict[str, Any] = {
        "protocol": "irc", "path": f"irc/{home.name}", "name": home.name, "state": dict(context.state)
    }  # fmt: skip
    lease: Lease | None = None
    if home.network.lease:
        lease = import_module("interfaces.layers.leader").Leader(context.layer, f"irc.client.{home.name}")
    return Upstream(
        "irc.client",
        partial(dialled, home),
        context,
        label=f"irc {home.name}",
        patience=patience,
        lease=lease,
        tell=Telling(home.app, scope, context.telemetry.count),
    )

"""Names of clients, looked up while they talk: nobody waits for one."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from interfaces.email.auth import iprev
from interfaces.email.auth.resolver import Resolver
from interfaces.email.policies.networks import address
from interfaces.email.translate import Place

__all__ = ["LOOKUPS", "Names"]

LOOKUPS = 100
"""Names that are looked for at once; a client beyond that has none until its message is checked."""


class Names:
    """``run`` starts a lookup, which has ``timeout`` seconds; ``place.client_name`` is there once it is known."""

    def __init__(
        self, resolver: Resolver, run: Callable[[Coroutine[Any, Any, None]], None], timeout: float
    ) -> None:
        self.resolver = resolver
        self.run = run
        self.timeout = timeout
        self._running = 0

    def look(self, place: Place) -> None:
        """Begin to look for the name of a client that has an address."""
        if address(place.client) is not None and self._running < LOOKUPS:
            self._running += 1
            self.run(self._look(place))

    async def _look(self, place: Place) -> None:
        client = place.client
        try:
            async with asyncio.timeout(self.timeout):
                found = await iprev.check(self.resolver, str(address(client)))
        except TimeoutError:
            return
        finally:
            self._running -= 1
        if place.client == client:  # a server in front may have told of another since
            place.client_name = found.domain or None

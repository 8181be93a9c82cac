"""Installations of many workspaces, in a store of slack_sdk's."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.slack.installations.base import Installation
from interfaces.slack.installations.cache import Flights, Lately
from interfaces.slack.installations.client import web_client
from interfaces.slack.installations.records import Place, Records, is_id
from interfaces.slack.installations.rotation import Rotation
from interfaces.slack.installations.starting import Starting
from interfaces.slack.installations.stores import Store
from interfaces.slack.options import SlackOptions

__all__ = ["FRESH", "KEPT", "MISSED", "NAME", "Many"]

NAME = "slack.installations"
"""What /readyz calls the store."""
FRESH = 60.0
"""Seconds that what was found is not looked for again: how long another container's change may take."""
MISSED = 5.0
"""Seconds that what was not found is not."""
KEPT = 1000
"""Answers that are remembered."""


class _Ask(NamedTuple):
    """What somebody looks for."""

    team_id: str | None
    enterprise_id: str | None
    whole: bool


class Many:
    """What ``store`` has, its tokens renewed, each answer remembered for a while."""

    def __init__(
        self,
        options: SlackOptions,
        context: Context,
        store: Store,
        *,
        clock: Callable[[], float] = time.monotonic,
        rotation: Rotation | None = None,
    ) -> None:
        self.store = store
        self._records = Records(store.store)
        secrets = options.client_id, options.client_secret
        self._rotation = rotation or Rotation(self._records, web_client(options.api_url), secrets)
        self._starting = Starting(context, NAME, store.prepare)
        self._clock = clock
        self._lately: Lately[_Ask, Installation | None] = Lately(KEPT)
        self._flights: Flights[_Ask, Installation | None] = Flights()
        self._changes = 0

    def __repr__(self) -> str:
        return f"Many({self._records!r}, {len(self._lately)} remembered)"

    async def open(self) -> None:
        """Make the store's tables. ConfigError for one that cannot be; one that is down is tried again."""
        try:
            await self._starting.open()
        except ConfigError:
            await self.close()  # who cannot begin is not told to end
            raise

    async def close(self) -> None:
        """End what runs, keep what was renewed, and let go of the store."""
        await self._starting.close()
        await self._flights.close()
        await self._rotation.close()
        await self.store.close()

    async def find(
        self, team_id: str | None, enterprise_id: str | None = None, *, is_enterprise_install: bool = False
    ) -> Installation | None:
        """That of the team, else that of its enterprise; the other way round where Slack says so."""
        ask = _Ask(team_id or None, enterprise_id or None, is_enterprise_install)
        known, found = self._lately.get(ask, self._clock())
        if known or not all(is_id(one) for one in ask[:2] if one is not None):
            return found
        return await self._flights.run(ask, lambda: self._look(ask))

    def at_hand(self, team_id: str | None, enterprise_id: str | None, whole: bool) -> Installation | None:
        """As :meth:`find`, of what was found lately; None: look."""
        return self._lately.get(_Ask(team_id or None, enterprise_id or None, whole), self._clock())[1]

    async def removed(
        self,
        team_id: str | None,
        enterprise_id: str | None,
        user_ids: Sequence[str] | None = None,
        *,
        is_enterprise_install: bool = False,
    ) -> None:
        """Forget it here, and in the store."""
        place = Place(enterprise_id or None, None if is_enterprise_install else team_id or None)
        users = None if user_ids is None else [user for user in user_ids if is_id(user)]
        if place == (None, None) or not all(is_id(one) for one in place if one is not None):
            return
        self._rotation.forget(place)
        try:
            await self._records.delete(place, users)
        finally:
            self.forget(team_id, enterprise_id)

    def forget(self, team_id: str | None, enterprise_id: str | None = None) -> None:
        """Look anew for a team, and for all of an enterprise: something has changed there."""
        self._changes += 1
        self._lately.drop(
            lambda ask: (
                (team_id is not None and ask.team_id == team_id)
                or (enterprise_id is not None and ask.enterprise_id == enterprise_id)
            )
        )

    async def _look(self, ask: _Ask) -> Installation | None:
        changes, found = self._changes, None
        for place in _places(ask):
            record = await self._rotation.fresh(place)
            found = record.installation() if record is not None else None
            if found is not None:
                break
        if changes == self._changes:  # else it may be what has just been removed
            self._lately.put(ask, found, self._clock() + (FRESH if found else MISSED))
        return found


def _places(ask: _Ask) -> Iterator[Place]:
    """Where to look, in order; last the team as it was before it joined an enterprise."""
    team, enterprise = ask.team_id, ask.enterprise_id
    whole = [Place(enterprise, None)] if enterprise else []
    own = [Place(enterprise, team)] if team else []
    yield from [*whole, *own] if ask.whole else [*own, *whole]
    if team and enterprise:
        yield Place(None, team)

"""Tokens that expire, which Slack gives to apps with token rotation: renewed two hours before their end.

A refresh token is good for one call. So a renewal runs once at a time for a place, of what the store has then; what
Slack has given is kept at once, bot and user by themselves, and once more later where the store could not. Of two
containers that renew at once one is refused: it finds the other's token in the store, now or with its next look, since
the old one lives on to its end. Each process begins at a time of its own, so that this is rare.
"""

import copy
import logging
import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from interfaces.shared.errors import Unavailable
from interfaces.slack.installations.cache import Flights
from interfaces.slack.installations.client import Refused, asked
from interfaces.slack.installations.records import Place, Record, Records

__all__ = ["EARLY", "SPREAD", "UNSAVED", "Rotation"]

log = logging.getLogger("interfaces.slack")

EARLY = 7200.0
"""Seconds before its end that a token is renewed; Slack gives it twelve hours."""
SPREAD = 900.0
"""Seconds later at most, by chance, in each process."""
UNSAVED = 1000
"""Renewed tokens that are held because the store could not keep them; for further places nothing is renewed."""
_ALL = 10**9
"""Minutes: slack_sdk renews what ends within them, and when is decided here."""


class _Kind(NamedTuple):
    """One of the two tokens of a record, by the names that its objects have for it."""

    who: str
    token: str
    refresh: str
    ends: str


_BOT = _Kind("bot", "bot_token", "bot_refresh_token", "bot_token_expires_at")
_USER = _Kind("user", "user_token", "user_refresh_token", "user_token_expires_at")


class Rotation:
    """Renews what ``records`` has, by ``client``; ``spread`` of 0 to 1 is how late this process is."""

    def __init__(
        self,
        records: Records,
        client: AsyncWebClient,
        secrets: tuple[str, str],
        *,
        now: Callable[[], float] = time.time,
        spread: float | None = None,
    ) -> None:
        self._records = records
        self._rotator = AsyncTokenRotator(client_id=secrets[0], client_secret=secrets[1], client=client)
        self._now = now
        late = random.random() if spread is None else spread  # noqa: S311 - no secret
        self._early = EARLY - SPREAD * late
        self._flights: Flights[Place, Record | None] = Flights()
        self._unsaved: dict[Place, Record] = {}

    def __repr__(self) -> str:
        return f"Rotation({len(self._flights)} running, {len(self._unsaved)} unsaved)"

    async def fresh(self, place: Place) -> Record | None:
        """What the store has for ``place``, renewed where it is time. Raises Unavailable."""
        record = self._unsaved.get(place) or await self._records.read(place)
        if record is None or not (
            place in self._unsaved or self._due(record, _BOT) or self._due(record, _USER)
        ):
            return record
        return await self._flights.run(place, lambda: self._renew(place))

    def forget(self, place: Place) -> None:
        """The app is gone from there."""
        self._unsaved.pop(place, None)

    async def close(self) -> None:
        """Wait for what is being renewed, and try once more to keep what could not be kept."""
        await self._flights.close()
        for place in [*self._unsaved]:
            await self._keep(place, self._unsaved[place])
        if self._unsaved:
            log.error("%d renewed tokens are lost: install the app there again", len(self._unsaved))

    async def _renew(self, place: Place) -> Record | None:
        record = self._unsaved.get(place)
        if record is not None:
            await self._keep(place, record)
        else:
            record = await self._records.read(place)  # another one may have been here since
        for kind in (_BOT, _USER):
            if record is not None and self._due(record, kind):
                record = await self._renewed(place, record, kind)
        return record

    async def _renewed(self, place: Place, record: Record, kind: _Kind) -> Record | None:
        """``record`` with a new token, or with its old one as long as that lives."""
        if place not in self._unsaved and len(self._unsaved) >= UNSAVED:
            return record
        had = _of(record, kind)
        try:
            made = await asked(self._call(had, kind))
        except Refused as error:
            return await self._lost(place, record, kind, error.word)
        except Unavailable as error:
            if getattr(had, kind.ends) <= self._now():
                raise
            log.warning("%s: its %s token is not renewed yet: %s", _where(place), kind.who, error)
            return record
        if made is None:
            log.warning("%s: Slack has renewed another kind of token than its %s's", _where(place), kind.who)
            return record
        renewed = _with(record, kind, made)
        await self._keep(place, renewed)
        return renewed

    def _call(self, had: Any, kind: _Kind) -> Any:
        if kind is _BOT:
            return self._rotator.perform_bot_token_rotation(bot=had, minutes_before_expiration=_ALL)
        return self._rotator.perform_user_token_rotation(installation=had, minutes_before_expiration=_ALL)

    async def _lost(self, place: Place, record: Record, kind: _Kind, word: str) -> Record | None:
        """Slack refuses to renew: somebody else has done it, or the app has to be installed again."""
        again = await self._records.read(place)
        if again is None or getattr(_of(again, kind), kind.token, None) != getattr(
            _of(record, kind), kind.token
        ):
            return again
        log.error(
            "%s: Slack does not renew its %s token (%s); install the app there again, unless another server just has",
            _where(place),
            kind.who,
            word,
        )
        return again

    async def _keep(self, place: Place, record: Record) -> None:
        """Into the store; what that cannot keep is held, since Slack gives it only once."""
        try:
            await self._records.write(record)
        except (Unavailable, NotImplementedError) as error:
            self._unsaved[place] = record
            log.error("%s: a renewed token is not kept yet: %s", _where(place), error)  # noqa: TRY400 - no traceback
        else:
            self._unsaved.pop(place, None)

    def _due(self, record: Record, kind: _Kind) -> bool:
        had = _of(record, kind)
        if had is None or not getattr(had, kind.refresh) or not getattr(had, kind.token):
            return False
        ends: int | None = getattr(had, kind.ends)
        return ends is not None and ends - self._early <= self._now()


def _of(record: Record, kind: _Kind) -> Any:
    return record.bot if kind is _BOT else record.granted


def _with(record: Record, kind: _Kind, made: Any) -> Record:
    """``record`` with the three words of ``made`` that are new: slack_sdk's copy loses empty scopes."""
    new = copy.copy(_of(record, kind))
    for name in (kind.token, kind.refresh, kind.ends):
        setattr(new, name, getattr(made, name))
    return Record(new, record.granted) if kind is _BOT else Record(record.bot, new)


def _where(place: Place) -> str:
    return f"The installation of {place.team_id or place.enterprise_id}"

"""What a store of slack_sdk's has for a place: its bot, and who installed it last."""

import copy
import logging
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store import Installation as Granted
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from interfaces.shared.errors import InterfacesError, Unavailable
from interfaces.slack.installations.base import Installation

__all__ = ["Place", "Record", "Records", "is_id"]

log = logging.getLogger("interfaces.slack")

_ID = re.compile(r"[A-Z0-9]{1,32}")
Result = TypeVar("Result")


def is_id(text: str | None) -> bool:
    """Whether it looks like an id of Slack's; stores make names of files of them."""
    return text is not None and _ID.fullmatch(text) is not None


class Place(NamedTuple):
    """Where an app is installed: a team, of an enterprise or not, or a whole enterprise (without a team)."""

    enterprise_id: str | None
    team_id: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """A bot, or what was granted by a user, or both; what of the bot stands in ``granted`` is older."""

    bot: Bot | None = field(repr=False)
    granted: Granted | None = field(repr=False)

    def installation(self) -> Installation | None:
        """In our words; None where there is no token."""
        user_token = (self.granted.user_token if self.granted else None) or ""
        if self.bot is not None and self.bot.bot_token:
            bot = self.bot
            return _installation(
                bot, bot.bot_token, bot_id=bot.bot_id, bot_user_id=bot.bot_user_id, user_token=user_token
            )
        if self.granted is not None and user_token:
            return _installation(self.granted, user_token, user_token=user_token)
        return None

    def merged(self) -> Granted | None:
        """What was granted, with the bot as it is now."""
        if self.granted is None:
            return None
        granted, bot = copy.copy(self.granted), self.bot
        granted.bot_token = bot.bot_token if bot else None
        granted.bot_id = bot.bot_id if bot else None
        granted.bot_user_id = bot.bot_user_id if bot else None
        granted.bot_scopes = (bot.bot_scopes if bot else None) or []  # slack_sdk's SQLite joins them
        granted.bot_refresh_token = bot.bot_refresh_token if bot else None
        granted.bot_token_expires_at = bot.bot_token_expires_at if bot else None
        return granted


def _installation(said: Bot | Granted, token: str, **more: str) -> Installation:
    whole = bool(said.is_enterprise_install)
    team, enterprise = said.team_id or None, said.enterprise_id or None
    return Installation(
        key=(enterprise if whole else team) or enterprise or "",
        token=token,
        app_id=said.app_id,
        team_id=None if whole else team,
        enterprise_id=enterprise,
        is_enterprise_install=whole,
        **more,
    )


class Records:
    """A store; what it raises is Unavailable, and in the log by its class alone: its text may have tokens."""

    def __init__(self, store: AsyncInstallationStore) -> None:
        self.store = store

    def __repr__(self) -> str:
        return f"Records({type(self.store).__name__})"

    async def read(self, place: Place) -> Record | None:
        """What there is for exactly this place. Raises Unavailable."""
        words: dict[str, Any] = {**place._asdict(), "is_enterprise_install": place.team_id is None}
        known, bot = await self._has(self.store.async_find_bot(**words))
        _, granted = await self._has(self.store.async_find_installation(**words))
        if not known and granted is not None and granted.bot_token:  # a store without bots
            bot = granted.to_bot()
        return None if bot is None and granted is None else Record(bot, granted)

    async def write(self, record: Record) -> None:
        """Keep what was renewed. Raises Unavailable."""
        merged = record.merged()
        if merged is not None:
            await self._done(self.store.async_save(merged))
        elif record.bot is not None:
            await self._done(self.store.async_save_bot(record.bot))

    async def delete(self, place: Place, users: list[str] | None) -> None:
        """Forget all of a place, or the tokens of users, of which one may be the bot's. Raises Unavailable."""
        words = place._asdict()
        if users is None:
            await self._has(self.store.async_delete_all(**words))
            return
        record = await self.read(place)
        if record is not None and record.bot is not None and record.bot.bot_user_id in users:
            await self._has(self.store.async_delete_bot(**words))
        for user in users:
            await self._has(self.store.async_delete_installation(**words, user_id=user))

    async def _has(self, call: Awaitable[Result]) -> tuple[bool, Result | None]:
        """Whether the store can do that, and what it gives."""
        try:
            return True, await self._done(call)
        except NotImplementedError:
            return False, None

    async def _done(self, call: Awaitable[Result]) -> Result:
        try:
            return await call
        except (NotImplementedError, InterfacesError):
            raise
        except Exception as error:  # noqa: BLE001 - a store raises what it likes
            kind = type(error).__name__
            log.warning("The store of installations: %s", kind)
            raise Unavailable(f"the store of installations: {kind}") from None

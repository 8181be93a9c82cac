"""What the tests of installations share: options, readiness that is written down, a store in memory."""

import time
from typing import Any

from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store import Installation as Granted
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from interfaces.shared.interface import Context
from interfaces.slack.options import SlackOptions
from interfaces.testing.slack import FakeSlack

__all__ = ["Hours", "Kept", "Readiness", "granted", "grants", "options"]


def options(slack: FakeSlack | None = None, **more: Any) -> SlackOptions:
    """Those of an app that is served by the fake, or by nobody; with one token unless there is a store."""
    said = {"signing_secret": ("secret",), **more}
    if said.get("installations"):
        said = {"client_id": "1.1", "client_secret": "fake-client-secret", **said}
    if slack is not None:
        said["api_url"] = slack.api_url
    if not said.get("installations"):
        said.setdefault("bot_token", slack.bot_token if slack is not None else "xoxb-1")
    return SlackOptions(**said)


class Readiness:
    """A context, and what it was told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bool, str]] = []
        self.context = Context(on_ready=lambda *said: self.said.append(said))


def granted(team: str | None = "T1", user: str = "U1", **more: Any) -> Granted:
    """An installation in a team, with a bot."""
    return Granted(
        **{
            "app_id": "A1", "team_id": team, "user_id": user, "bot_token": f"xoxb-{team}-1", "bot_id": "B1",
            "bot_user_id": "UBOT", "bot_scopes": "chat:write", "installed_at": 1_700_000_000.5, **more,
        }
    )  # fmt: skip


def grants(
    slack: FakeSlack, *, ends: float = 60, user: bool = False, bot: bool = True, **more: Any
) -> Granted:
    """What the fake has granted, with tokens that end in so many seconds."""
    said: dict[str, Any] = {"bot_token": None, "bot_id": None, "bot_user_id": None, "bot_scopes": ""}
    if bot:
        token = slack.world.install("T1")
        said = {
            "bot_token": token.value,
            "bot_refresh_token": token.refresh,
            "bot_token_expires_in": int(ends),
        }
    if user:
        token = slack.world.install("T1", kind="user")
        said |= {
            "user_token": token.value,
            "user_refresh_token": token.refresh,
            "user_token_expires_in": int(ends),
        }
    return granted(**said, **more)


class Kept(AsyncInstallationStore):
    """A store in memory: the last state of each place. ``error`` is raised by the next ``failing`` calls."""

    def __init__(self, *found: Granted) -> None:
        self.rows: dict[tuple[str | None, str | None], Granted] = {}
        self.bots: dict[tuple[str | None, str | None], Bot] = {}
        self.error: Exception = OSError("it has xoxb-secret in it")
        self.failing = 0
        self.calls: list[str] = []
        for one in found:
            self._keep(one)

    def _keep(self, one: Granted) -> None:
        place = one.enterprise_id, one.team_id
        self.rows[place] = one
        if one.bot_token:
            self.bots[place] = one.to_bot()

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.failing:
            self.failing -= 1
            raise self.error

    async def async_save(self, installation: Granted) -> None:
        """Both."""
        self._called("save")
        self._keep(installation)

    async def async_save_bot(self, bot: Bot) -> None:
        """The bot."""
        self._called("save_bot")
        self.bots[bot.enterprise_id, bot.team_id] = bot

    async def async_find_bot(self, *, enterprise_id, team_id, is_enterprise_install=False) -> Bot | None:
        """By its place."""
        self._called("find_bot")
        return self.bots.get((enterprise_id, None if is_enterprise_install else team_id))

    async def async_find_installation(
        self, *, enterprise_id, team_id, user_id=None, is_enterprise_install=False
    ) -> Granted | None:
        """By its place."""
        self._called("find_installation")
        return self.rows.get((enterprise_id, None if is_enterprise_install else team_id))

    async def async_delete_bot(self, *, enterprise_id, team_id) -> None:
        """The bot."""
        self._called("delete_bot")
        self.bots.pop((enterprise_id, team_id), None)

    async def async_delete_installation(self, *, enterprise_id, team_id, user_id=None) -> None:
        """The row, if it is that of the user."""
        self._called("delete_installation")
        row = self.rows.get((enterprise_id, team_id))
        if row is not None and user_id in (None, row.user_id):
            del self.rows[enterprise_id, team_id]


class Hours:
    """Unix seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now

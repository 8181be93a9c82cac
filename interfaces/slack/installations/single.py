"""One token, of the one workspace or organisation that has the app: ``--slack-bot-token``.

Who the bot is tells ``auth.test``. A server whose Slack is down starts all the same, is not ready, and asks again:
until then nobody is told of an installation, since without knowing itself a bot would answer itself.
"""

import logging
from collections.abc import Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.interface import Context
from interfaces.slack.installations.base import Installation
from interfaces.slack.installations.client import Refused, asked, web_client
from interfaces.slack.installations.starting import Starting
from interfaces.slack.options import SlackOptions

__all__ = ["NAME", "Single"]

log = logging.getLogger("interfaces.slack")

NAME = "slack.token"
"""What /readyz calls it."""
_SWITCH = "--slack-bot-token / INTERFACES_SLACK_BOT_TOKEN"


class Single:
    """Installations of which there is one."""

    def __init__(
        self, options: SlackOptions, context: Context, *, client: AsyncWebClient | None = None
    ) -> None:
        self._token = options.bot_token
        self._client = client or web_client(options.api_url, options.bot_token)
        self._starting = Starting(context, NAME, self._ask)
        self._known: Installation | None = None
        self._refused = False

    def __repr__(self) -> str:
        return f"Single({self._known!r})"

    async def open(self) -> None:
        """Ask Slack who the token is. ConfigError where it refuses that."""
        if self._token.startswith("xoxe."):
            log.warning("%s: this token expires; those of --slack-installations are renewed", _SWITCH)
        await self._starting.open()

    async def close(self) -> None:
        """Ask no more."""
        await self._starting.close()

    async def find(
        self, team_id: str | None, enterprise_id: str | None = None, *, is_enterprise_install: bool = False
    ) -> Installation | None:
        """The one, for its own team, for all of its organisation, and for who names none."""
        if self._known is None:
            if self._refused:
                return None
            raise Unavailable("Slack has not said yet whose --slack-bot-token is")
        return self.at_hand(team_id, enterprise_id, is_enterprise_install)

    def at_hand(self, team_id: str | None, enterprise_id: str | None, _whole: bool) -> Installation | None:
        """As :meth:`find`, at once; None also while it is not known."""
        known = self._known
        if known is None:
            return None
        if known.is_enterprise_install:
            fits = enterprise_id in (None, known.enterprise_id)
        else:
            fits = team_id in (None, known.team_id)
        return known if fits else None

    async def removed(
        self,
        team_id: str | None,
        enterprise_id: str | None,
        user_ids: Sequence[str] | None = None,
        *,
        is_enterprise_install: bool = False,
    ) -> None:
        """Ask Slack whether the token is still good: what is told late may be about an earlier one."""
        known = self._known
        if known is None or (user_ids is not None and known.bot_user_id not in user_ids):
            return
        self._known = None
        self._starting.again("the app was uninstalled, or its token was revoked")

    async def _ask(self) -> None:
        try:
            said = await asked(self._client.auth_test())
        except Refused as error:
            self._refused = True
            raise ConfigError(
                f"{_SWITCH}: Slack says {error.word}; take the token from OAuth & Permissions of the app"
            ) from None
        self._refused = False
        self._known = _installation(self._token, said)


def _installation(token: str, said: Any) -> Installation:
    """What auth.test says."""
    whole = bool(said.get("is_enterprise_install"))
    team, enterprise = said.get("team_id"), said.get("enterprise_id")
    user = "xoxp-" in token[:10]
    return Installation(
        key=str((enterprise if whole else team) or team or ""),
        token=token,
        app_id=said.get("app_id"),
        team_id=None if whole else team,
        enterprise_id=enterprise,
        is_enterprise_install=whole,
        bot_id=said.get("bot_id"),
        bot_user_id=said.get("user_id"),
        user_token=token if user else "",
    )

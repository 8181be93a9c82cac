"""What the rest of Slack knows of tokens: an installation, and where one is found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Installation", "Installations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An app in a workspace, or in a whole organisation. Its tokens are in no repr."""

    key: str
    """The team's id, or the enterprise's for an installation of a whole organisation."""
    token: str = field(repr=False)
    """The bot's, or the user's where there is no bot."""
    app_id: str | None = None
    team_id: str | None = None
    """None for an installation of a whole organisation."""
    enterprise_id: str | None = None
    is_enterprise_install: bool = False
    bot_id: str | None = None
    bot_user_id: str | None = None
    """Whose messages are our own."""
    user_token: str = field(default="", repr=False)
    """Of who installed it last, where that has granted something; else ""."""


class Installations(Protocol):
    """Where installations are found. Made for a process; used on one event loop.

    One may have ``at_hand(team_id, enterprise_id, is_enterprise_install)`` besides: what :meth:`find` would say,
    without waiting, or None.
    """

    async def open(self) -> None:
        """Begin. What is down is tried again in the background, and the process is not ready meanwhile.

        Raises ConfigError for a credential that Slack refuses, or a store that cannot be.
        """

    async def close(self) -> None:
        """End it."""

    async def find(
        self, team_id: str | None, enterprise_id: str | None = None, *, is_enterprise_install: bool = False
    ) -> Installation | None:
        """The installation for a workspace, with tokens that are good for a while yet; None: there is none.

        ``is_enterprise_install``: Slack says that it is the organisation's. Raises Unavailable.
        """

    async def removed(
        self,
        team_id: str | None,
        enterprise_id: str | None,
        user_ids: Sequence[str] | None = None,
        *,
        is_enterprise_install: bool = False,
    ) -> None:
        """The app was uninstalled there (``user_ids`` None), or the tokens of these users, bots too, were revoked.

        ``is_enterprise_install``, or no ``team_id``: in the whole organisation. Raises Unavailable: it is to be said
        again.
        """

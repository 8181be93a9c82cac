"""What a workspace is made of: people, conversations, messages, tokens; plain records that tests may look into."""

from dataclasses import dataclass, field
from typing import Any

from interfaces.testing.slack.errors import SlackRefused

__all__ = ["Channel", "SlackUser", "Token", "Workspace"]


@dataclass(slots=True, kw_only=True)
class SlackUser:
    """A person, or the user of a bot."""

    id: str
    name: str
    team_id: str
    bot_id: str = ""
    app_id: str = ""

    @property
    def shown(self) -> dict[str, Any]:
        """As users.info shows it."""
        profile = {"real_name": self.name.title(), "display_name": self.name, "team": self.team_id}
        if self.bot_id:
            profile |= {"bot_id": self.bot_id, "api_app_id": self.app_id}
        else:
            profile["email"] = f"{self.name}@example.com"
        return {
            "id": self.id, "team_id": self.team_id, "name": self.name, "real_name": self.name.title(),
            "deleted": False, "is_bot": bool(self.bot_id), "is_app_user": False, "tz": "Etc/UTC",
            "tz_label": "Coordinated Universal Time", "tz_offset": 0, "profile": profile, "updated": 1700000000,
        }  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation and what was said in it, oldest first."""

    id: str
    name: str
    team_id: str
    kind: str = "channel"
    """channel, group (a private one), im or mpim."""
    members: list[str] = field(default_factory=list)
    archived: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, Any]:
        """As conversations.info shows it."""
        base: dict[str, Any] = {
            "id": self.id, "created": 1700000000, "is_archived": self.archived, "is_channel": self.kind == "channel",
            "is_group": self.kind == "group", "is_im": self.kind == "im", "is_mpim": self.kind == "mpim",
            "is_private": self.kind != "channel", "context_team_id": self.team_id, "is_shared": False,
        }  # fmt: skip
        if self.kind == "im":
            return base | {"user": self.members[0] if self.members else ""}
        return base | {
            "name": self.name, "name_normalized": self.name, "is_general": self.name == "general",
            "is_member": True, "num_members": len(self.members), "creator": "U1",
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }  # fmt: skip

    def find(self, ts: str) -> dict[str, Any]:
        """The message ``ts``; refuses with message_not_found."""
        found: dict[str, Any] | None = next(
            (each for each in reversed(self.messages) if each["ts"] == ts), None
        )
        if found is None:
            raise SlackRefused("message_not_found")
        return found

    def thread(self, ts: str) -> list[dict[str, Any]]:
        """The message ``ts`` and the answers to it."""
        return [message for message in self.messages if ts in (message["ts"], message.get("thread_ts"))]


@dataclass(slots=True, kw_only=True)
class Workspace:
    """A team, with who is in it and where they talk."""

    id: str
    name: str
    enterprise_id: str | None = None
    channels: dict[str, Channel] = field(default_factory=dict)
    users: dict[str, SlackUser] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The name in its address."""
        return self.name.lower().replace(" ", "-")

    @property
    def url(self) -> str:
        """Its address, as auth.test tells it."""
        return f"https://{self.domain}.slack.com/"


@dataclass(slots=True, kw_only=True)
class Token:
    """What lets an app in: a bot's (xoxb), a user's (xoxp) or an app's (xapp) token."""

    value: str = field(repr=False)
    kind: str
    """bot, user or app."""
    app_id: str
    team_id: str = ""
    user_id: str = ""
    bot_id: str = ""
    enterprise_id: str | None = None
    is_enterprise_install: bool = False
    scopes: tuple[str, ...] = ()
    """Empty: everything is allowed."""
    expires_at: float | None = None
    """Unix seconds of the fake's clock."""
    refresh: str = field(default="", repr=False)
    revoked: bool = False

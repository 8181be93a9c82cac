"""All that the fake knows, in one place: workspaces, the app, tokens, messages, views and files."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from interfaces.testing.fakes.clock import Clock
from interfaces.testing.slack.application import App
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.leave import Code, ResponseUrl
from interfaces.testing.slack.state import Channel, SlackUser, Token, Workspace
from interfaces.testing.slack.views import Trigger, Views

__all__ = ["Uploaded", "World", "make_world"]

RESPONSE_SECONDS = 1800.0
"""Of the fake's clock, that a response_url is good."""


@dataclass(slots=True, kw_only=True)
class Uploaded:
    """A file on its way: asked for, then sent, then shared."""

    id: str
    filename: str
    length: int
    content: bytes | None = None
    shown: dict[str, Any] = field(default_factory=dict)
    """As files.info would show it, once it is complete."""


@dataclass(slots=True, kw_only=True)
class World:
    """The state behind the fake. ``base`` is its own address, "http://127.0.0.1:PORT"."""

    clock: Clock
    app: App
    base: str = ""
    ack_seconds: float = 3.0
    """Of the fake's clock: until which an answer counts, and as long as a trigger is good."""
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    files: dict[str, Uploaded] = field(default_factory=dict)
    ephemerals: list[dict[str, Any]] = field(default_factory=list)
    scheduled: list[dict[str, Any]] = field(default_factory=list)
    threads: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """(channel, thread_ts) → status, title and prompts of an assistant's thread."""
    tickets: dict[str, str] = field(default_factory=dict)
    """Of Socket Mode, not used yet → the app's id."""
    views: Views = field(default_factory=Views)
    responses: dict[str, ResponseUrl] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    _ts: int = 0
    """The last one given, in microseconds."""

    def id(self, prefix: str) -> str:
        """An id that nobody has: "Ev0000000001"."""
        return f"{prefix}{next(self.numbers):010d}"

    def ts(self) -> str:
        """The next message's name: time, and greater than every one before it."""
        self._ts = max(self._ts + 1, int(self.clock.time() * 1_000_000))
        return f"{self._ts // 1_000_000}.{self._ts % 1_000_000:06d}"

    def trigger(self, team_id: str, user_id: str, view_id: str = "") -> str:
        """Leave to open a view, as it goes with every interaction."""
        name = self.id("trigger.")
        self.views.triggers[name] = Trigger(
            team_id=team_id, user_id=user_id, view_id=view_id, until=self.clock.time() + self.ack_seconds
        )
        return name

    def response_url(self, channel: Channel, user_id: str, message_ts: str = "") -> str:
        """An address to answer to; for what was done in a message, with its ts."""
        name = self.id("R")
        self.responses[name] = ResponseUrl(
            team_id=channel.team_id, channel_id=channel.id, user_id=user_id, message_ts=message_ts,
            until=self.clock.time() + RESPONSE_SECONDS,
        )  # fmt: skip
        return f"{self.base}/actions/{channel.team_id}/{name}"

    def workspace(self, team_id: str) -> Workspace:
        """The workspace; refuses with team_not_found."""
        found = self.workspaces.get(team_id)
        if found is None:
            raise SlackRefused("team_not_found")
        return found

    def channel(self, name: Any, token: Token | None = None) -> Channel:
        """By id, name or a user's id (their direct messages), as ``token`` sees it.

        Refuses with channel_not_found.
        """
        for workspace in self.seen_by(token):
            found = workspace.channels.get(str(name))
            if found is not None:
                return found
            if name in workspace.users:
                return self.direct(workspace, [str(name)])
            for channel in workspace.channels.values():
                if channel.kind != "im" and channel.name == str(name).removeprefix("#"):
                    return channel
        raise SlackRefused("channel_not_found")

    def seen_by(self, token: Token | None) -> Iterable[Workspace]:
        """The workspaces in which ``token`` is good; all of them without one."""
        if token is None:
            return list(self.workspaces.values())
        if token.is_enterprise_install:
            return [each for each in self.workspaces.values() if each.enterprise_id == token.enterprise_id]
        return [self.workspace(token.team_id)]

    def user(self, user_id: Any, token: Token | None = None) -> SlackUser:
        """The user as ``token`` sees it; refuses with user_not_found."""
        for workspace in self.seen_by(token):
            if user_id in workspace.users:
                return workspace.users[user_id]
        raise SlackRefused("user_not_found")

    def direct(self, workspace: Workspace, users: list[str]) -> Channel:
        """The direct messages with ``users``: found, or made."""
        kind = "im" if len(users) == 1 else "mpim"
        for channel in workspace.channels.values():
            if channel.kind == kind and sorted(channel.members) == sorted(users):
                return channel
        name = "" if kind == "im" else "mpdm-" + "--".join(users) + "-1"
        made = Channel(id=self.id("D" if kind == "im" else "G"), name=name, team_id=workspace.id, kind=kind,
                       members=list(users))  # fmt: skip
        workspace.channels[made.id] = made
        return made

    def post(self, channel: Channel, message: dict[str, Any]) -> dict[str, Any]:
        """Put a message into a conversation, with a ts of its own; counts answers at the root of a thread."""
        made = {"type": "message", "ts": self.ts(), **message}
        root = made.get("thread_ts")
        if root is not None:
            self._answered(channel, root, made)
        channel.messages.append(made)
        return made

    def settle(self) -> None:
        """Post what was scheduled and is due by now."""
        now = self.clock.time()
        due = [each for each in self.scheduled if each["post_at"] <= now]
        self.scheduled[:] = [each for each in self.scheduled if each["post_at"] > now]
        for each in due:
            self.post(self.channel(each["channel_id"]), each["message"])

    def _answered(self, channel: Channel, root: str, answer: dict[str, Any]) -> None:
        for message in channel.messages:
            if message["ts"] == root:
                users = message.setdefault("reply_users", [])
                if (who := answer.get("user")) and who not in users:
                    users.append(who)
                message |= {"thread_ts": root, "reply_count": message.get("reply_count", 0) + 1,
                            "reply_users_count": len(users), "latest_reply": answer["ts"]}  # fmt: skip

    def install(
        self, team_id: str, *, kind: str = "bot", user_id: str = "U1", whole: bool = False,
        scopes: tuple[str, ...] | None = None,
    ) -> Token:  # fmt: skip
        """A new token of the app for a workspace: a bot's, or a user's (``kind``); ``whole``: its enterprise's."""
        workspace = self.workspace(team_id)
        bot = self.bot_of(workspace)
        number = next(self.numbers)
        prefix = {"bot": "xoxb", "user": "xoxp"}[kind]
        token = Token(
            value=f"{'xoxe.' if self.app.rotation else ''}{prefix}-{team_id}-{number}", kind=kind,
            app_id=self.app.id, team_id=team_id, user_id=bot.id if kind == "bot" else user_id,
            bot_id=bot.bot_id if kind == "bot" else "", enterprise_id=workspace.enterprise_id,
            is_enterprise_install=whole, scopes=self.app.scopes if scopes is None else scopes,
        )  # fmt: skip
        if self.app.rotation:
            token.expires_at = self.clock.time() + self.app.token_lifetime
            token.refresh = f"xoxe-1-{team_id}-{number}"
        self.tokens[token.value] = token
        return token

    def installed_whole(self, workspace: Workspace) -> bool:
        """Whether the workspace has the app because its whole enterprise has."""
        return workspace.enterprise_id is not None and any(
            token.is_enterprise_install
            and token.enterprise_id == workspace.enterprise_id
            and not token.revoked
            for token in self.tokens.values()
        )

    def uninstall(self, team_id: str) -> list[Token]:
        """Take the app away from a workspace; gives the tokens that were good, and are good no more."""
        gone = [each for each in self.tokens.values() if each.team_id == team_id and not each.revoked]
        for token in gone:
            token.revoked = True
        return gone

    def bot_of(self, workspace: Workspace) -> SlackUser:
        """The app's bot in a workspace."""
        for user in workspace.users.values():
            if user.app_id == self.app.id:
                return user
        number = len(self.workspaces)
        made = SlackUser(
            id=f"UBOT{number}", name="bot", team_id=workspace.id, bot_id=f"B{number}", app_id=self.app.id
        )
        workspace.users[made.id] = made
        return made

    def add_workspace(self, team_id: str, name: str = "", *, enterprise_id: str | None = None) -> Workspace:
        """A workspace with a bot, and nobody and nothing else in it."""
        made = Workspace(id=team_id, name=name or team_id, enterprise_id=enterprise_id)
        self.workspaces[team_id] = made
        self.bot_of(made)
        return made

    def add_channel(
        self, channel_id: str, name: str = "", *, team_id: str = "T1", kind: str = "channel"
    ) -> Channel:
        """A conversation that everybody in the workspace is in."""
        workspace = self.workspace(team_id)
        made = Channel(id=channel_id, name=name or channel_id.lower(), team_id=team_id, kind=kind,
                       members=list(workspace.users))  # fmt: skip
        workspace.channels[channel_id] = made
        return made

    def add_user(self, user_id: str, name: str = "", *, team_id: str = "T1") -> SlackUser:
        """A person in a workspace."""
        made = SlackUser(id=user_id, name=name or user_id.lower(), team_id=team_id)
        self.workspace(team_id).users[user_id] = made
        return made


def make_world(clock: Clock, app: App) -> World:
    """Workspace T1 with the people U1 and U2, the bot UBOT1 (B1) and the channels C1 and C2."""
    world = World(clock=clock, app=app, ack_seconds=clock.seconds(3.0))
    world.add_workspace("T1", "Acme")
    for user, name in (("U1", "ann"), ("U2", "ben")):
        world.add_user(user, name)
    for channel, name in (("C1", "general"), ("C2", "random")):
        world.add_channel(channel, name)
    world.tokens[app.app_token] = Token(value=app.app_token, kind="app", app_id=app.id)
    return world

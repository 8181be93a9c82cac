"""Who is in which channel, by names that compare as the server says: the tables of a client's state. Pure.

A user is kept while a channel is shared, we ourselves always; each member stands in both tables, or in neither. What
goes beyond a limit is counted in ``dropped`` and not kept.
"""

from dataclasses import dataclass

from interfaces.irc.messages import IrcChannel
from interfaces.irc.names import Fold

__all__ = ["Channel", "Limits", "Member", "Tables", "User"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is kept of one network."""

    channels: int = 1000
    """Channels that we are in."""
    members: int = 200_000
    """Members of all channels together, and with them users."""
    modes: int = 64
    """Modes of a channel."""


class User:
    """Somebody who shares a channel with us, or we ourselves; what is None is not known."""

    __slots__ = ("account", "away", "channels", "host", "nick", "realname", "user")

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.user: str | None = None
        self.host: str | None = None
        self.account: str | None = None
        """None, too, of who is not logged in."""
        self.realname: str | None = None
        self.away: str | None = None
        """The text, "" where it is not known; None: not away, or not known."""
        self.channels: list[str] = []
        """Folded."""

    def __repr__(self) -> str:
        return f"<User {self.nick}!{self.user}@{self.host} {self.account}>"


class Member:
    """A user in a channel."""

    __slots__ = ("prefixes", "user")

    def __init__(self, user: User) -> None:
        self.user = user
        self.prefixes = ""
        """Signs such as "@+", strongest first."""

    @property
    def nick(self) -> str:
        """As it is written."""
        return self.user.nick

    def __repr__(self) -> str:
        return f"<Member {self.prefixes}{self.nick}>"


class Channel:
    """One that we are in."""

    __slots__ = ("complete", "members", "modes", "name", "topic", "topic_at", "topic_by")

    def __init__(self, name: str) -> None:
        self.name = name
        self.topic: str | None = None
        """None where it is not known, or there is none."""
        self.topic_by = ""
        """Nick or source of who has set it."""
        self.topic_at = 0
        """Unix seconds; 0: not known."""
        self.modes: dict[str, str] = {}
        """Letter → parameter, "" where it has none; neither lists nor members."""
        self.members: dict[str, Member] = {}
        """By the folded nick."""
        self.complete = False
        """Whether all members have been told (366)."""

    def __repr__(self) -> str:
        return f"<Channel {self.name} {len(self.members)} members>"

    def names(self) -> dict[str, str]:
        """Nick → signs of its members."""
        return {member.user.nick: member.prefixes for member in self.members.values()}

    def snapshot(self) -> IrcChannel:
        """As an application sees it; modes are "+ntl 50"."""
        words = (
            [f"+{''.join(self.modes)}", *(arg for arg in self.modes.values() if arg)] if self.modes else []
        )
        return {"channel": self.name, "topic": self.topic, "modes": " ".join(words), "members": self.names()}


class Tables:
    """Channels, users, and who is where."""

    def __init__(self, nick: str, fold: Fold, limits: Limits) -> None:
        self.me = User(nick)
        self.channels: dict[str, Channel] = {}
        """By the folded name."""
        self.users: dict[str, User] = {fold(nick): self.me}
        """By the folded nick, ourselves among them."""
        self.dropped = 0
        """Channels, members and modes beyond the limits, until somebody counts them."""
        self.limits = limits
        self.members = 0
        """Of all channels."""
        self.fold = fold

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.me.nick} {len(self.channels)} channels, {len(self.users)} users>"
        )

    @property
    def nick(self) -> str:
        """Our own."""
        return self.me.nick

    def is_me(self, nick: str) -> bool:
        """Whether that is how we are called."""
        return self.fold(nick) == self.fold(self.me.nick)

    def channel(self, name: str) -> Channel | None:
        """The channel of that name, if we are in it."""
        return self.channels.get(self.fold(name))

    def user(self, nick: str) -> User | None:
        """Who is called so, if known."""
        return self.users.get(self.fold(nick))

    def channels_of(self, nick: str) -> list[str]:
        """The names of the channels in which we see ``nick``."""
        user = self.user(nick)
        return [self.channels[key].name for key in user.channels] if user else []

    def snapshots(self) -> list[IrcChannel]:
        """All channels as an application sees them."""
        return [channel.snapshot() for channel in self.channels.values()]

    def enter(self, name: str) -> None:
        """We join a channel: nothing is known of it yet."""
        channel = self.channel(name)
        if channel is not None:
            self.leave(channel)
        if not name or len(self.channels) >= self.limits.channels:
            self.dropped += 1
            return
        channel = self.channels[self.fold(name)] = Channel(name)
        self.add(channel, self.me.nick)

    def add(self, channel: Channel, nick: str) -> Member | None:
        """The member ``nick``, a new one if need be; None beyond the limit."""
        key = self.fold(nick)
        member = channel.members.get(key)
        if member is None:
            if not nick or self.members >= self.limits.members:
                self.dropped += 1
                return None
            user = self.users.get(key)
            if user is None:
                user = self.users[key] = User(nick)
            member = self._put(channel, key, Member(user))
        return member

    def _put(self, channel: Channel, key: str, member: Member) -> Member:
        channel.members[key] = member
        member.user.channels.append(self.fold(channel.name))
        self.members += 1
        return member

    def remove(self, channel: Channel, nick: str) -> None:
        """Somebody, or we, are in a channel no more."""
        if self.is_me(nick):
            self.leave(channel)
        else:
            self._drop(channel, self.fold(nick))

    def _drop(self, channel: Channel, key: str) -> None:
        member = channel.members.pop(key, None)
        if member is not None:
            self.members -= 1
            member.user.channels.remove(self.fold(channel.name))
            if not member.user.channels and member.user is not self.me:
                del self.users[key]

    def leave(self, channel: Channel) -> None:
        """We are in it no more, and know nothing of it."""
        for key in [*channel.members]:
            self._drop(channel, key)
        self.channels.pop(self.fold(channel.name), None)

    def gone(self, user: User) -> None:
        """Somebody, or we, are in no channel any more."""
        for key in [*user.channels]:
            self.remove(self.channels[key], user.nick)

    def rename(self, user: User, nick: str) -> None:
        """Called so from now on. Who was called so before has left unseen."""
        before, after = self.fold(user.nick), self.fold(nick)
        other = self.users.get(after)
        if other is self.me and user is not other:
            self.gone(user)
            return
        if other is not None and other is not user:
            self.gone(other)
        del self.users[before]
        self.users[after] = user
        for key in user.channels:
            members = self.channels[key].members
            members[after] = members.pop(before)
        user.nick = nick

    def refold(self, fold: Fold) -> None:
        """Names compare otherwise from now on; of two that are the same now, the first stays."""
        channels = [*self.channels.values()]
        users = [self.me, *self.users.values()]
        self.fold, self.members = fold, 0
        self.channels, self.users = {}, {}
        for user in users:
            user.channels = []
            self.users.setdefault(fold(user.nick), user)
        for channel in channels:
            if self.channels.setdefault(fold(channel.name), channel) is channel:
                members, channel.members = channel.members.values(), {}
                for member in members:
                    key = fold(member.nick)
                    if self.users[key] is member.user:
                        self._put(channel, key, member)
        self.users = {key: one for key, one in self.users.items() if one.channels or one is self.me}

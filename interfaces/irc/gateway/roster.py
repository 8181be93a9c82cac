"""Who is there: users by their nicks, channels with their members. Pure.

Names are compared as CASEMAPPING says. A user of another container is like one of ours, but for ``client``,
which is None. One that has not arrived yet only holds its nick.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from interfaces.irc.gateway.past import Past
from interfaces.irc.gateway.watches import Watches
from interfaces.irc.names import folding

__all__ = ["SIGNS", "Entry", "Room", "Roster", "User"]

SIGNS: Final = {"o": "@", "v": "+"}
"""Modes of members, strongest first, and the signs before their nicks."""


class User:
    """Somebody who is registered. ``home`` is the container; ``since`` and ``spoke`` Unix seconds."""

    __slots__ = (
        "account", "away", "client", "home", "host", "invites", "modes", "nick", "realname", "rooms", "since",
        "source", "spoke", "user",
    )  # fmt: skip

    def __init__(self, nick: str, user: str, host: str, realname: str = "") -> None:
        self.nick = nick
        self.user = user
        self.host = host
        self.realname = realname
        self.account: str | None = None
        self.away: str | None = None
        self.modes: str = ""
        self.home: str = ""
        self.since: float = 0.0
        """0 until it has arrived."""
        self.spoke: float = 0.0
        self.client: Any = None
        self.rooms: dict[str, Room] = {}
        self.invites: dict[Room, None] = {}
        """The channels it is invited to, the oldest first."""
        self.source: str = f"{nick}!{user}@{host}"

    def __repr__(self) -> str:
        return f"<User {self.source}>"

    def says(self) -> dict[str, Any]:
        """As an application sees it (:class:`interfaces.irc.messages.IrcSource`)."""
        return {"nick": self.nick, "user": self.user, "host": self.host, "account": self.account}

    def named(self, nick: str) -> None:
        """Have another nick."""
        self.nick = nick
        self.source = f"{nick}!{self.user}@{self.host}"


class Entry(NamedTuple):
    """A ban, an exception or an invitation by mask."""

    mask: str
    by: str
    at: float
    """Unix seconds."""
    matches: Callable[[User], bool]


@dataclass(slots=True, eq=False)
class Room:
    """A channel. ``modes``: letter → parameter, "" where it has none; ``members``: user → signs such as "@+"."""

    name: str
    since: float = 0.0
    topic: str = ""
    topic_by: str = ""
    topic_at: float = 0.0
    modes: dict[str, str] = field(default_factory=dict)
    members: dict[User, str] = field(default_factory=dict)
    lists: dict[str, dict[str, Entry]] = field(default_factory=dict)
    """Of a list mode such as "b": folded mask → entry."""

    def __repr__(self) -> str:
        return f"<Room {self.name}, {len(self.members)} members>"

    def ops(self, user: User) -> bool:
        """Whether ``user`` is an operator of it."""
        return "@" in self.members.get(user, "")


class Roster:
    """All of one network. ``fold``: how names compare; ``past``: who was there; ``watches``: who waits for whom."""

    def __init__(self, casemapping: str = "ascii") -> None:
        self.fold: Callable[[str], str] = folding(casemapping)
        self.users: dict[str, User] = {}
        self.rooms: dict[str, Room] = {}
        self.past: Past = Past(self.fold)
        self.watches: Watches = Watches(self.fold)
        self.arrived: int = 0
        """Users that are not only about to come."""
        self.local: int = 0
        """Those of them that are connected here."""
        self.invisible: int = 0
        self.most: int = 0
        self.most_local: int = 0

    def __repr__(self) -> str:
        return f"<Roster {len(self.users)} users, {len(self.rooms)} channels>"

    def user(self, nick: str) -> User | None:
        """Who is called so."""
        return self.users.get(nick) or self.users.get(self.fold(nick))

    def present(self, nick: str) -> User | None:
        """Who is called so, and has arrived."""
        found = self.user(nick)
        return found if found is not None and found.since else None

    def room(self, name: str) -> Room | None:
        """The channel of this name."""
        return self.rooms.get(name) or self.rooms.get(self.fold(name))

    def add(self, user: User) -> bool:
        """Have ``user``; False when somebody is called so."""
        return self.users.setdefault(self.fold(user.nick), user) is user

    def arrive(self, user: User, now: float) -> None:
        """``user`` is registered, here or elsewhere."""
        user.since = user.spoke = now
        self.arrived += 1
        self.local += user.client is not None
        self.invisible += "i" in user.modes
        self.most = max(self.most, self.arrived)
        self.most_local = max(self.most_local, self.local)

    def rename(self, user: User, nick: str) -> bool:
        """Call ``user`` otherwise; False when somebody else is called so."""
        new, old = self.fold(nick), self.fold(user.nick)
        if self.users.get(new, user) is not user:
            return False
        if self.users.get(old) is user:
            del self.users[old]
        self.users[new] = user
        user.named(nick)
        return True

    def remove(self, user: User) -> list[Room]:
        """Have ``user`` no more; the channels that it was in."""
        if self.users.get(self.fold(user.nick)) is user:
            del self.users[self.fold(user.nick)]
        if user.since:
            user.since = 0.0
            self.arrived -= 1
            self.local -= user.client is not None
            self.invisible -= "i" in user.modes
        rooms = list(user.rooms.values())
        for room in rooms:
            self.leave(user, room)
        return rooms

    def open(self, name: str, now: float, modes: Iterable[str] = ()) -> Room:
        """The channel of this name, made with ``modes`` where there is none."""
        folded = self.fold(name)
        room = self.rooms.get(folded)
        if room is None:
            room = self.rooms[folded] = Room(name, now, modes=dict.fromkeys(modes, ""))
        return room

    def enter(self, user: User, room: Room, signs: str = "") -> None:
        """Make ``user`` a member."""
        room.members[user] = signs
        user.rooms[self.fold(room.name)] = room
        user.invites.pop(room, None)

    def leave(self, user: User, room: Room) -> None:
        """A member no more; a channel without any is none, unless it is to stay (mode P)."""
        room.members.pop(user, None)
        user.rooms.pop(self.fold(room.name), None)
        if not room.members and "P" not in room.modes:
            self.rooms.pop(self.fold(room.name), None)

    def near(self, user: User) -> Iterable[User]:
        """``user`` and all who share a channel with it, each once."""
        found: dict[User, None] = {user: None}
        for room in user.rooms.values():
            found.update(dict.fromkeys(room.members))
        return found

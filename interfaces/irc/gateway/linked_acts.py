"""What another container told of its users, done here: users, their nicks, their channels. Pure.

What is done is done by ``deeds`` (:class:`interfaces.irc.gateway.linked_deeds.Deeds`), unless it is so already: rows
say again what acts have said.
"""

from collections.abc import Callable
from typing import Any

from interfaces.irc.gateway.linked_deeds import Deeds
from interfaces.irc.gateway.linked_own import Known, Own
from interfaces.irc.gateway.linked_rules import Register, changes, first, merged, renamed, sign_changes
from interfaces.irc.gateway.roster import Room, User
from interfaces.irc.gateway.rules import entry
from interfaces.irc.modes import Change

__all__ = ["Acts", "Limits", "Peer"]


class Peer:
    """Another container."""

    def __init__(self, name: str, now: float, back: bool) -> None:
        self.name = name
        self.heard = now
        self.back = back
        """Whether it was split off before."""
        self.users: dict[int, User] = {}
        self.n: int | None = None
        """What was heard last; None until its rows came."""
        self.wanted = True
        """Its rows are to come."""
        self.asked = float("-inf")
        self.run: tuple[int, int] | None = None
        """Of the rows that come: which, and the part that is next."""
        self.unseen: set[int] = set()
        self.skipped = 0
        self.partial = False
        """There is no room for all of it."""

    def __repr__(self) -> str:
        return f"<Peer {self.name}: {len(self.users)} users{', wanted' if self.wanted else ''}>"


class Limits:
    """``users`` and ``rooms``: of all containers together; ``nick``: characters."""

    def __init__(self, users: int = 200_000, rooms: int = 50_000, nick: int = 30, peers: int = 64) -> None:
        self.users = users
        self.rooms = rooms
        self.nick = nick
        self.peers = peers


class Acts:
    """Does them. ``count(name)`` counts what is rare."""

    def __init__(
        self, known: Known, own: Own, deeds: Deeds, limits: Limits, count: Callable[[str], None]
    ) -> None:
        self.known = known
        self.own = own
        self.deeds = deeds
        self.limits = limits
        self.count = count
        self.peers: dict[str, Peer] = {}
        self.ghosts: dict[User, None] = {}
        """Users of containers that are gone, which are still in the roster."""
        self.table: dict[str, Callable[..., None]] = {
            "user": self.row, "quit": self.quit, "nick": self._nick, "join": self._join, "part": self._part,
            "away": self._away, "account": self._account, "setname": self._setname, "host": self._host,
            "kick": self._kick, "topic": self._topic, "mode": self._mode, "invite": self._invite,
            "room": self._room, "signs": self._signs, "say": self._say,
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"<{type(self).__name__} for {self.known.me}, of {len(self.peers)}>"

    # --- users ------------------------------------------------------------------------------------

    def _user(self, peer: Peer, uid: int) -> User | None:
        peer.unseen.discard(uid)
        return peer.users.get(uid)

    def _anybody(self, home: str, uid: int) -> User | None:
        if home == self.known.me:
            return self.own.users.get(uid)
        peer = self.peers.get(home)
        return None if peer is None else peer.users.get(uid)

    def row(self, peer: Peer, row: list[Any]) -> None:
        """Have a user as its row says."""
        uid, nick, name, host, realname, account, away, modes, since, rooms = row
        user = self._user(peer, uid)
        if user is None:
            if len(self.known.ids) >= self.limits.users:
                self._no_room(peer)
                return
            user = User(nick, name, host, realname)
            user.home, user.account, user.away, user.modes = peer.name, account, away, modes
            user.named(self._claimed(user, uid, since, nick))
            peer.users[uid] = user
            self.known.ids[user] = uid
            self.deeds.arrive(user, since)
        else:
            self._like(user, uid, row)
        names = {self.known.roster.fold(channel) for channel in rooms}
        for folded, room in [*user.rooms.items()]:
            if folded not in names:
                self.deeds.leave(user, room, "")
                self.known.left([folded])
        for channel, (signs, age) in rooms.items():
            self._enter(peer, user, channel, signs, age)
        self.known.weigh(user)

    def _like(self, user: User, uid: int, row: list[Any]) -> None:
        """Make somebody who is known as the row says."""
        nick, name, host, realname, account, away, modes, since = row[1:9]
        deeds, user.since = self.deeds, since
        if (user.user, user.host) != (name, host):
            deeds.rehost(user, name, host)
        self._named(user, uid, nick)
        if user.realname != realname:
            deeds.setname(user, realname)
        if user.account != account:
            deeds.account(user, account)
        if user.away != away:
            deeds.away(user, away)
        found = [Change("-", letter) for letter in user.modes if letter not in modes]
        deeds.user_mode(user, found + [Change("+", letter) for letter in modes if letter not in user.modes])

    def quit(self, peer: Peer, uid: int, text: str) -> None:
        """A user is gone."""
        user = peer.users.pop(uid, None)
        if user is not None:
            self.deeds.quit(user, text)
            self.known.forget(user)

    def _nick(self, peer: Peer, uid: int, nick: str) -> None:
        user = self._user(peer, uid)
        if user is not None:
            self._named(user, uid, nick)
            self.known.weigh(user)

    def _named(self, user: User, uid: int, nick: str) -> None:
        if user.nick != nick:
            found = self._claimed(user, uid, user.since, nick)
            if found != user.nick:
                self.deeds.rename(user, found)

    def _claimed(self, user: User, uid: int, since: float, nick: str) -> str:
        """The nick that ``user`` gets who is to be called so; whoever is called so may have to give way."""
        roster, home = self.known.roster, user.home
        holder = roster.user(nick)
        if holder in self.ghosts:
            self.lay(holder)
            holder = None
        if holder is None or holder is user:
            return nick
        if not holder.since:
            roster.rename(holder, self._free(nick, self.known.me, id(holder), holder))
            return nick
        if first(since, home, holder.since, holder.home or self.known.me):
            self._give_way(holder)
            return nick
        return self._free(nick, home, uid, user)

    def lay(self, user: User) -> None:
        """A ghost quits."""
        names = [*user.rooms]
        del self.ghosts[user]
        self.deeds.quit(user, "*.net *.split")
        self.known.left(names)

    def _give_way(self, holder: User) -> None:
        own = not holder.home
        uid = self.known.ids.get(holder) or id(holder)
        self.deeds.rename(holder, self._free(holder.nick, holder.home or self.known.me, uid, holder))
        if own:
            self.own.tell("nick", holder, {})
        else:
            self.known.weigh(holder)

    def _free(self, nick: str, home: str, uid: int, user: User) -> str:
        tries = 0
        while True:
            found = renamed(nick, home, uid, self.limits.nick, tries)
            if self.known.roster.user(found) in (None, user):
                return found
            tries += 1

    def _away(self, peer: Peer, uid: int, text: str | None) -> None:
        user = self._user(peer, uid)
        if user is not None and user.away != text:
            self.deeds.away(user, text)
            self.known.weigh(user)

    def _account(self, peer: Peer, uid: int, name: str | None) -> None:
        user = self._user(peer, uid)
        if user is not None and user.account != name:
            self.deeds.account(user, name)
            self.known.weigh(user)

    def _setname(self, peer: Peer, uid: int, realname: str) -> None:
        user = self._user(peer, uid)
        if user is not None and user.realname != realname:
            self.deeds.setname(user, realname)
            self.known.weigh(user)

    def _host(self, peer: Peer, uid: int, name: str, host: str) -> None:
        user = self._user(peer, uid)
        if user is not None and (user.user, user.host) != (name, host):
            self.deeds.rehost(user, name, host)
            self.known.weigh(user)

    # --- channels ---------------------------------------------------------------------------------

    def _no_room(self, peer: Peer) -> None:
        if not peer.partial:
            peer.partial = True
            self.count("irc.link.full")

    def _enter(self, peer: Peer, user: User, channel: str, signs: str, since: float) -> None:
        """Have it in the channel; without signs where that is younger there."""
        roster = self.known.roster
        room = roster.room(channel)
        if room is not None and since > room.since:
            signs = ""
        if room is None:
            if len(roster.rooms) >= self.limits.rooms:
                self._no_room(peer)
                return
            room = roster.open(channel, since)
        if user not in room.members:
            self.deeds.enter(user, room)
            if roster.fold(channel) not in self.known.rooms:
                self.known.weigh_room(room)
        if room.members[user] != signs:
            self.deeds.mode(None, room, sign_changes(room, user, signs))

    def _join(self, peer: Peer, uid: int, channel: str, signs: str, since: float) -> None:
        user = self._user(peer, uid)
        if user is not None:
            self._enter(peer, user, channel, signs, since)
            self.known.weigh(user)

    def _part(self, peer: Peer, uid: int, channel: str, text: str) -> None:
        user, room = self._user(peer, uid), self.known.roster.room(channel)
        if user is not None and room is not None and user in room.members:
            self.deeds.leave(user, room, text)
            self._gone_from(user, room)

    def _kick(self, peer: Peer, uid: int, channel: str, target: list[Any], text: str) -> None:
        user, room = self._anybody(*target), self.known.roster.room(channel)
        if user is not None and room is not None and user in room.members:
            self.deeds.kick(self._user(peer, uid), user, room, text)
            self._gone_from(user, room)

    def _gone_from(self, user: User, room: Room) -> None:
        self.known.weigh(user)
        self.known.left([self.known.roster.fold(room.name)])

    def _topic(self, peer: Peer, uid: int, register: list[Any]) -> None:
        self._told(Register(*register), self._user(peer, uid))

    def _room(self, _peer: Peer, register: list[Any]) -> None:
        self._told(Register(*register), None)

    def _mode(self, peer: Peer, uid: int, register: list[Any], signs: list[Any]) -> None:
        theirs, by = Register(*register), self._user(peer, uid)
        self._told(theirs, by)
        self._signed(by, theirs.name, theirs.since, signs)

    def _signs(self, _peer: Peer, channel: str, since: float, signs: list[Any]) -> None:
        self._signed(None, channel, since, signs)

    def _signed(self, by: User | None, channel: str, since: float, signs: list[Any]) -> None:
        room = self.known.roster.room(channel)
        if room is None or since > room.since:
            return
        changed: list[Change] = []
        for home, uid, has in signs:
            user = self._anybody(home, uid)
            if user is not None and user in room.members:
                changed += sign_changes(room, user, has)
        self.deeds.mode(by, room, changed)
        for home, uid, _ in signs:
            user = self._anybody(home, uid)
            if user is not None and user in self.known.ids:
                self.known.weigh(user)

    def settled(self, _peer: Peer, register: list[Any]) -> None:
        """Agree on a channel, where all are told again."""
        self.settle(Register(*register), None)

    def _told(self, theirs: Register, by: User | None) -> None:
        both = self.settle(theirs, by)
        if both is not None and both != theirs:
            self.own.add("room", [*both])

    def settle(self, theirs: Register, by: User | None) -> Register | None:
        """Agree on a channel; None where there is no such."""
        known, deeds = self.known, self.deeds
        room = known.roster.room(theirs.name)
        if room is None:
            if "P" not in theirs.modes or len(known.roster.rooms) >= self.limits.rooms:
                return None
            room = known.roster.open(theirs.name, theirs.since)
        mine = known.register(room)
        both = merged(mine, theirs)
        if both == mine:
            known.weigh_room(room)
            return both
        stripped = self.own.strip(room) if both.since < mine.since else []
        deeds.mode(None, room, [one for user in stripped for one in sign_changes(room, user, "")])
        deeds.mode(by, room, changes(room, both))
        if both.topic != room.topic:
            deeds.topic(by, room, both.topic)
        self._adopt(room, both)
        if stripped:
            self.own.signs(room, stripped)
        return both

    def _adopt(self, room: Room, both: Register) -> None:
        """What is told to nobody: ages, and by whom."""
        known = self.known
        fold = known.roster.fold
        room.name, room.since = both.name, both.since
        room.topic_by, room.topic_at = both.topic_by, both.topic_at
        room.modes = dict(both.modes)
        room.lists = {
            letter: {folded: entry(mask, by, at, fold) for folded, (mask, by, at) in found.items()}
            for letter, found in both.lists.items()
        }
        known.versions[fold(room.name)] = both.version
        known.weigh_room(room)
        if not room.members and "P" not in room.modes:
            known.roster.rooms.pop(fold(room.name), None)
            known.left([fold(room.name)])

    def _invite(self, peer: Peer, uid: int, channel: str, target: list[Any], lifts: bool) -> None:
        user, room = self._anybody(*target), self.known.roster.room(channel)
        if user is not None and room is not None:
            self.deeds.invite(self._user(peer, uid), user, room, lifts)

    def _say(self, _peer: Peer, said: list[Any]) -> None:
        self.deeds.say(said)

"""What a container tells the others: the acts of its own users, all of its rows, and how much those weigh. Pure.

An act is a list, its name first. Of a user of this container comes its number next:

user ROW · quit UID text · nick UID nick · join UID channel signs since · part UID channel text · away UID text ·
account UID name · setname UID realname · host UID user host ·
kick UID channel [home, uid] text · topic UID REGISTER · mode UID REGISTER signs · invite UID channel [home, uid] lifts
(of these UID may be 0, the server) · room REGISTER · signs channel since signs · say WORDS

``signs`` are lists of [home, uid, signs]. What changes a row that the others have is told once, however often it is
said here; what nobody said is found by looking at all rows in turn (:meth:`Own.look`).
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final

from interfaces.irc.gateway.linked_rules import Ledger, Register, room_weight, user_row, user_weight
from interfaces.irc.gateway.roster import Room, Roster, User

__all__ = ["BATCH", "BATCH_SIZE", "OUT", "PORTION", "Known", "Own"]

Act = list[Any]
Message = dict[str, Any]
OUT: Final = 10_000
"""Acts that wait to be told; beyond, all of them are dropped, and the others ask for all rows."""
SAYINGS: Final = 5_000
"""Acts that wait, beyond which what is said is dropped first."""
SPOKEN: Final = 200
"""Characters that a message has about beside its text."""
BATCH: Final = 500
"""Acts in one message."""
BATCH_SIZE: Final = 65536
"""Characters of acts after which a message takes no more."""
PORTION: Final = 100
"""Rows in one message of those that tell all."""


class Known:
    """What is known of all containers: numbers of users, weights of rows, versions of channels. ``me``: this one."""

    def __init__(self, me: str, roster: Roster) -> None:
        self.me = me
        self.roster = roster
        self.ids: dict[User, int] = {}
        """Numbers of users, each at its home."""
        self.ledgers: dict[str, Ledger] = {me: Ledger()}
        """By container, of its users by their numbers."""
        self.rooms = Ledger()
        """Of channels, by their folded names."""
        self.versions: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<Known to {self.me}: {len(self.ids)} users of {len(self.ledgers)} containers>"

    def register(self, room: Room) -> Register:
        """What is agreed on of ``room``."""
        return Register.of(room, self.versions.get(self.roster.fold(room.name), 0))

    def weigh(self, user: User) -> bool:
        """Look at a user: whether it is another than before."""
        uid = self.ids[user]
        return self.ledgers[user.home or self.me].put(uid, user_weight(user, uid), user.rooms)

    def weigh_room(self, room: Room) -> bool:
        """Look at a channel: whether it is another than before."""
        return self.rooms.put(self.roster.fold(room.name), room_weight(self.register(room)))

    def forget(self, user: User) -> None:
        """A user is gone; so are channels that had nobody else."""
        uid = self.ids.pop(user)
        self.left(self.ledgers[user.home or self.me].drop(uid))

    def left(self, names: Any) -> None:
        """Somebody left channels of these folded names."""
        for name in names:
            if name not in self.roster.rooms:
                self.rooms.drop(name)
                self.versions.pop(name, None)


class Own:
    """The side that tells. ``lost(n)`` is told how much of what was said is dropped."""

    def __init__(self, known: Known, lost: Callable[[int], None]) -> None:
        self.known = known
        self.lost = lost
        self.users: dict[int, User] = {}
        self.n = 0
        """Messages so far that change something."""
        self.muted = False
        """Nothing can be told for now: all rows will be, once it can."""
        self._out: list[tuple[Act, int]] = []
        self._last = 0
        self._run = 0
        self._looking: Iterator[User | Room] = iter(())

    def __repr__(self) -> str:
        return f"<Own of {self.known.me}: {len(self.users)} users, {len(self._out)} acts wait>"

    @property
    def waiting(self) -> int:
        """Acts that wait."""
        return len(self._out)

    def add(self, *act: Any) -> None:
        """Have an act told."""
        if self.muted:
            return
        if len(self._out) >= OUT:
            self.drop()
        self._out.append(([*act], len(repr(act))))

    def say(self, words: list[Any]) -> None:
        """Have told what somebody says."""
        if self.muted or len(self._out) >= SAYINGS:
            self.lost(1)
        else:
            self._out.append((["say", words], len(words[3]) + SPOKEN))

    def drop(self) -> None:
        """What waits cannot be told: the next message says that something is missing."""
        self.lost(sum(act[0] == "say" for act, _ in self._out))
        self._out.clear()
        self.n += 1

    # --- what ours do -----------------------------------------------------------------------------

    def tell(self, what: str, user: User | None, said: Mapping[str, Any]) -> None:
        """``user``, or the server, did something, as :mod:`interfaces.irc.gateway.actions` says it; it is done."""
        if what == "quit" and user is not None:
            self._quit(user, said["text"])
        elif what in ("topic", "mode", "kick", "invite"):
            channel = (
                said["channel"] if what in ("kick", "invite") else said.get("channel", said.get("target", ""))
            )
            room = self.known.roster.room(channel)
            uid = self._uid(user)
            if what == "kick":
                self._kick(uid, room, said)
            elif room is not None:
                self._about(what, uid, room, said)
            elif what == "mode":
                self._moded(self.known.roster.user(channel))
        elif user is not None:
            self._changed(what, user, said)

    def _uid(self, user: User | None) -> int:
        """The number of one of ours, who is told of first where it is new; 0 is the server, or nobody of ours."""
        if user is None or (user.client is None and user not in self.known.ids) or user.home:
            return 0
        found = self.known.ids.get(user)
        return self._introduce(user) if found is None else found

    def _introduce(self, user: User) -> int:
        self._last += 1
        uid = self.known.ids[user] = self._last
        self.users[uid] = user
        self.known.weigh(user)
        self.add("user", user_row(user, uid))
        for room in user.rooms.values():
            self._seen(room)
        return uid

    def _quit(self, user: User, text: str) -> None:
        uid = self.known.ids.get(user)
        if uid in self.users and not user.home:
            self.known.forget(user)
            del self.users[uid]
            self.add("quit", uid, text)

    def _changed(self, what: str, user: User, said: Mapping[str, Any]) -> None:
        """Something of its row: nothing where the others have it so."""
        known = self.known
        if user not in known.ids:
            self._uid(user)
            return
        if not known.weigh(user):
            return
        uid, room = known.ids[user], known.roster.room(said.get("channel", ""))
        act = _act(what, uid, user, room, said)
        self.add(*(act or ("user", user_row(user, uid))))
        if room is not None:
            self._seen(room)
        elif what == "part":
            known.left([known.roster.fold(said["channel"])])

    def _seen(self, room: Room) -> None:
        """Tell of a channel that is new."""
        if self.known.roster.fold(room.name) not in self.known.rooms:
            self.known.weigh_room(room)
            self.add("room", [*self.known.register(room)])

    def _kick(self, uid: int, room: Room | None, said: Mapping[str, Any]) -> None:
        target = self.known.roster.user(said["target"])
        if target is not None:
            self.add("kick", uid, said["channel"], self._whom(target), said["text"])
            self._again(target)
        if room is None:
            self.known.left([self.known.roster.fold(said["channel"])])

    def _moded(self, user: User | None) -> None:
        if user is not None and not user.home:
            self._changed("mode", user, {})

    def _about(self, what: str, uid: int, room: Room, said: Mapping[str, Any]) -> None:
        known = self.known
        if what == "invite":
            target = known.roster.user(said["target"])
            if target is not None:
                self.add("invite", uid, room.name, self._whom(target), bool(said.get("lifts", True)))
            return
        self._changed_here(room)
        register = [*known.register(room)]
        if what == "topic":
            self.add("topic", uid, register)
            return
        users = {known.roster.user(arg): None for _, arg in said["modes"] if arg}
        members = [user for user in users if user is not None and user in room.members]
        self.add("mode", uid, register, [[*self._whom(user), room.members[user]] for user in members])
        for user in members:
            self._again(user)
        if not room.members and "P" not in room.modes:  # it had nobody, and is not to stay any more
            folded = known.roster.fold(room.name)
            known.roster.rooms.pop(folded, None)
            known.left([folded])

    def _changed_here(self, room: Room) -> bool:
        """Whether a channel has changed; then it has another version."""
        known = self.known
        changed = known.weigh_room(room)
        if changed:
            folded = known.roster.fold(room.name)
            known.versions[folded] = known.versions.get(folded, 0) + 1
            known.weigh_room(room)
        return changed

    def strip(self, room: Room) -> list[User]:
        """Our operators in a channel that is older elsewhere: they lose their signs, which is told."""
        return [
            user for user, signs in room.members.items() if signs and not user.home and user in self.known.ids
        ]

    def signs(self, room: Room, users: list[User]) -> None:
        """Tell what signs ours have."""
        self.add("signs", room.name, room.since, [[*self._whom(user), room.members[user]] for user in users])
        for user in users:
            self._again(user)

    def _whom(self, user: User) -> list[Any]:
        return [user.home or self.known.me, self.known.ids.get(user) or self._uid(user)]

    def _again(self, user: User) -> None:
        if user in self.known.ids:
            self.known.weigh(user)

    # --- all of it --------------------------------------------------------------------------------

    def look(self, most: int) -> None:
        """Look at some users and channels, in turn: what nobody told is told now."""
        looked = 0
        for one in islice(self._looking, most):
            looked += 1
            if isinstance(one, User):
                self._look_at(one)
            elif self.known.roster.rooms.get(self.known.roster.fold(one.name)) is one:
                self._look_at_room(one)
        if looked < most:
            self._look_again()

    def _look_again(self) -> None:
        roster = self.known.roster
        for user in [one for one in self.users.values() if not one.since]:
            self._quit(user, "")
        self.known.left(self.known.rooms.keys())
        self._looking = chain([*roster.users.values()], [*roster.rooms.values()])

    def _look_at(self, user: User) -> None:
        if user.home or not user.since:
            return
        if user not in self.known.ids:
            self._uid(user)
        elif self.known.weigh(user):
            self.add("user", user_row(user, self.known.ids[user]))

    def _look_at_room(self, room: Room) -> None:
        if self.known.roster.fold(room.name) not in self.known.rooms:
            self._seen(room)
        elif self._changed_here(room):
            self.add("room", [*self.known.register(room)])

    def take(self) -> Message | None:
        """The next message of acts that wait; None when there is none."""
        if not self._out:
            return None
        taken = size = 0
        for _, length in self._out[:BATCH]:
            taken += 1
            size += length
            if size >= BATCH_SIZE:
                break
        acts = [act for act, _ in self._out[:taken]]
        del self._out[:taken]
        if any(act[0] != "say" for act in acts):
            self.n += 1
            return {"kind": "acts", "n": self.n, "acts": acts}
        return {"kind": "acts", "n": 0, "acts": acts}

    def portions(self) -> Iterator[Message]:
        """All rows, in messages; each is made when it is asked for, after all acts that waited were taken."""
        self._run += 1
        known, roster = self.known, self.known.roster
        uids, names, part = [*self.users], [*roster.rooms], 0
        for at in range(0, len(uids), PORTION):
            users = [(self.users.get(uid), uid) for uid in uids[at : at + PORTION]]
            yield self._portion(part, users=[user_row(user, uid) for user, uid in users if user is not None])
            part += 1
        for at in range(0, len(names), PORTION):
            rooms = [
                room for name in names[at : at + PORTION] if (room := roster.rooms.get(name)) is not None
            ]
            yield self._portion(part, rooms=[[*known.register(room)] for room in rooms])
            part += 1
        yield self._portion(part, end=True)

    def _portion(self, part: int, *, users: Any = (), rooms: Any = (), end: bool = False) -> Message:
        rows = {"users": [*users], "rooms": [*rooms]}
        return {"kind": "rows", "n": self.n, "run": self._run, "part": part, "end": end, **rows}

    def beat(self, seen: Mapping[str, int], busy: bool) -> Message:
        """What the others compare with what they have. ``seen``: how much we have heard of each."""
        sums = {"users": self.known.ledgers[self.known.me].total, "rooms": self.known.rooms.total}
        return {"kind": "beat", "n": self.n, "seen": dict(seen), "busy": busy, **sums}


def _act(what: str, uid: int, user: User, room: Room | None, said: Mapping[str, Any]) -> Act | None:
    """What is said in a few words; None: its whole row says it."""
    if what == "join" and room is not None:
        return [what, uid, room.name, room.members.get(user, ""), room.since]
    if what == "part":
        return [what, uid, said["channel"], said["text"]]
    if what == "host":
        return [what, uid, user.user, user.host]
    plain = {"nick": user.nick, "away": user.away, "account": user.account, "setname": user.realname}
    return [what, uid, plain[what]] if what in plain else None

"""How containers of one network agree on who is there: rows, weights, and who gives way. Pure.

A user is its container's alone: what that says of it holds, its channels and signs among it. What is agreed on of a
channel (:class:`Register`) anybody may change. As timestamps decide in networks of IRC:

- Of two users with one nick who came first (``since``) keeps it, at the same time whose container has the smaller id.
  The other is called ``nick_SUFFIX`` at once everywhere; its own container renames it, and that is told.
- Of two registers of one channel that of the older channel (``since``) holds, and members of the younger one lose
  their signs, each at its own container. Of one age the greater ``version`` holds, which every change adds to. Of one
  version both hold: all modes and entries, of two parameters the greater, of two topics the later.
- So all orders of the same registers end alike: merging is commutative, associative and idempotent.
- A container that is not heard of any more is split off: its users quit, and join when it is heard of again.
- What a container has of another is compared by sums of weights. Where they differ although both have heard the same,
  all of that container is told again, row by row, and what was not told is gone.
"""

from base64 import b32encode
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from interfaces.irc.gateway.roster import SIGNS, Entry, Room, User
from interfaces.irc.modes import Change

__all__ = [
    "Ledger",
    "Register",
    "changes",
    "first",
    "merged",
    "renamed",
    "sign_changes",
    "user_row",
    "weight",
]

SUFFIX: Final = 5
Lists = dict[str, dict[str, list[Any]]]


class Register(NamedTuple):
    """What is agreed on of a channel. ``lists``: letter → folded mask → [mask, by whom, when]."""

    name: str
    since: float
    version: int
    topic: str
    topic_by: str
    topic_at: float
    modes: dict[str, str]
    lists: Lists

    @classmethod
    def of(cls, room: Room, version: int) -> "Register":
        """That of ``room``."""
        lists = {letter: _entries(found) for letter, found in room.lists.items() if found}
        return cls(
            room.name, room.since, version, room.topic, room.topic_by, room.topic_at, dict(room.modes), lists
        )


def _entries(found: Mapping[str, Entry]) -> dict[str, list[Any]]:
    return {folded: [one.mask, one.by, one.at] for folded, one in found.items()}


# --- weights ---------------------------------------------------------------------------------------


def weight(*what: Any) -> int:
    """A number that is the same in all containers, and hardly that of anything else."""
    return int.from_bytes(blake2b(repr(what).encode("utf-8", "replace"), digest_size=8).digest())


def room_weight(one: Register) -> int:
    """That of what is agreed on of a channel."""
    lists = [(letter, sorted(map(tuple, found.values()))) for letter, found in sorted(one.lists.items())]
    topic = (one.topic, one.topic_by, float(one.topic_at))
    return weight(one.name, float(one.since), one.version, topic, sorted(one.modes.items()), lists)


class Ledger:
    """Weights of rows by their keys, and their sum; with each row the names of its channels."""

    def __init__(self) -> None:
        self.total: int = 0
        self._rows: dict[Any, tuple[int, tuple[str, ...]]] = {}

    def __repr__(self) -> str:
        return f"<Ledger of {len(self._rows)} rows: {self.total:x}>"

    def __contains__(self, key: Any) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def keys(self) -> list[Any]:
        """All of them."""
        return [*self._rows]

    def put(self, key: Any, weight: int, names: Iterable[str] = ()) -> bool:
        """Have the row; whether it is another than before."""
        was = self._rows.get(key)
        self._rows[key] = (weight, tuple(names))
        self._add(weight - (was[0] if was else 0))
        return was is None or was[0] != weight

    def drop(self, key: Any) -> tuple[str, ...]:
        """Have it no more: the names of its channels."""
        was = self._rows.pop(key, None)
        if was is None:
            return ()
        self._add(-was[0])
        return was[1]

    def _add(self, by: int) -> None:
        self.total = (self.total + by) & 0x7FFFFFFFFFFFFFFF


def user_row(user: User, uid: int) -> list[Any]:
    """All that is told of a user; of its channels name → [signs, since of the channel]."""
    rooms = {room.name: [room.members.get(user, ""), room.since] for room in user.rooms.values()}
    return [
        uid, user.nick, user.user, user.host, user.realname, user.account, user.away, user.modes, user.since, rooms
    ]  # fmt: skip


def user_weight(user: User, uid: int) -> int:
    """That of its row, without the ages of its channels."""
    rooms = sorted([(name, room.members.get(user, "")) for name, room in user.rooms.items()])
    who = user.nick, user.user, user.host, user.realname
    return weight(uid, who, user.account, user.away, user.modes, float(user.since), rooms)


# --- who gives way ---------------------------------------------------------------------------------


def first(since: float, home: str, other_since: float, other_home: str) -> bool:
    """Whether a user may keep its nick against another one."""
    return (since, home) < (other_since, other_home)


def renamed(nick: str, home: str, uid: int, most: int, tries: int = 0) -> str:
    """What a user is called who has to give way."""
    suffix = b32encode(blake2b(f"{home} {uid} {tries}".encode(), digest_size=5).digest()).decode().lower()
    return f"{nick[: max(1, most - SUFFIX - 1)]}_{suffix[:SUFFIX]}"


def merged(mine: Register, theirs: Register) -> Register:
    """The one that holds, in which both agree."""
    if mine.since != theirs.since:
        return min(mine, theirs, key=lambda one: one.since)
    if mine.version != theirs.version:
        return max(mine, theirs, key=lambda one: one.version)
    topic = max(_topic(mine), _topic(theirs))
    modes = {**theirs.modes}
    for letter, value in mine.modes.items():
        modes[letter] = max(value, modes.get(letter, ""), key=_number)
    lists: Lists = {letter: {**found} for letter, found in theirs.lists.items()}
    for letter, found in mine.lists.items():
        both = lists.setdefault(letter, {})
        for folded, said in found.items():
            both[folded] = max(
                [*said], both.get(folded, ["", "", 0.0]), key=lambda one: (one[2], one[1], one[0])
            )
    return Register(
        min(mine.name, theirs.name), mine.since, mine.version, topic[1], topic[2], topic[0], modes, lists
    )


def _topic(one: Register) -> tuple[float, str, str]:
    return one.topic_at, one.topic, one.topic_by


def _number(value: str) -> tuple[int, str]:
    return int(value) if value.isdecimal() else 0, value


# --- what that changes -----------------------------------------------------------------------------


def changes(room: Room, to: Register) -> list[Change]:
    """The changes of modes that make a channel so."""
    found = [Change("-", letter, value) for letter, value in room.modes.items() if letter not in to.modes]
    found += [Change("+", *one) for one in to.modes.items() if room.modes.get(one[0]) != one[1]]
    for letter in sorted({*room.lists, *to.lists}):
        has = {one.mask for one in room.lists.get(letter, {}).values()}
        gets = [one[0] for one in to.lists.get(letter, {}).values()]
        found += [Change("-", letter, mask) for mask in sorted(has - {*gets})]
        found += [Change("+", letter, mask) for mask in gets if mask not in has]
    return found


def sign_changes(room: Room, user: User, signs: str) -> list[Change]:
    """Those that give a member these signs, and no others."""
    has = room.members.get(user, "")
    found = [
        Change("-", letter, user.nick) for letter, sign in SIGNS.items() if sign in has and sign not in signs
    ]
    return found + [
        Change("+", letter, user.nick) for letter, sign in SIGNS.items() if sign in signs and sign not in has
    ]

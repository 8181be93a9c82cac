"""WHO, and WHOX."""

from collections.abc import Callable, Iterator
from typing import Final

from interfaces.irc.gateway.replies import refuse
from interfaces.irc.gateway.roster import Room, User
from interfaces.irc.gateway.rules import sees, sees_user
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line
from interfaces.irc.names import matcher
from interfaces.irc.numerics import RPL_ENDOFWHO, RPL_WHOREPLY, RPL_WHOSPCRPL

__all__ = ["TABLE"]

NO_ADDRESS: Final = "255.255.255.255"
_ALL: Final = ("", "0", "*")


def _who(client: Served, line: Line) -> None:
    flags, _, fields = line.param(1).partition("%")
    mask = line.param(0)
    answer = _long(fields) if fields else _short
    if "o" in flags:
        refuse(client, RPL_ENDOFWHO, mask or "*")  # nobody is an operator of the network
    else:
        client.waits.pour(_found(client, mask, answer))


def _found(client: Served, mask: str, answer: "Answer") -> Iterator[None]:
    roster = client.gateway.roster
    room, user = roster.room(mask), roster.present(mask)
    if mask.startswith("#"):
        yield from _room(client, room, answer)
    elif user is not None:
        answer(client, None, user)
    else:
        yield from _masked(client, mask, answer)
    refuse(client, RPL_ENDOFWHO, mask or "*")


def _room(client: Served, room: Room | None, answer: "Answer") -> Iterator[None]:
    viewer = client.user
    if room is None or not sees(room, viewer):
        return
    inside = viewer in room.members
    for user in [*room.members]:
        if user in room.members and (inside or sees_user(user, viewer)):
            answer(client, room, user)
        yield


def _masked(client: Served, mask: str, answer: "Answer") -> Iterator[None]:
    gateway, viewer = client.gateway, client.user
    matches = None if mask in _ALL else matcher(mask, gateway.roster.fold)
    for user in [*gateway.roster.users.values()]:
        if user.since and sees_user(user, viewer) and (matches is None or _matches(user, matches)):
            answer(client, None, user)
        yield


def _matches(user: User, matches: Callable[[str], bool]) -> bool:
    return any(map(matches, (user.nick, user.user, user.host, user.realname)))


# --- the lines -------------------------------------------------------------------------------------

Answer = Callable[[Served, Room | None, User], None]


def _short(client: Served, room: Room | None, user: User) -> None:
    server = client.gateway.name
    where = room.name if room is not None else "*"
    flags = _flags(client, room, user)
    said = f"{_hops(user)} {user.realname}"
    client.numeric(RPL_WHOREPLY, where, user.user, user.host, server, user.nick, flags, said)


def _long(said: str) -> Answer:
    """Fields of WHOX, in the order that they always have."""
    fields, _, token = said.partition(",")
    token = token if token.isdecimal() and len(token) <= 3 else "0"
    wanted = [letter for letter in _FIELDS if letter in fields]

    def answer(client: Served, room: Room | None, user: User) -> None:
        words = [token if letter == "t" else _FIELDS[letter](client, room, user) for letter in wanted]
        client.numeric(RPL_WHOSPCRPL, *words)

    return answer


def _flags(client: Served, room: Room | None, user: User) -> str:
    signs = room.members.get(user, "") if room is not None else ""
    most = 2 if "multi-prefix" in client.caps else 1
    return f"{'G' if user.away else 'H'}{signs[:most]}{'B' if 'B' in user.modes else ''}"


def _hops(user: User) -> str:
    return "0" if user.client is not None else "1"


def _idle(client: Served, room: Room | None, user: User) -> str:
    return str(int(client.gateway.clock() - user.spoke)) if user.client is not None else "0"


_FIELDS: Final[dict[str, Callable[[Served, Room | None, User], str]]] = {
    "t": lambda client, room, user: "0",
    "c": lambda client, room, user: room.name if room is not None else "*",
    "u": lambda client, room, user: user.user,
    "i": lambda client, room, user: NO_ADDRESS,
    "h": lambda client, room, user: user.host,
    "s": lambda client, room, user: client.gateway.name,
    "n": lambda client, room, user: user.nick,
    "f": _flags,
    "d": lambda client, room, user: _hops(user),
    "l": _idle,
    "a": lambda client, room, user: user.account or "0",
    "o": lambda client, room, user: "n/a",
    "r": lambda client, room, user: user.realname,
}

TABLE = {"WHO": (_who, 0)}

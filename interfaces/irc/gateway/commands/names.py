"""Who is in a channel, and which channels there are: NAMES, LIST."""

from collections.abc import Callable, Iterator
from typing import Final

from interfaces.irc.gateway.replies import refuse, room_for
from interfaces.irc.gateway.roster import Room, User
from interfaces.irc.gateway.rules import sees, sees_user
from interfaces.irc.gateway.served import Served
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.line import Line
from interfaces.irc.names import matcher
from interfaces.irc.numerics import (
    RPL_ENDOFNAMES,
    RPL_LIST,
    RPL_LISTEND,
    RPL_LISTSTART,
    RPL_NAMREPLY,
    text_of,
)
from interfaces.irc.texts import packed

__all__ = ["TABLE", "names"]

CHUNK: Final = 50
"""Members in one step of a long answer."""
Filter = Callable[[Room], bool]


# --- NAMES -----------------------------------------------------------------------------------------


def _names(client: Served, line: Line) -> None:
    if not line.params:
        client.waits.pour(_everybody(client))
        return
    for name in filter(None, line.params[0].split(",")):
        room = client.gateway.roster.room(name)
        if room is not None and sees(room, client.user):
            names(client, room)
        else:
            refuse(client, RPL_ENDOFNAMES, name)


def names(client: Served, room: Room) -> None:
    """The members of a channel, those that are not invisible to the client."""
    client.waits.pour(_whole(client, room))


def _whole(client: Served, room: Room) -> Iterator[None]:
    yield from _members(client, room)
    refuse(client, RPL_ENDOFNAMES, room.name)


def _everybody(client: Served) -> Iterator[None]:
    """The members of all channels that there are, as far as the client sees them; who is in none is not told."""
    for room in [*client.gateway.roster.rooms.values()]:
        if sees(room, client.user):
            yield from _members(client, room)
    refuse(client, RPL_ENDOFNAMES, "*")


def _members(client: Served, room: Room) -> Iterator[None]:
    """Each step writes whole lines, of those who are there then."""
    words = ["@" if "s" in room.modes else "=", room.name]
    space = room_for(client, *words)
    members = [*room.members]
    for place in range(0, len(members), CHUNK):
        for text in packed(_tokens(client, room, members[place : place + CHUNK]), space):
            client.numeric(RPL_NAMREPLY, *words, text)
        yield


def _tokens(client: Served, room: Room, users: list[User]) -> Iterator[str]:
    most = 2 if "multi-prefix" in client.caps else 1
    whole = "userhost-in-names" in client.caps
    viewer = client.user
    inside = viewer in room.members
    for user in users:
        signs = room.members.get(user)
        if signs is not None and (inside or sees_user(user, viewer)):
            yield signs[:most] + (user.source if whole else user.nick)


# --- LIST ------------------------------------------------------------------------------------------


def _list(client: Served, line: Line) -> None:
    said = [one for one in line.param(0).split(",") if one]
    client.waits.pour(_rooms(client, said))


def _rooms(client: Served, said: list[str]) -> Iterator[None]:
    gateway, viewer = client.gateway, client.user
    client.numeric(RPL_LISTSTART, "Channel", text_of(RPL_LISTSTART))
    exact = [one for one in said if one.startswith("#") and "*" not in one and "?" not in one]
    if exact:
        rooms = [*dict.fromkeys(room for name in exact if (room := gateway.roster.room(name)))]
    else:
        rooms = [*gateway.roster.rooms.values()]
    wanted = [_filter(gateway, one) for one in said if one not in exact]
    for room in rooms:
        if room.members and sees(room, viewer) and all(fits(room) for fits in wanted):
            client.numeric(RPL_LIST, room.name, str(len(room.members)), room.topic)
        yield
    client.numeric(RPL_LISTEND, text_of(RPL_LISTEND))


def _filter(gateway: Gateway, said: str) -> Filter:
    """A condition, as ELIST tells them: age, mask, mask that does not fit, age of the topic, members."""
    letter, rest = (said[0], said[1:]) if said[0] in "CT" and said[1:2] in ("<", ">") else ("U", said)
    if rest[0] in "<>" and rest[1:].isdecimal():
        return _compared(gateway, letter, rest[0], int(rest[1:10]))
    if said.startswith("!"):
        unwanted = matcher(said[1:], gateway.roster.fold)
        return lambda room: not unwanted(room.name)
    wanted = matcher(said, gateway.roster.fold)
    return lambda room: wanted(room.name)


def _compared(gateway: Gateway, letter: str, sign: str, most: int) -> Filter:
    now = gateway.clock()

    def fits(room: Room) -> bool:
        if letter == "U":
            value = float(len(room.members))
        elif letter == "C":
            value = (now - room.since) / 60
        elif room.topic:
            value = (now - room.topic_at) / 60
        else:
            return False
        return value < most if sign == "<" else value > most

    return fits


TABLE = {"NAMES": (_names, 0), "LIST": (_list, 0)}

"""What changes who is there, and who is told of it: the same for our clients' doing and for that of other containers.

Whom something happens to hears of it with all who share a channel; a link, where there is one, tells the other containers what users of ours did.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from interfaces.irc.gateway.roster import Room, User
from interfaces.irc.gateway.saying import Said
from interfaces.irc.gateway.service import Gateway

__all__ = ["enter", "leave", "quitted", "renamed", "to_room", "to_users"]


def to_room(room: Room, said: Said, but: User | None = None) -> None:
    """To the members that are connected here."""
    for user in room.members:
        client = user.client
        if client is not None and user is not but:
            client.put(said.line(client.bits))


def to_users(users: Iterable[User], said: Said, but: User | None = None) -> None:
    """To those of ``users`` that are connected here."""
    for user in users:
        client = user.client
        if client is not None and user is not but:
            client.put(said.line(client.bits))


def enter(gateway: Gateway, user: User, room: Room, signs: str = "") -> None:
    """``user`` joins: its members hear of it, it too."""
    gateway.roster.enter(user, room, signs)
    short = gateway.said(user.source, "JOIN", [room.name], account=user.account)
    long: Said | None = None
    for member in room.members:
        client = member.client
        if client is None:
            continue
        if client.extended_join:
            if long is None:
                words = [room.name, user.account or "*", user.realname]
                long = gateway.said(user.source, "JOIN", words, account=user.account)
            client.put(long.line(client.bits))
        else:
            client.put(short.line(client.bits))
    _linked(gateway, user, "join", channel=room.name, signs=signs, since=room.since)


def leave(gateway: Gateway, user: User, room: Room, text: str = "") -> None:
    """``user`` parts."""
    words = [room.name, text] if text else [room.name]
    to_room(room, gateway.said(user.source, "PART", words, account=user.account))
    gateway.roster.leave(user, room)
    _linked(gateway, user, "part", channel=room.name, text=text)


def renamed(gateway: Gateway, user: User, nick: str) -> bool:
    """``user`` is called otherwise; False when somebody else is called so."""
    said = gateway.said(user.source, "NICK", [nick], account=user.account)
    old = user.nick
    if not gateway.roster.rename(user, nick):
        return False
    to_users(gateway.roster.near(user), said)
    _linked(gateway, user, "nick", old=old)
    return True


def quitted(gateway: Gateway, user: User, text: str) -> None:
    """``user`` is gone."""
    said = gateway.said(user.source, "QUIT", [text], account=user.account)
    near = gateway.roster.near(user)
    gateway.roster.remove(user)
    to_users(near, said, but=user)
    _linked(gateway, user, "quit", text=text)


def _linked(gateway: Gateway, user: User, what: str, **said: Any) -> None:
    if gateway.link is not None and user.client is not None:
        gateway.link.tell(what, user, said)

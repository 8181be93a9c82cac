"""To whom something is told: lines for members, and what other containers hear of ours."""

from collections.abc import Iterable
from typing import Any, Final

from interfaces.irc.gateway.roster import Room, User
from interfaces.irc.gateway.saying import Said
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.texts import clipped
from interfaces.irc.texts import room as octets

__all__ = ["By", "line", "linked", "speech", "to_able", "to_room", "to_users"]

By = User | str
"""Who did it: a user, or a server by its name."""
_BOT: Final = {"bot": ""}
_NONE: Final[dict[str, str]] = {}


def to_room(room: Room, said: Said, but: User | None = None) -> None:
    """To the members that are connected here."""
    to_users(room.members, said, but)


def to_users(users: Iterable[User], said: Said, but: User | None = None) -> None:
    """To those of ``users`` that are connected here."""
    for user in users:
        client = user.client
        if client is not None and user is not but:
            client.put(said.line(client.bits))


def to_able(users: Iterable[User], said: Said, cap: str, but: User | None = None) -> None:
    """As :func:`to_users`, to those who have agreed on the capability ``cap``."""
    for user in users:
        client = user.client
        if client is not None and user is not but and cap in client.caps:
            client.put(said.line(client.bits))


def line(gateway: Gateway, by: By, command: str, *words: str) -> Said:
    """A line to several."""
    if isinstance(by, str):
        return gateway.said(by, command, words)
    tags = _BOT if "B" in by.modes else _NONE
    return gateway.said(by.source, command, words, tags=tags, account=by.account)


def speech(gateway: Gateway, by: By, command: str, target: str, text: str) -> Said:
    """A line with a text, which loses what there is no room for. ``target``: all before the text."""
    source = by if isinstance(by, str) else by.source
    return line(gateway, by, command, *target.split(), clipped(text, octets(command, target, source)))


def linked(gateway: Gateway, by: By, what: str, **said: Any) -> None:
    """Tell the other containers, where it is ours that did it."""
    link = gateway.link
    if link is None:
        return
    if isinstance(by, str):
        if by == gateway.name:
            link.tell(what, None, said)
    elif by.client is not None:
        link.tell(what, by, said)

"""What is done here since it was done in another container, in the roster alone; nobody is told. Pure."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from interfaces.irc.gateway.changing import change_room, change_user
from interfaces.irc.gateway.roster import Room, Roster, User
from interfaces.irc.modes import Change

__all__ = ["Deeds"]


class Deeds:
    """Does it in a roster; who also tells the clients here extends it. ``by`` is None for a server."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster

    def __repr__(self) -> str:
        return f"<{type(self).__name__} in {self.roster!r}>"

    def batch(self, _kind: str, _home: str) -> AbstractContextManager[None]:
        """What is done inside is a netsplit, or a netjoin."""
        return nullcontext()

    def arrive(self, user: User, since: float) -> None:
        """Somebody came, whose nick is free."""
        self.roster.add(user)
        self.roster.arrive(user, since)

    def quit(self, user: User, _text: str) -> None:
        """Somebody is gone."""
        self.roster.remove(user)

    def rename(self, user: User, nick: str) -> None:
        """Somebody is called otherwise; nobody is called so."""
        self.roster.rename(user, nick)

    def enter(self, user: User, room: Room) -> None:
        """Somebody joins."""
        self.roster.enter(user, room)

    def leave(self, user: User, room: Room, _text: str) -> None:
        """Somebody parts."""
        self.roster.leave(user, room)

    def kick(self, _by: User | None, user: User, room: Room, _text: str) -> None:
        """Somebody is put out."""
        self.roster.leave(user, room)

    def mode(self, by: User | None, room: Room, changes: list[Change]) -> None:
        """Modes of a channel change."""
        for change in changes:
            change_room(self.roster, room, change, by.source if by else "", 0.0)

    def topic(self, _by: User | None, room: Room, text: str) -> None:
        """A channel has another topic."""
        room.topic = text

    def user_mode(self, user: User, changes: list[Change]) -> None:
        """Modes of a user change."""
        for change in changes:
            change_user(self.roster, user, change)

    def invite(self, _by: User | None, user: User, room: Room, lifts: bool) -> None:
        """Somebody is invited."""
        if lifts:
            user.invites[room] = None

    def away(self, user: User, text: str | None) -> None:
        """Somebody is away, or back."""
        user.away = text

    def account(self, user: User, name: str | None) -> None:
        """Somebody has logged in, or out."""
        user.account = name

    def setname(self, user: User, realname: str) -> None:
        """Somebody has another real name."""
        user.realname = realname

    def rehost(self, user: User, name: str, host: str) -> None:
        """Somebody has another user name or host."""
        user.user, user.host = name, host
        user.named(user.nick)

    def say(self, said: list[Any]) -> None:
        """Somebody said something."""

"""What was done in another container, done here as well, and told to those of our clients whom it concerns."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from interfaces.irc.gateway import actions
from interfaces.irc.gateway.hearers import line, speech, to_able
from interfaces.irc.gateway.linked_deeds import Deeds
from interfaces.irc.gateway.relaying import relay
from interfaces.irc.gateway.replies import shown, told
from interfaces.irc.gateway.roster import Room, User
from interfaces.irc.gateway.saying import MESSAGE_TAGS, Message, Said
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.line import form
from interfaces.irc.modes import Change

__all__ = ["Shown"]


class _Batch:
    """Lines of one netsplit or netjoin; who has no batches gets them without."""

    def __init__(self, gateway: Gateway, kind: str, home: str) -> None:
        self.reference = gateway.msgid()
        self.server = gateway.name
        self.words = [kind, gateway.name, f"{home}.{gateway.name}"]
        self.opened: dict[Any, None] = {}
        self._said: Said | None = None
        self._tagged: Said | None = None

    def put(self, client: Any, said: Said) -> None:
        """Write a line of it."""
        if "batch" not in client.caps or not client.bits & MESSAGE_TAGS:
            client.put(said.line(client.bits))
            return
        if client not in self.opened:
            self.opened[client] = None
            client.put(form("BATCH", [f"+{self.reference}", *self.words], self.server))
        if said is not self._said or self._tagged is None:
            self._said = said
            self._tagged = Said(said.body, said.now, said.account, {**said.tags, "batch": self.reference})
        client.put(self._tagged.line(client.bits))

    def close(self) -> None:
        """It is complete."""
        for client in self.opened:
            client.put(form("BATCH", [f"-{self.reference}"], self.server))


class Shown(Deeds):
    """Does it by :mod:`interfaces.irc.gateway.actions`."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway.roster)
        self.gateway = gateway
        self._batch: _Batch | None = None

    @contextmanager
    def batch(self, kind: str, home: str) -> Iterator[None]:
        """What is done inside is a netsplit, or a netjoin, of the container ``home``."""
        self._batch = batch = _Batch(self.gateway, kind, home)
        try:
            yield
        finally:
            self._batch = None
            batch.close()

    # --- users ------------------------------------------------------------------------------------

    def arrive(self, user: User, since: float) -> None:
        """Somebody came, whose nick is free."""
        self.roster.add(user)
        actions.arrived(self.gateway, user, since)

    def quit(self, user: User, text: str) -> None:
        """Somebody is gone."""
        if self._batch is not None:
            said = speech(self.gateway, user, "QUIT", "", text)
            for near in self.roster.near(user):
                if near.client is not None:
                    self._batch.put(near.client, said)
            for room in [*user.rooms.values()]:
                self.roster.leave(user, room)  # so that nobody is near who would be told once more
        actions.quitted(self.gateway, user, text)

    def rename(self, user: User, nick: str) -> None:
        """Somebody is called otherwise; one of ours, who has to, is told, and its application."""
        source = user.says()
        actions.renamed(self.gateway, user, nick)
        if user.client is not None:
            told(user.client, "irc.nick", source=source, new_nick=nick, is_self=True)

    def away(self, user: User, text: str | None) -> None:
        """Somebody is away, or back."""
        actions.away(self.gateway, user, text)

    def account(self, user: User, name: str | None) -> None:
        """Somebody has logged in, or out."""
        actions.account(self.gateway, user, name)

    def setname(self, user: User, realname: str) -> None:
        """Somebody has another real name."""
        actions.setname(self.gateway, user, realname)

    def rehost(self, user: User, name: str, host: str) -> None:
        """Somebody has another user name or host."""
        actions.rehosted(self.gateway, user, name, host)

    def user_mode(self, user: User, changes: list[Change]) -> None:
        """Modes of a user change."""
        actions.user_moded(self.gateway, self.gateway.name, user, changes)

    # --- channels ---------------------------------------------------------------------------------

    def enter(self, user: User, room: Room) -> None:
        """Somebody joins."""
        if self._batch is None:
            actions.enter(self.gateway, user, room)
            return
        self.roster.enter(user, room)
        short = line(self.gateway, user, "JOIN", room.name)
        words = f"{room.name} {shown(user.account or '*')}"
        long = speech(self.gateway, user, "JOIN", words, user.realname)
        for member in room.members:
            if member.client is not None:
                self._batch.put(member.client, long if member.client.extended_join else short)
        if user.away:
            to_able(room.members, speech(self.gateway, user, "AWAY", "", user.away), "away-notify", but=user)

    def leave(self, user: User, room: Room, text: str) -> None:
        """Somebody parts."""
        actions.leave(self.gateway, user, room, text)

    def kick(self, by: User | None, user: User, room: Room, text: str) -> None:
        """Somebody is put out."""
        actions.kicked(self.gateway, by or self.gateway.name, user, room, text)

    def mode(self, by: User | None, room: Room, changes: list[Change]) -> None:
        """Modes of a channel change."""
        actions.moded(self.gateway, by or self.gateway.name, room, changes)

    def topic(self, by: User | None, room: Room, text: str) -> None:
        """A channel has another topic."""
        actions.topic(self.gateway, by or self.gateway.name, room, text)

    def invite(self, by: User | None, user: User, room: Room, lifts: bool) -> None:
        """Somebody is invited."""
        actions.invited(self.gateway, by or self.gateway.name, user, room, lifts)

    # --- what is said -----------------------------------------------------------------------------

    def say(self, said: list[Any]) -> None:
        """Somebody said something."""
        relay(self.gateway, Message(*said))

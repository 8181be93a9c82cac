"""What an application has its client do: join, part, topic, kick, mode, nick, away, invite; and its answers to a JOIN.

It is done as if the client had, but nobody is asked whether it may. The application is not told what it did itself.
"""

from collections.abc import Callable, Mapping
from typing import Final

from interfaces.irc.gateway import actions
from interfaces.irc.gateway.commands.channels import show_topic
from interfaces.irc.gateway.commands.joining import enter, is_name
from interfaces.irc.gateway.replies import refuse
from interfaces.irc.gateway.roster import Room, User
from interfaces.irc.gateway.rules import AWAY, LISTS, is_key, is_limit, normal
from interfaces.irc.gateway.served import Served
from interfaces.irc.gateway.waits import Asked
from interfaces.irc.modes import Change, read_plain
from interfaces.irc.names import is_nick
from interfaces.irc.numerics import ERR_INVITEONLYCHAN, ERR_TOOMANYCHANNELS, RPL_NOWAWAY, RPL_UNAWAY, text_of
from interfaces.irc.texts import clipped
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError

__all__ = ["WORDS", "accepted", "rejected"]


# --- the answers to a JOIN -------------------------------------------------------------------------


def accepted(client: Served, event: Event) -> None:
    """irc.accept with a channel; nothing happens where nobody has asked, or not any more."""
    client.waits.answer(_channel(event), lambda asked: _enter(client, asked, event.get("topic")))


def _enter(client: Served, asked: Asked, text: str | None) -> None:
    room = client.gateway.roster.room(asked.channel)
    if room is None or client.user not in room.members:
        if len(client.user.rooms) >= client.gateway.options.joined:  # of several that were asked for at once
            refuse(client, ERR_TOOMANYCHANNELS, asked.channel)
            return
        room = enter(client, asked.channel)
    if text is not None:
        _set_topic(client, room, text)


def rejected(client: Served, event: Event) -> None:
    """irc.reject with a channel: 473 unless another code is given."""
    code = f"{event.get('code') or ERR_INVITEONLYCHAN:03}"
    text = event.get("text") or text_of(code) or "Cannot join channel"
    client.waits.answer(_channel(event), lambda asked: client.numeric(code, asked.channel, text))


# --- what it does ----------------------------------------------------------------------------------


def _join(client: Served, event: Event) -> None:
    name = _channel(event)
    gateway = client.gateway
    if client.waits.asks(name):
        accepted(client, {"type": "irc.accept", "channel": name})
        return
    room = gateway.roster.room(name)
    if room is None:
        if not is_name(gateway, name):
            raise ApplicationError(f"irc.join: {name!r} is no name of a channel here")
        if len(gateway.roster.rooms) >= gateway.options.channels:
            raise ApplicationError("irc.join: there are as many channels as may be (--irc-channels)")
    if room is None or client.user not in room.members:
        enter(client, name)


def _part(client: Served, event: Event) -> None:
    room = _room(client, event)
    if client.user in room.members:
        actions.leave(client.gateway, client.user, room, event.get("text") or "")


def _topic(client: Served, event: Event) -> None:
    room, text = _room(client, event), event.get("text")
    if text is not None:
        _set_topic(client, room, text)
    elif room.topic:
        show_topic(client, room)


def _set_topic(client: Served, room: Room, text: str) -> None:
    most = client.gateway.options.topic_length
    actions.topic(client.gateway, client.user, room, clipped(text, most))


def _kick(client: Served, event: Event) -> None:
    room, user = _room(client, event), _target(client, event)
    if user not in room.members:
        raise ApplicationError(f"irc.kick: {user.nick} is not in {room.name}")
    actions.kicked(client.gateway, client.user, user, room, event.get("text") or "")


def _mode(client: Served, event: Event) -> None:
    gateway, target = client.gateway, str(event.get("target", ""))
    room = gateway.roster.room(target)
    changes = read_plain(event.get("modes"))
    if room is not None:
        actions.moded(gateway, client.user, room, [_of_room(one) for one in changes])
        return
    actions.user_moded(gateway, client.user, _target(client, event), changes)


def _of_room(change: Change) -> Change:
    sign, letter, arg = change
    if letter in LISTS:
        change = Change(sign, letter, normal(arg))
    fits = {"k": is_key, "l": is_limit}.get(letter) if sign == "+" else None
    if (fits is not None and not fits(arg)) or (letter in LISTS and not change.arg):
        raise ApplicationError(f"irc.mode: {arg!r} is no parameter of {sign}{letter}")
    return change


def _nick(client: Served, event: Event) -> None:
    gateway, nick = client.gateway, str(event.get("nick", ""))
    if not is_nick(nick, gateway.options.nick_length):
        raise ApplicationError(f"irc.nick: nobody may be called {nick!r}")
    if not actions.renamed(gateway, client.user, nick):
        raise ApplicationError(f"irc.nick: somebody is called {nick} already")


def _away(client: Served, event: Event) -> None:
    text = event.get("text")
    actions.away(client.gateway, client.user, clipped(text, AWAY) if text else None)
    refuse(client, RPL_NOWAWAY if text else RPL_UNAWAY)


def _invite(client: Served, event: Event) -> None:
    room, user = _room(client, event), _target(client, event)
    if user not in room.members:
        actions.invited(client.gateway, client.user, user, room)


def _channel(event: Event) -> str:
    name = event.get("channel")
    if not name or not isinstance(name, str):
        raise ApplicationError(f"{event['type']} needs a channel")
    return name


def _room(client: Served, event: Event) -> Room:
    name = _channel(event)
    room = client.gateway.roster.room(name)
    if room is None:
        raise ApplicationError(f"{event['type']}: there is no channel {name}")
    return room


def _target(client: Served, event: Event) -> User:
    nick = str(event.get("target", ""))
    user = client.gateway.roster.present(nick)
    if user is None:
        raise ApplicationError(f"{event['type']}: nobody is called {nick!r}")
    return user


def _registered(do: Callable[[Served, Event], None]) -> Callable[[Served, Event], None]:
    def checked(client: Served, event: Event) -> None:
        if client.registration is not None:
            raise ApplicationError(f"{event['type']}: answer irc.connect first, by irc.accept")
        do(client, event)

    return checked


WORDS: Final[Mapping[str, Callable[[Served, Event], None]]] = {
    f"irc.{name}": _registered(do)
    for name, do in (
        ("join", _join),
        ("part", _part),
        ("topic", _topic),
        ("kick", _kick),
        ("mode", _mode),
        ("nick", _nick),
        ("away", _away),
        ("invite", _invite),
    )
}
"""Type → who does it."""

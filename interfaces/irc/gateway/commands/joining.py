"""JOIN: at once, or when the application has said yes.

Of a JOIN that the application is asked about (``ask_joins``) all that comes after it waits: a client that joins and
talks at once is neither refused nor overtaken by itself.
"""

from typing import Final

from interfaces.irc.gateway import actions
from interfaces.irc.gateway.commands.channels import part, show_topic
from interfaces.irc.gateway.commands.names import names
from interfaces.irc.gateway.replies import did, refuse
from interfaces.irc.gateway.roster import Room
from interfaces.irc.gateway.rules import why_not_join
from interfaces.irc.gateway.served import Served
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.line import Line
from interfaces.irc.names import is_channel
from interfaces.irc.numerics import ERR_NOSUCHCHANNEL, ERR_TOOMANYCHANNELS, ERR_UNAVAILRESOURCE

__all__ = ["TABLE", "enter", "is_name", "opened"]

NAME: Final = 200
"""Octets of the name of a channel."""


def _join(client: Served, line: Line) -> None:
    if line.params[0] == "0":
        for room in list(client.user.rooms.values()):
            part(client, line, room, "")
        return
    keys = line.param(1).split(",")
    for place, name in enumerate(line.params[0].split(",")):
        if name:
            _try(client, line, name, keys[place] if place < len(keys) else "")


def _try(client: Served, line: Line, name: str, key: str) -> None:
    gateway, user = client.gateway, client.user
    room = gateway.roster.room(name)
    if room is not None and (user in room.members or client.waits.asks(room.name)):
        return
    code = _why_not(client, room, name, key)
    if code:
        refuse(client, code, name)
    elif not gateway.options.ask_joins:
        room = enter(client, name)
        did(client, line, "irc.join", channel=room.name, key=key, realname=user.realname, is_self=True)
    elif client.waits.ask(name, key):
        did(client, line, "irc.join", channel=name, key=key, realname=user.realname, asked=True, is_self=True)


def _why_not(client: Served, room: Room | None, name: str, key: str) -> str:
    """The numeric that keeps a client out."""
    gateway = client.gateway
    options = gateway.options
    if room is None and not is_name(gateway, name):
        return ERR_NOSUCHCHANNEL
    if len(client.user.rooms) >= options.joined:
        return ERR_TOOMANYCHANNELS
    if room is None:
        return ERR_UNAVAILRESOURCE if len(gateway.roster.rooms) >= options.channels else ""
    return why_not_join(room, client.user, key)


def is_name(gateway: Gateway, name: str) -> bool:
    """Whether a channel may be called so."""
    return (
        is_channel(name, "#", gateway.options.channel_length) and len(name.encode(errors="replace")) <= NAME
    )


def opened(gateway: Gateway, name: str) -> Room:
    """The channel of this name; a new one has modes n and, where there are operators, t."""
    return gateway.roster.open(name, gateway.clock(), "nt" if gateway.options.operators else "n")


def enter(client: Served, name: str) -> Room:
    """Have a client in the channel, whatever its modes, and tell it what is to be known of it."""
    gateway = client.gateway
    room = opened(gateway, name)
    first = not room.members
    actions.enter(gateway, client.user, room, "@" if first and gateway.options.operators else "")
    if room.topic:
        show_topic(client, room)
    if "draft/no-implicit-names" not in client.caps:
        names(client, room)
    return room


TABLE = {"JOIN": (_join, 1)}

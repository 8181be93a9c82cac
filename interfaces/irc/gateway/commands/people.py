"""Who somebody is: WHOIS, WHOWAS, ISON, USERHOST."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from interfaces.irc.gateway.replies import refuse, room_for
from interfaces.irc.gateway.roster import User
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line
from interfaces.irc.numerics import (
    ERR_NONICKNAMEGIVEN,
    ERR_NOSUCHNICK,
    ERR_WASNOSUCHNICK,
    RPL_AWAY,
    RPL_ENDOFWHOIS,
    RPL_ENDOFWHOWAS,
    RPL_ISON,
    RPL_USERHOST,
    RPL_WHOISACCOUNT,
    RPL_WHOISACTUALLY,
    RPL_WHOISBOT,
    RPL_WHOISCHANNELS,
    RPL_WHOISIDLE,
    RPL_WHOISSECURE,
    RPL_WHOISSERVER,
    RPL_WHOISUSER,
    RPL_WHOWASUSER,
    text_of,
)
from interfaces.irc.texts import packed

__all__ = ["TABLE"]

HOSTS: Final = 5
"""Nicks in one USERHOST."""


# --- WHOIS -----------------------------------------------------------------------------------------


def _whois(client: Served, line: Line) -> None:
    nick = (line.params[1] if len(line.params) > 1 else line.params[0]).split(",")[0]
    user = client.gateway.roster.present(nick)
    if not nick:
        refuse(client, ERR_NONICKNAMEGIVEN)
        return
    if user is None:
        refuse(client, ERR_NOSUCHNICK, nick)
    else:
        _about(client, user)
        _presence(client, user)
        nick = user.nick
    refuse(client, RPL_ENDOFWHOIS, nick)


def _about(client: Served, user: User) -> None:
    gateway, nick = client.gateway, user.nick
    client.numeric(RPL_WHOISUSER, nick, user.user, user.host, "*", user.realname)
    for text in packed(_channels(client.user, user), room_for(client, nick)):
        client.numeric(RPL_WHOISCHANNELS, nick, text)
    client.numeric(RPL_WHOISSERVER, nick, gateway.name, f"{gateway.options.network} server")
    if user.account is not None:
        client.numeric(RPL_WHOISACCOUNT, nick, user.account, text_of(RPL_WHOISACCOUNT))
    if "B" in user.modes:
        refuse(client, RPL_WHOISBOT, nick)


def _channels(viewer: User, user: User) -> Iterator[str]:
    """Those that the viewer may know of, with the strongest sign of the user there."""
    open_to_all = "i" not in user.modes or user is viewer
    for room in user.rooms.values():
        if viewer in room.members or (open_to_all and "s" not in room.modes):
            yield f"{room.members.get(user, '')[:1]}{room.name}"


def _presence(client: Served, user: User) -> None:
    nick, other = user.nick, user.client
    if other is not None and other.secure is not None:
        refuse(client, RPL_WHOISSECURE, nick)
    if other is client and client.address:
        address = client.address
        shown = f"0{address}" if address.startswith(":") else address
        client.numeric(RPL_WHOISACTUALLY, nick, shown, text_of(RPL_WHOISACTUALLY))
    if user.away:
        client.numeric(RPL_AWAY, nick, user.away)
    if other is not None:
        idle = int(client.gateway.clock() - user.spoke)
        client.numeric(RPL_WHOISIDLE, nick, str(idle), str(int(user.since)), text_of(RPL_WHOISIDLE))


# --- WHOWAS, ISON, USERHOST ------------------------------------------------------------------------


def _whowas(client: Served, line: Line) -> None:
    nick = line.params[0].split(",")[0]
    count = line.param(1)
    gateway = client.gateway
    found = gateway.roster.past.find(nick, int(count[:4]) if count.isdecimal() else 0)
    for was in found:
        client.numeric(RPL_WHOWASUSER, was.nick, was.user, was.host, "*", was.realname)
        when = datetime.fromtimestamp(was.at, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        client.numeric(RPL_WHOISSERVER, was.nick, gateway.name, when)
    if not found:
        refuse(client, ERR_WASNOSUCHNICK, nick)
    refuse(client, RPL_ENDOFWHOWAS, nick)


def _ison(client: Served, line: Line) -> None:
    roster = client.gateway.roster
    nicks = " ".join(line.params).split()
    found = [user.nick for nick in nicks if (user := roster.present(nick))]
    for text in [*packed(found, room_for(client))] or [""]:
        client.numeric(RPL_ISON, text)


def _userhost(client: Served, line: Line) -> None:
    roster = client.gateway.roster
    found = [
        f"{user.nick}={'-' if user.away else '+'}{user.user}@{user.host}"
        for nick in " ".join(line.params).split()[:HOSTS]
        if (user := roster.present(nick))
    ]
    for text in [*packed(found, room_for(client))] or [""]:
        client.numeric(RPL_USERHOST, text)


TABLE = {"WHOIS": (_whois, 1), "WHOWAS": (_whowas, 1), "ISON": (_ison, 1), "USERHOST": (_userhost, 1)}

"""Commands before and during registration: PASS, NICK, USER, PING, QUIT.

modern.ircdocs.horse, "Connection Messages".
"""

from interfaces.irc.gateway.actions import renamed
from interfaces.irc.gateway.replies import did, refuse
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line
from interfaces.irc.names import is_nick
from interfaces.irc.numerics import (
    ERR_ALREADYREGISTERED,
    ERR_ERRONEUSNICKNAME,
    ERR_NEEDMOREPARAMS,
    ERR_NICKNAMEINUSE,
    ERR_NONICKNAMEGIVEN,
    ERR_NOORIGIN,
)

__all__ = ["TABLE"]


def _pass(client: Served, line: Line) -> None:
    if client.registration is None:
        client.fault(ERR_ALREADYREGISTERED)
    else:
        client.registration.password = line.params[0]


def _nick(client: Served, line: Line) -> None:
    nick = line.param(0)
    gateway, user = client.gateway, client.user
    if not nick:
        client.fault(ERR_NONICKNAMEGIVEN)
    elif not is_nick(nick, gateway.options.nick_length):
        refuse(client, ERR_ERRONEUSNICKNAME, nick)
    elif gateway.is_own(nick):
        refuse(client, ERR_NICKNAMEINUSE, nick)
    elif client.registration is not None:
        if gateway.roster.rename(user, nick):
            client.registration.nick = nick
            client.registration.go()
        else:
            refuse(client, ERR_NICKNAMEINUSE, nick)
    elif nick != user.nick:
        before = user.says()
        if renamed(gateway, user, nick):
            did(client, line, "irc.nick", source=before, new_nick=nick, is_self=True)
        else:
            refuse(client, ERR_NICKNAMEINUSE, nick)


def _user(client: Served, line: Line) -> None:
    registration = client.registration
    if registration is None or registration.user:
        client.fault(ERR_ALREADYREGISTERED)
    elif not line.params[0] or not line.params[3].strip():
        client.fault(ERR_NEEDMOREPARAMS, "USER")
    else:
        registration.named(line.params[0], line.params[3])
        registration.go()


def _ping(client: Served, line: Line) -> None:
    if line.params:
        client.say("PONG", client.gateway.name, line.params[0])
    else:
        client.fault(ERR_NOORIGIN)


def _pong(client: Served, line: Line) -> None:
    """That it was heard of is all there is to it."""


def _quit(client: Served, line: Line) -> None:
    text = line.param(0)
    client.end(f"Quit: {text}" if text else "Quit")


TABLE = {
    "PASS": (_pass, 1),
    "NICK": (_nick, 0),
    "USER": (_user, 4),
    "PING": (_ping, 0),
    "PONG": (_pong, 0),
    "QUIT": (_quit, 0),
}

"""Commands before and during registration: PASS, NICK, USER, CAP, PING, QUIT."""

from typing import Any

from interfaces.irc.gateway.actions import renamed
from interfaces.irc.line import Line

__all__ = ["TABLE"]


def _nick(client: Any, line: Line) -> None:
    nick = line.params[0]
    gateway = client.gateway
    if client.registration is not None:
        if not gateway.roster.rename(client.user, nick):
            client.numeric("433", nick, "Nickname is already in use")
            return
        client.registration.nick = nick
        client.registration.go()
    elif not renamed(gateway, client.user, nick):
        client.numeric("433", nick, "Nickname is already in use")


def _user(client: Any, line: Line) -> None:
    if client.registration is None:
        client.numeric("462", "You may not reregister")
        return
    client.registration.user = f"~{line.params[0]}"
    client.registration.realname = line.params[3]
    client.registration.go()


def _ping(client: Any, line: Line) -> None:
    client.say("PONG", client.gateway.name, line.params[0])


def _pong(client: Any, line: Line) -> None:
    pass


def _quit(client: Any, line: Line) -> None:
    client.end(f"Quit: {line.param(0)}")


TABLE = {"NICK": (_nick, 1), "USER": (_user, 4), "PING": (_ping, 1), "PONG": (_pong, 0), "QUIT": (_quit, 0)}

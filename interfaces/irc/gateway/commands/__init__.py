"""The commands of clients, a table: what each needs, and who does it."""

from typing import Final

from interfaces.irc.gateway.actions import quitted
from interfaces.irc.gateway.commands import (
    caps,
    channels,
    entering,
    history,
    joining,
    logging_in,
    modes,
    names,
    people,
    presence,
    queries,
    talk,
    welcome,
    who,
)
from interfaces.irc.gateway.hearers import linked
from interfaces.irc.gateway.registration import Registration
from interfaces.irc.gateway.replies import refuse, shown
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line
from interfaces.irc.numerics import ERR_NEEDMOREPARAMS, ERR_NOTREGISTERED, ERR_UNKNOWNCOMMAND

__all__ = ["TABLE", "handle", "left"]

BEFORE: Final = {**entering.TABLE, **caps.TABLE, **logging_in.TABLE}
"""Of who is not registered."""
TABLE: Final = {
    **BEFORE, **joining.TABLE, **channels.TABLE, **modes.TABLE, **names.TABLE, **who.TABLE, **people.TABLE,
    **presence.TABLE, **talk.TABLE, **history.TABLE, **welcome.TABLE, **queries.TABLE,
}  # fmt: skip
"""Command → who does it, and how many parameters it needs."""
_FOREIGN: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "HELO", "EHLO", "OPTIONS", "PATCH", "POST", "PUT"}
)
"""Of other protocols: a page in a browser may have its reader connect to us, and say in our name what it likes."""


def handle(client: Served, line: Line) -> None:
    """Do what ``line`` says."""
    if not line.utf8 and client.gateway.options.utf8_only:
        client.gateway.count("irc.gateway.malformed")
        client.fail(shown(line.command), "INVALID_UTF8", "It has to be UTF-8, and was not taken")
        return
    found = TABLE.get(line.command)
    if client.registration is not None and not _early(client, client.registration, line):
        return
    if found is None:
        refuse(client, ERR_UNKNOWNCOMMAND, line.command)
    elif len(line.params) < found[1]:
        client.fault(ERR_NEEDMOREPARAMS, line.command)
    else:
        found[0](client, line)


def _early(client: Served, registration: Registration, line: Line) -> bool:
    """Whether a client that is not registered may say that."""
    if line.command in _FOREIGN:
        client.end("This is a server of IRC", 1008)
    elif not registration.counted():
        client.end("Too many lines before registration", 1008)
    elif line.command not in BEFORE:
        client.fault(ERR_NOTREGISTERED)
    else:
        return True
    return False


def left(client: Served, reason: str) -> None:
    """A client is gone."""
    client.login.close()
    gateway, user = client.gateway, client.user
    if client.registration is not None:
        gateway.roster.remove(user)
    elif gateway.draining:  # all of them go: nobody here has to hear of each
        linked(gateway, user, "quit", text=reason)
        gateway.roster.remove(user)
    else:
        quitted(gateway, user, reason)
    user.client = None

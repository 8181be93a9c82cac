"""The commands of clients, a table: what each needs, and who does it."""

from typing import Any

from interfaces.irc.gateway.actions import quitted
from interfaces.irc.gateway.commands import channels, entering, talk
from interfaces.irc.line import Line

__all__ = ["TABLE", "handle", "left"]

TABLE = {**entering.TABLE, **channels.TABLE, **talk.TABLE}


def handle(client: Any, line: Line) -> None:
    """Do what ``line`` says."""
    found = TABLE.get(line.command)
    if client.registration is not None and line.command not in entering.TABLE:
        client.numeric("451", "You have not registered")
    elif found is None:
        client.numeric("421", line.command, "Unknown command")
    elif len(line.params) < found[1]:
        client.numeric("461", line.command, "Not enough parameters")
    else:
        found[0](client, line)


def left(client: Any, reason: str) -> None:
    """A client is gone."""
    if client.registration is None:
        quitted(client.gateway, client.user, reason)
    else:
        client.gateway.roster.remove(client.user)

"""Channels: JOIN, PART."""

from typing import Any

from interfaces.irc.gateway import actions
from interfaces.irc.line import Line

__all__ = ["TABLE"]


def _join(client: Any, line: Line) -> None:
    gateway = client.gateway
    for name in line.params[0].split(","):
        room = gateway.roster.open(name, gateway.clock())
        if client.user in room.members:
            continue
        actions.enter(gateway, client.user, room, "" if room.members else "@")
        names(client, room)
        client.tell({"type": "irc.join", "channel": room.name, "source": client.user.says(), "is_self": True, **gateway.stamped()})


def names(client: Any, room: Any) -> None:
    client.numeric("353", "=", room.name, " ".join(signs[:1] + user.nick for user, signs in room.members.items()))
    client.numeric("366", room.name, "End of /NAMES list")


TABLE = {"JOIN": (_join, 1)}

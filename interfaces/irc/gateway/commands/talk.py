"""What is said: PRIVMSG, NOTICE and TAGMSG, which the application gets and decides about."""

from typing import Any

from interfaces.irc.ctcp import read
from interfaces.irc.line import Line

__all__ = ["TABLE"]


def _say(client: Any, line: Line) -> None:
    gateway = client.gateway
    target, text = line.params[0], line.params[1]
    is_channel = target.startswith("#")
    ctcp = None
    if text.startswith("\x01"):
        ctcp, text = read(text)
    now = gateway.clock()
    name = gateway.msgid()
    client.tell(
        {
            "type": "irc.message",
            "command": line.command,
            "source": client.user.says(),
            "target": target,
            "channel": target if is_channel else None,
            "is_private": not is_channel,
            "text": text,
            "ctcp": ctcp,
            "raw": None if line.utf8 else text.encode("latin-1"),
            "tags": dict(line.tags),
            "time": now,
            "is_echo": False,
            "is_history": False,
            "id": name,
            "dedupe_key": f"irc:{gateway.options.network}:{name}",
            "attempt": 1,
            "received_at": now,
        },
        len(text),
    )


TABLE = {"PRIVMSG": (_say, 2), "NOTICE": (_say, 2)}

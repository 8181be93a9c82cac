"""What is said: PRIVMSG, NOTICE and TAGMSG, which the application gets and decides about.

modern.ircdocs.horse, "Sending Messages"; IRCv3 message-tags, message-ids, echo-message. A NOTICE is never answered
by an error.
"""

from typing import Final

from interfaces.irc.ctcp import read
from interfaces.irc.gateway.greeting import TARGETS
from interfaces.irc.gateway.relaying import bot, split
from interfaces.irc.gateway.replies import refuse, shown
from interfaces.irc.gateway.rules import may_talk
from interfaces.irc.gateway.saying import Message, spoken
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import BODY, Line
from interfaces.irc.numerics import (
    ERR_CANNOTSENDTOCHAN,
    ERR_INPUTTOOLONG,
    ERR_NORECIPIENT,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
    ERR_NOTEXTTOSEND,
    ERR_TOOMANYTARGETS,
    ERR_UNKNOWNCOMMAND,
    RPL_AWAY,
)

__all__ = ["TABLE"]

_AROUND: Final = len(":   :\r\n")
"""Octets of a line beside its words."""


def _say(client: Served, line: Line) -> None:
    params = line.params
    text = params[1] if len(params) > 1 else ""
    if not params or not params[0]:
        _refuse(client, line, ERR_NORECIPIENT)
    elif not text:
        _refuse(client, line, ERR_NOTEXTTOSEND)
    else:
        ctcp = read(text) if text[0] == "\x01" else None
        _each(client, line, text, ctcp)


def _tagmsg(client: Served, line: Line) -> None:
    if "message-tags" not in client.caps:
        refuse(client, ERR_UNKNOWNCOMMAND, line.command)
    elif not line.param(0):
        _refuse(client, line, ERR_NORECIPIENT)
    else:
        _each(client, line, "", None)


def _each(client: Served, line: Line, text: str, ctcp: tuple[str, str] | None) -> None:
    """Tell it of each target."""
    named = line.params[0]
    targets = [named] if "," not in named else [*dict.fromkeys(one for one in named.split(",") if one)]
    for target in targets[:TARGETS]:
        _one(client, line, target, text, ctcp)
    if len(targets) > TARGETS and line.command != "NOTICE":
        client.numeric(
            ERR_TOOMANYTARGETS, shown(targets[TARGETS]), f"Too many targets: there are at most {TARGETS}"
        )


def _one(client: Served, line: Line, target: str, text: str, ctcp: tuple[str, str] | None) -> None:
    gateway, user = client.gateway, client.user
    _, channel = split(target)
    code = _why_not(client, line, target, channel)
    if code:
        _refuse(client, line, code, target)
        return
    if _long(user.source, line.command, target, text):
        client.fault(ERR_INPUTTOOLONG)
        return
    now, name = gateway.clock(), gateway.msgid()
    user.spoke = now
    command, tags, (verb, said) = line.command, line.tags, ctcp or (None, text)
    if "echo-message" in client.caps:
        own = {"msgid": name, **bot(user), **tags}
        for one in spoken(Message(user.source, command, target, said, now, own, user.account, verb)):
            client.put(one.line(client.bits))
    event = {
        "type": "irc.message", "command": command, "source": user.says(), "target": target, "channel": channel or None,
        "is_private": not channel, "text": said, "ctcp": verb, "raw": None if line.utf8 else _raw(said),
        "tags": dict(tags), "time": now, "is_echo": False, "is_history": False, "id": name,
        "dedupe_key": f"irc:{gateway.options.network}:{name}", "attempt": 1, "received_at": now,
    }  # fmt: skip
    client.tell(event, len(text))


def _long(source: str, command: str, target: str, text: str) -> bool:
    """Whether the line that others get, with its source, would be cut there: it is not taken here."""
    characters = len(source) + len(command) + len(target) + len(text)
    if 4 * characters + _AROUND <= BODY:
        return False
    size = sum([len(word.encode(errors="replace")) for word in (source, command, target, text)])
    return size + _AROUND > BODY


def _why_not(client: Served, line: Line, target: str, channel: str) -> str:
    """The numeric that keeps it from being told; "" for none. Who is away is told of."""
    gateway = client.gateway
    if channel:
        room = gateway.roster.room(channel)
        if room is None:
            return ERR_NOSUCHCHANNEL
        return "" if may_talk(room, client.user) else ERR_CANNOTSENDTOCHAN
    other = gateway.roster.present(target)
    if other is None:
        return "" if gateway.options.other_nicks or gateway.is_own(target) else ERR_NOSUCHNICK
    if other.away and line.command == "PRIVMSG":
        client.numeric(RPL_AWAY, other.nick, other.away)
    return ""


def _refuse(client: Served, line: Line, code: str, *words: str) -> None:
    if line.command != "NOTICE":
        refuse(client, code, *words)


def _raw(text: str) -> bytes:
    return text.encode("latin-1")


TABLE = {"PRIVMSG": (_say, 0), "NOTICE": (_say, 0), "TAGMSG": (_tagmsg, 0)}

"""What an application says to a network, as lines. Pure.

Source: RFC 2812 §3, modern.ircdocs.horse, IRCv3 message-tags, reply and chathistory. ApplicationError for what no line
can say. A text is cut where the server would cut it: our own source stands before it on the way to others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from interfaces.irc import ctcp
from interfaces.irc.client.job import Draft, Piece
from interfaces.irc.client.login import Said
from interfaces.irc.isupport import Isupport
from interfaces.irc.line import form, form_tags
from interfaces.irc.modes import form as form_modes
from interfaces.irc.modes import read_plain
from interfaces.irc.texts import pieces, room
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError
from interfaces.shared.options import did_you_mean

__all__ = ["REPLY", "SPOKEN", "WORDS", "Terms", "drafted"]

REPLY: Final = "+reply"
"""The tag of what a message answers."""
_ACTION: Final = len(ctcp.form("ACTION", "x")) - 1
"""Octets around the text of an action."""
_ONE: Final = " ,\r\n\0"
"""What is in no single target."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a connection has that lines depend on."""

    network: str
    source: str
    """Ourselves as others see us: nick!user@host."""
    isupport: Isupport
    caps: set[str]


def drafted(event: Event, terms: Terms) -> Draft:
    """The lines of ``event``. ApplicationError for what cannot be said, and for a type that is none."""
    kind = event.get("type")
    make = WORDS.get(kind) if isinstance(kind, str) else None
    if make is None:
        near = did_you_mean(str(kind), WORDS, "irc.")
        raise ApplicationError(f"{kind}: a network is told {', '.join(sorted(WORDS))}, irc.close{near}")
    lines = make(event, terms)
    most = terms.isupport.linelen
    found = []
    for said in lines:
        body = form(said[0], said[1:])
        if len(body) > most:
            raise ApplicationError(f"{kind}: a line of {terms.network} has at most {most} octets")
        found.append(Piece(said, body))
    tags = _tags(event, terms)
    fold = terms.isupport.fold
    names = (event.get(key) for key in ("target", "channel", "nick"))
    return Draft(found, tags, frozenset(fold(name) for name in names if isinstance(name, str) and name))


def _tags(event: Event, terms: Terms) -> dict[str, str]:
    """Those that it is said with; none where the network has no message-tags."""
    said: Any = event.get("tags") or {}
    kind = event.get("type")
    if not isinstance(said, Mapping) or not all(
        isinstance(one, str) for pair in said.items() for one in pair
    ):
        raise ApplicationError(f"{kind}: tags are texts by their names")
    tags = {str(key): str(value) for key, value in said.items() if key != "label"}
    reply_to = _text(event, "reply_to", "")
    if reply_to:
        tags[REPLY] = reply_to
    form_tags(tags)
    return tags if "message-tags" in terms.caps else {}


def _text(event: Event, key: str, otherwise: str | None = None) -> str:
    """The text under ``key``; ``otherwise`` where there is none, unless that is None."""
    value = event.get(key)
    if value is None:
        value = otherwise
    if not isinstance(value, str):
        raise ApplicationError(f"{event.get('type')}: {key} is a text, not {type(value).__name__}")
    return value


def _word(event: Event, key: str) -> str:
    """One name, which cannot become several, nor anything else."""
    value = _text(event, key)
    if not value or value.startswith(":") or any(sign in value for sign in _ONE):
        raise ApplicationError(f"{event.get('type')}: {key} {value!r} is no name on a network")
    return value


# --- the words ------------------------------------------------------------------------------------


def _send(event: Event, terms: Terms) -> list[Said]:
    target, text = _word(event, "target"), _text(event, "text")
    command = "NOTICE" if event.get("notice") else "PRIVMSG"
    action = event["type"] == "irc.action"
    left = room(command, target, terms.source, terms.isupport.linelen) - (_ACTION if action else 0)
    found = pieces(text, left)
    if not found:
        raise ApplicationError(f"{event['type']}: there is nothing to say in text {text[:20]!r}")
    if action:
        found = [ctcp.form("ACTION", one) for one in found]
    return [(command, target, one) for one in found]


def _join(event: Event, terms: Terms) -> list[Said]:
    key = _text(event, "key", "")
    if key and any(sign in key for sign in _ONE):
        raise ApplicationError("irc.join: a key has no blank and no comma in it")
    return [("JOIN", _word(event, "channel"), key)] if key else [("JOIN", _word(event, "channel"))]


def _part(event: Event, terms: Terms) -> list[Said]:
    return [_with("PART", _word(event, "channel"), text=_line(event))]


def _topic(event: Event, terms: Terms) -> list[Said]:
    channel = _word(event, "channel")
    return [("TOPIC", channel) if event.get("text") is None else ("TOPIC", channel, _line(event))]


def _kick(event: Event, terms: Terms) -> list[Said]:
    return [_with("KICK", _word(event, "channel"), _word(event, "target"), text=_line(event))]


def _mode(event: Event, terms: Terms) -> list[Said]:
    target = _word(event, "target")
    lines = form_modes(read_plain(event.get("modes")), terms.isupport.modes)
    return [("MODE", target, *words) for words in lines] or [("MODE", target)]


def _nick(event: Event, terms: Terms) -> list[Said]:
    return [("NICK", _word(event, "nick"))]


def _away(event: Event, terms: Terms) -> list[Said]:
    return [_with("AWAY", text=_line(event))]


def _invite(event: Event, terms: Terms) -> list[Said]:
    return [("INVITE", _word(event, "target"), _word(event, "channel"))]


def _history(event: Event, terms: Terms) -> list[Said]:
    if "draft/chathistory" not in terms.caps:
        raise ApplicationError(f"irc.history: {terms.network} has no history")
    subcommand = _text(event, "subcommand", "LATEST").upper()
    bounds: Any = event.get("bounds") or ["*"]
    if not isinstance(bounds, list | tuple) or not all(isinstance(one, str) and one for one in bounds):
        raise ApplicationError('irc.history: bounds are texts such as "timestamp=…", "msgid=…", "*"')
    limit = event.get("limit", 100)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise ApplicationError("irc.history: limit is a number of messages")
    target = () if subcommand == "TARGETS" else (_word(event, "target"),)
    return [("CHATHISTORY", subcommand, *target, *bounds, str(limit))]


def _raw(event: Event, terms: Terms) -> list[Said]:
    if event.get("source"):
        raise ApplicationError("irc.raw: a network is told no source: it knows ours")
    params: Any = event.get("params") or []
    if not isinstance(params, list | tuple) or not all(isinstance(one, str) for one in params):
        raise ApplicationError("irc.raw: params are texts")
    return [(_text(event, "verb").upper(), *params)]


def _line(event: Event) -> str:
    """The text, which stays one line."""
    return _text(event, "text", "")


def _with(*words: str, text: str) -> Said:
    return (*words, text) if text else words


WORDS: Final[dict[str, Callable[[Event, Terms], list[Said]]]] = {
    "irc.send": _send,
    "irc.action": _send,
    "irc.join": _join,
    "irc.part": _part,
    "irc.topic": _topic,
    "irc.kick": _kick,
    "irc.mode": _mode,
    "irc.nick": _nick,
    "irc.away": _away,
    "irc.invite": _invite,
    "irc.history": _history,
    "irc.raw": _raw,
}
"""Each type, and what makes lines of it."""
SPOKEN: Final = frozenset({"irc.send", "irc.action"})
"""What may come from anywhere."""

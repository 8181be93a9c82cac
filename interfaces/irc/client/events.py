"""A network's lines as the events of an application. Pure.

RFC 2812, modern.ircdocs.horse; IRCv3 server-time, message-tags, batch, echo-message, account-tag, account-notify,
extended-join, away-notify, setname. What has no event of its own is irc.raw; what only keeps the connection going is
none.
"""

from collections.abc import Callable
from typing import Any, Final

from interfaces.irc import ctcp
from interfaces.irc.client.batches import Batch
from interfaces.irc.line import Line
from interfaces.irc.modes import plain, read
from interfaces.irc.state import State
from interfaces.irc.times import moment
from interfaces.shared.asgi import Event

__all__ = ["QUIET", "Events"]

QUIET: Final = frozenset(
    {"PING", "PONG", "CAP", "AUTHENTICATE", "BATCH", "ACK", "ERROR", "353", "366", "CHATHISTORY"}
)
"""Lines that are no event, or become one otherwise."""
_TOLD: Final = ("netsplit", "netjoin", "chathistory")
"""Batches that an event tells of."""


class Events:
    """Of one connection to ``network``. ``names()`` gives an id; ``fallback`` is for what is no UTF-8."""

    def __init__(self, network: str, state: State, names: Callable[[], str], fallback: str) -> None:
        self._network = network
        self.state = state
        self._names = names
        self.fallback = fallback

    def __repr__(self) -> str:
        return f"<Events of {self._network}>"

    def plain(self, kind: str, now: float, **more: Any) -> Event:
        """An event that nobody is the source of."""
        name = self._names()
        return {
            "type": kind,
            "id": name,
            "dedupe_key": f"irc:{self._network}:{name}",
            "attempt": 1,
            "received_at": now,
            **more,
        }

    def of(self, line: Line, batch: Batch | None, now: float) -> Event | None:
        """The event of ``line``, which the state has not taken in yet; ``now`` in Unix seconds. None: it is none."""
        if line.command in QUIET:
            return None
        make = _MAKERS.get(line.command)
        more = make(self, line) if make is not None else None
        if more is None:
            more = {"type": "irc.raw", "verb": line.command, "params": list(line.params)}
        tags = dict(line.tags)
        name = tags.get("msgid") or self._names()
        event: dict[str, Any] = {
            "type": more.pop("type"),
            "id": name,
            "dedupe_key": f"irc:{self._network}:{name}",
            "attempt": 1,
            "received_at": now,
            "source": self.state.source(line),
            "tags": tags,
            "time": moment(tags["time"]) or now if "time" in tags else now,
            "is_history": False,
            **more,
        }
        if batch is not None:
            kind = next((kind for kind in _TOLD if batch.within(kind) is not None), "")
            event["is_history"] = kind == "chathistory"
            if kind:
                event["batch"] = kind
        return event

    def is_self(self, line: Line) -> bool:
        """Whether it is ours."""
        return self.state.is_me(line.source.partition("!")[0])


# --- one a command: None for a line that does not say what it should ------------------------------


def _message(events: Events, line: Line) -> dict[str, Any] | None:
    target = line.param(0)
    if not target or (line.command != "TAGMSG" and len(line.params) < 2):
        return None
    said = line.param(1) if line.command != "TAGMSG" else ""
    raw = None if line.utf8 else said.encode("latin-1", "replace")
    text = said if raw is None or events.fallback == "latin-1" else raw.decode(events.fallback, "replace")
    found = ctcp.read(text)
    channel = events.state.isupport.channel(target)
    return {
        "type": "irc.message",
        "command": line.command,
        "target": target,
        "channel": channel,
        "is_private": channel is None,
        "text": text if found is None else found[1],
        "ctcp": None if found is None else found[0],
        "raw": raw,
        "is_echo": events.is_self(line),
    }


def _join(events: Events, line: Line) -> dict[str, Any] | None:
    if not line.param(0):
        return None
    found = {"type": "irc.join", "channel": line.param(0), "is_self": events.is_self(line)}
    return found | ({"realname": line.param(2)} if len(line.params) > 2 else {})


def _part(events: Events, line: Line) -> dict[str, Any] | None:
    if not line.param(0):
        return None
    is_self = events.is_self(line)
    return {"type": "irc.part", "channel": line.param(0), "text": line.param(1), "is_self": is_self}


def _kick(events: Events, line: Line) -> dict[str, Any] | None:
    if len(line.params) < 2:
        return None
    is_self = events.state.is_me(line.param(1))
    said = {"channel": line.param(0), "target": line.param(1), "text": line.param(2)}
    return {"type": "irc.kick", **said, "is_self": is_self}


def _quit(events: Events, line: Line) -> dict[str, Any]:
    nick = line.source.partition("!")[0]
    return {"type": "irc.quit", "text": line.param(0), "channels": events.state.channels_of(nick)}


def _nick(events: Events, line: Line) -> dict[str, Any] | None:
    if not line.param(0):
        return None
    return {"type": "irc.nick", "new_nick": line.param(0), "is_self": events.is_self(line)}


def _topic(events: Events, line: Line) -> dict[str, Any] | None:
    if not line.param(0):
        return None
    return {"type": "irc.topic", "channel": line.param(0), "text": line.param(1)}


def _mode(events: Events, line: Line) -> dict[str, Any] | None:
    if len(line.params) < 2:
        return None
    modes = plain(read(line.param(1), line.params[2:], events.state.isupport))
    return {"type": "irc.mode", "target": line.param(0), "modes": modes}


def _invite(events: Events, line: Line) -> dict[str, Any] | None:
    if len(line.params) < 2:
        return None
    return {"type": "irc.invite", "target": line.param(0), "channel": line.param(1)}


def _away(events: Events, line: Line) -> dict[str, Any]:
    return {"type": "irc.away", "text": line.param(0) or None}


def _account(events: Events, line: Line) -> dict[str, Any]:
    said = line.param(0)
    return {"type": "irc.account", "account": None if said in ("", "*") else said, "realname": None}


def _setname(events: Events, line: Line) -> dict[str, Any]:
    return {"type": "irc.setname", "account": None, "realname": line.param(0)}


_MAKERS: Final[dict[str, Callable[[Events, Line], dict[str, Any] | None]]] = {
    "PRIVMSG": _message,
    "NOTICE": _message,
    "TAGMSG": _message,
    "JOIN": _join,
    "PART": _part,
    "KICK": _kick,
    "QUIT": _quit,
    "NICK": _nick,
    "TOPIC": _topic,
    "MODE": _mode,
    "INVITE": _invite,
    "AWAY": _away,
    "ACCOUNT": _account,
    "SETNAME": _setname,
}

"""The application under irctest: a channel's talk is relayed and kept, accounts are in accounts.json."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from interfaces.irc.consumer import IrcConsumer

__all__ = ["Kept", "Lobby", "application", "fits"]


def fits(account: str, password: str) -> bool:
    """Whether somebody may log in, by the file of the controller."""
    path = Path("accounts.json")
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return known.get(account) == password


class Kept:
    """What was said, by conversation: a channel, or two people.

    Who logs in is another than who has only had that nick: what was said to a nick is not for who takes it later.
    """

    def __init__(self) -> None:
        self.said: dict[frozenset[str], list[dict[str, Any]]] = {}
        self.strangers: set[str] = set()
        """Nicks of those who are here, and have not logged in."""

    def enter(self, nick: str, account: str | None) -> None:
        """Somebody is here."""
        (self.strangers.discard if account else self.strangers.add)(nick.lower())

    def add(self, event: dict[str, Any]) -> None:
        """Keep a message."""
        ctcp = f"\x01{event['ctcp']} {event['text']}\x01" if event["ctcp"] else event["text"]
        tags = {key: value for key, value in event["tags"].items() if key.startswith("+")}
        kept = {key: event[key] for key in ("source", "target", "time", "command")}
        self.said.setdefault(self._key(event, event["target"]), []).append(
            {**kept, "text": ctcp, "msgid": event["id"], "tags": tags}
        )

    def _key(self, event: dict[str, Any], target: str) -> frozenset[str]:
        names = {target} if target.startswith("#") else {target, event["source"]["nick"]}
        return frozenset(self._who(name.lower()) for name in names)

    def _who(self, name: str) -> str:
        return f"{name} without an account" if name in self.strangers else name

    def find(self, asked: dict[str, Any], nick: str, channels: set[str]) -> list[dict[str, Any]]:
        """What irc.history asks for, by somebody who is in ``channels``."""
        if asked["subcommand"] == "TARGETS":
            return self._targets(asked, nick.lower(), {name.lower() for name in channels})
        said = self.said.get(self._key({"source": {"nick": nick}}, asked["target"]), [])
        bounds = [self._place(said, bound) for bound in asked["bounds"]]
        return _cut(said, asked["subcommand"], bounds, asked["limit"])

    def _place(self, said: list[dict[str, Any]], bound: str) -> tuple[int, int]:
        """The messages before the bound, and those up to it."""
        kind, _, value = bound.partition("=")
        if kind == "msgid":
            found = [at for at, one in enumerate(said) if one["msgid"] == value]
            return (found[0], found[0] + 1) if found else (0, 0)
        if kind == "timestamp":
            time = _ms(value)
            times = [int(one["time"] * 1000) for one in said]
            return sum(one < time for one in times), sum(one <= time for one in times)
        return 0, 0

    def _targets(self, asked: dict[str, Any], nick: str, channels: set[str]) -> list[dict[str, Any]]:
        first, last = sorted(_ms(bound.partition("=")[2]) for bound in asked["bounds"])
        found = []
        for names, said in self.said.items():
            (other,) = (names - {nick}) if len(names) > 1 else names
            theirs = other in channels if other.startswith("#") else nick in names
            if theirs and first < int(said[-1]["time"] * 1000) < last:
                found.append({"target": self._written(said[-1], nick, other), "time": said[-1]["time"]})
        return sorted(found, key=lambda one: one["time"])[: asked["limit"]]

    def _written(self, message: dict[str, Any], nick: str, other: str) -> str:
        """A name as it was written when it was spoken to, or spoke."""
        names = (message["target"], message["source"]["nick"])
        return next((name for name in names if name.lower() == other), other)


def _ms(timestamp: str) -> int:
    """As a server writes times: in whole milliseconds."""
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000)


def _cut(said: list[Any], word: str, bounds: list[tuple[int, int]], limit: int) -> list[Any]:
    """The part of a conversation that a subcommand means."""
    (before, upto), *more = bounds
    if word == "LATEST":
        return said[upto:][-limit:]
    if word == "BEFORE":
        return said[:before][-limit:]
    if word == "AFTER":
        return said[upto:][:limit]
    if word == "AROUND":
        start = max(0, before - limit // 2)
        return said[start : start + limit]
    ((other_before, other_upto),) = more
    if before <= other_before:
        return said[upto:other_before][:limit]
    return said[other_upto:before][-limit:]


KEPT = Kept()


class Lobby(IrcConsumer):
    """One client of the gateway."""

    relay_messages = True
    prefix = "\0"

    async def irc_connect(self, message: dict[str, Any]) -> None:
        """Take everybody."""
        KEPT.enter(message["nick"], message["account"])

    async def irc_message(self, message: dict[str, Any]) -> None:
        """Keep it."""
        KEPT.add(message)

    irc_notice = irc_message

    async def irc_tagmsg(self, message: dict[str, Any]) -> None:
        """Not kept."""

    async def irc_history(self, message: dict[str, Any]) -> None:
        """Tell what was said."""
        await self.answer_history(message, KEPT.find(message, self.nick, self.channels))


application = Lobby.as_asgi()

"""CHATHISTORY: a client asks what was said, and its application answers.

IRCv3 chathistory, batch. Who is not in a channel is told nothing of it. Asks that wait have a number and a time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from interfaces.irc.gateway.greeting import HISTORY
from interfaces.irc.gateway.labels import Answer, tagged
from interfaces.irc.gateway.relaying import message_of
from interfaces.irc.gateway.replies import shown
from interfaces.irc.gateway.saying import Message, Said, spoken
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line, form
from interfaces.irc.numerics import ERR_UNKNOWNCOMMAND
from interfaces.irc.times import stamp
from interfaces.shared.asgi import Event

__all__ = ["ASKS", "TABLE", "Asks", "answered", "rejected"]

ASKS: Final = 10
"""Of one client that wait."""
_BOUNDS: Final = {"LATEST": 1, "BEFORE": 1, "AFTER": 1, "AROUND": 1, "BETWEEN": 2, "TARGETS": 2}
_TIME: Final = re.compile(r"timestamp=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
_MSGID: Final = re.compile(r"msgid=\S+")
_NUMBER: Final = re.compile(r"0*[1-9]\d{0,8}", re.ASCII)
_NOT: Final = "Messages could not be retrieved"


class Ask(NamedTuple):
    """What is asked, and how it is answered."""

    subcommand: str
    target: str
    limit: int
    deadline: float
    answer: Answer | None


class Asks:
    """Those of one client that wait, by the ids of their events."""

    def __init__(self, client: Served) -> None:
        self._client = client
        self._waiting: dict[str, Ask] = {}

    def __repr__(self) -> str:
        return f"<Asks {len(self._waiting)}>"

    def add(self, name: str, ask: Ask) -> None:
        """One more."""
        self._waiting[name] = ask

    @property
    def full(self) -> bool:
        """Whether there may be no more."""
        return len(self._waiting) >= ASKS

    def find(self, name: str) -> Ask | None:
        """One that waits."""
        return self._waiting.get(name)

    def take(self, name: str) -> Ask | None:
        """It waits no more."""
        return self._waiting.pop(name, None)

    def sweep(self, now: float) -> None:
        """Give up those whose answer does not come."""
        for name, ask in [*self._waiting.items()]:
            if now >= ask.deadline:
                del self._waiting[name]
                self._client.gateway.count("irc.gateway.undecided")
                _failed(self._client, ask, _NOT)


# --- asking ----------------------------------------------------------------------------------------


def _chathistory(client: Served, line: Line) -> None:
    if "draft/chathistory" not in client.caps:
        client.fault(ERR_UNKNOWNCOMMAND, line.command)
        return
    verb, *words = line.params
    subcommand = verb.upper()
    fault = _fault(subcommand, words)
    if fault is not None:
        client.fail("CHATHISTORY", "INVALID_PARAMS", shown(verb), *fault)
        return
    target = "" if subcommand == "TARGETS" else words.pop(0)
    known = _known(client, target)
    if known is None:
        client.fail("CHATHISTORY", "INVALID_TARGET", subcommand, shown(target), _NOT)
        return
    if client.asks is None:
        client.asks = Asks(client)
    if client.asks.full:
        client.fail(
            "CHATHISTORY", "MESSAGE_ERROR", subcommand, shown(target or "*"), "Too many questions wait"
        )
        return
    *bounds, limit = words
    _ask(client, Ask(subcommand, known, min(int(limit), HISTORY), 0.0, None), bounds)


def _fault(subcommand: str, words: Sequence[str]) -> list[str] | None:
    """What is wrong with them, in words behind the subcommand."""
    count = _BOUNDS.get(subcommand)
    if count is None:
        return ["Unknown command"]
    needed = count + (1 if subcommand == "TARGETS" else 2)
    if len(words) != needed:
        return ["Insufficient parameters" if len(words) < needed else "Too many parameters"]
    for one in words[-count - 1 : -1]:
        if not _is_bound(subcommand, one):
            return [shown(one), "Invalid timestamp or msgid"]
    return None if _NUMBER.fullmatch(words[-1]) else [shown(words[-1]), "Invalid limit"]


def _is_bound(subcommand: str, text: str) -> bool:
    if text == "*":
        return subcommand == "LATEST"
    by_name = subcommand != "TARGETS" and _MSGID.fullmatch(text) is not None
    return by_name or _TIME.fullmatch(text) is not None


def _known(client: Served, target: str) -> str | None:
    """A nick as it is said, a channel as it is written; None for one that the client is not in."""
    if not target.startswith("#"):
        return target
    room = client.gateway.roster.room(target)
    return room.name if room is not None and client.user in room.members else None


def _ask(client: Served, ask: Ask, bounds: list[str]) -> None:
    gateway = client.gateway
    stamped = gateway.stamped()
    deadline = gateway.now + gateway.options.decide_timeout
    client.asks.add(stamped["id"], ask._replace(deadline=deadline, answer=client.keep()))
    event = {
        "type": "irc.history", "subcommand": ask.subcommand, "target": ask.target, "bounds": bounds, "limit": ask.limit
    }  # fmt: skip
    client.tell({**event, **stamped})


# --- answers ---------------------------------------------------------------------------------------


def rejected(client: Served, event: Event) -> None:
    """irc.reject with the id of an ask; one that was given up is passed over."""
    ask = None if client.asks is None else client.asks.take(event["id"])
    if ask is not None:
        _failed(client, ask, event.get("text") or _NOT)


def _failed(client: Served, ask: Ask, text: str) -> None:
    words = ["MESSAGE_ERROR", ask.subcommand, shown(ask.target or "*"), text]
    client.resume(ask.answer, client.fail, "CHATHISTORY", *words)
    client.done(ask.answer)


def answered(client: Served, event: Event) -> None:
    """irc.history: the messages of an ask. ApplicationError for what is none: then it may be answered once more."""
    name = event["id"]
    ask = None if client.asks is None else client.asks.find(name)
    if ask is not None:
        lines = [*_lines(client, ask, event.get("messages") or [])]
        client.asks.take(name)
        client.resume(ask.answer, _write, client, ask, lines)
        client.done(ask.answer)


def _lines(client: Served, ask: Ask, messages: Sequence[Mapping[str, Any]]) -> Iterator[Said]:
    kept = messages[-ask.limit :] if ask.subcommand in ("LATEST", "BEFORE") else messages[: ask.limit]
    for one in kept:
        if ask.subcommand == "TARGETS":
            words = ["TARGETS", one["target"], stamp(one["time"])]
            yield Said(form("CHATHISTORY", words, client.gateway.name), one["time"])
        elif one.get("command", "PRIVMSG") in ("PRIVMSG", "NOTICE"):
            yield from spoken(_message(client, one))


def _message(client: Served, one: Mapping[str, Any]) -> Message:
    tags = {**(one.get("tags") or {})}
    if one.get("msgid"):
        tags["msgid"] = one["msgid"]
    made = message_of(client.gateway, {**one, "tags": tags})
    if "msgid" in tags:
        return made
    return made._replace(tags={key: value for key, value in made.tags.items() if key != "msgid"})


def _write(client: Served, ask: Ask, lines: Sequence[Said]) -> None:
    bits = client.bits
    if "batch" not in client.caps:
        for said in lines:
            client.put(said.line(bits))
        return
    gateway = client.gateway
    batch = gateway.msgid()
    words = ["draft/chathistory-targets"] if ask.subcommand == "TARGETS" else ["chathistory", ask.target]
    client.say("BATCH", f"+{batch}", *words)
    for said in lines:
        client.put(tagged(said.line(bits), "batch", batch))
    client.say("BATCH", f"-{batch}")


TABLE = {"CHATHISTORY": (_chathistory, 1)}

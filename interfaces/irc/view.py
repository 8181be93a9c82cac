"""How a connection stands, as its consumer sees it: nick, channels, and who waits for an answer. Pure."""

from collections.abc import Mapping
from typing import Any

from interfaces.irc.names import folding

__all__ = ["View"]

Question = tuple[str, str]
"""What a gateway asks: the type of the event, and its channel or id."""
_CONNECT = ("irc.connect", "")


class View:
    """Of one scope. What somebody tells of the past changes nothing."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.mode = str(scope.get("mode") or "")
        self.nick = str(scope.get("nick") or "")
        self.fold = folding(str((scope.get("isupport") or {}).get("CASEMAPPING") or "rfc1459"))
        self.channels: dict[str, str] = {}
        """Folded → as it is written."""
        self._asked: set[Question] = set()

    def __repr__(self) -> str:
        return f"<View {self.mode} {self.nick} {sorted(self.channels.values())}>"

    def heard(self, event: Mapping[str, Any]) -> Question | None:
        """Take an event in. What it asks of a gateway, to be given to :meth:`unanswered`; None: nothing."""
        kind = event.get("type")
        if kind == "irc.connect":
            return self._connected(event)
        if kind == "irc.history":
            return self._asks((kind, str(event.get("id"))))
        if event.get("is_history") or not event.get("is_self"):
            return None
        if kind == "irc.join" and event.get("asked"):
            return self._asks((kind, self.fold(str(event.get("channel") or ""))))
        self._did(str(kind), event)
        return None

    def _connected(self, event: Mapping[str, Any]) -> Question | None:
        self.nick = str(event.get("nick") or self.nick)
        for one in event.get("channels") or ():
            self._joined(one["channel"])
        asks = self.mode == "gateway" and not event.get("resumed")
        return self._asks(_CONNECT) if asks else None

    def _did(self, kind: str, event: Mapping[str, Any]) -> None:
        """What has happened to who this connection is of."""
        channel = str(event.get("channel") or "")
        if kind == "irc.join":
            self._joined(channel)
        elif kind in ("irc.part", "irc.kick"):
            self.channels.pop(self.fold(channel), None)
        elif kind == "irc.nick":
            self.nick = str(event.get("new_nick") or self.nick)

    def said(self, event: Mapping[str, Any]) -> None:
        """Take in what the application has said."""
        kind = event.get("type")
        channel = str(event.get("channel") or "")
        if kind == "irc.close":
            self._asked.clear()
        elif kind in ("irc.accept", "irc.reject", "irc.history"):
            self._asked.discard(self._answered(event))
        if kind == "irc.accept" and channel:
            self._joined(channel)
        elif kind == "irc.accept":
            self.nick = str(event.get("nick") or self.nick)
        elif self.mode == "gateway":
            self._had_done(str(kind), event)

    def _had_done(self, kind: str, event: Mapping[str, Any]) -> None:
        """What the client of a gateway was made to do: it is done, and nothing is told of it."""
        if kind in ("irc.join", "irc.part"):
            self._did(kind, event)
        elif kind == "irc.nick":
            self.nick = str(event.get("nick") or self.nick)

    def unanswered(self, question: Question) -> bool:
        """Whether nobody has answered; then it counts as answered from now on."""
        waits = question in self._asked
        self._asked.discard(question)
        return waits

    def _answered(self, event: Mapping[str, Any]) -> Question:
        if event.get("id"):
            return "irc.history", str(event["id"])
        return ("irc.join", self.fold(str(event["channel"]))) if event.get("channel") else _CONNECT

    def _asks(self, question: Question) -> Question:
        self._asked.add(question)
        return question

    def _joined(self, channel: str) -> None:
        self.channels[self.fold(channel)] = channel

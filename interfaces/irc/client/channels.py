"""Channels to be in: those of the options, and those the application has joined. Pure."""

from collections.abc import Iterable

from interfaces.irc.client.login import Said
from interfaces.irc.isupport import Isupport

__all__ = ["AT_ONCE", "MOST", "Channels"]

AT_ONCE = 5
"""Channels in one JOIN, of a server that says no number."""
MOST = 1000
"""Channels that are remembered."""
_ROOM = 380
"""Octets of names and keys in a line."""


class Channels:
    """Of one network; lasts longer than a connection. ``configured`` are written "#a" or "#a key"."""

    def __init__(self, configured: Iterable[str]) -> None:
        self._keys: dict[str, str] = {}
        """Key, "" for none, by the name as it was written."""
        self._asked: dict[str, str] = {}
        """Keys of JOINs of the application whose end is not known."""
        self._away: set[str] = set()
        """Out of which we were put: not joined again in this connection."""
        for one in configured:
            name, _, key = one.strip().partition(" ")
            self._keys[name] = key.strip()
        self._configured = frozenset(self._keys)

    def __repr__(self) -> str:
        return f"<Channels {', '.join(self._keys)}>"

    def begin(self, isupport: Isupport) -> None:
        """Another connection: the names are compared as its server does."""
        self._fold = isupport.fold
        self._asked.clear()
        self._away.clear()

    def asked(self, channel: str, key: str) -> None:
        """The application joins it."""
        if len(self._asked) < MOST:
            self._asked[self._fold(channel)] = key

    def joined(self, channel: str) -> None:
        """We are in it."""
        name = self._known(channel)
        key = self._asked.pop(self._fold(channel), None)
        self._away.discard(self._fold(channel))
        if name is not None:
            self._keys[name] = key or self._keys[name]
        elif len(self._keys) < MOST:
            self._keys[channel] = key or ""

    def left(self, channel: str, *, kicked: bool = False) -> None:
        """We are in it no more: for good, unless it is one of the options."""
        name = self._known(channel)
        if name is not None and (name not in self._configured or not kicked):
            del self._keys[name]
        if kicked:
            self._away.add(self._fold(channel))

    def keyed(self, channel: str, key: str) -> None:
        """It has another key."""
        name = self._known(channel)
        if name is not None:
            self._keys[name] = key

    def missing(self, present: Iterable[str], isupport: Isupport) -> list[Said]:
        """The JOINs for those we are not in; ``present`` are folded."""
        here = set(present) | self._away
        names = [name for name in self._keys if self._fold(name) not in here]
        names.sort(key=lambda name: not self._keys[name])  # keys go to the first ones of a line
        most = isupport.targmax("JOIN") if "TARGMAX" in isupport.tokens else AT_ONCE
        lines: list[Said] = []
        group: list[str] = []
        used = 0
        for name in names:
            size = len(name.encode()) + len(self._keys[name].encode()) + 2
            if group and (used + size > _ROOM or len(group) >= (most or 100)):
                lines.append(self._join(group))
                group, used = [], 0
            group.append(name)
            used += size
        return [*lines, self._join(group)] if group else lines

    def _join(self, names: list[str]) -> Said:
        keys = ",".join(self._keys[name] for name in names if self._keys[name])
        return ("JOIN", ",".join(names), keys) if keys else ("JOIN", ",".join(names))

    def _known(self, channel: str) -> str | None:
        folded = self._fold(channel)
        return next((name for name in self._keys if self._fold(name) == folded), None)

"""Channels to be in: those of the options, and those the application has joined. Pure."""

from collections.abc import Iterable

from interfaces.irc.client.login import Said
from interfaces.irc.isupport import Isupport
from interfaces.irc.names import Fold

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
        self._wanted: dict[str, tuple[str, str]] = {}
        """The name as it was written, and the key, "" for none, by the folded name."""
        self._asked: dict[str, str] = {}
        """Keys of JOINs of the application whose end is not known."""
        self._away: set[str] = set()
        """Out of which we were put: not joined again in this connection."""
        self._fold: Fold = str
        for one in configured:
            name, _, key = one.strip().partition(" ")
            self._wanted[name] = name, key.strip()
        self._configured = [name for name, _ in self._wanted.values()]
        self._lasting: set[str] = set()
        """Those of the options, folded."""

    def __repr__(self) -> str:
        return f"<Channels {', '.join(name for name, _ in self._wanted.values())}>"

    def begin(self, isupport: Isupport) -> None:
        """Another connection: the names are compared as its server does."""
        fold = self._fold = isupport.fold
        self._wanted = {fold(name): (name, key) for name, key in self._wanted.values()}
        self._lasting = {fold(name) for name in self._configured}
        self._asked.clear()
        self._away.clear()

    def asked(self, channel: str, key: str) -> None:
        """The application joins it."""
        if len(self._asked) < MOST:
            self._asked[self._fold(channel)] = key

    def joined(self, channel: str) -> None:
        """We are in it."""
        folded = self._fold(channel)
        key = self._asked.pop(folded, "")
        self._away.discard(folded)
        name, before = self._wanted.get(folded, (channel, ""))
        if folded in self._wanted or len(self._wanted) < MOST:
            self._wanted[folded] = name, key or before

    def left(self, channel: str, *, kicked: bool = False) -> None:
        """We are in it no more: for good, unless we were put out of one of the options."""
        folded = self._fold(channel)
        if not (kicked and folded in self._lasting):
            self._wanted.pop(folded, None)
        elif folded in self._wanted:
            self._away.add(folded)

    def keyed(self, channel: str, key: str) -> None:
        """It has another key."""
        folded = self._fold(channel)
        if folded in self._wanted:
            self._wanted[folded] = self._wanted[folded][0], key

    def missing(self, present: Iterable[str], isupport: Isupport) -> list[Said]:
        """The JOINs for those we are not in; ``present`` are folded."""
        here = {*present, *self._away}
        names = [pair for folded, pair in self._wanted.items() if folded not in here]
        names.sort(key=lambda pair: not pair[1])  # keys go to the first ones of a line
        most = isupport.targmax("JOIN") if "TARGMAX" in isupport.tokens else AT_ONCE
        lines: list[Said] = []
        group: list[tuple[str, str]] = []
        used = 0
        for name, key in names:
            size = len(name.encode()) + len(key.encode()) + 2
            if group and (used + size > _ROOM or len(group) >= (most or 100)):
                lines.append(_join(group))
                group, used = [], 0
            group.append((name, key))
            used += size
        return [*lines, _join(group)] if group else lines


def _join(group: list[tuple[str, str]]) -> Said:
    names = ",".join(name for name, _ in group)
    keys = ",".join(key for _, key in group if key)
    return ("JOIN", names, keys) if keys else ("JOIN", names)

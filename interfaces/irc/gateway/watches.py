"""Who waits for whom to come and go: MONITOR of IRCv3. Pure."""

from collections.abc import Callable, Iterable
from typing import Any, Final

__all__ = ["MOST", "Watches"]

MOST: Final = 100
"""Nicks that one user may watch."""


class Watches:
    """Both ways: of a nick its watchers, of a watcher its nicks. ``fold`` is how nicks are compared."""

    def __init__(self, fold: Callable[[str], str], most: int = MOST) -> None:
        self.most = most
        self._fold = fold
        self._watchers: dict[str, dict[Any, None]] = {}
        self._watched: dict[Any, dict[str, str]] = {}

    def __repr__(self) -> str:
        return f"<Watches of {len(self._watched)} users>"

    def add(self, watcher: Any, nick: str) -> bool:
        """Watch ``nick``; False when that were one too many."""
        mine = self._watched.setdefault(watcher, {})
        folded = self._fold(nick)
        if folded not in mine and len(mine) >= self.most:
            return False
        mine[folded] = nick
        self._watchers.setdefault(folded, {})[watcher] = None
        return True

    def remove(self, watcher: Any, nick: str) -> None:
        """Watch ``nick`` no more."""
        mine = self._watched.get(watcher)
        if mine is None or mine.pop(self._fold(nick), None) is None:
            return
        if not mine:
            del self._watched[watcher]
        self._unwatched(watcher, self._fold(nick))

    def clear(self, watcher: Any) -> None:
        """Watch nobody."""
        for folded in self._watched.pop(watcher, ()):
            self._unwatched(watcher, folded)

    def _unwatched(self, watcher: Any, folded: str) -> None:
        watchers = self._watchers[folded]
        del watchers[watcher]
        if not watchers:
            del self._watchers[folded]

    def of(self, watcher: Any) -> list[str]:
        """The nicks it watches, as it wrote them."""
        return list(self._watched.get(watcher, {}).values())

    def who(self, nick: str) -> Iterable[Any]:
        """Who watches ``nick``."""
        return list(self._watchers.get(self._fold(nick), ()))

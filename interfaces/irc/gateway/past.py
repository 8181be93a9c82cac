"""Who was there: what WHOWAS tells, of the latest thousand. Pure."""

from collections import deque
from typing import Final, NamedTuple

from interfaces.irc.names import Fold, matcher

__all__ = ["MOST", "Past", "Was"]

MOST: Final = 1000
"""Nicks that are remembered."""


class Was(NamedTuple):
    """Somebody who left, or is called otherwise now."""

    nick: str
    user: str
    host: str
    realname: str
    at: float
    """Unix seconds of the end."""


class Past:
    """The latest ``most``; ``fold`` is how nicks are compared."""

    def __init__(self, fold: Fold, most: int = MOST) -> None:
        self._fold = fold
        self._latest: deque[Was] = deque(maxlen=most)

    def __repr__(self) -> str:
        return f"<Past {len(self._latest)} nicks>"

    def add(self, was: Was) -> None:
        """Remember it, and forget the oldest."""
        self._latest.append(was)

    def find(self, nick: str, most: int = 0) -> list[Was]:
        """Who was called so, or as a mask says, the latest first; 0 is all."""
        matches = matcher(nick, self._fold)
        found = [was for was in reversed(self._latest) if matches(was.nick)]
        return found[:most] if most > 0 else found

"""Capabilities: what a server offers, and how they are asked for. Pure.

IRCv3 capability-negotiation, version 302: an offer comes in several lines, with values, and changes later (NEW, DEL).
Kept of it is a bounded number.
"""

from collections.abc import Container, Iterable, Sequence
from typing import Final

from interfaces.irc.texts import packed

__all__ = ["MOST", "ROOM", "Offer", "requests"]

MOST: Final = 256
"""Capabilities that are kept of an offer."""
ROOM: Final = 400
"""Octets of a list in a line, which leaves some for the names before it."""


class Offer:
    """What a server offers."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        """Name → value, "" where it has none."""
        self._listing = False

    def __repr__(self) -> str:
        return f"<Offer {' '.join(self.values)}>"

    def feed(self, params: Sequence[str]) -> bool:
        """The parameters of a CAP of any subcommand; True: the offer is complete, and it may have changed."""
        if len(params) < 3:
            return False
        verb = params[1].upper()
        words = params[-1].split()
        if verb == "LS":
            if not self._listing:
                self.values.clear()
            self._listing = len(params) > 3 and params[2] == "*"
            self._add(words)
            return not self._listing
        if verb == "NEW":
            self._add(words)
        elif verb == "DEL":
            for word in words:
                self.values.pop(word.partition("=")[0], None)
        else:
            return False
        return not self._listing

    def _add(self, words: Iterable[str]) -> None:
        for word in words:
            name, _, value = word.partition("=")
            if name and (name in self.values or len(self.values) < MOST):
                self.values[name] = value


def requests(wanted: Iterable[str], offered: Container[str]) -> list[str]:
    """The last parameter of each CAP REQ that asks for what is wanted and offered, in the order of ``wanted``."""
    return [*packed(dict.fromkeys(name for name in wanted if name in offered), ROOM)]

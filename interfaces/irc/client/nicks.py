"""Getting the nick back that somebody else has: when to try. Pure."""

from interfaces.irc.client.login import Said
from interfaces.irc.line import Line
from interfaces.irc.names import Fold

__all__ = ["Regain"]

_REFUSED = frozenset({"432", "433", "436", "437", "438", "447"})


class Regain:
    """``wanted`` is ours when we have it; it is asked for each ``every`` seconds, 0: only when its holder leaves it."""

    def __init__(self, wanted: str, every: float) -> None:
        self.wanted = wanted
        self._every = every
        self._due = float("inf")
        self._asked = 0
        """Tries without an answer."""
        self._wish = ""
        """What the application wants to be called, until it is known whether that can be."""

    def __repr__(self) -> str:
        return f"<Regain {self.wanted}>"

    def begin(self, nick: str, fold: Fold, now: float) -> None:
        """We are called ``nick`` from now on."""
        if self._wish and fold(nick) == fold(self._wish):
            self.wanted, self._wish = nick, ""
        if fold(nick) == fold(self.wanted):
            self._due = float("inf")
        elif self._every:
            self._due = now + self._every

    def wants(self, nick: str) -> None:
        """The application wants to be called so."""
        self._wish = nick

    def feed(self, line: Line, source: str, nick: str, fold: Fold) -> list[Said]:
        """A line of ``source``, while we are called ``nick``: somebody may leave what we want."""
        wanted = fold(self.wanted)
        if fold(nick) == wanted or fold(source) != wanted:
            return []
        if line.command == "QUIT" or (line.command == "NICK" and fold(line.param(0)) != wanted):
            return self._try()
        return []

    def due(self, now: float) -> list[Said]:
        """Time has passed."""
        if now < self._due:
            return []
        self._due = now + self._every
        return self._try()

    def refused(self, line: Line, fold: Fold) -> bool:
        """Whether ``line`` is the answer to a try, and nobody else's business."""
        if not self._asked or line.command not in _REFUSED or fold(line.param(1)) != fold(self.wanted):
            return False
        self._asked -= 1
        return True

    def _try(self) -> list[Said]:
        self._asked = min(self._asked + 1, 10)
        return [("NICK", self.wanted)]

"""What a client waits for: answers of its application, and answers of ours that are long.

Reading is on hold meanwhile: so what waits is what one line has asked for, and lines are in order. A long answer is
written as fast as the client reads, each line as things are when it leaves: what changes on the way is told before it.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from interfaces.irc.numerics import ERR_UNAVAILRESOURCE, text_of

__all__ = ["ASKED", "Asked", "Waits"]

ASKED: Final = 4
"""A reason not to read."""
PORTION: Final = 200
"""Lines of long answers, of one client, in one turn of the loop."""
FIRST: Final = 40
"""Of them, those that are done at once, before others have their turn."""
_DONE: Final = object()


class Asked(NamedTuple):
    """A JOIN that the application decides about."""

    channel: str
    key: str


class Waits:
    """Those of ``client``; what comes of a line that has a label is part of its answer, however late it comes."""

    __slots__ = ("_answer", "_asked", "_client", "_deadline", "_holds", "_left", "_planned", "_pours")

    def __init__(self, client: Any) -> None:
        self._client = client
        self._asked: dict[str, Asked] = {}
        self._deadline: float = 0.0
        self._pours: deque[tuple[Any, Iterator[object]]] | None = None
        self._planned: bool = False
        self._left: int = FIRST
        self._holds: bool = False
        self._answer: Any = None

    def __repr__(self) -> str:
        return f"<Waits {len(self._asked)} asked, {len(self._pours or ())} answers>"

    # --- the application --------------------------------------------------------------------------

    def ask(self, channel: str, key: str) -> bool:
        """The application is asked; False when it is already."""
        gateway = self._client.gateway
        folded = gateway.roster.fold(channel)
        if folded in self._asked:
            return False
        self._asked[folded] = Asked(channel, key)
        self._deadline = gateway.now + gateway.options.decide_timeout
        self._answer = self._client.keep() or self._answer
        self._hold()
        return True

    def asks(self, channel: str) -> bool:
        """Whether it is asked."""
        return self._client.gateway.roster.fold(channel) in self._asked

    def answer(self, channel: str, function: Callable[[Asked], None]) -> None:
        """The application has answered: ``function`` does it, unless nothing was asked."""
        found = self._asked.pop(self._client.gateway.roster.fold(channel), None)
        if found is not None:
            try:
                self._client.resume(self._answer, function, found)
            finally:
                self._done()

    def sweep(self, now: float) -> None:
        """Refuse what is not answered in time."""
        if not self._asked or now < self._deadline:
            return
        self._client.gateway.count("irc.gateway.undecided")
        for one in list(self._asked.values()):
            self.answer(one.channel, self._refused)

    def _refused(self, asked: Asked) -> None:
        self._client.numeric(ERR_UNAVAILRESOURCE, asked.channel, text_of(ERR_UNAVAILRESOURCE))

    # --- long answers -----------------------------------------------------------------------------

    def renew(self) -> None:
        """Another turn: there is time for so many steps again."""
        self._left = FIRST

    def pour(self, lines: Iterator[object]) -> None:
        """Write all that ``lines`` writes, some each step."""
        if self._pours is None:
            self._pours = deque()
        self._pours.append((self._client.answer, lines))
        if len(self._pours) == 1:
            self._run()
        if self._pours:
            self._answer = self._client.keep() or self._answer

    def written(self) -> None:
        """The client reads on."""
        if self._pours and not self._planned:
            self._plan()

    def _plan(self) -> None:
        self._planned = True
        self._client.gateway.in_turn(self._go_on)

    def _go_on(self) -> None:
        self._planned = False
        self._left = PORTION
        self._run()

    def _run(self) -> None:
        client, pours = self._client, self._pours
        while pours and self._left and not client.blocked and not client.lost and not client.quit:
            self._left -= 1
            answer, lines = pours[0]
            if client.resume(answer, next, lines, _DONE) is _DONE:
                pours.popleft()
        if client.lost or client.quit:
            self._pours = None
        elif pours:
            self._hold()
            if not client.blocked and not self._planned:
                self._plan()
        else:
            self._pours = None
            self._done()

    # --- both -------------------------------------------------------------------------------------

    def _hold(self) -> None:
        self._holds = True
        self._client.hold(ASKED)

    def _done(self) -> None:
        """Lines are taken again when nothing is waited for."""
        if self._asked or self._pours or not self._holds:
            return
        self._holds = False
        client, answer, self._answer = self._client, self._answer, None
        client.done(answer)
        client.release(ASKED)
        client.loop.call_soon(client.go_on)

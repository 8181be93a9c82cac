"""Messages and their verdicts, recipient by recipient, through hang-ups and repeats. No I/O.

A client that has not heard our answer sends its message again. So what became of each recipient is remembered while
that may be so: the call of the application that still runs though its client has gone or waits no more, and the verdict
that was told to a client which then was gone, with no sign that it had read it. A repeat joins the one and gets the
other, for the recipients that it has in common; "try again" is never remembered, so a repeat of that runs again.
Whoever has read an answer and sends the same once more means it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from interfaces.email.translate import Key
from interfaces.shared.delivery import Verdict

__all__ = ["Message", "Repeats", "Run"]


class Run:
    """One call of the application, for some recipients of a message."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = keys
        self.verdicts: dict[Key, Verdict] = {}
        self.heirs: list[Callable[[Run], None]] = []
        """Who waits for the verdicts: the message that it runs for, and its repeats."""

    def decided(self, verdicts: Sequence[Verdict]) -> None:
        """The application has ended, with a verdict for each recipient."""
        if len(self.keys) == 1 == len(verdicts):
            self.verdicts = {self.keys[0]: verdicts[0]}
        else:
            self.verdicts = dict(zip(self.keys, verdicts, strict=True))
        heirs, self.heirs = self.heirs, []
        for heir in heirs:
            heir(self)


class Message:
    """What waits for verdicts on one connection: done when there is one for each recipient."""

    def __init__(self, keys: Sequence[Key], done: Callable[["Message"], None]) -> None:
        self.keys = keys
        self.verdicts: dict[Key, Verdict] = {}
        self.runs: list[Run] = []
        self._done = done

    def join(self, run: Run) -> None:
        """Wait for what ``run`` says."""
        self.runs.append(run)
        run.heirs.append(self.heard)

    def heard(self, run: Run) -> None:
        """A run has its verdicts."""
        if run.keys is self.keys:  # all of them, as it mostly is
            self.verdicts = run.verdicts
            self._done(self)
        else:
            self.take(run.verdicts)

    def take(self, verdicts: Mapping[Key, Verdict]) -> None:
        """Verdicts for some of the recipients; calls ``done`` once there is one for each."""
        missing = {key for key in self.keys if key not in self.verdicts}
        self.verdicts |= {key: said for key, said in verdicts.items() if key in missing}
        if missing and missing <= self.verdicts.keys():
            self._done(self)

    def leave(self) -> list[Run]:
        """Nobody waits here any more: the runs that go on without."""
        for run in self.runs:
            if self.heard in run.heirs:
                run.heirs.remove(self.heard)
        return self.running

    @property
    def running(self) -> list[Run]:
        """The runs that have no verdicts yet."""
        return [run for run in self.runs if not run.verdicts]

    @property
    def replies(self) -> list[Verdict]:
        """The verdict of each recipient, in their order."""
        return [self.verdicts[key] for key in self.keys]


class Repeats:
    """What is remembered of messages: see the module. ``keep`` is in seconds, ``most`` how many verdicts."""

    def __init__(
        self, keep: float, most: int, count: Callable[[str], Any], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.keep = keep
        self.most = most
        self.elsewhere: Any = None
        """Is told the same, where containers share it: see ``elsewhere``."""
        self._count = count
        self._clock = clock
        self._running: dict[Key, Run] = {}
        self._kept: dict[Key, tuple[Verdict, float]] = {}

    def __len__(self) -> int:
        return len(self._running) + len(self._kept)

    def known(self, keys: Sequence[Key]) -> dict[Key, Run | Verdict]:
        """What runs, or has its verdict, of these."""
        found: dict[Key, Run | Verdict] = {}
        if not self._running and not self._kept:
            return found
        now = self._clock()
        for key in keys:
            if run := self._running.get(key):
                found[key] = run
            elif (kept := self._kept.get(key)) and kept[1] > now:
                found[key] = kept[0]
        if found:
            self._count("email.repeats")
        return found

    def orphan(self, run: Run) -> None:
        """A run goes on though nobody waits, or may be gone: its repeat will join it."""
        self._running |= dict.fromkeys(run.keys, run)
        if self._ended not in run.heirs:
            run.heirs.append(self._ended)
            if self.elsewhere is not None:
                self.elsewhere.orphan(run)

    def _ended(self, run: Run) -> None:
        for key in run.keys:
            if self._running.get(key) is run:  # else another has been left since
                del self._running[key]
        self.remember(run.verdicts)

    def remember(self, verdicts: Mapping[Key, Verdict]) -> None:
        """Keep the final ones: a repeat gets them."""
        if self.elsewhere is not None:
            self.elsewhere.remember(verdicts, self.keep)
        until = self._clock() + self.keep
        for key, said in verdicts.items():
            if said.final:
                self._kept.pop(key, None)  # so that the oldest stay in front
                self._kept[key] = said, until
        while len(self._kept) > self.most or (self._kept and self._oldest <= self._clock()):
            key = next(iter(self._kept))
            if self._kept.pop(key)[1] > self._clock():
                self._count("email.forgotten")

    def heard(self, verdicts: Mapping[Key, Verdict]) -> None:
        """A client has read these: whoever sends the same once more means it, also if an earlier answer was lost."""
        if self._kept:
            for key in verdicts:
                self._kept.pop(key, None)
        if self.elsewhere is not None:
            self.elsewhere.heard(verdicts)

    @property
    def _oldest(self) -> float:
        return next(iter(self._kept.values()))[1]

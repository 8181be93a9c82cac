"""What was said and has no answer yet: which of a network's lines answers what. Pure.

IRCv3 labeled-response: each line has a label, and so has what is said to it. Without that nothing is said to a line
that works: a PING is sent behind it, and a refusal (RFC 2812 §5.2) that comes before its PONG is of the line whose
target, channel or command it names. Where the network echoes what we say, the echo has the msgid.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from interfaces.irc.client.batches import Batch
from interfaces.irc.client.job import Job
from interfaces.irc.client.login import Said
from interfaces.irc.line import Line, form_tags
from interfaces.irc.outcome import Outcome

__all__ = ["ALIVE", "BEHIND", "WAIT", "Asks", "refusal"]

ALIVE: Final = "alive"
"""What a PING asks that looks for a sign of life."""
BEHIND: Final = "after-"
"""What a PING behind lines has in front of a number."""
WAIT: Final = 60.0
"""Seconds to stay quiet when a network wants that, and says no number."""
_SECONDS: Final = re.compile(r"(\d{1,5}) sec")
_NONE_AT_ALL: Final = frozenset({"422"})
_MORE: Final = frozenset({"263", "716", "972"})
"""Numerics outside of 400 to 599 that refuse: it is busy; the nick takes nothing from us; it cannot be done."""
_LATER: Final = frozenset({"263", "439", "RATE_LIMITED", "TRY_AGAIN", "RATE_LIMIT"})


def refusal(line: Line) -> Outcome | None:
    """What ``line`` refuses; None: it refuses nothing."""
    command = line.command
    if command == "FAIL":
        words, code = [command, *line.params[:-1]], line.param(1)
    elif (len(command) == 3 and command[0] in "45" and command not in _NONE_AT_ALL) or command in _MORE:
        words, code = [command, *line.params[1:-1]], command
    else:
        return None
    said = " ".join(words) + (f": {line.params[-1]}" if line.params else "")
    if code not in _LATER:
        return Outcome("failed", said)
    found = _SECONDS.search(said)
    return Outcome("deferred", said, retry_after=float(found[1]) if found else WAIT)


@dataclass(slots=True, eq=False)
class _Asked:
    """A line that was written."""

    job: Job
    said: Said
    first: bool
    until: float


class Asks:
    """Of one connection. ``timeout``: seconds for an answer; then it is uncertain."""

    def __init__(self, *, labeled: bool, fold: Callable[[str], str], timeout: float) -> None:
        self.fold = fold
        self.labeled = labeled
        """Whether lines have labels, or PINGs behind them."""
        self._timeout = timeout
        self._number = 0
        self._labels: dict[str, _Asked] = {}
        self._fresh: list[_Asked] = []
        """Behind which no PING was sent yet."""
        self._barriers: dict[str, list[_Asked]] = {}
        """What each PING is behind."""
        self._echoes = False
        """Whether the server says in a PONG to what it is one."""

    def __repr__(self) -> str:
        return f"<Asks, {len(self._labels)} by label, {len(self._barriers)} by PING>"

    @property
    def waiting(self) -> bool:
        """Whether something has no answer yet."""
        return bool(self._labels or self._fresh or any(self._barriers.values()))

    # --- writing ----------------------------------------------------------------------------------

    def write(self, job: Job, now: float) -> bytes:
        """The next line of ``job``, which is on its way now."""
        piece = job.left.popleft()
        job.written += 1
        tags = job.draft.tags
        if job.told is not None:
            asked = _Asked(job, piece.said, job.written == 1, now + self._timeout)
            job.open += 1
            if self.labeled:
                self._number += 1
                label = f"{self._number:x}"
                self._labels[label] = asked
                tags = {**tags, "label": label}
            else:
                self._fresh.append(asked)
        return form_tags(tags).encode() + piece.body if tags else piece.body

    def barrier(self) -> Said | None:
        """The PING that is to be sent behind what was written; None: there is nothing to ask."""
        if not self._fresh:
            return None
        self._number += 1
        token = f"{BEHIND}{self._number:x}"
        self._barriers[token] = self._fresh
        self._fresh = []
        return ("PING", token)

    def alive(self) -> Said:
        """The PING that asks for a sign of life."""
        self._barriers.setdefault(ALIVE, [])
        return ("PING", ALIVE)

    # --- hearing ----------------------------------------------------------------------------------

    def name(self, line: Line, batch: Batch | None) -> str:
        """The ``id`` of the message that ``line`` is an answer to; "" where there is none."""
        asked = self._labels.get(_label(line, batch))
        return asked.job.name if asked is not None else ""

    def said(self, line: Line, batch: Batch | None) -> Said | None:
        """The line of ours that ``line`` is an answer to, as far as a label shows that."""
        asked = self._labels.get(_label(line, batch))
        return asked.said if asked is not None else None

    def feed(self, line: Line, batch: Batch | None, *, own: bool) -> bool:
        """A line, and whether we are its source; True: it is an answer, and says nothing to anybody else."""
        label = _label(line, batch)
        if label:
            return self._labeled_line(label, line, batch)
        if line.command == "PONG":
            return self._pong(line.params[-1] if line.params else "")
        if line.command in ("PRIVMSG", "NOTICE"):
            if own:
                self._echoed(line)
            return False
        came = refusal(line) if self._barriers or self._fresh else None
        asked = self._meant(line) if came is not None else None
        if came is None or asked is None:
            return False
        asked.job.fail(came)
        return True

    def ended(self, batch: Batch) -> None:
        """A batch is complete: it may be what was said to a line."""
        if batch.label and (batch.outer is None or batch.outer.label != batch.label):
            self._answered(batch.label)

    def _labeled_line(self, label: str, line: Line, batch: Batch | None) -> bool:
        asked = self._labels.get(label)
        if asked is None:
            return line.command == "ACK"
        came = refusal(line)
        if came is not None:
            asked.job.fail(came)
        elif asked.first and asked.said[0] == line.command and "msgid" in line.tags:
            asked.job.msgid = line.tags["msgid"]
        if line.command != "BATCH" and (batch is None or batch.label != label):
            self._answered(label)
        return came is not None or line.command == "ACK"

    def _answered(self, label: str) -> None:
        asked = self._labels.pop(label, None)
        if asked is not None:
            asked.job.answered()

    def _pong(self, token: str) -> bool:
        """A PONG answers all that was asked before: servers keep the order. Some do not say to what it is one."""
        if token in self._barriers:
            self._echoes = True
        elif self._echoes or not self._barriers:
            return False
        else:
            token = next(iter(self._barriers))
        while self._barriers:
            name = next(iter(self._barriers))
            for asked in self._barriers.pop(name):
                asked.job.answered()
            if name == token:
                break
        return True

    def _waiting(self) -> Iterator[_Asked]:
        for asked in self._barriers.values():
            yield from asked
        yield from self._fresh

    def _echoed(self, line: Line) -> None:
        if "msgid" not in line.tags or not (self._barriers or self._fresh):
            return
        for asked in self._waiting():
            said = asked.said
            if (
                asked.first
                and not asked.job.msgid
                and said[0] == line.command
                and said[2:] == tuple(line.params[1:])
                and self.fold(said[1]) == self.fold(line.param(0))
            ):
                asked.job.msgid = line.tags["msgid"]
                return

    def _meant(self, line: Line) -> _Asked | None:
        """The oldest line that a refusal may be of."""
        named = {self.fold(one) for one in line.params[1:-1]}
        commands = {one.upper() for one in line.params[:-1]}
        bare = len(line.params) < 3
        for asked in self._waiting():
            if bare or asked.said[0] in commands or not named.isdisjoint(asked.job.draft.subjects):
                return asked
        return None

    # --- time, and the end ------------------------------------------------------------------------

    def expire(self, now: float) -> int:
        """Give up what has waited for too long; how many lines that were."""
        late = []
        for label, asked in self._labels.items():
            if asked.until > now:
                break
            late.append(label)
        tokens = [token for token, found in self._barriers.items() if found and found[-1].until <= now]
        gone = [self._labels.pop(label) for label in late]
        for token in tokens:
            gone += self._barriers.pop(token)
        for asked in gone:
            asked.job.fail(Outcome("uncertain", f"no answer within {self._timeout:g} s"))
            asked.job.answered()
        return len(gone)

    def lost(self, reason: str) -> None:
        """The connection has ended."""
        jobs = dict.fromkeys(asked.job for asked in (*self._labels.values(), *self._waiting()))
        self._labels.clear()
        self._barriers.clear()
        self._fresh.clear()
        for job in jobs:
            job.lost(reason)


def _label(line: Line, batch: Batch | None) -> str:
    return line.tags.get("label") or (batch.label if batch is not None else "")

"""What is to be said: the lines of one message of the application, and what became of them. Pure."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from interfaces.irc.client.login import Said
from interfaces.irc.outcome import Outcome

__all__ = ["OWN", "Draft", "Job", "Piece", "Queue"]

OWN = 2000
"""Lines of our own that may wait."""

_WORSE = {"sent": 0, "deferred": 1, "uncertain": 2, "failed": 3}


class Piece(NamedTuple):
    """One line: its words, and its bytes without tags."""

    said: Said
    body: bytes


class Draft(NamedTuple):
    """A message as lines. ``subjects``: names by which a server's refusal shows that it is meant."""

    pieces: list[Piece]
    tags: dict[str, str]
    subjects: frozenset[str]


class Job:
    """A draft on its way. ``told`` hears what became of it, once; ``name`` is the message's ``id``.

    ``commit`` is awaited before the first line leaves: what it raises is the end of the job.
    """

    __slots__ = (
        "begun", "came", "commit", "draft", "left", "msgid", "name", "open", "raised", "told", "written",
    )  # fmt: skip

    def __init__(
        self,
        draft: Draft,
        *,
        name: str = "",
        told: Callable[[Outcome], None] | None = None,
        commit: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.draft = draft
        self.name = name
        self.told = told
        self.commit = commit
        self.begun = commit is None
        self.left = deque(draft.pieces)
        """Lines that were not written yet."""
        self.written = 0
        self.open = 0
        """Lines that were, and to which nothing was said yet."""
        self.came: Outcome | None = None
        self.msgid = ""
        self.raised: BaseException | None = None
        """By ``commit``."""

    def __repr__(self) -> str:
        return f"<Job {self.name} {self.written} written, {len(self.left)} left>"

    async def begin(self) -> None:
        """Have it recorded that the first line leaves now; where that cannot be, none does."""
        try:
            if self.commit is not None:
                await self.commit()
        except BaseException as error:
            self.raised = error
            self.fail(Outcome("deferred", str(error)))
            self.settle()
            if not isinstance(error, Exception):
                raise
        self.begun = True

    def answered(self) -> None:
        """A line has its answer, and nothing was wrong with it."""
        self.open -= 1
        self.settle()

    def fail(self, came: Outcome) -> None:
        """It does not work: nothing more of it is written; the worst that was heard is told."""
        self.left.clear()
        if self.came is None or _WORSE[came.status] > _WORSE[self.came.status]:
            self.came = came

    def settle(self) -> None:
        """Tell what became of it, once nothing of it is to come."""
        if self.left or self.open:
            return
        told, self.told = self.told, None
        if told is not None:
            came = self.came or Outcome("sent")
            told(came._replace(msgid=self.msgid) if self.msgid else came)

    def lost(self, reason: str) -> None:
        """The connection has ended: what was written may have been said."""
        if self.written:
            self.fail(Outcome("uncertain", reason))
        else:
            self.fail(Outcome("deferred", reason))
        self.open = 0
        self.settle()


class Queue:
    """Jobs in the order in which they go: the application's, and in turn with them our own."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._own: deque[Job] = deque()
        self._own_turn = False

    def __repr__(self) -> str:
        return f"<Queue of {len(self._jobs)} and {len(self._own)} jobs>"

    def __len__(self) -> int:
        return len(self._jobs) + len(self._own)

    @property
    def lines(self) -> int:
        """Of the application, that wait."""
        return sum(len(one.left) for one in self._jobs)

    def add(self, job: Job) -> None:
        """One of the application."""
        self._jobs.append(job)

    def add_own(self, job: Job) -> bool:
        """What we say ourselves, such as JOIN; False: there is no room for it."""
        if len(self._own) >= OWN:
            return False
        self._own.append(job)
        return True

    def head(self) -> Job | None:
        """Whose line is next; one that waits for its ``commit`` lets ours go first."""
        for queue in (self._jobs, self._own):
            while queue and not queue[0].left:  # it has failed
                queue.popleft()
        waits = not self._jobs or not self._jobs[0].begun
        if self._own and (self._own_turn or waits):
            return self._own[0]
        return self._jobs[0] if self._jobs else None

    def took(self, job: Job) -> None:
        """A line of ``job`` goes: then it is the turn of the others."""
        self._own_turn = not (self._own and job is self._own[0])

    def clear(self) -> list[Job]:
        """Take all of them out."""
        found = [*self._own, *self._jobs]
        self._own.clear()
        self._jobs.clear()
        return found

"""Threads for sync work: the jobs of one line run one after another, on threads that all lines share.

A job is one call. While it runs it has its thread to itself; then what it left there decides:

- nothing: the line's next job may run on any thread, and none is held while the line is idle;
- a connection: the line stays on this thread, where its connection and cursors are;
- a transaction: the line stays, and the thread runs nothing else until the transaction has ended.

A thread where lines stay is shared, job by job, only when all threads are in that state. So no transaction is
ever split over two connections or joined by another line. A caller has its result when all this is settled.
"""

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import count
from threading import Lock
from typing import Any, Literal, Protocol, TypeVar

from interfaces.shared.errors import ApplicationError

__all__ = ["THREADS", "WAITING", "Leavings", "Left", "Line", "Pool"]

log = logging.getLogger("interfaces.application")

THREADS = 40
"""Default of the option ``threads``."""
WAITING = 1000
"""Jobs of one line that may wait: default of the option ``max_sync_queue``."""

Left = Literal["nothing", "connection", "transaction"]
Result = TypeVar("Result")
_Job = tuple[Future[Any], Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Leavings(Protocol):
    """What jobs leave on a thread; each is called on the thread it is about."""

    def left(self) -> Left:
        """What the job that has just run has left."""

    def put_away(self) -> None:
        """Roll back and close what a line that is over has left; the thread goes on."""

    def close(self) -> None:
        """Close everything; the thread ends."""


class Line:
    """Jobs that run in order, one at a time; with ``stays`` on one thread until the line is closed.

    A job that was cancelled before its turn does not run; one that runs is not stopped.
    """

    def __init__(self, *, stays: bool = False, limit: int = WAITING) -> None:
        self.stays = stays
        self.limit = limit
        self.closed = False
        self.active = False
        self.left: Left = "nothing"
        self.worker: _Worker | None = None
        self.jobs: deque[_Job] = deque()

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<{type(self).__name__} with {len(self.jobs)} jobs waiting, {state}>"


class _Worker:
    """A thread, the line it works for now, those that have a job for it alone, and how many stay there."""

    def __init__(self, number: int) -> None:
        self.executor = ThreadPoolExecutor(1, f"interfaces-sync-{number}")
        self.line: Line | None = None
        self.ready: deque[tuple[int, Line]] = deque()
        self.lines = 0
        self.transaction: Line | None = None


class Pool:
    """At most ``threads`` threads, started as they are needed, for any number of lines.

    ``threads`` may be changed at any time; threads that are there already stay.
    """

    def __init__(self, leavings: Leavings, threads: int = THREADS) -> None:
        self.threads = threads
        self.closed = False
        self._leavings = leavings
        self._lock = Lock()
        self._workers: list[_Worker] = []
        self._waiting: deque[tuple[int, Line]] = deque()
        self._tickets = count()

    def __repr__(self) -> str:
        there = f"{len(self._workers)} of {self.threads} threads"
        return f"Pool({there}, {self.busy} busy, {self.waiting} waiting)"

    @property
    def busy(self) -> int:
        """Threads that work."""
        return sum(worker.line is not None for worker in self._workers)

    @property
    def waiting(self) -> int:
        """Lines whose next job waits for a thread."""
        return len(self._waiting)

    def submit(self, line: Line, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Queue a job. ApplicationError when ``line.limit`` wait already; RuntimeError after the end."""
        future: Future[Result] = Future()
        with self._lock:
            if self.closed:
                raise RuntimeError("the pool of sync threads has been shut down")
            if len(line.jobs) >= line.limit:
                line.jobs = deque(job for job in line.jobs if not job[0].cancelled())
                if len(line.jobs) >= line.limit:
                    raise ApplicationError(f"{line.limit} sync calls of this scope are waiting already")
            self._append(line, (future, fn, args, kwargs))
        return future

    def close(self, line: Line) -> None:
        """Let the line's thread go, and put away what it left there: from now on after each job.

        Jobs that wait still run. May be called more than once.
        """
        with self._lock:
            line.closed = True
            if not line.active and line.left == "nothing":
                self._stay(line, None)
            elif not self.closed:
                self._append(line, (Future(), _visit, (), {}))

    def shutdown(self) -> None:
        """Wait for the jobs that run, cancel those that wait, and end the threads with what is left there."""
        with self._lock:
            self.closed = True
            workers, self._workers = self._workers, []
            lines = [line for _, line in self._waiting]
            self._waiting.clear()
            for worker in workers:
                lines += [line for _, line in worker.ready]
                worker.ready.clear()
                if worker.line is not None:
                    lines.append(worker.line)
            jobs = [job for line in lines for job in line.jobs]
            for line in lines:
                line.jobs.clear()
        for future, *_ in jobs:
            future.cancel()
        for worker in workers:
            worker.executor.submit(self._leavings.close)
        for worker in workers:
            worker.executor.shutdown()

    def _append(self, line: Line, job: _Job) -> None:
        line.jobs.append(job)
        if not line.active:
            line.active = True
            self._queue(line)
            if line.worker is None:
                self._spread()
            elif line.worker.line is None:
                self._wake(line.worker)

    def _queue(self, line: Line) -> None:
        entry = (next(self._tickets), line)
        if line.worker is None:
            self._waiting.append(entry)
        elif line.worker.transaction is line:
            line.worker.ready.appendleft(entry)
        else:
            line.worker.ready.append(entry)

    def _spread(self) -> None:
        """Set threads to work on what may run anywhere: where the fewest lines stay, or new ones."""
        for worker in sorted(self._workers, key=lambda worker: worker.lines):
            if self._waiting and worker.line is None:
                self._wake(worker)
        while self._waiting and len(self._workers) < self.threads:
            self._workers.append(_Worker(len(self._workers)))
            self._wake(self._workers[-1])

    def _wake(self, worker: _Worker) -> None:
        job = self._take(worker)
        if job is not None:
            worker.executor.submit(self._work, worker, job)

    def _take(self, worker: _Worker) -> _Job | None:
        """The job that is to run on ``worker`` now."""
        worker.line = line = self._next(worker)
        return None if line is None else line.jobs.popleft()

    def _next(self, worker: _Worker) -> Line | None:
        """Whoever has waited longest, of those that may run there."""
        ready, waiting = worker.ready, self._waiting
        if worker.transaction is not None:
            return ready.popleft()[1] if ready and ready[0][1] is worker.transaction else None
        free = worker.lines == 0 or len(self._workers) >= self.threads
        if waiting and free and (not ready or waiting[0] < ready[0]):
            return waiting.popleft()[1]
        return ready.popleft()[1] if ready else None

    def _stay(self, line: Line, worker: _Worker | None) -> None:
        if line.worker is not None:
            line.worker.lines -= 1
        if worker is not None:
            worker.lines += 1
        line.worker = worker

    def _work(self, worker: _Worker, job: _Job | None) -> None:
        """Run on the thread of ``worker`` until it has nothing to do."""
        while job is not None and worker.line is not None:
            deliver = _call(job)
            left = self._look(worker.line)
            with self._lock:
                self._finished(worker, worker.line, left)
                job = self._take(worker)
                self._spread()
            deliver()
            del deliver  # it holds the result

    def _look(self, line: Line) -> Left:
        """What the job has left on this thread, after the end of its line nothing."""
        left = self._leavings.left()
        if left != "nothing" and line.closed:
            try:
                self._leavings.put_away()
            except Exception:  # a server that is gone: the thread is for others too
                log.exception("what a scope left open could not be closed")
            left = "nothing"
        return left

    def _finished(self, worker: _Worker, line: Line, left: Left) -> None:
        line.left = left
        self._stay(line, worker if left != "nothing" or (line.stays and not line.closed) else None)
        worker.transaction = line if left == "transaction" else None
        line.active = bool(line.jobs)
        if line.active:
            self._queue(line)


def _call(job: _Job) -> Callable[[], None]:
    """Do the job; what comes back tells who waits for it how it ended."""
    future, fn, args, kwargs = job
    if not future.set_running_or_notify_cancel():
        return _visit
    try:
        return partial(future.set_result, fn(*args, **kwargs))
    except BaseException as error:  # noqa: BLE001 - it is the caller's, whatever it is
        return partial(future.set_exception, error)


def _visit() -> None:
    """Do nothing: a job that only brings its line's thread by."""

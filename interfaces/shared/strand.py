"""Sync work: the jobs of one scope run one after another, on threads that all scopes share.

asgiref's ``sync_to_async`` (Django's ORM and handler, Channels' SyncConsumer) asks its context for an
executor; every scope's task runs in the context of its :class:`Lane`, where that is the scope's strand.
asgiref alone would run all scopes on one thread, or hold a thread for each.

A job is one call. While it runs it has its thread to itself; then what it left there decides:

- nothing: the next job of the strand may run on any thread, and none is held while the strand is idle;
- an open database connection: the strand stays on this thread, where its connection and cursors are;
- an open transaction: the strand stays, and the thread runs nothing else until the transaction has ended.

The strand of an HTTP request stays from its first job to its end, since Django promises its middleware one
thread. A thread where strands stay is shared, job by job, only when all threads are in that state.
So no ``atomic()`` is ever split over two connections or joined by another scope. What a scope leaves open
when it ends is rolled back and closed.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from itertools import count
from threading import Lock
from typing import Any, TypeVar

from interfaces.shared.errors import ApplicationError

__all__ = ["Lane", "Pool", "RequestLane", "Strand", "current", "lane", "pool", "shutdown"]

THREADS = 40
"""As anyio's (Starlette's) limit; asyncio's own executor has at most 32."""
WAITING = 1000
"""Jobs of one scope that may wait."""

NOTHING, CONNECTION, TRANSACTION = range(3)
Result = TypeVar("Result")


class _Worker:
    """A thread, what is to run there and nowhere else, and how many strands stay there."""

    __slots__ = ("busy", "executor", "ready", "strands", "transaction")

    def __init__(self, number: int) -> None:
        self.executor = ThreadPoolExecutor(1, f"interfaces-sync-{number}")
        self.ready: deque[tuple[int, Strand]] = deque()
        self.busy = False
        self.strands = 0
        self.transaction: Strand | None = None


class Pool:
    """At most ``threads`` threads, started as they are needed, for any number of strands."""

    def __init__(self, threads: int = THREADS) -> None:
        self.threads = threads
        self.closed = False
        self._lock = Lock()
        self._workers: list[_Worker] = []
        self._waiting: deque[tuple[int, Strand]] = deque()
        self._tickets = count()

    def __repr__(self) -> str:
        busy, waiting = sum(worker.busy for worker in self._workers), len(self._waiting)
        return f"Pool({len(self._workers)} of {self.threads} threads, {busy} busy, {waiting} waiting)"

    def add(self, strand: "Strand", job: "_Job") -> None:
        """Queue ``job``. ApplicationError when too many of the strand's wait; RuntimeError after the end."""
        with self._lock:
            if self.closed:
                raise RuntimeError("the pool of sync threads has been shut down")
            if len(strand.jobs) >= strand.limit:
                strand.jobs = deque(job for job in strand.jobs if not job[0].cancelled())
                if len(strand.jobs) >= strand.limit:
                    raise ApplicationError(f"{strand.limit} sync calls of this scope are waiting already")
            strand.jobs.append(job)
            if not strand.active:
                strand.active = True
                self._queue(strand)
                self._spread()

    def release(self, strand: "Strand") -> bool:
        """Let an idle strand's thread go; False when something has to be put away there first."""
        with self._lock:
            if not strand.active and strand.left == NOTHING:
                self._stay(strand, None)
                self._spread()
            return strand.active or strand.left == NOTHING

    def shutdown(self) -> None:
        """End all threads when their queues are empty; their connections go with them."""
        with self._lock:
            self.closed = True
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.executor.shutdown()

    def _queue(self, strand: "Strand") -> None:
        line = self._waiting if strand.worker is None else strand.worker.ready
        line.append((next(self._tickets), strand))

    def _spread(self) -> None:
        """Set idle threads to work."""
        for worker in self._workers:
            if not worker.busy:
                self._wake(worker)
        while self._waiting and len(self._workers) < self.threads:
            self._workers.append(_Worker(len(self._workers)))
            self._wake(self._workers[-1])

    def _wake(self, worker: _Worker) -> None:
        strand = self._next(worker)
        if strand is not None:
            worker.busy = True
            worker.executor.submit(self._work, worker, strand)

    def _next(self, worker: _Worker) -> "Strand | None":
        """Whose job is to run on ``worker`` now: whoever has waited longest, of those that may."""
        if worker.transaction is not None:
            mine = [entry for entry in worker.ready if entry[1] is worker.transaction]
            if not mine:
                return None
            worker.ready.remove(mine[0])
            return mine[0][1]
        line = worker.ready
        if self._waiting and self._open(worker) and (not line or self._waiting[0] < line[0]):
            line = self._waiting
        return line.popleft()[1] if line else None

    def _open(self, worker: _Worker) -> bool:
        """Whether a strand that may run anywhere may run there: where the fewest others stay."""
        fewest = min(other.strands for other in self._workers if other.transaction is None)
        return worker.strands == 0 or (len(self._workers) >= self.threads and worker.strands <= fewest)

    def _stay(self, strand: "Strand", worker: _Worker | None) -> None:
        if strand.worker is not None:
            strand.worker.strands -= 1
        if worker is not None:
            worker.strands += 1
        strand.worker = worker

    def _work(self, worker: _Worker, strand: "Strand | None") -> None:
        """Run on the thread of ``worker`` until it has nothing to do."""
        while strand is not None:
            _run(strand.jobs.popleft())
            left = _left()
            if left != NOTHING and strand.closed and not strand.jobs:
                _put_away()
                left = NOTHING
            with self._lock:
                self._finished(worker, strand, left)
                strand = self._next(worker)
                worker.busy = strand is not None
                self._spread()

    def _finished(self, worker: _Worker, strand: "Strand", left: int) -> None:
        strand.left = left
        stays = left != NOTHING or (strand.stays and not strand.closed)
        self._stay(strand, worker if stays else None)
        worker.transaction = strand if left == TRANSACTION else None
        if left != NOTHING and strand.closed and not strand.jobs:  # it was closed a moment ago
            strand.jobs.append((Future(), _nothing, (), {}))
        strand.active = bool(strand.jobs)
        if strand.active:
            self._queue(strand)


_Job = tuple[Future[Any], Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Strand(Executor):
    """The executor of one scope: its jobs run one after another, in order.

    ``stays``: on one thread to the end. A job that was cancelled before its turn does not run; one that
    runs is not stopped. At most ``limit`` wait.
    """

    def __init__(self, pool: Pool, *, stays: bool = False, limit: int = WAITING) -> None:
        self.pool = pool
        self.stays = stays
        self.limit = limit
        self.closed = False
        self.active = False
        self.left = NOTHING
        self.worker: _Worker | None = None
        self.jobs: deque[_Job] = deque()

    def __repr__(self) -> str:
        return f"<Strand with {len(self.jobs)} jobs waiting, {'closed' if self.closed else 'open'}>"

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Queue a job (concurrent.futures). ApplicationError when ``limit`` of them wait already."""
        future: Future[Result] = Future()
        self.pool.add(self, (future, fn, args, kwargs))
        return future

    async def run(self, fn: Callable[..., Result], /, *args: Any) -> Result:
        """Call ``fn`` as a job, in a copy of this context, and wait for it.

        Where Django is used its old connections are closed before and after.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self, copy_context().run, _freshly, fn, *args)

    def close(self) -> None:
        """The scope has ended: what it left on its thread is put away. Jobs that wait still run."""
        if not self.closed:
            self.closed = True
            if not self.pool.release(self) and not self.pool.closed:
                self.submit(_nothing)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As :meth:`close`; never waits."""
        self.close()


class _CurrentStrand(Executor):
    """What asgiref finds in every scope's context: hands a job to the strand of the scope it comes from."""

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Queue a job."""
        return current().submit(fn, *args, **kwargs)


class Lane:
    """Where a scope finds its strand, which is made for its first job.

    To asgiref, which maps contexts to executors, all lanes are equal, and so are registered once for all.
    There is one for each request: hence no ``__init__``.
    """

    stays = False
    closed = False
    strand: Strand | None = None
    _exited = False  # asgiref 3.13 and later look at it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lane)

    def __hash__(self) -> int:
        return 1

    def task(self, call: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> asyncio.Task[Any]:
        """Run ``call`` in a copy of this context, in which sync work belongs to this lane."""
        variable = _Process.variable
        token = variable.set(self)
        try:
            return asyncio.Task(call, loop=loop, name="application")
        finally:
            variable.reset(token)

    def close(self) -> None:
        """The scope has ended."""
        self.closed = True
        if self.strand is not None:
            self.strand.close()


class RequestLane(Lane):
    """That of an HTTP request, whose strand stays on its thread."""

    stays = True


class _Process:
    """What there is one of in a process; ``variable`` is asgiref's own once that is loaded."""

    pool: Pool | None = None
    variable: ContextVar[Any] = ContextVar("interfaces.lane")
    every: Lane | None = None


def pool() -> Pool:
    """The process's pool."""
    if _Process.pool is None or _Process.pool.closed:
        _Process.pool = Pool()
    return _Process.pool


def shutdown() -> None:
    """End the process's threads, and their database connections with them; new ones start on demand."""
    if _Process.pool is not None:
        _Process.pool.shutdown()


def lane(kind: str) -> Lane | None:
    """The lane of a new scope of type ``kind``; None, and no time lost, while asgiref is not loaded."""
    if _Process.every is None and not _register():
        return None
    return RequestLane() if kind == "http" else Lane()


def _register() -> bool:
    """Make ourselves known to asgiref; False while it is not there, or another thread still imports it."""
    module = sys.modules.get("asgiref.sync")
    if module is None or not hasattr(module, "sync_to_async"):
        return False
    _Process.every = Lane()
    module.SyncToAsync.context_to_thread_executor[_Process.every] = _CurrentStrand()
    _Process.variable = module.SyncToAsync.thread_sensitive_context
    return True


def current() -> Strand:
    """The strand of the scope in whose context this runs; a new one where that is none's."""
    mine = _Process.variable.get(None)
    if not isinstance(mine, Lane):
        return Strand(pool())
    if mine.strand is None:
        mine.strand = Strand(pool(), stays=mine.stays)
        if mine.closed:
            mine.strand.close()
    return mine.strand


def _run(job: _Job) -> None:
    future, fn, args, kwargs = job
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - it is the caller's, whatever it is
            future.set_exception(error)


def _nothing() -> None:
    """A job that only brings its strand's thread by."""


def _connections() -> list[Any]:
    """Django's connections of this thread; those that a test lends to all threads are its own business."""
    database = sys.modules.get("django.db")
    if database is None or not sys.modules["django.conf"].settings.configured:
        return []
    return [c for c in database.connections.all(initialized_only=True) if not c.allow_thread_sharing]


def _left() -> int:
    """What the job that ran on this thread has left there."""
    left = NOTHING
    for connection in _connections():
        manual = not connection.autocommit and connection.settings_dict["AUTOCOMMIT"]
        if connection.in_atomic_block or (connection.connection is not None and manual):
            return TRANSACTION
        if connection.connection is not None:
            left = CONNECTION
    return left


def _put_away() -> None:
    """Roll back and close what a scope that is over has left on this thread."""
    for connection in _connections():
        if connection.in_atomic_block or not connection.autocommit:
            connection.close()
            del sys.modules["django.db"].connections[connection.alias]
        else:
            connection.close_if_unusable_or_obsolete()


def _freshly(fn: Callable[..., Result], *args: Any) -> Result:
    for connection in _connections():
        connection.close_if_unusable_or_obsolete()
    try:
        return fn(*args)
    finally:
        for connection in _connections():
            connection.close_if_unusable_or_obsolete()

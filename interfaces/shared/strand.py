"""Sync work: the strand of one scope, and how asgiref finds it.

asgiref's ``sync_to_async`` (Django's ORM and handler, Channels' SyncConsumer) asks its context for an
executor; every scope's task runs in the context of its :class:`Lane`, where that is the scope's strand.
asgiref alone would run all scopes on one thread, or hold a thread for each.

The strand of an HTTP request stays on its first job's thread to its end, since Django promises its middleware
one thread. What a scope leaves open when it ends is rolled back and closed. The rest is in ``pool``.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from interfaces.shared import connections
from interfaces.shared.pool import THREADS, WAITING, Line, Pool

__all__ = ["Lane", "RequestLane", "Strand", "bound", "current", "lane", "pool", "shutdown"]

Result = TypeVar("Result")


class Strand(Line, Executor):
    """The executor of one scope: its jobs run one after another, in order."""

    def __init__(self, pool: Pool, *, stays: bool = False, limit: int = WAITING) -> None:
        super().__init__(stays=stays, limit=limit)
        self.pool = pool

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Queue a job (concurrent.futures). ApplicationError when ``limit`` of them wait already."""
        return self.pool.submit(self, fn, *args, **kwargs)

    async def run(self, fn: Callable[..., Result], /, *args: Any) -> Result:
        """Call ``fn`` as a job, in a copy of this context, and wait for it.

        Where Django is used its old connections are closed before and after.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self, copy_context().run, connections.freshly, fn, *args)

    def close(self) -> None:
        """The scope has ended: what it left on its thread is put away. Jobs that wait still run."""
        self.pool.close(self)

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
    threads = THREADS
    waiting = WAITING
    variable: ContextVar[Any] = ContextVar("interfaces.lane")
    every: Lane | None = None


def pool() -> Pool:
    """The process's pool."""
    if _Process.pool is None or _Process.pool.closed:
        _Process.pool = Pool(connections, _Process.threads)
    return _Process.pool


def bound(threads: int, waiting: int) -> None:
    """Let the process's pool have so many threads, and so many jobs of a scope wait; the last call counts."""
    _Process.threads = threads
    _Process.waiting = waiting
    if _Process.pool is not None:
        _Process.pool.threads = threads


def shutdown() -> None:
    """End the process's threads, and their database connections with them; new ones start on demand.

    Waits for the jobs that run, and cancels those that wait.
    """
    if _Process.pool is not None:
        _Process.pool.shutdown()


def lane(kind: str) -> Lane | None:
    """The lane of a new scope of type ``kind``; None, and no time lost, while asgiref is not loaded."""
    if _Process.every is None and ("asgiref.sync" not in sys.modules or not _register()):
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
        return Strand(pool(), limit=_Process.waiting)
    if mine.strand is None:
        mine.strand = Strand(pool(), stays=mine.stays, limit=_Process.waiting)
        if mine.closed:
            mine.strand.close()
    return mine.strand

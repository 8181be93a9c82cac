"""Strands: executors for asyncio and asgiref, and what Django leaves on a thread; the rules are test_pool's."""

import asyncio
import contextvars
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from interfaces.shared import connections
from interfaces.shared.pool import Pool
from interfaces.shared.session import Session
from interfaces.shared.strand import Strand, _Process, bound, current, lane, pool, shutdown

WAIT = 10


@pytest.fixture
def threads():
    """A pool of three threads, ended after the test."""
    pool = Pool(connections, 3)
    yield pool
    pool.shutdown()


async def nothing(event):
    """Stand in for a peer."""


def test_a_cancelled_job_does_not_run_and_a_running_one_goes_on(threads):
    """Cancelling before the turn takes the job out; afterwards only the waiting ends."""

    async def main():
        strand, gate, started, ran = Strand(threads), threading.Event(), threading.Event(), []

        def slow():
            started.set()
            gate.wait(WAIT)
            ran.append("slow")

        first = asyncio.ensure_future(strand.run(slow))
        second = asyncio.ensure_future(strand.run(ran.append, "second"))
        await asyncio.to_thread(started.wait, WAIT)
        first.cancel()
        second.cancel()
        done = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(one) for one in done] == [asyncio.CancelledError] * 2
        third = asyncio.ensure_future(strand.run(ran.append, "third"))
        gate.set()
        await third
        assert ran == ["slow", "third"]

    asyncio.run(main())


def test_a_strand_is_an_executor(threads):
    """Its shutdown closes it and waits for nothing."""
    strand, gate = Strand(threads, stays=True, limit=1), threading.Event()
    future = strand.submit(gate.wait, timeout=WAIT)
    strand.shutdown()
    gate.set()
    assert future.result(WAIT)
    assert (strand.worker, repr(strand)) == (None, "<Strand with 0 jobs waiting, closed>")


def test_jobs_see_the_context_and_cannot_change_it(threads):
    """``run`` hands a copy of the context variables over."""
    variable = contextvars.ContextVar("variable", default=0)

    async def main():
        variable.set(1)
        strand = Strand(threads)
        assert await strand.run(variable.get) == 1
        await strand.run(variable.set, 2)
        assert variable.get() == 1

    asyncio.run(main())


def test_the_pool_of_the_process_comes_back_after_its_end():
    """A live-server test ends the threads, the next one has new ones."""
    first = pool()
    assert pool() is first
    shutdown()
    assert pool() is not first


def test_the_pool_of_the_process_is_as_large_as_was_said():
    """What there is already takes the new bounds, and so does what is made after it."""
    before = _Process.threads, _Process.waiting
    try:
        bound(2, 7)
        assert pool().threads == 2 and current().limit == 7
        shutdown()
        assert pool().threads == 2
    finally:
        bound(*before)
    assert (pool().threads, current().limit) == before


def test_outside_of_scopes_every_caller_has_its_own_strand():
    """There is no scope to keep in order."""
    assert current() is not current()


def test_in_a_context_of_asgirefs_own_too():
    """As under another server, or in Django's test client."""
    from asgiref.sync import ThreadSensitiveContext

    async def main():
        assert lane("http") is not None
        async with ThreadSensitiveContext():
            assert current() is not current()

    asyncio.run(main())


def test_without_asgiref_a_scope_costs_nothing(monkeypatch):
    """No lane, no context; in a process of its own, since asgiref cannot be forgotten."""
    code = (
        "from interfaces.shared.strand import lane; import sys; print(lane('http'), 'asgiref' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "False"]


def test_sync_to_async_runs_on_the_strand_of_its_scope():
    """Two jobs of a scope keep in order, also from its child tasks; two scopes run side by side."""
    from asgiref.sync import ThreadSensitiveContext, sync_to_async

    barrier = threading.Barrier(2)
    seen = {}

    async def app(scope, receive, send):
        strands = {current()}
        async with ThreadSensitiveContext():  # as Django's handler does
            await sync_to_async(barrier.wait)(WAIT)
            inner = asyncio.ensure_future(sync_to_async(threading.current_thread)())
            strands.add(await asyncio.ensure_future(strand_of()))
        seen[scope["id"]] = (len(strands), (await inner).name)

    async def strand_of():
        return current()

    async def main():
        sessions = [Session(app, {"type": "http", "id": number}, nothing) for number in range(2)]
        for session in sessions:
            session.start(asyncio.get_running_loop())
        for session in sessions:
            assert await session.wait(WAIT)
            assert session.error is None
            assert session.lane.strand.closed
        assert {count for count, _ in seen.values()} == {1}
        assert all(name.startswith("interfaces-sync-") for _, name in seen.values())

    asyncio.run(main())


def test_a_task_that_outlives_its_scope_has_a_strand_that_is_closed():
    """It may work on; nothing is held for it."""
    from asgiref.sync import sync_to_async

    async def main():
        late = asyncio.get_running_loop().create_future()

        async def later():
            await asyncio.sleep(0)
            await sync_to_async(int)()
            late.set_result(current().closed)

        async def app(scope, receive, send):
            app.task = asyncio.ensure_future(later())

        session = Session(app, {"type": "http"}, nothing)
        session.start(asyncio.get_running_loop())
        await session.wait(WAIT)
        assert await late

    asyncio.run(main())


def test_every_lane_is_the_same_to_asgiref():
    """They are equal, so one entry in its table serves them all; only HTTP stays."""
    import asgiref.sync  # noqa: F401 - what makes lanes

    request, socket = lane("http"), lane("websocket")
    assert request == socket
    assert hash(request) == hash(socket)
    assert (request.stays, socket.stays) == (True, False)


@pytest.mark.parametrize(
    "part", ["atomic", "stays", "left", "rollback", "iterates", "persistent", "freshly", "manual", "lent"]
)
def test_django_on_strands(part, tmp_path):
    """What strand_django.py proves with a real SQLite file; a process has one set of settings."""
    script = Path(__file__).with_name("strand_django.py")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), part, str(tmp_path / "db.sqlite3")],
        capture_output=True, text=True, timeout=60, cwd=script.parents[2],
    )  # fmt: skip
    assert (done.returncode, done.stdout.split()) == (0, ["proven"]), done.stderr

"""Strands: order within a scope, parallel scopes, few threads, and what Django leaves on a thread."""

import asyncio
import contextvars
import subprocess
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from interfaces.shared.errors import ApplicationError
from interfaces.shared.session import Session
from interfaces.shared.strand import Pool, Strand, current, lane, pool, shutdown

WAIT = 10


@pytest.fixture
def threads():
    """A pool of three threads, ended after the test."""
    pool = Pool(3)
    yield pool
    pool.shutdown()


async def nothing(event):
    """Stand in for a peer."""


def test_jobs_of_one_strand_run_one_after_another_in_order(threads):
    """Two jobs of a scope never overlap, whatever the number of threads."""
    strand, seen, running = Strand(threads), [], []

    def job(number):
        running.append(number)
        assert len(running) == 1
        seen.append(number)
        running.pop()

    for future in [strand.submit(job, number) for number in range(200)]:
        future.result(WAIT)
    assert seen == [*range(200)]


def test_strands_run_side_by_side_as_far_as_there_are_threads(threads):
    """Three jobs meet at a barrier; a fourth scope waits for a thread, and gets one."""
    barrier = threading.Barrier(3)
    futures = [Strand(threads).submit(barrier.wait, WAIT) for _ in range(3)]
    fourth = Strand(threads).submit(threading.get_ident)
    assert sorted(future.result(WAIT) for future in futures) == [0, 1, 2]
    assert fourth.result(WAIT)
    assert repr(threads).startswith("Pool(3 of 3 threads")


def test_idle_strands_hold_no_thread(threads):
    """500 scopes that have all worked, and are all still open, leave the threads free."""
    strands = [Strand(threads) for _ in range(500)]
    for future in [strand.submit(int) for strand in strands]:
        future.result(WAIT)
    barrier = threading.Barrier(3)
    for future in [strand.submit(barrier.wait, WAIT) for strand in (strands[7], strands[70], strands[400])]:
        future.result(WAIT)


def test_a_strand_that_stays_keeps_its_thread_for_itself(threads):
    """An HTTP request has one thread to its end; others use it only when none else is left."""
    request = Strand(threads, stays=True)
    mine = request.submit(threading.get_ident).result(WAIT)
    others = {Strand(threads).submit(threading.get_ident).result(WAIT) for _ in range(20)}
    assert mine not in others
    assert {request.submit(threading.get_ident).result(WAIT) for _ in range(5)} == {mine}


def test_threads_are_shared_when_all_are_taken(threads):
    """More requests than threads: job by job, so none waits for another's end."""
    requests = [Strand(threads, stays=True) for _ in range(7)]
    homes = [request.submit(threading.get_ident).result(WAIT) for request in requests]
    assert sorted(homes.count(home) for home in set(homes)) == [2, 2, 3]
    assert [request.submit(threading.get_ident).result(WAIT) for request in requests] == homes
    assert Strand(threads).submit(threading.get_ident).result(WAIT) in homes


def test_the_end_of_a_scope_gives_its_thread_back(threads):
    """Closed strands leave; a job that comes from a task which outlived the scope still runs."""
    requests = [Strand(threads, stays=True) for _ in range(3)]
    homes = [request.submit(threading.get_ident).result(WAIT) for request in requests]
    requests[1].close()
    requests[1].close()
    assert Strand(threads, stays=True).submit(threading.get_ident).result(WAIT) == homes[1]
    assert requests[1].submit(int).result(WAIT) == 0
    assert "closed" in repr(requests[1])


def test_what_a_job_raises_is_the_callers(threads):
    """Also what is no Exception; the thread goes on."""
    strand = Strand(threads)
    with pytest.raises(SystemExit):
        strand.submit(sys.exit, 3).result(WAIT)
    with pytest.raises(ZeroDivisionError):
        strand.submit(lambda: 1 / 0).result(WAIT)
    assert strand.submit(int).result(WAIT) == 0


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


def test_a_scope_may_not_queue_without_end(threads):
    """The limit refuses; jobs that were cancelled do not count."""
    strand, gate = Strand(threads, limit=2), threading.Event()
    started = threading.Event()
    first = strand.submit(lambda: (started.set(), gate.wait(WAIT)))
    started.wait(WAIT)
    second = strand.submit(int)
    strand.submit(int)
    with pytest.raises(ApplicationError, match="2 sync calls"):
        strand.submit(int)
    second.cancel()
    third = strand.submit(int)
    gate.set()
    assert first.result(WAIT) and third.result(WAIT) == 0
    with pytest.raises(CancelledError):
        second.result(WAIT)


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


def test_after_the_end_of_the_pool_nothing_is_taken(threads):
    """shutdown() runs what waits, then refuses; closing a strand is still fine."""
    strand = Strand(threads)
    future = strand.submit(int)
    threads.shutdown()
    assert future.result(WAIT) == 0
    with pytest.raises(RuntimeError, match="shut down"):
        strand.submit(int)
    strand.shutdown()


def test_the_pool_of_the_process_comes_back_after_its_end():
    """A live-server test ends the threads, the next one has new ones."""
    first = pool()
    assert pool() is first
    shutdown()
    assert pool() is not first


def test_outside_of_scopes_every_caller_has_its_own_strand():
    """There is no scope to keep in order."""
    assert current() is not current()


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


@pytest.mark.parametrize("part", ["atomic", "stays", "left", "rollback", "iterates", "persistent", "freshly"])
def test_django_on_strands(part, tmp_path):
    """What strand_django.py proves with a real SQLite file; a process has one set of settings."""
    script = Path(__file__).with_name("strand_django.py")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), part, str(tmp_path / "db.sqlite3")],
        capture_output=True, text=True, timeout=60, cwd=script.parents[2],
    )  # fmt: skip
    assert (done.returncode, done.stdout.split()) == (0, ["proven"]), done.stderr

"""Pools: order within a line, lines side by side, few threads, and what a job leaves on its thread."""

import sys
import threading
from concurrent.futures import CancelledError

import pytest

from interfaces.shared.errors import ApplicationError
from interfaces.shared.pool import Line, Pool

WAIT = 10


class Leavings:
    """What jobs leave on threads, as a test says; and what was done about it."""

    def __init__(self):
        self.thread, self.done, self.look, self.broken = threading.local(), [], None, False

    def leave(self, what):
        """Be a job that leaves ``what``; its result is the thread."""
        self.thread.left = what
        return threading.get_ident()

    def left(self):
        left = getattr(self.thread, "left", "nothing")
        if self.look is not None:
            self.look()
        return left

    def put_away(self):
        self.done.append(("put away", threading.get_ident()))
        if self.broken:
            raise OSError("the server is gone")
        self.thread.left = "nothing"

    def close(self):
        self.done.append(("close", threading.get_ident()))


@pytest.fixture
def leavings():
    """Nothing is left anywhere yet."""
    return Leavings()


@pytest.fixture
def pools(leavings):
    """Make pools of so many threads, ended after the test."""
    made = []

    def make(threads):
        made.append(Pool(leavings, threads))
        return made[-1]

    yield make
    for pool in made:
        pool.shutdown()


def held(pool, line):
    """Occupy ``line`` with a job; setting what comes back ends it."""
    gate, started = threading.Event(), threading.Event()
    pool.submit(line, lambda: (started.set(), gate.wait(WAIT)))
    assert started.wait(WAIT)
    return gate


def where(pool, line):
    """The thread on which a job of ``line`` ran."""
    return pool.submit(line, threading.get_ident).result(WAIT)


def test_jobs_of_one_line_run_one_after_another_in_order(pools):
    """Two jobs never overlap, whatever the number of threads."""
    pool, line, seen, running = pools(3), Line(), [], []

    def job(number):
        running.append(number)
        assert len(running) == 1
        seen.append(number)
        running.pop()

    for future in [pool.submit(line, job, number) for number in range(200)]:
        future.result(WAIT)
    assert seen == [*range(200)]


def test_lines_run_side_by_side_as_far_as_there_are_threads(pools):
    """Three jobs meet at a barrier; a fourth line waits for a thread, and gets one."""
    pool, barrier = pools(3), threading.Barrier(3)
    futures = [pool.submit(Line(), barrier.wait, WAIT) for _ in range(3)]
    assert where(pool, Line())
    assert sorted(future.result(WAIT) for future in futures) == [0, 1, 2]
    assert repr(pool) == "Pool(3 of 3 threads, 0 busy, 0 waiting)"


def test_idle_lines_hold_no_thread(pools):
    """500 lines that have all worked, and are all still open, leave the threads free."""
    pool, lines = pools(3), [Line() for _ in range(500)]
    for future in [pool.submit(line, int) for line in lines]:
        future.result(WAIT)
    barrier = threading.Barrier(3)
    for future in [pool.submit(lines[at], barrier.wait, WAIT) for at in (7, 70, 400)]:
        future.result(WAIT)


def test_a_line_that_stays_keeps_its_thread_for_itself(pools):
    """Others use it only when none else is left."""
    pool, request = pools(3), Line(stays=True)
    mine = where(pool, request)
    assert mine not in {where(pool, Line()) for _ in range(20)}
    assert {where(pool, request) for _ in range(5)} == {mine}


def test_threads_are_shared_when_all_are_taken(pools):
    """More lines than threads: evenly, and job by job, so none waits for another's end."""
    pool, lines = pools(3), [Line(stays=True) for _ in range(7)]
    homes = [where(pool, line) for line in lines]
    assert sorted(homes.count(home) for home in set(homes)) == [2, 2, 3]
    assert [where(pool, line) for line in lines] == homes
    assert where(pool, Line()) in homes


def test_a_pool_that_was_made_smaller_shares_the_threads_it_has(pools):
    """Those that are there stay and serve, though all are taken and there are more than may be."""
    pool, lines = pools(3), [Line(stays=True) for _ in range(3)]
    homes = [where(pool, line) for line in lines]
    pool.threads = 1
    assert where(pool, Line()) in homes


def test_a_busy_thread_is_not_waited_for_while_another_is_free(pools):
    """Not even if more lines stay on the free one."""
    pool, lines = pools(2), [Line(stays=True) for _ in range(3)]
    homes = [where(pool, line) for line in lines]
    (alone,) = [line for line, home in zip(lines, homes, strict=True) if homes.count(home) == 1]
    gate = held(pool, alone)
    assert homes.count(where(pool, Line())) == 2
    gate.set()


@pytest.mark.parametrize("first", ["stays", "free"])
def test_who_has_waited_longest_is_next(pools, first):
    """Those who wait for this thread and those who wait for any are one queue."""
    pool, home, order = pools(1), Line(stays=True), []
    where(pool, home)
    gate = held(pool, Line())
    lines = {"stays": home, "free": Line()}
    names = [first, *({*lines} - {first})]
    futures = [pool.submit(lines[name], order.append, name) for name in names]
    gate.set()
    for future in futures:
        future.result(WAIT)
    assert order == names


def test_a_line_moves_to_an_idle_thread_when_its_own_is_wanted(pools):
    """The thread it was on goes on with who stays there, and needs the other to be at work meanwhile."""
    pool, home, guest, other = pools(2), Line(stays=True), Line(), Line()
    where(pool, home)
    elsewhere = threading.Event()
    job = pool.submit(other, elsewhere.wait, WAIT)
    gate = held(pool, guest)
    elsewhere.set()
    assert job.result(WAIT)
    met = threading.Event()
    meeting = pool.submit(home, met.wait, WAIT)
    pool.submit(guest, met.set)
    gate.set()
    assert meeting.result(WAIT)


def test_closing_gives_the_thread_back(pools):
    """Also twice; a job that comes from a task which outlived the scope still runs."""
    pool, lines = pools(3), [Line(stays=True) for _ in range(3)]
    homes = [where(pool, line) for line in lines]
    pool.close(lines[1])
    pool.close(lines[1])
    assert where(pool, Line(stays=True)) == homes[1]
    assert where(pool, lines[1])
    assert lines[1].worker is None
    assert repr(lines[1]) == "<Line with 0 jobs waiting, closed>"


def test_closing_while_a_job_runs_gives_the_thread_back_after_it(pools):
    """Jobs that wait still run."""
    pool, line = pools(1), Line(stays=True)
    gate = held(pool, line)
    last = pool.submit(line, int)
    pool.close(line)
    gate.set()
    assert last.result(WAIT) == 0
    assert line.worker is None


def test_a_connection_brings_the_line_back_to_its_thread(pools, leavings):
    """Without one it is free to go anywhere."""
    pool, line = pools(2), Line()
    home = pool.submit(line, leavings.leave, "connection").result(WAIT)
    gate = held(pool, Line())
    assert pool.submit(line, leavings.leave, "nothing").result(WAIT) == home
    other = held(pool, Line())
    gate.set()
    assert where(pool, line) != home
    other.set()


def test_a_transaction_has_its_thread_for_itself(pools, leavings):
    """Who stays there too, and who may run anywhere, wait for its end; the line itself goes on."""
    pool, line, other = pools(1), Line(), Line(stays=True)
    where(pool, other)
    pool.submit(line, leavings.leave, "transaction").result(WAIT)
    late = [pool.submit(one, threading.get_ident) for one in (other, Line())]
    home = where(pool, line)
    assert not any(future.done() for future in late)
    pool.submit(line, leavings.leave, "connection").result(WAIT)
    assert [future.result(WAIT) for future in late] == [home, home]


def test_a_thread_with_a_transaction_is_not_waited_for(pools, leavings):
    """Where fewer lines stay, but in a transaction, is no place for others."""
    pool, lines = pools(2), [Line(stays=True) for _ in range(3)]
    homes = [where(pool, line) for line in lines]
    (alone,) = [line for line, home in zip(lines, homes, strict=True) if homes.count(home) == 1]
    pool.submit(alone, leavings.leave, "transaction").result(WAIT)
    assert homes.count(where(pool, Line())) == 2


def test_closing_an_idle_line_puts_away_what_it_left(pools, leavings):
    """On its thread, once."""
    pool, line = pools(1), Line()
    home = pool.submit(line, leavings.leave, "transaction").result(WAIT)
    pool.close(line)
    assert where(pool, Line()) == home
    assert (leavings.done, line.worker, line.left) == ([("put away", home)], None, "nothing")


def test_closing_in_the_moment_a_job_ends_puts_away_too(pools, leavings):
    """Between the look at what it left and the decision what to do."""
    pool, line = pools(1), Line()

    def look():
        leavings.look = None
        pool.close(line)

    leavings.look = look
    home = pool.submit(line, leavings.leave, "transaction").result(WAIT)
    assert where(pool, Line()) == home
    assert leavings.done == [("put away", home)]


def test_closing_after_the_look_puts_away_too(pools, leavings):
    """The line is still open when its thread asks, and closed right after that."""

    class Late(Line):
        """Closed by whoever asks first whether it is."""

        asked = False

        @property
        def closed(self):
            if not self.asked:
                self.asked = True
                pool.close(self)
                return False
            return True

        @closed.setter
        def closed(self, value):
            pass

    pool = pools(1)
    home = pool.submit(Late(), leavings.leave, "transaction").result(WAIT)
    assert where(pool, Line()) == home
    assert leavings.done == [("put away", home)]


def test_what_cannot_be_put_away_does_not_keep_the_thread(pools, leavings, caplog):
    """It is logged, and others have the thread."""
    pool, line = pools(1), Line()
    leavings.broken = True
    home = pool.submit(line, leavings.leave, "connection").result(WAIT)
    pool.close(line)
    assert where(pool, Line()) == home
    assert "could not be closed" in caplog.text


def test_what_a_job_raises_is_the_callers(pools):
    """Also what is no Exception; the thread goes on."""
    pool, line = pools(1), Line()
    with pytest.raises(SystemExit):
        pool.submit(line, sys.exit, 3).result(WAIT)
    with pytest.raises(ZeroDivisionError):
        pool.submit(line, lambda: 1 / 0).result(WAIT)
    assert pool.submit(line, int, "11", base=2).result(WAIT) == 3


def test_a_line_may_not_queue_without_end(pools):
    """The limit refuses; jobs that were cancelled do not count, and do not run."""
    pool, line, ran = pools(1), Line(limit=2), []
    gate = held(pool, line)
    second = pool.submit(line, ran.append, 2)
    pool.submit(line, ran.append, 3)
    with pytest.raises(ApplicationError, match="2 sync calls"):
        pool.submit(line, int)
    second.cancel()
    fourth = pool.submit(line, ran.append, 4)
    fourth.cancel()
    last = pool.submit(line, ran.append, 5)
    gate.set()
    last.result(WAIT)
    assert ran == [3, 5]
    with pytest.raises(CancelledError):
        second.result(WAIT)


def test_the_end_waits_for_what_runs_and_cancels_what_waits(leavings):
    """On this thread, on any, and in the line at work; then each thread closes what is left on it."""
    pool, line, home = Pool(leavings, 1), Line(), Line(stays=True)
    thread = where(pool, home)
    gate, started = threading.Event(), threading.Event()
    running = pool.submit(line, lambda: (started.set(), gate.wait(WAIT)))
    assert started.wait(WAIT)
    late = [pool.submit(one, int) for one in (line, home, Line())]
    late[-1].add_done_callback(lambda future: gate.set())
    pool.shutdown()
    assert running.result(WAIT)
    assert all(future.cancelled() for future in late)
    assert leavings.done == [("close", thread)]


def test_the_end_cancels_what_waits_for_a_transaction(leavings):
    """Nobody would ever do it."""
    pool, line = Pool(leavings, 1), Line()
    pool.submit(line, leavings.leave, "transaction").result(WAIT)
    late = pool.submit(Line(), int)
    pool.shutdown()
    assert late.cancelled()


def test_after_the_end_nothing_is_taken_and_closing_is_fine(leavings):
    """What a line left went with its thread."""
    pool, line = Pool(leavings, 1), Line()
    pool.submit(line, leavings.leave, "connection").result(WAIT)
    pool.shutdown()
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(line, int)
    pool.close(line)
    pool.shutdown()
    assert [word for word, _ in leavings.done] == ["close"]

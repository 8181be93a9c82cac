"""What is to be said, and in which order."""

import asyncio

import pytest

from interfaces.irc.client.job import OWN, Draft, Job, Piece, Queue
from interfaces.irc.outcome import Outcome


def job(lines=1, **more):
    """A job of so many lines."""
    return Job(Draft([Piece(("X", str(n)), b"") for n in range(lines)], {}, frozenset()), **more)


def taken(queue, most=100):
    """Whose lines go, one after the other."""
    found = []
    while (head := queue.head()) is not None and len(found) < most:
        queue.took(head)
        head.left.popleft()
        found.append(head)
    return found


class TestJobs:
    def test_it_is_told_once_when_all_lines_have_their_answer(self):
        """That it worked."""
        told = []
        one = job(2, told=told.append)
        for _ in range(2):
            one.left.popleft()
            one.open += 1
        one.answered()
        assert told == []
        one.answered()
        one.settle()
        assert told == [Outcome("sent")]

    def test_the_worst_is_told(self):
        """A refusal is worse than a doubt, and that than a delay."""
        told = []
        one = job(told=told.append)
        one.fail(Outcome("uncertain", "u"))
        one.fail(Outcome("deferred", "d"))
        one.fail(Outcome("failed", "f"))
        one.fail(Outcome("failed", "g"))
        one.settle()
        assert told == [Outcome("failed", "f")]

    @pytest.mark.parametrize(("written", "status"), [(0, "deferred"), (1, "uncertain")])
    def test_the_connection_ends(self, written, status):
        """What was not written was not said."""
        told = []
        one = job(2, told=told.append)
        one.written = written
        one.lost("cut")
        assert told == [Outcome(status, "cut")]

    def test_what_cannot_be_recorded_is_not_said(self):
        """The reason is there for who waits."""
        told = []

        async def broken():
            raise OSError("no broker")

        one = job(told=told.append, commit=broken)
        asyncio.run(one.begin())
        assert isinstance(one.raised, OSError)
        assert (one.begun, list(one.left)) == (True, [])
        assert told[0].status == "deferred"


class TestQueues:
    def test_ours_and_the_applications_go_in_turn(self):
        """Neither holds up the other."""
        queue = Queue()
        one, other = job(3), job(2)
        queue.add(one)
        queue.add_own(other)
        assert queue.head() is queue.head() is one
        assert taken(queue) == [one, other, one, other, one]
        assert queue.head() is None
        assert len(queue) == 0

    def test_one_that_has_failed_is_passed_over(self):
        """In whatever place."""
        queue = Queue()
        one, other, last = job(), job(5), job()
        for each in (one, other, last):
            queue.add(each)
        assert queue.lines == 7
        other.fail(Outcome("failed"))
        assert queue.lines == 2
        assert taken(queue) == [one, last]

    def test_while_one_is_recorded_ours_go(self):
        """The application's stay in their order."""

        async def commit():
            pass

        queue = Queue()
        one, own = job(commit=commit), job(2)
        queue.add(one)
        queue.add_own(own)
        assert taken(queue, 2) == [own, own]
        assert queue.head() is one
        one.begun = True
        assert taken(queue) == [one]

    def test_ours_are_bounded(self):
        """Whatever a network makes us say."""
        queue = Queue()
        assert all(queue.add_own(job()) for _ in range(OWN))
        assert not queue.add_own(job())
        assert len(queue.clear()) == OWN
        assert len(queue) == 0

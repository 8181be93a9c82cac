"""Who waits for a worker, in which order, for how long; and which worker gets what."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from interfaces.workers.transports.base import Busy, Link
from interfaces.workers.transports.queue import Desk, Queue
from tests.workers.transports.fakes import turns


class Office:
    """A queue, what it counted, and desks with what each was given."""

    def __init__(self, limit: int = 10, seconds: float = 60.0) -> None:
        self.counts: Counter[str] = Counter()
        self.queue = Queue(limit, seconds, lambda name: self.counts.update([name]))
        self.links: list[Link] = []

    def desk(self, free: int = 0, **facts: Any) -> tuple[Desk, list[Link]]:
        """Another worker."""
        given: list[Link] = []
        desk = Desk(given.append)
        desk.told({"free": free, "seen": 0, **facts})
        self.queue.desks.append(desk)
        return desk, given

    def submit(self, *kinds: str) -> list[Link]:
        """Openings of these types."""
        made = [Link({"type": kind}) for kind in kinds]
        for link in made:
            self.queue.submit(link)
        self.links += made
        return made

    def close(self) -> None:
        """Leave no timer behind."""
        for link in self.links:
            self.queue.withdraw(link)


def run(test: Callable[[Office], Any], **options: Any) -> None:
    """Run a test in a loop, which the queue's timers need."""

    async def main() -> None:
        office = Office(**options)
        found = test(office)
        if asyncio.iscoroutine(found):
            await found
        office.close()

    asyncio.run(main())


def test_who_waits_goes_in_order() -> None:
    """As slots become free, first come first served."""

    def test(office: Office) -> None:
        one, two, three = office.submit("http", "http", "http")
        desk, given = office.desk(2)
        office.queue.move()
        assert given == [one, two]
        assert (desk.sent, desk.room, len(office.queue)) == (2, 0, 1)
        desk.told({"free": 1, "seen": 2})
        office.queue.move()
        assert given == [one, two, three]

    run(test)


def test_what_was_given_back_is_first() -> None:
    """It has waited already."""

    def test(office: Office) -> None:
        (later,) = office.submit("http")
        back = Link({"type": "http"})
        office.links.append(back)
        office.queue.submit(back, first=True)
        _, given = office.desk(5)
        office.queue.move()
        assert given == [back, later]

    run(test)


def test_a_type_that_nobody_takes_holds_up_no_other() -> None:
    """Those behind it pass; it keeps its place among its own."""

    def test(office: Office) -> None:
        mail, request, more, other = office.submit("email", "http", "email", "http")
        _, given = office.desk(5, exclude=["email"])
        office.queue.move()
        assert given == [request, other]
        _, mails = office.desk(5, only=["email"])
        office.queue.move()
        assert mails == [mail, more]

    run(test)


def test_exclude_is_stronger_than_only() -> None:
    """What both name is left to others; globs tell small letters from capitals."""
    desk = Desk(lambda link: None)
    desk.told({"free": 1, "seen": 0, "only": ["web*", "irc"], "exclude": ["irc"]})
    assert desk.takes("websocket")
    assert not desk.takes("irc")
    assert not desk.takes("http")
    assert not desk.takes("WEBSOCKET")


def test_globs_are_told_once() -> None:
    """What a worker says later is about slots alone, until it says otherwise."""
    desk = Desk(lambda link: None)
    desk.told({"free": 1, "seen": 0, "only": ["email"]})
    desk.told({"free": 2, "seen": 0})
    assert desk.takes("email") and not desk.takes("http")
    desk.told({"free": 2, "seen": 0, "only": []})
    assert desk.takes("http")


@pytest.mark.parametrize("facts", [{"free": 1}, {"seen": 0}, {"free": "1", "seen": 0}, [], None, 5])
def test_nonsense_about_slots_raises(facts: Any) -> None:
    """Something of which its reader makes a PeerError; the slots stay as they were."""
    desk = Desk(lambda link: None)
    desk.told({"free": 3, "seen": 0})
    with pytest.raises((TypeError, KeyError, AttributeError)):
        desk.told(facts)
    assert desk.room == 3


def test_a_draining_worker_gets_nothing() -> None:
    """However much room it has; another gets it."""

    def test(office: Office) -> None:
        leaving, given = office.desk(5)
        leaving.draining = True
        office.submit("http")
        assert given == [] and len(office.queue) == 1
        _, others = office.desk(1)
        office.queue.move()
        assert len(others) == 1

    run(test)


def test_too_many_are_refused_at_once() -> None:
    """With Busy, and counted; who waits already stays."""

    async def test(office: Office) -> None:
        first, second, third = office.submit("http", "http", "http")
        kind, error, _ = await third.next()
        assert kind == 0 and isinstance(error, Busy) and "too many" in str(error)
        assert office.counts == {"relay.full": 1}
        assert not first.news and not second.news

    run(test, limit=2)


def test_who_waits_too_long_is_refused() -> None:
    """Once its time is over, with Busy that says how long it was, and counted."""

    async def test(office: Office) -> None:
        (link,) = office.submit("http")
        _, error, _ = await link.next()
        assert isinstance(error, Busy) and "in 0 s" in str(error)
        assert office.counts == {"relay.late": 1} and len(office.queue) == 0
        assert not office.queue.withdraw(link)

    run(test, seconds=0.0)


def test_what_was_withdrawn_is_neither_given_nor_late() -> None:
    """Withdrawing says whether it was still waiting."""

    async def test(office: Office) -> None:
        (link,) = office.submit("http")
        assert office.queue.withdraw(link)
        assert not office.queue.withdraw(link)
        _, given = office.desk(1)
        office.queue.move()
        await turns()
        assert given == [] and not link.news and not office.counts

    run(test, seconds=0.0)


def test_what_was_given_is_not_late() -> None:
    """Its time ends with the waiting."""

    async def test(office: Office) -> None:
        (link,) = office.submit("http")
        _, given = office.desk(1)
        office.queue.move()
        await turns()
        assert given == [link] and not link.news and not office.counts

    run(test, seconds=0.0)


def test_the_most_room_first() -> None:
    """Of those that take the type: a big worker for other types is none."""

    def test(office: Office) -> None:
        _, small = office.desk(1)
        _, big = office.desk(3)
        _, other = office.desk(9, only=["email"])
        office.submit("http", "http", "http", "http")
        assert (len(small), len(big), len(other)) == (1, 3, 0)

    run(test)


def test_no_room_anywhere_ends_the_search_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many types that wait only the first is looked for then: each word of a worker causes such a search."""
    asked: list[str] = []
    takes = Desk.takes
    monkeypatch.setattr(Desk, "takes", lambda desk, kind: bool(asked.append(kind)) or takes(desk, kind))

    def test(office: Office) -> None:
        office.desk(0)
        office.submit("http", "email", "irc")
        asked.clear()
        office.queue.move()
        assert asked == ["http"]

    run(test)

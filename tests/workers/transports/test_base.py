"""Both ends of a session: credit, what waits until a worker has it, and how it ends."""

import asyncio
from typing import Any

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.workers.transports.base import GRANT, Busy, End, Link, Lost, Taken
from interfaces.workers.wire import (
    ASK,
    BACK,
    CANCEL,
    CREDIT,
    END,
    EVENT,
    LAST,
    REJECT,
    SEND,
    TAKEN,
    WINDOW,
    decode,
    encode,
)
from tests.workers.transports.fakes import Carrier, turns

ONE, TWO = {"type": "http.request", "body": b"1"}, {"type": "http.request", "body": b"2"}
GONE = {"type": "http.disconnect"}
SCOPE = {"type": "http", "path": "/"}


def opened(link: Link) -> dict[str, Any]:
    """The opening as a worker reads it."""
    payload: dict[str, Any] = decode(encode(0, 0, link.opening()))[2]
    return payload


def test_what_failed_is_a_kind_of_unavailable() -> None:
    """So an interface answers both even where nobody tells them apart."""
    assert issubclass(Busy, Unavailable) and issubclass(Lost, Unavailable)
    assert not issubclass(Lost, Busy)


def test_an_opening_has_what_came_before_it() -> None:
    """Scope, attempt, whether asking is told, whatever else was wanted, and the events in order."""
    link = Link(SCOPE, attempt=2, asks=True, more={"session": {"a": 1}})
    link.put(ONE)
    link.put(TWO)
    assert opened(link) == {
        "scope": {"type": "http", "path": "/", "extensions": {}},
        "events": [ONE, TWO],
        "attempt": 2,
        "asks": True,
        "session": {"a": 1},
    }


def test_the_last_event_follows_the_opening() -> None:
    """Its kind says that it is the last, which a list of events could not."""
    link, carrier = Link(SCOPE), Carrier()
    link.put(ONE)
    link.put(GONE, last=True)
    assert opened(link)["events"] == [ONE]
    link.assigned(carrier, 7)
    assert carrier.frames == [(LAST, 7, GONE)]


def test_what_came_after_the_opening_follows_when_it_is_assigned() -> None:
    """Once, in order; and what comes then leaves at once."""
    link, carrier = Link(SCOPE), Carrier()
    link.put(ONE)
    link.opening()
    link.put(TWO)
    link.assigned(carrier, 3)
    link.put(ONE)
    assert carrier.frames == [(EVENT, 3, TWO), (EVENT, 3, ONE)]


def test_what_was_given_back_is_opened_again_with_everything() -> None:
    """The next worker hears all that the first was sent, and nothing goes to the first any more."""
    link, first, second = Link(SCOPE), Carrier(), Carrier()
    link.put(ONE)
    link.opening()
    link.assigned(first, 1)
    link.put(TWO)
    link.unassigned()
    assert (link.carrier, link.session) == (None, 0)
    assert opened(link)["events"] == [ONE, TWO]
    link.assigned(second, 9)
    assert first.taken(EVENT) == [TWO]
    assert second.frames == []


def test_a_window_full_of_events_waits_for_a_worker() -> None:
    """What is put in before anybody takes it counts too, and no longer once it is in an opening."""
    link = Link(SCOPE)
    assert not link.blocked
    link.put({"type": "http.request", "body": bytes(WINDOW)})
    assert link.blocked
    link.opening()
    link.assigned(Carrier(), 1)
    assert not link.blocked
    link.unassigned()
    assert link.blocked


def test_credit_makes_room() -> None:
    """Who waits for it goes on; what is no number of bytes is passed over."""

    async def main() -> None:
        link = Link(SCOPE)
        link.assigned(Carrier(), 1)
        link.heard(TAKEN, {"style": "session"}, 0)
        link.put({"type": "http.request", "body": bytes(WINDOW)})
        waiting = asyncio.ensure_future(link.room())
        link.heard(CREDIT, "all of it", 0)
        await turns()
        assert link.blocked and not waiting.done()
        link.heard(CREDIT, WINDOW, 0)
        await waiting
        assert not link.blocked

    asyncio.run(main())


def test_two_may_wait_for_room() -> None:
    """And one that is cancelled takes nothing from the other."""

    async def main() -> None:
        end = End(1, Carrier())
        end._under_way = WINDOW
        one, two = asyncio.ensure_future(end.room()), asyncio.ensure_future(end.room())
        await turns()
        one.cancel()
        await turns()
        end.credited(1)
        await two
        assert one.cancelled()

    asyncio.run(main())


def test_a_blocked_connection_blocks_its_sessions() -> None:
    """Whoever waits for room then waits for the connection, not for credit."""

    async def main() -> None:
        carrier = Carrier()
        end = End(1, carrier)
        carrier.blocked = True
        waiting = asyncio.ensure_future(end.room())
        await turns()
        assert end.blocked and not waiting.done()
        carrier.unblock()
        await waiting
        assert not end.blocked

    asyncio.run(main())


def test_what_was_consumed_is_told_in_quarters_of_a_window() -> None:
    """Not each byte; the sum, once; and nothing after the end."""
    carrier = Carrier()
    end = End(4, carrier)
    end.consumed(GRANT - 1)
    assert carrier.frames == []
    end.consumed(1)
    end.consumed(5)
    assert carrier.frames == [(CREDIT, 4, GRANT)]
    end.close()
    end.consumed(GRANT)
    assert carrier.taken(CREDIT) == [GRANT]


def test_how_a_worker_takes_it() -> None:
    """A session keeps nothing here; in event style all that came is still the container's."""
    session, events, odd = Link(SCOPE), Link(SCOPE), Link(SCOPE)
    for link in (session, events, odd):
        link.put(ONE)
    session.heard(TAKEN, {"style": "session", "worker": "w1"}, 0)
    events.heard(TAKEN, {"style": "event", "worker": "w2"}, 0)
    odd.heard(TAKEN, None, 0)
    assert (session.style, session.worker, session.unheard) == ("session", "w1", [])
    assert (events.style, events.worker, events.unheard) == ("event", "w2", [ONE])
    assert (odd.style, odd.worker) == ("session", "")


def test_limits_are_the_workers_where_they_are_some() -> None:
    """Bytes and seconds; an older worker says none, and what is none counts as none."""
    link = Link(SCOPE)
    nan = float("nan")
    for said, limits in [
        ([1000, 0.5], (1000, 0.5)),
        ([0, 3], (0, 3)),
        (None, None),
        ([1], None),
        ([1, nan], None),
        ([0.5, 1], None),
        ([1, "2"], None),
        ([-1, 1], None),
        ({"a": 1, "b": 2}, None),
    ]:
        link.heard(TAKEN, {"style": "event", "worker": "w", "limits": said}, 0)
        assert link.limits == limits, said


def test_news_come_in_order() -> None:
    """What the application sent, that it asks, its end, or a failure; nothing that nobody knows."""

    async def main() -> None:
        link = Link(SCOPE)
        link.heard(99, "what", 1)
        first = asyncio.ensure_future(link.next())
        await turns()
        assert not first.done()
        link.heard(SEND, {"type": "x"}, 10)
        link.heard(ASK, None, 3)
        link.heard(END, {"how": "ok"}, 5)
        error = Lost("gone")
        link.failed(error)
        assert [await first, await link.next(), await link.next(), await link.next()] == [
            (SEND, {"type": "x"}, 10),
            (ASK, None, 3),
            (END, {"how": "ok"}, 5),
            (0, error, 0),
        ]
        link.close()
        link.heard(END, {}, 0)
        assert not link.news

    asyncio.run(main())


def test_a_container_cancels_and_rejects() -> None:
    """Each is one frame; nobody cancels what is over."""
    link, carrier = Link(SCOPE), Carrier()
    link.assigned(carrier, 2)
    link.reject("no")
    link.cancel()
    link.close()
    link.cancel()
    assert carrier.frames == [(REJECT, 2, {"reason": "no"}), (CANCEL, 2, None)]


def test_what_cannot_travel_raises_where_it_is_put() -> None:
    """Before a worker has it and after, with the reason."""
    link = Link(SCOPE)
    with pytest.raises(RuntimeError, match="has to be plain"):
        link.put({"type": "x", "object": object()})
    link.assigned(Carrier(), 1)
    link.heard(TAKEN, {"style": "session"}, 0)
    with pytest.raises(RuntimeError, match="has to be plain"):
        link.put({"type": "x", "object": object()})


def taken(carrier: Carrier) -> tuple[Taken, list[Any]]:
    """A worker's end, and what it was told."""
    heard: list[Any] = []
    made = Taken(5, carrier, {"scope": SCOPE})
    made.on_event = lambda *what: heard.append(what)
    made.on_closed = lambda which: heard.append(("closed", which is made))
    return made, heard


def test_a_worker_hears_what_is_for_the_application() -> None:
    """Credit is for the session itself, and what is not known for nobody."""
    made, heard = taken(Carrier())
    for kind in (EVENT, LAST, CANCEL, REJECT):
        made.heard(kind, "it", 2)
    for kind in (CREDIT, SEND, END, 99):
        made.heard(kind, "it", 2)
    assert heard == [(kind, "it", 2) for kind in (EVENT, LAST, CANCEL, REJECT)]


def test_a_worker_ends_once() -> None:
    """Whether it gives back or ends, the other side hears one of both, and the transport forgets it."""
    carrier = Carrier()
    made, heard = taken(carrier)
    made.take({"style": "session"})
    made.end({"how": "ok"})
    made.end({"how": "error"})
    made.give_back()
    assert carrier.frames == [(TAKEN, 5, {"style": "session"}), (END, 5, {"how": "ok"})]
    assert heard == [("closed", True)]
    other = Carrier()
    given = Taken(6, other, {})
    given.give_back()
    assert other.frames == [(BACK, 6, None)] and given.closed


def test_a_lost_container_is_heard_of_before_the_end() -> None:
    """As kind 0; nothing is sent to it any more, and whoever waits for room goes on."""

    async def main() -> None:
        carrier = Carrier()
        made, heard = taken(carrier)
        made.send({"type": "x", "body": bytes(WINDOW)})
        waiting = asyncio.ensure_future(made.room())
        await turns()
        assert made.blocked
        made.lost()
        await waiting
        made.end({"how": "ok"})
        assert heard == [(0, None, 0)]
        assert carrier.taken(END) == []

    asyncio.run(main())


def test_what_nobody_took_is_passed_over() -> None:
    """A frame for an opening that was given back is no mistake; a credit of a session wakes its sender."""
    made = Taken(1, Carrier(), {})
    made.heard(EVENT, {}, 1)
    made.send({"type": "x", "body": bytes(WINDOW)})
    made.heard(CREDIT, WINDOW + 100, 1)
    assert not made.blocked


def test_an_end_without_a_carrier_sends_nothing() -> None:
    """It is nobody's yet; and says so in logs what it is."""
    end = End()
    assert end.post(EVENT, {}) == 0
    end.close()
    assert repr(end) == "<End 0 closed>"

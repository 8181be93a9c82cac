"""Figures of what runs: how they add up, and who finds which."""

import asyncio
import contextvars
from typing import Any

import pytest

from interfaces.shared.delivery import Delivery, Verdict
from interfaces.shared.errors import NoRoute, Unavailable
from interfaces.shared.meter import BOUNDS, NOBODY, TYPES, Histogram, Meter, Meters, here, metered, stored
from interfaces.shared.session import Session


async def nowhere(_event: Any) -> None:
    """Takes what an application sends."""


def ran(app: Any, events: int = 1, last: bool = True) -> Meter:
    """The figures after one scope of ``app``."""
    meters = Meters()

    async def run() -> None:
        with metered(meters):
            session = Session(app, {"type": "x"}, nowhere)
            session.start(asyncio.get_running_loop())
        for _ in range(events):
            session.offer({"type": "x.event"})
        if last:
            session.last()
        assert await session.wait(1)
        await asyncio.sleep(0)  # it is told of its end in the next turn

    asyncio.run(run())
    return meters.scopes["x"]


def decided(app: Any) -> Meter:
    """The figures after one delivery to ``app``."""
    meters = Meters()
    words = {f"x.{kind}": lambda event, kind=kind: Verdict(kind) for kind in ("accept", "reject", "defer")}

    async def run() -> None:
        with metered(meters):
            call = Delivery(app, {"type": "x"}, words, None)
            call.start(asyncio.get_running_loop())
        call.last({"type": "x.receive"})
        await call.wait(1)
        await asyncio.sleep(0)

    asyncio.run(run())
    return meters.scopes["x"]


def raising(error: BaseException) -> Any:
    """An application that raises."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise error

    return app


def saying(*kinds: str) -> Any:
    """An application that says verdicts."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        for kind in kinds:
            await send({"type": f"x.{kind}"})

    return app


# --- scopes ---------------------------------------------------------------------------------------


def test_a_scope_is_counted_with_its_events() -> None:
    """Begun, over, well; what the application took, and what it sent."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(2):
            await receive()
        for _ in range(3):
            await send({"type": "x.answer"})

    meter = ran(app, events=2)
    assert (meter.begun, meter.running, meter.well, meter.otherwise) == (1, 0, 1, {})
    assert (meter.taken, meter.sent) == (2, 3)
    assert meter.lasted.count == 1 and meter.lasted.total > 0
    assert meter.verdicts == {} and meter.decided.count == 0


@pytest.mark.parametrize(
    ("error", "how"),
    [(ValueError("x"), "failed"), (NoRoute("x"), "unrouted"), (Unavailable("x"), "unavailable")],
)
def test_it_is_told_how_a_scope_went_wrong(error: Exception, how: str) -> None:
    """By what it raised."""
    meter = ran(raising(error))
    assert (meter.well, meter.otherwise, meter.running) == (0, {how: 1}, 0)


def test_what_gives_no_coroutine_has_failed() -> None:
    """The application is called, and raises at once."""

    def app(scope: Any, receive: Any, send: Any) -> Any:
        raise TypeError("none")

    meters = Meters()

    async def run() -> None:
        with metered(meters):
            session = Session(app, {"type": "x"}, nowhere)
            session.start(asyncio.get_running_loop())
        await asyncio.sleep(0)

    asyncio.run(run())
    assert meters.scopes["x"].otherwise == {"failed": 1}


def test_who_is_released_has_ended_well() -> None:
    """An application that loops for ever is cancelled after the last event, and that is its normal end."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while True:
            await receive()

    meter = ran(app)
    assert (meter.well, meter.otherwise) == (1, {})


def test_who_is_cut_was_cancelled() -> None:
    """Before its end."""
    meters = Meters()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async def run() -> None:
        with metered(meters):
            session = Session(app, {"type": "x"}, nowhere)
            session.start(asyncio.get_running_loop())
        await asyncio.sleep(0)
        assert meters.scopes["x"].running == 1
        session.cancel()
        await session.wait(1)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert meters.scopes["x"].otherwise == {"cancelled": 1}


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["accept", "reject", "defer"])
def test_a_verdict_is_counted_once_with_its_time(kind: str) -> None:
    """The one that the application said."""
    meter = decided(saying(kind))
    assert meter.verdicts == {kind: 1}
    assert meter.decided.count == 1
    assert meter.decided.total <= meter.lasted.total


@pytest.mark.parametrize(
    ("app", "kind"),
    [
        (saying(), "accept"),
        (raising(ValueError("x")), "failed"),
        (raising(NoRoute("x")), "unrouted"),
        (raising(Unavailable("x")), "unavailable"),
    ],
)
def test_a_delivery_without_a_verdict_has_one(app: Any, kind: str) -> None:
    """Accept for a normal end, else how it ended."""
    assert decided(app).verdicts == {kind: 1}


def test_an_error_after_a_verdict_changes_none() -> None:
    """The scope failed, the message was refused."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "x.reject"})
        raise ValueError("late")

    meter = decided(app)
    assert (meter.verdicts, meter.otherwise) == ({"reject": 1}, {"failed": 1})


# --- histograms -----------------------------------------------------------------------------------


def test_a_bound_is_in_its_own_bucket() -> None:
    """As Prometheus has it: less or equal; beyond the last is the last bucket."""
    histogram = Histogram()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] + 1e-9, BOUNDS[-1], BOUNDS[-1] + 1):
        histogram.add(seconds)
    assert (histogram.buckets[0], histogram.buckets[1], *histogram.buckets[-2:]) == (2, 1, 1, 1)
    assert histogram.count == sum(histogram.buckets) == 5 == int(repr(histogram).split()[2].rstrip(","))
    assert list(BOUNDS) == sorted(set(BOUNDS)) and len(histogram.buckets) == len(BOUNDS) + 1


# --- who finds which ------------------------------------------------------------------------------


def test_nobody_serves_where_nobody_has_said_so() -> None:
    """What is registered there is kept by nobody, and a scope counts for nobody."""
    nobody = here()
    nobody.gauge("connections", lambda: 1)
    nobody.histogram("queue.wait").add(1)
    assert (nobody.gauges, nobody.histograms, nobody.scopes) == ({}, {}, {})
    assert nobody.of("http") is NOBODY


def test_what_is_started_finds_its_own() -> None:
    """Two side by side do not mix, and what they start later still finds the right one."""
    first, second = Meters(), Meters()

    async def later() -> Meters:
        await asyncio.sleep(0)
        return here()

    async def run() -> list[Meters]:
        tasks = []
        for meters in (first, second):
            with metered(meters):
                tasks.append(asyncio.ensure_future(later()))
        assert here() not in (first, second)
        return await asyncio.gather(*tasks)

    assert contextvars.Context().run(asyncio.run, run()) == [first, second]


def test_types_of_scopes_are_bounded() -> None:
    """Whatever strangers call theirs: those beyond share one."""
    meters = Meters()
    for number in range(TYPES + 10):
        meters.of(f"type{number}").begun += 1
    assert len(meters.scopes) == TYPES + 1
    assert meters.scopes["other"].begun == 10
    assert meters.of("type0").begun == 1


def test_gauges_of_one_name_are_kept_together() -> None:
    """With the same labels in any order; a histogram is the same for all who ask."""
    meters = Meters()
    meters.gauge("a", lambda: 1, x="1", y="2")
    meters.gauge("a", lambda: 2, y="2", x="1")
    assert [[read() for read in reads] for reads in meters.gauges.values()] == [[1, 2]]
    assert meters.histogram("h", q="1") is meters.histogram("h", q="1")
    assert meters.histogram("h", q="1") is not meters.histogram("h", q="2")


def test_a_store_tells_what_it_knows() -> None:
    """How many, and how old; what it does not know is not told."""

    class Both:
        def __len__(self) -> int:
            return 3

        def age(self) -> float:
            return 1.5

    meters = Meters()
    with metered(meters):
        stored("email.send", Both())
        stored("slack.send", object())
    told = {name: read() for (name, _), (read,) in meters.gauges.items()}
    assert told == {"queue.depth": 3, "queue.age": 1.5}

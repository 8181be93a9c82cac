"""A measurement of a layer, played small over one in memory: its counts must be right before its speeds can be."""

import asyncio
from types import SimpleNamespace

import pytest

from interfaces.layers.local import LocalChannelLayer
from tests.tools.loading import load

layerload = load("benchmarks/lib/layerload.py")


@pytest.fixture
def shared(monkeypatch):
    """Counters, with pauses that take no time."""
    sleep = asyncio.sleep
    monkeypatch.setattr(layerload, "COMPETING", 100)
    monkeypatch.setattr(layerload.asyncio, "sleep", lambda seconds: sleep(0))
    return layerload.Shared()


async def played(test, shared, layer, secs=0.05):
    """The figures of one test, worker and driver in one loop."""
    worker, driver, count = layerload.parts(test)
    working = [asyncio.ensure_future(worker(layer, shared)) for _ in range(count)]
    try:
        while shared.ready.value < count:
            await asyncio.sleep(0)
        return await driver(layer, shared, secs)
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


def run(test, shared):
    """Of a layer in memory."""
    return asyncio.run(played(test, shared, LocalChannelLayer(capacity=30_000)))


def test_one_way_loses_nothing(shared):
    """What was sent has come, and the clock stops at the last of it."""
    found = run("oneway", shared)
    assert found["n"] > 0
    assert found["lost"] == 0
    assert 0 < found["secs"] < 10


def test_a_fan_out_counts_every_member(shared):
    """A message to a group of five is five."""
    found = run("fanout-5", shared)
    assert found["n"] > 0
    assert found["n"] % 5 == 0
    assert found["lost"] == 0


def test_a_round_trip_has_percentiles(shared):
    """Each asker gets its own answers; the middle is no later than the end."""
    found = run("rpc-2", shared)
    assert found["n"] > 0
    assert 0 < found["p50_us"] <= found["p99_us"]


@pytest.mark.parametrize(
    ("test", "workers"), [("oneway", 1), ("rpc-64", 1), ("fanout-100", 1), ("competing", layerload.RECEIVERS)]
)
def test_how_many_workers_a_test_has(test, workers):
    """Only the competing ones are several."""
    assert layerload.parts(test)[2] == workers


def test_a_layer_is_named_with_its_keywords():
    """module:Class?{…}, as on the command line of the bench."""
    layer = layerload.make('interfaces.layers.local:LocalChannelLayer?{"capacity": 7}')
    assert (type(layer), layer.capacity) == (LocalChannelLayer, 7)
    assert isinstance(layerload.make("interfaces.layers.local:LocalChannelLayer"), LocalChannelLayer)


def results(*handed):
    """A queue in which each receiver has handed in what it got."""
    left = list(handed)
    return SimpleNamespace(empty=lambda: not left, get=lambda: left.pop(0))


@pytest.mark.parametrize(
    ("handed", "found"),
    [
        ([[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]], {"duplicates": 0, "lost": 0, "inversions": 0}),
        ([[0, 1, 2], [2, 3, 4, 5], [6, 7, 8, 9]], {"duplicates": 1, "lost": 0, "inversions": 0}),
        ([[0, 1], [3, 4, 5], [6, 7, 8]], {"duplicates": 0, "lost": 2, "inversions": 0}),
        ([[1, 0, 2], [3, 5, 4], [6, 7, 8, 9]], {"duplicates": 0, "lost": 0, "inversions": 2}),
        ([[], [], []], {"duplicates": 0, "lost": 10, "inversions": 0}),
    ],
)
def test_what_competing_receivers_hand_in_is_judged(monkeypatch, shared, handed, found):
    """Twice is a duplicate even of two receivers, missing is lost, and order is a receiver's own."""
    monkeypatch.setattr(layerload, "COMPETING", 10)
    shared.results = results(*handed)

    class Sink:
        async def send(self, channel, message):
            pass

    made = asyncio.run(layerload.competing_driver(Sink(), shared))
    assert {key: made[key] for key in found} == found
    assert made["received"] == sum(made["shares"]) == sum(map(len, handed))


def test_a_worker_that_does_not_move_is_not_waited_for_ever(monkeypatch, shared):
    """Two seconds of a clock without a message are enough; one that comes meanwhile starts them anew."""
    clock = iter(range(100))
    monkeypatch.setattr(layerload, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    asyncio.run(shared.until_got(5))
    assert shared.got.value == 0
    waited = next(clock)
    assert waited < 8
    shared.took()
    assert shared.last.value == waited + 1
    asyncio.run(shared.until_got(1))
    assert next(clock) == waited + 3

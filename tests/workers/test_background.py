"""Background work: functions on channels, the loop that feeds them, retries, signals."""

import asyncio
import logging
import threading

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.workers import background as module
from interfaces.workers.background import (
    DROPPED,
    FUNCTIONS,
    RETRIES,
    Background,
    Signal,
    background,
    finished,
)
from interfaces.workers.message import Channel, Group
from interfaces.workers.ordering import ConsumeLater
from interfaces.workers.outcome import Outcome
from interfaces.workers.routing import Routing
from tests.runner.virtual import run


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Functions of one test."""
    monkeypatch.setattr(module, "FUNCTIONS", {})
    monkeypatch.setattr("interfaces.workers.routing.FUNCTIONS", module.FUNCTIONS)


def work(main, routing, layer, **options):
    """Run ``main(loop)`` beside the background loop."""

    async def both():
        feeding = Background(routing.attempt, routing.background_channels, layer, **options)
        task = asyncio.ensure_future(feeding.run())
        try:
            async with asyncio.timeout(20):
                await main(feeding)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert not feeding.running

    asyncio.run(both())


async def until(check):
    """Let the loop turn until ``check()``."""
    while not check():
        await asyncio.sleep(0.001)


def test_functions_do_what_is_sent_to_their_channels() -> None:
    """Plain ones on a thread, coroutine functions in the loop, and what they say is sent when they end."""
    layer, done = LocalChannelLayer(), []

    @background("thumbnails.make")
    def make(message):
        done.append((message["n"], threading.current_thread() is threading.main_thread()))
        Channel("thumbnails.made").send({"n": message["n"]})
        Group("g").send({"text": "made"})
        Group("g").add("watcher!1")

    @background("thumbnails.made")
    async def made(message):
        done.append((message["n"], threading.current_thread() is threading.main_thread()))

    async def main(feeding):
        await layer.send("thumbnails.make", {"n": 1})
        await until(lambda: len(done) == 2)
        assert done == [(1, False), (1, True)]
        assert await layer.receive("watcher!1") == {"type": "websocket.send", "text": "made"}
        assert "thumbnails.made, thumbnails.make" in repr(feeding)

    work(main, Routing([], layer=layer), layer)


def test_two_functions_cannot_share_a_channel() -> None:
    """One of them would never run; the same one again, as of a reloaded module, is fine."""

    def one(message):
        """Work."""

    assert background("a")(one) is one and background("a")(one) is one
    with pytest.raises(ConfigError, match=r"both .*one and .*two want the channel a"):

        @background("a")
        def two(message):
            """Other work."""

    assert [*FUNCTIONS] == [] and module.FUNCTIONS["a"] is one


def test_no_more_is_taken_than_can_be_handled() -> None:
    """What is beyond ``concurrency`` stays in the layer, for other workers."""
    layer, running = LocalChannelLayer(), []

    @background("slow")
    async def slow(message):
        running.append(message["n"])
        await until(lambda: "go" in running)

    async def main(feeding):
        for n in range(5):
            await layer.send("slow", {"n": n})
        await until(lambda: len(running) == 2)
        for _ in range(20):
            await asyncio.sleep(0)
        assert running == [0, 1] and (await layer.statistics())["messages"] == 3
        running.append("go")
        await until(lambda: len(running) == 6)

    work(main, Routing([], layer=layer), layer, concurrency=2)


def test_an_error_ends_only_its_message(caplog) -> None:
    """It is logged and counted, and the next message is handled."""
    layer, done = LocalChannelLayer(), []

    @background("work")
    def fail(message):
        done.append(message["n"])
        Channel("never").send({})
        if message["n"] == 1:
            raise ZeroDivisionError

    async def main(feeding):
        before = DROPPED["raised"]
        for n in (1, 2):
            await layer.send("work", {"n": n})
        await until(lambda: len(done) == 2 and not feeding.running)
        assert DROPPED["raised"] == before + 1 and (await layer.statistics())["messages"] == 1

    work(main, Routing([], layer=layer), layer)
    assert "the consumer raised" in caplog.text


def test_later_is_tried_again_with_bounds(monkeypatch, caplog) -> None:
    """The message waits in the layer, ever longer, and is given up in the end."""
    monkeypatch.setattr(module, "_FIRST", 0.0)
    layer, tries = LocalChannelLayer(), []

    @background("work")
    def later(message):
        assert [*message] == ["n"]
        tries.append(message["n"])
        if message["n"] == "never" or len(tries) < 3:
            raise ConsumeLater

    async def main(feeding):
        await layer.send("work", {"n": "soon"})
        await until(lambda: len(tries) == 3)
        await layer.send("work", {"n": "never"})
        await until(lambda: "given up" in caplog.text)
        assert tries == ["soon"] * 3 + ["never"] * (RETRIES + 1)

    work(main, Routing([], layer=layer), layer)


def test_a_full_channel_is_tried_again_and_then_given_up(monkeypatch, caplog) -> None:
    """With a line in the log and a count."""
    monkeypatch.setattr(module, "_PAUSE", 0)
    layer = LocalChannelLayer(capacity=1)

    @background("work")
    def send(message):
        Channel("full").send({})
        Channel("full").send({})

    async def main(feeding):
        before = DROPPED["full"]
        await layer.send("work", {})
        await until(lambda: DROPPED["full"] == before + 1)

    work(main, Routing([], layer=layer), layer)
    assert "channel full stayed full" in caplog.text


def test_a_layer_that_is_gone_is_waited_for(monkeypatch, caplog) -> None:
    """Work goes on when the broker is back."""
    monkeypatch.setattr(module, "_BROKEN", 0)
    done = []

    class Flaky(LocalChannelLayer):
        failures = 2

        async def receive_any(self, channels):
            if self.failures:
                self.failures -= 1
                raise Unavailable("no broker")
            return await super().receive_any(channels)

    layer = Flaky()
    background("work")(lambda message: done.append(1))

    async def main(feeding):
        await layer.send("work", {})
        await until(lambda: done)

    work(main, Routing([], layer=layer), layer)
    assert caplog.text.count("no background work for now: no broker") == 2


def test_the_end_finishes_what_was_taken() -> None:
    """Cancelling takes no more, and waits."""
    layer, done = LocalChannelLayer(), []

    @background("work")
    async def slow(message):
        done.append("begun")
        await asyncio.sleep(0.02)
        done.append("ended")

    async def main(feeding):
        await layer.send("work", {})
        await until(lambda: done)

    work(main, Routing([], layer=layer), layer)
    assert done == ["begun", "ended"]


def test_signals_tell_plain_functions(caplog) -> None:
    """Once each, in order; one that raises hinders no other."""
    seen = []
    signal = Signal("test")

    @signal.connect
    def fails(**facts):
        raise ZeroDivisionError

    def hears(**facts):
        seen.append(facts)

    signal.connect(hears)
    signal.connect(hears)
    with caplog.at_level(logging.ERROR):
        signal.send(message=1)
    signal.disconnect(hears)
    signal.disconnect(hears)
    signal.send(message=2)
    assert (
        seen == [{"message": 1}]
        and "a receiver of test raised" in caplog.text
        and repr(signal) == "<Signal test>"
    )


# --- the end of a drain, in a time that passes at once -------------------------------------------------------------


class Endless:
    """A layer that always has another message."""

    def __init__(self):
        self.taken = 0

    async def receive_any(self, channels):
        """The next one."""
        await asyncio.sleep(1)
        self.taken += 1
        return channels[0], {"n": self.taken}


def ended(seconds, *, drain, concurrency=3):
    """(when it was over, which ended, how many were taken): messages take ``seconds`` each, told to end after 4.5."""
    over, layer = [], Endless()

    async def handle(message, session, channel):
        try:
            await asyncio.sleep(seconds)
            over.append(message["n"])
        except asyncio.CancelledError:
            over.append(-message["n"])
            raise
        return Outcome()

    async def main():
        work = Background(handle, lambda: ["c"], layer, concurrency=concurrency)
        task = asyncio.ensure_future(work.run())
        await asyncio.sleep(4.5)
        task.cancel()
        await finished([task], [work], drain)
        assert task.done() and not work.running
        return asyncio.get_running_loop().time()

    return run(main()), over, layer.taken


def test_what_was_taken_gets_the_time_of_a_drain() -> None:
    """And no more is taken: those that run end by themselves, and then it is over."""
    assert ended(2.2, drain=10) == (pytest.approx(6.4), [1, 2, 3, 4], 4)


def test_what_takes_longer_is_cut_and_told(caplog) -> None:
    """After the time that there is, all of it, with a line that says how many; never later."""
    when, over, taken = ended(50, drain=3)
    assert (when, {*over}, len(over), taken) == (pytest.approx(7.5), {-1, -2, -3}, 3, 3)
    assert "3 messages were cut after 3 s" in caplog.text


def test_no_more_runs_at_once_than_may() -> None:
    """The next is taken when one has ended, and not before."""
    _, over, taken = ended(1.7, drain=10, concurrency=1)
    assert (over, taken) == ([1, 2], 2)


def test_the_end_of_nothing_is_at_once() -> None:
    """Who has taken no work has none to wait for."""
    run(finished([], [], 1000.0))

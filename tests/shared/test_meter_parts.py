"""What the parts that all interfaces pass tell of themselves: connections, queues, dialled links, workers."""

import asyncio
import logging
import time
from typing import Any

import pytest

from interfaces.http_ws.connection import Connection
from interfaces.http_ws.options import HttpWsOptions
from interfaces.http_ws.service import Service
from interfaces.shared.accepted import Accepted
from interfaces.shared.delivery import ACCEPTED
from interfaces.shared.interface import Context
from interfaces.shared.meter import Meters, metered
from interfaces.shared.outbox import Outbox
from interfaces.shared.sendings import Held
from interfaces.shared.serving import Serving
from interfaces.shared.spool.outgoing import SpoolStore
from interfaces.shared.stream import Stream
from interfaces.shared.waiting import MemoryStore
from interfaces.workers.handling import Handling
from interfaces.workers.outcome import Outcome
from interfaces.workers.transports.base import Link, Taken
from interfaces.workers.transports.queue import Desk as Seat
from interfaces.workers.transports.queue import Queue
from interfaces.workers.worker import Worker
from tests.http_ws.harness import Transport, echo
from tests.runner.virtual import run as run_virtual
from tests.shared.outboxes import LATER, SENT, Asked, Clock, Scripted
from tests.shared.test_intake import Desk
from tests.shared.upstreams import Place
from tests.workers.transports.fakes import Carrier, turns


def gauges(meters: Meters) -> dict[str, float]:
    """What all gauges say now, each with its labels' values behind its name."""
    return {
        " ".join([name, *(value for _, value in labels)]): sum(read() for read in reads)
        for (name, labels), reads in meters.gauges.items()
    }


def waited(meters: Meters, queue: str) -> tuple[int, float]:
    """How many waited in a queue, and for how long together."""
    histogram = meters.histogram("queue.wait", queue=queue)
    return histogram.count, histogram.total


# --- connections ----------------------------------------------------------------------------------


def test_connections_are_told_by_protocol() -> None:
    """By the name of the log, which each protocol has; two of one protocol are added up."""
    meters = Meters()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with metered(meters):
            one = Serving(Context(), loop, logging.getLogger("interfaces.irc"))
            other = Serving(Context(), loop, logging.getLogger("interfaces.irc"))
            Serving(Context(), loop, logging.getLogger("interfaces.email"))
        one.joined(Stream(loop), "192.0.2.1")
        other.joined(Stream(loop), "")
        assert gauges(meters) == {"connections irc": 2, "connections email": 0}

    asyncio.run(main())


def test_a_websocket_is_a_connection_of_its_own_kind() -> None:
    """HTTP has one less when one of its connections becomes a WebSocket, and none is left at the end."""
    meters = Meters()
    asked = (
        b"GET /echo HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )

    async def main() -> None:
        with metered(meters):
            context = Context(names=("http", "ws"))
            service = Service(echo, HttpWsOptions(), context, asyncio.get_running_loop())
        connection, transport = Connection(service), Transport()
        transport.protocol = connection
        connection.connection_made(transport)
        assert gauges(meters) == {"connections http": 1, "connections websocket": 0}
        connection.data_received(asked)
        assert gauges(meters) == {"connections http": 0, "connections websocket": 1}
        transport.protocol.connection_lost(None)
        assert gauges(meters) == {"connections http": 0, "connections websocket": 0}
        await turns()

    asyncio.run(main())


# --- what goes out --------------------------------------------------------------------------------


def sent(way: Scripted, message: dict[str, Any], put_at: float = 900.0) -> Meters:
    """The figures after an outbox has sent one message that was put then, a hundred seconds ago."""
    meters, clock = Meters(), Clock(1000.0)

    class One:
        """A store with one message."""

        durable = False

        def __init__(self) -> None:
            self.left = [Held("a", message, 1, put_at)]
            self.memory = MemoryStore(Asked(), clock=clock)
            self.read, self.settle, self.begin = self.memory.read, self.memory.settle, self.memory.begin

        async def take(self, n: int) -> list[Held]:
            """It, then nothing."""
            found, self.left = self.left, []
            return found

        async def done(self, held: Held) -> None:
            """It is."""

        async def retry(self, held: Held, delay: float, reason: str) -> None:
            """Once more."""
            held.attempt += 1
            self.left = [held]

    async def main() -> None:
        store: Any = One()

        async def answer(channel: str, result: Any) -> None:
            """Nobody asked."""

        with metered(meters):
            outbox = Outbox(way, store, answer, clock=clock)
        while store.left:
            await outbox.run()

    run_virtual(main())
    return meters


def test_how_long_a_message_waited_is_told_once() -> None:
    """From when it was put to its first attempt: a further one waits for another reason."""
    assert waited(sent(Scripted(SENT), {"id": "a"}), "test.send") == (1, 100.0)
    assert waited(sent(Scripted(LATER, SENT), {"id": "a"}), "test.send") == (1, 100.0)


@pytest.mark.parametrize(("not_before", "seconds"), [(950.0, 50.0), (100.0, 100.0), ("soon", 100.0)])
def test_what_is_to_be_sent_later_waits_from_then(not_before: Any, seconds: float) -> None:
    """Not from when it was put; what is no time is none."""
    assert waited(sent(Scripted(SENT), {"id": "a", "not_before": not_before}), "test.send") == (1, seconds)


def test_what_waits_in_memory_is_told_with_its_age() -> None:
    """What waits and what is held; nothing is 0 seconds old."""
    meters, clock = Meters(), Clock(1000.0)

    async def main() -> None:
        asked = Asked()
        store = MemoryStore(asked, clock=clock)
        with metered(meters):
            Outbox(Scripted(), store, lambda channel, result: asyncio.sleep(0), clock=clock)
        assert gauges(meters) == {"queue.depth test.send": 0, "queue.age test.send": 0}
        await store.open()
        for name in "ab":
            asked.queue.put_nowait({"id": name})
            await turns()
            clock.now += 5
        (held,) = await store.take(1)
        assert gauges(meters) == {"queue.depth test.send": 2, "queue.age test.send": 10}
        await store.done(held)
        assert gauges(meters) == {"queue.depth test.send": 1, "queue.age test.send": 5}
        await store.close()

    asyncio.run(main())


def test_what_waits_in_a_spool_is_told_with_its_age(tmp_path: Any) -> None:
    """Of an outbox too, whose store is one."""
    meters, clock = Meters(), Clock(1000.0)

    async def main() -> None:
        store = SpoolStore(tmp_path, Asked(), clock=clock)
        with metered(meters):
            Outbox(Scripted(), store, lambda channel, result: asyncio.sleep(0), clock=clock)
        await store.open()
        assert gauges(meters) == {"queue.depth test.send": 0, "queue.age test.send": 0}
        await store.put({"id": "a"})
        clock.now += 7
        assert gauges(meters) == {"queue.depth test.send": 1, "queue.age test.send": 7}
        await store.close()

    asyncio.run(main())


# --- what comes in --------------------------------------------------------------------------------


def test_a_message_waits_for_its_turn() -> None:
    """The second of a conversation until the first has ended; one without is not held up."""
    meters = Meters()

    async def main() -> None:
        first = asyncio.get_running_loop().create_future()

        async def handle(event: dict[str, Any], send: Any) -> None:
            if event["text"] == "one":
                await first

        with metered(meters):
            desk = Desk(handle)
        said = [asyncio.ensure_future(desk.say(text, where="talk", seconds=60)) for text in ("one", "two")]
        await asyncio.sleep(3)
        assert gauges(meters)["queue.depth chat"] == 1
        first.set_result(None)
        assert await asyncio.gather(*said) == [ACCEPTED, ACCEPTED]
        assert gauges(meters)["queue.depth chat"] == 0

    run_virtual(main())
    number, seconds = waited(meters, "chat")
    assert (number, round(seconds)) == (2, 3)


# --- dialled links --------------------------------------------------------------------------------


def test_dialled_links_are_told_with_how_many_there_should_be() -> None:
    """By the label that readiness has, too."""
    meters = Meters()

    async def main() -> None:
        place = Place()
        with metered(meters):
            upstream = place.upstream(label="irc libera", wanted=2)
        assert gauges(meters) == {"upstream.links irc libera": 0, "upstream.wanted irc libera": 2}
        running = asyncio.ensure_future(upstream.run())
        await asyncio.sleep(1)
        assert gauges(meters)["upstream.links irc libera"] == 2
        running.cancel()
        await asyncio.wait({running})
        await upstream.drain(1)

    run_virtual(main())


# --- workers --------------------------------------------------------------------------------------


class Source:
    """Where a worker's scopes come from; it has none."""

    on_opening: Any = None

    def free(self, slots: int) -> None:
        """So many may come."""


def test_a_worker_tells_its_slots() -> None:
    """All of them, and those that are taken."""
    meters = Meters()
    with metered(meters):
        worker = Worker(echo, Source(), name="w", concurrency=5, state={})  # type: ignore[arg-type]
    worker.running.add(object())  # type: ignore[arg-type]
    assert gauges(meters) == {"worker.slots": 5, "worker.slots_taken": 1}


def test_scopes_that_wait_for_a_worker_are_told() -> None:
    """With how many workers there are."""
    meters = Meters()

    async def main() -> None:
        with metered(meters):
            queue = Queue(10, 5.0, lambda name: None)
        queue.submit(Link({"type": "http", "path": "/", "headers": []}))
        queue.desks.append(Seat(lambda link: None))
        assert gauges(meters) == {"queue.depth relay": 1, "relay.workers": 1}

    asyncio.run(main())


def test_how_long_a_scope_waited_for_a_worker_is_told() -> None:
    """Once a worker has it."""
    meters = Meters()

    async def main() -> None:
        with metered(meters):
            link = Link({"type": "http", "path": "/", "headers": []})
        assert waited(meters, "relay") == (0, 0.0)
        link.assigned(Carrier(), 1)

    asyncio.run(main())
    number, seconds = waited(meters, "relay")
    assert number == 1 and 0 <= seconds < 5


@pytest.mark.parametrize(
    ("outcome", "how"),
    [
        (Outcome(), ""),
        (Outcome(error="raised"), "failed"),
        (Outcome(error="no-route"), "unrouted"),
        (Outcome(error="unavailable"), "unavailable"),
        (ValueError("x"), "failed"),
    ],
)
def test_an_event_at_a_worker_is_a_scope(outcome: Any, how: str) -> None:
    """Its type has the word behind it, since in one process there would be none; it ends as the function does."""
    meters = Meters()

    async def runner(event: Any, session: Any) -> Outcome:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    class Owner:
        def left(self, running: Any) -> None:
            """It is over."""

    async def main() -> None:
        opening = {"event": {"type": "websocket.receive"}, "session": {}, "attempt": 1}
        with metered(meters):
            Handling(Owner(), Taken(7, Carrier(), opening), runner).start()
        assert meters.scopes["websocket event"].running == 1
        await turns()

    asyncio.run(main())
    meter = meters.scopes["websocket event"]
    assert (meter.begun, meter.running) == (1, 0)
    assert meter.otherwise == ({how: 1} if how else {}) and meter.well == (not how)


# --- what was accepted before ----------------------------------------------------------------------


@pytest.mark.parametrize(("attempt", "number"), [(1, 1), (2, 0)])
def test_how_long_an_accepted_message_waited_is_told_once(attempt: int, number: int) -> None:
    """From when it was kept to its first attempt."""
    meters = Meters()

    class Kept:
        """A store with one message, which was put a minute ago."""

        def __init__(self) -> None:
            message = {"scope": {"type": "chat"}, "event": {"type": "chat.message", "text": "a"}, "key": ""}
            self.left = [Held("a", message, attempt, time.time() - 60)]

        async def take(self, n: int) -> list[Held]:
            """It, then nothing."""
            found, self.left = self.left, []
            return found

        async def done(self, held: Held) -> None:
            """It is."""

    async def main() -> None:
        async def handle(event: Any, send: Any) -> None:
            """Take it."""

        async def put(message: Any, conversation: Any, delay: float) -> None:
            """Never called."""

        desk = Desk(handle)
        with metered(meters):
            accepted = Accepted(desk.intake, Kept(), put=put, state={}, attempts=3, at_once=2)  # type: ignore[arg-type]
        await accepted.run()
        assert [event["text"] for event in desk.seen] == ["a"]

    asyncio.run(main())
    found, seconds = waited(meters, "chat.accepted")
    assert found == number and (60 <= seconds < 120) == bool(number)

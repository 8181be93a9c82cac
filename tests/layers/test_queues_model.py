"""interfaces.layers.queues, whatever the order of things: real scripts, and a network that loses commands and answers.

Time and bells come when the test says so.
"""

import asyncio
import itertools
import time
from collections import Counter, deque

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interfaces.layers.entries import Rules
from interfaces.layers.queues import Queues
from interfaces.layers.scripts import TAKE, queue_keys
from interfaces.shared.errors import Unavailable

NAMES = "ab"
PREFIXES = map("model{}".format, itertools.count())
GONE = Unavailable("the connection was lost")


class Wire:
    """One hub's connection: what it tells is executed, and answered, when the test says so."""

    def __init__(self, client):
        self.client, self.todo, self.answers, self.dropped = client, deque(), deque(), 0

    def tell_script(self, then, script, keys, args):
        self.todo.append((then, script, keys, args))

    async def subscribe(self, name):
        """Bells are the test's."""

    def server_time(self):
        return time.time()

    def execute(self, count):
        """The broker does what it is told, and its answers are on their way."""
        for _ in range(min(count, len(self.todo))):
            then, script, keys, args = self.todo.popleft()
            reply = self.client.eval(script.text, len(keys), *keys, *args)
            if script is TAKE:
                self.dropped += sum(found[1] for found in reply[1])
            self.answers.append((then, reply))

    def answer(self, count):
        for _ in range(min(count, len(self.answers))):
            then, reply = self.answers.popleft()
            then(reply)

    def cut(self, heard):
        """The connection is lost: the broker had ``heard`` so many more commands, and no answer arrives."""
        self.execute(heard)
        waiting = [then for then, *_ in (*self.answers, *self.todo)]
        self.todo.clear()
        self.answers.clear()
        for then in waiting:
            then(GONE)


class Still(Queues):
    """Queues that look after themselves only when the test says so."""

    def watch(self):
        """No timers."""


class Hub:
    """A process: queues, the wire to the broker, and its receivers."""

    def __init__(self, play, number):
        self.wire, self.tasks, self.ending = Wire(play.client), [], None
        rules = Rules(
            prefix=play.prefix, expiry=3600, capacity=lambda _: 1000, count=self.count, clock=lambda: play.now
        )
        self.counts = Counter()
        self.queues = Still(f"hub{number}", lambda _: self.wire, rules)

    def count(self, name, by):
        self.counts[name] += by

    def pump(self):
        """All that was told is done."""
        self.wire.execute(1000)
        self.wire.answer(1000)


async def settle():
    """Let everything run that can."""
    for _ in range(8):
        await asyncio.sleep(0)


class Play:
    """Three hubs, two queues, and what happens to them."""

    def __init__(self, client):
        self.client, self.prefix, self.now, self.hubs = client, next(PREFIXES), 1000.0, []
        self.pushed, self.got, self.numbers = [], [], itertools.count()
        self.gone, self.risky, self.lapsed = [], False, False
        for _ in range(3):
            self.open()

    def open(self):
        self.hubs.append(Hub(self, len(self.hubs) + len(self.gone)))

    def push(self, hub, n):
        for number in itertools.islice(self.numbers, 0 if hub.ending else 4 * (1 + n // 2)):
            sent = hub.queues.push(NAMES[n % 2], {"n": number})
            sent.add_done_callback(lambda done, number=number: done.exception() or self.pushed.append(number))

    def receive(self, hub, n):
        """A quick receiver of one queue, one that takes nothing ahead, or one of both queues."""
        how = ((["a"], True), (["a"], False), (["b"], True), (["a", "b"], True))[n]
        if hub.ending is None:
            hub.tasks.append(asyncio.ensure_future(self._receive(hub, *how)))

    async def _receive(self, hub, names, ahead):
        for _ in range(3):
            _, message = await hub.queues.receive(names, ahead=ahead)
            self.got.append(message["n"])

    def cancel(self, hub, n):
        if hub.tasks:
            hub.tasks[n % len(hub.tasks)].cancel()

    def execute(self, hub, n):
        hub.wire.execute(n + 1)

    def answer(self, hub, n):
        hub.wire.answer(n + 1)

    def work(self, hub, _n):
        hub.pump()

    def cut(self, hub, n):
        self.risky = self.risky or hub.ending is not None
        hub.wire.cut(n)
        hub.queues.on_up(hub.wire)

    def refuse(self, hub, n):
        """One answer is an error, whether or not the broker did what it was told; the connection stays."""
        hub.wire.execute(n // 2)
        if hub.wire.answers or hub.wire.todo:
            then, *_ = (hub.wire.answers or hub.wire.todo).popleft()
            then(GONE)

    def ring(self, hub, n):
        hub.queues.on_bell(NAMES[n % 2].encode())

    def look(self, hub, n):
        """Time goes on: receivers are not quick, or what was taken ahead goes back, or the dead are looked for."""
        self.now += (0.001, 0.02, 0.3, 1.1)[n]
        hub.queues._look()

    def lapse(self, _hub=None, _n=0):
        """The lease of everything that is taken is over."""
        self.lapsed = True
        for name in NAMES:
            key = queue_keys(self.prefix, name).stream
            if self.client.exists(key):
                for one in self.client.xpending_range(key, "g", "-", "+", 1000):
                    self.client.xclaim(
                        key, "g", one["consumer"], 0, [one["message_id"]], idle=3_600_000, justid=True
                    )

    def kill(self, hub, n):
        """kill -9; the broker had heard so many more commands."""
        hub.wire.execute(n)
        hub.wire.execute = hub.wire.answer = lambda _count: None
        self.end(hub)

    def end(self, hub):
        for task in hub.tasks:
            task.cancel()
        self.risky = True
        self.hubs.remove(hub)
        self.gone.append(hub)
        self.open()

    def close(self, hub, _n):
        hub.ending = hub.ending or asyncio.ensure_future(hub.queues.close())

    @property
    def left(self):
        """Entries at the broker."""
        return sum(self.client.xlen(queue_keys(self.prefix, name).stream) for name in NAMES)

    async def finish(self):
        """All that is under way comes in, and receivers come until nothing is left."""
        self.open()
        for turn in range(40):
            for hub in self.hubs:
                hub.pump()
                await settle()
                self.look(hub, 3)
                if turn > 2 and hub.ending is None:
                    self.receive(hub, 0)
                    self.receive(hub, 2)
                await settle()
                hub.pump()
                await settle()
            if turn > 4 and (self.risky or self.lapsed):
                self.lapse()
            if turn > 3 and not self.left:
                break
        assert not self.left

    async def leave(self):
        for hub in self.hubs:
            self.close(hub, 0)
        for _ in range(3):
            await settle()
            for hub in self.hubs:
                hub.pump()
        await asyncio.gather(*(hub.ending for hub in self.hubs))
        tasks = [task for hub in self.hubs + self.gone for task in hub.tasks]
        await asyncio.gather(*tasks, return_exceptions=True)


DEEDS = {
    "p": Play.push, "r": Play.receive, "c": Play.cancel, "x": Play.execute, "a": Play.answer, "w": Play.work,
    "l": Play.cut, "f": Play.refuse, "b": Play.ring, "t": Play.look, "o": Play.lapse, "k": Play.kill, "e": Play.close,
}  # fmt: skip
LIVING = "pprrrcxaawwwlfbt"
STEP = st.tuples(st.sampled_from(LIVING), st.integers(0, 2), st.integers(0, 3))
ROUGH = st.tuples(st.sampled_from(LIVING + "oke"), st.integers(0, 2), st.integers(0, 3))


async def played(client, steps):
    """A play, after all of it."""
    play = Play(client)
    for name, hub, n in steps:
        DEEDS[name](play, play.hubs[hub], n)
        await settle()
    await play.finish()
    await play.leave()
    return play


@pytest.fixture(name="client")
def fixture_client(broker):
    """redis-py on the broker of all tests."""
    with redis.Redis.from_url(broker.url, protocol=2) as client:
        yield client


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=60))
def test_while_all_live_every_message_is_received_once(client, steps):
    """Whatever receivers are cancelled and commands or answers are lost, within the lease: nothing is lost or twice."""
    play = asyncio.run(played(client, steps))
    assert len(set(play.got)) == len(play.got)
    assert set(play.pushed) <= set(play.got)
    assert not any(hub.counts["layer.uncertain"] for hub in play.hubs)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(ROUGH, max_size=60))
def test_whoever_dies_no_message_is_received_twice(client, steps):
    """With hubs that are killed, closed or cut off for longer than the lease: what is lost was dropped and counted."""
    play = asyncio.run(played(client, steps))
    assert len(set(play.got)) == len(play.got)
    dropped = sum(hub.wire.dropped for hub in play.hubs + play.gone)
    assert len(set(play.pushed) - set(play.got)) <= dropped

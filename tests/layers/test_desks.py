"""interfaces.layers.desks: who waits, how much is taken for them and when, and that nobody waits beside a message."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.layers import desks
from interfaces.layers.desks import BURST, MOST, POLL, PREFETCH, QUICK, Bells, Desk
from interfaces.layers.entries import Entry, Queue, Rules
from interfaces.layers.scripts import TAKE, queue_keys
from interfaces.shared.errors import Unavailable


class Take:
    """A TAKE that was told, and is answered when the test says so."""

    def __init__(self, then, keys, args):
        self.then, self.queues = then, [key.rpartition(":")[2] for key in keys[::3]]
        self.me, self.want, self.need, self.sure, self.lease, self.most_bytes, *self.lives = args

    def answer(self, *found, registered=False):
        """Give a list of numbers for each of ``queues``; nothing for those that are not said."""
        lists = [*found, *[()] * (len(self.queues) - len(found))]
        reply = [[0, 0, len(one), *[part for n in one for part in (b"%d-0" % n, n)]] for one in lists]
        self.then([int(registered), reply])


class Node:
    """A broker that keeps what it is told; ``errors`` are what its next subscriptions raise."""

    def __init__(self, *errors):
        self.errors, self.takes, self.names = [*errors], [], []

    def tell_script(self, then, script, keys, args):
        assert script is TAKE
        self.takes.append(Take(then, keys, args))

    async def subscribe(self, name):
        if self.errors:
            raise self.errors.pop(0)
        self.names.append(name)


def entry_of(n, sent=0.0):
    """An entry that can be given: the owner sees to that."""
    return Entry(b"%d-0" % n, n, sent + 60, ours=True)


class Kit:
    """The owner of desks, with a clock of its own; its entries are numbers."""

    def __init__(self, *errors, expiry=60):
        self.now, self.life, self.address, self.closing = 100.0, expiry * 1000, "me", False
        self.loop, self.watched, self.recovered = asyncio.get_running_loop(), 0, []
        self.node, self.bells = Node(*errors), Bells("t:r:me")
        self.rules = Rules(
            prefix="t", expiry=expiry, capacity=lambda _: 100, count=Counter().update, clock=lambda: self.now
        )

    def queue(self, name, node=None):
        return Queue(name, node or self.node, queue_keys("t", name), ())

    def desk(self, *queues, ahead=False):
        desk = Desk(self, queues, ahead)
        for queue in queues:
            queue.desks.append(desk)
        return desk

    def took(self, queue, found, sent):
        for n in found[4::2]:
            queue.buffer.append(entry_of(n, sent))
        self.serve(queue)

    def serve(self, queue):
        while queue.buffer and (waiter := queue.waiter()):
            waiter.set_result((queue, queue.buffer.popleft()))

    def put_back(self, found):
        queue, entry = found
        queue.put_back(entry)
        self.serve(queue)

    def recover(self, queue):
        self.recovered.append(queue.name) if queue.doubtful else None

    def watch(self):
        self.watched += 1

    @property
    def take(self):
        """The one that was told last."""
        return self.node.takes[-1]


async def settle():
    """Let everything run that can."""
    for _ in range(6):
        await asyncio.sleep(0)


async def waiting(desk, count=1):
    """So many receivers, who wait."""
    tasks = [asyncio.ensure_future(desk.wait()) for _ in range(count)]
    await settle()
    return tasks


def numbers(tasks):
    """What receivers got."""
    return [task.result()[1].message for task in tasks]


def run(test):
    """Run an async test with a kit."""

    def runs():
        async def main():
            async with asyncio.timeout(20):
                await test(Kit())

        asyncio.run(main())

    runs.__name__, runs.__doc__ = test.__name__, test.__doc__
    return runs


@run
async def test_there_is_one_take_for_all_who_wait(kit):
    """Who comes while it is under way is in the next one."""
    desk = kit.desk(kit.queue("a"))
    tasks = await waiting(desk, 2)
    assert [(one.queues, one.me, one.want, one.need, one.lives) for one in kit.node.takes] == [
        (["a"], "me", 2, 2, [60_000])
    ]
    tasks += await waiting(desk)
    assert len(kit.node.takes) == 1
    kit.take.answer([1, 2])
    await settle()
    assert numbers(tasks[:2]) == [1, 2] and not tasks[2].done()
    assert (len(kit.node.takes), kit.take.need) == (2, 1)
    kit.take.answer([3])
    await settle()
    assert numbers(tasks) == [1, 2, 3]
    assert len(kit.node.takes) == 2 and desk.idle and not kit.queue("a").desks
    assert kit.watched == 3 and "0 receivers" in repr(desk)


@run
async def test_who_is_registered_asks_no_more_until_it_is_rung(kit):
    """A bell that comes while a take is under way counts: its registration is of before."""
    desk = kit.desk(kit.queue("a"))
    (task,) = await waiting(desk)
    kit.take.answer(registered=True)
    await settle()
    assert len(kit.node.takes) == 1
    assert desk.rung(kit.node)
    assert len(kit.node.takes) == 2
    assert desk.rung(kit.node)
    assert len(kit.node.takes) == 2
    kit.take.answer(registered=True)
    assert len(kit.node.takes) == 3
    assert desk.rung(Node())  # another broker's
    kit.take.answer(registered=True)
    assert len(kit.node.takes) == 3
    task.cancel()
    await settle()
    assert not desk.rung(kit.node)
    assert len(kit.node.takes) == 3


@run
async def test_receivers_are_served_in_the_order_of_their_coming(kit):
    """Who was cancelled is passed over, before its task has run too."""
    desk = kit.desk(kit.queue("a"))
    tasks = await waiting(desk, 4)
    tasks[1].cancel()
    await settle()
    tasks[2].cancel()
    kit.take.answer([1, 2])
    await settle()
    assert numbers([tasks[0], tasks[3]]) == [1, 2]
    assert desk.waiter() is None


@run
async def test_what_a_cancelled_receiver_had_been_given_is_in_front(kit):
    """The next who waits gets it; with nobody there it stays in the buffer, before what came later."""
    queue = kit.queue("a")
    desk = kit.desk(queue)
    first, second = await waiting(desk, 2)
    kit.take.answer([1])
    first.cancel()
    await settle()
    assert first.cancelled() and numbers([second]) == [1]
    (third,) = await waiting(desk)
    kit.take.answer([2, 3])
    third.cancel()
    await settle()
    assert [entry.message for entry in queue.buffer] == [2, 3]
    assert not desk.idle and not queue.idle


@run
async def test_an_outage_is_waited_through_and_other_errors_are_told(kit):
    """Unavailable leaves receivers waiting, and the next bell asks anew; what no waiting mends they get."""
    desk = kit.desk(kit.queue("a"))
    tasks = await waiting(desk, 2)
    kit.take.then(Unavailable("away"))
    await settle()
    assert not any(task.done() for task in tasks) and len(kit.node.takes) == 1
    desk.rung(kit.node)
    assert (kit.recovered, len(kit.node.takes)) == (["a"], 1)  # nothing is taken before that is settled
    desk.queues[0].doubtful = False
    desk.pull()
    kit.take.then(ValueError("NOPERM"))
    for task in tasks:
        with pytest.raises(ValueError, match="NOPERM"):
            await task
    assert desk.idle


@run
async def test_what_is_taken_ahead_follows_the_receiver(kit):
    """It doubles with each one that comes back quickly, up to PREFETCH, and is halved by each that does not."""
    desk = kit.desk(kit.queue("a"), ahead=True)
    seen = []
    for late in [False] * 9 + [True] * 8:
        desk.given = kit.now - 2 * QUICK * late
        (task,) = await waiting(desk)
        seen.append(desk.prefetch)
        assert (kit.take.want, kit.take.need) == (1 + desk.prefetch, 1)
        assert kit.take.sure == 1 + min(BURST, desk.prefetch)  # for good
        kit.take.answer([1])
        await task
        if desk.flight:
            kit.take.answer(registered=True)
        desk.parts[0].registered = False
    assert seen == [1, 2, 4, 8, 16, 32, 64, 64, 64, 32, 16, 8, 4, 2, 1, 0, 0]
    assert max(seen) == PREFETCH


@run
async def test_a_half_empty_buffer_is_filled_up(kit):
    """With what is missing, and not while more than half of what is taken ahead is there; nobody has to wait."""
    queue = kit.queue("a")
    desk = kit.desk(queue, ahead=True)
    desk.prefetch = 8
    queue.buffer.extend(map(entry_of, range(5)))
    kit.bells.heard(kit.node, print)
    await settle()
    desk.pull()
    assert not kit.node.takes
    assert desk.holder() is queue
    queue.buffer.popleft()
    desk.pull()
    assert (kit.take.want, kit.take.need, kit.take.sure) == (4, 0, 4)


@run
async def test_no_more_is_taken_for_good_than_a_burst(kit):
    """What is in the buffer already counts: a hub that is killed loses no more."""
    queue = kit.queue("a")
    desk = kit.desk(queue, ahead=True)
    desk.prefetch = PREFETCH
    kit.bells.heard(kit.node, print)
    await settle()
    for held, sure in {0: BURST, 10: BURST - 10, BURST: 0, 30: 0}.items():
        queue.buffer.extend(map(entry_of, range(held)))
        desk.pull()
        assert (kit.take.want, kit.take.need, kit.take.sure) == (PREFETCH - held, 0, sure)
        kit.take.answer()
        queue.buffer.clear()
        kit.node.takes.clear()
        desk.flight = None


@run
async def test_nothing_is_taken_ahead_of_several_queues(kit):
    """Or for those who say how many they want."""
    for desk in (kit.desk(kit.queue("a"), kit.queue("b"), ahead=True), kit.desk(kit.queue("a"))):
        desk.given = kit.now
        await waiting(desk)
        assert (kit.take.want, kit.take.need) == (1, 1)


@run
async def test_one_take_is_bounded(kit):
    """Whatever waits, it wants MOST at most; the rest is in the next."""
    desk = kit.desk(kit.queue("a"), ahead=True)
    tasks = await waiting(desk, MOST + 5)
    kit.take.answer(range(MOST))
    assert kit.take.want <= MOST
    kit.take.answer(range(MOST, MOST + 5))
    await settle()
    assert sorted(numbers(tasks)) == [*range(MOST + 5)]
    assert max(one.want for one in kit.node.takes) == MOST


@run
async def test_several_queues_take_turns(kit):
    """In the first place of a take and in what is handed out; each entry is of the queue it came from."""
    a, b, c = (kit.queue(name) for name in "abc")
    desk = kit.desk(a, b, c)
    (task,) = await waiting(desk)
    orders = []
    for n in range(3):
        orders.append(kit.take.queues)
        kit.take.answer([], [n])
        queue, entry = await task
        assert (queue.name, entry.message) == (orders[-1][1], n)
        (task,) = await waiting(desk)
    assert [order[0] for order in orders] == ["b", "c", "a"]
    task.cancel()
    for queue in (a, b):
        queue.buffer.extend(map(entry_of, (1, 2)))
    found = []
    while queue := desk.holder():
        queue.buffer.popleft()
        found.append(queue.name)
    assert found == ["a", "b", "a", "b"]


@run
async def test_each_broker_is_asked_until_all_have_registered_us(kit):
    """One take at a time; after that only the one that rings is asked."""
    other = Node()
    desk = kit.desk(kit.queue("a"), kit.queue("b", other))
    await waiting(desk)
    assert (len(kit.node.takes), len(other.takes)) == (1, 0)
    kit.take.answer(registered=True)
    await settle()
    assert (len(kit.node.takes), len(other.takes)) == (1, 1)
    assert other.takes[0].queues == ["b"]
    other.takes[0].answer(registered=True)
    assert (len(kit.node.takes), len(other.takes)) == (1, 1)
    desk.rung(other)
    assert (len(kit.node.takes), len(other.takes)) == (1, 2)
    other.takes[1].answer(registered=True)
    assert (kit.node.names, other.names) == (["t:r:me"], ["t:r:me"])


@run
async def test_brokers_take_turns_under_load(kit):
    """As long as both have something, neither is left out."""
    other = Node()
    desk = kit.desk(kit.queue("a"), kit.queue("b", other))
    for n in range(6):
        (task,) = await waiting(desk)
        await settle()
        (other if n % 2 else kit.node).takes[n // 2].answer([n])
        await task
    assert (len(kit.node.takes), len(other.takes)) == (3, 3)


@run
async def test_what_the_dead_had_is_looked_for_now_and_then(kit):
    """With the lease in milliseconds, once in POLL seconds under load, and when it is asked for."""
    desk = kit.desk(kit.queue("a"))
    leases = []
    for pause in (0, POLL / 2, POLL / 2, 0):
        kit.now += pause
        await waiting(desk)
        leases.append(kit.take.lease)
        kit.take.answer([1])
    assert leases == [30_000, 0, 30_000, 0]
    await waiting(desk)
    kit.take.answer(registered=True)
    count = len(kit.node.takes)
    desk.pull()
    assert len(kit.node.takes) == count
    desk.pull(reclaim=True)
    assert (len(kit.node.takes), kit.take.lease) == (count + 1, 30_000)


@pytest.mark.parametrize(("expiry", "lease"), [(60, 30), (600, 30), (10, 5), (0.5, 0.25)])
def test_a_lease_is_at_most_half_of_the_expiry(expiry, lease):
    """So that what a dead hub had taken can still be given to another."""
    assert Rules(prefix="t", expiry=expiry, capacity=len, count=print).lease == lease


@run
async def test_two_desks_of_one_queue_take_turns(kit):
    """Neither is starved by the other; one alone has no turns to take."""
    queue = kit.queue("a")
    one, two = kit.desk(queue), kit.desk(queue, kit.queue("b"))
    tasks = [await waiting(desk, 2) for desk in (one, two)]
    order = []
    for _ in range(4):
        waiter = queue.waiter()
        order.append("one" if queue.desks[-1] is one else "two")
        waiter.set_result((queue, entry_of(0)))
    await settle()
    assert order == ["one", "two", "one", "two"]
    assert queue.waiter() is None
    assert all(task.done() for both in tasks for task in both)


@run
async def test_after_closing_nothing_more_is_taken(kit):
    """What was under way still comes."""
    desk = kit.desk(kit.queue("a"))
    tasks = await waiting(desk, 2)
    kit.closing = True
    kit.take.answer([1])
    await settle()
    assert len(kit.node.takes) == 1
    desk.fail(Unavailable("closed"))
    assert numbers(tasks[:1]) == [1]
    with pytest.raises(Unavailable, match="closed"):
        await tasks[1]


def test_a_broker_that_is_away_is_asked_to_ring_again(monkeypatch):
    """Before it has confirmed nothing is taken there: a bell would be missed."""
    monkeypatch.setattr(desks, "RETRY", 0)

    async def main():
        kit = Kit(Unavailable("away"), Unavailable("away"))
        desk = kit.desk(kit.queue("a"))
        tasks = [asyncio.ensure_future(desk.wait()) for _ in range(2)]
        await asyncio.sleep(0)
        assert not kit.node.takes
        while not kit.node.takes:
            await asyncio.sleep(0)
        assert kit.node.names == ["t:r:me"] and kit.take.need == 2
        kit.take.answer([1, 2])
        await asyncio.gather(*tasks)

    asyncio.run(main())


def test_a_broker_that_refuses_to_ring_is_told_to_receivers():
    """And the next receiver tries once more."""

    async def main():
        kit = Kit(PermissionError("NOPERM"))
        desk = kit.desk(kit.queue("a"))
        (task,) = await waiting(desk)
        with pytest.raises(PermissionError):
            await task
        (task,) = await waiting(desk)
        assert kit.node.names == ["t:r:me"]
        kit.take.answer([1])
        await task

    asyncio.run(main())


@run
async def test_a_broker_that_is_away_holds_up_no_other(kit):
    """Its bells cannot be asked for; what the other broker has is taken, and its own once it is there."""
    away, there = Node(), asyncio.Event()

    async def subscribe(name):
        await there.wait()
        away.names.append(name)

    away.subscribe = subscribe
    desk = kit.desk(kit.queue("a", away), kit.queue("b"))
    one, two = await waiting(desk, 2)
    assert not away.takes and kit.take.queues == ["b"]
    kit.take.answer([1], registered=True)
    await settle()
    assert numbers([one]) == [1] and len(kit.node.takes) == 1
    there.set()
    await settle()
    away.takes[-1].answer([2])
    await settle()
    assert numbers([two]) == [2]


@run
async def test_bells_that_are_closed_call_nobody(kit):
    """Who waits for them is told by whoever closes."""
    told = []
    assert not kit.bells.heard(kit.node, told.append)
    kit.bells.close()
    await settle()
    assert told == [] and not kit.node.names


class Shard(Node):
    """A broker as TAKE and PUSH make it: entries, hubs that wait, bells. Answers come when ``work`` is called."""

    def __init__(self):
        super().__init__()
        self.held, self.waits, self.bells = {"a": [], "b": []}, set(), []

    def push(self, name, n):
        self.held[name].append(n)
        if name in self.waits:
            self.waits.remove(name)
            self.bells.append(name)

    def tell_script(self, then, script, keys, args):
        take = Take(then, keys, args)
        room, found = take.want, []
        for name in take.queues:
            found.append(self.held[name][:room])
            self.held[name] = self.held[name][room:]
            room -= len(found[-1])
        short = take.want - room < take.need
        self.waits.update(take.queues if short else ())
        self.takes.append(lambda: take.answer(*found, registered=short))

    def work(self):
        if self.takes:
            self.takes.pop(0)()


class Play:
    """Two brokers, a queue on each, three desks, and what happens to them."""

    def __init__(self):
        self.kit, self.shards = Kit(), [Shard(), Shard()]
        self.queues = [self.kit.queue(name, shard) for name, shard in zip("ab", self.shards, strict=True)]
        self.desks = [
            self.kit.desk(*self.queues),
            self.kit.desk(self.queues[0], ahead=True),
            self.kit.desk(self.queues[1]),
        ]
        self.pushed, self.tasks, self.got = 0, [], []

    def push(self, n):
        self.shards[n % 2].push("ab"[n % 2], self.pushed)
        self.pushed += 1

    def receive(self, n):
        """As Queues does: what is in a buffer, else wait."""
        desk = self.desks[n % 3]
        if held := desk.holder():
            self.got.append(held.buffer.popleft().message)
        else:
            self.tasks.append(asyncio.ensure_future(desk.wait()))

    def cancel(self, n):
        if self.tasks:
            self.tasks[n % len(self.tasks)].cancel()

    def ring(self, _n):
        """The bells of both arrive."""
        for shard, queue in zip(self.shards, self.queues, strict=True):
            for _ in range(len(shard.bells)):
                shard.bells.pop()
                for desk in queue.desks:
                    desk.rung(shard)

    def answer(self, n):
        self.shards[n % 2].work()

    async def end(self, rounds):
        """All that is under way comes in."""
        for n in range(rounds):
            await settle()
            self.ring(n)
            self.answer(n)
        await settle()

    def left(self, queue):
        """What nobody has of a queue."""
        return [entry.message for entry in queue.buffer] + queue.node.held[queue.name]


DEEDS = {"p": Play.push, "w": Play.receive, "c": Play.cancel, "b": Play.ring, "a": Play.answer}


@given(st.lists(st.tuples(st.sampled_from("pppwwwcbat"), st.integers(0, 5)), max_size=60))
@settings(max_examples=200, deadline=None)
def test_nobody_waits_beside_a_message_whatever_the_order(steps):
    """Pushes, receivers, cancels, bells and answers in any order, two brokers: all is given once, and at once."""

    async def main():
        play = Play()
        for step, n in steps:
            if step == "t":
                await settle()
            else:
                DEEDS[step](play, n)
        await play.end(4 * len(steps) + 20)
        for desk in play.desks:
            assert not (desk.waiters and any(map(play.left, desk.queues)))
        got = play.got + numbers(task for task in play.tasks if task.done() and not task.cancelled())
        assert sorted(got + play.left(play.queues[0]) + play.left(play.queues[1])) == [*range(play.pushed)]
        for task in play.tasks:
            task.cancel()
        await settle()

    asyncio.run(main())

"""Durable queues, on a real broker; several layers in one event loop stand for several processes."""

import asyncio
from functools import partial

import pytest

from interfaces.layers import durable as durable_module
from interfaces.layers.base import ChannelFull
from interfaces.layers.dead import DeadLetters
from interfaces.layers.durable import LATE, DurableQueues, Terms
from interfaces.shared.errors import ConfigError, Unavailable
from tests.layers.durable import durable, shards, soon


def run(test):
    """Run an async test."""
    return asyncio.run(test)


async def texts(queues, n=1, queue="work"):
    """Take ``n`` items one by one and be done with them: what they say."""
    said = []
    while len(said) < n:
        for item in await queues.take([queue], 1):
            said.append(item.message["n"])
            assert await queues.done(item)
    return said


def test_what_was_put_is_taken_and_done(broker):
    """An item comes with all that was put, once, and is gone when it is done."""

    async def main():
        async with durable(broker) as make:
            one, two = await make(), await make()
            await one.put("work", {"n": 1}, id="a", dedupe_key="k", conversation="talk")
            (item,) = await two.take(["idle", "work"], 5)
            assert (item.id, item.queue, item.message, item.attempt) == ("a", "work", {"n": 1}, 1)
            assert (item.dedupe_key, item.conversation) == ("k", "talk")
            assert item.put_at <= item.taken_at
            assert await one.take(["work"], 5, wait=0) == []
            assert await one.length("work") == 1
            assert await two.done(item)
            assert await one.length("work") == 0
            assert not await two.done(item)
            assert make.counts["layer.late_verdict"] == 1

    run(main())


def test_an_id_is_put_once(broker):
    """A put that is repeated, since nobody knew its fate, is one item; the dedupe key is the id unless said."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            for _ in range(3):
                await one.put("work", {"n": 1}, id="a")
            (item,) = await one.take(["work"], 5)
            assert item.dedupe_key == "a"

    run(main())


def test_several_on_one_layer(broker):
    """Queues with different rules share a layer, and each is rung."""

    async def main():
        async with durable(broker) as make:
            layer = make.layer()
            one, two, giver = await make(layer=layer), await make(layer=layer, strict=True), await make()
            takes = [asyncio.create_task(one.take(["a"], 1)), asyncio.create_task(two.take(["b"], 1))]
            for name in "ab":
                await soon(lambda name=name: broker.command("ZCARD", f"{broker.prefix}:Qw:{name}"))
                await giver.put(name, {"n": name}, id=name)
            done = await asyncio.wait_for(asyncio.gather(*takes), 0.9)
            assert [items[0].id for items in done] == ["a", "b"]

    run(main())


def test_who_waits_is_rung(broker):
    """A take that waits gets what another process puts, and several takers share."""

    async def main():
        async with durable(broker) as make:
            one, two, three = await make(), await make(), await make()
            takes = [asyncio.create_task(queues.take(["work"], 1)) for queues in (two, three)]
            await soon(lambda: broker.command("ZCARD", f"{broker.prefix}:Qw:work") == 2)
            for n in range(2):
                await one.put("work", {"n": n}, id=str(n))
            got = await asyncio.gather(*takes)
            assert sorted(items[0].message["n"] for items in got) == [0, 1]

    run(main())


def test_shares_are_fair(broker):
    """A take of several queues has its part of each, and the rest of those that have more."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            for n in range(20):
                await one.put("busy", {"n": n}, id=str(n))
            await one.put("quiet", {"n": 0}, id="q")
            items = await one.take(["busy", "quiet", "empty"], 6)
            assert len(items) == 6
            assert [item.queue for item in items].count("quiet") == 1

    run(main())


def test_a_cancelled_take_loses_nothing(broker):
    """What a take got after it was cancelled goes back, and the attempt does not count."""

    async def main():
        async with durable(broker) as make:
            one = await make(limits={"lease": 2})
            for n in range(20):
                await one.put("work", {"n": n}, id=str(n))
                take = asyncio.create_task(one.take(["work"], 1))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                take.cancel()
                await asyncio.wait([take])
            items = []
            while len(items) < 20:
                items += await one.take(["work"], 20)
            assert {item.attempt for item in items} == {1}

    run(main())


def test_retries_count_and_end(broker):
    """A retry comes after its delay with the next attempt; after the last the item is a dead letter."""

    async def main():
        async with durable(broker, limits={"attempts": 3}) as make:
            one = await make()
            await one.put("work", {"n": 1}, id="a", dedupe_key="k")
            for attempt in (1, 2, 3):
                (item,) = await one.take(["work"], 5)
                assert (item.attempt, item.dedupe_key) == (attempt, "k")
                assert await one.retry(item, 0.05, "no luck")
                assert await one.take(["work"], 1, wait=0) == []
            assert await one.length("work") == 0
            (letter,) = await DeadLetters(one.hub).page("work")
            assert (letter.id, letter.attempts, letter.reason) == ("a", 3, "no luck")

    run(main())


def test_not_before(broker):
    """An item for later is not taken before, and then who waits gets it without being rung."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            now = one.hub.node_of("work").server_time()
            await one.put("work", {"n": 1}, id="a", terms=Terms(not_before=now + 0.2))
            assert await one.take(["work"], 1, wait=0) == []
            (item,) = await one.take(["work"], 1)
            assert item.taken_at >= now + 0.19

    run(main())


@pytest.mark.parametrize("keep", [True, False])
def test_what_expires_is_not_begun(broker, keep):
    """Past its deadline an item is counted, kept as a dead letter when that is asked, and its conversation goes on."""

    async def main():
        async with durable(broker, limits={"keep_expired": keep}) as make:
            one = await make()
            past = one.hub.node_of("work").server_time() - 1
            await one.put("work", {"n": 1}, id="a", conversation="talk", terms=Terms(deadline=past))
            await one.put("work", {"n": 2}, id="b", conversation="talk")
            assert await texts(one) == [2]
            assert make.counts["layer.expired"] == 1
            letters = await DeadLetters(one.hub).page("work")
            assert [(letter.reason, letter.attempts) for letter in letters] == [("expired", 0)] * keep
            assert await one.length("work") == 0

    run(main())


def test_a_queue_has_a_bound(broker):
    """Beyond it a put is refused; what is held counts until it is done."""

    async def main():
        async with durable(broker, limits={"most": 2}) as make:
            one = await make()
            for name in "ab":
                await one.put("work", {"n": 1}, id=name)
            (item,) = await one.take(["work"], 1)
            with pytest.raises(ChannelFull):
                await one.put("work", {"n": 1}, id="c")
            await one.done(item)
            await one.put("work", {"n": 1}, id="c")

    run(main())


# --- leases -----------------------------------------------------------------------------------------


async def stopped(queues):
    """As SIGSTOP would: nothing is renewed any more."""
    queues._timer.cancel()
    queues._renew = lambda: None


def test_a_dead_owners_items_are_taken_over(broker):
    """After the lease another has the item with attempt 2, and what the first says then is refused."""

    async def main():
        async with durable(broker, limits={"lease": 0.3}) as make:
            dead, other = await make(), await make()
            await dead.put("work", {"n": 1}, id="a", dedupe_key="k")
            (first,) = await dead.take(["work"], 1)
            await stopped(dead)
            (second,) = await other.take(["work"], 1)
            assert (second.id, second.attempt, second.dedupe_key) == ("a", 2, "k")
            for late in (dead.done, dead.retry, dead.give_back):
                assert not await late(first)
            assert not await dead.dead(first, "late")
            assert first.lost
            assert await other.done(second)

    run(main())


def test_the_same_owner_has_another_attempt(broker):
    """Whoever takes its own lapsed item again holds two attempts, of which the older one is refused."""

    async def main():
        async with durable(broker, limits={"lease": 0.2}) as make:
            one = await make()
            await one.put("work", {"n": 1}, id="a")
            (first,) = await one.take(["work"], 1)
            await stopped(one)
            (second,) = await one.take(["work"], 1)
            assert second.attempt == 2
            assert not await one.done(first)
            assert await one.done(second)

    run(main())


def test_held_items_are_renewed(broker):
    """Work that takes longer than the lease stays its owner's: one command renews all queues."""

    async def main():
        async with durable(broker, limits={"lease": 1}) as make:
            one, other = await make(), await make()
            for queue in ("work", "more"):
                await one.put(queue, {"n": 1}, id=queue)
            items = await one.take(["work", "more"], 2)
            assert await other.take(["work", "more"], 2, wait=1.5) == []
            assert [await one.done(item) for item in items] == [True, True]

    run(main())


def test_the_owner_is_told_what_it_lost(broker):
    """When it looks after its leases again it finds out."""

    async def main():
        async with durable(broker, limits={"lease": 0.3}) as make:
            one, other = await make(), await make()
            await one.put("work", {"n": 1}, id="a")
            (first,) = await one.take(["work"], 1)
            renew = one._renew
            await stopped(one)
            await other.take(["work"], 1)
            renew()
            await soon(lambda: first.lost)
            assert make.counts["layer.lease_lost"] == 1
            assert not one.held

    run(main())


def test_what_kills_its_workers_is_buried(broker):
    """An item whose owners die every time has its attempts too."""

    async def main():
        async with durable(broker, limits={"lease": 0.1, "attempts": 2}) as make:
            for _ in range(2):
                worker = await make()
                await worker.put("work", {"n": 1}, id="a")
                assert len(await worker.take(["work"], 1)) == 1
                await stopped(worker)
            last = await make()
            await asyncio.sleep(0.15)
            assert await last.take(["work"], 1, wait=0.2) == []
            (letter,) = await DeadLetters(last.hub).page("work")
            assert (letter.reason, letter.attempts) == ("attempts", 2)
            assert make.counts["layer.worn_out"] == 1

    run(main())


def test_closing_gives_back(broker):
    """What a drained worker holds comes to another, as if it had not been begun."""

    async def main():
        async with durable(broker) as make:
            one, other = await make(), await make()
            await one.put("work", {"n": 1}, id="a")
            await one.take(["work"], 1)
            waiting = asyncio.create_task(one.take(["idle"], 1))
            await asyncio.sleep(0)
            await one.close()
            assert await waiting == []
            (item,) = await other.take(["work"], 1)
            assert item.attempt == 1

    run(main())


# --- conversations ----------------------------------------------------------------------------------


def test_a_conversation_is_one_after_another(broker):
    """Items of one conversation come in order and one at a time; another's come beside them."""

    async def main():
        async with durable(broker) as make:
            one, two = await make(), await make()
            for n in range(5):
                await one.put("work", {"n": n}, id=str(n), conversation="talk")
            await one.put("work", {"n": "other"}, id="o", conversation="other")
            (first, other) = await one.take(["work"], 10)
            assert (first.message["n"], other.message["n"]) == (0, "other")
            assert await two.take(["work"], 10, wait=0) == []
            await one.done(first)
            assert await texts(two, 4) == [1, 2, 3, 4]

    run(main())


def test_relaxed(broker):
    """An item that is to be tried again lets the next pass, and comes behind those that wait."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            for n in range(3):
                await one.put("work", {"n": n}, id=str(n), conversation="talk")
            (first,) = await one.take(["work"], 10)
            await one.retry(first, 0)
            assert await texts(one, 3) == [1, 2, 0]

    run(main())


def test_strict(broker):
    """It holds its conversation up until it is done or buried, and no other conversation."""

    async def main():
        async with durable(broker, strict=True) as make:
            one = await make()
            for n in range(3):
                await one.put("work", {"n": n}, id=str(n), conversation="talk")
            await one.put("work", {"n": "other"}, id="o")
            first, _other = await one.take(["work"], 10)
            await one.retry(first, 0.1)
            assert await one.take(["work"], 10, wait=0) == []
            (again,) = await one.take(["work"], 10)
            assert (again.message["n"], again.attempt) == (0, 2)
            await one.dead(again, "enough")
            assert await texts(one, 2) == [1, 2]

    run(main())


# --- durability -------------------------------------------------------------------------------------


def test_less_than_asked_is_refused_at_the_start(broker):
    """The class is held against the broker's settings when queues are opened, and when a put asks for more."""

    async def main():
        async with durable(broker) as make:
            with pytest.raises(ConfigError, match="set appendonly yes"):
                await make(durability="host-crash")
            one = await make()
            with pytest.raises(ConfigError, match="set appendonly yes"):
                await one.put("work", {"n": 1}, id="a", terms=Terms(durability="process-crash"))
            assert await one.length("work") == 0
            assert "appendonly" not in one.describe()  # nothing was asked for

    run(main())


@pytest.mark.parametrize(
    ("asked", "fsync"),
    [
        ("host-crash", "always"),
        ("host-crash", "everysec"),
        ("process-crash", "everysec"),
        ("process-crash", "no"),
    ],
)
def test_a_broker_killed_under_load(fresh_broker, asked, fsync):
    """What put returned for is there after kill -9; what it raised for may be; both are done in the end."""
    server = fresh_broker(appendfsync=fsync)

    async def main():
        async with durable(server, durability=asked) as make:
            one = await make()
            kept, unknown, ended = set(), set(), asyncio.Event()

            async def put(name):
                number = 0
                while not ended.is_set():
                    number += 1
                    key = f"{name}-{number}"
                    try:
                        await one.put("work", {"n": key}, id=key)
                        kept.add(key)
                    except Unavailable:
                        unknown.add(key)
                        await asyncio.sleep(0.05)

            putting = [asyncio.create_task(put(name)) for name in "abcdefgh"]
            await soon(lambda: len(kept) > 50)
            await asyncio.to_thread(server.kill)
            await soon(lambda: unknown)
            await asyncio.to_thread(server.restart)
            before = len(kept)
            await soon(lambda: len(kept) > before + 10)
            ended.set()
            await asyncio.gather(*putting)
            there = await one.length("work")
            said = set(await texts(one, there))
            assert kept <= said <= kept | unknown
            assert await one.length("work") == 0

    run(main())


def test_without_a_broker(fresh_broker):
    """A put is refused; a take waits through the outage and goes on by itself."""
    server = fresh_broker()

    async def main():
        async with durable(server) as make:
            one = await make()
            take = asyncio.create_task(one.take(["work"], 1))
            await asyncio.to_thread(server.kill)
            with pytest.raises(Unavailable):
                await one.put("work", {"n": 1}, id="a")
            await asyncio.to_thread(server.restart)
            kept = False
            while not kept:
                try:
                    await one.put("work", {"n": 2}, id="b")
                    kept = True
                except Unavailable:
                    await asyncio.sleep(0.05)
            (item,) = await take
            assert item.id == "b"
            assert await one.done(item)

    run(main())


def test_what_cannot_be_opened_is_kept(broker):
    """An item that was sealed with another key becomes a dead letter, whole."""

    async def main():
        async with durable(broker) as make:
            ours = await make(layer=make.layer(signing_keys=["ours"]))
            other = await make(layer=make.layer(signing_keys=["other"]))
            await other.put("work", {"n": 1}, id="a")
            assert await ours.take(["work"], 1, wait=0) == []
            assert make.counts["layer.unsealed"] == 1
            (seen,) = await DeadLetters(ours.hub).page("work")
            assert (seen.reason, seen.message) == ("unsealed", None)
            assert await DeadLetters(other.hub).retry("work", seen.number)
            assert await texts(other) == [1]

    run(main())


def test_it_says_what_it_is(broker):
    """For whoever debugs."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            assert "0 held, memory" in repr(one)
            assert isinstance(one, DurableQueues)

    run(main())


def test_a_broker_that_fails_keeps_nothing_back_that_another_gave(broker):
    """What was taken of one queue is given though the next one's broker is away; nothing stays held unseen."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            await one.put("work", {"n": 1}, id="a")
            real = one._ask

            async def ask(queue, n):
                if queue == "away":
                    raise Unavailable("its broker is away")
                return await real(queue, n)

            one._ask = ask
            for _ in range(2):  # whichever is asked first
                (item,) = await one.take(["work", "away"], 4, wait=10)
                assert one.held == {item}
                assert await one.give_back(item)
            assert await one.take(["away"], 4, wait=0) == []

    run(main())


def test_a_broker_that_fails_in_the_second_round_keeps_nothing_back(broker):
    """The rest of a share is asked for later; when that fails, what the first round brought is given."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            for n in range(3):
                await one.put("busy", {"n": n}, id=str(n))
            real, rounds = one._ask, []

            async def ask(queue, n):
                rounds.append(queue)
                if len(rounds) > 2:
                    raise Unavailable("its broker is away")
                return await real(queue, n)

            one._ask = ask
            assert {*await one.take(["busy", "idle"], 4, wait=0)} == one.held
            assert len(one.held) == 2 and len(rounds) == 3

    run(main())


# --- bells ------------------------------------------------------------------------------------------


@pytest.fixture
def no_looks(monkeypatch):
    """Nobody looks by himself: who waits gets what he is rung for, or nothing."""
    monkeypatch.setattr(durable_module, "POLL", 3600.0)


def waiting(broker, number, queue="work"):
    """Wait until so many are registered to be rung."""
    return soon(lambda: broker.command("ZCARD", f"{broker.prefix}:Qw:{queue}") == number)


async def rung(take):
    """What a take that waits gets, soon."""
    return await asyncio.wait_for(take, 10)


def test_what_is_given_back_is_told(broker, no_looks):
    """Who waits has it at once, with the attempt that was not begun."""

    async def main():
        async with durable(broker) as make:
            one, other = await make(), await make()
            await one.put("work", {"n": 1}, id="a")
            (item,) = await one.take(["work"], 1)
            take = asyncio.create_task(other.take(["work"], 1))
            await waiting(broker, 1)
            assert await one.give_back(item)
            (again,) = await rung(take)
            assert (again.id, again.attempt) == ("a", 1)

    run(main())


def test_what_is_given_back_has_its_old_place(broker):
    """It comes before what was put after it, also to a take that does not look for lapsed leases."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            for name in "abc":
                await one.put("work", {"n": name}, id=name)
            first, second = await one.take(["work"], 2)
            for item in (second, first):
                assert await one.give_back(item)
            assert await texts(one, 3) == ["a", "b", "c"]

    run(main())


def test_closing_tells_the_others(broker, no_looks):
    """What a worker gives back as it closes is told to those who go on, though it has waited longer itself."""

    async def main():
        async with durable(broker) as make:
            one, other = await make(), await make()
            await one.put("work", {"n": 1}, id="a")
            await one.take(["work"], 1)
            own = asyncio.create_task(one.take(["work"], 1))
            await waiting(broker, 1)
            take = asyncio.create_task(other.take(["work"], 1))
            await waiting(broker, 2)
            await one.close()
            (again,) = await rung(take)
            assert (await own, again.id, again.attempt) == ([], "a", 1)

    run(main())


def test_who_waits_no_more_passes_it_on(broker, no_looks):
    """A process that was registered, and whose take was cancelled, has the next one rung."""

    async def main():
        async with durable(broker) as make:
            one, other, giver = await make(), await make(), await make()
            first = asyncio.create_task(one.take(["work", "idle"], 1))
            await waiting(broker, 1)
            first.cancel()
            busy = asyncio.create_task(one.take(["idle"], 1))  # waits, but not for this
            take = asyncio.create_task(other.take(["work"], 1))
            await waiting(broker, 2)
            await giver.put("work", {"n": 1}, id="a")
            assert [item.id for item in await rung(take)] == ["a"]
            await giver.put("idle", {"n": 1}, id="b")
            assert [item.id for item in await rung(busy)] == ["b"]

    run(main())


def test_who_got_something_else_passes_it_on(broker, no_looks):
    """A take that is rung while it has got an item already leaves the new one to another."""

    async def main():
        async with durable(broker) as make:
            one, other, giver = await make(), await make(), await make()
            await giver.put("work", {"n": 1}, id="a")
            real, asked, go_on = one._ask, asyncio.Event(), asyncio.Event()

            async def ask(queue, n):
                found = await real(queue, n)
                asked.set()
                await go_on.wait()
                return found

            one._ask = ask
            first = asyncio.create_task(one.take(["work"], 1))
            await asked.wait()
            broker.command("ZADD", f"{broker.prefix}:Qw:work", 1, one._bell)  # of a look before this one
            take = asyncio.create_task(other.take(["work"], 1))
            await waiting(broker, 2)
            await giver.put("work", {"n": 2}, id="b")
            await soon(lambda: any(bell.done() for bell in one._bells))
            go_on.set()
            assert [item.id for item in await first] == ["a"]
            assert [item.id for item in await rung(take)] == ["b"]

    run(main())


# --- several brokers --------------------------------------------------------------------------------


def test_queues_of_two_brokers(fresh_broker):
    """Each queue is at one of them; a take of both has items of both, and every verdict finds its own."""
    one, two, hosts, names = shards(fresh_broker)

    async def main():
        async with durable(one, durability="host-crash") as make:
            queues = await make(layer=make.layer(hosts))
            for name in names:
                for n in range(4):
                    await queues.put(name, {"n": n}, id=str(n))
            assert [
                server.command("HLEN", f"{one.prefix}:Qb:{name}") for server in (one, two) for name in names
            ] == [4, 0, 0, 4]
            items = await queues.take(names, 8)
            assert sorted((item.queue, item.id) for item in items) == [
                (name, str(n)) for name in sorted(names) for n in range(4)
            ]
            for item in items:
                verdict = {
                    "0": partial(queues.done),
                    "1": partial(queues.retry, delay=0),
                    "2": partial(queues.dead, reason="no"),
                    "3": partial(queues.give_back),
                }[item.id]
                assert await verdict(item)
            left = []
            while len(left) < 4:
                left += await queues.take(names, 8)
            assert {(item.queue, item.id, item.attempt) for item in left} == {
                (name, n, attempt) for name in names for n, attempt in (("1", 2), ("3", 1))
            }
            assert all([await queues.done(item) for item in left])
            letters = DeadLetters(queues.hub)
            assert await letters.queues() == dict.fromkeys(names, (0, 1))
            assert all(
                f"{server.server.path}: appendfsync always" in queues.describe() for server in (one, two)
            )

    run(main())


async def go_on_at(queues, name, names, number):
    """Put, take and be done with so many of ``name``, while all names are taken."""
    for n in range(number):
        await queues.put(name, {"n": n}, id=f"more-{n}")
        (item,) = await queues.take(names, 4)
        assert item.queue == name
        assert await queues.done(item)


def test_one_of_two_brokers_is_killed(fresh_broker):
    """The other's queues go on as if nothing was; what was put is there when it is back."""
    one, two, hosts, names = shards(fresh_broker)

    async def main():
        async with durable(one, durability="host-crash") as make:
            queues = await make(layer=make.layer(hosts, timeout=30))
            await queues.put(names[1], {"n": 1}, id="a")
            await asyncio.to_thread(two.kill)
            await soon(lambda: not queues.hub.nodes[1].up)
            async with asyncio.timeout(10):  # less than a command waits for the one that is gone
                await go_on_at(queues, names[0], names, 20)
            await asyncio.to_thread(two.restart)
            (item,) = await queues.take(names, 4)
            assert (item.queue, item.id, item.attempt) == (names[1], "a", 1)
            assert await queues.done(item)

    run(main())


def test_one_of_two_brokers_hangs(fresh_broker):
    """It is asked once and waited for by nobody; what it gives too late goes back and is given then."""
    one, two, hosts, names = shards(fresh_broker)

    async def main():
        async with durable(one, durability="host-crash") as make:
            queues = await make(layer=make.layer(hosts, ping_interval=60))
            await queues.put(names[1], {"n": 1}, id="a")
            two.pause()
            try:
                started = asyncio.get_running_loop().time()
                await go_on_at(queues, names[0], names, 20)
                assert asyncio.get_running_loop().time() - started < 10 * LATE
                assert queues._late == {names[1]}
            finally:
                two.go_on()
            (item,) = await queues.take(names, 4)
            assert (item.queue, item.id, item.attempt) == (names[1], "a", 1)
            assert queues.held == {item}
            assert await queues.done(item)
            assert not queues._late

    run(main())

"""Work queues, on a real broker; several hubs in one event loop stand for several processes."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from unittest.mock import patch

import pytest

from interfaces.layers import desks
from interfaces.layers import queues as module
from interfaces.layers.base import ChannelFull
from interfaces.layers.desks import BURST, PREFETCH, Rules
from interfaces.layers.node import Node
from interfaces.layers.queues import POLL, Queues
from interfaces.layers.scripts import ACK, CLAIM, GIVE_BACK, TAKE, queue_keys
from interfaces.layers.settings import Settings
from interfaces.shared.errors import Unavailable


class Hubs:
    """Makes queues of hubs of their own, each with a connection of its own."""

    def __init__(self, broker, **rules):
        self.broker, self.rules, self.counts = broker, rules, Counter()
        self.open = []

    async def __call__(self, address, **rules):
        settings = Settings.of(self.broker.hosts, prefix=self.broker.prefix)
        node = Node(settings, settings.hosts[0])
        given = {"expiry": 60, "capacity": lambda _: 100, **self.rules, **rules}
        queues = Queues(address, lambda _: node, Rules(prefix=settings.prefix, count=self.count, **given))
        node.on_message = lambda _name, payload: queues.on_bell(payload)
        node.on_state.append(lambda up, _: queues.on_up(node) if up else None)
        await node.start()
        await node.ready(10)
        self.open.append((queues, node))
        return queues

    def count(self, name, by):
        self.counts[name] += by

    def keys(self, name):
        return queue_keys(self.broker.prefix, name)

    async def command(self, *words):
        return await self.open[0][1].call(*words)


@asynccontextmanager
async def hubs(broker, **rules):
    """Makes hubs, and closes them."""
    made = Hubs(broker, **rules)
    try:
        yield made
    finally:
        for queues, node in made.open:
            await queues.close()
            await node.close()


async def soon(true, seconds=10):
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.002)


def run(test):
    """Run an async test."""
    return asyncio.run(test)


def test_messages_arrive_in_order(broker):
    """One sender, one receiver: everything arrives, once, in order, however the receiver comes."""

    async def main():
        async with hubs(broker, capacity=lambda _: 1000) as hub:
            one, two = await hub("1" * 16), await hub("2" * 16)
            sends = [one.push("work", {"n": n}) for n in range(500)]
            got = [(await two.receive(["work"]))[1]["n"] for _ in range(500)]
            await asyncio.gather(*sends)
            assert got == list(range(500))
            await soon(lambda: not two.buffered)
            assert await one.length("work") == 0

    run(main())


def test_a_push_rings_who_waits(broker):
    """A receiver that waits gets what is pushed long before the next poll."""

    async def main():
        async with hubs(broker) as hub:
            one, two = await hub("1" * 16), await hub("2" * 16)
            waiting = asyncio.ensure_future(two.receive(["work"]))
            desk = two._desks.get((("work",), True))
            await soon(lambda: two.waiting and two._desks[("work",), True].parts[0].registered)
            two._desks[("work",), True].parts[0].polled = two.loop.time() + 1000  # no poll will help
            await one.push("work", {"n": 1})
            assert await asyncio.wait_for(waiting, POLL * 5) == ("work", {"n": 1})
            assert desk is None

    run(main())


def test_the_ones_that_do_not_fit_are_told(broker):
    """Of one turn's pushes exactly those beyond the capacity get ChannelFull, also from two hubs."""

    async def main():
        async with hubs(broker, capacity=lambda _: 10) as hub:
            one, two = await hub("1" * 16), await hub("2" * 16)
            results = await asyncio.gather(
                *[(one, two)[n % 2].push("work", {"n": n}) for n in range(30)], return_exceptions=True
            )
            assert [type(result) for result in results].count(ChannelFull) == 20
            first = results[::2]
            full = [isinstance(result, ChannelFull) for result in first]
            assert full == sorted(full)
            assert (await two.receive(["work"]))[0] == "work"
            await one.push("work", {"n": 30})

    run(main())


def test_cancelled_receivers_lose_nothing(broker):
    """Receivers that are cancelled at any moment lose no message and give none twice."""

    async def main():
        async with hubs(broker, capacity=lambda _: 1000) as hub:
            one, two = await hub("1" * 16), await hub("2" * 16)
            got, tries = [], 0

            async def impatient():
                nonlocal tries
                while len(got) < 300:
                    task = asyncio.ensure_future(two.receive(["work"]))
                    tries += 1
                    for _ in range(tries % 7):
                        await asyncio.sleep(0)
                    task.cancel()
                    await asyncio.wait([task])
                    if not task.cancelled():
                        got.append(task.result()[1]["n"])
                    await asyncio.sleep(0)

            async with asyncio.timeout(30):
                await asyncio.gather(impatient(), *[one.push("work", {"n": n}) for n in range(300)])
            assert got == list(range(300))

    run(main())


def test_a_busy_and_a_quiet_queue_are_both_served(broker):
    """A receiver of two queues gets the quiet one's message within two turns."""

    async def main():
        async with hubs(broker, capacity=lambda _: 1000) as hub:
            one, two = await hub("1" * 16), await hub("2" * 16)
            await asyncio.gather(*[one.push("busy", {"n": n}) for n in range(100)])
            for _ in range(20):
                assert (await two.receive(["busy", "quiet"]))[0] == "busy"
            await one.push("quiet", {"n": "q"})
            names = [(await two.receive(["busy", "quiet"]))[0] for _ in range(2)]
            assert "quiet" in names
            assert await two.length("busy") == 80 - names.count("busy")

    run(main())


def test_only_what_is_needed_is_taken(broker):
    """Receivers of a fixed number take no more than they are, so another hub gets the rest."""

    async def main():
        async with hubs(broker) as hub:
            one, two = await hub("1" * 16), await hub("2" * 16)
            await asyncio.gather(*[one.push("work", {"n": n}) for n in range(20)])
            for _ in range(10):
                await one.receive(["work"], ahead=False)
                assert one.buffered == 0
            assert [(await two.receive(["work"]))[1]["n"] for _ in range(10)] == list(range(10, 20))

    run(main())


def test_a_slow_receiver_gives_back_what_was_taken_ahead(broker):
    """Entries taken ahead for a receiver that became slow go to others, in order."""

    async def main():
        async with hubs(broker, capacity=lambda _: 1000) as hub:
            one, two = await hub("1" * 16), await hub("2" * 16)
            await asyncio.gather(*[one.push("work", {"n": n}) for n in range(400)])
            taken = []
            while not any(not entry.ours for entry in one._queues["work"].buffer):
                taken.append((await one.receive(["work"]))[1]["n"])
            await soon(lambda: all(entry.ours for entry in one._queues["work"].buffer))
            ours = [entry.message["n"] for entry in one._queues["work"].buffer]
            assert len(ours) <= BURST
            others = [(await two.receive(["work"]))[1]["n"] for _ in range(400 - len(taken) - len(ours))]
            assert taken + ours + others == list(range(400))

    run(main())


def test_closing_gives_everything_back(broker):
    """What a hub took and nobody received is received elsewhere after it closed, claimed ahead or not."""

    async def main():
        async with hubs(broker, capacity=lambda _: 1000) as hub:
            one, two = await hub("1" * 16), await hub("2" * 16)
            await asyncio.gather(*[one.push("work", {"n": n}) for n in range(300)])
            got = [(await one.receive(["work"]))[1]["n"] for _ in range(100)]
            waiting = [asyncio.ensure_future(one.receive(["none"]))]
            await asyncio.sleep(0)
            await one.close()
            with pytest.raises(Unavailable):
                await waiting[0]
            got += [(await two.receive(["work"]))[1]["n"] for _ in range(200)]
            assert sorted(got) == list(range(300))
            consumers = await hub.open[1][1].call("XINFO", "CONSUMERS", hub.keys("work").stream, "g")
            assert not [one for one in consumers if b"1" * 16 in one]

    run(main())


def test_what_a_dead_hub_took_is_taken_over(broker):
    """Entries of a hub that neither acknowledged nor gave back go to another after the lease."""

    async def main():
        async with hubs(broker, expiry=60) as hub:
            one = await hub("1" * 16)
            await one.push("work", {"n": 1})
            await hub.open[0][1].run(TAKE, hub.keys("work"), ["dead", 1, 0, 0, 0, 1, 60000])
            assert await hub.command("XPENDING", hub.keys("work").stream, "g")
            await hub.command("XCLAIM", hub.keys("work").stream, "g", "dead", 0, *[
                (await hub.command("XRANGE", hub.keys("work").stream, "-", "+"))[0][0]], "IDLE", 31000)  # fmt: skip
            assert (await asyncio.wait_for(one.receive(["work"]), 5))[1] == {"n": 1}

    run(main())


def test_what_another_has_acknowledged_meanwhile_is_not_given(broker):
    """After a process was stopped or cut off, its receivers get nothing that others have got since."""

    async def main():
        async with hubs(broker, capacity=lambda _: 1000) as hub:
            one, _ = await hub("1" * 16), await hub("2" * 16)
            await asyncio.gather(*[one.push("work", {"n": n}) for n in range(100)])
            got, buffer = [], one._queues["work"]
            while not any(not entry.ours and entry.desk is None for entry in buffer.buffer):
                got.append((await one.receive(["work"]))[1]["n"])
            theirs = [entry for entry in buffer.buffer if not entry.ours and entry.desk is None][:3]
            await hub.command("XACK", hub.keys("work").stream, "g", *[entry.id for entry in theirs])
            rest = [(await one.receive(["work"]))[1]["n"] for _ in range(97 - len(got))]
            assert got + rest == [n for n in range(100) if n not in [entry.message["n"] for entry in theirs]]

    run(main())


def test_expired_entries_are_counted_wherever_they_expire(broker):
    """An entry that nobody took in time is not given, and is counted once; at the broker and in a buffer."""

    async def main():
        async with hubs(broker, expiry=0.05) as hub:
            one = await hub("1" * 16)
            await asyncio.gather(*[one.push("work", {"n": n}) for n in range(5)])
            waiting = asyncio.ensure_future(one.receive(["later"]))
            seen = await hub.command("TIME")
            while int((now := await hub.command("TIME"))[0]) * 1000 + int(now[1]) // 1000 < (
                int(seen[0]) * 1000 + int(seen[1]) // 1000 + 60
            ):
                pass
            late = asyncio.ensure_future(one.receive(["work"]))
            await soon(lambda: hub.counts["layer.expired"] == 5)
            for task in (waiting, late):
                task.cancel()
            await asyncio.wait([waiting, late])

    run(main())


def test_competing_receivers_share_without_duplicates(broker):
    """Three hubs with receivers: each message once, and each receiver sees its own in order."""

    async def main():
        async with hubs(broker, capacity=lambda _: 10_000) as hub:
            sender = await hub("5" * 16)
            receivers = [await hub(str(n) * 16) for n in (1, 2, 3)]
            got = [[], [], []]

            async def take(n):
                while True:
                    got[n].append((await receivers[n].receive(["work"]))[1]["n"])

            tasks = [asyncio.ensure_future(take(n)) for n in range(3)]
            for n in range(2000):
                await sender.push("work", {"n": n})
            await soon(lambda: sum(map(len, got)) >= 2000)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            assert sorted(n for one in got for n in one) == list(range(2000))
            assert all(one == sorted(one) for one in got)

    run(main())


def test_prefetch_follows_the_receiver(broker):
    """A receiver that comes back at once has more taken ahead each time, one that does not has none."""

    async def main():
        now = [1000.0]
        async with hubs(broker, capacity=lambda _: 1000, clock=lambda: now[0]) as hub:
            one = await hub("1" * 16)
            await asyncio.gather(*[one.push("work", {"n": n}) for n in range(900)])
            for _ in range(400):
                await one.receive(["work"])
            desk = one._desks[("work",), True]
            assert desk.prefetch == PREFETCH
            while desk.prefetch > 1:
                now[0] += 1
                await one.receive(["work"])
                one._settling.give_back(one._queues["work"])

    run(main())


def test_a_bell_for_nobody_is_passed_on(broker):
    """A hub whose receivers gave up wakes another one that waits."""

    async def main():
        async with hubs(broker) as hub:
            one, two, three = [await hub(str(n) * 16) for n in (1, 2, 3)]
            gone = asyncio.ensure_future(one.receive(["work"]))
            await soon(lambda: one.waiting and one._desks[("work",), True].parts[0].registered)
            gone.cancel()
            await asyncio.wait([gone])
            waiting = asyncio.ensure_future(two.receive(["work"]))
            await soon(lambda: two.waiting and two._desks[("work",), True].parts[0].registered)
            two._desks[("work",), True].parts[0].polled = two.loop.time() + 1000  # no poll will help
            await three.push("work", {"n": 1})
            assert (await asyncio.wait_for(waiting, 5))[1] == {"n": 1}

    run(main())


def test_an_outage_is_waited_through(fresh_broker):
    """A receiver waits while the broker is gone, and gets what is pushed afterwards."""

    async def main():
        broker = fresh_broker()
        async with hubs(broker) as hub:
            one = await hub("1" * 16)
            waiting = asyncio.ensure_future(one.receive(["work"]))
            await soon(lambda: one.waiting)
            await asyncio.to_thread(broker.kill)
            await soon(lambda: not hub.open[0][1].up)
            await asyncio.to_thread(broker.restart)
            await soon(lambda: hub.open[0][1].up)
            await one.push("work", {"n": 1})
            assert (await asyncio.wait_for(waiting, 10))[1] == {"n": 1}

    run(main())


def test_what_was_taken_by_a_lost_connection_comes_after_it(fresh_broker):
    """A take whose answer was lost with the connection: its entries are given soon, not after the lease."""

    async def main():
        broker = fresh_broker()
        async with hubs(broker, expiry=600) as hub:
            one = await hub("1" * 16)
            for n in range(3):
                await one.push("work", {"n": n})
            pipe = hub.open[0][1]._commands.pipe
            pipe._transport.pause_reading()  # the broker does what it is told, and its answer is not read
            waiting = asyncio.ensure_future(one.receive(["work"]))
            while not broker.command("XPENDING", f"{broker.prefix}:q:work", "g")[0]:
                await asyncio.sleep(0.002)
            pipe.abort("as if the network had")
            got = [(await asyncio.wait_for(waiting, 10))[1]["n"]]
            got += [(await asyncio.wait_for(one.receive(["work"]), 10))[1]["n"] for _ in range(2)]
            assert got == [0, 1, 2]

    run(main())


def test_what_is_no_message_is_dropped_and_counted(broker):
    """Bytes that somebody else wrote into the stream neither reach a receiver nor stop the queue."""

    async def main():
        async with hubs(broker) as hub:
            one = await hub("1" * 16)
            await one.push("work", {"n": 1})
            await hub.command("XADD", hub.keys("work").stream, "*", "d", b"\xc1")
            await one.push("work", {"n": 2})
            assert [(await one.receive(["work"]))[1]["n"] for _ in range(2)] == [1, 2]
            assert hub.counts["layer.damaged"] == 1

    run(main())


def test_hubs_that_died_are_forgotten_at_the_broker(broker):
    """A sweep, once a minute, has the broker forget consumers that hold nothing."""

    async def main():
        now = [1000.0]
        async with hubs(broker, clock=lambda: now[0]) as hub:
            one = await hub("1" * 16)
            await one.push("work", {"n": 1})
            await one.receive(["work"])
            await soon(lambda: not one._queues["work"].given)
            one.sweep()
            assert not one._swept > 1000
            now[0] += 61
            one.sweep()
            assert one._swept == 1061
            names = await hub.command("XINFO", "CONSUMERS", hub.keys("work").stream, "g")
            assert names == []  # it holds nothing now, and is known again when it asks again
            await one.push("work", {"n": 2})
            assert (await one.receive(["work"]))[1] == {"n": 2}

    run(main())


def test_many_queues_are_not_remembered_for_ever(broker, monkeypatch):
    """Queues that are not in use are forgotten when there are many; those in use work on."""
    monkeypatch.setattr(module, "KNOWN", 10)

    async def main():
        async with hubs(broker) as hub:
            one = await hub("1" * 16)
            one._room = 10
            waiting = asyncio.ensure_future(one.receive(["kept"]))
            for n in range(50):
                await one.push(f"work-{n}", {"n": n})
                await one.receive([f"work-{n}"])
            assert len(one.names) <= 21
            await one.push("kept", {"n": 1})
            assert (await waiting)[1] == {"n": 1}

    run(main())


class Told:
    """Holds back what a hub tells of the queue "work" by one script, and answers when the test says so."""

    def __init__(self, queues, script):
        self.node, self.held, self.script = queues._queue("work").node, [], script
        self.real, self.node.tell_script = self.node.tell_script, self.tell_script

    def tell_script(self, then, script, keys, args):
        if script is self.script:
            self.held.append((then, keys, args))
        else:
            self.real(then, script, keys, args)

    def let_go(self):
        """Send what was held back, and hold no more."""
        self.node.tell_script = self.real
        for then, keys, args in self.held:
            self.real(then, self.script, keys, args)

    def fail(self, error, *, heard=False):
        """Answer what was held back with an error, whether or not the broker ``heard`` it, and hold no more."""
        self.node.tell_script = self.real
        for then, keys, args in self.held:
            if heard:
                self.real(lambda _: None, self.script, keys, args)
            then(error)


async def one_ahead(hub):
    """A hub that was given all entries but the last, 2, which it has taken ahead and is claiming; and the claims."""
    one = await hub("1" * 16)
    await asyncio.gather(*[one.push("work", {"n": n}) for n in range(-3, 3)])
    claims = Told(one, CLAIM)
    with patch.object(desks, "BURST", 1):
        assert [(await one.receive(["work"]))[1]["n"] for _ in range(5)] == [-3, -2, -1, 0, 1]
    assert [entry.message["n"] for entry in one._queues["work"].buffer if entry.desk] == [2]
    return one, claims


def still():
    """A clock on which every receiver is quick."""
    return 1000.0


async def empty(hub, one):
    """Nothing of the queue "work" is left, here or at the broker."""
    await soon(lambda: not one._queues["work"].given)
    assert await one.length("work") == 0
    assert not hub.counts


def test_a_receiver_that_leaves_while_its_entry_is_claimed_loses_nothing(broker):
    """The entry is ours by then: it is the next receiver's, before all others."""

    async def main():
        async with hubs(broker, clock=still) as hub:
            one, claims = await one_ahead(hub)
            leaving = asyncio.ensure_future(one.receive(["work"]))
            await asyncio.sleep(0)
            leaving.cancel()
            claims.let_go()
            assert (await one.receive(["work"]))[1]["n"] == 2
            assert leaving.cancelled()

    run(main())


def test_closing_while_an_entry_is_claimed_gives_it_to_another(broker):
    """What is claimed and has no receiver any more goes back, once."""

    async def main():
        async with hubs(broker, clock=still) as hub:
            one, claims = await one_ahead(hub)
            two, receiving = await hub("2" * 16), asyncio.ensure_future(one.receive(["work"]))
            await asyncio.sleep(0)
            claims.let_go()
            await one.close()
            with pytest.raises(Unavailable):
                await receiving
            assert (await two.receive(["work"]))[1]["n"] == 2
            await empty(hub, two)

    run(main())


def test_closing_gives_back_what_is_on_its_way(broker):
    """A take that is answered after the end was told: its entries are another hub's."""

    async def main():
        async with hubs(broker) as hub:
            one, two = await hub("1" * 16), await hub("2" * 16)
            receiving = asyncio.ensure_future(one.receive(["work"]))
            await soon(lambda: any(part.registered for desk in one._desks.values() for part in desk.parts))
            hub.open[0][1].on_message = lambda _name, _payload: None  # its bell is ours
            await asyncio.gather(*[two.push("work", {"n": n}) for n in range(3)])
            one.on_bell(b"work")
            assert [desk.flight for desk in one._desks.values()] != [None]
            await one.close()
            with pytest.raises(Unavailable):
                await receiving
            assert [(await two.receive(["work"]))[1]["n"] for _ in range(3)] == [0, 1, 2]

    run(main())


def test_a_claim_that_the_broker_refuses_is_asked_for_again(broker):
    """A disk that is full for a moment gives nobody an entry that is not theirs, and loses none."""

    async def main():
        async with hubs(broker, clock=still) as hub:
            one, claims = await one_ahead(hub)
            receiving = asyncio.ensure_future(one.receive(["work"]))
            await asyncio.sleep(0)
            claims.fail(RuntimeError("MISCONF"))
            assert (await asyncio.wait_for(receiving, 10))[1] == {"n": 2}

    run(main())


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("heard", [True, False])
def test_a_claim_without_an_answer_loses_nothing(broker, heard, waits):
    """Whether the broker had heard it or not: asked again it says that the entry is ours, and nobody else has it."""

    async def main():
        async with hubs(broker, clock=still) as hub:
            one, claims = await one_ahead(hub)
            receiving = asyncio.ensure_future(one.receive(["work"])) if waits else None
            await asyncio.sleep(0)
            claims.fail(Unavailable("cut off"), heard=heard)
            one._queues["work"].asked -= 1  # nobody has come for a while
            one.on_up(claims.node)
            assert (await asyncio.wait_for(receiving or one.receive(["work"]), 10))[1] == {"n": 2}
            await empty(hub, one)

    run(main())


async def lapse(hub, ids, owner):
    """Let the lease of what a hub took be over."""
    key = hub.keys("work").stream
    await hub.command("XCLAIM", key, "g", owner, 0, *ids, "IDLE", 31_000, "JUSTID")


@pytest.mark.parametrize("heard", [True, False])
def test_what_lapsed_without_an_answer_may_be_anothers(broker, heard):
    """Once the lease is over another has what was only taken ahead, and nobody what was claimed, which is counted."""

    async def main():
        async with hubs(broker, clock=still) as hub:
            one, claims = await one_ahead(hub)
            two = await hub("2" * 16)
            claims.fail(Unavailable("cut off"), heard=heard)
            (entry,) = one._queues["work"].buffer
            await lapse(hub, [entry.id], "1" * 16 + "!" * heard)
            taken = asyncio.ensure_future(two.receive(["work"]))
            await soon(lambda: taken.done() or hub.counts["layer.uncertain"])
            receiving = asyncio.ensure_future(one.receive(["work"]))
            await soon(lambda: not one._queues["work"].buffer)
            await two.push("work", {"n": 3})
            await two.push("work", {"n": 3})
            assert (await asyncio.wait_for(receiving, 10))[1] == {"n": 3}
            assert (await asyncio.wait_for(taken, 10))[1] == {"n": 3 if heard else 2}
            assert hub.counts == ({"layer.uncertain": 1} if heard else {})

    run(main())


def test_what_lapsed_and_was_taken_again_by_its_own_hub_is_given_once(broker):
    """After an outage longer than the lease a hub may take over what it still holds: that is one entry."""

    async def main():
        async with hubs(broker, clock=still) as hub:
            one, claims = await one_ahead(hub)
            claims.fail(Unavailable("cut off"))
            (entry,) = one._queues["work"].buffer
            await lapse(hub, [entry.id], "1" * 16)
            (desk,) = one._desks.values()
            desk.parts[0].polled = 0.0
            waiting = [asyncio.ensure_future(desk.wait()) for _ in range(2)]
            await soon(lambda: any(task.done() for task in waiting))
            await one.push("work", {"n": 3})
            found = await asyncio.wait_for(asyncio.gather(*waiting), 10)
            assert [one.give(each)[1]["n"] for each in found] == [2, 3]
            await empty(hub, one)

    run(main())


@pytest.mark.parametrize("error", [Unavailable("cut off"), RuntimeError("MISCONF")])
def test_what_was_given_is_gone_though_its_acknowledgement_was_lost(broker, error):
    """Nobody gets it again, and the broker learns of it soon, with nobody waiting here."""

    async def main():
        async with hubs(broker) as hub:
            one = await hub("1" * 16)
            await one.push("work", {"n": 1})
            acks = Told(one, ACK)
            assert (await one.receive(["work"]))[1] == {"n": 1}
            await soon(lambda: acks.held)
            acks.fail(error)
            assert await one.length("work") == 1
            await empty(hub, one)

    run(main())


def test_what_could_not_be_given_back_is_given_back_later(broker):
    """The connection goes while entries go back: they are another hub's soon, and not lost after the lease."""

    async def main():
        async with hubs(broker, clock=still) as hub:
            one, claims = await one_ahead(hub)
            two = await hub("2" * 16)
            claims.let_go()
            backs = Told(one, GIVE_BACK)
            await soon(lambda: one._queues["work"].buffer[0].ours)
            one._queues["work"].asked -= 1  # nobody has come for a while
            await soon(lambda: backs.held)
            backs.fail(Unavailable("cut off"))
            assert (await asyncio.wait_for(two.receive(["work"]), 10))[1] == {"n": 2}
            await empty(hub, two)

    run(main())


def test_what_is_ours_goes_to_others_when_receivers_become_slow(broker):
    """Nobody waits beside a message that was claimed for a receiver that does not come back; it is in its order."""

    async def main():
        async with hubs(broker) as hub:
            one, two = await hub("1" * 16), await hub("2" * 16)
            await asyncio.gather(*[one.push("work", {"n": n}) for n in range(100)])
            got = []
            while sum(entry.ours for entry in one._queues["work"].buffer) < BURST // 2:
                got.append((await one.receive(["work"]))[1]["n"])
            got += [
                (await asyncio.wait_for(two.receive(["work"]), 10))[1]["n"] for _ in range(100 - len(got))
            ]
            assert sorted(got) == [*range(100)]

    run(main())


def test_two_desks_that_never_rest_do_not_hold_up_what_was_lost(broker):
    """With takes of one queue always under way an answer that was lost is settled before the lease is over."""

    async def main():
        async with hubs(broker, capacity=lambda _: 10_000) as hub:
            one, got = await hub("1" * 16), []

            async def receiving(names):
                while True:
                    got.append((await one.receive(names, ahead=False))[1]["n"])

            await asyncio.gather(*[one.push("work", {"n": n}) for n in range(5)])
            takes = Told(one, TAKE)
            tasks = [asyncio.ensure_future(receiving(names)) for names in (["work"], ["work", "other"])]
            await soon(lambda: len(takes.held) == 2)
            queue, real = one._queues["work"], takes.real
            takes.held, late = takes.held[:1], takes.held[1:]
            takes.fail(Unavailable("cut off"), heard=True)
            one.on_bell(b"work")
            assert sum(desk.flight is not None for desk in queue.desks) == 1
            real(late[0][0], TAKE, *late[0][1:])
            await soon(lambda: len(got) == 5)
            assert sorted(got) == [*range(5)]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await empty(hub, one)

    run(main())


def test_two_that_are_cancelled_leave_their_entries_in_order(broker):
    """What both had been assigned and neither saw is received in the order of the queue."""

    async def main():
        async with hubs(broker) as hub:
            one = await hub("1" * 16)
            tasks = [asyncio.ensure_future(one.receive(["work"])) for _ in range(3)]
            await soon(lambda: any(part.registered for desk in one._desks.values() for part in desk.parts))
            queue, took = one._queue("work"), one.took

            def cancelling(queue, found, sent):
                took(queue, found, sent)
                if queue.between:
                    for task in tasks:
                        task.cancel()

            one.took = cancelling
            await asyncio.gather(*[one.push("work", {"n": n}) for n in range(3)])
            await asyncio.wait(tasks)
            assert all(task.cancelled() for task in tasks) and not queue.between
            one.took = took
            assert [(await one.receive(["work"]))[1]["n"] for _ in range(3)] == [0, 1, 2]
            await empty(hub, one)

    run(main())

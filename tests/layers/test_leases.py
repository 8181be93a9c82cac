"""interfaces.layers.leases: who lives, and whose lease has lapsed."""

import asyncio

from interfaces.layers.leases import BEAT, GRACE, LEASE, Leases
from tests.layers.fakes import FakeBroker, FakeNode


def test_a_lease_is_renewed_checked_and_ended():
    """Nobody is asked for when nobody matters, and an error of the broker is nobody's death."""

    async def main():
        now, gone = [0.0], []
        broker = FakeBroker()
        node = FakeNode(broker)
        mine, other = (Leases("t", hub, lambda: now[0], gone.append) for hub in ("a", "b"))
        mine.renew(node)
        assert node.told == [("SET", "t:h:a", b"1", "PX", 10000)]
        other.check(node, {})
        assert len(node.told) == 1
        node.names = {b"a", b"c"}
        other.check(node, {"a": b"a", "c": b"c"})
        await asyncio.sleep(0)
        assert gone == ["c"]
        mine.end(node)
        broker.down = True
        other.check(node, {"a": b"a"})
        await asyncio.sleep(0)
        assert gone == ["c"]
        broker.down = False
        other.came(node)
        other.check(node, {"a": b"a"})
        await asyncio.sleep(0)
        assert gone == ["c"]
        now[0] = LEASE
        other.check(node, {"a": b"a"})
        await asyncio.sleep(0)
        assert gone == ["c", "a"]

    asyncio.run(main())


def test_who_stays_unsubscribed_is_gone_before_its_lease_lapses():
    """Within the grace it may come back; a look that was long ago does not count, nor one at a broker that came."""

    async def main():
        now, gone = [0.0], []
        node = FakeNode(FakeBroker())
        leases = Leases("t", "b", lambda: now[0], gone.append)
        node.broker.keys["t:h:a"] = b"1"

        async def look(after, *, subscribed=False):
            now[0] += after
            node.names = {b"a"} if subscribed else set()
            leases.check(node, {"a": b"a"})
            await asyncio.sleep(0)
            return gone

        assert not await look(0)
        assert not await look(GRACE - 0.1)
        assert not await look(0.05, subscribed=True)
        assert not await look(0.05)
        assert not await look(2 * BEAT + 1)
        leases.came(node)
        assert not await look(LEASE - 0.1)
        assert not await look(0.2)
        assert await look(BEAT) == ["a"]

    asyncio.run(main())


def test_a_process_that_was_stopped_sees_that_its_own_has_lapsed():
    """By its clock, before anybody tells it."""
    now = [0.0]
    leases = Leases("t", "a", lambda: now[0], print)
    now[0] = LEASE
    assert not leases.lapsed
    now[0] = LEASE + 1
    assert leases.lapsed


def test_a_lease_lapses_at_a_real_broker(broker):
    """The key has the time of LEASE, in milliseconds."""

    class Node:
        def tell(self, then, *words):
            assert broker.command(*words) == b"OK"

    Leases(broker.prefix, "a", lambda: 0.0, print).renew(Node())
    assert 0 < broker.command("PTTL", f"{broker.prefix}:h:a") <= LEASE * 1000

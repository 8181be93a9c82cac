"""Turns in a conversation, within a process and between containers."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from interfaces.layers import conversations
from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.shared.errors import Unavailable
from tests.layers.test_shared_dedupe import shared


async def settle():
    """Let everybody run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


def take_turns(turns, names, log):
    """A task for each name, which ends when its event is set."""
    ends = [asyncio.Event() for _ in names]

    async def one(n, name):
        async with turns.turn(name):
            log.append(n)
            await ends[n].wait()

    return [asyncio.create_task(one(n, name)) for n, name in enumerate(names)], ends


def test_one_after_another():
    """Deliveries of one conversation run in the order of asking, others beside them; nothing is left over."""

    async def main():
        turns, log = Conversations(), []
        tasks, ends = take_turns(turns, ["a", "a", "b", "a"], log)
        await settle()
        assert log == [0, 2]
        assert (len(turns), turns.waiting) == (2, 2)
        ends[0].set()
        await settle()
        assert log == [0, 2, 1]
        for end in ends:
            end.set()
        await asyncio.gather(*tasks)
        assert log == [0, 2, 1, 3]
        assert (len(turns), turns.waiting) == (0, 0)
        assert "0" in repr(turns)

    asyncio.run(main())


def test_side_by_side_is_bounded():
    """So many conversations run at once; those that wait for their own hold no place."""

    async def main():
        turns, log = Conversations(side_by_side=2), []
        tasks, ends = take_turns(turns, ["a", "a", "a", "b", "c"], log)
        await settle()
        assert log == [0, 3]
        for end in ends:
            end.set()
        await asyncio.gather(*tasks)

    asyncio.run(main())


def test_waiting_is_bounded():
    """Too many are refused at once, too long after its time."""

    async def main():
        turns, log = Conversations(waiting=1), []
        tasks, ends = take_turns(turns, ["a", "a"], log)
        await settle()
        with pytest.raises(Unavailable, match="wait for their turn"):
            async with turns.turn("a"):
                pass
        ends[0].set()
        await settle()
        with pytest.raises(Unavailable, match="busy"):
            async with turns.turn("a", wait=0.01):
                pass
        ends[1].set()
        await asyncio.gather(*tasks)
        assert len(turns) == 0

    asyncio.run(main())


def test_who_is_cancelled_leaves():
    """Waiting or running, it lets the next have its turn; an error of the delivery's passes through."""

    async def main():
        turns, log = Conversations(), []
        tasks, ends = take_turns(turns, ["a"] * 4, log)
        await settle()
        tasks[1].cancel()
        tasks[0].cancel()
        await settle()
        assert log == [0, 2]
        ends[2].set()
        ends[3].set()
        await asyncio.gather(*tasks, return_exceptions=True)
        with pytest.raises(KeyError):
            async with turns.turn("a"):
                raise KeyError
        assert len(turns) == 0

    asyncio.run(main())


def test_between_containers():
    """With a store that two share, a conversation's turn is one of both, as long as its holder lives."""

    async def main():
        store = LocalDedupe()
        one, other = Conversations(store, lease=0.6), Conversations(store, lease=0.6)
        async with one.turn("a"):
            with pytest.raises(Unavailable):
                async with other.turn("a", wait=0.9):  # longer than the lease, which is renewed
                    pass
            async with other.turn("b"):
                pass
        async with other.turn("a", wait=1):
            pass
        await store.claim("conversation:dead", lease=0.1)
        async with one.turn("dead", wait=1):
            pass

    asyncio.run(main())


class Store(LocalDedupe):
    """One whose broker is away when ``away`` says so; ``renewed`` is set when a lease was asked to be renewed."""

    def __init__(self):
        super().__init__()
        self.away, self.renewed = set(), asyncio.Event()

    async def renew(self, claim, lease):
        self.renewed.set()
        return await self._unless("renew", super().renew(claim, lease))

    async def finish(self, claim, verdict, keep):
        return await self._unless("finish", super().finish(claim, verdict, keep))

    async def _unless(self, name, deed):
        if name in self.away:
            deed.close()
            raise Unavailable("away")
        return await deed


def test_an_outage_ends_no_turn():
    """A lease that could not be renewed is tried again; one that could not be given back lapses."""

    async def main():
        store = Store()
        turns = Conversations(store, lease=0.3)
        async with asyncio.timeout(20):
            async with turns.turn("a"):
                store.away = {"renew", "finish"}
                for _ in range(2):
                    store.renewed.clear()
                    await store.renewed.wait()
            assert (len(turns), turns.waiting) == (0, 0)
            store.away.clear()
            async with turns.turn("a", wait=10):
                pass

    asyncio.run(main())


def test_a_conversation_that_others_never_leave_is_busy(monkeypatch):
    """Unavailable, also where nobody said how long to wait."""
    monkeypatch.setattr(conversations, "LONGEST", 0)

    async def main():
        store = LocalDedupe()
        await store.claim("conversation:a", lease=60)
        turns = Conversations(store)
        with pytest.raises(Unavailable, match="busy"):
            async with turns.turn("a"):
                pass
        assert (len(turns), turns.waiting) == (0, 0)

    asyncio.run(main())


# --- at a real broker -------------------------------------------------------------------------------


def test_containers_of_a_broker_take_turns(broker):
    """Two processes' turns in one conversation never overlap, those in different ones do; all come to theirs."""

    async def main():
        async with AsyncExitStack() as stack:
            both = [Conversations(await stack.enter_async_context(shared(broker))) for _ in range(2)]
            inside, log, met = {"a": 0, "b": 0}, [], asyncio.Event()

            async def turn(turns, name):
                async with turns.turn(name, wait=20):
                    inside[name] += 1
                    assert inside[name] == 1
                    if all(inside.values()):
                        met.set()
                    await met.wait()
                    log.append(name)
                    inside[name] -= 1

            await asyncio.gather(*(turn(turns, name) for turns in both for name in "aabb"))
            assert sorted(log) == ["a"] * 4 + ["b"] * 4
            assert not any(len(turns) or turns.waiting for turns in both)

    asyncio.run(main())


def test_a_turn_outlives_its_broker(fresh_broker):
    """Killed and started again, the broker still knows whose turn it is; who waits for it is told, and then served."""
    server = fresh_broker()

    async def main():
        async with shared(server) as one, shared(server) as other:
            holder, waiter = Conversations(one), Conversations(other)
            async with holder.turn("a"):
                await asyncio.to_thread(server.kill)
                with pytest.raises(Unavailable):
                    async with waiter.turn("a", wait=0.5):
                        pass
                await asyncio.to_thread(server.restart)
                with pytest.raises(Unavailable, match="busy"):
                    async with waiter.turn("a", wait=1):
                        pass
            async with waiter.turn("a", wait=10):
                pass

    asyncio.run(main())


def test_who_gives_up_its_turn_keeps_nobody_out(fresh_broker):
    """A turn whose claim was on its way when the time was over is not held until its lease lapses."""
    server = fresh_broker()

    async def main():
        async with shared(server) as one, shared(server) as other:
            server.pause()
            try:
                with pytest.raises(Unavailable):
                    async with Conversations(one, lease=600).turn("a", wait=0.05):
                        pass
            finally:
                server.go_on()
            await one._hub.node_of("a").call("PING")  # what was on its way has come
            async with Conversations(other, lease=600).turn("a", wait=5):
                pass

    asyncio.run(main())

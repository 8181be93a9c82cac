"""What was found lately, and one look for all."""

import asyncio

import pytest

from interfaces.slack.installations.cache import Flights, Lately


def test_a_value_is_there_until_its_time():
    """Also None, which is an answer."""
    lately = Lately(10)
    lately.put("a", None, 5.0)
    assert lately.get("a", 4.9) == (True, None)
    assert lately.get("a", 5.0) == (False, None)
    assert len(lately) == 0


def test_the_oldest_leave():
    """There are never more than so many; who is put anew is young again."""
    lately = Lately(2)
    for key in ("a", "b", "a", "c"):
        lately.put(key, key, 9.0)
    assert [lately.get(key, 0.0)[0] for key in "abc"] == [True, False, True]


def test_those_that_fit_are_dropped():
    """And no others."""
    lately = Lately(5)
    for key in (1, 2, 3):
        lately.put(key, key, 9.0)
    lately.drop(lambda key: key != 2)
    assert [lately.get(key, 0.0)[0] for key in (1, 2, 3)] == [False, True, False]


class Slow:
    """A call that ends when it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self.go = asyncio.Event()
        self.error = error

    async def __call__(self) -> int:
        self.calls += 1
        await self.go.wait()
        if self.error:
            raise self.error
        return self.calls


def test_who_asks_the_same_gets_the_same():
    """One call runs for all who ask meanwhile, and another one for who asks then."""

    async def main():
        flights, slow = Flights(), Slow()
        asking = [asyncio.create_task(flights.run("a", slow)) for _ in range(3)]
        await asyncio.sleep(0)
        assert len(flights) == 1
        slow.go.set()
        assert await asyncio.gather(*asking) == [1, 1, 1]
        assert await flights.run("a", slow) == 2
        assert len(flights) == 0

    asyncio.run(main())


def test_who_leaves_ends_it_for_nobody():
    """A cancelled one is gone, the other one gets the answer."""

    async def main():
        flights, slow = Flights(), Slow()
        first, second = (asyncio.create_task(flights.run("a", slow)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        slow.go.set()
        assert await second == 1
        with pytest.raises(asyncio.CancelledError):
            await first

    asyncio.run(main())


def test_an_error_is_everybodys_and_no_warning():
    """All who wait get it; where nobody waits any more, asyncio does not complain of it."""

    async def main():
        flights, slow = Flights(), Slow(OSError("away"))
        asking = asyncio.create_task(flights.run("a", slow))
        await asyncio.sleep(0)
        asking.cancel()
        slow.go.set()
        await flights.close()
        with pytest.raises(OSError, match="away"):
            await flights.run("a", slow)

    asyncio.run(main())

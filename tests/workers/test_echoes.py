"""Own words behind what was said to groups before."""

import asyncio

from interfaces.workers import echoes as module
from interfaces.workers.echoes import KEY, Echoes


def test_own_words_wait_until_the_last_mark_of_each_group_is_back() -> None:
    """Marks of others, and older ones, change nothing; a message loses its mark."""

    async def main():
        echoes = Echoes()
        assert await echoes.settled()
        first, last = echoes.marked("a", {"n": 1}), echoes.marked("a", {"n": 2})
        other = echoes.marked("b", {"n": 3})
        waiting = asyncio.ensure_future(echoes.settled())
        for message in (Echoes().marked("a", {}), first, {"n": 0}, last):
            echoes.heard(message)
            await asyncio.sleep(0)
            assert not waiting.done() and KEY not in message
        echoes.heard(other)
        assert await waiting and other == {"n": 3}

    asyncio.run(main())


def test_a_group_that_was_left_is_not_waited_for() -> None:
    """Nothing comes back from it."""

    async def main():
        echoes = Echoes()
        echoes.marked("a", {})
        waiting = asyncio.ensure_future(echoes.settled())
        await asyncio.sleep(0)
        echoes.left("a")
        echoes.left("unknown")
        assert await waiting

    asyncio.run(main())


def test_what_was_lost_is_waited_for_once(monkeypatch) -> None:
    """And said so."""
    monkeypatch.setattr(module, "PATIENCE", 0.01)

    async def main():
        echoes = Echoes()
        echoes.marked("a", {})
        assert not await echoes.settled() and await echoes.settled()

    asyncio.run(main())

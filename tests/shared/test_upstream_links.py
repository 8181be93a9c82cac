"""The links of an upstream: how one takes another's place, and how they end; in virtual time."""

import asyncio
import logging

from interfaces.shared.errors import Unavailable
from interfaces.shared.upstream import Patience, kept
from tests.runner.virtual import run
from tests.shared.upstreams import PATIENCE, Place, passes

AWAY = Unavailable("nobody is there")


class TestReplacing:
    def test_the_new_one_stands_before_the_old_one_drains(self):
        """What is to be replaced goes on until then, is drained and closed, and its end is no loss."""

        async def main():
            place = Place(None, AWAY, 1.0, busy=3.0)
            async with kept(upstream := place.upstream()):
                await passes(60)
                place.links[0].ask()
                place.links[0].ask()
                await passes(1.5)
                assert place.story == []
                assert upstream.links == 1
                await passes(1)
                assert place.story == ["a drains"]
                assert upstream.links == 1
                await passes(3)
                assert place.story == ["a drains", "a drained", "a closed", "a over"]
                assert place.dialled == [0, 60, 61]
                assert place.counts == {"connected": 2, "failed": 1, "replaced": 1}
                assert all(ok for _, ok, _ in place.told)

        run(main())

    def test_a_replaced_one_lingers(self):
        """What is on its way to it is still taken; when the other side ends it that is all."""

        async def main():
            place = Place()
            upstream = place.upstream(patience=Patience(linger=7, good=10))
            async with kept(upstream):
                await passes(60)
                upstream.replace(place.links[0])
                await passes(6)
                assert place.story == []
                await passes(2)
                assert place.story == ["a drains", "a drained", "a closed", "a over"]
                await passes(60)
                upstream.replace(place.links[1])
                await passes(1)
                place.links[1].end()
                await passes(60)
                assert place.story[4:] == ["b over", "b closed"]
                assert place.dialled == [0, 60, 128]

        run(main())

    def test_one_that_ends_before_the_new_one_stands(self):
        """It is one that is missing, and dialled once."""

        async def main():
            place = Place(None, 5.0)
            async with kept(upstream := place.upstream()):
                await passes(60)
                place.links[0].ask()
                await passes(1)
                place.links[0].end()
                await passes(0)
                assert place.told[-1] == ("test.link", False, "the other side has closed it")
                await passes(60)
                assert place.dialled == [0, 60]
                assert upstream.links == 1
                assert place.counts == {"connected": 2, "replaced": 1}
                upstream.replace(place.links[0])
                await passes(60)
                assert place.dialled == [0, 60]

        run(main())

    def test_who_asks_for_it_at_once_waits(self):
        """A place that has each new link replaced is not dialled in a circle."""

        async def main():
            place = Place()
            async with kept(place.upstream()):
                for _ in range(3):
                    place.links[-1].ask()
                    await passes(10 - 1e-6)
                assert place.dialled == [0, 1, 12, 24]

        run(main())

    def test_not_more_than_are_wanted_linger(self):
        """Old links are bounded: the oldest one ends at once."""

        async def main():
            place = Place()
            async with kept(place.upstream(patience=Patience(linger=1000, good=1))):
                for _ in range(3):
                    await passes(2)
                    place.links[-1].ask()
                await passes(2)
                assert [line for line in place.story if "over" in line] == ["a over", "b over"]

        run(main())


class TestEnding:
    def test_links_drain_side_by_side(self):
        """Each finishes what is in flight, then it is closed; a drain that takes too long is cut."""

        async def main():
            place = Place(busy=3.0)
            loop = asyncio.get_running_loop()
            async with kept(place.upstream(wanted=2)):
                await passes(1)
            assert loop.time() == 4
            assert place.story[:2] == ["a drains", "b drains"]
            assert place.story[-2:] == ["a over", "b over"]
            slow = Place(busy=1000.0)
            began = loop.time()
            async with kept(slow.upstream()):
                pass
            assert loop.time() - began == slow.context.drain + PATIENCE.closing
            assert slow.story == ["a drains", "a closed", "a over"]

        run(main())

    def test_a_link_that_cannot_end_is_cancelled(self, caplog):
        """What its drain and close raise, or that they hang, hinders nothing."""
        caplog.set_level(logging.DEBUG, "interfaces.upstream")

        async def main():
            place = Place()
            async with kept(place.upstream(wanted=2)):
                await passes(1)
                one, other = place.links

                async def broken(*_):
                    raise OSError("broken")

                async def hangs(*_):
                    await asyncio.sleep(1000)

                one.drain = one.close = broken
                other.drain = other.close = hangs
            assert asyncio.get_running_loop().time() == 1 + place.context.drain + 3 * PATIENCE.closing
            assert sorted(place.story) == ["a over", "b over"]

        run(main())
        assert "was not drained: OSError('broken')" in caplog.text
        assert "was not closed: OSError('broken')" in caplog.text

    def test_a_link_that_comes_when_all_ends_is_closed(self):
        """It is not served, and not left open."""

        async def main():
            place = Place()
            upstream = place.upstream()
            upstream._leaving = True
            await upstream._dial()
            await passes(0)
            assert place.story == ["a closed"]
            assert upstream.links == 0

        run(main())

    def test_an_attempt_is_cut(self):
        """The end does not wait for it."""

        async def main():
            place = Place(AWAY, 25.0)
            async with kept(place.upstream()):
                await passes(2)
            assert asyncio.get_running_loop().time() == 2
            assert place.links == []

        run(main())

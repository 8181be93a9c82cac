"""A connection that we dial: back-off, replacement, refusal, readiness, drain; in virtual time."""

import asyncio
import random

import pytest

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.upstream import NotNow, Patience, kept
from interfaces.shared.upstream_scope import Telling
from tests.runner.virtual import run
from tests.shared.upstreams import PATIENCE, FakeLease, Heard, Place, passes, running

AWAY = Unavailable("nobody is there")


class TestDialling:
    def test_so_many_links_as_are_wanted_stand(self):
        """They are dialled one after the other, and no more of them."""

        async def main():
            place = Place(1.0, 1.0, 1.0)
            async with kept(upstream := place.upstream(wanted=3)):
                assert upstream.links == 1
                await passes(60)
                assert upstream.links == 3
                assert repr(upstream) == "<Upstream test.link: 3 of 3>"
            assert place.dialled == [0, 1, 2]
            assert upstream.links == 0

        run(main())

    def test_failures_are_repeated_ever_more_seldom(self):
        """The delay doubles up to the longest; readiness says why there is nothing, and the log says it once."""

        async def main():
            place = Place(*[AWAY] * 6)
            async with kept(place.upstream()):
                assert place.told == [("test.link", False, "nobody is there")]
                await passes(60)
                assert place.dialled == [0, 1, 3, 7, 15, 23, 31]
                assert place.told[-1] == ("test.link", True, "")
                assert place.counts == {"connected": 1, "failed": 6}

        run(main())

    def test_the_delay_is_jittered(self):
        """By half: containers that were cut off together do not come together."""
        patience = Patience(first=4, longest=10, jitter=random.Random(1).random)
        delays = [patience.delay(2) for _ in range(100)]
        assert 4 <= min(delays) < 4.5
        assert 7.5 < max(delays) <= 8
        assert max(patience.delay(10_000) for _ in range(9)) <= 10

    def test_a_link_that_was_good_for_a_while_is_dialled_again_at_once(self):
        """Its end is no failure; what fails then begins with the first delay, whatever was before."""

        async def main():
            place = Place(AWAY, AWAY, AWAY)
            async with kept(place.upstream()):
                await passes(10)
                assert place.dialled == [0, 1, 3, 7]
                await passes(10)
                place.answers.append(AWAY)
                place.links[0].end(OSError("reset"))
                await passes(5)
                assert place.dialled[4:] == [20, 21]
                assert place.counts == {"connected": 2, "failed": 4, "lost": 1}

        run(main())

    def test_a_link_that_ends_soon_is_a_failure(self):
        """One that is let in and thrown out again does not come back in a circle."""

        async def main():
            place = Place()
            async with kept(place.upstream()):
                for _ in range(4):
                    place.links[-1].end()
                    await passes(PATIENCE.delay(len(place.links)))
                assert place.dialled == [0, 1, 3, 7, 15]
                assert ("test.link", False, "the other side has closed it") in place.told

        run(main())

    def test_another_links_failure_does_not_forget_the_back_off(self):
        """While one stands, another that ends again and again is dialled ever more seldom, too."""

        async def main():
            place = Place()
            async with kept(upstream := place.upstream(wanted=2)):
                await passes(100)
                for number in range(2, 6):
                    place.links[-1].end()
                    await passes(8)
                    assert len(place.links) == number + 1
                assert place.dialled == [0, 0, 100, 109, 118, 128]
                assert upstream.links == 2
                assert all(ok for _, ok, _ in place.told)

        run(main())

    def test_not_before_so_many_seconds(self):
        """What says so is obeyed, for an attempt as for a link that ends with it, even one that was good."""

        async def main():
            place = Place(NotNow("too many of us", 40))
            async with kept(place.upstream()):
                await passes(100)
                place.links[0].end(NotNow("closed for an hour", 3600))
                await passes(3700)
                assert place.dialled == [0, 40, 3700]
                assert ("test.link", False, "closed for an hour") in place.told

        run(main())

    def test_a_connect_that_does_not_come_to_an_end(self):
        """It is given up, and tried again."""

        async def main():
            place = Place(1000.0)
            async with kept(place.upstream()):
                await passes(2)
                assert place.dialled == [0, 31]
                assert place.told[0] == ("test.link", False, "no connection within 30 s")

        run(main())

    def test_an_error_without_words(self):
        """Its class is what there is to say."""

        async def main():
            place = Place(ValueError())
            async with kept(place.upstream(label="a place")):
                assert place.told == [("a place", False, "ValueError")]

        run(main())


class TestRefusal:
    def test_a_refused_credential_is_raised_on_entering(self):
        """Nothing is served, and it is tried once."""

        async def main():
            place, entered = Place(ConfigError("--token: it is refused")), []
            with pytest.raises(ConfigError, match="it is refused"):
                async with kept(place.upstream()):
                    entered.append(True)
            assert entered == []
            assert place.dialled == [0]
            assert place.told == [("test.link", False, "--token: it is refused")]
            assert place.counts == {"refused": 1}

        run(main())

    @pytest.mark.parametrize("how", ["dial", "link"])
    def test_it_ends_what_runs(self, how):
        """Whether the next attempt is refused or a link is told so: who is inside is cancelled, other links drain."""

        async def main():
            place, other = Place(busy=1.0), Place(busy=1.0)
            refusal, cancelled = ConfigError("revoked"), []

            async def inside():
                async with kept(place.upstream(), other.upstream()):
                    await passes(60)
                    if how == "dial":
                        place.answers.append(refusal)
                    place.links[0].end(refusal if how == "link" else None)
                    try:
                        await asyncio.sleep(1000)
                    except asyncio.CancelledError:
                        cancelled.append(True)
                        raise

            with pytest.raises(ConfigError, match="revoked"):
                await inside()
            assert cancelled
            assert other.story == ["a drains", "a drained", "a closed", "a over"]

        run(main())

    def test_what_is_raised_inside_comes_out_as_it_is(self):
        """No group is made of it, and the links are drained all the same."""

        async def main():
            place = Place()
            with pytest.raises(KeyError):
                async with kept(place.upstream()):
                    raise KeyError("mine")
            assert "a drained" in place.story

        run(main())

    def test_who_is_cancelled_drains(self):
        """A cancellation from outside stays one."""

        async def main():
            place = Place()

            async def inside():
                async with kept(place.upstream()):
                    await asyncio.sleep(1000)

            task = asyncio.ensure_future(inside())
            await passes(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert "a drained" in place.story

        run(main())


class TestLease:
    def test_only_its_holder_dials(self):
        """Who stands by is ready and dials nothing; who loses it ends its links at once, and waits again."""

        async def main():
            place, lease = Place(busy=1000.0), FakeLease()
            lease.story = place.story
            async with kept(place.upstream(lease=lease)):
                await passes(100)
                assert (place.dialled, place.told) == ([], [("test.link", True, "")])
                lease.mine.set()
                await passes(1)
                assert place.dialled == [100]
                lease.take_away()
                await passes(5)
                assert place.story == ["a drains", "a closed", "a over"]
                assert place.told[-2:] == [
                    ("test.link", False, "another one may have its lease"), ("test.link", True, ""),
                ]  # fmt: skip
                lease.mine.set()
                await passes(10)
                assert place.dialled == [100, 106]
                place.links[-1].busy = 0.0

        run(main())

    @pytest.mark.parametrize(
        ("early", "story"),
        [
            (False, ["a drains", "a drained", "a closed", "a over", "given back"]),
            (True, ["a drains", "given back", "a drained", "a closed", "a over"]),
        ],
    )
    def test_it_is_given_back(self, early, story):
        """Once nothing stands any more, or, where several may, as soon as nothing new is taken."""

        async def main():
            place, lease = Place(busy=2.0), FakeLease()
            lease.story = place.story
            lease.mine.set()
            async with kept(place.upstream(lease=lease, patience=Patience(early=early))):
                await passes(1)
            assert place.story == story

        run(main())

    def test_a_refusal_ends_the_holder_too(self):
        """It is raised, and the lease is given back."""

        async def main():
            place, lease = Place(ConfigError("refused")), FakeLease()
            lease.story = place.story
            lease.mine.set()
            with pytest.raises(ConfigError, match="refused"):
                async with kept(place.upstream(lease=lease)):
                    await asyncio.sleep(10)
            assert place.story == ["given back"]

        run(main())


class TestTelling:
    def test_the_application_hears_of_each_state(self):
        """connected, reconnecting with its reason and delay, refused; and closed, the last word."""

        async def main():
            place, app = Place(AWAY), Heard()
            tell = Telling(app, {"protocol": "test", "name": "one"}, place.context.telemetry.count)

            async def inside():
                async with kept(place.upstream(tell=tell)):
                    await passes(60)
                    place.links[0].end(OSError("reset"))
                    await passes(60)
                    place.links[1].end(ConfigError("revoked"))
                    await passes(60)

            with pytest.raises(ConfigError):
                await inside()
            assert app.types == [
                "reconnecting",
                "connected",
                "reconnecting",
                "connected",
                "refused",
                "closed",
            ]
            assert app.events[0] == {
                "type": "upstream.reconnecting", "links": 0, "reason": "nobody is there", "retry_after": 1,
                "attempt": 1,
            }  # fmt: skip
            assert app.events[1] == {"type": "upstream.connected", "links": 1}
            assert app.events[2]["retry_after"] == 0
            assert app.events[4] == {"type": "upstream.refused", "reason": "revoked"}

        run(main())

    def test_run_is_all_that_is_needed(self):
        """Who has a task group of its own runs it there, and drains it."""

        async def main():
            place = Place()
            async with running(place.upstream()) as task:
                await passes(1)
                assert not task.done()
            assert place.story[-1] == "a over"

        run(main())

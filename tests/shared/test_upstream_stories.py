"""What happens around a connection that we dial, in its order: readiness, what applications hear, what is counted."""

import asyncio

import pytest

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.upstream import NotNow, kept
from interfaces.shared.upstream_scope import Telling
from tests.runner.virtual import run
from tests.shared.upstreams import PATIENCE, FakeLease, Heard, Place, passes, running

AWAY = Unavailable("away")
WRONG = ConfigError("the token is wrong")
CUT = ConnectionResetError("cut")


class Told(Place):
    """A place whose application hears of it, too."""

    def __init__(self, *answers, **more):
        super().__init__(*answers, **more)
        self.app = Heard()

    def upstream(self, **more):
        """One that tells."""
        telling = Telling(self.app, {"protocol": "test", "name": "test.link"}, lambda _name: None)
        return super().upstream(tell=telling, **more)

    @property
    def heard(self):
        """Type and links of each word."""
        return [
            (kind, event.get("links")) for kind, event in zip(self.app.types, self.app.events, strict=True)
        ]

    @property
    def ready(self):
        """What readiness was told, without the name."""
        return [said[1:] for said in self.told]


def story(*answers, seconds=100.0, act=None, **more):
    """A place at which an upstream was kept for so long; ``act(place)`` after a while."""
    place = Told(*answers)

    async def main():
        async with kept(place.upstream(**more)):
            if act is not None:
                await act(place)
            await passes(seconds)

    run(main())
    return place


@pytest.mark.parametrize(
    ("answers", "dialled", "heard", "ready"),
    [
        ([], [0], [("connected", 1)], [(True, "")]),
        ([AWAY], [0, 1], [("reconnecting", 0), ("connected", 1)], [(False, "away"), (True, "")]),
        (
            [AWAY, CUT],
            [0, 1, 3],
            [("reconnecting", 0), ("reconnecting", 0), ("connected", 1)],
            [(False, "away"), (False, "cut"), (True, "")],
        ),
        (
            [NotNow("later", 40.0)],
            [0, 40],
            [("reconnecting", 0), ("connected", 1)],
            [(False, "later"), (True, "")],
        ),
        (
            [NotNow("soon", 0.1)],
            [0, 1],
            [("reconnecting", 0), ("connected", 1)],
            [(False, "soon"), (True, "")],
        ),
        (
            [RuntimeError()],
            [0, 1],
            [("reconnecting", 0), ("connected", 1)],
            [(False, "RuntimeError"), (True, "")],
        ),
        (
            [OSError("two\n lines")],
            [0, 1],
            [("reconnecting", 0), ("connected", 1)],
            [(False, "two lines"), (True, "")],
        ),
        (
            [31.0],
            [0, 31],
            [("reconnecting", 0), ("connected", 1)],
            [(False, "no connection within 30 s"), (True, "")],
        ),
        ([29.0], [0], [("connected", 1)], [(True, "")]),
    ],
)
def test_how_it_begins(answers, dialled, heard, ready):
    """Each failure is told once, with its reason, before the next attempt; then there is a connection, and the end."""
    place = story(*answers)
    assert place.dialled == dialled
    assert place.heard == [*heard, ("closed", None)]
    assert place.ready == ready


@pytest.mark.parametrize(
    ("error", "at", "dialled", "counts"),
    [
        (None, 50, [0, 50], {"connected": 2, "lost": 1}),
        (CUT, 50, [0, 50], {"connected": 2, "lost": 1}),
        (CUT, 10, [0, 10], {"connected": 2, "lost": 1}),
        (CUT, 9, [0, 10], {"connected": 2, "lost": 1, "failed": 1}),
        (CUT, 0, [0, 1], {"connected": 2, "lost": 1, "failed": 1}),
        (NotNow("later", 30.0), 50, [0, 80], {"connected": 2, "lost": 1, "failed": 1}),
        (NotNow("later", 30.0), 0, [0, 30], {"connected": 2, "lost": 1, "failed": 1}),
    ],
)
def test_how_it_goes_on_after_an_end(error, at, dialled, counts):
    """At once after a good while, else after a pause; not before that which the other side says."""

    async def end(place):
        await passes(at)
        place.links[0].end(error)

    place = story(act=end)
    assert place.dialled == dialled
    assert place.counts == counts
    assert place.heard == [("connected", 1), ("reconnecting", 0), ("connected", 1), ("closed", None)]
    assert [ok for ok, _ in place.ready] == [True, False, True]


@pytest.mark.parametrize("wanted", [2, 3])
def test_one_of_several_ends(wanted):
    """It is still ready, and says how many there are."""

    async def end(place):
        await passes(50)
        place.links[0].end(CUT)

    place = story(wanted=wanted, act=end)
    assert place.counts == {"connected": wanted + 1, "lost": 1}
    assert [ok for ok, _ in place.ready] == [True] * len(place.ready)
    assert place.heard == [
        *[("connected", at + 1) for at in range(wanted)],
        ("connected", wanted),
        ("closed", None),
    ]


def test_all_of_several_end():
    """Ready no more only with the last; each is dialled again."""

    async def end(place):
        await passes(50)
        for link in place.links[:2]:
            link.end(CUT)

    place = story(wanted=2, act=end)
    assert [ok for ok, _ in place.ready] == [True, True, False, True, True]
    assert place.dialled == [0, 0, 50, 50]


@pytest.mark.parametrize("wanted", [1, 2, 3])
@pytest.mark.parametrize("busy", [0.0, 3.0])
def test_the_end_of_all_is_a_drain_of_each(wanted, busy):
    """Drained, then closed, then over, and then the application hears the last word."""
    place = Told(busy=busy)

    async def main():
        async with kept(place.upstream(wanted=wanted)):
            await passes(50)
        return asyncio.get_running_loop().time()

    assert run(main()) == 50 + busy
    for name in "abc"[:wanted]:
        own = [line.partition(" ")[2] for line in place.story if line.startswith(name)]
        assert own == ["drains", "drained", "closed", "over"]
    assert place.heard[-1] == ("closed", None)


@pytest.mark.parametrize("standing", [0, 1, 2])
def test_a_refusal_ends_all_of_it(standing):
    """Whoever stands is drained; it is told as refused, and raised as it is."""
    place = Told()

    async def main():
        upstream = place.upstream(wanted=3)
        place.answers = [None] * standing + [WRONG]
        with pytest.raises(ConfigError) as error:
            async with kept(upstream):
                await passes(100)
        return error.value, upstream.refused

    raised, refused = run(main())
    assert raised is refused is WRONG
    assert place.heard == [
        *[("connected", at + 1) for at in range(standing)],
        ("refused", None),
        ("closed", None),
    ]
    assert place.ready[-1] == (False, "the token is wrong")
    assert place.counts == {"refused": 1} | ({"connected": standing} if standing else {})
    assert [line for line in place.story if line.endswith("closed")] == [
        f"{name} closed" for name in "abc"[:standing]
    ]


@pytest.mark.parametrize("good", [True, False])
def test_a_link_that_is_told_it_is_refused(good):
    """While it serves: the same as at the door."""
    place = Told()

    async def main():
        async with kept(place.upstream()):
            await passes(50 if good else 1)
            place.links[0].end(WRONG)
            await passes(100)

    with pytest.raises(ConfigError, match="the token is wrong"):
        run(main())
    assert place.dialled == [0]
    assert [kind for kind, _ in place.heard] == ["connected", "refused", "closed"]


@pytest.mark.parametrize("linger", [0.0, 5.0])
@pytest.mark.parametrize("takes", [0.0, 2.0])
def test_a_link_that_is_replaced(linger, takes):
    """It goes on until the new one stands, and a moment longer; nothing is lost, and readiness never falls."""
    place = Told(None, takes, busy=1.0)
    patience = type(PATIENCE)(
        **{
            name: getattr(PATIENCE, name)
            for name in ("first", "longest", "good", "opening", "closing", "jitter")
        },
        linger=linger,
    )
    seen = {}

    async def main():
        async with kept(place.upstream(patience=patience)):
            await passes(50)
            place.links[0].ask()
            for second in (takes + linger - 0.5, takes + linger + 0.5, takes + linger + 1.5):
                await asyncio.sleep(max(0.0, 50 + second - asyncio.get_running_loop().time()))
                seen[second - takes - linger] = [line for line in place.story if line.startswith("a")]

    run(main())
    assert seen[1.5] == ["a drains", "a drained", "a closed", "a over"]
    assert seen[0.5] == ["a drains"]
    if takes + linger:
        assert seen[-0.5] == []
    assert place.counts == {"connected": 2, "replaced": 1}
    assert {ok for ok, _ in place.ready} == {True}


@pytest.mark.parametrize("error", [AWAY, NotNow("later", 20.0), 31.0], ids=["away", "later", "slow"])
def test_a_link_stays_while_the_one_in_its_place_does_not_come(error):
    """It is still ready, whatever that one meets; in the end it is replaced."""

    async def ask(place):
        await passes(50)
        place.answers = [error]
        place.links[0].ask()

    place = story(act=ask)
    assert {ok for ok, _ in place.ready} == {True}
    assert place.counts == {"connected": 2, "replaced": 1, "failed": 1}
    assert [line for line in place.story if line.startswith("a")] == [
        "a drains",
        "a drained",
        "a closed",
        "a over",
    ]


@pytest.mark.parametrize("times", [1, 2, 5])
def test_to_be_replaced_is_said_once(times):
    """However often the other side says so."""

    async def ask(place):
        await passes(50)
        for _ in range(times):
            place.links[0].ask()

    assert story(act=ask).dialled == [0, 50]


def test_nobody_is_replaced_who_has_ended():
    """What says so too late changes nothing."""

    async def ask(place):
        await passes(50)
        first = place.links[0]
        first.end(CUT)
        await passes(1)
        first.ask()

    place = story(act=ask)
    assert place.counts == {"connected": 2, "lost": 1}


class Leased(Told):
    """A place with a lease that a test gives and takes."""

    def __init__(self, *answers):
        super().__init__(*answers)
        self.lease = None

    def upstream(self, **more):
        """One that dials only while it has the lease."""
        self.lease = FakeLease()
        self.lease.story = self.story
        return super().upstream(lease=self.lease, **more)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_lease_comes_and_goes(turns):
    """Each time it is won one is dialled; each time it is lost all end at once; who stands by is ready."""
    place = Leased()

    async def main():
        async with running(place.upstream()):
            for _ in range(turns):
                place.lease.mine.set()
                await passes(20)
                place.lease.take_away()
                await passes(20)

    run(main())
    assert place.dialled == [40.0 * turn for turn in range(turns)]
    words = [("connected", 1), ("reconnecting", 0)]
    assert place.heard == [*words * turns, ("closed", None)]
    assert place.ready == [
        (True, ""),
        *[(True, ""), (False, "another one may have its lease"), (True, "")] * turns,
    ]
    assert [line for line in place.story if line.endswith("over")] == [
        f"{name} over" for name in "abc"[:turns]
    ]
    assert place.story[-1] == "given back"


def test_a_lease_that_is_lost_while_it_is_dialled():
    """The attempt ends, and comes to nothing; who has the lease then dials."""
    place = Leased(25.0)

    async def main():
        async with running(place.upstream()):
            place.lease.mine.set()
            await passes(10)
            place.lease.take_away()
            await passes(50)

    run(main())
    assert (place.dialled, place.links, place.counts) == ([0], [], {})


@pytest.mark.parametrize("answer", [AWAY, CUT, NotNow("later", 5.0)])
def test_a_holder_that_cannot_connect_keeps_the_lease(answer):
    """It tries again, and is not ready meanwhile."""
    place = Leased(answer)

    async def main():
        async with running(place.upstream()):
            place.lease.mine.set()
            await passes(20)
            return place.lease.gone.is_set()

    assert run(main()) is False
    assert [ok for ok, _ in place.ready] == [True, False, True]


def test_two_places_are_kept_side_by_side():
    """What hinders one does not hinder the other; both are drained at the end."""
    one, other = Told(AWAY, AWAY), Told()

    async def main():
        async with kept(one.upstream(), other.upstream(wanted=2)):
            await passes(20)

    run(main())
    assert (one.dialled, other.dialled) == ([0, 1, 3], [0, 0])
    assert one.heard[-1] == other.heard[-1] == ("closed", None)


@pytest.mark.parametrize("which", [0, 1])
def test_a_refusal_of_one_ends_the_other(which):
    """It is drained, and the refusal comes out as it is."""
    places = [Told(), Told()]
    places[which].answers = [WRONG]

    async def main():
        async with kept(*(place.upstream() for place in places)):
            pytest.fail("it is served")

    with pytest.raises(ConfigError, match="the token is wrong"):
        run(main())
    other = places[1 - which]
    assert all(f"{link.name} closed" in other.story for link in other.links)
    assert other.heard == ([("connected", 1), ("closed", None)] if other.links else [])

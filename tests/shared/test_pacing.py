"""How fast things go out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.shared import pacing
from interfaces.shared.pacing import FIRST, FIRST_REST, LONGEST, LONGEST_REST, Pace, back_off


def steady():
    """Jitter that is none."""
    return 1.0


def test_without_limits_all_may_go():
    """No rate and no number at once: nothing waits."""
    pace = Pace()
    assert [pace.ask("a", 0.0) for _ in range(100)] == [0.0] * 100


@settings(deadline=None)  # a high rate asks some thousand times
@given(rate=st.floats(0.1, 1000), steps=st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_a_rate_is_kept(rate, steps):
    """In whatever rhythm is asked, no more leave than the rate and one burst allow."""
    pace, now, went = Pace(rate=rate), 0.0, 0
    for step in steps:
        now += step
        while pace.ask("a", now) == 0.0:
            went += 1
    assert went <= now * rate + max(1.0, rate) + 1e-3


def test_who_waits_for_the_rate_is_told_how_long():
    """After the seconds that it says the next one goes, and not before."""
    pace = Pace(rate=2)
    assert [pace.ask("a", 10.0) for _ in range(2)] == [0.0, 0.0]
    assert pace.ask("a", 10.0) == 0.5
    assert pace.ask("a", 10.4) > 0
    assert pace.ask("a", 10.5) == 0.0


def test_so_many_at_once_to_a_destination():
    """Another destination is not held up; who leaves makes room."""
    pace = Pace(at_once=2)
    assert [pace.ask("a", 0.0) for _ in range(3)] == [0.0, 0.0, None]
    assert pace.ask("b", 0.0) == 0.0
    pace.left("a", 0.0)
    assert pace.ask("a", 0.0) == 0.0


def test_a_destination_that_is_down_gets_rests():
    """They double with each failure, to a longest one, and end with a success; those under way together fail once."""
    pace, now, rests = Pace(jitter=steady), 0.0, []
    for _ in range(9):
        assert pace.ask("a", now) == 0.0
        assert pace.ask("a", now) == 0.0
        pace.left("a", now, down=True)
        pace.left("a", now, down=True)
        rests.append(pace.ask("a", now))
        assert pace.rests("a", now) == rests[-1]
        now += rests[-1]
    assert rests == [min(LONGEST_REST, FIRST_REST * 2**n) for n in range(9)]
    assert pace.ask("a", now) == 0.0
    pace.left("a", now)
    assert pace.ask("a", now) == 0.0
    pace.left("a", now, down=True)
    assert pace.ask("a", now) == FIRST_REST
    assert pace.rests("another", now) == 0.0


def test_what_is_remembered_is_bounded(monkeypatch):
    """Destinations that have had their rest are forgotten first, then the oldest; never one that is under way."""
    monkeypatch.setattr(pacing, "PLACES", 10)
    pace = Pace(jitter=steady)
    assert pace.ask("under way", 0.0) == 0.0
    for n in range(100):
        assert pace.ask(f"{n}", 0.0) == 0.0
        pace.left(f"{n}", 0.0, down=True)
        assert len(pace._places) <= 10
    assert pace.ask("later", 1000.0) == 0.0
    assert set(pace._places) == {"under way", "later"}


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_what_failed_is_tried_ever_more_seldom(attempt, random):
    """Within half and all of a delay that doubles up to a longest one."""
    delay = min(LONGEST, FIRST * 2.0 ** min(attempt - 1, 30))
    assert delay / 2 <= back_off(attempt, lambda: random) <= delay


def test_a_destination_may_rest_though_it_is_not_down():
    """It, or the wider place it is in; a later word does not shorten the rest, and it is no failure."""
    pace = Pace(jitter=steady, wide=lambda place: place[0])
    for place in ("a1", "a2", "b1"):
        assert pace.ask(place, 0.0) == 0.0
    pace.left("a1", 0.0, rest=5.0)
    assert (pace.ask("a1", 1.0), pace.paced("a1", 1.0), pace.rests("a1", 1.0)) == (4.0, 4.0, 0.0)
    pace.left("a2", 1.0, rest_wide=9.0)
    assert [pace.paced(place, 1.0) for place in ("a1", "a2", "a3", "b1")] == [9.0, 9.0, 9.0, 0.0]
    pace.left("b1", 1.0, rest=3.0)
    assert pace.ask("b1", 4.0) == 0.0
    pace.left("b1", 4.0, rest=0.5)
    assert pace.paced("a1", 11.0) == 0.0 and pace.ask("a1", 11.0) == 0.0
    pace.left("a1", 11.0)
    pace.left("b1", 4.0) if pace._places["b1"].running else None
    assert "a1" not in pace._places


def test_each_wide_place_has_a_rate_of_its_own():
    """One that is used up holds up no other."""
    pace = Pace(rate=2, wide=lambda place: place[0])
    assert [pace.ask(place, 0.0) for place in ("a1", "a2", "a3", "b1", "b2", "b3")] == [0, 0, 0.5, 0, 0, 0.5]


def test_a_burst_may_be_smaller_or_larger():
    """So many seconds' worth go at once, one at least."""
    pace = Pace(rate=10, burst=0.2)
    assert [pace.ask("a", 0.0) for _ in range(3)][:2] == [0, 0] and pace.ask("a", 0.0) > 0
    pace = Pace(rate=10, burst=0.0)
    assert pace.ask("a", 0.0) == 0 and pace.ask("a", 0.0) > 0


def test_wide_places_are_bounded(monkeypatch):
    """Those that nothing is to be known of any more are forgotten first, then the oldest."""
    monkeypatch.setattr(pacing, "PLACES", 10)
    pace = Pace(rate=1, wide=lambda place: place)
    for n in range(100):
        assert pace.ask(f"{n}", float(n)) == 0.0
        pace.left(f"{n}", float(n), rest_wide=1000.0 if n % 2 else 0.0)
        assert len(pace._wides) <= 10
    assert pace.paced("99", 99.0) == 1000.0


def test_what_a_message_costs_its_destination_has_for_itself():
    """Nothing else goes there for so many seconds, from when it goes; elsewhere nothing has to wait."""
    pace = Pace()
    assert pace.ask("a", 10.0, cost=2.0) == 0.0
    assert pace.ask("a", 11.5, cost=1.0) == 0.5
    assert pace.ask("b", 11.5, cost=1.0) == 0.0
    pace.left("a", 11.6)
    assert pace.ask("a", 12.0, cost=3.0) == 0.0
    assert pace.paced("a", 13.0) == 2.0

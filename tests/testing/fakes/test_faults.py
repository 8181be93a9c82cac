"""Faults: which call has which, and how shares are drawn."""

from interfaces.testing.fakes.faults import Fault, Faults


def test_faults_of_a_method_are_taken_in_their_order():
    """Each as often as it says; those of other methods are not touched."""
    faults = Faults()
    first = faults.fail("a", Fault(error="one", times=2))
    second = faults.fail("a", Fault(error="two"))
    assert [faults.take("a") for _ in range(4)] == [first, first, second, None]
    assert faults.take("b") is None


def test_a_faults_of_one_method_comes_before_that_of_all():
    """A star is for every method that has none of its own."""
    faults = Faults()
    of_all = faults.fail("*", Fault(error="all", times=9))
    own = faults.fail("a", Fault(error="own"))
    assert [faults.take("a"), faults.take("a"), faults.take("b")] == [own, of_all, of_all]


def test_only_what_spoils_the_answer_fails():
    """A delay alone does not."""
    assert not Fault(delay=1.0).fails
    assert all(
        fault.fails for fault in (Fault(error="x"), Fault(status=500), Fault(close=True), Fault(garbage=b"x"))
    )


def test_a_share_is_drawn_the_same_way_each_time():
    """About as many as it says, none of nothing, all of all."""
    drawn = [[Faults(seed=3).lot(0.2) for _ in range(1)] for _ in range(2)]
    assert drawn[0] == drawn[1]
    one, other = Faults(seed=3), Faults(seed=3)
    draws = [one.lot(0.2) for _ in range(1000)]
    assert draws == [other.lot(0.2) for _ in range(1000)]
    assert 150 < sum(draws) < 250
    assert not any(one.lot(0.0) for _ in range(100))
    assert all(one.lot(1.0) for _ in range(100))


def test_clear_takes_all_away():
    """Shares too."""
    faults = Faults(redeliver=0.5, twice=0.5)
    faults.fail("a", Fault(error="x"))
    faults.clear()
    assert (faults.take("a"), faults.redeliver, faults.twice) == (None, 0.0, 0.0)

"""The window and the rate that throttling teaches; time is a parameter."""

from interfaces.sms.smpp.pace import FIRST_REST, LONGEST_REST, Pace


def test_nothing_waits_until_it_is_throttled():
    """There is no rate unless one is said."""
    pace = Pace(10)
    for _at in range(100):
        assert pace.wait(0.0) == 0
        pace.sent(0.0)
    assert (pace.window, pace.rate) == (10, 0)
    assert "window 10.0 of 10" in repr(pace)


def test_a_throttled_round_halves_the_window_once():
    """Those that had gone together are one."""
    pace = Pace(10)
    pace.throttled(0.0, 1.0)
    pace.throttled(0.9, 1.1)
    assert (pace.window, pace.rounds) == (5, 1)
    assert pace.wait(1.0) == FIRST_REST
    assert pace.wait(1.0 + FIRST_REST) == 0


def test_rests_get_longer_up_to_a_bound():
    """Until something is taken again."""
    pace, now, rests = Pace(10), 0.0, []
    for _ in range(12):
        pace.throttled(now, now)
        rests.append(pace.wait(now))
        now += rests[-1]
    assert rests[:3] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert rests[-1] == LONGEST_REST
    assert pace.window == 1
    pace.went(now)
    assert pace.rounds == 0


def test_the_rate_is_learned_and_grows_again():
    """Three quarters of what had gone, then more; a cap is never passed."""
    pace = Pace(10, cap=200.0)
    for at in range(100):
        pace.sent(at / 100)
        pace.went(at / 100)
    pace.throttled(0.99, 1.0)
    assert 70 < pace.rate < 80
    now, went = 2.0, 0
    while now < 3.0:
        if pace.wait(now) == 0:
            pace.sent(now)
            pace.went(now)
            went += 1
        now += 0.001
    assert 70 < went < 100
    assert pace.window == 10
    for _ in range(100_000):
        pace.went(now)
    assert pace.rate == 200.0


def test_a_cap_is_kept_from_the_start():
    """So many parts a second."""
    pace = Pace(10, cap=10.0)
    went = 0
    for tick in range(2000):
        if pace.wait(tick / 1000) == 0:
            pace.sent(tick / 1000)
            went += 1
    assert 20 <= went <= 23

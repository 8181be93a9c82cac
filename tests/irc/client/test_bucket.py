"""How fast lines may go."""

from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.client.bucket import Bucket


def test_so_many_go_at_once_and_then_one_after_the_other():
    """The burst, then the rate."""
    bucket = Bucket(0.5, 3)
    for _ in range(3):
        assert bucket.wait(100.0) == 0
        bucket.took(100.0)
    assert bucket.wait(100.0) == 2.0
    assert bucket.wait(102.0) == 0
    bucket.took(102.0)
    assert bucket.wait(102.0) == 2.0


def test_after_a_rest_there_is_a_burst_again():
    """No more than that, however long it was."""
    bucket = Bucket(1.0, 2)
    bucket.took(0.0)
    bucket.took(0.0)
    for _ in range(2):
        assert bucket.wait(1000.0) == 0
        bucket.took(1000.0)
    assert bucket.wait(1000.0) == 1.0


def test_no_rate_is_no_limit():
    """0 lines a second: any."""
    bucket = Bucket(0.0, 1)
    for _ in range(1000):
        assert bucket.wait(1.0) == 0
        bucket.took(1.0)


def test_what_goes_out_of_its_turn_counts():
    """The others wait for longer."""
    bucket = Bucket(1.0, 1)
    bucket.took(0.0)
    bucket.took(0.0)
    assert bucket.wait(0.0) == 2.0


@given(st.floats(0.1, 10), st.integers(1, 10), st.lists(st.floats(0, 5, allow_nan=False), max_size=50))
def test_never_more_than_the_burst_and_the_rate(rate, burst, rests):
    """In any stretch of time, however the lines come."""
    bucket, now, went = Bucket(rate, burst), 0.0, []
    for rest in rests:
        now += rest
        if bucket.wait(now) == 0:
            bucket.took(now)
            went.append(now)
    for first in range(len(went)):
        for last in range(first, len(went)):
            assert last - first + 1 <= burst + rate * (went[last] - went[first]) + 1e-6

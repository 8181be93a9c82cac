"""The clock: faster, or by hand."""

import asyncio
import time

import pytest

from interfaces.testing.slack import Clock, SteppedClock
from tests.testing.slack.kit import run


def test_a_scaled_clock_passes_faster():
    """Fifty of its seconds sleep within one real one, and its time has gone on by as much."""

    async def main():
        clock = Clock(scale=500)
        began, then = time.monotonic(), clock.time()
        await clock.sleep(10)
        assert time.monotonic() - began < 1
        assert clock.time() - then >= 9.9

    run(main)


def test_seconds_are_told_both_ways():
    """A real second is scale of its own, and back."""
    clock = Clock(scale=50)
    assert clock.seconds(2) == 100
    assert clock.real(100) == 2
    assert "scale=50" in repr(clock)


def test_a_clock_that_stands_is_no_scale():
    """Nobody waits for ever by mistake."""
    with pytest.raises(ValueError, match="above 0"):
        Clock(scale=0)


def test_a_stepped_clock_wakes_sleepers_in_time():
    """Who sleeps wakes when the steps have made the seconds, not before."""

    async def main():
        clock = SteppedClock()
        sleeper = asyncio.create_task(clock.sleep(60))
        await asyncio.sleep(0)
        clock.step(59)
        for _ in range(3):
            await asyncio.sleep(0)
        assert not sleeper.done()
        clock.step(1)
        await sleeper
        assert clock.time() == 1_700_000_060

    run(main)

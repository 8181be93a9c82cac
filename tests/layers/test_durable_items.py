"""The back-off; items, terms and limits are seen in test_durable."""

from interfaces.layers.durable_items import FIRST, LONGEST, back_off


def test_the_back_off_doubles():
    """From FIRST to LONGEST, by up to a half less."""
    assert [back_off(n, lambda: 1.0) for n in (1, 2, 3)] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert back_off(1, lambda: 0.0) == FIRST / 2
    assert back_off(1000, lambda: 1.0) == LONGEST
    assert LONGEST / 2 <= back_off(1000) <= LONGEST

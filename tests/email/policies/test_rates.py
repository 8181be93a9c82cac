from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.policies import rates as module
from interfaces.email.policies.rates import Rates

A, B = ip_address("192.0.2.1"), ip_address("2001:db8::1")


def test_a_bucket_for_each_client() -> None:
    """So many at once, then as they come back; another client has its own, a customer of IPv6 one in all."""
    rates = Rates(6)
    assert [rates.verdict(A, 0) is None for _ in range(7)] == [True] * 6 + [False]
    found = rates.verdict(A, 0)
    assert found is not None
    assert found.detail == {"code": 450, "enhanced": "4.7.1", "text": "Too fast, come again in 10 seconds"}
    assert rates.verdict(A, 10) is None
    assert rates.verdict(A, 10) is not None
    for n in range(6):
        assert rates.verdict(B + n, 10) is None
    assert rates.verdict(B, 10) is not None


@given(st.lists(st.floats(0, 30), max_size=100), st.integers(1, 20))
def test_never_more_than_the_rate(pauses: list[float], most: int) -> None:
    """In whatever rhythm they come, no more pass than the bucket held and what came in since."""
    rates, now, passed = Rates(most), 0.0, 0
    for pause in pauses:
        now += pause
        passed += rates.verdict(A, now) is None
    assert passed <= most + now * most / 60 + 1e-6


def test_clients_are_bounded() -> None:
    """Clients without end push out the one that was not seen for longest."""
    rates = Rates(1)
    for n in range(module.MOST + 10):
        rates.verdict(A + n, 0)
    assert len(rates) == module.MOST
    assert rates.verdict(A, 0) is None  # forgotten, and so has a new one

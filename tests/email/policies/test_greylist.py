import asyncio
from ipaddress import ip_address

from interfaces.email.policies.greylist import WINDOW, Greylist, Memory
from interfaces.shared.delivery import Verdict

A, B, OTHER = "192.0.2.1", "192.0.2.200", "198.51.100.1"


def grey(store: Memory | None = None) -> Greylist:
    """Five minutes of delay, a month of belief."""
    return Greylist(300, 2_592_000, Memory() if store is None else store)


def said(
    list_: Greylist, client: str, now: float, sender: str = "a@a.example", to: str = "b@b.example"
) -> str | None:
    """What a client is told."""
    found = asyncio.run(list_.verdict(ip_address(client), sender, to, now))
    return found.kind if found else None


def test_the_second_attempt_counts_after_the_delay() -> None:
    """A stranger is put off until the delay is over; then the network is believed, whoever it writes to."""
    one = grey()
    assert asyncio.run(one.verdict(ip_address(A), "a@a.example", "b@b.example", 0)) == Verdict(
        "defer", {"code": 451, "enhanced": "4.7.1", "text": "Greylisted, come again in 300 seconds"}
    )
    assert said(one, A, 299) == "defer"
    assert said(one, B, 300, "A@A.example") is None  # another of the same servers
    assert said(one, A, 301, "x@x.example", "y@y.example") is None
    assert said(one, OTHER, 301) == "defer"
    assert said(one, A, 300 + 2_592_000, "x@x.example") == "defer"


def test_each_sender_and_recipient_waits_for_itself() -> None:
    """Nobody waits in another's place."""
    one = grey()
    assert said(one, A, 0) == "defer"
    assert said(one, A, 400, "other@a.example") == "defer"
    assert said(one, A, 400, to="other@b.example") == "defer"
    assert said(one, A, 401) is None


def test_who_comes_too_late_is_a_stranger_again() -> None:
    """An attempt that comes after the window is a first one."""
    one = grey()
    assert said(one, A, 0) == "defer"
    assert said(one, A, WINDOW + 1) == "defer"
    assert said(one, A, WINDOW + 302) is None


def test_memory_is_bounded() -> None:
    """Strangers without end push out the oldest, and nothing grows."""
    store = Memory(3)
    one = grey(store)
    for n in range(10):
        said(one, A, n, f"{n}@a.example")
    assert len(store) == 3
    assert said(one, A, 1000, "9@a.example") is None

"""How long a supervisor waits, when it gives up, and the waiting for the first of several."""

import asyncio
import sys

import pytest

from interfaces.http_ws.interface import HttpWs, HttpWsOptions
from interfaces.runner.options import ServeOptions
from interfaces.runner.supervisor import Failures, first_of, supervise


def test_who_lived_long_is_replaced_at_once() -> None:
    """A worker that had proved itself needs no pause."""
    assert Failures().pause(3600, was_up=True) == 0


def test_pauses_double_up_to_the_longest() -> None:
    """Early deaths in a row: 0.25, 0.5, 1, 2, 4, 8, 10, 10 s."""
    failures = Failures()
    assert [failures.pause(1, was_up=True) for _ in range(8)] == [0.25, 0.5, 1, 2, 4, 8, 10, 10]
    assert not failures.hopeless


def test_a_long_life_starts_the_count_anew() -> None:
    """After one that lived, the next early death costs the shortest pause."""
    failures = Failures()
    for _ in range(5):
        failures.pause(1, was_up=True)
    failures.pause(Failures.LIVED, was_up=True)
    assert failures.pause(1, was_up=True) == Failures.FIRST


def test_a_slow_failure_to_start_is_a_failure() -> None:
    """A start that took long and failed is no long life."""
    assert Failures().pause(3600, was_up=False) == Failures.FIRST


def test_starts_that_fail_in_a_row_are_hopeless() -> None:
    """So many and no fewer; one success in between counts from the beginning."""
    failures = Failures()
    for _ in range(Failures.STARTS - 1):
        failures.pause(1, was_up=False)
    assert not failures.hopeless
    failures.pause(1, was_up=True)
    for _ in range(Failures.STARTS):
        assert not failures.hopeless
        failures.pause(1, was_up=False)
    assert failures.hopeless


def test_first_of_cancels_the_others() -> None:
    """The first result comes back when the others have ended."""
    ended: list[str] = []

    async def long() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("long")
        return 1

    async def short() -> int:
        return 2

    async def run() -> int:
        return await first_of(long(), short())

    assert asyncio.run(run()) == 2
    assert ended == ["long"]


def test_a_mistake_in_the_binds_is_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in one line, before any process is started."""
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "interfaces/__main__.py", raising=False)
    interface = HttpWs(HttpWsOptions(bind=("http://x",)))
    assert supervise([(interface, ("http",))], ServeOptions(workers=2)) == 2
    assert capsys.readouterr().err.startswith("interfaces: bind http://x: ")

"""Readiness: which parts suffice, and what is said of them."""

from interfaces.runner.readiness import Readiness


def test_nothing_told_is_not_ready() -> None:
    """A process in which no part has spoken yet gets no work."""
    assert not Readiness().ok


def test_one_process_needs_all_of_its_parts() -> None:
    """One part that cannot work makes the process unready, and its reason is shown."""
    readiness = Readiness()
    readiness.tell("http", True)
    assert readiness.ok
    readiness.tell("layer", False, "no broker")
    assert not readiness.ok
    assert readiness.lines == ["http: ok", "layer: no broker"]


def test_workers_need_one_of_them() -> None:
    """Side by side, one that is ready is enough."""
    readiness = Readiness(enough=any)
    readiness.tell("worker 1", False)
    assert not readiness.ok
    readiness.tell("worker 2", True)
    assert readiness.ok
    assert readiness.lines == ["worker 1: not ready", "worker 2: ok"]


def test_draining_is_never_ready() -> None:
    """What drains gets no new work, however well its parts are."""
    readiness = Readiness(draining=True)
    readiness.tell("http", True)
    assert not readiness.ok
    assert readiness.lines[-1] == "draining"


def test_each_change_is_told() -> None:
    """Whoever asked hears of every word."""
    heard: list[str] = []
    readiness = Readiness(on_change=lambda: heard.append("change"))
    readiness.tell("http", True)
    readiness.tell("http", False)
    assert heard == ["change", "change"]

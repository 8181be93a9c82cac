"""How long a supervisor waits, when it gives up, and what it does with its workers."""

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.http_ws.interface import HttpWs, HttpWsOptions
from interfaces.runner.options import ServeOptions
from interfaces.runner.supervisor import EARLY, GRACE, STARTED, Failures, Supervisor, first_of, supervise
from tests.runner.virtual import Held, Life, Nursery, run


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

    async def both() -> int:
        return await first_of(long(), short())

    assert asyncio.run(both()) == 2
    assert ended == ["long"]


def test_a_mistake_in_the_binds_is_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in one line, before any process is started."""
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "interfaces/__main__.py", raising=False)
    interface = HttpWs(HttpWsOptions(bind=("http://x",)))
    assert supervise([(interface, ("http",))], ServeOptions(workers=2)) == 2
    assert capsys.readouterr().err.startswith("interfaces: bind http://x: ")


# --- with processes that are none, in a time that passes at once ------------------------------------------


class Scene:
    """A supervisor over processes that are none."""

    def __init__(self, nursery: Nursery, **options: Any) -> None:
        self.nursery, self.held = nursery, Held()
        self.options = ServeOptions(
            **{"workers": 2, "ops_bind": "", "drain": 5.0, "drain_delay": 0.0} | options
        )

    def run(self, *told: tuple[float, str | signal.Signals]) -> int:
        """The exit code; ``told`` is what is told when: "roll", or a signal."""

        async def main() -> int:
            self.supervisor = Supervisor(self.held, self.options)
            loop = asyncio.get_running_loop()
            for when, what in told:
                if what == "roll":
                    loop.call_later(when, signal.raise_signal, signal.SIGHUP)
                else:
                    loop.call_later(when, signal.raise_signal, what)
            return await self.supervisor.run()

        return int(run(main()))


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scene]:
    """Make a scene of lives."""

    def made(lives: Mapping[int, list[Life | OSError]] | None = None, **options: Any) -> Scene:
        return Scene(Nursery(lives or {}).install(monkeypatch), **options)

    return made


TERM = signal.SIGTERM


def test_all_are_started_and_drained(scene, capsys: pytest.CaptureFixture[str]) -> None:
    """The first alone until it is up, then the others; told to stop, all are told at once, and 0 is the code."""
    played = scene({1: [Life(up=2.0, drains=1.0)], 2: [Life(drains=3.0)]}, workers=3)
    assert played.run((10, TERM)) == 0
    story = played.nursery.story
    assert story[:3] == [(0, "1a starts"), (2, "1a up"), (2, "2a starts")]
    assert {what for when, what in story if when == 10} >= {"1a told", "2a told", "3a told"}
    assert story[-1] == (13, "2a ends")
    assert played.held.closed
    said = capsys.readouterr().err.splitlines()
    assert "interfaces: http on 127.0.0.1:8000 for app" in said[0]
    assert "3 workers" in said[1]
    assert said[-2:] == [
        "interfaces: stopping: finishing what is in flight, for 5 s at most",
        "interfaces: stopped",
    ]


def test_sigint_stops_as_sigterm_does(scene) -> None:
    """Ctrl+C at the terminal drains."""
    played = scene()
    assert played.run((1, signal.SIGINT)) == 0
    assert {what for what in played.nursery.said if what.endswith("told")} == {"1a told", "2a told"}


@pytest.mark.parametrize(("code", "gives"), [(2, 2), (1, 1), (3, 3), (-9, 1), (0, 1)])
def test_what_the_first_cannot_start_with_ends_the_whole(
    scene, capsys: pytest.CaptureFixture[str], code: int, gives: int
) -> None:
    """With its code, as in one process, and without starting another; one that said nothing is told of."""
    played = scene({1: [Life(up=None, ends=1.0, code=code)]})
    assert played.run() == gives
    assert played.nursery.said == ["1a starts", "1a ends"]
    told = "the application did not start: its process " in capsys.readouterr().err
    assert told is (code <= 0)


def test_who_dies_early_is_waited_for_longer_each_time(scene, caplog: pytest.LogCaptureFixture) -> None:
    """A quarter of a second, a half, one; who lived is replaced at once. The others are not touched."""
    lives = [
        Life(ends=1.0, code=1),
        Life(ends=1.0, code=1),
        Life(ends=1.0, code=-11),
        Life(ends=60.0),
        Life(),
    ]
    played = scene({2: lives})
    assert played.run((100, TERM)) == 0
    starts = [when for when, what in played.nursery.story if what.startswith("2") and what.endswith("starts")]
    assert starts == [0, 1.25, 2.75, 4.75, 64.75]
    assert [what for what in played.nursery.said if what.startswith("1")] == [
        "1a starts",
        "1a up",
        "1a told",
        "1a ends",
    ]
    assert "worker 2c was ended by SIGSEGV after 1.0 s; the next starts in 1 s" in caplog.text


def test_when_none_can_be_started_it_gives_up(scene, capsys: pytest.CaptureFixture[str]) -> None:
    """The last that served is gone and five starts have failed: the code is theirs, and no process is left."""
    broken = [Life(up=None, ends=0.5, code=3) for _ in range(5)]
    played = scene({1: [Life(ends=20.0), *broken]}, workers=1)
    assert played.run() == 3
    assert "no worker can be started: 5 in a row failed" in capsys.readouterr().err
    assert not any(child.alive for child in played.nursery.children)
    assert played.nursery.said.count("1f ends") == 1


def test_while_another_serves_it_never_gives_up(scene) -> None:
    """Failed starts of one are tried again, at least each ten seconds."""
    broken = [Life(up=None, ends=0.0, code=3) for _ in range(12)]
    played = scene({2: broken})
    assert played.run((100, TERM)) == 0
    starts = [when for when, what in played.nursery.story if what.startswith("2") and what.endswith("starts")]
    assert len(starts) == 13
    assert starts[-1] - starts[-2] == Failures.LONGEST


def test_the_system_may_have_no_process_for_a_while(scene, caplog: pytest.LogCaptureFixture) -> None:
    """It is asked again after ten seconds, and the reason is in the log."""
    played = scene({2: [Life(ends=30.0), OSError("no memory"), OSError("no memory"), Life()]})
    assert played.run((100, TERM)) == 0
    assert caplog.text.count("worker 2 cannot be started: no memory") == 2
    assert played.nursery.at("2b starts") == 30 + 2 * Failures.LONGEST


def test_sighup_replaces_one_after_the_other(scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Each successor is up before the old one is told, and the next waits until that has ended."""
    played = scene({1: [Life(drains=2.0), Life(up=1.0)], 2: [Life(drains=2.0), Life(up=1.0)]})
    assert played.run((10, "roll"), (100, TERM)) == 0
    assert [(when, what) for when, what in played.nursery.story if 10 <= when < 100] == [
        (10, "1b starts"),
        (11, "1b up"),
        (11, "1a told"),
        (13, "1a ends"),
        (13, "2b starts"),
        (14, "2b up"),
        (14, "2a told"),
        (16, "2a ends"),
    ]
    assert "replaced 2 of 2 workers" in capsys.readouterr().err


def test_a_successor_that_fails_leaves_the_old_one(
    scene, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """One that ends, one that hangs and one that the system has no process for; each time the old one serves on."""
    hangs, broken = Life(up=None), Life(up=None, ends=1.0, code=1)
    played = scene({1: [Life(), broken], 2: [Life(), hangs], 3: [Life(), OSError("no memory")]},
                   workers=3, start_timeout=7.0)  # fmt: skip
    assert played.run((10, "roll"), (50, TERM)) == 0
    assert played.nursery.at("2b killed") - played.nursery.at("2b starts") == 7
    assert [what for when, what in played.nursery.story if what.endswith("told") and when < 50] == []
    assert "replaced 0 of 3 workers" in capsys.readouterr().err
    assert "the successor of worker 1 ended with code 1 before it was ready" in caplog.text
    assert "the successor of worker 2 was ended by SIGKILL before it was ready" in caplog.text


def test_an_old_one_that_does_not_end_is_killed(scene) -> None:
    """After the drain and a grace, and the roll goes on."""
    played = scene({1: [Life(drains=None)]})
    assert played.run((10, "roll"), (200, TERM)) == 0
    assert played.nursery.at("1a killed") == 10 + 5 + GRACE
    assert played.nursery.at("2b starts") == played.nursery.at("1a ends")


def test_one_that_ends_while_it_is_replaced_is_not_replaced_twice(
    scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Its end is expected, whatever its code: no pause, no third process, and not a word of it."""
    played = scene({1: [Life(drains=2.0, code=1)]})
    assert played.run((10, "roll"), (100, TERM)) == 0
    assert [what for what in played.nursery.said if what.startswith("1") and "starts" in what] == [
        "1a starts",
        "1b starts",
    ]
    assert "the next starts" not in caplog.text


def test_one_that_ends_badly_makes_it_no_clean_drain(scene) -> None:
    """Exit code 1 tells whoever watches that something was cut."""
    assert scene({2: [Life(drains=1.0, code=1)]}).run((10, TERM)) == 1
    assert scene({2: [Life(drains=None)]}).run((10, TERM)) == 1


def test_one_that_is_not_up_yet_is_told_first(scene) -> None:
    """It holds the sockets without accepting; the others follow when it has ended. Its code does not count."""
    played = scene({2: [Life(up=60.0, drains=0.5, code=-15)]})
    assert played.run((10, TERM)) == 0
    assert played.nursery.at("2a told") == 10
    assert played.nursery.at("1a told") == 10.5
    stubborn = scene({2: [Life(up=60.0, drains=4.0)]})
    assert stubborn.run((10, TERM)) == 0
    assert stubborn.nursery.at("1a told") == 10 + EARLY


@pytest.mark.parametrize(("up", "told"), [(13.0, 13.0), (60.0, 10 + STARTED)])
def test_with_sockets_of_their_own_those_that_start_may_get_ready(scene, up: float, told: float) -> None:
    """What waits in the socket of one waits for that one alone; for a time, and no longer."""
    played = scene({2: [Life(up=up)]}, reuse_port=True)
    assert played.run((10, TERM)) == 0
    assert played.nursery.at("2a told") == told
    assert played.nursery.at("1a told") >= told


def test_a_load_balancer_has_time_to_notice(scene) -> None:
    """Not ready from the first moment; nobody is told before the delay is over."""
    played = scene(drain_delay=4.0)
    assert played.run((10, TERM)) == 0
    assert played.nursery.at("1a told") == 14
    assert played.supervisor.readiness.draining
    assert not played.supervisor.readiness.ok


def test_one_worker_is_enough_to_be_ready(scene) -> None:
    """What each says is a line; one that ended is told until its successor is up."""
    seen: list[tuple[bool, list[str]]] = []

    async def main(played: Scene) -> None:
        made = Supervisor(played.held, played.options)
        working = asyncio.ensure_future(made.work())
        for seconds in (0.5, 5.0, 1.0):
            await asyncio.sleep(seconds)
            seen.append((made.readiness.ok, made.readiness.lines))
        working.cancel()
        await asyncio.wait({working})
        assert made.counted["http.refused"] > 0

    run(main(scene({1: [Life(up=1.0)], 2: [Life(ends=4.0, code=1), Life(up=60.0)]})))
    assert seen == [
        (False, ["worker 1: starting"]),
        (True, ["worker 1: ok", "worker 2: starting"]),
        (True, ["worker 1: ok", "worker 2: starting"]),
    ]


class Told(SimpleNamespace):
    """A worker that has said something."""

    __hash__ = object.__hash__


def test_what_all_workers_tell_is_told_together(scene) -> None:
    """Gauges of those that live, with how many should; what each counted, those that are gone included; who listens."""

    async def main(played: Scene) -> None:
        made = Supervisor(played.held, played.options)
        made._count({"http.refused": 2, "x": 0.5})
        made._count({"http.refused": 1})
        for number, ok in ((1, True), (2, False)):
            child = Told(
                number=number, pid=number + 10, ok=ok, lines=["http: ok"], gauges={"interfaces_processes": 1.0},
                banner=(["http on here"] if ok else [], "asyncio"),
            )  # fmt: skip
            made.alive.add(child)
            made.current[number] = child
        ops = made._tells()
        assert ops.counters() == {"http.refused": 3, "x": 0.5}
        wanted = played.options.workers
        assert ops.gauges() == {"interfaces_processes": 2, "interfaces_processes_wanted": wanted}
        assert ops.facts() == {
            "listens": ["http on here"],
            "workers": [
                {"number": 1, "pid": 11, "ok": True, "lines": ["http: ok"]},
                {"number": 2, "pid": 12, "ok": False, "lines": ["http: ok"]},
            ],
        }
        ops.stop()
        assert made._stop.is_set()

    run(main(scene({})))


def test_told_twice_it_stops_at_once(
    scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All are killed, whatever they still have in flight, and the code is 1."""
    codes: list[int] = []
    monkeypatch.setattr("interfaces.runner.supervisor.os._exit", codes.append)
    played = scene({number: [Life(drains=None)] for number in (1, 2)})
    played.run((10, TERM), (11, TERM))
    assert codes == [1]
    assert played.nursery.at("1a killed") == played.nursery.at("2a killed") == 11
    assert played.held.closed
    assert "SIGTERM again: stopping at once" in capsys.readouterr().err


def test_told_while_the_first_starts_it_stops(scene) -> None:
    """Nothing has served yet: the one that starts is told, and that is all."""
    played = scene({1: [Life(up=60.0, code=-15)]})
    assert played.run((3, TERM)) == 0
    assert played.nursery.said == ["1a starts", "1a told", "1a ends"]


@given(
    st.lists(st.tuples(st.floats(0, 30), st.sampled_from([0, 1, -9])), max_size=6),
    st.lists(st.floats(1, 60), max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_whatever_becomes_of_them_there_is_one_of_each_number(
    deaths: list[tuple[float, int]], rolls: list[float]
) -> None:
    """Any deaths and any rolls: at the end each number has one process, all are told, and none is left."""
    with pytest.MonkeyPatch.context() as patch:
        lives: list[Life | OSError] = [Life(ends=ends, code=code) for ends, code in deaths]
        nursery = Nursery({2: [*lives]}).install(patch)
        played = Scene(nursery)
        assert played.run(*((when, "roll") for when in rolls), (300, TERM)) == 0
    assert not any(child.alive for child in nursery.children)
    last = {child.number: child for child in nursery.children}
    assert all(child.told and child.was_up for child in last.values())
    assert len(played.supervisor.alive) == 0

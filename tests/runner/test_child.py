"""A supervisor's side of a worker: started, heard, ended."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping

import pytest

from interfaces.runner import child as module
from interfaces.runner.child import Child, command, ending
from interfaces.shared.errors import ConfigError

HELLO = """
import json, os, socket, signal, sys
facts = json.loads(os.environ["_INTERFACES_WORKER"])
line = socket.socket(fileno=facts["control"])
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
"""
SAYS = """
line.send(b'{"ok": true, "lines": ["http: ok"], "where": ["here"], "loop": "uvloop"}\\n')
"""
COUNTS = """
line.send(b'{"counts": {"http.refused": 2}}\\n')
"""
UP = HELLO + SAYS
STAYS = UP + "while True: signal.pause()\n"
DRAINS = (
    HELLO + "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n" + SAYS + "while True: signal.pause()\n"
)
STUBBORN = HELLO + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SAYS + "while True: signal.pause()\n"


@pytest.fixture
def supervised(monkeypatch: pytest.MonkeyPatch):
    """Run a coroutine function with a child of a given program, whose end SIGCHLD tells."""

    def run(program: str, then: Callable[[Child], Awaitable[None]]) -> list[str]:
        monkeypatch.setattr(module, "command", lambda: [sys.executable, "-c", program])
        changes: list[str] = []

        async def main() -> None:
            child = Child(1, {}, lambda child: changes.append(f"{child.ok} {child.lines}"))
            asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, child.poll)
            try:
                async with asyncio.timeout(20):
                    await then(child)
            finally:
                child.kill()
                await child.ended()

        asyncio.run(main())
        return changes

    return run


def test_a_child_is_up_when_it_says_so(supervised) -> None:
    """Its word gives readiness and the banner's facts."""

    async def look(child: Child) -> None:
        assert not child.was_up
        assert await child.up()
        assert child.ok and child.was_up and child.alive
        assert child.banner == (["here"], "uvloop")

    changes = supervised(STAYS, look)
    assert changes == ["True ['http: ok']", "False ['was ended by SIGKILL']"]


def test_what_a_child_has_counted_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes nothing about how the child does."""
    monkeypatch.setattr(module, "command", lambda: [sys.executable, "-c", UP + COUNTS])
    changes: list[Child] = []
    counts: list[Mapping[str, int]] = []

    async def main() -> None:
        child = Child(1, {}, changes.append, counts.append)
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, child.poll)
        async with asyncio.timeout(20):
            await child.ended()

    asyncio.run(main())
    assert counts == [{"http.refused": 2}]
    assert len(changes) == 2  # it is up, and it has ended


GAUGES = """
line.send(b'{"gauges": {"interfaces_processes": 1, "x": 2}}\\n')
"""


def test_what_is_so_at_a_child_is_known_as_long_as_it_lives(supervised) -> None:
    """What it said last; one that has ended is no part of any sum."""

    async def look(child: Child) -> None:
        assert child.gauges == {}
        await child.up()
        while not child.gauges:
            await asyncio.sleep(0)
        assert child.gauges == {"interfaces_processes": 1, "x": 2}
        child.kill()
        await child.ended()
        assert child.gauges == {}

    supervised(UP + GAUGES + "signal.pause()\n", look)


def test_all_that_a_child_has_said_is_heard_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much that is."""
    much = 'for n in range(3000): line.sendall(b\'{"counts": {"a": 1, "%s": 0}}\\n\' % (b"x" * 40))\n'
    monkeypatch.setattr(module, "command", lambda: [sys.executable, "-c", HELLO + much])
    counts: list[Mapping[str, float]] = []

    async def main() -> None:
        child = Child(1, {}, lambda child: None, counts.append)
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, child.poll)
        async with asyncio.timeout(20):
            await child.ended()

    asyncio.run(main())
    assert sum(said["a"] for said in counts) == 3000


def test_a_child_that_ends_before_is_not_up(supervised) -> None:
    """The exit code is told as well."""

    async def look(child: Child) -> None:
        assert not await child.up()
        assert await child.ended() == 7
        assert not child.told and not child.alive

    assert supervised("raise SystemExit(7)", look) == ["False ['ended with code 7']"]


def test_what_it_said_last_is_heard(supervised) -> None:
    """A child that was ready and ended at once was ready."""

    async def look(child: Child) -> None:
        assert await child.ended() == 0
        assert child.was_up

    supervised(UP, look)


def test_a_drain_asks_once(supervised) -> None:
    """SIGTERM lets it end by itself, with its own code, however often it is asked."""

    async def look(child: Child) -> None:
        await child.up()
        child.drain()
        assert await child.end(20) == 0
        assert child.told

    supervised(DRAINS, look)


def test_a_drain_has_an_end(supervised, caplog: pytest.LogCaptureFixture) -> None:
    """Who does not end in time is killed, and that is logged."""

    async def look(child: Child) -> None:
        await child.up()
        assert await child.end(0.05) == -signal.SIGKILL

    supervised(STUBBORN, look)
    assert "was not done after 0.05 s and is killed" in caplog.text


def test_what_the_service_manager_says_is_not_for_children(
    supervised, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither READY=1 nor the watchdog is a worker's business, nor are systemd's sockets."""
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere")
    monkeypatch.setenv("WATCHDOG_USEC", "1")
    seen: list[object] = []

    async def look(child: Child) -> None:
        await child.ended()
        seen.extend(child.lines)

    environ = 'raise SystemExit(3 if {"NOTIFY_SOCKET", "WATCHDOG_USEC"} & os.environ.keys() else 4)'
    supervised(f"import os; {environ}", look)
    assert seen == ["ended with code 4"]


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "ended with code 0"), (-9, "was ended by SIGKILL"), (-63, "was ended by signal 63")],
)
def test_an_end_in_words(code: int, words: str) -> None:
    """A code, a signal's name, or its number where it has none."""
    assert ending(code) == words


def test_the_command_is_the_one_that_started_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same interpreter and the same words, options of Python among them."""
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "interfaces/__main__.py", raising=False)
    monkeypatch.setattr(sys, "orig_argv", ["python", "-X", "dev", "-m", "interfaces", "serve"])
    assert command() == [sys.executable, "-X", "dev", "-m", "interfaces", "serve"]


def test_a_prompt_cannot_be_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no file to run."""
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    with pytest.raises(ConfigError, match="a program that can be started again"):
        command()

"""Twisted's reactor on a loop that runs already."""

import asyncio
import logging
import sys
import threading
from typing import Any

import pytest

from interfaces.shared.endpoint import reactor
from interfaces.shared.errors import ConfigError
from tests.shared import twisted_tools
from tests.shared.twisted_tools import until

run = twisted_tools.run
twisted_anew = twisted_tools.twisted_anew


def test_the_reactor_lives_on_the_loop_and_ends_with_it(run: Any) -> None:
    """It is made once, is what Twisted's own code imports, runs threads and timers, and leaves no thread."""

    async def steps() -> None:
        loop = asyncio.get_running_loop()
        made = reactor(loop)
        from twisted.internet import reactor as imported
        from twisted.internet.task import deferLater
        from twisted.internet.threads import deferToThread

        assert made is imported is reactor(loop)
        assert made.running
        assert await deferToThread(lambda: 5).asFuture(loop) == 5
        assert await deferLater(made, 0.001, lambda: 6).asFuture(loop) == 6

    before = threading.active_count()
    run(steps())
    assert threading.active_count() == before
    assert not sys.modules["twisted.internet.reactor"].running
    run(steps())


def test_twisted_does_not_stop_a_loop_that_is_not_its_own(run: Any) -> None:
    """reactor.stop() ends Twisted's part; the loop goes on."""

    async def steps() -> None:
        made = reactor(asyncio.get_running_loop())
        ended: list[int] = []
        made.addSystemEventTrigger("before", "shutdown", ended.append, 1)
        made.stop()
        await until(lambda: not made.running)
        assert ended == [1]
        await asyncio.sleep(0.001)

    run(steps())


def test_a_reactor_that_runs_elsewhere_is_not_taken(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process has one reactor: whoever runs it on another loop is told."""

    class Foreign:
        running = True

    monkeypatch.setitem(sys.modules, "twisted.internet.reactor", Foreign())

    async def steps() -> None:
        with pytest.raises(ConfigError, match="not on this event loop"):
            reactor(asyncio.get_running_loop())

    run(steps())


def test_a_reactor_of_this_loop_is_shared() -> None:
    """Inside a program of Twisted's that runs on asyncio already, its reactor serves."""
    from twisted.internet.asyncioreactor import AsyncioSelectorReactor
    from twisted.internet.main import installReactor

    async def steps() -> None:
        loop = asyncio.get_running_loop()
        theirs = AsyncioSelectorReactor(loop)
        installReactor(theirs)
        theirs.startRunning(installSignalHandlers=False)
        assert reactor(loop) is theirs
        theirs.removeReader(theirs.waker)
        theirs.waker.connectionLost(None)

    asyncio.run(steps())


def test_a_reactor_that_never_ran_is_replaced(
    run: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Daphne among the INSTALLED_APPS installs one when it is imported; that is told, and no obstacle."""

    class Idle:
        running = False

    monkeypatch.setitem(sys.modules, "twisted.internet.reactor", Idle())

    async def steps() -> None:
        assert reactor(asyncio.get_running_loop()).running

    with caplog.at_level(logging.WARNING, "interfaces.listen"):
        run(steps())
    assert "INSTALLED_APPS" in caplog.text

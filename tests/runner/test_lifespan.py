"""The lifespan scope, with applications of every kind."""

import asyncio
import logging
from typing import Any

import pytest

from interfaces.runner.lifespan import Lifespan
from interfaces.shared.errors import ApplicationError


async def whole(scope: Any, receive: Any, send: Any) -> None:
    """An application that speaks lifespan."""
    assert (await receive())["type"] == "lifespan.startup"
    scope["state"]["pool"] = 7
    await send({"type": "lifespan.startup.complete"})
    assert (await receive())["type"] == "lifespan.shutdown"
    scope["state"]["pool"] = None
    await send({"type": "lifespan.shutdown.complete"})


async def unknown(scope: Any, receive: Any, send: Any) -> None:
    """One that refuses the scope, as Django's handler does."""
    raise ValueError("only http")


async def broken(scope: Any, receive: Any, send: Any) -> None:
    """One that knows the scope, and fails in it."""
    await receive()
    raise ValueError("no database")


async def silent(scope: Any, receive: Any, send: Any) -> None:
    """One that returns without a word."""


async def failing(scope: Any, receive: Any, send: Any) -> None:
    """One that says that it cannot start."""
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})


def run(app: Any, mode: str = "auto", seconds: float = 5.0) -> dict[str, Any]:
    """Start and end the application; its state in between."""

    async def both() -> dict[str, Any]:
        lifespan = Lifespan(app, mode)
        await lifespan.startup()
        state = dict(lifespan.state)
        await lifespan.shutdown(seconds)
        return state

    return asyncio.run(both())


def test_state_is_the_applications() -> None:
    """What it puts into the state during startup is there for the scopes."""
    assert run(whole) == {"pool": 7}


@pytest.mark.parametrize("app", [unknown, silent])
def test_auto_goes_on_without(app: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An application that does not know the scope is served, and nobody is troubled."""
    assert run(app) == {}
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_auto_tells_of_a_mistake(caplog: pytest.LogCaptureFixture) -> None:
    """One that took the event and raised has made a mistake: served without, as specified, but told."""
    run(broken)
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "ValueError: no database" in record.getMessage()
    assert "interfaces/shared" not in record.getMessage()


@pytest.mark.parametrize(("app", "words"), [(unknown, "only http"), (broken, "no database"),
                                            (silent, "without a word")])  # fmt: skip
def test_on_wants_it(app: Any, words: str) -> None:
    """With "on" each of these is the application's error, with its own frames."""
    with pytest.raises(ApplicationError, match=words) as caught:
        run(app, "on")
    assert "interfaces/shared" not in str(caught.value)


def test_off_does_not_ask() -> None:
    """With "off" the application is not called."""
    assert run(failing, "off") == {}


@pytest.mark.parametrize("mode", ["auto", "on"])
def test_failed_is_failed(mode: str) -> None:
    """startup.failed ends it in either mode, with the application's message."""
    with pytest.raises(ApplicationError, match="did not start: no database"):
        run(failing, mode)


def test_a_slow_shutdown_has_a_deadline(caplog: pytest.LogCaptureFixture) -> None:
    """Who is not done in time is ended, and that is logged."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.Event().wait()

    run(slow, seconds=0.01)
    assert "not done with its shutdown after 0.01 s" in caplog.text


def test_a_failed_shutdown_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The process ends all the same."""

    async def unclean(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.failed", "message": "no flush"})

    run(unclean)
    assert "the application's shutdown failed: no flush" in caplog.text


def test_what_does_not_fit_is_refused() -> None:
    """An event of another protocol, or a second answer, raises in the application."""
    raised: list[str] = []

    async def wrong(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        for kind in ("http.response.start", "lifespan.startup.complete", "lifespan.startup.complete"):
            try:
                await send({"type": kind})
            except RuntimeError as error:
                raised.append(str(error))
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    run(wrong)
    assert raised == ["http.response.start does not fit here", "lifespan.startup.complete does not fit here"]


def test_a_startup_that_is_given_up_ends_the_application() -> None:
    """Told to stop while it starts, the application is cancelled and not asked for a shutdown."""
    heard: list[str] = []

    async def hanging(scope: Any, receive: Any, send: Any) -> None:
        try:
            heard.append((await receive())["type"])
            heard.append((await receive())["type"])
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    async def give_up() -> None:
        lifespan = Lifespan(hanging, "auto")
        starting = asyncio.ensure_future(lifespan.startup())
        while not heard:
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait({starting})
        await lifespan.shutdown(5)

    asyncio.run(give_up())
    assert heard == ["lifespan.startup", "cancelled"]

"""Serving from code."""

import asyncio
from typing import Any

import pytest

from interfaces.runner import api
from interfaces.runner.api import Server, run
from interfaces.shared.errors import ApplicationError, ConfigError


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers 204 with what its lifespan left in the state."""
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["word"] = b"kept"
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send(
        {"type": "http.response.start", "status": 204, "headers": [(b"x-word", scope["state"]["word"])]}
    )
    await send({"type": "http.response.body"})


def test_a_server_lives_inside_a_running_loop() -> None:
    """Entered it answers at its address, left it refuses; the options are those it was made with."""

    async def ask() -> bytes:
        async with Server(application, "http", http_bind=("127.0.0.1:0",), drain=3) as server:
            assert server.options.drain == 3
            (address,) = server.addresses
            reader, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(address.host, address.port)
        return answer

    answer = asyncio.run(ask())
    assert answer.startswith(b"HTTP/1.1 204") and b"x-word: kept" in answer


def test_before_it_is_entered_it_is_nowhere() -> None:
    """There are no addresses yet."""
    assert Server(application).addresses == []


def test_an_application_may_be_named() -> None:
    """As on the command line, with its errors."""

    async def status() -> bytes:
        async with Server("tests.runner.test_api:application", "http", http_bind=("127.0.0.1:0",)) as server:
            address = server.addresses[0]
            reader, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
            answer = await reader.readline()
            writer.close()
        return answer

    assert asyncio.run(status()) == b"HTTP/1.1 204 No Content\r\n"
    with pytest.raises(ConfigError, match="no attribute 'nothing'"):
        run("tests.runner.test_api:nothing", "http", http_bind=("127.0.0.1:0",))


def test_a_misspelt_option_is_refused() -> None:
    """Keywords are checked as flags are."""
    with pytest.raises(ConfigError, match="drian"):
        Server(application, drian=3)
    with pytest.raises(ConfigError, match="drian"):
        run(application, drian=3)


def test_an_application_that_does_not_start_raises_on_entry() -> None:
    """The caller gets ApplicationError, and nothing listens."""

    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    async def enter() -> None:
        async with Server(failing, http_bind=("127.0.0.1:0",)):
            raise AssertionError("entered")

    with pytest.raises(ApplicationError, match="no database"):
        asyncio.run(enter())


@pytest.mark.parametrize(
    ("options", "supervisor"), [({}, False), ({"workers": 2}, True), ({"reload": True}, True)]
)
def test_run_serves_or_supervises(
    options: dict[str, Any], supervisor: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process serves by itself; with workers or reload this one supervises."""
    monkeypatch.setattr(api, "supervised", lambda chosen, options: 11)
    monkeypatch.setattr(api, "run_process", lambda app, chosen, options, **more: 12)
    assert run(application, **options) == (11 if supervisor else 12)

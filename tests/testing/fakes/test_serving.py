"""interfaces.testing.fakes.serving: who may ask a fake by HTTP."""

import asyncio
from typing import Any

import pytest

from interfaces.testing.fakes.serving import for_programs

HERE = "127.0.0.1:8003"


def asked(path: str, *headers: tuple[str, str], kind: str = "http") -> int:
    """The status of the answer; 0 where the fake was asked."""
    found = [0]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["path"] == path

    async def send(event: Any) -> None:
        found[0] = event.get("status", found[0])

    rows = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": kind, "path": path, "headers": rows}

    async def main() -> None:
        await for_programs(app)(scope, None, send)  # type: ignore[arg-type]

    asyncio.run(main())
    return found[0]


@pytest.mark.parametrize("host", [HERE, "localhost:8003", "localhost", "[::1]:8003", "127.0.0.1"])
def test_a_program_of_this_machine_may_ask(host: str) -> None:
    """By any name that it has."""
    assert asked("/api/chat.postMessage", ("host", host)) == 0


@pytest.mark.parametrize(
    "headers",
    [
        [("host", HERE), ("origin", "https://evil.example")],
        [("host", HERE), ("origin", "null")],
        [("host", HERE), ("sec-fetch-site", "cross-site")],
        [("host", HERE), ("sec-fetch-site", "same-site")],
        [("host", "evil.example:8003")],
        [("host", "127.0.0.1.evil.example")],
        [],
    ],
)
def test_a_page_may_not(headers: list[tuple[str, str]]) -> None:
    """Neither by a form, nor by a picture, nor by a name of its own that is pointed here."""
    assert asked("/api/chat.postMessage", *headers) == 403


def test_people_are_led_to_oauth() -> None:
    """By a link of the app's page; no page asks for it by itself."""
    link = [("host", HERE), ("sec-fetch-site", "cross-site")]
    assert asked("/oauth/v2/authorize", *link) == 0
    assert asked("/oauth/v2/authorize", *link, ("origin", "https://evil.example")) == 403
    assert asked("/oauth/v2/authorize", ("host", "evil.example")) == 403


def test_sockets_have_tickets() -> None:
    """Which no page knows."""
    assert asked("/link/", ("origin", "https://evil.example"), kind="websocket") == 0

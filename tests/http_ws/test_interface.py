"""The interface: its options, and serving on a socket of this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Any

import pytest

from interfaces.http_ws.interface import HttpWs, HttpWsOptions
from interfaces.http_ws.service import Service
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from tests.http_ws.harness import GET, answers, echo, scene


@asynccontextmanager
async def client(address: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to ``address``."""
    host, port = str(address).removeprefix("http://").rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


@scene
async def test_serving() -> None:
    """Entering listens and says that each name is ready; leaving drains."""
    ready: list[tuple[str, bool]] = []
    context = Context(
        names=("http", "ws"), on_ready=lambda name, ok, reason: ready.append((name, ok)), drain=5.0
    )
    async with HttpWs(HttpWsOptions(bind=("127.0.0.1:0",))).serve(echo, context) as addresses:
        assert ready == [("http", True), ("ws", True)]
        async with client(addresses[0]) as (reader, writer):
            writer.write(GET[:-2] + b"Connection: close\r\n\r\n")
            assert answers(await reader.read(), end=True)[0][2] == b"GET /? "


@scene
async def test_an_idle_client_does_not_hold_up_the_end() -> None:
    """Leaving closes a client that has been answered and says nothing more."""
    context = Context(names=("http",), drain=5.0)
    serving = HttpWs(HttpWsOptions(bind=("127.0.0.1:0",), drain_idle=0.1)).serve(echo, context)
    addresses = await serving.__aenter__()
    async with client(addresses[0]) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"? ")
        await serving.__aexit__(None, None, None)
        assert await reader.read() == b""


@pytest.mark.parametrize("path", ["x", "/", "/x/", "x/"])
def test_a_root_path_has_one_form(path: str) -> None:
    """A root path that would not fit before a path is the operator's mistake."""
    with pytest.raises(ConfigError, match="root-path"):
        HttpWsOptions(root_path=path)
    assert HttpWsOptions(root_path="/x").root_path == "/x"


def test_options_are_documented_and_frozen() -> None:
    """Every option says what it is, and none can be changed."""
    for field in fields(HttpWsOptions):
        assert field.metadata, field.name
    with pytest.raises(AttributeError):
        HttpWsOptions().bind = ()  # type: ignore[misc]


def test_limits_are_finite() -> None:
    """Every limit but the application's deadline and the origins has a finite default above zero."""
    options = HttpWsOptions()
    for field in fields(options):
        value = getattr(options, field.name)
        if type(value) in (int, float) and field.name != "app_timeout":
            assert 0 < value < float("inf"), field.name


@scene
async def test_limits_reach_their_places() -> None:
    """What the operator sets is what the wires are made with."""
    options = HttpWsOptions(
        max_request_line=1000, max_header_size=2000, max_headers=3, ws_max_message=4, ws_max_frame=5,
        ws_max_fragments=6,
        ws_deflate_takeover=True, ws_deflate_window=9, ws_deflate_level=1, ws_deflate_from=2, app_timeout=8.0,
    )  # fmt: skip
    service = Service(echo, options, Context(names=("http",)), asyncio.get_running_loop())
    head, frames, deflate = service.head_limits, service.ws_limits, service.deflating
    assert (head.line, head.size, head.fields) == (1000, 2000, 3)
    assert (frames.max_message, frames.max_frame, frames.max_fragments) == (4, 5, 6)
    assert (deflate.takeover, deflate.window_bits, deflate.level, deflate.compress_from) == (True, 9, 1, 2)
    assert (service.http, service.websocket, service.app_timeout) == (True, False, 8.0)

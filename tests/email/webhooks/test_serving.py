"""interfaces.email.webhooks.serving: which webhooks there are, mounted and alone."""

import asyncio
from contextlib import AsyncExitStack
from importlib import import_module

import pytest

from interfaces.email.intake import Intake
from interfaces.email.options import EmailOptions
from interfaces.email.webhooks.serving import FETCHES, Webhooks, provider, served
from interfaces.shared.errors import ConfigError
from interfaces.shared.webhook import Mounts
from tests.email.harness import Bench, scene
from tests.email.webhooks.desk import OPTIONS, Desk
from tests.email.webhooks.signing import mailgun


@scene
async def test_mounted_where_http_is_served():
    """And no more when mail has stopped."""
    async with Bench(**OPTIONS) as bench:
        mounts = bench.context.mounts = Mounts(bench.service.app, ["/email"])
        async with served(bench.service, bench.context) as addresses:
            assert addresses == [] and isinstance(mounts._mounted["/email"], Webhooks)
        assert not isinstance(mounts._mounted["/email"], Webhooks)


@scene
async def test_alone_they_listen():
    """Where there is no server of HTTP beside them; readiness has a name of theirs."""
    async with Bench(**OPTIONS, webhooks_bind=("127.0.0.1:0",)) as bench, AsyncExitStack() as stack:
        told = []
        bench.context.on_ready = lambda name, ok, why: told.append((name, ok))
        (address,) = await stack.enter_async_context(served(bench.service, bench.context))
        reader, writer = await asyncio.open_connection("127.0.0.1", address.port)
        writer.write(
            b"POST /email/mailgun HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        assert (await reader.read()).startswith(b"HTTP/1.1 415 ")
        writer.close()
        await writer.wait_closed()
        assert told == [("email webhooks", True)]


@scene
async def test_without_a_server_of_http_its_extra_is_named(monkeypatch):
    """One line; nothing is mounted or listened on."""
    monkeypatch.setattr("interfaces.email.webhooks.serving.import_module", _missing)
    async with Bench(**OPTIONS) as bench:
        with pytest.raises(ConfigError, match=r"^--email-webhooks needs httptools: pip install .*\[http\]'$"):
            async with served(bench.service, bench.context):
                raise AssertionError


def _missing(name):
    """As where the extra is not installed."""
    if name != "interfaces.http_ws.mounting":
        return import_module(name)
    raise ModuleNotFoundError("No module named 'httptools'", name="httptools")


def test_providers_may_be_written_in_one_word():
    """As lists of other options may."""
    options = EmailOptions(**(OPTIONS | {"webhooks": ("mailgun, ses", "postmark")}))
    assert options.providers == ("mailgun", "ses", "postmark")
    assert {name: provider(name, options).name for name in options.providers} == {
        name: name for name in options.providers
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/email/mailgun", 200),
        ("/email/mailgun/mime", 200),
        ("/email/other", 404),
        ("/email", 404),
        ("/email/", 404),
        ("/emails/mailgun", 404),
        ("/mailgun", 404),
    ],
)
@scene
async def test_a_provider_has_a_path_and_all_below_it(path: str, status: int) -> None:
    """Everything else is not found, and the application hears nothing of it."""
    async with Bench() as bench:
        desk = Desk(bench)
        assert (await desk.post(mailgun(), path))[0] == status
        assert len(desk.events) == (status == 200)


@scene
async def test_nothing_but_requests_is_served() -> None:
    """A WebSocket there is none of theirs."""
    async with Bench() as bench:
        with pytest.raises(NotImplementedError, match="websocket"):
            await Desk(bench).hooks({"type": "websocket", "path": "/email/mailgun"}, None, None)


@scene
async def test_so_many_are_fetched_at_once() -> None:
    """The next one waits until one of them is there."""
    async with Bench() as bench:
        running, go = [], asyncio.Event()

        async def fetch(url: str) -> bytes:
            running.append(url)
            await go.wait()
            return b""

        hooks = Webhooks(Intake(bench.service), EmailOptions(**OPTIONS), fetch=fetch)
        tasks = [asyncio.ensure_future(hooks.fetch(str(at))) for at in range(FETCHES + 2)]
        await bench.settle()
        assert running == [str(at) for at in range(FETCHES)]
        go.set()
        assert await asyncio.gather(*tasks) == [b""] * (FETCHES + 2)

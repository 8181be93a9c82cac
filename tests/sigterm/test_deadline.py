"""An application that does not end: after --drain the process ends all the same, and nothing of it is acknowledged."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from interfaces.shared.interface import LAST
from interfaces.testing.irc import FakeNetwork
from interfaces.testing.slack import FakeSlack
from interfaces.testing.sms import FakeSms
from interfaces.testing.sms.smsc import FakeSmsc
from tests.sigterm.taking import Taking, until
from tests.sigterm.test_email import Session

DRAIN = 0.5
HANGS = {"WORK": "60", "BEGUN": "1"}
Start = Callable[..., Taking]
"""Starts what serves, by its words."""


def heard(answer: Coroutine[Any, Any, Any], taken: Callable[[Any], bool]) -> asyncio.Task[bool]:
    """Whether the peer hears that it was taken, once it hears anything."""

    async def wait() -> bool:
        return taken(await answer)

    return asyncio.ensure_future(wait())


@asynccontextmanager
async def mail(start: Start) -> AsyncIterator[Any]:
    """A message that is complete: its reply is waited for."""
    server = start("serve", "email", "--email-bind", "127.0.0.1:0")
    session = await Session.to(await server.listens("email"))
    assert await session.begins() == 354
    yield heard(session.ends("hangs"), lambda code: code == 250)
    session.writer.close()


@asynccontextmanager
async def slack(start: Start) -> AsyncIterator[Any]:
    """An event of the Events API."""
    async with FakeSlack() as fake:
        words = ["--slack-api-url", fake.api_url, "--slack-bot-token", fake.bot_token]
        words += ["--slack-signing-secret", fake.signing_secret, "--slack-bind", "127.0.0.1:0"]
        port = await start("serve", "slack", *words).listens("slack")
        event = fake.person().says("hangs")
        url = f"http://127.0.0.1:{port}/slack/events"
        yield heard(fake.post_event(url, event, retries=False), lambda one: one.acknowledged)


@asynccontextmanager
async def sms(start: Start) -> AsyncIterator[Any]:
    """A text that a provider posts."""
    async with FakeSms() as fake:
        server = start("serve", "sms", "--sms-bind", "127.0.0.1:0", env=fake.variables)
        fake.webhook = f"http://127.0.0.1:{await server.listens('sms')}/sms/fake"
        phone = fake.phone("+41790000001")
        yield heard(fake.post_text(phone, phone.row("hangs"), retries=False), lambda one: one.acknowledged)


@asynccontextmanager
async def smpp(start: Start) -> AsyncIterator[Any]:
    """A text that an SMSC delivers."""
    async with FakeSmsc() as smsc:
        start("serve", "sms", "--sms-binds", json.dumps([{"url": smsc.url, "name": "op"}]))
        await smsc.until(lambda: smsc.links, 20)
        yield heard(smsc.deliver("hangs"), lambda status: status == 0)


@asynccontextmanager
async def irc(start: Start) -> AsyncIterator[Any]:
    """Something that is said in a channel."""
    async with FakeNetwork() as fake:
        network = {"name": "fake", "host": "127.0.0.1", "port": fake.port, "tls": False, "nick": "bot"}
        start("serve", "irc", "--irc-networks", json.dumps([network]))
        await fake.until(lambda: "bot" in fake.room("#desk").members, 20)
        fake.join("ann", "#desk")
        fake.say("ann", "#desk", "hangs")
        yield heard(fake.until(lambda: not fake.connections, 20), lambda _: False)


@pytest.mark.parametrize("protocol", [mail, slack, sms, smpp, irc])
def test_it_is_cut(tmp_path: Path, protocol: Any) -> None:
    """Exit code 0 soon after --drain, and the peer has not heard that it was taken."""
    servers: list[Taking] = []

    def start(*words: str, env: dict[str, str] | None = None) -> Taking:
        servers.append(Taking(tmp_path / "one", *words, env={**HANGS, **(env or {})}, drain=DRAIN))
        return servers[0]

    async def main() -> None:
        async with protocol(start) as taken:
            (server,) = servers
            await until(lambda: server.begun)
            server.tell()
            began = time.monotonic()
            assert await asyncio.to_thread(server.ended) == 0, server.said
            assert DRAIN < time.monotonic() - began < DRAIN + LAST + 5
            assert not await taken
            assert server.done == [] and "Traceback" not in server.said

    try:
        asyncio.run(main())
    finally:
        for server in servers:
            server.__exit__(None, None, None)

"""SIGTERM under a load of Slack's events: what runs is acknowledged, the rest goes to another, none twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from interfaces.testing.slack import FakeSlack
from tests.sigterm.taking import Taking, refused, until

SCALE = 200.0
"""How fast Slack repeats: what is withheld at once, then after 0.3 s and 1.5 s."""
EVENTS = 240


def words(slack: FakeSlack, names: list[str], *more: str) -> list[str]:
    """What serves a bot at the fake."""
    at = ["--slack-api-url", slack.api_url, "--slack-bot-token", slack.bot_token]
    return ["serve", *names, *at, *more]


def events(slack: FakeSlack) -> list[dict[str, Any]]:
    """What a person says, in thirty threads."""
    person = slack.person()
    return [person.says(f"e{number}", thread_ts=f"{number % 30}.0") for number in range(EVENTS)]


@asynccontextmanager
async def posting(directory: Path, names: list[str]) -> AsyncIterator[tuple[FakeSlack, Taking, str]]:
    """A fake, who serves its Events API, and where."""
    async with FakeSlack() as slack:
        more = ["--slack-signing-secret", slack.signing_secret, f"--{names[0]}-bind", "127.0.0.1:0"]
        with Taking(directory, *words(slack, names, *more)) as server:
            yield slack, server, f"http://127.0.0.1:{await server.listens(names[0])}/slack/events"


WAYS = pytest.mark.parametrize("names", [["slack"], ["http", "slack"]], ids=["alone", "beside http"])


def test_posts_are_answered_then_refused(tmp_path: Path) -> None:
    """The Events API: what was acknowledged is done, once; all else heard 503, or found nobody, and is repeated."""

    async def main() -> None:
        async with posting(tmp_path / "one", ["http", "slack"]) as (slack, server, url):
            sending = asyncio.ensure_future(slack.post_events(url, events(slack), at_once=20, retries=False))
            await until(lambda: len(server.done) > 100)
            server.tell()
            await server.stopped()
            deliveries = await sending
            done = server.done
        taken = [one.payload["event"]["text"] for one in deliveries if one.acknowledged]
        assert sorted(taken) == sorted(done) and 100 < len(done) < EVENTS
        left = {one.status for one in deliveries if not one.acknowledged}
        assert left <= {503, 0} and 0 in left

    asyncio.run(main())


@WAYS
def test_one_more_on_a_kept_connection(tmp_path: Path, names: list[str]) -> None:
    """It is done and acknowledged where Slack alone is served; beside HTTP it hears 503, and is not done."""

    async def main() -> None:
        async with posting(tmp_path / "one", names) as (slack, server, url):
            person = slack.person()
            assert (await slack.post_event(url, person.says("first"))).acknowledged
            server.tell()
            await until(lambda: "stopping" in server.said)
            last = await slack.post_event(url, person.says("last"), retries=False)
            assert await refused(int(url.split(":")[2].partition("/")[0]))
            await server.stopped()
            told = (last.status, server.done, last.last.headers["connection"])
            assert told == (
                (200, ["first", "last"], "close") if names == ["slack"] else (503, ["first"], "close")
            )

    asyncio.run(main())


def test_sockets_move_to_the_other_container(tmp_path: Path) -> None:
    """Socket Mode, two containers, one of which is told to stop: every event is acknowledged, and done once."""

    async def main() -> None:
        async with FakeSlack(scale=SCALE) as slack:
            slack.world.ack_seconds = 3 * SCALE
            more = words(slack, ["slack"], "--slack-app-token", slack.app_token)
            with Taking(tmp_path / "one", *more) as first, Taking(tmp_path / "two", *more) as second:
                await slack.socket.connected(4, 20)
                sending = asyncio.ensure_future(slack.send_events(events(slack), at_once=30))
                await until(lambda: len(first.done) > 40)
                first.tell()
                await first.stopped()
                assert len(slack.socket.links) == 2
                deliveries = await sending
                second.tell()
                await second.stopped()
        assert all(one.acknowledged for one in deliveries)
        assert 40 < len(first.done) < EVENTS - 40
        assert sorted(first.done + second.done) == sorted(f"e{number}" for number in range(EVENTS))

    asyncio.run(main())

"""Tokens that end are renewed, once, and kept."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.slack.installations.client import web_client
from interfaces.slack.installations.records import Place, Records
from interfaces.slack.installations.rotation import EARLY, SPREAD, Rotation
from interfaces.testing.slack import App, FakeSlack, Fault
from tests.slack.installations.kit import Hours, Kept, granted, grants

HERE = Place(None, "T1")
SECRETS = ("1.1", "fake-client-secret")


@asynccontextmanager
async def renewing(*, spread=0.0, **more):
    """The fake, a store with what it has granted, and who renews that."""
    async with FakeSlack(app=App(rotation=True)) as slack:
        kept, hours = Kept(grants(slack, **more)), Hours()
        rotation = Rotation(Records(kept), web_client(slack.api_url), SECRETS, now=hours, spread=spread)
        yield slack, kept, rotation, hours


def refreshes(slack):
    """How often Slack was asked for a new token."""
    return len(slack.called("oauth.v2.access"))


def test_both_tokens_are_renewed_and_kept():
    """Bot and user, each by its refresh token, with their new ends; the new ones are good."""

    async def main():
        async with renewing(user=True) as (slack, kept, rotation, hours):
            record = await rotation.fresh(HERE)
            found = record.installation()
            row, bot = kept.rows[None, "T1"], kept.bots[None, "T1"]
            assert refreshes(slack) == 2 and (found.token, found.user_token) == (
                bot.bot_token,
                row.user_token,
            )
            assert row.bot_token == bot.bot_token and slack.world.tokens[bot.bot_token].kind == "bot"
            assert slack.world.tokens[row.user_token].kind == "user"
            assert abs(bot.bot_token_expires_at - hours.now - 43_200) < 5
            assert row.user_refresh_token == slack.world.tokens[row.user_token].refresh
            assert row.installed_at == 1_700_000_000.5 and row.bot_scopes is not None
            assert await rotation.fresh(HERE) is not None and refreshes(slack) == 2

    asyncio.run(main())


@pytest.mark.parametrize(("ends", "spread", "renewed"), [
    (EARLY - 60, 0.0, 1), (EARLY + 60, 0.0, 0), (EARLY - 60, 1.0, 0), (EARLY - SPREAD - 60, 1.0, 1),
])  # fmt: skip
def test_when_it_is_time(ends, spread, renewed):
    """Two hours before the end; in a process that is late a quarter of an hour later."""

    async def main():
        async with renewing(ends=ends, spread=spread) as (slack, _, rotation, _hours):
            await rotation.fresh(HERE)
            assert refreshes(slack) == renewed

    asyncio.run(main())


def test_who_asks_at_once_gets_one_renewal():
    """A refresh token is good for one call."""

    async def main():
        async with renewing() as (slack, _, rotation, _hours):
            found = await asyncio.gather(*(rotation.fresh(HERE) for _ in range(20)))
            assert refreshes(slack) == 1 and len({record.bot.bot_token for record in found}) == 1

    asyncio.run(main())


def test_two_containers_at_once(caplog):
    """One is refused, finds the other's token in the store, and nobody is told that something is wrong."""

    async def main():
        async with renewing() as (slack, kept, rotation, hours):
            client = web_client(slack.api_url)
            other = Rotation(Records(kept), client, SECRETS, now=hours, spread=0.0)
            old = kept.bots[None, "T1"]
            stale = await Records(kept).read(HERE)
            await rotation.fresh(HERE)
            new = kept.bots[None, "T1"].bot_token
            assert new != old.bot_token
            from interfaces.slack.installations.rotation import _BOT

            record = await other._renewed(HERE, stale, _BOT)  # it has read before, and is refused now
            assert record.bot.bot_token == new == kept.bots[None, "T1"].bot_token
            assert refreshes(slack) == 2 and slack.calls[-1].answer["error"] == "invalid_refresh_token"

    asyncio.run(main())
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


def test_a_refresh_token_that_is_dead(caplog):
    """Is told; the token is used to its end, and after it too: events still come, and sends tell Slack's word."""

    async def main():
        async with renewing(ends=-5) as (slack, kept, rotation, _):
            for token in slack.world.tokens.values():
                token.refresh = ""
            record = await rotation.fresh(HERE)
            assert record.bot.bot_token == kept.bots[None, "T1"].bot_token and "save" not in kept.calls
            return record.bot.bot_token

    token = asyncio.run(main())
    assert "install the app there again" in caplog.text and "T1" in caplog.text and token not in caplog.text


@pytest.mark.parametrize("ends", [60, -5])
def test_a_slack_that_is_down(ends, caplog):
    """The old token is used as long as it lives; after its end there is none."""

    async def main():
        async with renewing(ends=ends) as (slack, kept, rotation, _):
            slack.faults.fail("oauth.v2.access", Fault(status=500))
            old = kept.bots[None, "T1"].bot_token
            if ends < 0:
                with pytest.raises(Unavailable):
                    await rotation.fresh(HERE)
            else:
                assert (await rotation.fresh(HERE)).bot.bot_token == old
            assert (await rotation.fresh(HERE)).bot.bot_token != old

    asyncio.run(main())
    assert "xox" not in caplog.text


def test_a_store_that_cannot_keep_it(caplog):
    """The new token is held, used, and kept with the next look: Slack gives it only once."""

    async def main():
        async with renewing() as (slack, kept, rotation, _):
            old = kept.bots[None, "T1"].bot_token
            saving = kept.async_save
            kept.async_save = broken
            first = await rotation.fresh(HERE)
            assert first.bot.bot_token != old == kept.bots[None, "T1"].bot_token and "1 unsaved" in repr(
                rotation
            )
            kept.async_save = saving
            assert (await rotation.fresh(HERE)).bot.bot_token == first.bot.bot_token
            assert kept.bots[None, "T1"].bot_token == first.bot.bot_token and refreshes(slack) == 1
            assert "0 unsaved" in repr(rotation)

    asyncio.run(main())
    assert "not kept yet" in caplog.text and "secret" not in caplog.text and "xox" not in caplog.text


async def broken(_installation):
    """A store that is full."""
    raise OSError("xoxb-secret")


def test_what_is_held_at_the_end(caplog):
    """Is kept, or told as lost; of a place that is gone nothing is held."""

    async def main():
        async with renewing() as (_, kept, rotation, _hours):
            saving, kept.async_save = kept.async_save, broken
            token = (await rotation.fresh(HERE)).bot.bot_token
            await rotation.close()
            assert "1 renewed tokens are lost" in caplog.text
            kept.async_save = saving
            await rotation.close()
            assert kept.bots[None, "T1"].bot_token == token
            kept.async_save = broken
            rotation._unsaved[HERE] = await Records(kept).read(HERE)
            rotation.forget(HERE)
            assert "0 unsaved" in repr(rotation)

    asyncio.run(main())


def test_no_more_is_held_than_that(monkeypatch):
    """Where the store keeps nothing, further places renew nothing."""
    monkeypatch.setattr("interfaces.slack.installations.rotation.UNSAVED", 0)

    async def main():
        async with renewing() as (slack, kept, rotation, _):
            assert (await rotation.fresh(HERE)).bot.bot_token == kept.bots[None, "T1"].bot_token
            assert refreshes(slack) == 0

    asyncio.run(main())


def test_what_does_not_end_is_left():
    """Tokens without rotation, and a place without an app."""

    async def main():
        async with renewing() as (slack, kept, rotation, _):
            kept.rows.clear()
            kept.bots.clear()
            assert await rotation.fresh(HERE) is None
            kept._keep(granted())
            assert (await rotation.fresh(HERE)).bot.bot_token == "xoxb-T1-1" and refreshes(slack) == 0

    asyncio.run(main())


def test_a_user_alone():
    """Whose token is the installation's."""

    async def main():
        async with renewing(user=True, bot=False) as (slack, kept, rotation, _):
            found = (await rotation.fresh(HERE)).installation()
            assert found.token == found.user_token == kept.rows[None, "T1"].user_token
            assert refreshes(slack) == 1 and not kept.bots

    asyncio.run(main())


def test_another_kind_of_token_is_not_taken():
    """slack_sdk gives nothing then."""

    async def main():
        async with renewing() as (slack, kept, rotation, _):
            for token in slack.world.tokens.values():
                token.kind = "user"
            old = kept.bots[None, "T1"].bot_token
            assert (await rotation.fresh(HERE)).bot.bot_token == old

    asyncio.run(main())

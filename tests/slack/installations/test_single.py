"""One token, and whose it is."""

import asyncio
import logging

import pytest

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.slack.installations import starting
from interfaces.slack.installations.single import NAME, Single
from interfaces.testing.slack import FakeSlack, Fault
from tests.slack.installations.kit import Readiness, options


async def until(condition):
    """Wait for it, for a while."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """What is tried again is at once."""
    monkeypatch.setattr(starting, "PAUSES", (0.0, 0.01))


def test_it_is_found():
    """With the ids that auth.test tells, for its own team and for who names none, asked for once."""

    async def main():
        async with FakeSlack() as slack:
            ready = Readiness()
            single = Single(options(slack), ready.context)
            await single.open()
            found = await single.find("T1")
            assert (found.key, found.team_id, found.bot_user_id) == ("T1", "T1", "UBOT1")
            assert (
                found.token == slack.bot_token and found.user_token == "" and not found.is_enterprise_install
            )
            assert await single.find(None) is found and await single.find("T2") is None
            assert ready.said == [(NAME, True, "")] and len(slack.called("auth.test")) == 1
            assert slack.bot_token not in repr(single)
            await single.close()

    asyncio.run(main())


@pytest.mark.parametrize("word", ["invalid_auth", "account_inactive", "token_revoked"])
def test_a_token_that_slack_refuses(word):
    """Is a mistake of the operator's, told in one line with flag and variable, and without the token."""

    async def main():
        async with FakeSlack() as slack:
            slack.faults.fail("auth.test", Fault(error=word))
            single = Single(options(slack), Readiness().context)
            with pytest.raises(ConfigError, match=word) as caught:
                await single.open()
            said = str(caught.value)
            assert "--slack-bot-token" in said and "INTERFACES_SLACK_BOT_TOKEN" in said and "\n" not in said
            assert slack.bot_token not in said

    asyncio.run(main())


def test_a_slack_that_is_down_at_the_start(caplog):
    """The server starts, is not ready, finds nobody yet, and has the token once Slack is there."""

    async def main():
        async with FakeSlack() as slack:
            slack.faults.fail("auth.test", Fault(status=503, times=3))
            ready = Readiness()
            single = Single(options(slack), ready.context)
            await single.open()
            assert ready.said[0][:2] == (NAME, False)
            with pytest.raises(Unavailable):
                await single.find("T1")
            await until(lambda: ready.said[-1][1])
            assert (await single.find("T1")).bot_id == "B1"
            await single.close()
            assert slack.bot_token not in caplog.text and slack.bot_token not in repr(ready.said)

    asyncio.run(main())


def test_a_token_that_is_revoked_later():
    """Is asked about, and gives nobody; what was told of an earlier one changes nothing."""

    async def main():
        async with FakeSlack() as slack:
            ready = Readiness()
            single = Single(options(slack), ready.context)
            await single.open()
            await single.removed("T1", None, ["U1"])
            assert await single.find("T1") is not None
            await single.removed("T1", None)  # told late: the token is good
            await until(lambda: len(ready.said) == 3)
            assert ready.said[-1] == (NAME, True, "") and await single.find("T1") is not None
            slack.world.tokens[slack.bot_token].revoked = True
            await single.removed("T1", None, ["UBOT1"])
            await until(lambda: "revoked" in ready.said[-1][2] and "token_revoked" in ready.said[-1][2])
            assert await single.find("T1") is None
            await single.close()

    asyncio.run(main())


def test_a_token_of_an_organisation():
    """Is for all of its teams, and for no other organisation."""

    async def main():
        async with FakeSlack() as slack:
            slack.world.workspaces["T1"].enterprise_id = "E1"
            token = slack.world.install("T1", whole=True).value
            single = Single(options(slack, bot_token=token), Readiness().context)
            await single.open()
            found = await single.find("T7", "E1")
            assert (found.key, found.team_id, found.enterprise_id) == ("E1", None, "E1")
            assert await single.find("T7", "E2") is None and await single.find("T7") is found
            await single.close()

    asyncio.run(main())


def test_a_users_token():
    """Acts for the user, who is nobody's bot."""

    async def main():
        async with FakeSlack() as slack:
            token = slack.world.install("T1", kind="user").value
            single = Single(options(slack, bot_token=token), Readiness().context)
            await single.open()
            found = await single.find("T1")
            assert (found.token, found.user_token, found.bot_id) == (token, token, None)
            await single.close()

    asyncio.run(main())


def test_a_token_that_expires_is_told(caplog):
    """Since nobody renews it."""

    async def main():
        async with FakeSlack() as slack:
            single = Single(options(slack), Readiness().context)
            single._token = "xoxe.xoxb-1"
            with caplog.at_level(logging.WARNING, "interfaces.slack"):
                await single.open()
            await single.close()

    asyncio.run(main())
    assert "expires" in caplog.text and "xoxe" not in caplog.text

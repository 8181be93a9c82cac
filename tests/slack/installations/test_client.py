"""Calls of the Web API about tokens: Slack's words, what may work later, and what is in no log."""

import asyncio
import logging

import pytest
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from interfaces.shared.errors import Unavailable
from interfaces.slack.installations.client import LATER, Refused, asked, web_client
from interfaces.testing.slack import FakeSlack, Fault


def ask(fault: Fault | None = None, token: str = ""):
    """Call auth.test."""

    async def main():
        async with FakeSlack() as slack:
            if fault:
                slack.faults.fail("auth.test", fault)
            said = await asked(web_client(slack.api_url, token or slack.bot_token).auth_test())
            return said, len(slack.called("auth.test"))

    return asyncio.run(main())


def test_an_answer():
    """Is Slack's, asked for once."""
    said, calls = ask()
    assert said["team_id"] == "T1" and calls == 1


def test_a_refusal_has_slacks_word():
    """And not the token."""
    with pytest.raises(Refused, match="invalid_auth") as caught:
        ask(token="xoxb-secret")
    assert caught.value.word == "invalid_auth"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault(error=word) for word in sorted(LATER)),
        Fault(status=500), Fault(status=429), Fault(close=True), Fault(garbage=b"<html>"), Fault(garbage=b"[]"),
    ],
    ids=lambda fault: fault.error or str(fault.status if fault.status != 200 else fault.garbage or "closed"),
)  # fmt: skip
def test_what_may_work_later(fault):
    """Limits, 5xx, broken connections and pages in place of JSON."""
    with pytest.raises(Unavailable):
        ask(fault)


def test_a_slack_that_is_not_there():
    """Is unavailable, in one line."""

    async def main():
        with pytest.raises(Unavailable, match="cannot be reached") as caught:
            await asked(web_client("http://127.0.0.1:1/api/", "xoxb-secret").auth_test())
        assert "secret" not in str(caught.value) and "\n" not in str(caught.value)

    asyncio.run(main())


def test_a_refused_rotation_has_slacks_word():
    """slack_sdk wraps it once more."""

    async def main():
        async with FakeSlack() as slack:
            rotator = AsyncTokenRotator(client_id="1.1", client_secret="no", client=web_client(slack.api_url))
            bot = Bot(
                bot_token="t", bot_id="B", bot_user_id="U", installed_at=0.0,
                bot_refresh_token="r", bot_token_expires_at=1,
            )  # fmt: skip
            with pytest.raises(Refused, match="bad_client_secret"):
                await asked(rotator.perform_bot_token_rotation(bot=bot))

    asyncio.run(main())


def test_slack_sdk_logs_no_token(caplog):
    """Its client shows what it posts and gets to a logger on DEBUG; ours never is, whatever the root says."""

    async def main():
        async with FakeSlack() as slack:
            logging.getLogger("interfaces.slack").setLevel(logging.DEBUG)
            client = web_client(slack.api_url)
            with pytest.raises(Refused):
                await asked(
                    client.oauth_v2_access(client_id="1.1", client_secret="top-secret", code="code-secret")
                )
            await asked(client.auth_test(token=slack.bot_token))
            return slack.bot_token

    caplog.set_level(logging.DEBUG)
    try:
        token = asyncio.run(main())
    finally:
        logging.getLogger("interfaces.slack").setLevel(logging.NOTSET)
    assert "secret" not in caplog.text and token not in caplog.text

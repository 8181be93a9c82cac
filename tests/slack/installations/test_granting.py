"""A code becomes an installation."""

import asyncio

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.slack.installations.client import Refused, web_client
from interfaces.slack.installations.granting import grant
from interfaces.testing.slack import App, FakeSlack, Fault
from interfaces.testing.slack.leave import Code
from tests.slack.installations.kit import options


def granting(*, app=None, fault=None, enterprise=None, said=None, **asked):
    """What is granted for a code of the fake."""

    async def main():
        async with FakeSlack(app=app) as slack:
            slack.world.workspaces["T1"].enterprise_id = enterprise
            words = {"team_id": "T1", "user_id": "U1", "whole": False, "scopes": ("chat:write", "commands"),
                     "user_scopes": (), "redirect_uri": "", "until": slack.clock.time() + 60, **asked}  # fmt: skip
            slack.world.codes["code"] = Code(**words)
            if fault:
                slack.faults.fail(*fault)
            return await grant(
                web_client(slack.api_url), options(slack, installations="memory", **said or {}), "code"
            ), slack

    return asyncio.run(main())


def test_a_bot():
    """With its ids, scopes and team, and who has installed it."""
    found, slack = granting()
    assert (found.app_id, found.team_id, found.team_name) == ("A1", "T1", slack.world.workspaces["T1"].name)
    assert (found.bot_id, found.bot_user_id, found.user_id) == ("B1", "UBOT1", "U1")
    assert found.bot_scopes == ["chat:write", "commands"] and found.token_type == "bot"
    assert slack.world.tokens[found.bot_token].kind == "bot" and found.user_token is None
    assert found.bot_token_expires_at is None and not found.is_enterprise_install


def test_bot_and_user_with_rotation():
    """Both refresh tokens, and when both end."""
    found, slack = granting(app=App(rotation=True), user_scopes=("search:read",))
    for who in ("bot", "user"):
        token = slack.world.tokens[getattr(found, f"{who}_token")]
        assert token.kind == who and getattr(found, f"{who}_refresh_token") == token.refresh
        assert abs(getattr(found, f"{who}_token_expires_at") - token.expires_at) < 5
    assert found.user_scopes == ["search:read"]


def test_a_user_alone():
    """slack_sdk's stores join the bot's scopes: there are none, which is no None."""
    found, _ = granting(scopes=(), user_scopes=("search:read",))
    assert found.bot_token is None and found.bot_id is None and found.bot_scopes == [] and found.user_token


def test_an_organisation():
    """Without a team, with its address."""
    found, _ = granting(enterprise="E1", whole=True)
    assert (found.enterprise_id, found.team_id, found.is_enterprise_install) == ("E1", None, True)
    assert found.enterprise_name == "Enterprise E1" and found.enterprise_url.startswith("http")
    assert granting(enterprise="E1")[0].enterprise_id == "E1"


def test_what_slack_refuses():
    """Has its word; what is down can be tried again."""
    with pytest.raises(Refused, match="invalid_code"):
        granting(until=0.0)
    with pytest.raises(Refused, match="bad_client_secret"):
        granting(said={"client_secret": "no"})
    with pytest.raises(Unavailable):
        granting(fault=("oauth.v2.access", Fault(status=503)))


def test_what_is_granted_is_not_lost(caplog):
    """Where auth.test fails there is an installation all the same: its code is good for nothing any more."""
    found, _ = granting(fault=("auth.test", Fault(error="fatal_error")))
    assert found.bot_token and found.bot_id == "" and found.bot_user_id == "UBOT1"
    assert "fatal_error" in caplog.text and found.bot_token not in caplog.text

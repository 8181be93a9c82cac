"""OAuth: the page, codes, tokens, rotation; through slack_sdk's own helpers where it has any."""

from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from interfaces.testing.slack import App, FakeSlack, SteppedClock
from interfaces.testing.slack.oauth import authorize
from tests.testing.slack.kit import ask, error, with_slack

BACK = "https://app.example.com/oauth_redirect"
CLIENT = {"client_id": "1.1", "client_secret": "fake-client-secret"}


def agree(slack, **more):
    """What the redirect says."""
    asked = {"client_id": "1.1", "scope": "chat:write", "state": "s", "redirect_uri": BACK} | more
    url = AuthorizeUrlGenerator(
        client_id=asked["client_id"], redirect_uri=asked["redirect_uri"], scopes=asked["scope"].split(","),
        user_scopes=asked.get("user_scope", "").split(","),
    ).generate(asked["state"])  # fmt: skip
    answer = authorize(slack.world, slack.oauth, urlsplit(url).query.encode())
    assert answer.status == 302, answer.body
    assert answer.headers["location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(slack, code, **more):
    """The answer to a code."""
    return ask(slack, "oauth.v2.access", token=" ", **CLIENT, code=code, redirect_uri=BACK, **more)


def test_a_code_becomes_a_token_that_works():
    """With the state that was given, the scopes that were asked for, and who agreed."""
    slack = FakeSlack()
    said = agree(slack, user_scope="search:read")
    assert said["state"] == "s"
    made = exchange(slack, said["code"])
    assert (made["token_type"], made["scope"], made["bot_user_id"], made["app_id"]) == (
        "bot",
        "chat:write",
        "UBOT1",
        "A1",
    )
    assert (made["team"], made["enterprise"], made["is_enterprise_install"]) == (
        {"id": "T1", "name": "Acme"},
        None,
        False,
    )
    assert made["authed_user"]["id"] == "U1"
    assert made["authed_user"]["access_token"].startswith("xoxp-")
    assert made["authed_user"]["scope"] == "search:read"
    assert "expires_in" not in made
    assert ask(slack, "auth.test", made["access_token"])["bot_id"] == "B1"
    assert ask(slack, "auth.test", made["authed_user"]["access_token"])["user_id"] == "U1"


def test_a_code_is_good_once_and_for_ten_minutes():
    """Then it is used, or unknown."""
    clock = SteppedClock()
    slack = FakeSlack(clock=clock)
    code = agree(slack)["code"]
    assert exchange(slack, code)["ok"]
    assert exchange(slack, code)["error"] == "code_already_used"
    late = agree(slack)["code"]
    clock.step(601)
    assert exchange(slack, late)["error"] == "invalid_code"
    assert exchange(slack, "nonsense")["error"] == "invalid_code"


def test_the_client_has_to_be_known():
    """By its id, its secret, and where the code was sent to."""
    slack = FakeSlack()
    code = agree(slack)["code"]
    assert error(slack, "oauth.v2.access", code=code) == "invalid_client_id"
    assert (
        error(slack, "oauth.v2.access", code=code, client_id="1.1", client_secret="x") == "bad_client_secret"
    )
    assert error(slack, "oauth.v2.access", code=code, **CLIENT) == "bad_redirect_uri"
    assert error(slack, "oauth.v2.access", code=code, **CLIENT, grant_type="password") == "invalid_grant_type"
    assert exchange(slack, code)["ok"]


def test_somebody_may_say_no():
    """Then there is no code."""
    slack = FakeSlack()
    slack.oauth.error = "access_denied"
    assert agree(slack) == {"error": "access_denied", "state": "s"}


@pytest.mark.parametrize(
    ("query", "word"),
    [
        (b"client_id=9.9&scope=x&redirect_uri=https://app.example.com", b"invalid_client_id"),
        (b"client_id=1.1&scope=x&redirect_uri=https://evil.example.com", b"bad_redirect_uri"),
        (b"client_id=1.1&redirect_uri=https://app.example.com", b"invalid_scope"),
    ],
)
def test_what_is_asked_wrongly_leads_nowhere(query, word):
    """The person sees a page, and the app hears nothing."""
    slack = FakeSlack(app=App(redirect_urls=("https://app.example.com",)))
    answer = authorize(slack.world, slack.oauth, query)
    assert answer.status == 400
    assert word in answer.body


def test_an_enterprise_installs_for_all_of_its_workspaces():
    """No team, its own id, and a token that says so."""
    slack = FakeSlack()
    slack.world.add_workspace("T2", "Two", enterprise_id="E1")
    slack.world.add_user("U7", team_id="T2")
    slack.oauth.team_id, slack.oauth.user_id, slack.oauth.whole = "T2", "U7", True
    made = exchange(slack, agree(slack)["code"])
    assert (made["team"], made["is_enterprise_install"]) == (None, True)
    assert made["enterprise"]["id"] == "E1"
    assert made["authed_user"]["id"] == "U7"
    assert ask(slack, "auth.test", made["access_token"])["is_enterprise_install"] is True


def test_a_token_that_rotates_ends_and_is_refreshed():
    """The refresh token is good once; the old token lasts until its end."""
    clock = SteppedClock()
    slack = FakeSlack(app=App(rotation=True), clock=clock)
    made = exchange(slack, agree(slack, user_scope="search:read")["code"])
    assert made["expires_in"] == made["authed_user"]["expires_in"] == 43_200
    clock.step(43_000)
    refreshed = ask(
        slack, "oauth.v2.access", **CLIENT, grant_type="refresh_token", refresh_token=made["refresh_token"]
    )
    assert (refreshed["token_type"], refreshed["bot_user_id"], refreshed["scope"]) == (
        "bot",
        "UBOT1",
        "chat:write",
    )
    assert refreshed["access_token"] != made["access_token"]
    assert ask(slack, "auth.test", made["access_token"])["ok"]
    clock.step(300)
    assert error(slack, "auth.test", made["access_token"]) == "token_expired"
    assert ask(slack, "auth.test", refreshed["access_token"])["ok"]
    again = {**CLIENT, "grant_type": "refresh_token", "refresh_token": made["refresh_token"]}
    assert error(slack, "oauth.v2.access", **again) == "invalid_refresh_token"
    assert error(slack, "oauth.v2.access", **again | {"refresh_token": ""}) == "invalid_refresh_token"


@pytest.mark.filterwarnings(
    "ignore:BasicAuth is deprecated:DeprecationWarning"
)  # slack_sdk 3.48 on aiohttp 3.14
@with_slack(app=App(rotation=True))
async def test_the_sdks_rotator_rotates(slack, client):
    """Bot and user, each with its own refresh token, through a client that speaks forms and Basic."""
    client.token = None
    async with aiohttp.ClientSession() as session:
        query = {"client_id": "1.1", "scope": "chat:write", "user_scope": "search:read", "redirect_uri": BACK}
        async with session.get(slack.authorize_url, params=query, allow_redirects=False) as page:
            code = parse_qs(urlsplit(page.headers["location"]).query)["code"][0]
    made = await client.oauth_v2_access(**CLIENT, code=code, redirect_uri=BACK)
    old = Installation(
        app_id="A1", team_id="T1", user_id="U1", bot_token=made["access_token"], bot_id="B1", bot_user_id="UBOT1",
        bot_refresh_token=made["refresh_token"], bot_token_expires_in=60,
        user_token=made["authed_user"]["access_token"], user_refresh_token=made["authed_user"]["refresh_token"],
        user_token_expires_in=60,
    )  # fmt: skip
    rotator = AsyncTokenRotator(**CLIENT, client=client)
    new = await rotator.perform_token_rotation(installation=old)
    assert new.bot_token not in (None, old.bot_token)
    assert new.user_token not in (None, old.user_token)
    assert (await client.auth_test(token=new.bot_token))["user_id"] == "UBOT1"
    assert (await client.auth_test(token=new.user_token))["user_id"] == "U1"


@with_slack()
async def test_an_app_is_uninstalled(slack, client):
    """All its tokens in the workspace are good no more; those elsewhere stay."""
    slack.world.add_workspace("T2")
    other = slack.world.install("T2").value
    await client.apps_uninstall(**CLIENT)
    with pytest.raises(SlackApiError, match="token_revoked"):
        await client.auth_test()
    assert (await client.auth_test(token=other))["team_id"] == "T2"

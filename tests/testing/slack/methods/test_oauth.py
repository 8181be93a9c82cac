"""oauth.v2.access and apps.uninstall, without a server: every grant, and every refusal."""

import asyncio
import base64
import json

import pytest

from interfaces.testing.slack import App, FakeSlack, SteppedClock
from interfaces.testing.slack.leave import Code
from tests.testing.slack.kit import ask, error

CLIENT = {"client_id": "1.1", "client_secret": "fake-client-secret"}
ACCESS = "oauth.v2.access"
CLOCK = 1_700_000_000.0


def fake(**app):
    """A fake whose clock stands."""
    return FakeSlack(app=App(**app), clock=SteppedClock())


def code(slack, name="c", **more):
    """Somebody has agreed; the name of the code."""
    said = {"team_id": "T1", "user_id": "U1", "whole": False, "scopes": ("chat:write",), "user_scopes": (),
            "redirect_uri": "", "until": CLOCK + 600}  # fmt: skip
    slack.world.codes[name] = Code(**said | more)
    return name


def tokens(slack):
    """All of the workspaces."""
    return [token for token in slack.world.tokens.values() if token.kind != "app"]


@pytest.mark.parametrize(
    ("client", "word"),
    [
        ({}, "invalid_client_id"),
        ({"client_id": "1.2", "client_secret": "fake-client-secret"}, "invalid_client_id"),
        ({"client_id": 1.1, "client_secret": "fake-client-secret"}, "invalid_client_id"),
        ({"client_id": "1.1"}, "bad_client_secret"),
        ({"client_id": "1.1", "client_secret": ""}, "bad_client_secret"),
        ({"client_id": "1.1", "client_secret": "fake-client-secret "}, "bad_client_secret"),
    ],
)
def test_an_app_has_to_say_who_it_is(client, word):
    """Before its code is looked at: that stays good."""
    slack = fake()
    name = code(slack)
    assert error(slack, ACCESS, code=name, **client) == word
    assert error(slack, "apps.uninstall", **client) == word
    assert ask(slack, ACCESS, code=name, **CLIENT)["ok"]


@pytest.mark.parametrize(
    ("header", "word"),
    [
        (b"1.1:fake-client-secret", None),
        (b"1.1:wrong", "bad_client_secret"),
        (b"2.2:fake-client-secret", "invalid_client_id"),
        (b"1.1", "bad_client_secret"),
    ],
)
def test_the_header_goes_before_the_form(header, word):
    """Basic, as RFC 6749 has it."""
    slack = fake()
    headers = {
        "content-type": "application/json",
        "authorization": "Basic " + base64.b64encode(header).decode(),
    }
    body = json.dumps({"code": code(slack), **CLIENT}).encode()
    answer = json.loads(asyncio.run(slack.web.answer(ACCESS, b"", headers, body)).body)
    assert answer.get("error") == word


@pytest.mark.parametrize(
    ("more", "args", "word"),
    [
        ({}, {"code": "other"}, "invalid_code"),
        ({}, {"code": ""}, "invalid_code"),
        ({}, {}, "invalid_code"),
        ({"until": CLOCK - 1}, {"code": "c"}, "invalid_code"),
        ({"used": True}, {"code": "c"}, "code_already_used"),
        ({"redirect_uri": "https://a"}, {"code": "c"}, "bad_redirect_uri"),
        ({"redirect_uri": "https://a"}, {"code": "c", "redirect_uri": "https://a/"}, "bad_redirect_uri"),
        ({}, {"code": "c", "grant_type": "password"}, "invalid_grant_type"),
        ({"team_id": "T404"}, {"code": "c"}, "team_not_found"),
    ],
)
def test_a_code_that_is_no_good(more, args, word):
    """Each has its word, and nobody gets a token."""
    slack = fake()
    code(slack, **more)
    before = len(tokens(slack))
    assert error(slack, ACCESS, **args, **CLIENT) == word
    assert len(tokens(slack)) == before


@pytest.mark.parametrize(
    ("more", "args"),
    [
        ({}, {}),
        ({"until": CLOCK}, {}),
        ({"redirect_uri": "https://a"}, {"redirect_uri": "https://a"}),
        ({}, {"redirect_uri": "https://a"}),
        ({}, {"grant_type": "authorization_code"}),
        ({}, {"grant_type": ""}),
    ],
)
def test_a_code_that_is_good_is_good_once(more, args):
    """Up to its last second; where none was told, any address may be said."""
    slack = fake()
    name = code(slack, **more)
    assert ask(slack, ACCESS, code=name, **args, **CLIENT)["ok"]
    assert error(slack, ACCESS, code=name, **args, **CLIENT) == "code_already_used"


@pytest.mark.parametrize("scopes", [(), ("chat:write", "commands")])
@pytest.mark.parametrize("user_scopes", [(), ("search:read",)])
def test_there_is_a_token_for_each_kind_of_scope(scopes, user_scopes):
    """The bot's beside the team, the person's beside the person; with what each may."""
    slack = fake()
    name = code(slack, scopes=scopes, user_scopes=user_scopes, user_id="U2")
    told = ask(slack, ACCESS, code=name, **CLIENT)
    assert (told["app_id"], told["team"], told["enterprise"]) == ("A1", {"id": "T1", "name": "Acme"}, None)
    assert told["authed_user"]["id"] == "U2"
    for here, said, kind in ((told, scopes, "bot"), (told["authed_user"], user_scopes, "user")):
        assert ("access_token" in here) is bool(said)
        if said:
            assert (here["scope"], here["token_type"]) == (",".join(said), kind)
            token = slack.world.tokens[here["access_token"]]
            assert (token.scopes, token.kind, token.team_id) == (said, kind, "T1")
            assert "refresh_token" not in here and "expires_in" not in here
    assert told.get("bot_user_id") == ("UBOT1" if scopes else None)


def test_an_organisation_has_no_team():
    """But its own id, and one token for all."""
    slack = fake()
    slack.world.add_workspace("T2", "Globex", enterprise_id="E1")
    told = ask(slack, ACCESS, code=code(slack, team_id="T2", whole=True), **CLIENT)
    assert (told["team"], told["is_enterprise_install"]) == (None, True)
    assert told["enterprise"] == {"id": "E1", "name": "Enterprise E1"}
    assert ask(slack, "auth.test", told["access_token"])["team_id"] == "E1"


def test_a_team_of_an_organisation_has_both():
    """Installed for itself alone."""
    slack = fake()
    slack.world.add_workspace("T2", "Globex", enterprise_id="E1")
    told = ask(slack, ACCESS, code=code(slack, team_id="T2"), **CLIENT)
    assert (told["team"]["id"], told["enterprise"]["id"], told["is_enterprise_install"]) == (
        "T2",
        "E1",
        False,
    )


class Rotating:
    """An app whose tokens end after a minute, installed."""

    def __init__(self, **more):
        self.slack = fake(rotation=True, token_lifetime=60)
        self.told = ask(self.slack, ACCESS, code=code(self.slack, **more), **CLIENT)

    def refresh(self, token, **client):
        """The answer to a refresh token."""
        grant = {"grant_type": "refresh_token", "refresh_token": token}
        return ask(self.slack, ACCESS, **grant, **(client or CLIENT))


def test_tokens_that_end_say_when_and_what_renews_them():
    """In seconds; a refresh token is no token."""
    rotating = Rotating()
    assert rotating.told["expires_in"] == 60
    assert error(rotating.slack, "auth.test", rotating.told["refresh_token"]) == "invalid_auth"
    rotating.slack.clock.step(59)
    assert ask(rotating.slack, "auth.test", rotating.told["access_token"])["ok"]
    rotating.slack.clock.step(1)
    assert error(rotating.slack, "auth.test", rotating.told["access_token"]) == "token_expired"


def test_a_refresh_gives_a_token_like_the_old_one():
    """Same team, scopes and bot, another value, a new end; also when the old one has ended."""
    rotating = Rotating()
    told, slack = rotating.told, rotating.slack
    slack.clock.step(61)
    new = rotating.refresh(told["refresh_token"])
    assert (new["scope"], new["team"], new["bot_user_id"]) == ("chat:write", told["team"], "UBOT1")
    assert new["access_token"] != told["access_token"] and new["refresh_token"] != told["refresh_token"]
    assert ask(slack, "auth.test", new["access_token"])["ok"]
    assert "authed_user" not in new and "user_id" not in new


def test_a_persons_token_is_renewed_as_a_persons():
    """It names the person in place of the bot."""
    rotating = Rotating(scopes=(), user_scopes=("search:read",), user_id="U2")
    new = rotating.refresh(rotating.told["authed_user"]["refresh_token"])
    assert (new["token_type"], new["user_id"], new["scope"]) == ("user", "U2", "search:read")
    assert "bot_user_id" not in new


@pytest.mark.parametrize("used_before", [True, False])
def test_a_refresh_token_is_good_once(used_before):
    """Also never, when it was never given."""
    rotating = Rotating()
    refresh = rotating.told["refresh_token"] if used_before else "xoxe-1-no"
    assert rotating.refresh(refresh)["ok"] is used_before
    assert rotating.refresh(refresh)["error"] == "invalid_refresh_token"


@pytest.mark.parametrize("refresh", ["", None, "xoxb-T1-1"])
def test_what_is_no_refresh_token(refresh):
    """Least of all an empty one, which tokens that do not end have."""
    slack = fake()
    ask(slack, ACCESS, code=code(slack), **CLIENT)
    said = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert error(slack, ACCESS, **said, **CLIENT) == "invalid_refresh_token"


def test_with_the_app_its_refresh_tokens_go():
    """Nothing is renewed in a workspace that has taken the app away."""
    rotating = Rotating()
    assert ask(rotating.slack, "apps.uninstall", rotating.told["access_token"], **CLIENT)["ok"]
    assert rotating.refresh(rotating.told["refresh_token"])["error"] == "invalid_refresh_token"


def test_a_refresh_needs_the_client():
    """A stolen refresh token alone is worth nothing, and stays good for the app."""
    rotating = Rotating()
    refresh = rotating.told["refresh_token"]
    assert rotating.refresh(refresh, client_id="1.1", client_secret="no")["error"] == "bad_client_secret"
    assert rotating.refresh(refresh)["ok"]

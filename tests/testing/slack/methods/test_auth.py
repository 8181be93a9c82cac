"""auth.*, api.test and apps.connections.open: who one is, and where to go."""

from urllib.parse import parse_qs, urlsplit

import pytest

from interfaces.testing.slack import App, FakeSlack
from tests.testing.slack.kit import ask, error


def test_a_bot_hears_who_it_is():
    """Its workspace, its user and its own id; no enterprise where there is none."""
    slack = FakeSlack()
    told = ask(slack, "auth.test")
    assert (told["team_id"], told["team"], told["user_id"], told["bot_id"]) == ("T1", "Acme", "UBOT1", "B1")
    assert (told["url"], told["user"]) == ("https://acme.slack.com/", "bot")
    assert told["is_enterprise_install"] is False
    assert "enterprise_id" not in told


def test_a_person_hears_who_they_are():
    """Without a bot."""
    slack = FakeSlack()
    token = slack.world.install("T1", kind="user", user_id="U2").value
    told = ask(slack, "auth.test", token)
    assert (told["user_id"], told["user"]) == ("U2", "ben")
    assert "bot_id" not in told


def test_an_app_hears_its_name():
    """An app-level token is of no workspace."""
    slack = FakeSlack(app=App(id="A7", name="seven"))
    told = ask(slack, "auth.test", slack.app_token)
    assert (told["app_id"], told["app_name"]) == ("A7", "seven")
    assert "team_id" not in told and "user_id" not in told


@pytest.mark.parametrize(("whole", "team"), [(True, "E1"), (False, "T2")])
def test_an_enterprise_is_named(whole, team):
    """Installed for all of it, its id stands in place of the team's, as with Slack."""
    slack = FakeSlack()
    slack.world.add_workspace("T2", "Globex", enterprise_id="E1")
    told = ask(slack, "auth.test", slack.world.install("T2", whole=whole).value)
    assert (told["team_id"], told["enterprise_id"], told["is_enterprise_install"]) == (team, "E1", whole)


@pytest.mark.parametrize("args", [{}, {"foo": "bar"}, {"a": [1], "b": {"c": None}}])
def test_api_test_says_what_it_heard(args):
    """Without the token, and without needing one."""
    slack = FakeSlack()
    assert ask(slack, "api.test", "xoxb-no", **args)["args"] == args


@pytest.mark.parametrize("word", ["my_error", "ratelimited", 5])
def test_api_test_fails_when_asked_to(word):
    """With the very word."""
    slack = FakeSlack()
    answer = ask(slack, "api.test", error=word, foo="bar")
    assert (answer["ok"], answer["error"]) == (False, str(word))
    assert answer["args"] == {"error": word, "foo": "bar"}


@pytest.mark.parametrize("test", [True, 1, "1", "true", "True"])
def test_a_revocation_can_be_tried(test):
    """Nothing is revoked then."""
    slack = FakeSlack()
    assert ask(slack, "auth.revoke", test=test)["revoked"] is False
    assert ask(slack, "auth.test")["ok"]


@pytest.mark.parametrize("test", [False, 0, "0", "false", "", None, "yes"])
def test_a_revocation_ends_the_token(test):
    """That one and no other, and for everything."""
    slack = FakeSlack()
    other = slack.world.install("T1").value
    assert ask(slack, "auth.revoke", test=test)["revoked"] is True
    assert error(slack, "auth.test") == error(slack, "auth.revoke") == "token_revoked"
    assert ask(slack, "auth.test", other)["ok"]


def test_each_socket_has_a_ticket_of_its_own():
    """In a URL of WebSockets, with the app's id."""
    slack = FakeSlack()
    slack.world.base = "http://127.0.0.1:5"
    urls = [urlsplit(ask(slack, "apps.connections.open", slack.app_token)["url"]) for _ in range(3)]
    assert {(url.scheme, url.netloc, url.path) for url in urls} == {("ws", "127.0.0.1:5", "/link/")}
    said = [parse_qs(url.query) for url in urls]
    assert [each["app_id"] for each in said] == [["A1"]] * 3
    tickets = [each["ticket"][0] for each in said]
    assert slack.world.tickets == dict.fromkeys(tickets, "A1")
    assert len(slack.world.tickets) == 3


def test_over_tls_the_socket_is_over_tls_too():
    """As the scheme of the base says."""
    slack = FakeSlack()
    slack.world.base = "https://slack.example"
    assert ask(slack, "apps.connections.open", slack.app_token)["url"].startswith(
        "wss://slack.example/link/?"
    )

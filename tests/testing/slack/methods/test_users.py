"""users.* and team.info: everybody as Slack shows them, and who is not there."""

import pytest

from interfaces.testing.slack import FakeSlack
from tests.testing.slack.kit import ask, error


def grid():
    """A fake with an organisation of two teams beside T1; its token, and one of T2 alone."""
    slack = FakeSlack()
    for team, user in (("T2", "U21"), ("T3", "U31")):
        slack.world.add_workspace(team, team.lower(), enterprise_id="E1")
        slack.world.add_user(user, f"of{team.lower()}", team_id=team)
    return slack, slack.world.install("T2", whole=True).value, slack.world.install("T2").value


def test_a_person_is_shown():
    """With a name, an address and no bot."""
    slack = FakeSlack()
    ann = ask(slack, "users.info", user="U1")["user"]
    assert (ann["id"], ann["team_id"], ann["name"], ann["real_name"]) == ("U1", "T1", "ann", "Ann")
    assert (ann["is_bot"], ann["deleted"]) == (False, False)
    assert (ann["profile"]["email"], ann["profile"]["display_name"]) == ("ann@example.com", "ann")
    assert "bot_id" not in ann["profile"]


def test_a_bot_is_shown_as_one():
    """With its own id and its app's, and no address."""
    slack = FakeSlack()
    bot = ask(slack, "users.info", user="UBOT1")["user"]
    assert bot["is_bot"] is True
    assert (bot["profile"]["bot_id"], bot["profile"]["api_app_id"]) == ("B1", "A1")
    assert "email" not in bot["profile"]


@pytest.mark.parametrize("user", ["U404", "u1", "ann", "C1", 5])
def test_nobody_else_is_there(user):
    """By their id alone, written as it is."""
    assert error(FakeSlack(), "users.info", user=user) == "user_not_found"


@pytest.mark.parametrize("email", ["no@example.com", "ANN", "ann", "bot@example.com"])
def test_an_address_that_nobody_has(email):
    """Bots have none."""
    assert error(FakeSlack(), "users.lookupByEmail", email=email) == "users_not_found"


def test_an_address_leads_to_a_person():
    """To one of several."""
    found = ask(FakeSlack(), "users.lookupByEmail", email="ben@example.com")["user"]
    assert (found["id"], found["name"]) == ("U2", "ben")


def test_everybody_is_listed_in_pages():
    """The bot, too; the last page says so."""
    clock_free = FakeSlack()
    first = ask(clock_free, "users.list", limit=2)
    second = ask(clock_free, "users.list", limit=2, cursor=first["response_metadata"]["next_cursor"])
    assert [each["id"] for each in first["members"] + second["members"]] == ["UBOT1", "U1", "U2"]
    assert second["response_metadata"]["next_cursor"] == ""
    assert isinstance(first["cache_ts"], int)


def test_a_token_sees_its_own_workspaces():
    """One of an organisation all of that, one of a team that team, and neither of them others."""
    slack, whole, one = grid()
    assert {each["id"] for each in ask(slack, "users.list", whole)["members"]} >= {"U21", "U31"}
    assert "U31" not in {each["id"] for each in ask(slack, "users.list", one)["members"]}
    assert ask(slack, "users.info", whole, user="U31")["user"]["team_id"] == "T3"
    assert error(slack, "users.info", one, user="U31") == "user_not_found"
    assert error(slack, "users.info", whole, user="U1") == "user_not_found"
    assert ask(slack, "users.lookupByEmail", whole, email="oft3@example.com")["user"]["id"] == "U31"
    assert error(slack, "users.lookupByEmail", one, email="oft3@example.com") == "users_not_found"


@pytest.mark.parametrize(
    ("team", "found"),
    [
        (None, ("T1", "Acme", "acme")),
        ("", ("T1", "Acme", "acme")),
        ("T1", ("T1", "Acme", "acme")),
        ("T9", ("T9", "Two Words", "two-words")),
    ],
)
def test_a_workspace_is_shown(team, found):
    """The token's own, or the one that is named; its domain is made of its name."""
    slack = FakeSlack()
    slack.world.add_workspace("T9", "Two Words")
    shown = ask(slack, "team.info", team=team)["team"]
    assert (shown["id"], shown["name"], shown["domain"]) == found


def test_a_workspace_that_there_is_not():
    """team_not_found."""
    assert error(FakeSlack(), "team.info", team="T404") == "team_not_found"

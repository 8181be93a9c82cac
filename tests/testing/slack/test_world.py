"""The state: ids, workspaces, installations, and what an envelope says of them."""

import pytest

from interfaces.testing.slack import FakeSlack
from interfaces.testing.slack.envelope import event_callback
from interfaces.testing.slack.errors import SlackRefused
from tests.testing.slack.kit import ask, error


def enterprise(slack):
    """Two workspaces of one."""
    for team in ("T2", "T3"):
        slack.world.add_workspace(team, team, enterprise_id="E1")
        slack.world.add_user(f"U{team}", team_id=team)


def test_it_begins_with_what_most_tests_need():
    """A workspace, two people, two channels, a bot that is in both, its token and the app's."""
    world = FakeSlack().world
    assert list(world.workspaces) == ["T1"]
    assert list(world.workspaces["T1"].users) == ["UBOT1", "U1", "U2"]
    assert [(each.name, each.members) for each in world.workspaces["T1"].channels.values()] == [
        ("general", ["UBOT1", "U1", "U2"]),
        ("random", ["UBOT1", "U1", "U2"]),
    ]
    assert sorted(token.kind for token in world.tokens.values()) == ["app", "bot"]


def test_ids_are_used_once():
    """Whatever they are for."""
    world = FakeSlack().world
    assert len({world.id("x") for _ in range(100)}) == 100


def test_a_channel_is_found_by_id_name_and_person():
    """With a # before its name, too; not by nothing."""
    world = FakeSlack().world
    assert world.channel("C2") is world.channel("random") is world.channel("#random")
    assert world.channel("U1") is world.channel("U1")
    with pytest.raises(SlackRefused, match="channel_not_found"):
        world.channel(None)


def test_every_workspace_has_a_bot_of_its_own():
    """And a token of its own."""
    slack = FakeSlack()
    slack.world.add_workspace("T2", "Two words")
    token = slack.world.install("T2")
    assert (token.user_id, token.bot_id) == ("UBOT2", "B2")
    assert ask(slack, "auth.test", token.value)["url"] == "https://two-words.slack.com/"
    assert token.value not in repr(token)


def test_an_envelope_says_for_whom_it_is():
    """The event's team, the named one, or the first; the bot, and its enterprise."""
    slack = FakeSlack()
    enterprise(slack)
    first = event_callback(slack.world, {"type": "x"})
    assert (first["team_id"], first["enterprise_id"]) == ("T1", None)
    assert event_callback(slack.world, {"type": "x", "team": "T2"})["team_id"] == "T2"
    named = event_callback(slack.world, {"type": "x", "team": "T2"}, "T3", "Ev7")
    assert (named["team_id"], named["enterprise_id"], named["event_id"]) == ("T3", "E1", "Ev7")
    assert named["authorizations"] == [
        {
            "enterprise_id": "E1",
            "team_id": "T3",
            "user_id": "UBOT3",
            "is_bot": True,
            "is_enterprise_install": False,
        }
    ]


def test_an_installation_of_the_enterprise_is_told_everywhere():
    """In envelopes, commands and interactions of all its workspaces, and not of others."""
    slack = FakeSlack()
    enterprise(slack)
    slack.world.install("T2", whole=True)
    told = event_callback(slack.world, {"type": "x"}, "T3")["authorizations"][0]
    assert told["is_enterprise_install"] is True
    slack.world.add_channel("C3", team_id="T3")
    assert slack.person("UT3").command("/x", channel="C3")["is_enterprise_install"] == "true"
    assert slack.person("UT3").shortcut("x")["is_enterprise_install"] is True
    assert slack.person("U1").shortcut("x")["is_enterprise_install"] is False


def test_an_app_that_is_taken_away_has_no_token_left():
    """There; and the two events name whose they were."""
    slack = FakeSlack()
    slack.world.install("T1", kind="user", user_id="U2")
    slack.world.add_workspace("T2")
    other = slack.world.install("T2").value
    revoked, uninstalled = slack.uninstall("T1")
    assert revoked["tokens"] == {"oauth": ["U2"], "bot": ["UBOT1"]}
    assert uninstalled == {"type": "app_uninstalled"}
    assert error(slack, "auth.test") == "token_revoked"
    assert ask(slack, "auth.test", other)["ok"]
    assert slack.uninstall("T1")[0]["tokens"] == {"oauth": [], "bot": []}

"""conversations.*, users.*, reactions.*, team.info."""

import pytest

from interfaces.testing.slack import FakeSlack
from tests.testing.slack.kit import ask, error


def test_conversations_are_listed_by_type_and_page():
    """Public ones by default; a cursor leads on, and the last page has none."""
    slack = FakeSlack()
    slack.world.add_channel("G1", "secret", kind="group")
    assert [each["id"] for each in ask(slack, "conversations.list")["channels"]] == ["C1", "C2"]
    first = ask(slack, "conversations.list", types="public_channel, private_channel", limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    second = ask(slack, "conversations.list", types="public_channel,private_channel", limit=2, cursor=cursor)
    assert [each["id"] for each in first["channels"] + second["channels"]] == ["C1", "C2", "G1"]
    assert second["response_metadata"]["next_cursor"] == ""
    assert error(slack, "conversations.list", types="all") == "invalid_types"
    assert error(slack, "conversations.list", cursor="!") == "invalid_cursor"
    assert error(slack, "conversations.list", limit=5000) == "invalid_limit"


def test_a_conversation_shows_itself():
    """By id and by name, with its members when asked for."""
    slack = FakeSlack()
    found = ask(slack, "conversations.info", channel="C1", include_num_members=True)["channel"]
    assert (found["name"], found["is_channel"], found["num_members"]) == ("general", True, 3)
    assert ask(slack, "conversations.members", channel="C1")["members"] == ["UBOT1", "U1", "U2"]
    assert error(slack, "conversations.info", channel="C404") == "channel_not_found"


def test_history_is_newest_first_and_without_answers():
    """Between two times, in pages; a thread is read by itself, oldest first."""
    slack = FakeSlack()
    person = slack.person()
    said = [person.says(str(number))["ts"] for number in range(4)]
    answer = person.says("in thread", thread_ts=said[0])["ts"]
    texts = [each["text"] for each in ask(slack, "conversations.history", channel="C1")["messages"]]
    assert texts == ["3", "2", "1", "0"]
    some = ask(slack, "conversations.history", channel="C1", oldest=said[0], latest=said[3])
    assert [each["text"] for each in some["messages"]] == ["2", "1"]
    some = ask(slack, "conversations.history", channel="C1", oldest=said[0], latest=said[1], inclusive=True)
    assert [each["text"] for each in some["messages"]] == ["1", "0"]
    page = ask(slack, "conversations.history", channel="C1", limit=1)
    assert page["has_more"]
    thread = ask(slack, "conversations.replies", channel="C1", ts=said[0])["messages"]
    assert [each["ts"] for each in thread] == [said[0], answer]
    assert error(slack, "conversations.replies", channel="C1", ts="1.1") == "thread_not_found"
    assert error(slack, "conversations.history", channel="C1", oldest="yesterday") == "invalid_ts_oldest"


def test_metadata_is_shown_on_demand():
    """As it is with Slack."""
    slack = FakeSlack()
    metadata = {"event_type": "x", "event_payload": {}}
    ask(slack, "chat.postMessage", channel="C1", text="x", metadata=metadata)
    assert "metadata" not in ask(slack, "conversations.history", channel="C1")["messages"][0]
    shown = ask(slack, "conversations.history", channel="C1", include_all_metadata=True)["messages"][0]
    assert shown["metadata"] == metadata


def test_direct_messages_are_opened_once():
    """With one person, with several, and by their channel's id."""
    slack = FakeSlack()
    one = ask(slack, "conversations.open", users="U1")["channel"]["id"]
    again = ask(slack, "conversations.open", users="U1", return_im=True)
    assert again["channel"]["id"] == one
    assert again["channel"]["user"] == "U1"
    assert again["already_open"]
    both = ask(slack, "conversations.open", users="U1,U2")["channel"]["id"]
    assert slack.world.channel(both).kind == "mpim"
    assert ask(slack, "conversations.open", channel=both)["channel"]["is_mpim"]
    assert error(slack, "conversations.open", users="U404") == "user_not_found"


def test_a_channel_is_joined():
    """And then it can be posted to."""
    slack = FakeSlack()
    slack.world.channel("C1").members.clear()
    assert error(slack, "chat.postMessage", channel="C1", text="x") == "not_in_channel"
    assert ask(slack, "conversations.join", channel="C1")["ok"]
    assert ask(slack, "chat.postMessage", channel="C1", text="x")["ok"]


def test_people_are_found():
    """By id, all of them, by address."""
    slack = FakeSlack()
    assert ask(slack, "users.info", user="U1")["user"]["name"] == "ann"
    assert ask(slack, "users.info", user="UBOT1")["user"]["is_bot"] is True
    assert [each["id"] for each in ask(slack, "users.list")["members"]] == ["UBOT1", "U1", "U2"]
    assert ask(slack, "users.lookupByEmail", email="ben@example.com")["user"]["id"] == "U2"
    assert error(slack, "users.lookupByEmail", email="eve@example.com") == "users_not_found"
    assert error(slack, "users.info", user="U404") == "user_not_found"
    assert ask(slack, "team.info")["team"]["domain"] == "acme"
    assert error(slack, "team.info", team="T404") == "team_not_found"


def test_a_token_sees_its_own_workspace_only():
    """One of a whole enterprise sees all of that."""
    slack = FakeSlack()
    slack.world.add_workspace("T2", "Two", enterprise_id="E1")
    slack.world.add_workspace("T3", "Three", enterprise_id="E1")
    slack.world.add_channel("C3", "three", team_id="T3")
    assert error(slack, "conversations.info", channel="C3") == "channel_not_found"
    assert (
        error(slack, "conversations.info", slack.world.install("T2").value, channel="C3")
        == "channel_not_found"
    )
    whole = slack.world.install("T2", whole=True).value
    assert ask(slack, "conversations.info", whole, channel="C3")["ok"]
    assert ask(slack, "auth.test", whole)["team_id"] == "E1"
    assert ask(slack, "auth.test", whole)["is_enterprise_install"] is True


def test_reactions_are_put_and_taken():
    """Once a person; somebody else's stays."""
    slack = FakeSlack()
    ts = slack.person().says("hi")["ts"]
    slack.person("U2").reacts("C1", ts, "wave")
    where = {"channel": "C1", "timestamp": ts}
    assert ask(slack, "reactions.add", **where, name=":wave:")["ok"]
    assert error(slack, "reactions.add", **where, name="wave") == "already_reacted"
    assert ask(slack, "reactions.add", **where, name="+1")["ok"]
    shown = ask(slack, "reactions.get", **where)["message"]["reactions"]
    assert shown == [
        {"name": "wave", "users": ["U2", "UBOT1"], "count": 2},
        {"name": "+1", "users": ["UBOT1"], "count": 1},
    ]
    assert ask(slack, "reactions.remove", **where, name="wave")["ok"]
    assert error(slack, "reactions.remove", **where, name="wave") == "no_reaction"
    assert slack.messages("C1")[0]["reactions"][0] == {"name": "wave", "users": ["U2"], "count": 1}


@pytest.mark.parametrize(
    ("args", "word"),
    [
        ({"channel": "C1", "name": "wave"}, "invalid_arguments"),
        ({"channel": "C1", "timestamp": "1.1", "name": "wave"}, "message_not_found"),
        ({"channel": "C404", "timestamp": "1.1", "name": "wave"}, "channel_not_found"),
        ({"channel": "C1", "timestamp": "1.1", "name": "no such name!"}, "invalid_name"),
    ],
)
def test_a_reaction_needs_a_message_and_a_name(args, word):
    """Each that is missing has its word."""
    assert error(FakeSlack(), "reactions.add", **args) == word

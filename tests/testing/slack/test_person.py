"""People: what they do stands in the state, and the app is told of it as Slack tells."""

import pytest

from interfaces.testing.slack import FakeSlack
from tests.testing.slack.kit import ask
from tests.testing.slack.methods.test_views import TITLE, opened


def test_what_is_said_stands_in_the_channel():
    """Also in a thread and in direct messages, with the channel's type in the event."""
    slack = FakeSlack()
    person = slack.person("U2")
    said = person.says("hello")
    answer = person.says("more", thread_ts=said["ts"])
    assert (said["type"], said["user"], said["channel"], said["channel_type"]) == (
        "message",
        "U2",
        "C1",
        "channel",
    )
    assert answer["thread_ts"] == said["ts"]
    assert [each["text"] for each in slack.messages("C1")] == ["hello", "more"]
    assert person.says("psst", "U1")["channel_type"] == "im"


def test_a_mention_names_the_bot():
    """app_mention has no channel_type, as with Slack."""
    slack = FakeSlack()
    event = slack.person().mentions("help")
    assert (event["type"], event["text"]) == ("app_mention", "<@UBOT1> help")
    assert "channel_type" not in event


def test_messages_are_edited_deleted_and_reacted_to():
    """The state changes with the event."""
    slack = FakeSlack()
    person = slack.person()
    ts = person.says("tpyo")["ts"]
    edited = person.edits("C1", ts, "typo")
    assert (edited["subtype"], edited["message"]["text"], edited["previous_message"]["text"]) == (
        "message_changed",
        "typo",
        "tpyo",
    )
    assert slack.messages("C1")[0]["text"] == "typo"
    reacted = person.reacts("C1", ts, "wave")
    assert (reacted["reaction"], reacted["item"]["ts"], reacted["item_user"]) == ("wave", ts, "U1")
    deleted = person.deletes("C1", ts)
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
    assert slack.messages("C1") == []


def test_a_button_is_pressed_with_what_stands_beside_it():
    """The action, the state of all inputs, the message, the channel, and two ways to answer."""
    slack = FakeSlack()
    days = [{"text": TITLE, "value": "mon"}, {"text": TITLE, "value": "tue"}]
    elements = [
        {"type": "static_select", "action_id": "day", "options": days, "initial_option": days[0]},
        {"type": "button", "action_id": "go", "text": TITLE, "value": "now"},
    ]
    blocks = [{"type": "actions", "block_id": "row", "elements": elements}]
    ts = ask(slack, "chat.postMessage", channel="C1", text="when", blocks=blocks)["ts"]
    pressed = slack.person().uses("C1", ts, "go")
    assert pressed["actions"][0] | {"action_ts": ""} == {
        "type": "button", "action_id": "go", "block_id": "row", "text": TITLE, "value": "now", "action_ts": "",
    }  # fmt: skip
    assert pressed["state"]["values"] == {
        "row": {"day": {"type": "static_select", "selected_option": days[0]}}
    }
    assert (pressed["container"]["message_ts"], pressed["channel"]["id"]) == (ts, "C1")
    assert pressed["response_url"].startswith("/actions/T1/")
    chosen = slack.person().uses("C1", ts, "day", "tue")
    assert (
        chosen["actions"][0]["selected_option"]
        == chosen["state"]["values"]["row"]["day"]["selected_option"]
        == days[1]
    )
    with pytest.raises(LookupError, match="action_id nothing"):
        slack.person().uses("C1", ts, "nothing")


def test_only_who_sees_it_uses_an_ephemeral_message():
    """For others there is no such message."""
    slack = FakeSlack()
    button = [{"type": "actions", "elements": [{"type": "button", "action_id": "go", "text": TITLE}]}]
    ts = ask(slack, "chat.postEphemeral", channel="C1", user="U1", text="psst", blocks=button)["message_ts"]
    assert slack.person("U1").uses("C1", ts, "go")["container"]["is_ephemeral"] is True
    with pytest.raises(Exception, match="message_not_found"):
        slack.person("U2").uses("C1", ts, "go")


def test_a_view_is_submitted_with_values_by_action():
    """And with none for what does not exist; what becomes of the view later is not in the payload."""
    slack = FakeSlack()
    view = opened(slack, private_metadata="x")
    submitted = slack.person().submits(view["id"], {"reason": "because"})
    assert (submitted["type"], submitted["view"]["callback_id"], submitted["view"]["hash"]) == (
        "view_submission", "deploy", view["hash"],
    )  # fmt: skip
    assert submitted["view"]["state"]["values"] == {
        "why": {"reason": {"type": "plain_text_input", "value": "because"}}
    }
    slack.views[view["id"]]["callback_id"] = "later"
    assert submitted["view"]["callback_id"] == "deploy"
    with pytest.raises(LookupError, match="no input has the action_id nothing"):
        slack.person().submits(view["id"], {"nothing": 1})


def test_a_view_is_closed_alone_or_with_its_stack():
    """view_closed says which, and has no trigger."""
    slack = FakeSlack()
    view = opened(slack)["id"]
    closed = slack.person().closes(view, cleared=True)
    assert (closed["type"], closed["is_cleared"], closed["view"]["id"]) == ("view_closed", True, view)
    assert "trigger_id" not in closed
    assert slack.views == {}


def test_shortcuts_have_their_callback_and_a_trigger():
    """Global ones no channel, message ones the message."""
    slack = FakeSlack()
    ts = slack.person().says("hi")["ts"]
    anywhere = slack.person().shortcut("ask")
    assert (anywhere["type"], anywhere["callback_id"]) == ("shortcut", "ask")
    assert "channel" not in anywhere
    on_message = slack.person().message_shortcut("keep", "C1", ts)
    assert (on_message["type"], on_message["message"]["text"], on_message["message_ts"]) == (
        "message_action",
        "hi",
        ts,
    )
    used = [each["trigger_id"] for each in (anywhere, on_message)]
    assert len(set(used)) == 2
    assert set(used) <= slack.world.views.triggers.keys()


def test_a_command_has_slacks_fields():
    """All of the form, texts only."""
    slack = FakeSlack()
    form = slack.person("U2").command("/deploy", "now", "C2")
    assert all(isinstance(value, str) for value in form.values())
    assert {
        "token",
        "team_domain",
        "channel_name",
        "user_name",
        "api_app_id",
        "is_enterprise_install",
    } <= form.keys()
    assert (form["command"], form["text"], form["channel_id"], form["user_id"]) == (
        "/deploy",
        "now",
        "C2",
        "U2",
    )


def test_in_an_enterprise_its_name_goes_with_everything():
    """In forms and in payloads."""
    slack = FakeSlack()
    slack.world.add_workspace("T2", "Two", enterprise_id="E1")
    slack.world.add_user("U7", team_id="T2")
    slack.world.add_channel("C7", team_id="T2")
    assert slack.person("U7").command("/x", channel="C7")["enterprise_id"] == "E1"
    assert slack.person("U7").shortcut("x")["enterprise"]["id"] == "E1"


def test_nobody_is_nobody():
    """A person has to be added."""
    with pytest.raises(Exception, match="user_not_found"):
        FakeSlack().person("U404")

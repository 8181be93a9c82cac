"""Interactions without a state: what stands in them, for messages and for views."""

import pytest

from interfaces.testing.slack.payloads import interactions
from interfaces.testing.slack.payloads.interactions import Who

TEXT = {"type": "plain_text", "text": "Go"}
ROW = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {"type": "button", "action_id": "go", "text": TEXT, "value": "1"},
        {"type": "overflow", "action_id": "more", "options": [{"text": TEXT, "value": "a"}]},
        {"type": "external_select", "action_id": "city"},
    ],
}
MESSAGE = {"ts": "5.5", "text": "x", "blocks": [ROW]}
VIEW = {"id": "V1", "root_view_id": "V1", "hash": "h", "callback_id": "c", "blocks": [ROW]}


@pytest.mark.parametrize(
    "payload",
    [
        interactions.block_actions(MESSAGE, "go"),
        interactions.block_suggestion(VIEW, "city"),
        interactions.view_submission(VIEW),
        interactions.view_closed(VIEW),
        interactions.shortcut("c"),
        interactions.message_action("c", MESSAGE),
        interactions.interactive_message("c", MESSAGE, "n", "v"),
    ],
)
def test_every_interaction_says_who_and_for_which_app(payload):
    """The person, the team, the app; an enterprise only where there is one."""
    assert (payload["user"]["id"], payload["team"]["id"], payload["api_app_id"]) == ("U1", "T1", "A1")
    assert (payload["enterprise"], payload["is_enterprise_install"]) == (None, False)


def test_a_view_and_a_message_are_different_containers():
    """One has a view and no way to answer, the other a channel, a message and a response URL."""
    in_view = interactions.block_actions(VIEW, "go")
    in_message = interactions.block_actions(MESSAGE, "go", who=Who(response_url="http://x"))
    assert in_view["container"] == {"type": "view", "view_id": "V1"}
    assert "response_url" not in in_view
    assert in_message["container"] == {
        "type": "message", "message_ts": "5.5", "channel_id": "C1", "is_ephemeral": False,
    }  # fmt: skip
    assert in_message["response_url"] == "http://x"
    assert "view" not in in_message


def test_in_a_thread_and_alone_the_container_says_so():
    """thread_ts of a thread, is_ephemeral of what one person sees."""
    used = interactions.block_actions(MESSAGE | {"thread_ts": "1.1", "to": "U1"}, "go")
    assert (used["container"]["thread_ts"], used["container"]["is_ephemeral"]) == ("1.1", True)


def test_a_menu_of_a_button_gives_the_option():
    """Which is no input: it stands in no state."""
    used = interactions.block_actions(MESSAGE, "more", "a")
    assert used["actions"][0]["selected_option"]["value"] == "a"
    assert used["state"]["values"] == {"row": {"city": {"type": "external_select", "selected_option": None}}}


def test_a_menu_asks_from_messages_and_from_views():
    """With what was typed, and where; it has no trigger."""
    for surface, where in ((MESSAGE, "message"), (VIEW, "view")):
        asked = interactions.block_suggestion(surface, "city", "ber")
        assert (asked["value"], asked["action_id"], asked["block_id"]) == ("ber", "city", "row")
        assert asked["container"]["type"] == where
        assert "trigger_id" not in asked


def test_a_command_in_an_enterprise_names_it():
    """Elsewhere the fields are not there at all."""
    assert "enterprise_id" not in interactions.slash_command("/x")
    made = interactions.slash_command("/x", "text", who=Who(enterprise_id="E1"), extra="1")
    assert (made["enterprise_id"], made["text"], made["extra"]) == ("E1", "text", "1")


def test_the_old_button_has_its_message():
    """As attachments had them."""
    pressed = interactions.interactive_message("c", MESSAGE, "n", "v")
    assert pressed["actions"] == [{"name": "n", "type": "button", "value": "v"}]
    assert (pressed["original_message"]["text"], pressed["message_ts"]) == ("x", "5.5")

"""Every element that can be filled in, and what it says then."""

import pytest

from interfaces.testing.slack.payloads.inputs import SHAPES, entered, find, state_values

PLAIN = {"type": "plain_text", "text": "One"}
OPTIONS = [{"text": PLAIN, "value": "1"}, {"text": PLAIN, "value": "2"}]


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("plain_text_input", "x", {"value": "x"}),
        ("email_text_input", "a@b.c", {"value": "a@b.c"}),
        ("url_text_input", "https://x", {"value": "https://x"}),
        ("number_input", 5, {"value": "5"}),
        ("checkboxes", ["1", "2"], {"selected_options": OPTIONS}),
        ("radio_buttons", "2", {"selected_option": OPTIONS[1]}),
        ("static_select", "1", {"selected_option": OPTIONS[0]}),
        ("external_select", OPTIONS[0], {"selected_option": OPTIONS[0]}),
        ("users_select", "U1", {"selected_user": "U1"}),
        ("conversations_select", "C1", {"selected_conversation": "C1"}),
        ("channels_select", "C1", {"selected_channel": "C1"}),
        ("multi_static_select", ["1"], {"selected_options": OPTIONS[:1]}),
        ("multi_external_select", OPTIONS, {"selected_options": OPTIONS}),
        ("multi_users_select", ["U1", "U2"], {"selected_users": ["U1", "U2"]}),
        ("multi_conversations_select", ["C1"], {"selected_conversations": ["C1"]}),
        ("multi_channels_select", ["C1"], {"selected_channels": ["C1"]}),
        ("datepicker", "2026-11-28", {"selected_date": "2026-11-28"}),
        ("timepicker", "12:30", {"selected_time": "12:30"}),
        ("datetimepicker", 1_700_000_000, {"selected_date_time": 1_700_000_000}),
        ("file_input", [{"id": "F1"}], {"files": [{"id": "F1"}]}),
    ],
)
def test_what_is_entered_stands_where_slack_has_it(kind, value, said):
    """With the element's type beside it."""
    assert entered({"type": kind, "action_id": "a", "options": OPTIONS}, value) == {"type": kind, **said}


def test_every_element_is_tried():
    """The table above has all that there are."""
    tried = {
        mark.args[1][at][0]
        for mark in test_what_is_entered_stands_where_slack_has_it.pytestmark
        for at in range(20)
    }
    assert tried | {"rich_text_input"} == set(SHAPES)


def test_rich_text_is_made_of_a_text():
    """Or given whole."""
    said = entered({"type": "rich_text_input", "action_id": "a"}, "hi")["rich_text_value"]
    assert said["elements"][0]["elements"] == [{"type": "text", "text": "hi"}]
    assert entered({"type": "rich_text_input"}, said)["rich_text_value"] is said


def test_untouched_elements_say_what_stood_there():
    """Nothing, an empty list where several may be chosen, or what the app has put in."""
    assert entered({"type": "plain_text_input"}) == {"type": "plain_text_input", "value": None}
    assert entered({"type": "checkboxes"}) == {"type": "checkboxes", "selected_options": []}
    assert entered({"type": "users_select", "initial_user": "U1"})["selected_user"] == "U1"


def test_options_are_found_by_value():
    """In groups too; one that does not exist is the test's mistake, but in a menu that the app fills."""
    grouped = {"type": "static_select", "action_id": "a", "option_groups": [{"options": OPTIONS}]}
    assert entered(grouped, "2")["selected_option"] == OPTIONS[1]
    with pytest.raises(LookupError, match="a has no option 3"):
        entered(grouped, "3")
    assert entered({"type": "external_select", "action_id": "a"}, "x")["selected_option"]["value"] == "x"


def test_the_state_has_every_input_of_a_surface():
    """Of inputs, sections and rows; buttons keep nothing."""
    blocks = [
        {"type": "input", "block_id": "a", "element": {"type": "plain_text_input", "action_id": "one"}},
        {"type": "section", "block_id": "b", "accessory": {"type": "datepicker", "action_id": "two"}},
        {"type": "actions", "block_id": "c", "elements": [{"type": "button", "action_id": "three"}]},
        {"type": "context", "block_id": "d", "elements": [{"type": "mrkdwn", "text": "x"}]},
    ]
    found = state_values(blocks, {"one": "x"})
    assert found == {
        "a": {"one": {"type": "plain_text_input", "value": "x"}},
        "b": {"two": {"type": "datepicker", "selected_date": None}},
    }
    assert find(blocks, "three")[0] == "c"
    with pytest.raises(LookupError):
        find(blocks, "four")

"""What people have put into inputs of messages and views."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.slack.inputs import chosen, values
from tests.slack.test_posted import JSON


def option(value: str) -> dict[str, Any]:
    """An option of a menu."""
    return {"text": {"type": "plain_text", "text": value.title(), "emoji": True}, "value": value}


RICH = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}
FILES = [{"id": "F1", "name": "a.pdf", "mimetype": "application/pdf"}]
ELEMENTS: list[tuple[dict[str, Any], Any]] = [
    ({"type": "button", "value": "42"}, "42"),
    ({"type": "button", "text": {"type": "plain_text", "text": "Go"}}, None),
    ({"type": "workflow_button", "text": {"type": "plain_text", "text": "Go"}}, None),
    ({"type": "feedback_buttons", "value": "positive"}, "positive"),
    ({"type": "icon_button", "value": "delete"}, "delete"),
    ({"type": "checkboxes", "selected_options": [option("a"), option("b")]}, ["a", "b"]),
    ({"type": "checkboxes", "selected_options": []}, []),
    ({"type": "radio_buttons", "selected_option": option("a")}, "a"),
    ({"type": "radio_buttons", "selected_option": None}, None),
    ({"type": "overflow", "selected_option": option("edit")}, "edit"),
    ({"type": "datepicker", "selected_date": "2026-11-28", "initial_date": "2026-11-01"}, "2026-11-28"),
    ({"type": "datepicker", "selected_date": None}, None),
    ({"type": "timepicker", "selected_time": "13:37", "timezone": "Europe/Berlin"}, "13:37"),
    ({"type": "datetimepicker", "selected_date_time": 1628633820}, 1628633820),
    ({"type": "datetimepicker", "selected_date_time": None}, None),
    ({"type": "plain_text_input", "value": "some words"}, "some words"),
    ({"type": "plain_text_input", "value": None}, None),
    ({"type": "email_text_input", "value": "ada@example.org"}, "ada@example.org"),
    ({"type": "url_text_input", "value": "https://example.org"}, "https://example.org"),
    ({"type": "number_input", "value": "7.5"}, "7.5"),
    ({"type": "rich_text_input", "rich_text_value": RICH}, RICH),
    ({"type": "file_input", "files": FILES}, FILES),
    ({"type": "static_select", "selected_option": option("a"), "placeholder": {}}, "a"),
    ({"type": "static_select", "selected_option": None}, None),
    ({"type": "external_select", "selected_option": option("a"), "initial_option": option("b")}, "a"),
    ({"type": "users_select", "selected_user": "U1", "initial_user": "U2"}, "U1"),
    ({"type": "users_select", "selected_user": None}, None),
    ({"type": "conversations_select", "selected_conversation": "D1"}, "D1"),
    ({"type": "channels_select", "selected_channel": "C1"}, "C1"),
    ({"type": "multi_static_select", "selected_options": [option("a")]}, ["a"]),
    ({"type": "multi_external_select", "selected_options": [option("a"), option("b")]}, ["a", "b"]),
    ({"type": "multi_users_select", "selected_users": ["U1", "U2"]}, ["U1", "U2"]),
    ({"type": "multi_conversations_select", "selected_conversations": ["C1", "D1"]}, ["C1", "D1"]),
    ({"type": "multi_channels_select", "selected_channels": []}, []),
    ({"type": "what_comes_next_year", "selected_mood": "happy"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("element", "found"), ELEMENTS)
def test_what_was_chosen_in_every_element(element: dict[str, Any], found: Any) -> None:
    """A text, a number, a list, rich text, files or None: of options their values."""
    assert chosen(element) == found


@pytest.mark.parametrize(
    ("element", "found"),
    [
        ({"selected_options": None}, []),
        ({"selected_options": "x"}, []),
        ({"selected_options": ["x", option("a"), {}]}, ["a", None]),
        ({"selected_option": "x"}, None),
        ({"selected_option": ["x"]}, None),
        ({"selected_option": {"text": {}}}, None),
    ],
)
def test_options_of_another_shape_are_none(element: dict[str, Any], found: Any) -> None:
    """And no error."""
    assert chosen(element) == found


def test_a_state_has_all_inputs_by_their_name() -> None:
    """Blocks do not matter, and where two have the same name, the last one counts."""
    inputs = {f"b{number}": {f"a{number}": element} for number, (element, _) in enumerate(ELEMENTS)}
    assert values({"values": inputs}) == {f"a{number}": found for number, (_, found) in enumerate(ELEMENTS)}
    assert values({"values": {"b1": {"a": {"value": "1"}}, "b2": {"a": {"value": "2"}}}}) == {"a": "2"}


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"values": None},
        {"values": []},
        {"values": {"b": None}},
        {"values": {"b": []}},
        {"values": {"b": {"a": 1}}},
    ],
)
def test_a_state_of_another_shape_has_nothing(state: dict[str, Any]) -> None:
    """And no error."""
    assert values(state) == {}


@given(
    state=st.dictionaries(st.just("values") | st.text(), JSON)
    | st.builds(lambda said: {"values": {"b": said}}, JSON)
)
def test_any_state_gives_something_plain(state: dict[str, Any]) -> None:
    """Of whatever JSON it is made."""
    try:
        msgspec.msgpack.encode(state)
    except OverflowError:
        return
    msgspec.msgpack.encode(values(state))

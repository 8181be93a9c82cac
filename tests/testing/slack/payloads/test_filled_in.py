"""What is filled in, element by element: every way to say a value, what stood there before, and what cannot be."""

import json

import pytest

from interfaces.slack.inputs import chosen, values
from interfaces.testing.slack.payloads import interactions
from interfaces.testing.slack.payloads.inputs import (
    BUTTONS,
    MANY,
    SHAPES,
    elements,
    entered,
    find,
    state_values,
)
from interfaces.testing.slack.payloads.interactions import Who

PLAIN = {"type": "plain_text", "text": "One"}
OPTIONS = [{"text": PLAIN, "value": value} for value in ("1", "2", "3")]
RICH = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "hi"}]}],
}

FILLED = {
    "plain_text_input": ("x", "x"),
    "email_text_input": ("a@b.c", "a@b.c"),
    "url_text_input": ("https://x", "https://x"),
    "number_input": (5, "5"),
    "rich_text_input": ("hi", RICH),
    "file_input": ([{"id": "F1"}], [{"id": "F1"}]),
    "checkboxes": (["1", "3"], ["1", "3"]),
    "radio_buttons": ("2", "2"),
    "static_select": ("2", "2"),
    "external_select": ("any", "any"),
    "users_select": ("U1", "U1"),
    "conversations_select": ("C1", "C1"),
    "channels_select": ("C1", "C1"),
    "multi_static_select": (["2"], ["2"]),
    "multi_external_select": (["x", "y"], ["x", "y"]),
    "multi_users_select": (["U1", "U2"], ["U1", "U2"]),
    "multi_conversations_select": (["C1"], ["C1"]),
    "multi_channels_select": (["C1", "C2"], ["C1", "C2"]),
    "datepicker": ("2026-11-28", "2026-11-28"),
    "timepicker": ("12:30", "12:30"),
    "datetimepicker": (1_700_000_000, 1_700_000_000),
}
"""Type → what a test says, and what an application is told was chosen."""


def element(kind, **more):
    """One of this type, with options for those that have some."""
    return {"type": kind, "action_id": "a", "options": OPTIONS, **more}


def block(*found, kind="actions", block_id="b"):
    """A block with these elements."""
    return {"type": kind, "block_id": block_id, "elements": list(found)}


def test_every_type_is_filled_in_here():
    """A new one is not forgotten."""
    assert FILLED.keys() == SHAPES.keys()


@pytest.mark.parametrize(("kind", "value", "told"), [(kind, *said) for kind, said in FILLED.items()])
def test_what_is_filled_in_is_what_an_application_is_told(kind, value, told):
    """By the server's own reading of it; and it is JSON."""
    made = entered(element(kind), value)
    assert chosen(json.loads(json.dumps(made))) == told
    assert made.keys() == {"type", SHAPES[kind][0]}


@pytest.mark.parametrize("kind", SHAPES)
def test_what_is_left_alone_says_what_stood_there(kind):
    """What the app has put in, else nothing; of what may be several an empty list."""
    name, before = SHAPES[kind]
    nothing = [] if name in MANY else None
    assert entered(element(kind))[name] == nothing
    if before:
        assert entered(element(kind, **{before: "was"}))[name] == "was"


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("surface", ["input", "section", "actions"])
def test_an_element_is_found_wherever_it_stands(kind, surface):
    """In an input, beside a section, in a row; and its state stands under its block."""
    value, told = FILLED[kind]
    place = {
        "input": {"type": "input", "block_id": "b", "label": PLAIN, "element": element(kind)},
        "section": {"type": "section", "block_id": "b", "text": PLAIN, "accessory": element(kind)},
        "actions": block(element(kind)),
    }[surface]
    assert [one[1]["action_id"] for one in elements([place])] == ["a"]
    assert find([place], "a")[0] == "b"
    state = {"values": state_values([place], {"a": value})}
    assert values(state) == {"a": told}
    assert state_values([place])["b"]["a"] == entered(element(kind))


@pytest.mark.parametrize("kind", sorted(BUTTONS))
def test_a_button_keeps_nothing(kind):
    """It is used, and stands in no state."""
    place = block(element(kind))
    assert [one[1]["type"] for one in elements([place])] == [kind]
    assert state_values([place]) == {}
    with pytest.raises(LookupError, match="no input has the action_id a"):
        state_values([place], {"a": "x"})


@pytest.mark.parametrize(
    "place",
    [
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}]},
        {"type": "image", "image_url": "x"},
        {"type": "section", "accessory": {"type": "image"}},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]},
        {"type": "actions", "elements": None},
        {"type": "actions", "elements": ["x", None]},
        {},
    ],
)
def test_what_cannot_be_used(place):
    """Texts, pictures, and what is no block at all."""
    assert [*elements([place])] == []
    with pytest.raises(LookupError, match="no element has the action_id a"):
        find([place], "a")


def test_elements_without_a_name_get_one():
    """By their place in the block; the block's own name may be missing, too."""
    nameless = [{"type": "button"}, {"type": "datepicker"}]
    found = [*elements([{"type": "actions", "elements": nameless}])]
    assert [(place, one["action_id"]) for place, one in found] == [("", "action2"), ("", "action3")]


@pytest.mark.parametrize("kind", ["radio_buttons", "static_select", "checkboxes", "multi_static_select"])
@pytest.mark.parametrize("grouped", [True, False])
def test_an_option_is_named_by_its_value(kind, grouped):
    """In a list or in groups; one may be given whole; one that there is not is a mistake of the test."""
    where = {"options": [], "option_groups": [{"label": PLAIN, "options": OPTIONS}]} if grouped else {}
    several = kind in ("checkboxes", "multi_static_select")
    name = SHAPES[kind][0]
    for value, told in (("2", OPTIONS[1]), (OPTIONS[2], OPTIONS[2]), ({"value": "own"}, {"value": "own"})):
        made = entered(element(kind, **where), [value] if several else value)
        assert made[name] == ([told] if several else told)
    with pytest.raises(LookupError, match="a has no option 9"):
        entered(element(kind, **where), ["1", "9"] if several else "9")


@pytest.mark.parametrize("kind", ["external_select", "multi_external_select"])
def test_an_option_of_the_apps_is_made_up(kind):
    """Of a menu that the app fills: nobody knows its options here."""
    several = kind.startswith("multi")
    made = entered({"type": kind, "action_id": "a"}, ["x"] if several else "x")[SHAPES[kind][0]]
    option = {"text": {"type": "plain_text", "text": "x", "emoji": True}, "value": "x"}
    assert made == ([option] if several else option)


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("surface", ["message", "view"])
def test_what_is_used_stands_in_the_action_and_in_the_state(kind, surface):
    """The same in both, as with Slack."""
    value, told = FILLED[kind]
    blocks = [block(element(kind), {"type": "datepicker", "action_id": "other"})]
    there = (
        {"ts": "5.5", "blocks": blocks}
        if surface == "message"
        else {"id": "V1", "root_view_id": "V1", "blocks": blocks}
    )
    made = interactions.block_actions(there, "a", value, values={"other": "2026-01-01"})
    (action,) = made["actions"]
    state = made["state"] if surface == "message" else made["view"]["state"]
    assert chosen(action) == told
    assert values(state) == {"a": told, "other": "2026-01-01"}
    assert (action["block_id"], action["action_id"], action["type"]) == ("b", "a", kind)


def test_what_is_submitted_is_all_that_stands_there():
    """What was entered, and what was left alone."""
    view = {"id": "V1", "root_view_id": "V1", "blocks": [
        {"type": "input", "block_id": kind, "label": PLAIN, "element": {**element(kind), "action_id": kind}}
        for kind in SHAPES
    ]}  # fmt: skip
    made = interactions.view_submission(view, {kind: value for kind, (value, _) in FILLED.items()})
    assert values(made["view"]["state"]) == {kind: told for kind, (_, told) in FILLED.items()}
    assert values(interactions.view_submission(view)["view"]["state"]).keys() == SHAPES.keys()
    assert "state" not in view


@pytest.mark.parametrize(
    ("who", "enterprise", "whole"),
    [
        (Who(), None, False),
        (Who(enterprise_id="E1"), {"id": "E1", "name": "Enterprise E1"}, False),
        (Who(enterprise_id="E1", whole=True), {"id": "E1", "name": "Enterprise E1"}, True),
    ],
)
def test_who_it_was(who, enterprise, whole):
    """In interactions as objects, in a command as fields; no token is shown."""
    made = interactions.shortcut("c", who=who)
    assert (made["enterprise"], made["is_enterprise_install"]) == (enterprise, whole)
    form = interactions.slash_command("/x", who=who)
    assert form.get("enterprise_id") == (enterprise or {}).get("id")
    assert form["is_enterprise_install"] == ("true" if whole else "false")
    assert "verification" not in repr(who)

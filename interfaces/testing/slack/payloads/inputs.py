"""What stands in the inputs of a message or view: ``state.values``, and the action of the one that was used.

Source: api.slack.com, "Block Kit: interactive components". Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["SHAPES", "elements", "entered", "find", "state_values"]

SHAPES: dict[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", ""),
    "checkboxes": ("selected_options", "initial_options"),
    "radio_buttons": ("selected_option", "initial_option"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
"""Type of an element → the field that has what was entered, and the one that has what stood there before."""
BUTTONS = frozenset({"button", "overflow", "workflow_button"})
"""What is used and keeps nothing."""
MANY = {"selected_options", "selected_users", "selected_conversations", "selected_channels", "files"}


def elements(blocks: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(block_id, element) of everything that can be used, in order; action_ids that are missing are made up."""
    for block in blocks:
        found = [block.get("element"), block.get("accessory"), *(block.get("elements") or [])]
        for at, element in enumerate(found):
            if isinstance(element, dict) and (
                element.get("type") in SHAPES or element.get("type") in BUTTONS
            ):
                yield block.get("block_id", ""), {"action_id": f"action{at}", **element}


def find(blocks: list[dict[str, Any]], action_id: str) -> tuple[str, dict[str, Any]]:
    """The block's id and the element of this action_id; LookupError when there is none."""
    for block_id, element in elements(blocks):
        if element["action_id"] == action_id:
            return block_id, element
    raise LookupError(f"no element has the action_id {action_id}")


def entered(element: Mapping[str, Any], value: Any = None) -> dict[str, Any]:
    """What an element says of itself when ``value`` is entered; None: what stood there before.

    An option is named by its value; options of a menu that the app fills may be given whole.
    """
    kind = element["type"]
    name, before = SHAPES[kind]
    if value is None:
        nothing: Any = [] if name in MANY else None
        return {"type": kind, name: element.get(before, nothing)}
    if name == "selected_option":
        value = _option(element, value)
    elif name == "selected_options":
        value = [_option(element, each) for each in value]
    elif name == "rich_text_value" and isinstance(value, str):
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": value}]}
        value = {"type": "rich_text", "elements": [section]}
    elif name == "value":
        value = str(value)
    return {"type": kind, name: value}


def _option(element: Mapping[str, Any], value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    groups = [group.get("options") or [] for group in element.get("option_groups") or []]
    for option in [*(element.get("options") or []), *(option for group in groups for option in group)]:
        if option.get("value") == value:
            found: dict[str, Any] = option
            return found
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": str(value), "emoji": True}, "value": value}
    raise LookupError(f"{element['action_id']} has no option {value}")


def state_values(blocks: list[dict[str, Any]], values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """block_id → action_id → element, with what ``values`` (by action_id) enters; LookupError: no such input."""
    left = dict(values or {})
    found: dict[str, dict[str, Any]] = {}
    for block_id, element in elements(blocks):
        if element["type"] in SHAPES:
            action_id = element["action_id"]
            found.setdefault(block_id, {})[action_id] = entered(element, left.pop(action_id, None))
    if left:
        raise LookupError(f"no input has the action_id {next(iter(left))}")
    return found

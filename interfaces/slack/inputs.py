"""What people have put into inputs of messages and views. Pure.

Source: api.slack.com/reference/block-kit/block-elements, one key an element's type.
"""

from typing import Any

from interfaces.slack.shapes import mapping, objects

__all__ = ["chosen", "values"]

_PLAIN = (
    "value",
    "selected_date",
    "selected_time",
    "selected_date_time",
    "selected_user",
    "selected_users",
    "selected_channel",
    "selected_channels",
    "selected_conversation",
    "selected_conversations",
    "rich_text_value",
    "files",
)
"""Keys whose value is what was chosen, as it is."""


def chosen(element: dict[str, Any]) -> Any:
    """What stands in an element: a text, a number, a list, rich text, or None."""
    if "selected_options" in element:
        return [one.get("value") for one in objects(element["selected_options"])]
    if "selected_option" in element:
        return mapping(element["selected_option"]).get("value")
    for key in _PLAIN:
        if key in element:
            return element[key]
    return None


def values(state: dict[str, Any]) -> dict[str, Any]:
    """action_id → what stands in it, of the ``values`` of a state; where two blocks have the same, the last."""
    found: dict[str, Any] = {}
    for block in mapping(state.get("values")).values():
        for action, element in mapping(block).items():
            if isinstance(element, dict):
                found[action] = chosen(element)
    return found

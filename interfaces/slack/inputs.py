"""What people have put into inputs of messages and views. Pure.

Source: api.slack.com/reference/block-kit/block-elements, one key an element's type.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["chosen", "objects", "values"]

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


def chosen(element: Mapping[str, Any]) -> Any:
    """What stands in an element: a text, a number, a list, rich text, or None."""
    if "selected_options" in element:
        return [_value(one) for one in objects(element["selected_options"])]
    if "selected_option" in element:
        return _value(element["selected_option"])
    for key in _PLAIN:
        if key in element:
            return element[key]
    return None


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none in what is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _value(option: Any) -> Any:
    return option.get("value") if isinstance(option, Mapping) else None


def values(state: Mapping[str, Any]) -> dict[str, Any]:
    """action_id → what stands in it, of the ``values`` of a state; where two blocks have the same, the last."""
    found: dict[str, Any] = {}
    blocks = state.get("values")
    for block in blocks.values() if isinstance(blocks, Mapping) else ():
        for action, element in block.items() if isinstance(block, Mapping) else ():
            if isinstance(element, Mapping):
                found[action] = chosen(element)
    return found

"""Commands and interactions as Slack sends them; the form's fields of a command, else what stands in ``payload``.

Source: api.slack.com, "Slash commands", "Interaction payloads". Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from interfaces.testing.slack.payloads.inputs import SHAPES, entered, find, state_values

__all__ = [
    "Who",
    "block_actions",
    "block_suggestion",
    "interactive_message",
    "message_action",
    "shortcut",
    "slash_command",
    "view_closed",
    "view_submission",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who does something, where, and what leave comes of it."""

    user_id: str = "U1"
    user_name: str = "ann"
    team_id: str = "T1"
    team_domain: str = "acme"
    channel_id: str = "C1"
    channel_name: str = "general"
    enterprise_id: str | None = None
    whole: bool = False
    """Whether the whole enterprise has installed the app."""
    app_id: str = "A1"
    token: str = field(default="fake-verification-token", repr=False)
    trigger_id: str = "1.1.fake"
    response_url: str = ""

    @property
    def base(self) -> dict[str, Any]:
        """What every interaction has."""
        enterprise = (
            {"id": self.enterprise_id, "name": f"Enterprise {self.enterprise_id}"}
            if self.enterprise_id
            else None
        )
        return {
            "user": {"id": self.user_id, "username": self.user_name, "name": self.user_name, "team_id": self.team_id},
            "api_app_id": self.app_id, "token": self.token, "trigger_id": self.trigger_id,
            "team": {"id": self.team_id, "domain": self.team_domain}, "enterprise": enterprise,
            "is_enterprise_install": self.whole,
        }  # fmt: skip

    @property
    def channel(self) -> dict[str, str]:
        """Where it happened."""
        return {"id": self.channel_id, "name": self.channel_name}


def slash_command(command: str, text: str = "", *, who: Who | None = None, **more: Any) -> dict[str, Any]:
    """The form of a command, as ``/deploy now`` makes it."""
    who = who or Who()
    enterprise = {"enterprise_id": who.enterprise_id, "enterprise_name": f"Enterprise {who.enterprise_id}"}
    return {
        "token": who.token, "team_id": who.team_id, "team_domain": who.team_domain,
        **(enterprise if who.enterprise_id else {}), "channel_id": who.channel_id, "channel_name": who.channel_name,
        "user_id": who.user_id, "user_name": who.user_name, "command": command, "text": text,
        "api_app_id": who.app_id, "is_enterprise_install": "true" if who.whole else "false",
        "response_url": who.response_url, "trigger_id": who.trigger_id, **more,
    }  # fmt: skip


def _used(blocks: list[dict[str, Any]], action_id: str, value: Any) -> dict[str, Any]:
    block_id, element = find(blocks, action_id)
    kind = element["type"]
    action = {"type": kind, "action_id": action_id, "block_id": block_id, "action_ts": "1700000009.000900"}
    if kind == "overflow":
        option = next(each for each in element["options"] if each["value"] == value)
        return action | {"selected_option": option}
    if kind in SHAPES:
        return action | entered(element, value)
    return action | {"text": element.get("text"), "value": element.get("value", "")}


def block_actions(
    surface: dict[str, Any], action_id: str, value: Any = None, *, who: Who | None = None,
    values: Mapping[str, Any] | None = None, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A button was pressed, or something chosen (``value``), in a message or a view (``surface``).

    ``values``: what stands in its other inputs, by action_id.
    """
    who = who or Who()
    blocks = surface["blocks"]
    stand = dict(values or {})
    if find(blocks, action_id)[1]["type"] in SHAPES:
        stand[action_id] = value
    state = {"values": state_values(blocks, stand)}
    made = {"type": "block_actions", **who.base, "actions": [_used(blocks, action_id, value)]}
    if "root_view_id" in surface:
        view = surface | {"state": state}
        return made | {"container": {"type": "view", "view_id": surface["id"]}, "view": view, **more}
    container = {"type": "message", "message_ts": surface["ts"], "channel_id": who.channel_id,
                 "is_ephemeral": "to" in surface}  # fmt: skip
    if "thread_ts" in surface:
        container["thread_ts"] = surface["thread_ts"]
    return made | {
        "container": container, "channel": who.channel, "message": surface, "state": state,
        "response_url": who.response_url, **more,
    }  # fmt: skip


def block_suggestion(
    surface: dict[str, Any], action_id: str, typed: str = "", *, who: Who | None = None, **more: Any
) -> dict[str, Any]:
    """A menu that the app fills asks what can be chosen."""
    who = who or Who()
    block_id, _ = find(surface["blocks"], action_id)
    made = {
        "type": "block_suggestion",
        **who.base,
        "action_id": action_id,
        "block_id": block_id,
        "value": typed,
    }
    made.pop("trigger_id")
    if "root_view_id" in surface:
        return made | {"container": {"type": "view", "view_id": surface["id"]}, "view": surface, **more}
    container = {
        "type": "message",
        "message_ts": surface["ts"],
        "channel_id": who.channel_id,
        "is_ephemeral": False,
    }
    return made | {"container": container, "channel": who.channel, "message": surface, **more}


def view_submission(
    view: dict[str, Any], values: Mapping[str, Any] | None = None, *, who: Who | None = None, **more: Any
) -> dict[str, Any]:
    """A modal was submitted, with ``values`` by action_id in its inputs."""
    state = {"values": state_values(view["blocks"], values)}
    return {
        "type": "view_submission",
        **(who or Who()).base,
        "view": view | {"state": state},
        "response_urls": [],
        **more,
    }


def view_closed(
    view: dict[str, Any], *, cleared: bool = False, who: Who | None = None, **more: Any
) -> dict[str, Any]:
    """A modal was closed; ``cleared``: with all others of its stack."""
    made = {"type": "view_closed", **(who or Who()).base, "view": view, "is_cleared": cleared, **more}
    made.pop("trigger_id")
    return made


def shortcut(callback_id: str, *, who: Who | None = None, **more: Any) -> dict[str, Any]:
    """A shortcut of the app was chosen, anywhere."""
    return {
        "type": "shortcut",
        **(who or Who()).base,
        "callback_id": callback_id,
        "action_ts": "1700000009.000900",
        **more,
    }


def message_action(
    callback_id: str, message: dict[str, Any], *, who: Who | None = None, **more: Any
) -> dict[str, Any]:
    """A shortcut of a message was chosen."""
    who = who or Who()
    return {
        "type": "message_action", **who.base, "callback_id": callback_id, "action_ts": "1700000009.000900",
        "channel": who.channel, "message": message, "message_ts": message["ts"],
        "response_url": who.response_url, **more,
    }  # fmt: skip


def interactive_message(
    callback_id: str, message: dict[str, Any], name: str, value: str, *, who: Who | None = None, **more: Any
) -> dict[str, Any]:
    """The old way: a button in an attachment was pressed."""
    who = who or Who()
    return {
        "type": "interactive_message", **who.base, "actions": [{"name": name, "type": "button", "value": value}],
        "callback_id": callback_id, "channel": who.channel, "action_ts": "1700000009.000900",
        "message_ts": message["ts"], "attachment_id": "1", "is_app_unfurl": False, "original_message": message,
        "response_url": who.response_url, **more,
    }  # fmt: skip

"""What people have begun: commands, actions, shortcuts, views, and menus that ask what can be chosen. Pure.

Source: api.slack.com/reference/interaction-payloads, "Slash commands", "block_suggestion".
"""

from collections.abc import Mapping
from typing import Any

from interfaces.shared.errors import PeerError
from interfaces.slack.inputs import chosen, objects, values
from interfaces.slack.posted import Posted

__all__ = ["pressed"]


def pressed(posted: Posted) -> tuple[str, dict[str, Any]]:
    """The path and the event, whose id is "" where Slack gives none. PeerError for what has not Slack's shape."""
    payload = posted.payload
    if posted.kind == "command":
        return _command(payload)
    kind = payload.get("type")
    if not isinstance(kind, str):
        raise PeerError("it has no type")
    event = _common(payload)
    make = _KINDS.get(kind)
    if make is None:
        return f"event/{kind}", {**event, **_unknown(payload, kind)}
    path, more = make(payload, kind)
    return path, {**event, **more}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _id_of(value: Any) -> str | None:
    return _text(_mapping(value).get("id") if isinstance(value, dict) else value) or None


def _common(payload: Mapping[str, Any]) -> dict[str, Any]:
    container = _mapping(payload.get("container"))
    trigger = _text(payload.get("trigger_id")) or None
    return {
        "id": trigger or "",
        "channel": _id_of(payload.get("channel")) or _text(container.get("channel_id")) or None,
        "user": _id_of(payload.get("user")),
        "payload": payload,
        "trigger_id": trigger,
        "response_url": _text(payload.get("response_url")) or None,
    }


def _command(fields: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    command = _text(fields.get("command"))
    trigger = _text(fields.get("trigger_id")) or None
    return f"command/{command.removeprefix('/')}", {
        "type": "slack.command",
        "id": trigger or "",
        "channel": _text(fields.get("channel_id")) or None,
        "user": _text(fields.get("user_id")) or None,
        "payload": dict(fields),
        "trigger_id": trigger,
        "response_url": _text(fields.get("response_url")) or None,
        "command": command,
        "text": _text(fields.get("text")),
    }


def _action(payload: Mapping[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    actions = objects(payload.get("actions"))
    if not actions:
        raise PeerError("it has no actions")
    first = actions[0]
    # of attachments, which came before blocks, the callback_id says which
    action = _text(first.get("action_id")) or _text(payload.get("callback_id")) or _text(first.get("name"))
    message = payload.get("message") or payload.get("original_message")
    state = _mapping(payload.get("state")) or _mapping(_mapping(payload.get("view")).get("state"))
    return f"action/{action}", {
        "type": "slack.action",
        "kind": kind,
        "action_id": action,
        "block_id": _text(first.get("block_id")),
        "value": _chosen(first),
        "actions": actions,
        "state": state,
        "values": values(state),
        "container": _mapping(payload.get("container")),
        "message": message if isinstance(message, dict) else None,
        "view": payload.get("view") if isinstance(payload.get("view"), dict) else None,
    }


def _chosen(action: Mapping[str, Any]) -> Any:
    found = chosen(action)
    # a menu of an attachment has a list of one
    return found[0] if isinstance(found, list) and found and action.get("type") == "select" else found


def _shortcut(payload: Mapping[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    callback, message = _text(payload.get("callback_id")), payload.get("message")
    return f"shortcut/{callback}", {
        "type": "slack.shortcut",
        "kind": kind,
        "callback_id": callback,
        "message": message if isinstance(message, dict) else None,
    }


def _view(payload: Mapping[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    view = _mapping(payload.get("view"))
    callback, state = _text(view.get("callback_id")), _mapping(view.get("state"))
    word = "view_closed" if kind == "view_closed" else "view"
    return f"{word}/{callback}", {
        "type": "slack.view",
        "kind": kind,
        "callback_id": callback,
        "private_metadata": _text(view.get("private_metadata")),
        "hash": _text(view.get("hash")),
        "state": state,
        "values": values(state),
        "view": view,
        "response_urls": objects(payload.get("response_urls")),
    }


def _dialog(payload: Mapping[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    """Dialogs came before views; what was put in is a plain object."""
    callback = _text(payload.get("callback_id"))
    word = "view_closed" if kind == "dialog_cancellation" else "view"
    return f"{word}/{callback}", {
        "type": "slack.view",
        "kind": kind,
        "callback_id": callback,
        "private_metadata": _text(payload.get("state")),
        "hash": "",
        "state": {},
        "values": _mapping(payload.get("submission")),
        "view": {},
        "response_urls": [],
    }


def _options(payload: Mapping[str, Any], _kind: str) -> tuple[str, dict[str, Any]]:
    action = _text(payload.get("action_id")) or _text(payload.get("name"))
    return f"options/{action}", {
        "type": "slack.options",
        "action_id": action,
        "block_id": _text(payload.get("block_id")),
        "value": _text(payload.get("value")),
    }


def _unknown(payload: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {
        "type": "slack.event",
        "event_type": kind,
        "event_id": "",
        "event": payload,
        "authorizations": [],
        "is_self": False,
        "retry_num": 0,
        "retry_reason": None,
    }


_KINDS = {
    "block_actions": _action,
    "interactive_message": _action,
    "shortcut": _shortcut,
    "message_action": _shortcut,
    "view_submission": _view,
    "view_closed": _view,
    "dialog_submission": _dialog,
    "dialog_cancellation": _dialog,
    "block_suggestion": _options,
    "dialog_suggestion": _options,
}

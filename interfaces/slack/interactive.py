"""What people have begun: commands, actions, shortcuts, views, and menus that ask what can be chosen. Pure.

Source: api.slack.com/reference/interaction-payloads, "Slash commands", "block_suggestion".
"""

from collections.abc import Callable
from typing import Any

from interfaces.shared.errors import PeerError
from interfaces.slack.inputs import chosen, values
from interfaces.slack.posted import Posted
from interfaces.slack.shapes import ident, mapping, objects, text

__all__ = ["pressed"]


def pressed(posted: Posted) -> tuple[str, dict[str, Any]]:
    """The path and the event, whose id is "" where Slack gives none. PeerError for what has not Slack's shape."""
    payload = posted.payload
    if posted.kind == "command":
        return _command(payload)
    kind = text(payload.get("type"))
    if not kind:
        raise PeerError("it has no type")
    make = _options if posted.kind == "options" else _KINDS.get(kind)
    path, more = make(payload, kind) if make else _unknown(payload, kind)
    trigger = text(payload.get("trigger_id")) or None
    return path, {
        "id": trigger or "",
        "channel": ident(payload.get("channel"))
        or ident(mapping(payload.get("container")).get("channel_id")),
        "user": ident(payload.get("user")),
        "payload": payload,
        "trigger_id": trigger,
        "response_url": text(payload.get("response_url")) or None,
        **more,
    }


def _command(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    command, trigger = text(fields.get("command")), text(fields.get("trigger_id")) or None
    if not command:
        raise PeerError("it names no command")
    return f"command/{command.removeprefix('/')}", {
        "type": "slack.command",
        "id": trigger or "",
        "channel": ident(fields.get("channel_id")),
        "user": ident(fields.get("user_id")),
        "payload": fields,
        "trigger_id": trigger,
        "response_url": text(fields.get("response_url")) or None,
        "command": command,
        "text": text(fields.get("text")),
    }


def _action(payload: dict[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    actions = objects(payload.get("actions"))
    if not actions:
        raise PeerError("it has no actions")
    first, view = actions[0], mapping(payload.get("view"))
    # of attachments, which came before blocks, the callback_id says which
    action = text(first.get("action_id")) or text(payload.get("callback_id")) or text(first.get("name"))
    state = mapping(payload.get("state")) or mapping(view.get("state"))
    return f"action/{action}", {
        "type": "slack.action",
        "kind": kind,
        "action_id": action,
        "block_id": text(first.get("block_id")),
        "value": _chosen(first),
        "actions": actions,
        "state": state,
        "values": values(state),
        "container": mapping(payload.get("container")),
        "message": mapping(payload.get("message") or payload.get("original_message")) or None,
        "view": view or None,
    }


def _chosen(action: dict[str, Any]) -> Any:
    found = chosen(action)
    # a menu of an attachment has a list of one
    return found[0] if isinstance(found, list) and found and action.get("type") == "select" else found


def _shortcut(payload: dict[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    callback = text(payload.get("callback_id"))
    return f"shortcut/{callback}", {
        "type": "slack.shortcut",
        "kind": kind,
        "callback_id": callback,
        "message": mapping(payload.get("message")) or None,
    }


def _view(payload: dict[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    view = mapping(payload.get("view"))
    callback, state = text(view.get("callback_id")), mapping(view.get("state"))
    word = "view_closed" if kind == "view_closed" else "view"
    return f"{word}/{callback}", {
        "type": "slack.view",
        "kind": kind,
        "callback_id": callback,
        "private_metadata": text(view.get("private_metadata")),
        "hash": text(view.get("hash")),
        "state": state,
        "values": values(state),
        "view": view,
        "response_urls": objects(payload.get("response_urls")),
    }


def _dialog(payload: dict[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    """Dialogs came before views; what was put in is a plain object."""
    callback = text(payload.get("callback_id"))
    word = "view_closed" if kind == "dialog_cancellation" else "view"
    return f"{word}/{callback}", {
        "type": "slack.view",
        "kind": kind,
        "callback_id": callback,
        "private_metadata": text(payload.get("state")),
        "hash": "",
        "state": {},
        "values": mapping(payload.get("submission")),
        "view": {},
        "response_urls": [],
    }


def _options(payload: dict[str, Any], _kind: str) -> tuple[str, dict[str, Any]]:
    """Of dialogs and attachments the callback_id says which, as in :func:`_action`, and the name which menu in it."""
    action = text(payload.get("action_id")) or text(payload.get("callback_id")) or text(payload.get("name"))
    return f"options/{action}", {
        "type": "slack.options",
        "action_id": action,
        "block_id": text(payload.get("block_id")) or text(payload.get("name")),
        "value": text(payload.get("value")),
    }


def _unknown(payload: dict[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    return f"event/{kind}", {
        "type": "slack.event",
        "event_type": kind,
        "event_id": "",
        "event": payload,
        "authorizations": [],
        "envelope": {},
        "is_self": False,
        "retry_num": 0,
        "retry_reason": None,
    }


_KINDS: dict[str, Callable[[dict[str, Any], str], tuple[str, dict[str, Any]]]] = {
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

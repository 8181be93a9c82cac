"""Whose an event is, and where an answer to it goes: the handlers that may take it, its thread, its response_url. Pure.

Source: api.slack.com/reference/interaction-payloads; "Threading messages".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from interfaces.shared.errors import ApplicationError

__all__ = ["KEPT", "SAID", "handlers", "options_of", "passed", "place", "response_url", "thread"]

SAID = frozenset({"", "bot_message", "file_share", "me_message", "reply_broadcast", "thread_broadcast"})
"""Subtypes of messages that somebody has said; all others tell of an edit, of who has joined, and the like."""
KEPT = ("member_joined_channel", "member_left_channel")
"""Events of the app's own user that are of interest to it, as Bolt keeps them."""
_CLOSED = ("view_closed", "dialog_cancellation")
_NAMED = {
    "slack.message": ("message", "subtype"),
    "slack.event": ("event", "event_type"),
    "slack.command": ("command", "command"),
    "slack.action": ("action", "action_id"),
    "slack.shortcut": ("shortcut", "callback_id"),
    "slack.view": ("view", "callback_id"),
    "slack.options": ("options", "action_id"),
}
"""Type → how the names of its finer handlers begin, and the key that ends them."""
_NONE: Mapping[str, Any] = {}


def handlers(event: Mapping[str, Any]) -> Iterator[str]:
    """Names of the methods that may handle it, the finer one first.

    What is no letter, digit or underscore in an id is an underscore in the name.
    """
    kind = str(event.get("type", ""))
    if kind in _NAMED:
        word, key = _NAMED[kind]
        if event.get("kind") in _CLOSED:
            word = "view_closed"
        if name := str(event.get(key) or "").removeprefix("/"):
            yield f"{word}_{re.sub(r'[^0-9A-Za-z_]', '_', name)}"
    yield kind.replace(".", "_")


def passed(event: Mapping[str, Any], *, own: bool, bots: bool) -> str:
    """Why a consumer passes it over: "own" or "bot", as far as these are asked for; "" when it does not."""
    if own and event.get("is_self") and event.get("event_type") not in KEPT:
        return "own"
    wrote = event.get("bot_id") or event.get("subtype") == "bot_message"
    return "bot" if bots and wrote and event.get("type") == "slack.message" else ""


def place(event: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The channel and the ``ts`` of the message that it is, or is about; None for what it has not."""
    message = _message(event)
    found = message.get("channel")
    channel = event.get("channel") or (found if isinstance(found, str) else None)
    return channel, message.get("ts")


def thread(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """``channel`` and ``thread_ts`` of an answer in its thread; None for what is about no message that has one."""
    channel, ts = place(event)
    if not channel or not ts or _mapping(event.get("container")).get("is_ephemeral"):
        return None
    return {"channel": channel, "thread_ts": _message(event).get("thread_ts") or ts}


def response_url(event: Mapping[str, Any]) -> str | None:
    """Where it may be answered without a channel: of a view the first that its inputs gave."""
    found = event.get("response_url")
    if not found:
        for one in event.get("response_urls") or ():
            found = found or one.get("response_url")
    return found if isinstance(found, str) and found else None


def options_of(choices: Sequence[Any]) -> list[dict[str, Any]]:
    """The options of a menu: of texts, of pairs of text and value, and of what is one already.

    Raises ApplicationError for anything else.
    """
    return [_option(one) for one in choices]


def _option(choice: Any) -> dict[str, Any]:
    if isinstance(choice, Mapping):
        return dict(choice)
    text, value = (choice, choice) if isinstance(choice, str) else choice if _pair(choice) else (None, None)
    if not isinstance(text, str) or not isinstance(value, str):
        raise ApplicationError(f"an option is a text, a pair (text, value) or an object, not {choice!r}")
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _NONE


def _message(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """What has ``ts`` and ``thread_ts``: a message itself, that of an action or shortcut, that which was reacted to."""
    if event.get("type") == "slack.message":
        return event
    if event.get("type") == "slack.event":
        inner = _mapping(event.get("event"))
        item = _mapping(inner.get("item"))
        return item if item.get("ts") else inner
    message = _mapping(event.get("message"))
    if message.get("ts"):
        return message
    container = _mapping(event.get("container"))  # an ephemeral message has nothing but this
    found = {"ts": container.get("message_ts"), "thread_ts": container.get("thread_ts")}
    return {key: value for key, value in found.items() if value}

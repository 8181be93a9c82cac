"""What each message may say, and which method of the Web API it is. Pure.

Source: api.slack.com, "Web API methods". Keys that Slack calls otherwise are renamed; keys that are none are refused
rather than dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from interfaces.shared.errors import ApplicationError
from interfaces.shared.options import did_you_mean

__all__ = ["COMMON", "SHAPES", "TYPES", "Shape", "checked"]

BLOCKS, ATTACHMENTS = 50, 100
"""Blocks of a message (100 of a view), and attachments."""
VIEW_BLOCKS = 100
COMMON: Mapping[str, type | tuple[type, ...]] = {
    "type": str, "id": str, "dedupe_key": str, "team_id": str, "enterprise_id": str, "reply_channel": str,
    "not_before": (int, float), "expires": (int, float),
}  # fmt: skip
"""What every message may have."""
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    **COMMON,
    **dict.fromkeys(("blocks", "attachments", "files", "prompts", "file_ids"), list),
    **dict.fromkeys(("metadata", "view", "args"), dict),
    **dict.fromkeys(
        str.split(
            "reply_broadcast unfurl_links unfurl_media mrkdwn remove replace_original delete_original stop link_names"
        ),
        bool,
    ),
    "post_at": (int, float),
}
"""Types of the keys; all others are texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A type of message: ``needs`` these keys, one of ``either``, and may have ``may``."""

    method: str
    """Of the Web API; "" where it depends on what the message says."""
    needs: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """What Slack calls a key."""

    @property
    def keys(self) -> set[str]:
        """All that it may say."""
        return {*COMMON, *self.needs, *self.either, *self.may}


_CONTENT = ("text", "blocks", "attachments")
_POST = str.split(
    "thread_ts reply_broadcast ephemeral_user metadata unfurl_links unfurl_media mrkdwn username icon_emoji icon_url"
    " post_at link_names parse"
)
_ASSISTANT = {"channel": "channel_id"}

SHAPES: Mapping[str, Shape] = {
    "slack.send": Shape(
        method="", needs=("channel",), either=_CONTENT, may=tuple(_POST), names={"ephemeral_user": "user"}
    ),
    "slack.respond": Shape(
        method="",
        needs=("response_url",),
        either=(*_CONTENT, "delete_original"),
        may=("response_type", "replace_original", "thread_ts", "metadata"),
    ),
    "slack.update": Shape(
        method="chat.update",
        needs=("channel", "ts"),
        either=_CONTENT,
        may=("metadata", "reply_broadcast", "link_names", "parse", "file_ids"),
    ),
    "slack.delete": Shape(method="chat.delete", needs=("channel", "ts")),
    "slack.react": Shape(
        method="reactions.add", needs=("channel", "ts", "name"), may=("remove",), names={"ts": "timestamp"}
    ),
    "slack.upload": Shape(
        method="files.completeUploadExternal",
        needs=("files",),
        may=("channel", "thread_ts", "initial_comment"),
        names=_ASSISTANT,
    ),
    "slack.open_view": Shape(method="views.open", needs=("trigger_id", "view")),
    "slack.push_view": Shape(method="views.push", needs=("trigger_id", "view")),
    "slack.update_view": Shape(
        method="views.update", needs=("view",), either=("view_id", "external_id"), may=("hash",)
    ),
    "slack.publish_view": Shape(method="views.publish", needs=("user_id", "view"), may=("hash",)),
    "slack.status": Shape(
        method="assistant.threads.setStatus",
        needs=("channel", "thread_ts"),
        may=("status",),
        names=_ASSISTANT,
    ),
    "slack.prompts": Shape(
        method="assistant.threads.setSuggestedPrompts",
        needs=("channel", "thread_ts", "prompts"),
        may=("title",),
        names=_ASSISTANT,
    ),
    "slack.title": Shape(
        method="assistant.threads.setTitle", needs=("channel", "thread_ts", "title"), names=_ASSISTANT
    ),
    "slack.stream": Shape(
        method="",
        needs=("channel", "thread_ts"),
        either=("text", "stop"),
        may=("ts", "blocks", "recipient_user_id", "recipient_team_id"),
    ),
    "slack.call": Shape(method="", needs=("method",), may=("args",)),
}
"""By type."""
TYPES = frozenset(SHAPES)
"""Types of messages that can be sent."""


def checked(message: Mapping[str, Any]) -> Shape:
    """The shape of ``message``. Raises ApplicationError, one line, for what it cannot have."""
    kind = message.get("type")
    shape = SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        known = ", ".join(SHAPES)
        raise ApplicationError(
            f"slack knows no message {kind!r}, but {known}{did_you_mean(str(kind), SHAPES)}"
        )
    for key, value in message.items():
        if key not in shape.keys:
            raise ApplicationError(f"{kind} has no {key!r}{did_you_mean(str(key), shape.keys)}")
        _check_type(str(kind), key, value)
    for key in shape.needs:
        if not message.get(key):
            raise ApplicationError(f"{kind} needs {key}")
    if shape.either and not any(message.get(key) for key in shape.either):
        raise ApplicationError(f"{kind} needs {' or '.join(shape.either)}")
    _check_lists(str(kind), message)
    return shape


def _check_type(kind: str, key: str, value: Any) -> None:
    wanted = _KINDS.get(key, str)
    fits = isinstance(value, wanted) and not (isinstance(value, bool) and wanted is not bool)
    if value is not None and not fits:
        names = " or ".join(one.__name__ for one in (wanted if isinstance(wanted, tuple) else (wanted,)))
        raise ApplicationError(f"{kind}: {key} is a {type(value).__name__}; it is to be a {names}")
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ApplicationError(f"{kind}: {key} has half a character (a lone surrogate)") from None


def _check_lists(kind: str, message: Mapping[str, Any]) -> None:
    view = message.get("view") or {}
    lists = (
        ("blocks", message.get("blocks") or (), BLOCKS),
        ("attachments", message.get("attachments") or (), ATTACHMENTS),
        ("blocks of its view", view.get("blocks") or (), VIEW_BLOCKS),
    )
    for name, found, most in lists:
        if len(found) > most:
            raise ApplicationError(f"{kind}: {len(found)} {name}; {most} are the most")
        if not all(isinstance(one, Mapping) for one in found):
            raise ApplicationError(f"{kind}: {name} are dicts")

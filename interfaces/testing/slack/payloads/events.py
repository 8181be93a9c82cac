"""Events of the Events API, without their envelope. Each takes further fields by name.

Source: api.slack.com, "Event types". Pure.
"""

from typing import Any

__all__ = [
    "app_home_opened",
    "app_mention",
    "app_rate_limited",
    "app_uninstalled",
    "assistant_thread_started",
    "bot_message",
    "file_share",
    "function_executed",
    "member_joined_channel",
    "message",
    "message_changed",
    "message_deleted",
    "reaction_added",
    "reaction_removed",
    "rich_text",
    "tokens_revoked",
]

TS = "1700000000.000100"
"""The ts of what says nothing else."""


def rich_text(text: str, block_id: str = "b0") -> list[dict[str, Any]]:
    """What a person has typed, as blocks."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "block_id": block_id, "elements": [section]}]


def message(
    text: str = "hello", *, channel: str = "C1", user: str = "U1", ts: str = TS, team: str = "T1", **more: Any
) -> dict[str, Any]:
    """A person's message. ``more``: thread_ts, parent_user_id, files, subtype and so on."""
    return {
        "type": "message", "user": user, "ts": ts, "client_msg_id": f"fake-{ts}", "text": text, "team": team,
        "blocks": rich_text(text), "channel": channel, "event_ts": ts, "channel_type": kind_of(channel), **more,
    }  # fmt: skip


def kind_of(channel: str) -> str:
    """The channel_type that a channel's id tells."""
    return {"D": "im", "G": "group"}.get(channel[:1], "channel")


def app_mention(
    text: str = "<@UBOT1> hello", *, channel: str = "C1", user: str = "U1", ts: str = TS, team: str = "T1", **more: Any
) -> dict[str, Any]:  # fmt: skip
    """A message that names the app; where it hears the channel, it comes as ``message`` too."""
    made = message(text, channel=channel, user=user, ts=ts, team=team) | {"type": "app_mention"}
    made.pop("channel_type")
    return made | more


def bot_message(
    text: str = "beep", *, channel: str = "C1", bot_id: str = "B9", ts: str = TS, **more: Any
) -> dict[str, Any]:
    """A message of another app's, that has no user."""
    return {
        "type": "message", "subtype": "bot_message", "text": text, "ts": ts, "username": "other app",
        "bot_id": bot_id, "channel": channel, "event_ts": ts, "channel_type": kind_of(channel), **more,
    }  # fmt: skip


def message_changed(
    old: dict[str, Any], text: str, *, ts: str = "1700000009.000900", **more: Any
) -> dict[str, Any]:
    """A message was edited: ``old`` is the event of the message, ``ts`` the time of the edit."""
    inner = _inner(old)
    new = inner | {"text": text, "blocks": rich_text(text), "edited": {"user": inner.get("user"), "ts": ts}}
    return {
        "type": "message", "subtype": "message_changed", "message": new, "previous_message": inner,
        "channel": old["channel"], "hidden": True, "ts": ts, "event_ts": ts,
        "channel_type": kind_of(old["channel"]), **more,
    }  # fmt: skip


def message_deleted(old: dict[str, Any], *, ts: str = "1700000009.000900", **more: Any) -> dict[str, Any]:
    """A message was deleted."""
    return {
        "type": "message", "subtype": "message_deleted", "previous_message": _inner(old), "channel": old["channel"],
        "hidden": True, "deleted_ts": old["ts"], "ts": ts, "event_ts": ts,
        "channel_type": kind_of(old["channel"]), **more,
    }  # fmt: skip


def _inner(event: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in event.items() if name not in ("channel", "event_ts", "channel_type")
    }


def file_share(
    text: str = "", *, files: list[dict[str, Any]] | None = None, channel: str = "C1", user: str = "U1", ts: str = TS,
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A message with files."""
    url = "https://files.slack.com/files-pri/T1-F1/notes.txt"
    file = {
        "id": "F1", "created": 1700000000, "timestamp": 1700000000, "name": "notes.txt", "title": "notes.txt",
        "mimetype": "text/plain", "filetype": "text", "pretty_type": "Plain Text", "user": user, "user_team": "T1",
        "editable": True, "size": 5, "mode": "snippet", "is_external": False, "external_type": "", "is_public": True,
        "public_url_shared": False, "display_as_bot": False, "username": "", "url_private": url,
        "url_private_download": url, "permalink": "https://acme.slack.com/files/U1/F1/notes.txt",
        "has_rich_preview": False, "file_access": "visible",
    }  # fmt: skip
    made = message(text, channel=channel, user=user, ts=ts)
    shared = {"subtype": "file_share", "files": files or [file], "upload": False, "display_as_bot": False}
    return made | shared | more


def reaction_added(
    name: str = "thumbsup", *, channel: str = "C1", ts: str = TS, user: str = "U1", **more: Any
) -> dict[str, Any]:
    """Somebody reacted to the message ``ts``."""
    return {
        "type": "reaction_added", "user": user, "reaction": name, "item_user": "U2", "event_ts": "1700000009.000900",
        "item": {"type": "message", "channel": channel, "ts": ts}, **more,
    }  # fmt: skip


def reaction_removed(
    name: str = "thumbsup", *, channel: str = "C1", ts: str = TS, user: str = "U1", **more: Any
) -> dict[str, Any]:
    """Somebody took a reaction back."""
    return reaction_added(name, channel=channel, ts=ts, user=user) | {"type": "reaction_removed", **more}


def member_joined_channel(
    *, channel: str = "C1", user: str = "U1", team: str = "T1", **more: Any
) -> dict[str, Any]:
    """Somebody, or the app itself, has come into a channel."""
    return {"type": "member_joined_channel", "user": user, "channel": channel, "channel_type": channel[:1],
            "team": team, "inviter": "U2", "event_ts": TS, **more}  # fmt: skip


def app_home_opened(
    *, user: str = "U1", channel: str = "D1", tab: str = "home", **more: Any
) -> dict[str, Any]:
    """Somebody looks at the app's home, or its messages."""
    return {"type": "app_home_opened", "user": user, "channel": channel, "tab": tab, "event_ts": TS, **more}


def assistant_thread_started(
    *, user: str = "U1", channel: str = "D1", thread_ts: str = TS, **more: Any
) -> dict[str, Any]:
    """Somebody has opened the app's assistant."""
    context = {"channel_id": "C1", "team_id": "T1", "enterprise_id": None}
    thread = {"user_id": user, "context": context, "channel_id": channel, "thread_ts": thread_ts}
    return {"type": "assistant_thread_started", "assistant_thread": thread, "event_ts": thread_ts, **more}


def function_executed(
    callback_id: str = "sample_function",
    *,
    inputs: dict[str, Any] | None = None,
    app_id: str = "A1",
    **more: Any,
) -> dict[str, Any]:
    """A step of a workflow that the app is to do."""
    function = {
        "id": "Fn1", "callback_id": callback_id, "title": "Sample function", "description": "", "type": "app",
        "input_parameters": [], "output_parameters": [], "app_id": app_id, "date_created": 1700000000,
        "date_updated": 1700000000, "date_deleted": 0, "form_enabled": False,
    }  # fmt: skip
    return {
        "type": "function_executed", "function": function, "inputs": inputs or {"user_id": "U1"},
        "function_execution_id": "Fx1", "workflow_execution_id": "Wx1", "event_ts": TS,
        "bot_access_token": "xwfp-fake", **more,  # nosec B105 - a fake
    }  # fmt: skip


def app_uninstalled() -> dict[str, Any]:
    """The app was taken away from the workspace."""
    return {"type": "app_uninstalled"}


def tokens_revoked(*, oauth: list[str] | None = None, bot: list[str] | None = None) -> dict[str, Any]:
    """Tokens of these users are good no more."""
    return {"type": "tokens_revoked", "tokens": {"oauth": oauth or [], "bot": bot or []}, "event_ts": TS}


def app_rate_limited(*, team: str = "T1", app_id: str = "A1", minute: int = 1_700_000_040) -> dict[str, Any]:
    """Too many events: Slack held some back in this minute. It comes without an envelope, as it is."""
    return {"token": "fake-verification-token", "type": "app_rate_limited", "team_id": team,  # nosec B105 - a fake
            "minute_rate_limited": minute, "api_app_id": app_id}  # fmt: skip

"""What Slack has sent as the scope and the event of one call. Pure.

Messages are ``slack.message``; all else of the Events API, and whatever Slack may think of yet, is ``slack.event``.
What a person has begun is in :mod:`interfaces.slack.interactive`. Source: api.slack.com/events, "Events API",
"message" and its subtypes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from interfaces.shared.errors import PeerError
from interfaces.shared.parcel import Parcel
from interfaces.slack.inputs import objects
from interfaces.slack.interactive import pressed
from interfaces.slack.posted import Posted

__all__ = ["Me", "Occasion", "ident", "translated", "whose"]

ASGI = {"version": "3.0", "spec_version": "1.0"}
_MENTION = re.compile(r"<@([A-Z0-9]{1,30})(?:\|[^>]*)?>")
MENTIONS = 100
"""Users whose names are picked out of a text."""
Ways = Literal["http", "socket"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who this app is in a workspace; None where that is not known."""

    app_id: str | None = None
    bot_id: str | None = None
    bot_user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """How and when something came."""

    transport: Ways
    now: float
    """Unix seconds."""
    deadline: float = 0.0
    """Unix seconds: until when it is to be acknowledged."""
    name: str = ""
    """An id for what has none of Slack's."""
    client: tuple[str, int | None] | None = None
    me: Me = Me()


def ident(value: Any) -> str | None:
    """An id, which some payloads have as an object with one."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def whose(payload: Mapping[str, Any]) -> tuple[str | None, str | None, bool]:
    """The team, the enterprise, and whether the whole of that has the app, of the installation it is for."""
    said: Mapping[str, Any] = next(iter(objects(payload.get("authorizations"))), payload)
    team = ident(said.get("team_id") or said.get("team"))
    if team is None:
        view: Any = payload.get("view")
        team = ident(view.get("app_installed_team_id")) if isinstance(view, Mapping) else None
        user: Any = payload.get("user")
        team = team or (ident(user.get("team_id")) if isinstance(user, Mapping) else None)
    enterprise = ident(said.get("enterprise_id") or said.get("enterprise"))
    return team, enterprise, said.get("is_enterprise_install") in (True, "true")


def translated(posted: Posted, occasion: Occasion) -> Parcel:
    """The call for ``posted``. Raises PeerError for what has not the shape that Slack gives it."""
    payload = posted.payload
    if posted.kind == "event":
        path, event, thread = _event(posted, occasion)
    else:
        path, event = pressed(posted)
        event["ack_deadline"] = occasion.deadline
        thread = None
    team, enterprise, whole = whose(payload)
    channel, user = event["channel"], event["user"]
    event |= {"team_id": team, "received_at": occasion.now, "attempt": posted.retry_num + 1}
    key = f"slack:{event['id']}" if event["id"] else ""
    event["dedupe_key"] = key or f"slack:{occasion.name}"
    event["id"] = event["id"] or occasion.name
    where = f"{team or enterprise or ''}/{channel}/{thread}" if channel and thread is not None else None
    scope = {
        "type": "slack",
        "asgi": dict(ASGI),
        "transport": occasion.transport,
        "app_id": ident(payload.get("api_app_id")),
        "team_id": team,
        "enterprise_id": enterprise,
        "is_enterprise_install": whole,
        "installation": (enterprise if whole else team) or team or enterprise or "",
        "channel": channel,
        "user": user,
        "account": f"{team or enterprise or ''}/{user}" if user else None,
        "path": path,
        "conversation": where,
        "client": occasion.client,
        "server": None,
        "extensions": {},
    }
    return Parcel(scope=scope, event=event, key=key, conversation=where)


def _event(posted: Posted, occasion: Occasion) -> tuple[str, dict[str, Any], str]:
    """The path, the event, and the thread that it is in: "" for a channel's own."""
    payload = posted.payload
    inner: Any = payload.get("event")
    if (
        inner is None and payload.get("type") != "event_callback"
    ):  # app_rate_limited is an envelope by itself, and so may others be
        inner = payload
    if not isinstance(inner, dict) or not isinstance(inner.get("type"), str):
        raise PeerError("it has no event with a type")
    authorizations = objects(payload.get("authorizations"))
    name = ident(payload.get("event_id")) or ""
    found: dict[str, Any] = {
        "id": name,
        "event_id": name,
        "channel": _channel(inner),
        "user": _user(inner),
        "event": inner,
        "authorizations": authorizations,
        "is_self": _own(inner, occasion.me, authorizations, payload),
        "retry_num": posted.retry_num,
        "retry_reason": posted.retry_reason or None,
    }
    message = _message_of(inner)
    thread = message.get("thread_ts")
    thread = thread if isinstance(thread, str) and thread != message.get("ts") else ""
    if inner["type"] == "message":
        return "message", {"type": "slack.message", **found, **_message(inner, message)}, thread
    return f"event/{inner['type']}", {"type": "slack.event", "event_type": inner["type"], **found}, thread


def _message_of(inner: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message that an event is about: of an edit the new one, of a deletion the old one."""
    for key in ("message", "previous_message"):
        found = inner.get(key)
        if isinstance(found, Mapping) and inner["type"] == "message":
            return found
    return inner


def _message(inner: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    text = message.get("text") if inner.get("subtype") != "message_deleted" else ""
    text = text if isinstance(text, str) else ""
    names = dict.fromkeys(found.group(1) for found in _MENTION.finditer(text))
    return {
        "channel_type": inner.get("channel_type"),
        "user": ident(message.get("user") or inner.get("user")),
        "bot_id": ident(message.get("bot_id")),
        "text": text,
        "ts": message.get("ts") or inner.get("deleted_ts") or inner.get("ts") or "",
        "thread_ts": message.get("thread_ts"),
        "subtype": inner.get("subtype"),
        "blocks": message.get("blocks") or [],
        "files": message.get("files") or [],
        "attachments": message.get("attachments") or [],
        "edited": message.get("edited"),
        "mentions": list(names)[:MENTIONS],
    }


def _channel(inner: Mapping[str, Any]) -> str | None:
    item: Any = inner.get("item")
    of_item = item.get("channel") if isinstance(item, Mapping) else None
    return ident(inner.get("channel") or inner.get("channel_id") or of_item)


def _user(inner: Mapping[str, Any]) -> str | None:
    message: Any = inner.get("message")
    of_message = message.get("user") if isinstance(message, Mapping) else None
    return ident(inner.get("user") or inner.get("user_id") or of_message)


def _own(
    inner: Mapping[str, Any], me: Me, authorizations: list[dict[str, Any]], payload: Mapping[str, Any]
) -> bool:
    """Whether this app, or its user, did it."""
    message = _message_of(inner)
    bot, user, app = message.get("bot_id"), _user(inner), message.get("app_id")
    ours = {one.get("user_id") for one in authorizations if one.get("is_bot")} | {me.bot_user_id}
    apps = {me.app_id, payload.get("api_app_id")}
    return bool((bot and bot == me.bot_id) or (user and user in ours) or (app and bot and app in apps))

"""What Slack has sent as the scope and the event of one call. Pure.

Messages are ``slack.message``; all else of the Events API, and whatever Slack may think of yet, is ``slack.event``.
What a person has begun is in :mod:`interfaces.slack.interactive`. Source: api.slack.com/events, "Events API",
"message" and its subtypes.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from interfaces.shared.errors import PeerError
from interfaces.shared.parcel import Parcel
from interfaces.slack.interactive import pressed
from interfaces.slack.posted import Posted
from interfaces.slack.shapes import ident, mapping, objects, text

__all__ = ["APART", "MENTIONS", "NOBODY", "Home", "Me", "Occasion", "translated", "whose"]

ASGI = {"version": "3.0", "spec_version": "1.0"}
_MENTION = re.compile(r"<@([A-Z0-9]{1,30})(?:\|[^<>]*)?>")
MENTIONS = 100
"""Users whose names are picked out of a text."""
APART = frozenset(("event", "authorizations", "token"))
"""Keys of an envelope that an event has itself; and the token, which is a secret that nobody needs any more."""
Ways = Literal["http", "socket"]
Home = tuple[str | None, str | None, bool]
"""Team, enterprise, and whether it is the whole of that: what :func:`whose` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who this app is in a workspace; None where that is not known."""

    app_id: str | None = None
    bot_id: str | None = None
    bot_user_id: str | None = None


NOBODY = Me()


class Occasion:
    """How and when something came. No dataclass, which takes ten times as long where this is compiled."""

    def __init__(
        self,
        transport: Ways,
        now: float,
        deadline: float = 0.0,
        name: str = "",
        client: tuple[str, int | None] | None = None,
        me: Me = NOBODY,
    ) -> None:
        self.transport = transport
        self.now = now
        """Unix seconds."""
        self.deadline = deadline
        """Unix seconds: until when it is to be acknowledged."""
        self.name = name
        """An id for what has none of Slack's."""
        self.client = client
        self.me = me
        self.home: Home | None = None
        """What :func:`whose` says of it, where that is known already."""


def whose(payload: dict[str, Any]) -> Home:
    """The team, the enterprise, and whether the whole of that has the app, of the installation it is for.

    With Slack Connect it is the authorization that says so, and of a view where the app is installed: the team of the
    envelope, or of the person, may be another one.
    """
    authorizations = objects(payload.get("authorizations"))
    said = authorizations[0] if authorizations else payload
    team, enterprise = said.get("team_id"), said.get("enterprise_id")
    if not authorizations and (not team or not enterprise):
        view, place = mapping(payload.get("view")), mapping(payload.get("team"))
        team = ident(view.get("app_installed_team_id")) or ident(team) or ident(payload.get("team"))
        team = team or ident(mapping(payload.get("user")).get("team_id")) or view.get("team_id")
        enterprise = (
            ident(enterprise) or ident(payload.get("enterprise")) or ident(place.get("enterprise_id"))
        )
    return ident(team), ident(enterprise), said.get("is_enterprise_install") in (True, "true")


def _home(team: str | None, enterprise: str | None, whole: bool) -> str:
    """Which installation it is for."""
    return (enterprise if whole else team) or team or enterprise or ""


def translated(posted: Posted, occasion: Occasion) -> Parcel:
    """The call for ``posted``. Raises PeerError for what has not the shape that Slack gives it."""
    payload = posted.payload
    if posted.kind == "event":
        path, event, thread = _event(posted, occasion.me)
    else:
        path, event = pressed(posted)
        event["ack_deadline"] = occasion.deadline
        thread = None
    team, enterprise, whole = occasion.home or whose(payload)
    home = _home(team, enterprise, whole)
    channel, user, name = event["channel"], event["user"], event["id"]
    app = ident(payload.get("api_app_id"))
    event["id"] = name or occasion.name
    event["dedupe_key"] = f"slack:{app or ''}:{event['id']}"  # several apps may hear of the same
    event["team_id"] = team
    event["received_at"] = occasion.now
    event["attempt"] = posted.retry_num + 1
    conversation = f"{home}/{channel}/{thread}" if channel and thread is not None else None
    scope = {
        "type": "slack",
        "asgi": dict(ASGI),
        "transport": occasion.transport,
        "app_id": app,
        "team_id": team,
        "enterprise_id": enterprise,
        "is_enterprise_install": whole,
        "installation": home,
        "channel": channel,
        "user": user,
        # of an organisation's installation not the team: it is the same person in all of its teams
        "account": f"{home}/{user}" if user else None,
        "path": path,
        "conversation": conversation,
        "client": occasion.client,
        "server": None,
        "extensions": {},
    }
    key = event["dedupe_key"] if name else ""
    return Parcel(scope=scope, event=event, key=key, conversation=conversation)


def _event(posted: Posted, me: Me) -> tuple[str, dict[str, Any], str]:
    """The path, the event, and the thread that it is in: "" for a channel's own."""
    payload = posted.payload
    inner, kind = _inner(payload)
    about = _about(inner, kind)
    name = ident(payload.get("event_id")) or ""
    authorizations = objects(payload.get("authorizations"))
    user = _user(about) or _user(inner)
    event: dict[str, Any] = {
        "type": "slack.message" if kind == "message" else "slack.event",
        "id": name,
        "event_id": name,
        "channel": _channel(inner),
        "user": user,
        "event": inner,
        "authorizations": authorizations,
        "envelope": {} if inner is payload else _apart(payload),
        "is_self": _own(about, me, payload) or _ours(user, me, authorizations),
        "retry_num": posted.retry_num,
        "retry_reason": posted.retry_reason or None,
    }
    if kind == "message":
        event |= _message(inner, about)
    else:
        event["event_type"] = kind
    return "message" if kind == "message" else f"event/{kind}", event, _thread(about)


def _inner(payload: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What has happened, and its type. PeerError."""
    inner: Any = payload.get("event")
    if inner is None and payload.get("type") != "event_callback":
        inner = payload  # app_rate_limited is an envelope by itself, and so may others be
    kind = inner.get("type") if isinstance(inner, dict) else None
    if not isinstance(kind, str) or not kind:
        raise PeerError("it has no event with a type")
    return inner, kind


def _apart(payload: dict[str, Any]) -> dict[str, Any]:
    """The envelope alone."""
    envelope = dict(payload)
    for key in APART:
        envelope.pop(key, None)
    return envelope


def _thread(message: dict[str, Any]) -> str:
    """The ``ts`` of what it answers to; the first of a thread is of the channel, as are those without one."""
    thread = text(message.get("thread_ts"))
    return "" if thread == message.get("ts") else thread


def _about(inner: dict[str, Any], kind: str) -> dict[str, Any]:
    """The message that an event is about: of an edit the new one, of a deletion the old one."""
    if kind == "message":
        if "message" in inner or "previous_message" in inner:
            return mapping(inner.get("message")) or mapping(inner.get("previous_message")) or inner
    elif kind.startswith("assistant_thread_"):
        return mapping(inner.get("assistant_thread"))
    return inner


def _message(inner: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """What is of messages alone; nothing is left in one that was deleted."""
    subtype = text(inner.get("subtype")) or None
    deleted = subtype == "message_deleted"
    said: dict[str, Any] = {} if deleted else message
    words = text(said.get("text"))
    return {
        "channel_type": text(inner.get("channel_type")) or None,
        "bot_id": ident(message.get("bot_id")),
        "text": words,
        "ts": text((deleted and inner.get("deleted_ts")) or message.get("ts") or inner.get("ts")),
        "thread_ts": text(message.get("thread_ts")) or None,
        "subtype": subtype,
        "blocks": objects(said.get("blocks")),
        "files": objects(said.get("files")),
        "attachments": objects(said.get("attachments")),
        "edited": mapping(said.get("edited")) or None,
        "mentions": list(dict.fromkeys(_MENTION.findall(words)))[:MENTIONS] if "<@" in words else [],
    }


def _channel(inner: dict[str, Any]) -> str | None:
    """Where it is: reactions have it in their item, threads of assistants in themselves."""
    found = inner.get("channel") or inner.get("channel_id")
    if not found:
        for key, name in (("item", "channel"), ("assistant_thread", "channel_id")):
            found = found or mapping(inner.get(key)).get(name)
    return ident(found)


def _user(found: dict[str, Any]) -> str | None:
    return ident(found.get("user") or found.get("user_id"))


def _own(message: dict[str, Any], me: Me, payload: dict[str, Any]) -> bool:
    """Whether this app has said it."""
    bot, app = ident(message.get("bot_id")), ident(message.get("app_id"))
    return bot is not None and (
        bot == me.bot_id or (app is not None and app in (me.app_id, payload.get("api_app_id")))
    )


def _ours(user: str | None, me: Me, authorizations: list[dict[str, Any]]) -> bool:
    """Whether that is the user of this app."""
    return user is not None and (
        user == me.bot_user_id or user in [one.get("user_id") for one in authorizations if one.get("is_bot")]
    )

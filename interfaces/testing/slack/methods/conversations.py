"""conversations.*: which there are, and what was said in them."""

from typing import Any

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.methods.pages import page
from interfaces.testing.slack.state import Channel
from interfaces.testing.slack.world import World

__all__ = ["METHODS"]

KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
MOST_USERS = 8
"""In one direct message of several."""


def _named(world: World, call: Call) -> Channel:
    (name,) = call.need("channel")
    return world.channel(name, call.by)


def list_channels(world: World, call: Call) -> dict[str, Any]:
    """All conversations of the wanted types."""
    types = str(call.args.get("types") or "public_channel").replace(" ", "").split(",")
    if not set(types) <= KINDS.keys():
        raise SlackRefused("invalid_types")
    kinds = {KINDS[each] for each in types}
    team = call.args.get("team_id")
    found = [
        channel.shown
        for workspace in world.seen_by(call.by)
        if team in (None, "", workspace.id)
        for channel in workspace.channels.values()
        if channel.kind in kinds and not (channel.archived and call.flag("exclude_archived"))
    ]
    return page(call, "channels", found)


def info(world: World, call: Call) -> dict[str, Any]:
    """One conversation."""
    channel = _named(world, call)
    more = {"num_members": len(channel.members)} if call.flag("include_num_members") else {}
    return {"channel": channel.shown | more}


def members(world: World, call: Call) -> dict[str, Any]:
    """Who is in it."""
    return page(call, "members", list(_named(world, call).members))


def history(world: World, call: Call) -> dict[str, Any]:
    """What was said, newest first; answers in threads are not in it, but those that were sent to all."""
    channel = _named(world, call)
    said = [
        message
        for message in reversed(channel.messages)
        if message.get("thread_ts") in (None, message["ts"]) or message.get("subtype") == "thread_broadcast"
    ]
    found = page(call, "messages", [_shown(call, each) for each in said if _between(call, each)])
    return {**found, "has_more": bool(found["response_metadata"]["next_cursor"]), "pin_count": 0}


def replies(world: World, call: Call) -> dict[str, Any]:
    """A thread: its root, then the answers, oldest first."""
    channel = _named(world, call)
    (ts,) = call.need("ts")
    thread = channel.thread(str(ts))
    if not thread:
        raise SlackRefused("thread_not_found")
    said = [_shown(call, each) for each in thread if each["ts"] == ts or _between(call, each)]
    found = page(call, "messages", said)
    return {**found, "has_more": bool(found["response_metadata"]["next_cursor"])}


def open_direct(world: World, call: Call) -> dict[str, Any]:
    """The direct messages with these people."""
    if call.args.get("channel"):
        return {"channel": _named(world, call).shown}
    (names,) = call.need("users")
    users = [world.user(name, call.by) for name in str(names).replace(" ", "").split(",")]
    if len(users) > MOST_USERS:
        raise SlackRefused("too_many_users")
    workspace = world.workspace(users[0].team_id)
    before = len(workspace.channels)
    channel = world.direct(workspace, [user.id for user in users])
    answer = {"channel": channel.shown if call.flag("return_im") else {"id": channel.id}}
    return answer if len(workspace.channels) > before else {"no_op": True, "already_open": True, **answer}


def join(world: World, call: Call) -> dict[str, Any]:
    """Become a member."""
    channel = _named(world, call)
    if call.by.user_id not in channel.members:
        channel.members.append(call.by.user_id)
    return {"channel": channel.shown}


def _between(call: Call, message: dict[str, Any]) -> bool:
    ts = message["ts"]
    oldest, latest = str(call.args.get("oldest") or ""), str(call.args.get("latest") or "")
    inclusive = call.flag("inclusive")
    after = not oldest or _number(ts) > _number(oldest) or (inclusive and ts == oldest)
    return after and (not latest or _number(ts) < _number(latest) or (inclusive and ts == latest))


def _number(ts: str) -> float:
    try:
        return float(ts)
    except ValueError:
        raise SlackRefused("invalid_ts_oldest") from None


def _shown(call: Call, message: dict[str, Any]) -> dict[str, Any]:
    if call.flag("include_all_metadata") or "metadata" not in message:
        return message
    return {name: value for name, value in message.items() if name != "metadata"}


METHODS = {
    "conversations.list": Method(do=list_channels, tier=2, scope="channels:read"),
    "conversations.info": Method(do=info, scope="channels:read"),
    "conversations.members": Method(do=members, tier=4, scope="channels:read"),
    "conversations.history": Method(do=history, scope="channels:history"),
    "conversations.replies": Method(do=replies, scope="channels:history"),
    "conversations.open": Method(do=open_direct, scope="im:write"),
    "conversations.join": Method(do=join, scope="channels:join"),
}
"""By name."""

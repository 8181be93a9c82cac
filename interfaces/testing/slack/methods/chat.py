"""chat.*: to post, change, delete and schedule messages."""

from typing import Any

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.methods.messages import TEXT, checked, own, room
from interfaces.testing.slack.world import World

__all__ = ["METHODS"]

UPDATED = 4000
"""Most characters of a text that takes the place of another."""
AHEAD = 120 * 86_400
"""How far ahead a message can be scheduled, in seconds."""


def post_message(world: World, call: Call) -> dict[str, Any]:
    """Post, in a thread where ``thread_ts`` says so."""
    channel = room(world, call)
    message = checked(world, call) | own(world, call)
    if call.args.get("thread_ts"):
        message["thread_ts"] = str(call.args["thread_ts"])
        if call.flag("reply_broadcast"):
            message |= {"subtype": "thread_broadcast", "root": {"ts": message["thread_ts"]}}
    made = world.post(channel, message)
    return {"channel": channel.id, "ts": made["ts"], "message": made}


def post_ephemeral(world: World, call: Call) -> dict[str, Any]:
    """Show something to one person; it is in no history."""
    channel = room(world, call)
    (user,) = call.need("user")
    if user not in channel.members:
        raise SlackRefused("user_not_in_channel")
    ts = world.ts()
    shown = {"ts": ts, "channel": channel.id, "to": user, **own(world, call), **checked(world, call)}
    if call.args.get("thread_ts"):
        shown["thread_ts"] = str(call.args["thread_ts"])
    world.ephemerals.append(shown)
    return {"message_ts": ts}


def _is_own(call: Call, message: dict[str, Any]) -> bool:
    by = call.by
    return bool(message.get("bot_id") == by.bot_id if by.bot_id else message.get("user") == by.user_id)


def update(world: World, call: Call) -> dict[str, Any]:
    """Change one's own message; what is not said stays, but blocks go with a new text alone."""
    _, ts = call.need("channel", "ts")
    channel = world.channel(call.args["channel"], call.by)
    message = channel.find(str(ts))
    if not _is_own(call, message) or message.get("streaming_state") == "in_progress":
        raise SlackRefused("cant_update_message")
    content = checked(world, call, UPDATED)
    for name in ("blocks", "attachments"):
        if name not in content and (name in call.args or content["text"]):
            message.pop(name, None)
    message |= content
    message["edited"] = {"user": call.by.user_id, "ts": world.ts()}
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": message}


def delete(world: World, call: Call) -> dict[str, Any]:
    """Take one's own message away."""
    _, ts = call.need("channel", "ts")
    channel = world.channel(call.args["channel"], call.by)
    message = channel.find(str(ts))
    if not _is_own(call, message):
        raise SlackRefused("cant_delete_message")
    channel.messages.remove(message)
    return {"channel": channel.id, "ts": message["ts"]}


def schedule_message(world: World, call: Call) -> dict[str, Any]:
    """Post later, by the fake's clock."""
    channel = room(world, call)
    at = call.number("post_at", 0)
    if at <= world.clock.time():
        raise SlackRefused("time_in_past")
    if at > world.clock.time() + AHEAD:
        raise SlackRefused("time_too_far")
    message = checked(world, call, TEXT) | own(world, call)
    if call.args.get("thread_ts"):
        message["thread_ts"] = str(call.args["thread_ts"])
    name = world.id("Q")
    world.scheduled.append({"id": name, "channel_id": channel.id, "post_at": at, "message": message,
                            "date_created": int(world.clock.time())})  # fmt: skip
    shown = {"type": "delayed_message", **message}
    return {"channel": channel.id, "scheduled_message_id": name, "post_at": at, "message": shown}


def delete_scheduled(world: World, call: Call) -> dict[str, Any]:
    """Do not post it after all."""
    _, name = call.need("channel", "scheduled_message_id")
    left = [each for each in world.scheduled if each["id"] != name]
    if len(left) == len(world.scheduled):
        raise SlackRefused("invalid_scheduled_message_id")
    world.scheduled[:] = left
    return {}


def list_scheduled(world: World, call: Call) -> dict[str, Any]:
    """What waits to be posted."""
    names = ("id", "channel_id", "post_at", "date_created")
    shown = [
        {name: each[name] for name in names} | {"text": each["message"]["text"]} for each in world.scheduled
    ]
    return {"scheduled_messages": shown, "response_metadata": {"next_cursor": ""}}


def permalink(world: World, call: Call) -> dict[str, Any]:
    """A link to a message."""
    _, ts = call.need("channel", "message_ts")
    channel = world.channel(call.args["channel"], call.by)
    channel.find(str(ts))
    url = world.workspace(channel.team_id).url
    return {"channel": channel.id, "permalink": f"{url}archives/{channel.id}/p{str(ts).replace('.', '')}"}


METHODS = {
    "chat.postMessage": Method(do=post_message, tier=0, scope="chat:write"),
    "chat.postEphemeral": Method(do=post_ephemeral, tier=4, scope="chat:write"),
    "chat.update": Method(do=update, scope="chat:write"),
    "chat.delete": Method(do=delete, scope="chat:write"),
    "chat.scheduleMessage": Method(do=schedule_message, scope="chat:write"),
    "chat.deleteScheduledMessage": Method(do=delete_scheduled, scope="chat:write"),
    "chat.scheduledMessages.list": Method(do=list_scheduled),
    "chat.getPermalink": Method(do=permalink),
}
"""By name."""

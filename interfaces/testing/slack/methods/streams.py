"""chat.startStream, appendStream and stopStream: a message that grows while it is read."""

from typing import Any

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.methods.messages import MARKDOWN, own, room, with_block_ids
from interfaces.testing.slack.world import World

__all__ = ["METHODS"]


def _said(call: Call) -> str:
    """The Markdown of a call: its own, or that of its chunks."""
    text = str(call.args.get("markdown_text") or "")
    chunks = call.args.get("chunks") or []
    if not isinstance(chunks, list) or not all(isinstance(chunk, dict) for chunk in chunks):
        raise SlackRefused("invalid_chunks")
    if text and chunks:
        raise SlackRefused("invalid_arguments")
    text += "".join(str(chunk.get("text") or "") for chunk in chunks if chunk.get("type") == "markdown_text")
    if len(text) > MARKDOWN:
        raise SlackRefused("msg_too_long")
    return text


def start(world: World, call: Call) -> dict[str, Any]:
    """Begin one in a thread; in a channel it has to be said for whom."""
    channel = room(world, call)
    (thread,) = call.need("thread_ts")
    if channel.kind != "im":
        for name in ("recipient_team_id", "recipient_user_id"):
            if not call.args.get(name):
                raise SlackRefused(f"missing_{name}")
    message = {
        "text": _said(call),
        "thread_ts": str(thread),
        "streaming_state": "in_progress",
        **own(world, call),
    }
    made = world.post(channel, message)
    return {"channel": channel.id, "ts": made["ts"]}


def _streaming(world: World, call: Call) -> tuple[str, dict[str, Any]]:
    channel, ts = call.need("channel", "ts")
    found = world.channel(channel, call.by)
    message = found.find(str(ts))
    if message.get("bot_id") != call.by.bot_id:
        raise SlackRefused("message_not_owned_by_app")
    if message.get("streaming_state") != "in_progress":
        raise SlackRefused("message_not_in_streaming_state")
    return found.id, message


def append(world: World, call: Call) -> dict[str, Any]:
    """Add to it."""
    channel, message = _streaming(world, call)
    text = _said(call)
    if not text and not call.args.get("chunks"):
        raise SlackRefused("no_text")
    message["text"] += text
    return {"channel": channel, "ts": message["ts"]}


def stop(world: World, call: Call) -> dict[str, Any]:
    """It is complete."""
    channel, message = _streaming(world, call)
    message["text"] += _said(call)
    if call.args.get("blocks"):
        message["blocks"] = with_block_ids(world, call.args["blocks"])
    if isinstance(call.args.get("metadata"), dict):
        message["metadata"] = call.args["metadata"]
    message["streaming_state"] = "completed"
    return {"channel": channel, "ts": message["ts"], "message": message}


METHODS = {
    "chat.startStream": Method(do=start, tier=2, scope="chat:write"),
    "chat.appendStream": Method(do=append, tier=4, scope="chat:write"),
    "chat.stopStream": Method(do=stop, tier=2, scope="chat:write"),
}
"""By name."""

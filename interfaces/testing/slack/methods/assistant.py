"""assistant.threads.*: status, title and prompts of an assistant's thread."""

from typing import Any

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.world import World

__all__ = ["METHODS"]

PROMPTS = 4
"""Most prompts."""


def _thread(world: World, call: Call, *needed: str) -> dict[str, Any]:
    call.need("channel_id", *needed)
    channel = world.channel(call.args["channel_id"], call.by)
    return world.threads.setdefault((channel.id, str(call.args.get("thread_ts") or "")), {})


def status(world: World, call: Call) -> dict[str, Any]:
    """What the assistant is at; "" takes it away."""
    if not isinstance(call.args.get("status"), str):  # "" is one
        raise SlackRefused("invalid_arguments")
    _thread(world, call, "thread_ts")["status"] = call.args["status"]
    return {}


def title(world: World, call: Call) -> dict[str, Any]:
    """What the thread is about."""
    call.need("title")
    _thread(world, call, "thread_ts")["title"] = call.args["title"]
    return {}


def prompts(world: World, call: Call) -> dict[str, Any]:
    """What one may want to ask."""
    (said,) = call.need("prompts")
    if not isinstance(said, list) or not all(
        isinstance(each, dict) and {"title", "message"} <= each.keys() for each in said
    ):
        raise SlackRefused("invalid_arguments")
    if len(said) > PROMPTS:
        raise SlackRefused("too_many_prompts")
    _thread(world, call)["prompts"] = {"title": call.args.get("title"), "prompts": said}
    return {}


METHODS = {
    "assistant.threads.setStatus": Method(do=status, scope="assistant:write"),
    "assistant.threads.setTitle": Method(do=title, scope="assistant:write"),
    "assistant.threads.setSuggestedPrompts": Method(do=prompts, scope="assistant:write"),
}
"""By name."""

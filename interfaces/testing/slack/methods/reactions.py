"""reactions.*: what people put under messages."""

from typing import Any

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.world import World

__all__ = ["METHODS"]

MOST = 23
"""Different reactions of one user to a message."""


def _message(world: World, call: Call) -> tuple[dict[str, Any], str]:
    channel, ts, name = call.need("channel", "timestamp", "name")
    name = str(name).strip(":")
    if (
        not name.replace("_", "")
        .replace("-", "")
        .replace("+", "")
        .replace(":", "")
        .replace("'", "")
        .isalnum()
        and name != "+1"
    ):
        raise SlackRefused("invalid_name")
    return world.channel(channel, call.by).find(str(ts)), name


def add(world: World, call: Call) -> dict[str, Any]:
    """React."""
    message, name = _message(world, call)
    reactions = message.setdefault("reactions", [])
    user = call.by.user_id
    if sum(user in each["users"] for each in reactions) >= MOST:
        raise SlackRefused("too_many_reactions")
    for each in reactions:
        if each["name"] == name:
            if user in each["users"]:
                raise SlackRefused("already_reacted")
            each["users"].append(user)
            each["count"] += 1
            return {}
    reactions.append({"name": name, "users": [user], "count": 1})
    return {}


def remove(world: World, call: Call) -> dict[str, Any]:
    """Take a reaction back."""
    message, name = _message(world, call)
    user = call.by.user_id
    for each in message.get("reactions", []):
        if each["name"] == name and user in each["users"]:
            each["users"].remove(user)
            each["count"] -= 1
            message["reactions"] = [each for each in message["reactions"] if each["users"]]
            return {}
    raise SlackRefused("no_reaction")


def get(world: World, call: Call) -> dict[str, Any]:
    """A message with its reactions."""
    channel, ts = call.need("channel", "timestamp")
    found = world.channel(channel, call.by)
    return {"type": "message", "channel": found.id, "message": found.find(str(ts))}


METHODS = {
    "reactions.add": Method(do=add, scope="reactions:write"),
    "reactions.remove": Method(do=remove, tier=2, scope="reactions:write"),
    "reactions.get": Method(do=get, scope="reactions:read"),
}
"""By name."""

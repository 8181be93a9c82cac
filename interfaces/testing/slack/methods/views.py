"""views.*: to open, push, change and publish views."""

from typing import Any

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.methods.messages import with_block_ids
from interfaces.testing.slack.state import Token
from interfaces.testing.slack.views import STACK, check_view
from interfaces.testing.slack.world import World

__all__ = ["METHODS", "change_view", "make_view"]


def make_view(world: World, content: dict[str, Any], token: Token, team_id: str) -> dict[str, Any]:
    """A view with an id of its own, root of its own stack."""
    name = world.id("V")
    made: dict[str, Any] = content | {
        "id": name, "team_id": team_id, "app_id": token.app_id, "bot_id": token.bot_id, "hash": _hash(world),
        "state": {"values": {}}, "root_view_id": name, "previous_view_id": None, "app_installed_team_id": team_id,
    }  # fmt: skip
    made["blocks"] = with_block_ids(world, made["blocks"])
    return made


def change_view(world: World, view: dict[str, Any], content: dict[str, Any], said_hash: Any = None) -> None:
    """Put other content into a view; refuses with hash_conflict."""
    world.views.change(
        view, content | {"blocks": with_block_ids(world, content["blocks"])}, said_hash, _hash(world)
    )


def _hash(world: World) -> str:
    return f"{int(world.clock.time())}.{world.id('h')}"


def open_view(world: World, call: Call) -> dict[str, Any]:
    """Open a modal, with leave of a trigger."""
    name, view = call.need("trigger_id", "view")
    content = check_view(view, "modal")
    trigger = world.views.use(name, world.clock.time())
    made = make_view(world, content, call.by, trigger.team_id)
    world.views.add(made)
    return {"view": made}


def push(world: World, call: Call) -> dict[str, Any]:
    """Put a modal on top of the one that the trigger was given in."""
    name, view = call.need("trigger_id", "view")
    content = check_view(view, "modal")
    trigger = world.views.use(name, world.clock.time())
    below = world.views.all.get(trigger.view_id)
    if below is None:
        raise SlackRefused("invalid_arguments")
    if world.views.depth(below) >= STACK:
        raise SlackRefused("push_limit_reached")
    made = make_view(world, content, call.by, trigger.team_id)
    made |= {"root_view_id": below["root_view_id"], "previous_view_id": below["id"]}
    world.views.add(made)
    return {"view": made}


def update(world: World, call: Call) -> dict[str, Any]:
    """Change a view; with a ``hash``, only while nobody else has."""
    if not call.args.get("view_id") and not call.args.get("external_id"):
        call.need("view_id")
    content = check_view(call.args.get("view"), "modal", "home")
    view = world.views.find(call.args.get("view_id"), call.args.get("external_id"))
    if content["type"] != view["type"]:
        raise SlackRefused("invalid_arguments")
    change_view(world, view, content, call.args.get("hash"))
    return {"view": view}


def publish(world: World, call: Call) -> dict[str, Any]:
    """What a person sees in the App Home."""
    user_id, view = call.need("user_id", "view")
    content = check_view(view, "home")
    user = world.user(user_id, call.by)
    found = world.views.all.get(world.views.homes.get((user.team_id, user.id), ""))
    if found is None:
        found = make_view(world, content, call.by, user.team_id)
        world.views.add(found)
        world.views.homes[user.team_id, user.id] = found["id"]
    else:
        change_view(world, found, content, call.args.get("hash"))
    return {"view": found}


METHODS = {
    "views.open": Method(do=open_view, tier=4),
    "views.push": Method(do=push, tier=4),
    "views.update": Method(do=update, tier=4),
    "views.publish": Method(do=publish, tier=4),
}
"""By name."""

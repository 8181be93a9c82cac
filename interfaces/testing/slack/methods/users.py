"""users.*: who is in a workspace; and team.info."""

from typing import Any

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.methods.pages import page
from interfaces.testing.slack.world import World

__all__ = ["METHODS"]


def info(world: World, call: Call) -> dict[str, Any]:
    """One person."""
    (user,) = call.need("user")
    return {"user": world.user(user, call.by).shown}


def list_users(world: World, call: Call) -> dict[str, Any]:
    """Everybody."""
    found = [user.shown for workspace in world.seen_by(call.by) for user in workspace.users.values()]
    return {**page(call, "members", found), "cache_ts": int(world.clock.time())}


def lookup(world: World, call: Call) -> dict[str, Any]:
    """Who has this address of e-mail."""
    (email,) = call.need("email")
    for workspace in world.seen_by(call.by):
        for user in workspace.users.values():
            if user.shown["profile"].get("email") == email:
                return {"user": user.shown}
    raise SlackRefused("users_not_found")


def team(world: World, call: Call) -> dict[str, Any]:
    """The workspace of the token, or the named one."""
    workspace = world.workspace(str(call.args.get("team") or call.by.team_id))
    return {"team": {"id": workspace.id, "name": workspace.name, "domain": workspace.domain, "icon": {}}}


METHODS = {
    "users.info": Method(do=info, tier=4, scope="users:read"),
    "users.list": Method(do=list_users, tier=2, scope="users:read"),
    "users.lookupByEmail": Method(do=lookup, scope="users:read.email"),
    "team.info": Method(do=team, scope="team:read"),
}
"""By name."""

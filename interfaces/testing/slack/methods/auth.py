"""auth.*, api.test and apps.connections.open: who is there, and how to get a socket."""

from typing import Any
from urllib.parse import urlencode

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.world import World

__all__ = ["METHODS"]


def auth_test(world: World, call: Call) -> dict[str, Any]:
    """Whose token it is."""
    token = call.by
    if token.kind == "app":
        return {"app_name": world.app.name, "app_id": world.app.id}
    workspace = world.workspace(token.team_id)
    team = (token.is_enterprise_install and token.enterprise_id) or workspace.id
    answer: dict[str, Any] = {
        "url": workspace.url, "team": workspace.name, "user": workspace.users[token.user_id].name,
        "team_id": team, "user_id": token.user_id, "is_enterprise_install": token.is_enterprise_install,
    }  # fmt: skip
    if token.bot_id:
        answer["bot_id"] = token.bot_id
    if workspace.enterprise_id:
        answer["enterprise_id"] = workspace.enterprise_id
    return answer


def api_test(world: World, call: Call) -> dict[str, Any]:
    """What was said comes back."""
    args = {name: value for name, value in call.args.items() if name != "token"}
    if "error" in args:
        raise SlackRefused(str(args["error"]), args=args)
    return {"args": args}


def auth_revoke(world: World, call: Call) -> dict[str, Any]:
    """The token is good no more."""
    if call.flag("test"):
        return {"revoked": False}
    call.by.revoked = True
    return {"revoked": True}


def connections_open(world: World, call: Call) -> dict[str, Any]:
    """Where to connect for Socket Mode: with a ticket, which is good once."""
    ticket = world.id("ticket")
    world.tickets[ticket] = call.by.app_id
    query = urlencode({"ticket": ticket, "app_id": call.by.app_id})
    return {"url": f"{world.base.replace('http', 'ws', 1)}/link/?{query}"}


METHODS = {
    "api.test": Method(do=api_test, kinds=(), tier=4),
    "auth.test": Method(do=auth_test, kinds=("bot", "user", "app"), tier=4),
    "auth.revoke": Method(do=auth_revoke),
    "apps.connections.open": Method(do=connections_open, kinds=("app",), tier=4),
}
"""By name."""

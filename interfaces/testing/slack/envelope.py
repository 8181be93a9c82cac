"""How an event is wrapped for the Events API, the same over HTTP and over Socket Mode. Pure but for ids."""

from typing import Any

from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.world import World

__all__ = ["event_callback"]


def event_callback(
    world: World, event: dict[str, Any], team_id: str | None = None, event_id: str | None = None
) -> dict[str, Any]:
    """The envelope: who it is for, its own id, when it was; its team is the event's own, or T1 or the first."""
    team = team_id or event.get("team") or next(iter(world.workspaces))
    try:
        workspace = world.workspace(team)
    except SlackRefused:
        raise ValueError(f"the fake has no workspace {team}: add_workspace makes one") from None
    bot = world.bot_of(workspace)
    return {
        "token": world.app.verification_token,
        "team_id": workspace.id,
        "enterprise_id": workspace.enterprise_id,
        "context_team_id": workspace.id,
        "context_enterprise_id": workspace.enterprise_id,
        "api_app_id": world.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id or world.id("Ev"),
        "event_time": int(world.clock.time()),
        "authorizations": [
            {"enterprise_id": workspace.enterprise_id, "team_id": workspace.id, "user_id": bot.id, "is_bot": True,
             "is_enterprise_install": world.installed_whole(workspace)}
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{world.id('ctx')}",
    }  # fmt: skip

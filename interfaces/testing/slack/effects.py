"""What Slack does with the answer of an app: posts it, changes the view, fills the menu; the same for both ways."""

from typing import Any

from interfaces.testing.slack.delivery import Delivery
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.methods.views import change_view, make_view
from interfaces.testing.slack.responses import say
from interfaces.testing.slack.state import Token
from interfaces.testing.slack.views import STACK, check_view
from interfaces.testing.slack.world import World

__all__ = ["take_effect"]

SILENT = ("block_actions", "shortcut", "message_action", "view_closed")
"""Whose answers Slack does not read."""


def take_effect(world: World, delivery: Delivery) -> None:
    """Do what the acknowledgement of a command or interaction says; ``delivery.effect`` tells what came of it.

    "": nothing; "failed": the person is told that the app did not answer; "invalid: …": it said what Slack
    does not take; else posted, ephemeral, replaced, options, closed, errors, updated, pushed, cleared.
    """
    if not delivery.acknowledged:
        delivery.effect = "failed"
        return
    answer = delivery.answer or {}
    if isinstance(answer, str):
        answer = {"text": answer}
    try:
        if not isinstance(answer, dict):
            raise SlackRefused("no object")
        delivery.effect = _effect(world, delivery, answer)
    except SlackRefused as refused:
        delivery.effect = f"invalid: {refused.error}"


def _effect(world: World, delivery: Delivery, answer: dict[str, Any]) -> str:
    payload = delivery.payload
    kind = payload.get("type", "command")
    if kind == "view_submission":
        return _submitted(world, payload["view"]["id"], answer)
    if kind == "block_suggestion":
        return _options(answer)
    if kind in SILENT or not answer:
        return ""
    if kind == "interactive_message":
        return _replaced(world, payload, answer)
    if kind == "command":
        channel = world.workspace(payload["team_id"]).channels[payload["channel_id"]]
        say(world, channel, payload["user_id"], answer)
        return "posted" if answer.get("response_type") == "in_channel" else "ephemeral"
    return ""


def _options(answer: dict[str, Any]) -> str:
    groups = answer.get("option_groups")
    options = answer.get("options")
    if groups is None and options is None:
        raise SlackRefused("no options")
    lists = [group.get("options") for group in groups] if isinstance(groups, list) else [options]
    for each in lists:
        if (
            not isinstance(each, list)
            or len(each) > 100
            or not all("text" in one and "value" in one for one in each)
        ):
            raise SlackRefused("invalid options")
    return "options"


def _replaced(world: World, payload: dict[str, Any], answer: dict[str, Any]) -> str:
    channel = world.workspace(payload["team"]["id"]).channels[payload["channel"]["id"]]
    if answer.get("replace_original") is False:
        say(world, channel, payload["user"]["id"], answer)
        return "ephemeral" if answer.get("response_type") != "in_channel" else "posted"
    message = channel.find(payload["message_ts"])
    for name in ("attachments", "blocks"):
        message.pop(name, None)
    message |= {name: answer[name] for name in ("text", "attachments", "blocks") if name in answer}
    return "replaced"


def _submitted(world: World, view_id: str, answer: dict[str, Any]) -> str:
    view = world.views.all.get(view_id)
    action = answer.get("response_action")
    if view is None:
        raise SlackRefused("not_found")
    if action is None and not answer:
        world.views.close(view_id)
        return "closed"
    if action == "clear":
        world.views.close(view_id, whole=True)
        return "cleared"
    if action == "errors":
        return _errors(world, view, answer.get("errors"))
    if action not in ("update", "push"):
        raise SlackRefused(f"response_action {action}")
    content = check_view(answer.get("view"), "modal")
    if action == "update":
        change_view(world, view, content)
        return "updated"
    if world.views.depth(view) >= STACK:
        raise SlackRefused("push_limit_reached")
    token = Token(value="", kind="bot", app_id=view["app_id"], bot_id=view["bot_id"])
    made = make_view(world, content, token, view["team_id"])
    made |= {"root_view_id": view["root_view_id"], "previous_view_id": view["id"]}
    world.views.add(made)
    return "pushed"


def _errors(world: World, view: dict[str, Any], errors: Any) -> str:
    known = {block["block_id"] for block in view["blocks"]}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= known:
        raise SlackRefused("errors name no block of the view")
    world.views.errors[view["id"]] = errors
    return "errors"

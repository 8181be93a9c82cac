"""response_url: to answer a command or an action, five times, within half an hour. No token is needed."""

import json
from typing import Any

from interfaces.testing.fakes.http import Answer, json_answer
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.leave import ResponseUrl
from interfaces.testing.slack.state import Channel
from interfaces.testing.slack.world import World

__all__ = ["respond", "say"]

OK = Answer(body=b"ok", kind="text/plain; charset=utf-8")
WORDS = ("text", "blocks", "attachments", "metadata")


def respond(world: World, name: str, body: bytes) -> Answer:
    """Answer what was posted to the address ``name``."""
    found = world.responses.get(name)
    if found is None:
        return json_answer({"ok": False, "error": "invalid_url"}, 404)
    if world.clock.time() > found.until:
        return json_answer({"ok": False, "error": "expired_url"}, 404)
    if found.left <= 0:
        return json_answer({"ok": False, "error": "used_url"}, 404)
    try:
        said = json.loads(body)
        if not isinstance(said, dict):
            raise SlackRefused("invalid_payload")
        _do(world, found, said)
    except ValueError:
        return Answer(status=400, body=b"invalid_payload", kind=OK.kind)
    except SlackRefused as refused:
        return Answer(status=400, body=refused.error.encode(), kind=OK.kind)
    found.left -= 1
    return OK


def _do(world: World, found: ResponseUrl, said: dict[str, Any]) -> None:
    channel = world.workspace(found.team_id).channels[found.channel_id]
    if said.get("delete_original"):
        original = _original(world, channel, found.message_ts)
        channel.messages[:] = [each for each in channel.messages if each is not original]
        world.ephemerals[:] = [each for each in world.ephemerals if each is not original]
    elif said.get("replace_original") and found.message_ts:
        original = _original(world, channel, found.message_ts)
        for word in ("blocks", "attachments"):
            original.pop(word, None)
        original |= _content(said) | {"edited": {"user": original.get("user"), "ts": world.ts()}}
    else:
        say(world, channel, found.user_id, said)


def _original(world: World, channel: Channel, ts: str) -> dict[str, Any]:
    for each in world.ephemerals:
        if each["ts"] == ts:
            return each
    return channel.find(ts)


def _content(said: dict[str, Any]) -> dict[str, Any]:
    content = {word: said[word] for word in WORDS if said.get(word)}
    if not content:
        raise SlackRefused("no_text")
    return {"text": "", **content}


def say(world: World, channel: Channel, user_id: str, said: dict[str, Any]) -> None:
    """Post what an app has answered: to all with ``response_type`` in_channel, else to the one person.

    Refuses with no_text.
    """
    bot = world.bot_of(world.workspace(channel.team_id))
    message = {
        "user": bot.id,
        "bot_id": bot.bot_id,
        "app_id": bot.app_id,
        "team": channel.team_id,
        **_content(said),
    }
    if said.get("thread_ts"):
        message["thread_ts"] = str(said["thread_ts"])
    if said.get("response_type") == "in_channel":
        world.post(channel, message)
    else:
        world.ephemerals.append({"ts": world.ts(), "channel": channel.id, "to": user_id, **message})

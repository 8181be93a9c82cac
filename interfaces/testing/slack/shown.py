"""What people see of the fake: its messages, modals and homes as lines of a terminal. Pure."""

from collections.abc import Iterator
from typing import Any

from interfaces.testing.slack.payloads.inputs import SHAPES, elements
from interfaces.testing.slack.state import Channel
from interfaces.testing.slack.world import World

__all__ = ["everything", "words_of"]

Line = tuple[str, str]
"""What it is, which stays when it changes, and how it looks now."""


def everything(world: World) -> Iterator[Line]:
    """All that is there to be seen, oldest first."""
    world.settle()
    for workspace in world.workspaces.values():
        for channel in workspace.channels.values():
            for message in channel.messages:
                yield f"{channel.id} {message['ts']}", _message(world, channel, message)
    for message in world.ephemerals:
        channel = world.channel(message["channel"])
        line = f"{_message(world, channel, message)} (for {_name(world, message['to'])} alone)"
        yield f"{channel.id} {message['ts']}", line
    homes = {view: user for (_, user), view in world.views.homes.items()}
    for name, view in world.views.all.items():
        where = f"home of {_name(world, homes[name])}" if name in homes else "modal"
        title = (view.get("title") or {}).get("text", "")
        yield name, "\n    ".join([f"{where} {title}".strip() + ":", *words_of(view["blocks"])])
        wrong = world.views.errors.get(name, {})
        yield f"{name} errors", "\n".join(f"modal {block}: {text}" for block, text in wrong.items())


def _message(world: World, channel: Channel, message: dict[str, Any]) -> str:
    root = message.get("thread_ts")
    arrow = " ↳" if root and root != message["ts"] else ""
    said = words_of(message.get("blocks") or []) or [message.get("text", "")]
    if not message.get("bot_id"):
        said = [message.get("text", "")]  # its blocks say the same
    marks = [f":{one['name']}:" for one in message.get("reactions") or []]
    place = f"#{channel.name}" if channel.name else "(direct)"
    return f"{_name(world, message.get('user', ''))} {place}{arrow}: " + " ".join(
        ["\n    ".join(said), *marks]
    )


def _name(world: World, user_id: str) -> str:
    for workspace in world.workspaces.values():
        if user_id in workspace.users:
            return workspace.users[user_id].name
    return user_id or "somebody"


def words_of(blocks: list[dict[str, Any]]) -> list[str]:
    """The texts of blocks, a line each, with what can be pressed and filled in: [Approve: approve-1], {reason}."""
    return [line for block in blocks if (line := " ".join(_words(block)))]


def _words(block: dict[str, Any]) -> Iterator[str]:
    yield from _texts(block)
    for _, element in elements([block]):
        yield _input(element) if element["type"] in SHAPES else _button(element)


def _texts(block: dict[str, Any]) -> Iterator[str]:
    """What is only read."""
    for part in (block.get("label"), block.get("text"), *(block.get("fields") or [])):
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]
    for element in block.get("elements") or []:
        if isinstance(element.get("text"), str):
            yield element["text"]  # of a context


def _input(element: dict[str, Any]) -> str:
    choices = "|".join(one["value"] for one in element.get("options") or [])
    return f"{{{element['action_id']}: {choices}}}" if choices else f"{{{element['action_id']}}}"


def _button(element: dict[str, Any]) -> str:
    return f"[{(element.get('text') or {}).get('text', '')}: {element['action_id']}]"

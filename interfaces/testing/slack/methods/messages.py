"""What a message may look like, and what it looks like when it is posted. Used by every method that posts."""

from typing import Any

from interfaces.testing.slack.calls import Call
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.state import Channel
from interfaces.testing.slack.world import World

__all__ = ["TEXT", "checked", "own", "room", "with_block_ids"]

TEXT = 40_000
"""Most characters of a posted text."""
MARKDOWN = 12_000
"""Most characters of markdown_text."""
BLOCKS = 50
"""Most blocks of a message."""
ATTACHMENTS = 100
"""Most attachments of a message."""
SECTION = 3000
"""Most characters of a section's text."""


def room(world: World, call: Call) -> Channel:
    """The channel that is to be posted to; refuses with channel_not_found, is_archived or not_in_channel."""
    call.need("channel")
    channel = world.channel(call.args["channel"], call.by)
    if channel.archived:
        raise SlackRefused("is_archived")
    if (
        call.by.kind == "bot"
        and channel.kind in ("channel", "group")
        and call.by.user_id not in channel.members
    ):
        raise SlackRefused("not_in_channel")
    return channel


def checked(world: World, call: Call, most: int = TEXT) -> dict[str, Any]:
    """The content of a message out of a call's arguments; refuses with no_text, msg_too_long, invalid_blocks."""
    content: dict[str, Any] = {"text": _text(call, most)}
    if call.args.get("blocks"):
        _check_blocks(call.args["blocks"])
        content["blocks"] = with_block_ids(world, call.args["blocks"])
    if call.args.get("attachments"):
        content["attachments"] = _numbered(call.args["attachments"])
    if not (content["text"] or "blocks" in content or "attachments" in content):
        raise SlackRefused("no_text")
    if isinstance(call.args.get("metadata"), dict):
        content["metadata"] = call.args["metadata"]
    return content


def _text(call: Call, most: int) -> str:
    text = str(call.args.get("text") or "")
    markdown = str(call.args.get("markdown_text") or "")
    if markdown and (text or call.args.get("blocks")):
        raise SlackRefused("markdown_text_conflict")
    if len(text) > most or len(markdown) > MARKDOWN:
        raise SlackRefused("msg_too_long")
    return text or markdown


def _numbered(attachments: Any) -> list[dict[str, Any]]:
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        raise SlackRefused("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise SlackRefused("too_many_attachments")
    return [{"id": at, **each} for at, each in enumerate(attachments, 1)]


def _check_blocks(blocks: Any) -> None:
    if not isinstance(blocks, list) or not all(isinstance(each, dict) and "type" in each for each in blocks):
        raise SlackRefused("invalid_blocks")
    if len(blocks) > BLOCKS:
        raise SlackRefused("invalid_blocks", errors=["no more than 50 items allowed [json-pointer:/blocks]"])
    for at, block in enumerate(blocks):
        text = block.get("text")
        if block["type"] == "section" and isinstance(text, dict) and len(text.get("text") or "") > SECTION:
            words = f"must be less than 3001 characters [json-pointer:/blocks/{at}/text/text]"
            raise SlackRefused("invalid_blocks", errors=[words], response_metadata={"messages": [words]})


def with_block_ids(world: World, blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks, each with an id: its own, or one that Slack gives it."""
    return [block if block.get("block_id") else {**block, "block_id": world.id("b")} for block in blocks]


def own(world: World, call: Call) -> dict[str, Any]:
    """Who posts: the fields of a message that say so."""
    token = call.by
    who: dict[str, Any] = {"user": token.user_id, "team": token.team_id}
    if token.bot_id:
        who |= {
            "bot_id": token.bot_id, "app_id": token.app_id,
            "bot_profile": {"id": token.bot_id, "app_id": token.app_id, "name": world.app.name, "deleted": False,
                            "team_id": token.team_id, "icons": {}, "updated": 1700000000},
        }  # fmt: skip
    if call.args.get("username"):
        who |= {"subtype": "bot_message", "username": call.args["username"]}
        icons = {
            name.removeprefix("icon_"): call.args[name]
            for name in ("icon_emoji", "icon_url")
            if call.args.get(name)
        }
        if icons:
            who["icons"] = icons
    return who

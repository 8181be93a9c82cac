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
    args = call.args
    text = str(args.get("text") or "")
    markdown = str(args.get("markdown_text") or "")
    blocks, attachments = args.get("blocks") or [], args.get("attachments") or []
    if markdown and (text or blocks):
        raise SlackRefused("markdown_text_conflict")
    if not (text or markdown or blocks or attachments):
        raise SlackRefused("no_text")
    if len(text) > most or len(markdown) > MARKDOWN:
        raise SlackRefused("msg_too_long")
    if len(attachments) > ATTACHMENTS:
        raise SlackRefused("too_many_attachments")
    _check_blocks(blocks)
    content: dict[str, Any] = {"text": text or markdown}
    if blocks:
        content["blocks"] = with_block_ids(world, blocks)
    if attachments:
        content["attachments"] = [{"id": at, **each} for at, each in enumerate(attachments, 1)]
    if isinstance(args.get("metadata"), dict):
        content["metadata"] = args["metadata"]
    return content


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

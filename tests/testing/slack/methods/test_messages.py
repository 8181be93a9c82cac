"""What a message may look like: the content that is taken out of a call, and each word of refusal."""

import pytest

from interfaces.testing.slack import FakeSlack
from interfaces.testing.slack.calls import Call
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.methods.messages import (
    ATTACHMENTS,
    BLOCKS,
    MARKDOWN,
    SECTION,
    TEXT,
    checked,
    own,
    room,
    with_block_ids,
)

SLACK = FakeSlack()
DIVIDER = {"type": "divider"}


def call(who=None, **args):
    """A call of the bot's."""
    return Call(method="chat.postMessage", args=args, who=who or SLACK.world.tokens[SLACK.bot_token])


def content(most=TEXT, **args):
    """The content of a message."""
    return checked(SLACK.world, call(**args), most)


def section(length):
    """A section with a text of so many characters."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ({"text": "x"}, {"text": "x"}),
        ({"text": 5}, {"text": "5"}),
        ({"text": "x", "blocks": [], "attachments": []}, {"text": "x"}),
        ({"text": "x", "blocks": None, "attachments": None, "metadata": None}, {"text": "x"}),
        ({"text": "x", "metadata": "no object"}, {"text": "x"}),
        ({"text": "x", "metadata": {}}, {"text": "x", "metadata": {}}),
        ({"markdown_text": "**x**"}, {"text": "**x**"}),
        ({"text": "x", "markdown_text": ""}, {"text": "x"}),
        ({"attachments": [{"text": "a"}]}, {"text": "", "attachments": [{"id": 1, "text": "a"}]}),
        (
            {"attachments": [{"id": 7}, {"color": "good"}]},
            {"text": "", "attachments": [{"id": 7}, {"id": 2, "color": "good"}]},
        ),
        (
            {"blocks": [{**DIVIDER, "block_id": "a"}]},
            {"text": "", "blocks": [{"type": "divider", "block_id": "a"}]},
        ),
    ],
)
def test_what_becomes_of_the_arguments(args, found):
    """Text or Markdown, blocks with ids, attachments with numbers; what is empty is not there."""
    assert content(**args) == found


@pytest.mark.parametrize(
    "args",
    [
        {"text": "x" * TEXT},
        {"markdown_text": "x" * MARKDOWN},
        {"blocks": [DIVIDER] * BLOCKS},
        {"blocks": [section(SECTION)]},
        {"attachments": [{}] * ATTACHMENTS},
    ],
    ids=["text", "markdown", "blocks", "section", "attachments"],
)
def test_what_is_just_at_a_limit_is_taken(args):
    """The limits are those of what is still allowed."""
    assert content(**args)


@pytest.mark.parametrize(
    ("args", "word"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": None, "blocks": [], "attachments": []}, "no_text"),
        ({"metadata": {"event_type": "x"}}, "no_text"),
        ({"text": "x" * (TEXT + 1)}, "msg_too_long"),
        ({"markdown_text": "x" * (MARKDOWN + 1)}, "msg_too_long"),
        ({"markdown_text": "x", "text": "y"}, "markdown_text_conflict"),
        ({"markdown_text": "x", "blocks": [DIVIDER]}, "markdown_text_conflict"),
        ({"blocks": "divider"}, "invalid_blocks"),
        ({"blocks": {"type": "divider"}}, "invalid_blocks"),
        ({"blocks": [{}]}, "invalid_blocks"),
        ({"blocks": [DIVIDER, None]}, "invalid_blocks"),
        ({"blocks": [DIVIDER] * (BLOCKS + 1)}, "invalid_blocks"),
        ({"blocks": [section(SECTION + 1)]}, "invalid_blocks"),
        ({"attachments": {"text": "a"}}, "invalid_attachments"),
        ({"attachments": ["a"]}, "invalid_attachments"),
        ({"attachments": [{}] * (ATTACHMENTS + 1)}, "too_many_attachments"),
    ],
)
def test_each_thing_that_is_wrong_has_its_word(args, word):
    """Slack's, one a mistake."""
    with pytest.raises(SlackRefused) as refused:
        content(**args)
    assert refused.value.error == word


def test_an_other_limit_of_the_text_holds():
    """A change takes less than a post."""
    assert content(10, text="x" * 10)
    with pytest.raises(SlackRefused, match="msg_too_long"):
        content(10, text="x" * 11)


def test_a_section_that_is_too_long_is_named():
    """By its place in blocks, as Slack points to it."""
    with pytest.raises(SlackRefused) as refused:
        content(blocks=[DIVIDER, section(1), section(SECTION + 1)])
    words = ["must be less than 3001 characters [json-pointer:/blocks/2/text/text]"]
    assert refused.value.answer["errors"] == words
    assert refused.value.answer["response_metadata"] == {"messages": words}


def test_only_sections_have_that_limit():
    """A header is no section, and a text that is no object is no text."""
    assert content(blocks=[{**section(SECTION + 1), "type": "markdown"}])
    assert content(blocks=[{"type": "section", "text": "x" * (SECTION + 1)}])
    assert content(blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": None}}])


def test_blocks_get_ids_that_nobody_else_has():
    """Where they have none of their own; what was given is not changed."""
    given = [
        {"type": "divider"},
        {"type": "divider", "block_id": ""},
        {"type": "divider", "block_id": "mine"},
    ]
    made = with_block_ids(SLACK.world, given)
    ids = [block["block_id"] for block in made]
    assert ids[2] == "mine"
    assert len(set(ids)) == 3 and all(ids)
    assert [block.get("block_id") for block in given] == [None, "", "mine"]


@pytest.mark.parametrize("kind", ["channel", "group", "im", "mpim"])
@pytest.mark.parametrize("who", ["bot", "user"])
@pytest.mark.parametrize("inside", [True, False])
def test_who_may_post_where(kind, who, inside):
    """A bot has to be in a channel, public or private; people and direct messages are not looked at."""
    slack = FakeSlack()
    world = slack.world
    token = world.tokens[slack.bot_token] if who == "bot" else world.install("T1", kind="user")
    channel = world.add_channel("C9", "nine", kind=kind)
    channel.members = [token.user_id] if inside else []
    asked = Call(method="chat.postMessage", args={"channel": "C9"}, who=token)
    if who == "user" or inside or kind in ("im", "mpim"):
        assert room(world, asked) is channel
    else:
        with pytest.raises(SlackRefused, match="not_in_channel"):
            room(world, asked)
    channel.archived = True
    with pytest.raises(SlackRefused, match="is_archived"):
        room(world, asked)


def test_a_bots_message_says_whose_it_is():
    """The user, the bot, the app, and how they look."""
    who = own(SLACK.world, call())
    assert (who["user"], who["team"], who["bot_id"], who["app_id"]) == ("UBOT1", "T1", "B1", "A1")
    assert (who["bot_profile"]["id"], who["bot_profile"]["name"]) == ("B1", "fake app")
    assert "subtype" not in who


def test_a_persons_message_names_the_person_alone():
    """No bot had a part in it."""
    token = SLACK.world.install("T1", kind="user", user_id="U2")
    assert own(SLACK.world, call(token)) == {"user": "U2", "team": "T1"}


@pytest.mark.parametrize(
    ("args", "icons"),
    [
        ({}, None),
        ({"icon_emoji": ":ship:"}, {"emoji": ":ship:"}),
        ({"icon_url": "http://x/i.png"}, {"url": "http://x/i.png"}),
        ({"icon_emoji": "", "icon_url": None}, None),
        ({"icon_emoji": ":a:", "icon_url": "u"}, {"emoji": ":a:", "url": "u"}),
    ],
)
def test_a_name_of_its_own_may_have_an_icon(args, icons):
    """By an emoji or an address; without a name there is no icon either."""
    named = own(SLACK.world, call(username="deploy", **args))
    assert (named["subtype"], named["username"], named.get("icons")) == ("bot_message", "deploy", icons)
    assert "icons" not in own(SLACK.world, call(**args))

"""Events: their types, subtypes and the fields that applications look at."""

import json

import pytest

from interfaces.testing.slack.payloads import events


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (
            events.message("x", thread_ts="1.1"),
            {"type": "message", "text": "x", "thread_ts": "1.1", "user": "U1"},
        ),
        (events.message(channel="D1"), {"channel_type": "im"}),
        (events.app_mention(), {"type": "app_mention"}),
        (events.bot_message(), {"subtype": "bot_message", "bot_id": "B9"}),
        (events.file_share(), {"subtype": "file_share"}),
        (events.reaction_added(), {"type": "reaction_added", "reaction": "thumbsup"}),
        (events.reaction_removed(), {"type": "reaction_removed"}),
        (events.member_joined_channel(), {"type": "member_joined_channel", "channel_type": "C"}),
        (events.app_home_opened(), {"type": "app_home_opened", "tab": "home"}),
        (events.assistant_thread_started(), {"type": "assistant_thread_started"}),
        (events.function_executed(inputs={"a": 1}), {"type": "function_executed", "inputs": {"a": 1}}),
        (events.app_uninstalled(), {"type": "app_uninstalled"}),
        (events.tokens_revoked(bot=["UBOT1"]), {"tokens": {"oauth": [], "bot": ["UBOT1"]}}),
        (events.app_rate_limited(), {"type": "app_rate_limited", "minute_rate_limited": 1_700_000_040}),
    ],
)
def test_an_event_has_slacks_fields(event, fields):
    """And is plain JSON."""
    assert fields.items() <= json.loads(json.dumps(event)).items()


def test_bots_and_mentions_lack_what_slacks_lack():
    """A bot's message has no user, a mention no channel_type."""
    assert "user" not in events.bot_message()
    assert "channel_type" not in events.app_mention()


def test_a_change_has_the_message_before_and_after():
    """Both without the channel, which stands outside; its own ts is another."""
    old = events.message("old", ts="5.5")
    event = events.message_changed(old, "new")
    assert (event["message"]["text"], event["previous_message"]["text"]) == ("new", "old")
    assert event["message"]["edited"] == {"user": "U1", "ts": event["ts"]}
    assert event["message"]["ts"] == "5.5" != event["ts"]
    assert "channel" not in event["message"]
    assert event["channel"] == "C1"


def test_a_deletion_names_the_message():
    """And has what it was."""
    event = events.message_deleted(events.message("old", ts="5.5"))
    assert (event["deleted_ts"], event["previous_message"]["text"], event["hidden"]) == ("5.5", "old", True)

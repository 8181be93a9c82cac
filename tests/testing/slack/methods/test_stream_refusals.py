"""chat.*Stream, without a client: what a stream is given, chunk by chunk, and what stops it."""

import pytest

from interfaces.testing.slack import FakeSlack
from tests.testing.slack.kit import ask, error

TO = {"recipient_team_id": "T1", "recipient_user_id": "U1"}
BEGIN = {"channel": "C1", "thread_ts": "1.1", **TO}


def begun(slack, **more):
    """Where the stream is: channel and ts."""
    told = ask(slack, "chat.startStream", **BEGIN | more)
    return {"channel": told["channel"], "ts": told["ts"]}


def chunk(text, kind="markdown_text"):
    """A part."""
    return {"type": kind, "text": text}


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, ""),
        ({"markdown_text": "a"}, "a"),
        ({"chunks": [chunk("a"), chunk("b")]}, "ab"),
        ({"chunks": [chunk("a"), chunk("x", "task_update"), {"type": "markdown_text"}]}, "a"),
        ({"chunks": []}, ""),
        ({"chunks": None, "markdown_text": None}, ""),
    ],
)
def test_a_stream_begins_with_what_it_has(said, text):
    """Markdown or chunks of it; chunks of other kinds have no text."""
    slack = FakeSlack()
    begun(slack, **said)
    (message,) = slack.messages("C1")
    assert (message["text"], message["streaming_state"], message["thread_ts"]) == (text, "in_progress", "1.1")


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"chunks": "x"}, "invalid_arguments"),
        ({"chunks": {"type": "markdown_text"}}, "invalid_chunks"),
        ({"chunks": ["x"]}, "invalid_chunks"),
        ({"chunks": [chunk("a")], "markdown_text": "b"}, "invalid_arguments"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"chunks": [chunk("x" * 6_001)] * 2}, "msg_too_long"),
    ],
)
def test_what_none_of_them_takes(method, said, word):
    """And nothing is added by it."""
    slack = FakeSlack()
    where = begun(slack, markdown_text="before")
    assert error(slack, method, **BEGIN | where | said) == word
    assert [message["text"] for message in slack.messages("C1")] == ["before"]
    assert slack.messages("C1")[0]["streaming_state"] == "in_progress"


@pytest.mark.parametrize("missing", ["recipient_team_id", "recipient_user_id"])
def test_in_a_channel_it_is_for_somebody(missing):
    """In direct messages there is only one who reads."""
    slack = FakeSlack()
    assert error(slack, "chat.startStream", **BEGIN | {missing: ""}) == f"missing_{missing}"
    direct = ask(slack, "conversations.open", users="U1")["channel"]["id"]
    assert ask(slack, "chat.startStream", channel=direct, thread_ts="1.1", **{missing: ""})["ok"]


def test_parts_follow_each_other():
    """To the end, which may have a part, blocks and metadata of its own."""
    slack = FakeSlack()
    where = begun(slack, markdown_text="a")
    assert ask(slack, "chat.appendStream", **where, markdown_text="b")["ts"] == where["ts"]
    assert ask(slack, "chat.appendStream", **where, chunks=[chunk("c")])["ok"]
    end = {"markdown_text": "d", "blocks": [{"type": "divider"}], "metadata": {"event_type": "x"}}
    message = ask(slack, "chat.stopStream", **where, **end)["message"]
    assert (message["text"], message["streaming_state"]) == ("abcd", "completed")
    assert message["metadata"] == {"event_type": "x"}
    assert message["blocks"][0]["block_id"]


@pytest.mark.parametrize("said", [{}, {"markdown_text": ""}, {"chunks": []}])
def test_nothing_is_no_part(said):
    """But an end may be without words."""
    slack = FakeSlack()
    where = begun(slack)
    assert error(slack, "chat.appendStream", **where, **said) == "no_text"
    message = ask(slack, "chat.stopStream", **where, **said)["message"]
    assert "blocks" not in message and "metadata" not in message


def test_chunks_without_a_text_are_a_part():
    """A task that goes on, for one."""
    slack = FakeSlack()
    where = begun(slack)
    assert ask(slack, "chat.appendStream", **where, chunks=[chunk("x", "task_update")])["ok"]
    assert slack.messages("C1")[0]["text"] == ""


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
def test_a_stream_is_the_apps_own_and_still_open(method):
    """Not a person's message, not another token's, not one that has ended or never was a stream."""
    slack = FakeSlack()
    text = {"markdown_text": "x"}
    theirs = slack.person().says("x")["ts"]
    assert error(slack, method, channel="C1", ts=theirs, **text) == "message_not_owned_by_app"
    plain = ask(slack, "chat.postMessage", channel="C1", text="x")["ts"]
    assert error(slack, method, channel="C1", ts=plain, **text) == "message_not_in_streaming_state"
    where = begun(slack)
    person = slack.world.install("T1", kind="user").value
    assert error(slack, method, person, **where, **text) == "message_not_owned_by_app"
    ask(slack, "chat.stopStream", **where)
    assert error(slack, method, **where, **text) == "message_not_in_streaming_state"
    assert error(slack, method, channel="C1", ts="1.1", **text) == "message_not_found"
    assert error(slack, method, channel="C404", ts="1.1", **text) == "channel_not_found"


def test_what_streams_cannot_be_changed_otherwise():
    """Until it has ended."""
    slack = FakeSlack()
    where = begun(slack, markdown_text="a")
    assert error(slack, "chat.update", **where, text="b") == "cant_update_message"
    ask(slack, "chat.stopStream", **where)
    assert ask(slack, "chat.update", **where, text="b")["ok"]

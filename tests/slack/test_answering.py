"""interfaces.slack.answering: names of handlers, and places of answers, of events that have not all they might."""

from typing import Any

import pytest

from interfaces.slack.answering import handlers, passed, place, response_url, thread


@pytest.mark.parametrize(
    ("event", "names"),
    [
        ({"type": "slack.message", "subtype": None}, ["slack_message"]),
        ({"type": "slack.command", "command": "/a"}, ["command_a", "slack_command"]),
        ({"type": "slack.command", "command": "/"}, ["slack_command"]),
        ({"type": "slack.action", "action_id": ""}, ["slack_action"]),
        ({"type": "slack.view", "kind": "dialog_cancellation", "callback_id": "x"}, ["view_closed_x", "slack_view"]),
        ({"type": "slack.event", "event_type": "a\nb c"}, ["event_a_b_c", "slack_event"]),
        ({"type": "slack.later"}, ["slack_later"]),
        ({}, [""]),
    ],
)  # fmt: skip
def test_handlers_are_named_by_kind_and_id(event: Any, names: list[str]) -> None:
    """Every name but the last begins with a word of ours, so that no id is the name of another method."""
    assert [*handlers(event)] == names


def test_a_kind_without_is_self_is_nobodys() -> None:
    """What a person has begun is never passed over."""
    assert passed({"type": "slack.command"}, own=True, bots=True) == ""
    assert passed({"type": "slack.event", "is_self": True}, own=True, bots=True) == "own"
    assert passed({"type": "slack.event", "bot_id": "B1"}, own=True, bots=True) == ""


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"type": "slack.message", "channel": "C1", "ts": "1.1"}, ("C1", "1.1")),
        ({"type": "slack.event", "channel": None, "event": {"item": {"channel": "C2", "ts": "2.2"}}}, ("C2", "2.2")),
        ({"type": "slack.event", "channel": None, "event": {"channel": {"id": "C2"}}}, (None, None)),
        ({"type": "slack.event", "event": {"item": "x"}}, (None, None)),
        ({"type": "slack.event", "event": None}, (None, None)),
        ({"type": "slack.action", "channel": "C1", "message": {"ts": "1.1"}, "container": {"message_ts": "2.2"}},
         ("C1", "1.1")),
        ({"type": "slack.action", "channel": "C1", "message": None, "container": {"message_ts": "2.2"}}, ("C1", "2.2")),
        ({"type": "slack.view", "view": {}}, (None, None)),
    ],
)  # fmt: skip
def test_the_place_of_a_message(event: Any, found: Any) -> None:
    """That of the message, of that of the action, of that which was reacted to; or none."""
    assert place(event) == found


def test_a_thread_needs_a_message_that_stays() -> None:
    """An ephemeral message has no thread, and neither has what is about no message."""
    action = {"type": "slack.action", "channel": "C1", "container": {"message_ts": "2.2", "thread_ts": "1.1"}}
    assert thread(action) == {"channel": "C1", "thread_ts": "1.1"}
    assert thread({**action, "container": {**action["container"], "is_ephemeral": True}}) is None
    assert thread({**action, "channel": None}) is None
    assert thread({"type": "slack.command", "channel": "C1"}) is None


def test_a_response_url_is_a_text() -> None:
    """The event's own, else the first of a view's; nothing else counts."""
    assert response_url({"response_url": "a", "response_urls": [{"response_url": "b"}]}) == "a"
    assert response_url({"response_url": None, "response_urls": [{}, {"response_url": "b"}]}) == "b"
    assert response_url({"response_urls": []}) is None and response_url({"response_url": 1}) is None

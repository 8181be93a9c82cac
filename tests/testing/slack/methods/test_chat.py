"""chat.*: what a channel has afterwards, and what is refused."""

import pytest

from interfaces.testing.slack import FakeSlack, SteppedClock
from tests.testing.slack.kit import ask, error


def post(slack, **args):
    """The ts of a message that was posted."""
    return ask(slack, "chat.postMessage", **{"channel": "C1", "text": "hello"} | args)["ts"]


def test_names_of_messages_grow():
    """Also when the clock stands."""
    slack = FakeSlack(clock=SteppedClock())
    names = [post(slack) for _ in range(3)]
    assert names == sorted(set(names)) == ["1700000000.000000", "1700000000.000001", "1700000000.000002"]


def test_a_message_has_what_slack_puts_in():
    """Who posted, blocks with ids, attachments with numbers, metadata."""
    slack = FakeSlack()
    metadata = {"event_type": "x", "event_payload": {}}
    blocks = [{"type": "divider"}, {"type": "divider", "block_id": "mine"}]
    post(slack, text="", blocks=blocks, attachments=[{"text": "a"}], metadata=metadata)
    (message,) = slack.messages("C1")
    assert (message["user"], message["bot_id"], message["app_id"], message["team"]) == (
        "UBOT1",
        "B1",
        "A1",
        "T1",
    )
    assert message["blocks"][0]["block_id"].startswith("b")
    assert message["blocks"][1]["block_id"] == "mine"
    assert message["attachments"] == [{"id": 1, "text": "a"}]
    assert message["metadata"] == metadata


def test_a_name_of_its_own_makes_it_a_bots_message():
    """With an icon, where one is given."""
    slack = FakeSlack()
    post(slack, username="deploy", icon_emoji=":ship:")
    (message,) = slack.messages("C1")
    assert (message["subtype"], message["username"], message["icons"]) == (
        "bot_message",
        "deploy",
        {"emoji": ":ship:"},
    )


def test_answers_are_counted_at_their_root():
    """In a thread, and sent to the channel too when asked for."""
    slack = FakeSlack()
    root = post(slack)
    post(slack, thread_ts=root)
    last = post(slack, thread_ts=root, reply_broadcast=True)
    first, _, third = slack.messages("C1")
    assert (first["reply_count"], first["reply_users"], first["latest_reply"]) == (2, ["UBOT1"], last)
    assert third["subtype"] == "thread_broadcast"


def test_a_persons_id_is_their_direct_messages():
    """Made when it is first written to."""
    slack = FakeSlack()
    posted = ask(slack, "chat.postMessage", channel="U1", text="psst")
    assert posted["channel"].startswith("D")
    assert slack.messages(posted["channel"])[0]["text"] == "psst"
    assert ask(slack, "chat.postMessage", channel="U1", text="again")["channel"] == posted["channel"]


@pytest.mark.parametrize(
    ("args", "word"),
    [
        ({}, "invalid_arguments"),
        ({"channel": "C404", "text": "x"}, "channel_not_found"),
        ({"channel": "C1"}, "no_text"),
        ({"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C1", "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"channel": "C1", "markdown_text": "x", "text": "y"}, "markdown_text_conflict"),
        ({"channel": "C1", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"channel": "C1", "blocks": ["no"]}, "invalid_blocks"),
        ({"channel": "C1", "blocks": [{"type": "section", "text": {"text": "x" * 3001}}]}, "invalid_blocks"),
        ({"channel": "C1", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"channel": "C1", "attachments": ["no"]}, "invalid_attachments"),
    ],
)
def test_what_cannot_be_posted_is_refused(args, word):
    """In Slack's word, and nothing stands in the channel."""
    slack = FakeSlack()
    assert error(slack, "chat.postMessage", **args) == word
    assert slack.messages("C1") == []


def test_where_the_bot_is_not_it_cannot_post():
    """Not in the channel, or nobody is any more."""
    slack = FakeSlack()
    slack.world.channel("C1").members.remove("UBOT1")
    slack.world.channel("C2").archived = True
    assert error(slack, "chat.postMessage", channel="C1", text="x") == "not_in_channel"
    assert error(slack, "chat.postMessage", channel="C2", text="x") == "is_archived"


def test_an_update_changes_ones_own_message_only():
    """What was said goes, blocks too; others' messages are left alone."""
    slack = FakeSlack()
    ts = post(slack, blocks=[{"type": "divider"}])
    changed = ask(slack, "chat.update", channel="C1", ts=ts, text="changed")
    assert (changed["ts"], changed["text"]) == (ts, "changed")
    (message,) = slack.messages("C1")
    assert message["text"] == "changed"
    assert message["edited"]["user"] == "UBOT1"
    assert "blocks" not in message
    theirs = slack.person().says("mine")["ts"]
    assert error(slack, "chat.update", channel="C1", ts=theirs, text="x") == "cant_update_message"
    assert error(slack, "chat.update", channel="C1", ts="1.1", text="x") == "message_not_found"
    assert error(slack, "chat.update", channel="C1", ts=ts, text="x" * 4001) == "msg_too_long"


def test_a_user_token_changes_its_users_messages():
    """And not the bot's."""
    slack = FakeSlack()
    token = slack.world.install("T1", kind="user", user_id="U1").value
    ts = slack.person("U1").says("typo")["ts"]
    assert ask(slack, "chat.update", token, channel="C1", ts=ts, text="fixed")["ok"]
    assert error(slack, "chat.delete", token, channel="C1", ts=post(slack)) == "cant_delete_message"


def test_a_delete_takes_it_away():
    """Once."""
    slack = FakeSlack()
    ts = post(slack)
    assert ask(slack, "chat.delete", channel="C1", ts=ts)["ok"]
    assert slack.messages("C1") == []
    assert error(slack, "chat.delete", channel="C1", ts=ts) == "message_not_found"


def test_an_ephemeral_message_is_for_one_person():
    """In no history, and only for who is there."""
    slack = FakeSlack()
    assert ask(slack, "chat.postEphemeral", channel="C1", user="U1", text="psst")["message_ts"]
    assert [(each["to"], each["channel"], each["text"]) for each in slack.ephemerals] == [
        ("U1", "C1", "psst")
    ]
    assert slack.messages("C1") == []
    assert error(slack, "chat.postEphemeral", channel="C1", user="U9", text="x") == "user_not_in_channel"
    assert error(slack, "chat.postEphemeral", channel="C1", text="x") == "invalid_arguments"


def test_a_scheduled_message_comes_when_it_is_due():
    """By the fake's clock; taken back before, it never comes."""
    clock = SteppedClock()
    slack = FakeSlack(clock=clock)
    for text in ("due", "taken back"):
        made = ask(slack, "chat.scheduleMessage", channel="C1", text=text, post_at=int(clock.time()) + 60)
    assert len(ask(slack, "chat.scheduledMessages.list")["scheduled_messages"]) == 2
    name = made["scheduled_message_id"]
    assert ask(slack, "chat.deleteScheduledMessage", channel="C1", scheduled_message_id=name)["ok"]
    assert error(slack, "chat.deleteScheduledMessage", channel="C1", scheduled_message_id=name) == (
        "invalid_scheduled_message_id"
    )
    clock.step(59)
    assert slack.messages("C1") == []
    clock.step(1)
    assert [message["text"] for message in slack.messages("C1")] == ["due"]


def test_the_past_and_the_far_future_are_no_times():
    """A message is scheduled within 120 days."""
    slack = FakeSlack(clock=SteppedClock())
    for at, word in (
        (1_700_000_000, "time_in_past"),
        (1_800_000_000, "time_too_far"),
        ("soon", "invalid_arguments"),
    ):
        assert error(slack, "chat.scheduleMessage", channel="C1", text="x", post_at=at) == word


def test_a_permalink_names_the_message():
    """As people know it."""
    slack = FakeSlack(clock=SteppedClock())
    ts = post(slack)
    found = ask(slack, "chat.getPermalink", channel="C1", message_ts=ts)["permalink"]
    assert found == "https://acme.slack.com/archives/C1/p1700000000000000"

"""chat.update, chat.delete and what is scheduled: what stays of a message, and who may touch it."""

import pytest

from interfaces.testing.slack import FakeSlack, SteppedClock
from interfaces.testing.slack.methods.chat import AHEAD, UPDATED
from tests.testing.slack.kit import ask, error

NOW = 1_700_000_000
DIVIDER = {"type": "divider", "block_id": "d"}
BEFORE = {"text": "before", "blocks": [DIVIDER], "attachments": [{"id": 1, "text": "a"}]}


def posted(slack, token=None, **said):
    """Where a message is: channel and ts."""
    told = ask(slack, "chat.postMessage", token, **{"channel": "C1", **BEFORE, **said})
    return {"channel": told["channel"], "ts": told["ts"]}


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ({"text": "new"}, {"text": "new"}),
        ({"text": "new", "blocks": [DIVIDER]}, {"text": "new", "blocks": [DIVIDER]}),
        (
            {"text": "new", "attachments": BEFORE["attachments"]},
            {"text": "new", "attachments": BEFORE["attachments"]},
        ),
        ({"text": "new", "blocks": []}, {"text": "new"}),
        ({"blocks": [DIVIDER], "attachments": []}, {"text": "", "blocks": [DIVIDER]}),
        ({"blocks": [DIVIDER]}, {**BEFORE, "text": ""}),
        ({"markdown_text": "**new**"}, {"text": "**new**"}),
        (BEFORE, BEFORE),
    ],
)
def test_what_stays_of_a_message(said, after):
    """Blocks and attachments go with a new text, unless they are said again; without a text they stay."""
    slack = FakeSlack()
    where = posted(slack)
    told = ask(slack, "chat.update", **where, **said)
    (message,) = slack.messages("C1")
    assert {name: message[name] for name in BEFORE if name in message} == after
    assert (told["ts"], told["text"], told["message"]) == (where["ts"], after["text"], message)
    assert message["edited"]["user"] == "UBOT1" and message["edited"]["ts"] > where["ts"]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({}, "no_text"),
        ({"text": "", "blocks": []}, "no_text"),
        ({"text": "x" * (UPDATED + 1)}, "msg_too_long"),
        ({"blocks": [{}]}, "invalid_blocks"),
        ({"attachments": "no"}, "invalid_arguments"),
        ({"markdown_text": "a", "text": "b"}, "markdown_text_conflict"),
    ],
)
def test_a_change_that_is_none_changes_nothing(said, word):
    """Not even the mark of having been edited."""
    slack = FakeSlack()
    where = posted(slack)
    before = dict(slack.messages("C1")[0])
    assert error(slack, "chat.update", **where, **said) == word
    assert slack.messages("C1") == [before]


def test_the_longest_text_that_a_change_takes():
    """Four thousand characters, a tenth of what a post takes."""
    slack = FakeSlack()
    assert ask(slack, "chat.update", **posted(slack), text="x" * UPDATED)["ok"]


@pytest.mark.parametrize(
    ("method", "word"), [("update", "cant_update_message"), ("delete", "cant_delete_message")]
)
def test_a_message_is_changed_by_whose_it_is(method, word):
    """The bot's by the bot, a person's by a token of that person; by nobody else."""
    slack = FakeSlack()
    tokens = {"bot": slack.bot_token}
    for user in ("U1", "U2"):
        tokens[user] = slack.world.install("T1", kind="user", user_id=user).value
    for owner, own in tokens.items():
        for other, token in tokens.items():
            where = posted(slack, own)
            if owner == other:
                assert ask(slack, f"chat.{method}", token, **where, text="x")["ok"]
            else:
                assert error(slack, f"chat.{method}", token, **where, text="x") == word


@pytest.mark.parametrize("method", ["chat.update", "chat.delete", "chat.getPermalink"])
def test_a_message_is_where_it_is(method):
    """In its channel, by its ts."""
    slack = FakeSlack()
    ts = posted(slack)["ts"]
    for channel, name, word in (
        ("C404", ts, "channel_not_found"),
        ("C2", ts, "message_not_found"),
        ("C1", "1.1", "message_not_found"),
    ):
        asked = {"channel": channel, "ts": name, "message_ts": name, "text": "x"}
        assert error(slack, method, **asked) == word


@pytest.mark.parametrize(
    ("at", "word"),
    [
        (NOW, "time_in_past"),
        (NOW - 1, "time_in_past"),
        (0, "time_in_past"),
        (None, "time_in_past"),
        (NOW + AHEAD + 1, "time_too_far"),
        ("tomorrow", "invalid_arguments"),
        ([NOW + 5], "invalid_arguments"),
    ],
)
def test_a_time_that_is_none(at, word):
    """Nothing waits for it."""
    slack = FakeSlack(clock=SteppedClock())
    assert error(slack, "chat.scheduleMessage", channel="C1", text="x", post_at=at) == word
    assert ask(slack, "chat.scheduledMessages.list")["scheduled_messages"] == []


@pytest.mark.parametrize("at", [NOW + 1, str(NOW + 1), NOW + 1.9, NOW + AHEAD])
def test_a_time_may_be_written_in_any_way(at):
    """In whole seconds."""
    slack = FakeSlack(clock=SteppedClock())
    told = ask(slack, "chat.scheduleMessage", channel="C1", text="x", post_at=at, thread_ts="1.1")
    assert told["post_at"] == int(float(at))
    assert (told["message"]["type"], told["message"]["thread_ts"]) == ("delayed_message", "1.1")
    (listed,) = ask(slack, "chat.scheduledMessages.list")["scheduled_messages"]
    assert listed == {
        "id": told["scheduled_message_id"], "channel_id": "C1", "post_at": told["post_at"], "date_created": NOW,
        "text": "x",
    }  # fmt: skip


def test_what_is_scheduled_comes_in_its_order():
    """By time, each once, as the bot's; nothing before."""
    clock = SteppedClock()
    slack = FakeSlack(clock=clock)
    for text, seconds in (("b", 20), ("a", 10), ("c", 30)):
        ask(slack, "chat.scheduleMessage", channel="C1", text=text, post_at=NOW + seconds)
    seen = []
    for _ in range(4):
        clock.step(10)
        seen.append([message["text"] for message in slack.messages("C1")])
    assert seen == [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c"]]
    assert {message["bot_id"] for message in slack.messages("C1")} == {"B1"}
    assert ask(slack, "chat.scheduledMessages.list")["scheduled_messages"] == []


@pytest.mark.parametrize("name", ["Q404", "", None])
def test_what_is_not_scheduled_is_not_taken_back(name):
    """And what is stays."""
    slack = FakeSlack(clock=SteppedClock())
    ask(slack, "chat.scheduleMessage", channel="C1", text="x", post_at=NOW + 5)
    word = "invalid_scheduled_message_id" if name else "invalid_arguments"
    assert error(slack, "chat.deleteScheduledMessage", channel="C1", scheduled_message_id=name) == word
    assert len(slack.world.scheduled) == 1


@pytest.mark.parametrize("broadcast", [True, False, "true", "0", None])
@pytest.mark.parametrize("thread", ["1.1", "", None])
def test_an_answer_is_sent_to_the_channel_on_demand(broadcast, thread):
    """Only an answer in a thread can be."""
    slack = FakeSlack()
    ask(slack, "chat.postMessage", channel="C1", text="x", thread_ts=thread, reply_broadcast=broadcast)
    (message,) = slack.messages("C1")
    assert message.get("thread_ts") == (thread or None)
    both = bool(thread) and broadcast in (True, "true")
    assert message.get("subtype") == ("thread_broadcast" if both else None)
    assert message.get("root") == ({"ts": "1.1"} if both else None)


@pytest.mark.parametrize("said", [{"text": "x"}, {"blocks": [DIVIDER]}, {"attachments": [{"text": "a"}]}])
def test_what_one_person_sees_is_like_any_message(said):
    """In a thread, too; it says to whom, and stands in no history."""
    slack = FakeSlack()
    told = ask(slack, "chat.postEphemeral", channel="C1", user="U1", thread_ts="1.1", **said)
    (shown,) = slack.ephemerals
    assert (shown["ts"], shown["to"], shown["thread_ts"]) == (told["message_ts"], "U1", "1.1")
    assert (shown["bot_id"], shown["user"]) == ("B1", "UBOT1")
    assert said.keys() <= shown.keys()
    assert slack.messages("C1") == []


@pytest.mark.parametrize(
    ("args", "word"),
    [
        ({"channel": "C404", "user": "U1", "text": "x"}, "channel_not_found"),
        ({"channel": "C1", "user": "U404", "text": "x"}, "user_not_in_channel"),
        ({"channel": "C1", "user": "U1"}, "no_text"),
        ({"channel": "C1", "user": "U1", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C1", "user": "U1", "blocks": [5]}, "invalid_blocks"),
    ],
)
def test_what_one_person_cannot_be_shown(args, word):
    """Nothing is shown then."""
    slack = FakeSlack()
    assert error(slack, "chat.postEphemeral", **args) == word
    assert slack.ephemerals == []

"""assistant.threads.*, without a server: what stands at a thread, and what may not."""

import pytest

from interfaces.testing.slack import FakeSlack
from tests.testing.slack.kit import ask, error

WHERE = {"channel_id": "C1", "thread_ts": "1.1"}
PROMPT = {"title": "a", "message": "b"}


@pytest.mark.parametrize("status", ["is thinking", "", "…" * 500])
def test_a_status_is_any_text(status):
    """An empty one takes it away, and is not the same as none."""
    slack = FakeSlack()
    assert ask(slack, "assistant.threads.setStatus", **WHERE, status=status)["ok"]
    assert slack.world.threads["C1", "1.1"] == {"status": status}


@pytest.mark.parametrize("status", [None, [], 5, {}])
def test_what_is_no_text_is_no_status(status):
    """And changes nothing."""
    slack = FakeSlack()
    assert error(slack, "assistant.threads.setStatus", **WHERE, status=status) == "invalid_arguments"
    assert slack.world.threads == {}


@pytest.mark.parametrize(
    ("prompts", "word"),
    [
        ("a", "invalid_arguments"),
        ({"title": "a", "message": "b"}, "invalid_arguments"),
        (["a"], "invalid_arguments"),
        ([{"title": "a"}], "invalid_arguments"),
        ([{"message": "b"}], "invalid_arguments"),
        ([PROMPT, {}], "invalid_arguments"),
        ([PROMPT] * 5, "too_many_prompts"),
    ],
)
def test_prompts_have_a_title_and_a_message_each(prompts, word):
    """Four are the most."""
    slack = FakeSlack()
    assert error(slack, "assistant.threads.setSuggestedPrompts", **WHERE, prompts=prompts) == word
    assert slack.world.threads == {}


@pytest.mark.parametrize("count", [1, 4])
def test_prompts_stand_under_their_title(count):
    """In the order in which they were said, and the last ones said."""
    slack = FakeSlack()
    prompts = [{"title": str(number), "message": "b"} for number in range(count)]
    ask(slack, "assistant.threads.setSuggestedPrompts", **WHERE, prompts=[PROMPT], title="Old")
    ask(slack, "assistant.threads.setSuggestedPrompts", **WHERE, prompts=prompts, title="Try")
    assert slack.world.threads["C1", "1.1"]["prompts"] == {"title": "Try", "prompts": prompts}


def test_prompts_may_be_of_a_channel():
    """Slack takes them without a thread, too."""
    slack = FakeSlack()
    assert ask(slack, "assistant.threads.setSuggestedPrompts", channel_id="C1", prompts=[PROMPT])["ok"]
    assert slack.world.threads.keys() == {("C1", "")}


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("setStatus", {"status": "x"}),
        ("setTitle", {"title": "x"}),
        ("setSuggestedPrompts", {"prompts": [PROMPT]}),
    ],
)
def test_threads_are_in_channels_that_there_are(method, said):
    """Each thread has its own, each channel, too; one that nobody knows has none."""
    slack = FakeSlack()
    name = f"assistant.threads.{method}"
    assert error(slack, name, channel_id="C404", thread_ts="1.1", **said) == "channel_not_found"
    for channel, ts in (("C1", "1.1"), ("C1", "2.2"), ("C2", "1.1")):
        assert ask(slack, name, channel_id=channel, thread_ts=ts, **said)["ok"]
    assert slack.world.threads.keys() == {("C1", "1.1"), ("C1", "2.2"), ("C2", "1.1")}


def test_what_was_said_of_a_thread_is_kept_side_by_side():
    """A title does not take the status away."""
    slack = FakeSlack()
    ask(slack, "assistant.threads.setStatus", **WHERE, status="is thinking")
    ask(slack, "assistant.threads.setTitle", **WHERE, title="Holidays")
    ask(slack, "assistant.threads.setTitle", **WHERE, title="Holidays 2")
    assert slack.world.threads["C1", "1.1"] == {"status": "is thinking", "title": "Holidays 2"}

"""Rate limits of the whole fake: each tier to its last call, posts by channel and workspace, what is not counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.testing.slack import FakeSlack, Limits, SteppedClock
from interfaces.testing.slack.limits import Throttle
from tests.testing.slack.kit import ask


def limited(**more):
    """A fake with limits, whose clock is stepped."""
    return FakeSlack(clock=SteppedClock(), limits=Limits(**more))


def posts(slack, *channels, method="chat.postMessage", **more):
    """The statuses of posts to these channels, one after the other."""
    said = {"text": "x", "user": "U1", "post_at": int(slack.clock.time()) + 100, **more}
    return [ask(slack, method, channel=channel, **said)["status"] for channel in channels]


@pytest.mark.parametrize(("tier", "most"), [(1, 1), (2, 20), (3, 50), (4, 100)])
def test_a_tier_takes_so_many_a_minute(tier, most):
    """To the last one; then none until the first is a minute old, and then one for each that is."""
    throttle = Throttle(Limits())
    assert [throttle.wait("m", tier, "t", at / 10) for at in range(most)] == [0] * most
    assert throttle.wait("m", tier, "t", most / 10) == 60 - int(most / 10)
    assert throttle.wait("m", tier, "t", 59.9) == 1
    assert throttle.wait("m", tier, "t", 60.0) == 0
    again = throttle.wait("m", tier, "t", 60.0)
    assert again == (60 if most == 1 else 1)
    assert throttle.limited == {("m", "t"): 3}


def test_a_method_without_a_tier_has_no_such_limit():
    """Its own is another matter."""
    throttle = Throttle(Limits())
    assert {throttle.wait("m", 0, "t", 0.0) for _ in range(500)} == {0}
    assert throttle.limited == {}


def test_only_the_end_of_a_token_is_told():
    """Of counts that a test prints."""
    throttle = Throttle(Limits())
    for _ in range(2):
        throttle.wait("m", 1, "xoxb-long-and-secret-0123456789ab", 0.0)
    assert throttle.limited == {("m", "0123456789ab"): 1}


@given(st.lists(st.floats(0, 3), max_size=80), st.integers(1, 5))
def test_no_minute_has_more_than_its_tier(steps, most):
    """Whenever the calls come; who waits as long as is told is let in."""
    throttle, now, let_in = Throttle(Limits(tiers={2: most})), 0.0, []
    for step in steps:
        now += step
        seconds = throttle.wait("m", 2, "t", now)
        if seconds:
            assert throttle.wait("m", 2, "t", now + seconds) == 0
            now += seconds
        let_in.append(now)
        assert sum(at > now - 60 + 1e-3 for at in let_in) <= most


@given(st.lists(st.floats(0, 2), max_size=60), st.integers(1, 4), st.sampled_from([0.5, 1.0, 2.0]))
def test_a_channel_is_posted_to_at_its_pace(steps, burst, interval):
    """In any time no more than what that allows and a burst; who waits as long as is told is let in."""
    limits = Limits(channel_interval=interval, channel_burst=burst, workspace_per_minute=10_000)
    throttle, now, let_in = Throttle(limits), 0.0, []
    for step in steps:
        now += step
        seconds = throttle.wait_to_post("m", "C1", "T1", now)
        if seconds:
            now += seconds
            assert throttle.wait_to_post("m", "C1", "T1", now) == 0
        let_in.append(now)
    for at, first in enumerate(let_in):
        for count, last in enumerate(let_in[at:]):
            assert count <= burst - 1 + (last - first) / interval + 1e-3


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.postEphemeral", "chat.scheduleMessage"])
def test_every_way_to_post_counts_for_its_channel(method):
    """One a second, whichever way; another channel is not touched."""
    slack = limited()
    assert posts(slack, "C1", "C1", "C2", method=method) == [200, 429, 200]
    assert posts(slack, "C1") == [429]
    slack.clock.step(1)
    assert posts(slack, "C1", method=method) == [200]
    assert slack.limited == {(method, "C1"): 1 + (method == "chat.postMessage")} | (
        {} if method == "chat.postMessage" else {("chat.postMessage", "C1"): 1}
    )


@pytest.mark.parametrize("name", ["C1", "general", "#general"])
def test_a_channel_is_one_however_it_is_called(name):
    """By its id or its name."""
    slack = limited()
    assert posts(slack, "C1", name) == [200, 429]


def test_a_burst_is_taken_at_once():
    """And then one a second."""
    slack = limited(channel_burst=3)
    assert posts(slack, *["C1"] * 5) == [200, 200, 200, 429, 429]
    slack.clock.step(1)
    assert posts(slack, "C1", "C1") == [200, 429]


def test_a_workspace_takes_so_many_in_all():
    """Each channel is within its own."""
    slack = limited(workspace_per_minute=3, channel_interval=0.0)
    assert posts(slack, "C1", "C2", "C1", "C2") == [200, 200, 200, 429]
    assert slack.limited == {("chat.postMessage", "T1"): 1}
    slack.clock.step(60)
    assert posts(slack, "C2") == [200]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"text": ""}, "no_text"),
        ({"blocks": [5]}, "invalid_blocks"),
        ({"text": "x" * 40_001}, "msg_too_long"),
    ],
)
def test_a_post_that_is_refused_counts_all_the_same(said, word):
    """Slack looks at the limit before it looks at what is said."""
    slack = limited()
    assert ask(slack, "chat.postMessage", channel="C1", **said)["error"] == word
    assert posts(slack, "C1") == [429]


@pytest.mark.parametrize(
    ("token", "word"), [("xoxb-no", "invalid_auth"), (" ", "not_authed"), ("app", "not_allowed_token_type")]
)
def test_who_is_not_let_in_takes_nothing_from_others(token, word):
    """Nor is a limit told."""
    slack = limited()
    answer = ask(
        slack, "chat.postMessage", slack.app_token if token == "app" else token, channel="C1", text="x"
    )
    assert (answer["error"], answer["status"]) == (word, 200)
    assert posts(slack, "C1") == [200]


def test_without_limits_there_are_none():
    """Which is how the fake begins."""
    slack = FakeSlack(clock=SteppedClock())
    assert posts(slack, *["C1"] * 30) == [200] * 30
    assert slack.limited == {}


def test_a_limit_says_for_how_long():
    """In whole seconds, at least one, where Slack puts them."""
    slack = limited(channel_interval=2.5)
    posts(slack, "C1")
    answer = ask(slack, "chat.postMessage", channel="C1", text="x")
    assert answer["headers"]["Retry-After"] == "3"
    slack.clock.step(2.4)
    assert ask(slack, "chat.postMessage", channel="C1", text="x")["headers"]["Retry-After"] == "1"
    slack.clock.step(0.2)
    assert posts(slack, "C1") == [200]

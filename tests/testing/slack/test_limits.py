"""Rate limits, by a clock that is a parameter."""

from interfaces.testing.slack.limits import Limits, Throttle


def test_a_tier_counts_the_calls_of_a_minute():
    """The one too many waits until the oldest is a minute old; other tokens and methods are not touched."""
    throttle = Throttle(Limits())
    assert [throttle.wait("views.x", 2, "xoxb-1", at) for at in range(20)] == [0] * 20
    assert throttle.wait("views.x", 2, "xoxb-1", 20.0) == 40
    assert throttle.wait("views.x", 2, "xoxb-2", 20.0) == 0
    assert throttle.wait("views.y", 2, "xoxb-1", 20.0) == 0
    assert throttle.wait("views.x", 2, "xoxb-1", 60.0) == 0
    assert throttle.limited == {("views.x", "xoxb-1"): 1}


def test_a_channel_takes_one_post_a_second():
    """The next within the second is refused, however often, and one a second later is taken."""
    throttle = Throttle(Limits())
    post = "chat.postMessage"
    assert throttle.wait_to_post(post, "C1", "T1", 0.0) == 0
    assert throttle.wait_to_post(post, "C1", "T1", 0.2) == 1
    assert throttle.wait_to_post(post, "C1", "T1", 0.9) == 1
    assert throttle.wait_to_post(post, "C2", "T1", 0.9) == 0
    assert throttle.wait_to_post(post, "C1", "T1", 1.0) == 0
    assert throttle.limited == {(post, "C1"): 2}


def test_a_burst_is_allowed_and_then_worked_off():
    """Three at once, then one a second; after a rest three again."""
    throttle = Throttle(Limits(channel_burst=3))
    assert [throttle.wait_to_post("p", "C1", "T1", 0.0) for _ in range(4)] == [0, 0, 0, 1]
    assert throttle.wait_to_post("p", "C1", "T1", 1.0) == 0
    assert throttle.wait_to_post("p", "C1", "T1", 1.0) == 1
    assert [throttle.wait_to_post("p", "C1", "T1", 9.0) for _ in range(4)] == [0, 0, 0, 1]


def test_a_workspace_has_a_limit_over_all_channels():
    """Each channel is within its own, together they are not; a refused post takes nothing of its channel's."""
    throttle = Throttle(Limits(workspace_per_minute=2))
    assert [throttle.wait_to_post("p", f"C{at}", "T1", 0.0) for at in range(3)] == [0, 0, 60]
    assert throttle.wait_to_post("p", "C9", "T2", 0.0) == 0
    assert throttle.limited == {("p", "T1"): 1}
    assert throttle.wait_to_post("p", "C2", "T1", 60.0) == 0

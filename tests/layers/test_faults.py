"""A layer over a real broker under attack: processes that die, brokers that go, networks that lie, strangers.

The cases, what each asserts and what it counts are in faults and outages; ``./dev soak layer`` plays them large.
"""

import asyncio

import pytest

from tests.layers import faults, outages
from tests.layers.faults import Scene


@pytest.fixture
def scene(fresh_broker, tmp_path):
    """A broker of the test's own, which may be killed."""
    return Scene(fresh_broker(), tmp_path)


@pytest.fixture
def shards(fresh_broker, tmp_path):
    """Makes a scene with so many brokers."""

    def make(count):
        brokers = [fresh_broker() for _ in range(count)]
        return Scene(brokers[0], tmp_path, [broker.url for broker in brokers])

    return make


def play(case, scene, **sizes):
    """Run a case; what it counted."""
    return asyncio.run(asyncio.wait_for(case(scene, **sizes), 120))


def test_three_receivers_share_four_thousand_messages(scene):
    """None twice, none lost, none out of order at a receiver, and each gets some."""
    assert play(faults.receivers, scene)["received"] == 4000


@pytest.mark.parametrize("count", [1, 2, 4])
def test_all_sends_to_channels_of_other_processes_arrive(shards, count):
    """Whatever the number of shards."""
    found = play(faults.specific, shards(count), channels=40)
    assert found["received"] == found["sent"]


def test_a_thousand_sends_at_once_arrive(scene):
    """To a queue, and to a channel of another process."""
    play(faults.at_once, scene)


def test_an_idle_receive_still_receives(scene):
    """Of a queue and of an own channel."""
    play(faults.idle, scene, seconds=1.0)


def test_cancelled_receives_lose_nothing(scene):
    """Cancelled once or twice, at any step, in a tight loop."""
    play(faults.cancelled, scene, messages=200)


def test_short_timeouts_lose_nothing(scene):
    """wait_for with timeouts as short as a message takes."""
    play(faults.short_waits, scene, messages=150)


def test_a_killed_receiver_loses_a_burst_at_most(scene):
    """Nothing is given twice, and what it had taken and not given goes to others, however busy those are."""
    found = play(faults.killed, scene, kills=2, each=700, expiry=8)
    assert found["twice"] == 0


def test_a_receiver_that_was_stopped_gives_nothing_twice(scene):
    """What others took over meanwhile is theirs."""
    play(faults.stopped, scene, messages=300, seconds=1.5)


@pytest.mark.parametrize("deeds", ["kill stop cut", "stop cut restart"])
def test_whatever_is_done_to_receivers_and_broker_under_load(scene, deeds):
    """Nothing twice; nothing lost but by those that are killed."""
    assert play(faults.attacked, scene, rounds=1, each=200, deeds=deeds, seed=1, expiry=10)["received"]


def test_the_sender_of_a_stopped_process_is_told(scene):
    """ChannelFull at the window; what was sent before arrives when the process goes on."""
    play(faults.stopped_inbox, scene, messages=1500)


def test_what_a_slow_consumer_does_not_take_is_counted(scene):
    """Sent is received and counted, for a channel and through a group; a full queue refuses."""
    play(faults.slow_inbox, scene)


def test_lost_subscriptions_are_never_silent(scene):
    """CLIENT KILL TYPE pubsub under load: both sides count what is missing, and are told of the loss."""
    play(outages.cut_off, scene, messages=1500, cuts=2)


def test_a_killed_broker_is_refused_and_comes_back(scene):
    """Unavailable in time, service resumes by itself, what was confirmed is received once, nothing leaks."""
    play(outages.broker_killed, scene, restarts=2)


def test_a_broker_that_is_back_in_time_is_waited_for(scene):
    """What is sent meanwhile waits and arrives; only what was under way is refused."""
    play(outages.broker_killed, scene, restarts=2, timeout=2.0, away=0.1)


def test_a_group_is_heard_or_refused_around_a_restart(scene):
    """No send to a group with members here returns without them hearing it, as soon as the broker is back."""
    assert play(outages.restarted, scene)["refused"] > 0


def test_a_broker_that_refuses_for_a_while_ends_no_receiver(scene):
    """Too few replicas (as a full disk, or a script that hangs): Unavailable, and receivers wait."""
    play(faults.not_now, scene)


def test_messages_of_all_sizes_get_their_credit(scene):
    """A sender that was refused at the window may send again once what it sent is consumed."""
    play(faults.large_and_small, scene)


def test_a_stopped_broker_is_noticed(scene):
    """Unavailable once its silence is noticed, never a hang; groups are whole when it goes on."""
    play(outages.paused, scene, seconds=2.0)


@pytest.mark.parametrize(("delay", "size", "chunk"), [(0.05, None, 0), (0.0, 1, 100), (0.0, 7, 1000)])
def test_a_bad_network_changes_nothing_but_the_pace(scene, delay, size, chunk):
    """Latency, and bytes that come one by one."""
    play(outages.bad_network, scene, messages=40, delay=delay, size=size, chunk=chunk)


def test_a_half_open_connection_is_noticed(scene):
    """A network that swallows both ways: Unavailable here, loss noted, all well when it is back."""
    play(outages.half_open, scene)


def test_who_has_joined_hears(scene):
    """What is sent to a group after group_add reaches it, under load, and after a reconnect."""
    play(outages.joins, scene, times=60)


def test_threads_share_two_connections(scene):
    """async_to_sync(group_send) from 20 threads."""
    play(outages.threads, scene, calls=500)


def test_strangers_disturb_nobody(scene):
    """Garbage, forged frames, other versions, deep nesting: counted, and nothing raises."""
    assert play(outages.strangers, scene, rounds=5)["counted"]["frame_damaged"] > 0


def test_large_messages_arrive_or_are_refused(scene):
    """10 MiB through queue, channel and group; 17 MiB is a ValueError."""
    play(outages.large, scene, times=1)


def test_dropped_channels_and_groups_leave_nothing(scene):
    """Memory does not grow with how many there were."""
    play(outages.memory, scene, channels=1000, warm=4500)

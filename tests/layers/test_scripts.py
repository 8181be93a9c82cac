"""The Lua scripts, tried on a real server with redis-py alone."""

import time

import pytest
import redis

from interfaces.layers.scripts import (
    DELAY,
    DUE,
    FORGET,
    GIVE_BACK,
    GROUP_JOIN,
    GROUP_SEND,
    PUSH,
    RECOVER,
    RING,
    TAKE,
    queue_keys,
)

MINUTE = 60_000


@pytest.fixture(name="broker")
def fixture_broker(fresh_broker):
    """A server of this test alone, and redis-py on it."""
    with redis.Redis.from_url(fresh_broker().url, protocol=2) as client:
        yield client


def run(broker, script, keys, *args):
    """The reply of a script."""
    return broker.eval(script.text, len(keys), *keys, *args)


def push(broker, queue, *messages, capacity=100, life=MINUTE):
    """[taken, expired]."""
    keys = queue_keys("p", queue)
    return run(broker, PUSH, keys[:2], capacity, life, 2 * MINUTE, "p:r:", queue, *messages)


def take_all(broker, *queues, hub="h1", want=10, need=1, sure=0, lease=0, room=1 << 20, life=MINUTE):
    """Whether the hub waits now, and (expired, uncertain, ours, ids, messages) of each queue."""
    keys = [key for queue in queues for key in queue_keys("p", queue)]
    short, found = run(broker, TAKE, keys, hub, want, need, sure or need, lease, room, *[life] * len(queues))
    return bool(short), [(*one[:3], one[3::2], one[4::2]) for one in found]


def take(broker, *queues, **asked):
    """Whether the hub waits now, and (expired, ids, messages) of each queue."""
    short, found = take_all(broker, *queues, **asked)
    return short, [(expired, ids, messages) for expired, _, _, ids, messages in found]


def owners(broker, queue):
    """Who has which pending entries."""
    held = broker.xpending_range(f"p:q:{queue}", "g", "-", "+", 100)
    return [(one["message_id"], one["consumer"]) for one in held]


def give_back(broker, queue, *ids, hub="h1"):
    """How many went back."""
    return run(broker, GIVE_BACK, queue_keys("p", queue), hub, "p:r:", queue, MINUTE, *ids)


def recover(broker, queue, given=(), held=(), hub="h1"):
    """How many went back."""
    words = [hub, "p:r:", queue, MINUTE, len(given), *given, *held]
    return run(broker, RECOVER, queue_keys("p", queue), *words)


def later(broker):
    """Let the server's clock go on by more than a millisecond."""
    seen = broker.time()
    while broker.time()[1] // 1000 in (seen[1] // 1000, seen[1] // 1000 + 1) and broker.time()[0] == seen[0]:
        time.sleep(0)


def test_messages_come_out_in_the_order_they_went_in(broker):
    """A queue is first in, first out, over several pushes."""
    assert push(broker, "a", "1", "2") == [2, 0]
    assert push(broker, "a", "3") == [1, 0]
    assert take(broker, "a")[1][0][2] == [b"1", b"2", b"3"]


def test_capacity_is_exact_within_one_push(broker):
    """What fits is taken, in order, and the rest is not; what is taken but not acknowledged counts."""
    assert push(broker, "a", "1", "2", "3", capacity=2) == [2, 0]
    _, [(_, ids, _)] = take(broker, "a")
    assert push(broker, "a", "4", capacity=2) == [0, 0]
    broker.xack("p:q:a", "g", ids[0])
    broker.xdel("p:q:a", ids[0])
    assert push(broker, "a", "4", "5", capacity=2) == [1, 0]


def test_what_expired_is_counted_and_makes_room(broker):
    """An expired entry is gone at the next push or take, whichever is first, and is counted there."""
    push(broker, "a", "1", "2", capacity=2, life=1)
    later(broker)
    assert push(broker, "a", "3", capacity=2, life=1) == [1, 2]
    later(broker)
    assert take(broker, "a", life=1)[1] == [(1, [], [])]


def test_a_short_take_waits_and_a_push_rings(broker):
    """A hub that got too little is rung by the next push, once."""
    assert take(broker, "a") == (True, [(0, [], [])])
    with broker.pubsub() as inbox:
        inbox.subscribe("p:r:h1")
        assert inbox.get_message(timeout=5)["type"] == "subscribe"
        push(broker, "a", "1")
        push(broker, "a", "2")
        assert inbox.get_message(timeout=5)["data"] == b"a"
        assert inbox.get_message(timeout=0) is None
    short, [(_, _, messages)] = take(broker, "a", want=1)
    assert not short and messages == [b"1"]
    assert broker.zcard("p:w:a") == 0


def test_a_deaf_hub_does_not_swallow_the_bell(broker):
    """A hub that waits but hears nothing any more is passed over."""
    take(broker, "a", hub="gone")
    take(broker, "a", hub="there")
    with broker.pubsub() as inbox:
        inbox.subscribe("p:r:there")
        assert inbox.get_message(timeout=5)["type"] == "subscribe"
        push(broker, "a", "1")
        assert inbox.get_message(timeout=5)["data"] == b"a"


def test_a_bell_is_passed_on(broker):
    """RING wakes the next waiting hub when there is something, and nobody when there is not."""
    keys = queue_keys("p", "a")
    take(broker, "a", hub="there")
    run(broker, RING, keys[:2], "p:r:", "a")
    assert broker.zcard("p:w:a") == 1
    broker.zrem("p:w:a", "there")
    push(broker, "a", "1")
    broker.zadd("p:w:a", {"there": 1})
    run(broker, RING, keys[:2], "p:r:", "a")
    assert broker.zcard("p:w:a") == 0


def test_shares_are_fair_and_nothing_is_left_over(broker):
    """Of a busy and a quiet queue both are served; what the quiet one leaves goes to the busy one."""
    push(broker, "busy", *[str(n) for n in range(50)])
    push(broker, "quiet", "q")
    short, found = take(broker, "busy", "quiet", want=10)
    assert not short
    assert [len(messages) for _, _, messages in found] == [9, 1]
    _, found = take(broker, "quiet", "busy", want=1)
    assert [len(messages) for _, _, messages in found] == [0, 1]


def test_given_back_entries_come_first_and_in_order(broker):
    """What one hub gives back another gets before newer entries, in the old order."""
    push(broker, "a", *"12345")
    _, [(_, ids, _)] = take(broker, "a", want=4)
    assert give_back(broker, "a", ids[2], ids[1], ids[3]) == 3
    assert take(broker, "a", hub="h2", want=2)[1][0][2] == [b"2", b"3"]
    assert take(broker, "a", hub="h2", want=9)[1][0][2] == [b"4", b"5"]
    assert broker.exists("p:b:a") == 0


def test_only_the_owner_gives_back(broker):
    """What another hub took over meanwhile stays its own."""
    push(broker, "a", "1")
    _, [(_, ids, _)] = take(broker, "a", hub="h1")
    broker.xclaim("p:q:a", "g", "h2", 0, ids)
    assert give_back(broker, "a", *ids, hub="h1") == 0


def test_what_was_taken_unknowingly_goes_back(broker):
    """Of what a hub holds, all that it does not know of goes back, and nothing of other hubs."""
    push(broker, "a", *"12345")
    take(broker, "a", hub="h2", want=1)
    _, [(_, ids, _)] = take(broker, "a", want=3)
    assert recover(broker, "a", held=[ids[1]]) == 2
    assert take(broker, "a", hub="h3")[1][0][2] == [b"2", b"4", b"5"]
    assert recover(broker, "never") == 0


def test_what_was_given_is_acknowledged_after_an_outage(broker):
    """Of what a hub took for receivers, what it gave is done with, and what never arrived there goes back."""
    push(broker, "a", *"123")
    _, [(_, _, ours, ids, _)] = take_all(broker, "a", want=3, need=2)
    assert ours == 2
    assert recover(broker, "a", given=ids[:1], held=ids[2:]) == 1
    assert owners(broker, "a") == [(ids[1], b"~"), (ids[2], b"h1")]
    assert broker.xlen("p:q:a") == 2


def test_what_is_needed_belongs_to_its_receivers(broker):
    """The first entries are taken for good, over all queues and in each, the others to be asked for."""
    push(broker, "a", *"12345")
    push(broker, "b", *"678")
    _, found = take_all(broker, "a", "b", want=6, need=4)
    assert [(ours, messages) for _, _, ours, _, messages in found] == [
        (3, [b"1", b"2", b"3"]),
        (1, [b"6", b"7", b"8"]),
    ]
    assert [name for _, name in owners(broker, "a")] == [b"h1!"] * 3
    assert [name for _, name in owners(broker, "b")] == [b"h1!", b"h1", b"h1"]
    assert give_back(broker, "b", *[one for one, _ in owners(broker, "b")]) == 3


def test_more_than_is_needed_is_taken_for_good_where_it_is_asked_so(broker):
    """Behind what is needed come those for a quick receiver, for good as well, then those to be asked for."""
    push(broker, "a", *[str(n) for n in range(40)])
    _, [(_, _, ours, _, messages)] = take_all(broker, "a", want=30, need=1, sure=12)
    assert ours == 12 and len(messages) == 30
    assert [name for _, name in owners(broker, "a")] == [b"h1!"] * 12 + [b"h1"] * 18
    assert take_all(broker, "a", want=9, need=1, sure=12)[1][0][2] == 9


def test_the_bytes_bound_what_is_taken_for_good_beyond_the_need(broker):
    """Large messages that nobody waits for stay at the broker, however many are wanted for good."""
    push(broker, "a", *["x" * 1000] * 60)
    _, [(_, _, ours, ids, _)] = take_all(broker, "a", want=50, need=20, sure=36, room=10_000)
    assert ours == len(ids) and 28 <= len(ids) < 36


def test_who_would_have_taken_more_waits_for_more(broker):
    """A quick receiver is rung by the next push without asking again; one that got all it wanted is not."""
    push(broker, "a", *"12")
    assert not take(broker, "a", want=1)[0]
    assert broker.zrange("p:w:a", 0, -1) == []
    short, [(_, ids, messages)] = take(broker, "a", want=3)
    assert short and messages == [b"2"] and len(ids) == 1
    assert broker.zrange("p:w:a", 0, -1) == [b"h1"]


def test_large_entries_are_not_taken_ahead(broker):
    """Whatever is needed is taken, but ahead no more than has room; there is more, so nobody is registered."""
    push(broker, "a", *["x" * 1000] * 60)
    short, [(_, _, ours, ids, _)] = take_all(broker, "a", want=50, need=12, room=10_000)
    assert (short, ours, len(ids)) == (False, 12, 22)
    assert len(take(broker, "a", hub="h2", want=38)[1][0][1]) == 38


def test_lapsed_entries_are_taken_over(broker):
    """What a hub took ahead and neither acknowledged nor gave back within the lease goes to another, but not before."""
    push(broker, "a", "1")
    take(broker, "a", hub="dead", need=0)
    assert take(broker, "a", hub="h2", lease=MINUTE)[1][0][2] == []
    later(broker)
    assert take(broker, "a", hub="h2", lease=1)[1][0][2] == [b"1"]


def test_what_a_dead_hub_may_have_given_is_given_to_nobody(broker):
    """Whether a receiver got it nobody can know: it is dropped, and counted, after the lease and not before."""
    push(broker, "a", *"123")
    take(broker, "a", hub="dead", want=2, need=1)
    assert take_all(broker, "a", hub="h2", want=1, lease=MINUTE)[1][0][1:3] == (0, 1)
    later(broker)
    _, [(_, uncertain, ours, _, messages)] = take_all(broker, "a", hub="h2", lease=1)
    assert (uncertain, ours, messages) == (2, 1, [b"2"])  # its own "3" too: it did not say what became of it
    assert broker.xlen("p:q:a") == 1


def test_an_entry_trimmed_while_given_back_is_forgotten(broker):
    """An entry that expired in other hands is not handed out without its message."""
    push(broker, "a", "1", "2")
    _, [(_, ids, _)] = take(broker, "a")
    give_back(broker, "a", *ids)
    broker.xdel("p:q:a", ids[0])
    assert take(broker, "a", hub="h2")[1][0][2] == [b"2"]
    assert [name for _, name in owners(broker, "a")] == [b"h2!"]


def test_group_send_tells_listeners_and_members(broker):
    """The hubs that listen hear it; queue members come back while their membership lasts."""
    assert run(broker, GROUP_SEND, ["p:g:room", "p:m:room"], "hi", MINUTE) == [0, []]
    assert run(broker, GROUP_JOIN, ["p:m:room"], "work", MINUTE) == 1
    assert run(broker, GROUP_JOIN, ["p:m:room"], "work", MINUTE) == 0
    assert run(broker, GROUP_SEND, ["p:g:room", "p:m:room"], "hi", MINUTE) == [0, [b"work"]]
    later(broker)
    assert run(broker, GROUP_SEND, ["p:g:room", "p:m:room"], "hi", 1) == [0, []]


def test_delays_come_when_due(broker):
    """Items come once when they are due, or again after their lease when nobody removed them."""
    run(broker, DELAY, ["p:d"], MINUTE, "late", 2)
    run(broker, DELAY, ["p:d"], 0, "now", 2)
    assert run(broker, DELAY, ["p:d"], 0, "beyond", 2) == 0
    wait, due = run(broker, DUE, ["p:d"], 10, 0)
    assert due == [b"now"] and 0 < wait <= MINUTE
    run(broker, DELAY, ["p:d"], 0, "leased", 2)
    assert run(broker, DUE, ["p:d"], 10, 1)[1] == [b"leased"]
    later(broker)
    assert run(broker, DUE, ["p:d"], 10, 1)[1] == [b"leased"]
    assert broker.zrem("p:d", "leased", "late") == 2
    assert run(broker, DUE, ["p:d"], 10, 0) == [-1, []]


def test_hubs_that_hold_nothing_are_forgotten(broker):
    """Neither a hub that leaves nor a dead one stays known for ever; one that holds an entry does."""
    push(broker, "a", "1")
    for hub in ("holds", "leaves", "dead"):
        take(broker, "a", hub=hub, want=2)
    assert run(broker, FORGET, ["p:q:a"], "leaves", MINUTE) == 1
    later(broker)
    assert run(broker, FORGET, ["p:q:a"], "leaves", 0) == 2
    assert [one["name"] for one in broker.xinfo_consumers("p:q:a", "g")] == [b"holds!"]
    assert run(broker, FORGET, ["p:q:never"], "leaves", 0) == 0


def test_recovery_looks_beyond_what_is_known(broker):
    """A hub that knows of more entries than a page holds still gives back the one it does not know of."""
    push(broker, "a", *map(str, range(1002)), capacity=2000)
    _, [(_, ids, _)] = take(broker, "a", want=1002)
    assert len(ids) == 1002
    assert recover(broker, "a", held=ids[:-1]) == 1

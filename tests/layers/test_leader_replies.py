"""Every reply of a broker to who wants to be the one holder, by a broker that answers by script; in virtual time."""

import asyncio
from types import SimpleNamespace

import pytest
from redis.exceptions import ResponseError

from interfaces.layers.leader import _CLAIM, _GIVE_BACK, _RENEW, LEASE, LINGER, LOOK, SAFE, Leader
from interfaces.shared.errors import ConfigError, Unavailable
from tests.runner.virtual import run

AWAY = Unavailable("the broker is away")
REFUSES = ResponseError("WRONGTYPE of a key")
WORDS = {_CLAIM: "claim", _RENEW: "renew", _GIVE_BACK: "back"}


class Slow:
    """A reply that comes after so many seconds."""

    def __init__(self, seconds, reply=1):
        self.seconds, self.reply = seconds, reply


class Broker:
    """A layer, its hub and its node at once: replies by what is asked, the last one again and again."""

    def __init__(self, **replies):
        self.replies = {"claim": [1], "renew": [1], "back": [1]} | {
            name: list(reply) if isinstance(reply, list) else [reply] for name, reply in replies.items()
        }
        self.asked = []
        self.settings = SimpleNamespace(prefix="p")

    def hub(self):
        return self

    async def started(self):
        return None

    def node_of(self, name):
        assert name == "bot"
        return self

    async def run(self, script, keys, args):
        word = WORDS[script]
        self.asked.append((round(asyncio.get_running_loop().time(), 3), word))
        self.said = (keys, args)
        replies = self.replies[word]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Slow):
            await asyncio.sleep(reply.seconds)
            reply = reply.reply
        if isinstance(reply, Exception):
            raise reply
        return reply

    def times(self, word):
        """When it was asked for this."""
        return [at for at, asked in self.asked if asked == word]


def leader_of(**replies):
    """A leader and its broker."""
    broker = Broker(**replies)
    return Leader(broker, "bot"), broker


async def won(leader, seconds=1000.0):
    """The token."""
    return await asyncio.wait_for(leader.won(), seconds)


async def lost(leader):
    """When it was lost."""
    await leader.lost()
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("reply", [7, "7", b"7", 7.0])
def test_a_token_is_a_number(reply):
    """However the broker writes it."""

    async def main():
        leader, _ = leader_of(claim=reply)
        fence = await won(leader)
        held = leader.held
        await leader.give_back()
        return fence, leader.fence, held

    assert run(main()) == (7, 7, True)


@pytest.mark.parametrize(
    ("replies", "at"),
    [
        ([5], 0),
        ([0, 5], LOOK),
        ([0, 0, 0, 5], 3 * LOOK),
        ([None, 5], LOOK),
        ([AWAY, 5], LOOK),
        ([AWAY, 0, AWAY, 5], 3 * LOOK),
        ([REFUSES, 5], LOOK),
        ([Slow(1.0, 5)], 1.0),
        ([Slow(1.0, 0), 5], 1.0 + LOOK),
        ([Slow(1.0, AWAY), 5], 1.0 + LOOK),
        ([Slow(LEASE * SAFE - 0.1, 5)], LEASE * SAFE - 0.1),
    ],
)
def test_who_wants_it_asks_until_it_is_theirs(replies, at):
    """Whatever the broker says meanwhile; a token that is nought is nobody's."""

    async def main():
        leader, _ = leader_of(claim=replies)
        fence = await won(leader)
        time = asyncio.get_running_loop().time()
        await leader.give_back()
        return fence, round(time, 3)

    assert run(main()) == (5, round(at, 3))


@pytest.mark.parametrize("seconds", [LEASE * SAFE, LEASE, 100.0])
def test_a_reply_that_came_too_late_is_none(seconds, caplog):
    """By then it may be another's: it is asked for again at once, and was never held."""

    async def main():
        leader, broker = leader_of(claim=[Slow(seconds, 5), Slow(0.5, 6)])
        fence = await won(leader)
        await leader.give_back()
        return fence, broker.times("claim"), broker.times("renew")

    assert run(main()) == (6, [0, seconds], [])
    assert "is lost" not in caplog.text


def test_it_is_renewed_four_times_a_lease():
    """For as long as the broker says yes."""

    async def main():
        leader, broker = leader_of()
        await won(leader)
        await asyncio.sleep(LEASE * 5)
        held = leader.held
        await leader.give_back()
        return held, broker.times("renew")

    held, times = run(main())
    assert held
    assert times[:19] == [LEASE / 4 * turn for turn in range(1, 20)] and len(times) <= 20


ANOTHER, LATE = "another one may have it", "its lease could not be renewed in time"


@pytest.mark.parametrize(
    ("replies", "at", "why"),
    [
        ([0], LEASE / 4, ANOTHER),
        ([None], LEASE / 4, ANOTHER),
        ([1, 0], LEASE / 2, ANOTHER),
        ([1, 1, 1, 0], LEASE, ANOTHER),
        ([AWAY], LEASE * SAFE, LATE),
        ([REFUSES], LEASE * SAFE, LATE),
        ([1, AWAY], LEASE / 4 + LEASE * SAFE, LATE),
        ([1, 1, REFUSES], LEASE / 2 + LEASE * SAFE, LATE),
        ([Slow(1000.0)], LEASE * SAFE, LATE),
        ([Slow(1.0, 0)], LEASE / 4 + 1.0, ANOTHER),
    ],
)
def test_when_it_is_lost(replies, at, why, caplog):
    """At once when another one has it; by our own clock when nobody says yes any more, before the broker's runs out."""

    async def main():
        leader, _ = leader_of(renew=replies)
        await won(leader)
        time = await lost(leader)
        return time, leader.held

    time, held = run(main())
    assert (round(time, 3), held) == (round(at, 3), False)
    assert f"bot is lost: {why}" in caplog.text


@pytest.mark.parametrize(
    "replies", [[AWAY, 1], [REFUSES, 1], [*[AWAY] * 9, 1], [Slow(1.0)], [Slow(1.0, AWAY), 1]]
)
def test_a_short_outage_costs_nothing(replies):
    """It is asked again soon, and the lease counts from the question that was answered."""

    async def main():
        leader, _ = leader_of(renew=replies)
        fence = await won(leader)
        await asyncio.sleep(LEASE * 4)
        held = leader.held
        await leader.give_back()
        return held, leader.fence == fence

    assert run(main()) == (True, True)


def test_a_slow_yes_counts_from_its_question():
    """Not from when it came: the broker's own clock began then."""

    async def main():
        leader, _ = leader_of(renew=[Slow(3.0), Slow(1000.0)])
        await won(leader)
        return await lost(leader)

    assert run(main()) == LEASE / 4 + LEASE * SAFE


@pytest.mark.parametrize("reply", [1, 0, None, AWAY, REFUSES])
def test_it_is_given_back_whatever_the_broker_says(reply, caplog):
    """It is ours no more at once; what the broker does not hear is told, and lapses there."""

    async def main():
        leader, broker = leader_of(back=reply)
        await won(leader)
        await leader.give_back()
        await asyncio.sleep(LEASE * 3)
        return leader.held, broker.asked[-1][1], broker.times("renew")

    assert run(main()) == (False, "back", [])
    assert ("bot is free only when its lease has lapsed" in caplog.text) is isinstance(reply, Exception)


def test_what_is_not_held_is_given_back_too():
    """It may have been won by a question that was cut off."""

    async def main():
        leader, broker = leader_of()
        await leader.give_back()
        return broker.asked

    assert run(main()) == [(0, "back")]


@pytest.mark.parametrize("times", [1, 2, 5])
def test_an_outage_is_told_once(times, caplog):
    """However often it is asked; another one is told again."""

    async def main():
        leader, _ = leader_of(claim=[*[AWAY] * times, 0, *[AWAY] * times, 5])
        await won(leader)
        await leader.give_back()

    run(main())
    assert caplog.text.count("who holds bot cannot be asked: the broker is away") == 2


def test_it_is_won_anew_after_it_was_lost():
    """With the token that the broker has then; each time it is renewed by one task alone."""

    async def main():
        leader, broker = leader_of(claim=[5, 6], renew=[0, 1])
        fences = [await won(leader)]
        await lost(leader)
        fences.append(await won(leader))
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(LEASE * 2)
        await leader.give_back()
        return fences, [at - began for at in broker.times("renew") if at > began]

    fences, times = run(main())
    assert fences == [5, 6]
    assert times[:7] == [LEASE / 4 * turn for turn in range(1, 8)]


def test_who_asks_while_it_is_held_has_it():
    """Nobody is asked for that."""

    async def main():
        leader, broker = leader_of(claim=[5, 6])
        first = await won(leader)
        second = await won(leader)
        await leader.give_back()
        return first, second, broker.times("claim")

    assert run(main()) == (5, 5, [0])


def test_who_stops_waiting_leaves_nothing_behind():
    """No task goes on to ask."""

    async def main():
        leader, broker = leader_of(claim=0)
        with pytest.raises(TimeoutError):
            await won(leader, 5 * LOOK + 0.1)
        before = len(broker.asked)
        await asyncio.sleep(100)
        return before, len(broker.asked), leader.held, asyncio.all_tasks() - {asyncio.current_task()}

    before, after, held, tasks = run(main())
    assert before == after == 6
    assert (held, tasks) == (False, set())


def test_what_the_broker_is_told():
    """The name's two keys, who asks, and milliseconds; two leaders are never the same."""

    async def main():
        leader, broker = leader_of()
        other = Leader(broker, "bot")
        await won(leader)
        keys, (who, lease, linger) = broker.said
        await won(other)
        await leader.give_back()
        _, gone = broker.said
        await other.give_back()
        return keys, lease, linger, who == gone[0], who != broker.said[1][0]

    assert run(main()) == (
        ["p:L:bot", "p:Lf:bot"],
        str(int(LEASE * 1000)),
        str(int(LINGER * 1000)),
        True,
        True,
    )


@pytest.mark.parametrize("layer", [None, object(), SimpleNamespace(send=None)])
def test_a_layer_without_a_broker_has_no_holder(layer):
    """The name is told, and what is missing."""
    with pytest.raises(ConfigError, match="one holder of bot among containers needs a --layer with a broker"):
        Leader(layer, "bot")


def test_it_shows_whether_it_is_held():
    """In a log."""

    async def main():
        leader, _ = leader_of()
        before = repr(leader)
        await won(leader)
        held = repr(leader)
        await leader.give_back()
        return before, held, repr(leader)

    assert run(main()) == ("<Leader of bot: not held>", "<Leader of bot: held>", "<Leader of bot: not held>")

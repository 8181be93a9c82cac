"""interfaces.layers.mail: whatever a broker loses, what arrives is in order, and both sides know of what did not."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.layers.frames import WINDOW
from interfaces.layers.mail import FREE
from tests.layers.test_mail import kit, settle

LARGE = 200_000


class Line:
    """A broker that loses what is published at the numbers in ``lost``, as long as it is bad."""

    def __init__(self, broker, lost):
        self.lost, self.at, self.bad, self.dropped = lost, 0, True, []
        broker.drop = self

    def __call__(self, topic, _payload):
        self.at += 1
        gone = self.bad and self.at in self.lost
        if gone:
            self.dropped.append(topic)
        return gone


async def talk(a, b, turns):
    """In each turn a number of items, or one large one, from either side; what each posted."""
    posted = {a: [], b: []}
    for back, count in turns:
        one, other = (b, a) if back else (a, b)
        for _ in range(count):
            item = [len(posted[one]), bytes(LARGE if count == 5 else 10)]
            if count == 5 and item[0] % 2:
                break
            posted[one].append(item)
            one.mail.post(other.address, FREE, item)
        await settle()
    return posted


def is_part(got, posted):
    """Whether ``got`` is ``posted`` with some left out, in order and none twice."""
    rest = iter(posted)
    return all(item in rest for item in got)


async def healthy(a, b):
    """The line is good again, and both have said so."""
    for one, other in ((a, b), (b, a)) * 2:
        one.mail.post(other.address, FREE, ["end"])
        await settle()
    for hub in (a, b):
        hub.got = [item for item in hub.got if item != ["end"]]


TURNS = st.lists(st.tuples(st.booleans(), st.integers(1, 5)), min_size=4, max_size=16)
LOST = st.sets(st.integers(1, 30), min_size=1, max_size=10)


@given(TURNS, LOST)
@settings(max_examples=150, deadline=None)
def test_what_is_lost_is_never_lost_in_silence(turns, lost):
    """Items arrive once, in order; where one is missing the receiver counts a gap and the sender hears of it."""

    async def main():
        async with kit() as made:
            a, b = await made.hub(), await made.hub()
            line = Line(made.broker, lost)
            posted = await talk(a, b, turns)
            line.bad = False
            await healthy(a, b)
            for one, other in ((a, b), (b, a)):
                assert is_part(other.got, posted[one])
                if len(other.got) < len(posted[one]):
                    assert other.counts["layer.gap"]
                assert one.counts["layer.gap_there"] == other.counts["layer.gap"]
                told = [frames for word, frames in other.told if word == "missed"]
                assert sum(told) == other.counts["layer.gap"]
                if other.mail.topic not in line.dropped:
                    assert other.got == posted[one]
                    assert not other.counts["layer.gap"]

    asyncio.run(main())


@given(TURNS, LOST)
@settings(max_examples=100, deadline=None)
def test_the_credit_of_what_is_lost_comes_back(turns, lost):
    """After any loss a whole window can be posted again, once the peer has consumed and said so."""

    async def main():
        async with kit() as made:
            a, b = await made.hub(), await made.hub()
            line = Line(made.broker, lost)
            await talk(a, b, turns)
            line.bad = False
            await healthy(a, b)
            for one, other in ((a, b), (b, a)):
                size = WINDOW - 64
                async with asyncio.timeout(10):
                    await one.mail.room(other.address, size)
                one.mail.post(other.address, FREE, bytes(size))
                await settle()
                assert len(other.got[-1]) == size

    asyncio.run(main())


@given(TURNS, LOST)
@settings(max_examples=100, deadline=None)
def test_who_watches_hears_of_any_loss_once(turns, lost):
    """Of frames lost either way; of nothing else, and never twice."""

    async def main():
        async with kit() as made:
            a, b = await made.hub(), await made.hub()
            line = Line(made.broker, lost)
            a.watch(b)
            posted = await talk(a, b, turns)
            line.bad = False
            await healthy(a, b)
            told = [reason for known, reason in a.told if known is True]
            if len(a.got) < len(posted[b]) or len(b.got) < len(posted[a]):
                assert told == ["gap"]
            else:
                assert told in ([], ["gap"])
            if not line.dropped:
                assert told == []

    asyncio.run(main())

"""interfaces.layers.mail: what one hub posts arrives at another, or both know that it did not."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter

import pytest

from interfaces.layers import mail as module
from interfaces.layers import peers
from interfaces.layers.base import ChannelFull
from interfaces.layers.frames import FRAME, WINDOW, Incoming, Outgoing, encode
from interfaces.layers.leases import LEASE
from interfaces.layers.mail import FREE, MESSAGE, Mail
from interfaces.layers.node import Node
from interfaces.layers.peers import owner
from interfaces.layers.settings import Settings
from interfaces.shared.errors import PeerGone, Unavailable
from interfaces.shared.noise import EVERY
from tests.layers.fakes import FakeBroker, FakeNode


class Hub:
    """A mail on a fake broker, with what it got, counted and was told. ``auto``: consumes what it gets at once."""

    def __init__(self, broker, clock, auto=True, **options):
        self.got, self.told, self.counts = [], [], Counter()
        self.node = FakeNode(broker)
        self.mail = Mail(lambda _hub: self.node, "t", clock=clock, **options)
        self.mail.count = lambda name, by: self.counts.update({name: by})
        self.mail.on_gap.append(lambda sender, frames: self.told.append(("missed", frames)))
        self.auto = auto
        for kind in (MESSAGE, FREE):
            self.mail.handlers[kind] = self.take
        self.node.on_message = lambda _name, payload: self.mail.feed(payload)
        self.address = self.mail.address

    def take(self, sender, item, size):
        self.got.append(item)
        if self.auto:
            self.mail.consumed(sender, size)

    def watch(self, other):
        self.mail.watch(other.address, lambda peer, reason: self.told.append((peer == other.address, reason)))


class Kit:
    """A fake broker with a clock, and hubs on it."""

    def __init__(self):
        self.now = 100.0
        self.broker = FakeBroker()
        self.hubs = []

    async def hub(self, **options):
        self.hubs.append(Hub(self.broker, lambda: self.now, **options))
        await self.hubs[-1].mail.start()
        return self.hubs[-1]


@contextlib.asynccontextmanager
async def kit():
    """A kit whose hubs are closed."""
    made = Kit()
    yield made
    made.broker.down = False
    for hub in made.hubs:
        if not hub.mail._closed:
            await hub.mail.close()


async def settle():
    """Let everything that can run do so."""
    for _ in range(20):
        await asyncio.sleep(0)


def run(test):
    """Run a test that takes a kit."""

    def runs():
        async def main():
            async with kit() as made:
                await test(made)

        asyncio.run(main())

    runs.__name__, runs.__doc__ = test.__name__, test.__doc__
    return runs


@run
async def test_what_one_turn_posts_leaves_in_one_publish(kit):
    """Items come in order to the handlers of their kinds, and the sender knows that they were heard."""
    a, b = await kit.hub(), await kit.hub()
    before = len(kit.broker.published)
    for number in range(50):
        a.mail.post(b.address, FREE if number % 2 else MESSAGE, number)
    assert await a.mail.sent(b.address) == 1
    assert await a.mail.sent(b.address) == 1  # nothing waits any more
    assert b.got == [*range(50)]
    assert len(kit.broker.published) == before + 1
    assert not a.counts
    assert not b.counts


@run
async def test_large_items_and_batches_are_cut(kit):
    """No publication is larger than FRAME, and all of it arrives."""
    a, b = await kit.hub(), await kit.hub()
    a.mail.post(b.address, FREE, b"x" * 5 * FRAME)
    for _ in range(5):
        a.mail.post(b.address, FREE, b"y" * (FRAME // 2))
    await settle()
    assert [len(item) for item in b.got] == [5 * FRAME] + [FRAME // 2] * 5
    assert max(len(payload) for _, payload in kit.broker.published) <= FRAME


@run
async def test_a_post_to_oneself_never_leaves(kit):
    """It is given next turn, without the broker, and takes no credit."""
    a = await kit.hub(window=10)
    before = len(a.node.told)
    item = {"x": "y" * 100}
    a.mail.post(a.address, FREE, item)
    await a.mail.room(a.address)
    assert a.got == []
    await settle()
    assert a.got == [item]
    assert await a.mail.sent(a.address) == 1
    assert len(a.node.told) == before


@run
async def test_posts_to_oneself_are_bounded(kit):
    """A turn that never ends fills no memory."""
    a = await kit.hub()
    for _ in range(module.LOCAL):
        a.mail.post(a.address, FREE, 1)
    with pytest.raises(ChannelFull):
        a.mail.post(a.address, FREE, 1)


@run
async def test_a_slow_inbox_stops_its_senders(kit):
    """Beyond the window ChannelFull, and room() waits until half of it was consumed and told."""
    a, b = await kit.hub(window=1000), await kit.hub(window=1000, auto=False)
    sizes = []
    b.mail.handlers[FREE] = lambda sender, item, size: sizes.append((sender, size))
    for _ in range(10):
        a.mail.post(b.address, FREE, "x" * 98)
    with pytest.raises(ChannelFull):
        a.mail.post(b.address, FREE, "x")
    assert a.counts == {"layer.no_credit": 1}
    a.mail.post(b.address, module.JOIN, "takes no credit")
    room = asyncio.create_task(a.mail.room(b.address, 100))
    await settle()
    assert len(sizes) == 10
    for sender, size in sizes[:4]:
        b.mail.consumed(sender, size)
    await settle()
    assert not room.done()
    b.mail.consumed(*sizes[4])
    await room
    a.mail.post(b.address, FREE, "x" * 98)
    for one in sizes[5:]:
        b.mail.consumed(*one)
    await settle()
    await a.mail.room(b.address, 500)


@run
async def test_what_is_more_than_half_the_window_finds_room_too(kit):
    """The receiver, which would say nothing yet of what it has consumed, is asked, once; it says each bit then."""
    a, b = await kit.hub(window=1000), await kit.hub(window=1000, auto=False)
    a.mail.post(b.address, FREE, b"x" * 150)
    a.mail.post(b.address, FREE, b"x" * 250)
    await settle()
    waiting = asyncio.create_task(a.mail.room(b.address, 900))
    await settle()
    assert not waiting.done()
    before = len(kit.broker.published)
    with pytest.raises(ChannelFull):
        a.mail.post(b.address, FREE, b"x" * 890)
    await settle()
    assert len(kit.broker.published) == before
    for item in list(b.got):
        assert not waiting.done()
        b.mail.consumed(a.address, len(item) + 2)
        await settle()
    await waiting
    a.mail.post(b.address, FREE, b"x" * 890)
    await settle()
    assert len(b.got) == 3


@run
async def test_who_waits_for_room_asks_again_at_each_beat(kit):
    """The question may have been lost."""
    a, b = await kit.hub(window=1000), await kit.hub(window=1000)
    a.mail.post(b.address, FREE, b"x" * 400)
    await settle()
    kit.broker.drop = lambda topic, payload: True
    waiting = asyncio.create_task(a.mail.room(b.address, 900))
    await settle()
    kit.broker.drop = lambda topic, payload: False
    assert not waiting.done()
    a.mail.beat()
    await settle()
    assert waiting.done()


@run
async def test_acknowledgements_ride_on_what_is_sent_anyway(kit):
    """A conversation of equals needs no frame for credit alone."""
    a, b = await kit.hub(window=1000), await kit.hub(window=1000)
    for _ in range(50):
        a.mail.post(b.address, FREE, "x" * 98)
        await settle()
        b.mail.post(a.address, FREE, "x" * 98)
        await settle()
    assert len(a.got) == len(b.got) == 50
    assert len(kit.broker.published) == 100


@run
async def test_a_lost_frame_is_counted_and_both_sides_are_told(kit):
    """on_gap there, watchers on both sides, once; its credit comes back."""
    a, b = await kit.hub(window=1000), await kit.hub(window=1000)
    a.watch(b)
    b.watch(a)
    kit.broker.drop = lambda topic, payload: b"lost" in payload
    a.mail.post(b.address, FREE, "lost" + "x" * 500)
    await settle()
    assert not b.told
    a.mail.post(b.address, FREE, "kept")
    await settle()
    assert b.got == ["kept"]
    assert b.counts == {"layer.gap": 1}
    assert a.counts == {"layer.gap_there": 1}
    assert b.told == [("missed", 1), (True, "gap")]
    assert a.told == [(True, "gap")]
    await a.mail.room(b.address, 900)


@run
async def test_a_subscriber_that_was_cut_learns_of_what_it_missed(kit):
    """Also when nothing follows: it asks everybody it knows."""
    a, b = await kit.hub(), await kit.hub()
    a.watch(b)
    a.mail.post(b.address, FREE, 1)
    await settle()
    kit.broker.drop = lambda topic, payload: topic == b.mail.topic  # written to a socket that is dead by now
    a.mail.post(b.address, FREE, 2)
    await settle()
    kit.broker.drop = lambda topic, payload: False
    b.node.state(False)
    b.node.state(True)
    await settle()
    assert b.got == [1]
    assert b.counts == {"layer.interrupted": 1, "layer.gap": 1}
    assert a.told == [(True, "gap")]


@run
async def test_a_publication_that_nobody_hears_is_told_at_once(kit):
    """The peer's lease holds, so that it is not gone; it will hear of the gap when it is back."""
    a, b = await kit.hub(), await kit.hub()
    a.mail.post(b.address, FREE, 1)
    await settle()
    a.watch(b)
    b.node.state(False)
    a.mail.post(b.address, FREE, 2)
    assert await a.mail.sent(b.address) == 0
    assert a.counts == {"layer.undeliverable": 1}
    assert a.told == [(True, "gap")]
    await settle()
    assert b.address in a.mail.peers
    b.node.state(True)
    await settle()
    assert b.counts["layer.gap"] == 1


@run
async def test_a_peer_that_never_heard_of_us_is_told_where_we_stand_at_the_next_beat(kit):
    """First contact while it was away: what it missed is a gap as well."""
    a, b = await kit.hub(), await kit.hub()
    b.node.state(False)
    a.mail.post(b.address, FREE, 1)
    await settle()
    b.node.state(True)
    await settle()
    assert "layer.gap" not in b.counts
    a.mail.beat()
    await settle()
    assert b.counts["layer.gap"] == 1


@run
async def test_a_broker_that_fails_to_publish_makes_sent_fail_and_the_gap_shows(kit):
    """Nobody knows whether it went; the next word to the peer tells."""
    a, b = await kit.hub(), await kit.hub()
    a.mail.post(b.address, FREE, 1)
    await settle()
    kit.broker.down = True
    a.mail.post(b.address, FREE, 2)
    with pytest.raises(Unavailable):
        await a.mail.sent(b.address)
    kit.broker.down = False
    a.node.state(False)
    a.node.state(True)
    await settle()
    assert a.counts["layer.unsent"] == 1
    assert b.counts["layer.gap"] == 1
    assert b.got == [1]


@run
async def test_a_peer_whose_lease_lapses_is_gone(kit):
    """Its watchers are told once; who waits for room or an answer fails; the peer is forgotten."""
    a, b = await kit.hub(window=100), await kit.hub(auto=False)
    a.watch(b)
    b.node.stopped = True
    a.mail.post(b.address, FREE, "x" * 200)
    waiting = [
        asyncio.create_task(a.mail.room(b.address)),
        asyncio.create_task(a.mail.request(b.address, module.JOIN, "?", 1000)),
    ]
    await settle()
    a.mail.beat()
    await settle()
    assert not a.told
    kit.broker.keys.clear()
    a.mail.beat()
    await settle()
    assert a.told == [(True, "gone")]
    for task in waiting:
        with pytest.raises(PeerGone):
            await task
    assert a.mail.peers == []
    b.node.go_on()
    await settle()
    assert len(b.got) == 1


@run
async def test_only_watched_peers_are_asked_for_in_one_command(kit):
    """A hub with a thousand senders asks for none of them."""
    a = await kit.hub()
    others = [await kit.hub() for _ in range(3)]
    for other in others:
        other.mail.post(a.address, FREE, 1)
    await settle()
    before = len(a.node.told)
    a.mail.beat()
    assert [words[0] for words in a.node.told[before:]] == ["SET"]
    for other in others[:2]:
        a.watch(other)
    before = len(a.node.told)
    a.mail.beat()
    asked = [words for words in a.node.told[before:] if words[0] == "MGET"]
    assert [len(words) - 1 for words in asked] == [2]


@run
async def test_a_restarted_broker_without_keys_is_not_the_death_of_all(kit):
    """Others have the time of a lease to say that they live."""
    a, b = await kit.hub(), await kit.hub()
    a.watch(b)
    kit.broker.keys.clear()
    a.node.state(False)
    a.mail.beat()  # commands go on as soon as the broker is there, which may be before the subscriptions are
    await settle()
    assert not a.told
    a.node.state(True)
    a.mail.beat()
    await settle()
    assert not a.told
    b.mail.beat()
    kit.now += LEASE
    a.mail.beat()
    await settle()
    assert not a.told
    kit.broker.keys.clear()
    a.mail.beat()
    await settle()
    assert a.told == [(True, "gone")]


@run
async def test_a_stopped_process_learns_that_it_was_given_up(kit):
    """It asks everybody, and its sessions with them fail too."""
    a, b = await kit.hub(), await kit.hub()
    a.mail.post(b.address, FREE, 1)
    b.mail.post(a.address, FREE, 1)
    await settle()
    a.watch(b)
    b.watch(a)
    kit.broker.keys.pop(f"t:h:{b.address}")
    a.mail.beat()
    await settle()
    assert a.told == [(True, "gone")]
    kit.now += LEASE + 1
    b.mail.beat()
    await settle()
    assert b.counts["layer.stopped"] == 1
    assert b.told[-1] == (True, "gap")


@run
async def test_goodbye_is_heard_at_once(kit):
    """Who watches a hub that closes does not wait for its lease; posts after it go to nobody."""
    a, b = await kit.hub(), await kit.hub()
    a.mail.post(b.address, FREE, 1)
    a.watch(b)
    await settle()
    b.mail.post(a.address, FREE, "last words")
    await b.mail.close()
    await settle()
    assert a.got == ["last words"]
    assert a.told == [(True, "bye")]
    assert f"t:h:{b.address}" not in kit.broker.keys
    a.mail.post(b.address, FREE, 2)
    assert await a.mail.sent(b.address) == 0
    await settle()
    assert a.mail.peers == []
    with pytest.raises(Unavailable):
        b.mail.post(a.address, FREE, 3)


@run
async def test_who_stopped_watching_is_told_nothing(kit):
    """unwatch undoes watch, of a peer that is unknown too."""
    a, b = await kit.hub(), await kit.hub()

    def told(peer, reason):
        raise AssertionError

    a.mail.unwatch(b.address, told)
    a.mail.watch(b.address, told)
    a.mail.unwatch(b.address, told)
    b.mail.post(a.address, FREE, 1)
    await b.mail.close()
    await settle()


@run
async def test_a_hook_that_raises_harms_no_other(kit):
    """The reader goes on, and the next hook is called."""
    a, b = await kit.hub(), await kit.hub()
    a.mail.watch(b.address, lambda peer, reason: 1 / 0)
    a.watch(b)
    a.mail.on_beat.append(lambda: 1 / 0)
    a.mail.beat()
    b.mail.post(a.address, FREE, 1)
    await b.mail.close()
    await settle()
    assert a.told == [(True, "bye")]


@run
async def test_what_a_handler_cannot_take_is_counted_and_gives_its_credit_back(kit):
    """Unknown kinds (of a newer release) and handlers that raise stop no one."""
    a, b = await kit.hub(window=200), await kit.hub(window=200)
    b.mail.handlers[FREE] = lambda sender, item, size: 1 / 0
    for kind in (FREE, FREE + 1, 15):
        a.mail.post(b.address, kind, "x" * 80)
    await settle()
    assert b.counts == {"layer.failed": 1, "layer.unknown_kind": 2}
    await a.mail.room(b.address, 200)


def test_malformed_items_write_a_line_and_then_one_a_minute(caplog):
    """Whoever reaches the broker fills no log with tracebacks; all of them are counted."""

    @run
    async def case(kit):
        a, b = await kit.hub(), await kit.hub()
        b.mail.handlers[FREE] = lambda sender, item, size: item["no"]
        for _ in range(50):
            a.mail.post(b.address, FREE, [1])
        await settle()
        kit.now += EVERY
        a.mail.post(b.address, FREE, [1])
        await settle()
        assert b.counts == {"layer.failed": 51}

    case()
    first, then = caplog.records
    assert "cannot be handled (kind 16): TypeError: list indices" in first.message and not first.exc_info
    assert "(49 more of layer.failed since the last such line)" in then.message


@run
async def test_endless_senders_are_bounded_and_watched_ones_stay(kit):
    """The quietest makes room; both directions begin anew, which is no gap."""
    a, b = await kit.hub(), await kit.hub()
    a.mail._peers.most = 5
    a.watch(b)
    others = [await kit.hub() for _ in range(20)]
    for other in others:
        other.mail.post(a.address, FREE, 1)
        a.mail.post(other.address, FREE, 2)
        await settle()
    assert len(a.mail.peers) == 5
    assert b.address in a.mail.peers
    others[0].mail.post(a.address, FREE, 3)
    a.mail.post(others[0].address, FREE, 4)
    await settle()
    assert a.got[-1] == 3
    assert others[0].got == [2, 4]
    assert not a.counts
    assert not others[0].counts


@run
async def test_quiet_peers_are_forgotten(kit):
    """After IDLE seconds, on both sides, unless they are watched."""
    a, b, c = await kit.hub(), await kit.hub(), await kit.hub()
    for other in (b, c):
        a.mail.post(other.address, FREE, 1)
    a.watch(c)
    await settle()
    kit.now += peers.IDLE
    for hub in (a, b, c):
        hub.mail._leases._renewed = kit.now
    a.mail.beat()
    await settle()
    assert a.mail.peers == [c.address]
    assert b.mail.peers == []


@run
async def test_a_peer_that_forgot_us_is_still_watched(kit):
    """And who waits for room may post at once: nothing is on the way any more."""
    a, b = await kit.hub(window=100), await kit.hub(auto=False)
    a.watch(b)
    a.mail.post(b.address, FREE, "x" * 200)
    room = asyncio.create_task(a.mail.room(b.address))
    await settle()
    b.mail._peers._evict(b.mail._peers.find(a.address))
    await room
    await b.mail.close()
    await settle()
    a.mail.beat()
    await settle()
    assert a.told == [(True, "gone")]


@run
async def test_hostile_payloads_are_counted(kit):
    """Noise, newer versions, senders that are no hubs, and ourselves: nothing raises, nothing is kept."""
    a = await kit.hub()
    for payload in (b"", b"noise", b"\xff\x90", b"\x01\x9b\x00\xa3../\x00\x00\x00\x00\x00\x00\x90\x90\x90"):
        a.mail.feed(payload)
    assert a.counts == {"layer.frame_damaged": 1, "layer.frame_version": 2}
    assert a.mail.peers == []


class Mark:
    """A cipher for tests: a word in front."""

    def seal(self, data, /):
        return b"!" + data

    def open(self, data, /):
        return data[1:] if data[:1] == b"!" else None


@run
async def test_sealed_mail_is_for_those_who_have_the_key(kit):
    """What is not sealed is refused and counted."""
    a, b, c = await kit.hub(cipher=Mark()), await kit.hub(cipher=Mark()), await kit.hub()
    for hub in (a, c):
        hub.mail.post(b.address, FREE, hub is a)
    await settle()
    assert b.got == [True]
    assert b.counts == {"layer.unsealed": 1}


@run
async def test_requests_are_answered_by_who_was_asked(kit):
    """Others cannot answer, silence is Unavailable, and oneself may be asked."""
    a, b, c = await kit.hub(), await kit.hub(), await kit.hub()
    for hub in (a, b):
        hub.mail.handlers[20] = lambda sender, item, size, hub=hub: hub.mail.confirm(
            sender, item[0], item[1] * 2
        )
    assert await a.mail.request(b.address, 20, 21, 10) == 42
    assert await a.mail.request(a.address, 20, 4, 10) == 8
    b.mail.handlers[20] = lambda sender, item, size: c.mail.confirm(sender, item[0], "not asked")
    with pytest.raises(Unavailable):
        await a.mail.request(b.address, 20, 1, 0.01)
    c.mail.confirm(a.address, [], 1)
    await settle()
    assert len(a.mail._requests) == 0
    question = asyncio.create_task(a.mail.request(b.address, 21, 1, 10))
    await settle()
    await a.mail.close()
    with pytest.raises(Unavailable):
        await question


def test_the_owner_of_a_channel_is_in_its_name():
    """Only what has a hub's id is anybody's; all else is a queue."""
    assert owner("specific.0123456789abcdef!1") == "0123456789abcdef"
    assert owner("a.b.0123456789abcdef!1") == "0123456789abcdef"
    for queue in (
        "chat",
        "test-channel-2!x",
        "0123456789abcdef!1",
        "a.0123456789ABCDEF!1",
        "a.0123!x",
        "a!b.0123456789abcdef!1",
    ):
        assert owner(queue) == ""


# --- with a real broker ---------------------------------------------------------------------------


class Real:
    """A hub at a real broker."""

    def __init__(self, broker, **options):
        settings = Settings.of(hosts=broker.hosts, prefix=broker.prefix)
        self.node = Node(settings, settings.hosts[0])
        self.mail = Mail(lambda _hub: self.node, broker.prefix, **options)
        self.counts, self.got = Counter(), asyncio.Queue()
        self.told = asyncio.Queue()
        self.mail.count = lambda name, by: self.counts.update({name: by})
        self.mail.handlers[FREE] = self.take
        self.node.on_message = lambda _name, payload: self.mail.feed(payload)

    def take(self, sender, item, size):
        self.got.put_nowait(item)
        self.mail.consumed(sender, size)

    async def __aenter__(self):
        await self.node.start()
        await self.node.ready(10)
        await self.mail.start()
        return self

    async def __aexit__(self, *_):
        await self.mail.close()
        await self.node.close()


def test_two_hubs_talk_over_a_real_broker(broker):
    """Small and large items, both ways, and goodbye."""

    async def main():
        async with Real(broker) as a:
            async with Real(broker) as b, asyncio.timeout(20):
                a.mail.watch(b.mail.address, lambda _peer, reason: a.told.put_nowait(reason))
                for number in range(200):
                    a.mail.post(b.mail.address, FREE, number)
                    b.mail.post(a.mail.address, FREE, b"x" * (number * 1000))
                    await b.mail.room(a.mail.address, 200_000)
                    await asyncio.sleep(0)
                assert [await b.got.get() for _ in range(200)] == [*range(200)]
                assert [len(await a.got.get()) for _ in range(200)] == [
                    number * 1000 for number in range(200)
                ]
            async with asyncio.timeout(10):
                assert await a.told.get() == "bye"
            assert not a.counts
            assert not b.counts

    asyncio.run(main())


def test_a_killed_subscriber_under_load_loses_nothing_silently(broker):
    """CLIENT KILL TYPE pubsub: what arrived and what both sides counted is all that was sent."""

    async def main():
        async with Real(broker) as a, Real(broker) as b, asyncio.timeout(30):
            a.mail.watch(b.mail.address, lambda _peer, reason: a.told.put_nowait(reason))
            sent = 0
            for round_ in range(2000):
                if round_ % 700 == 300:
                    broker.command("CLIENT", "KILL", "TYPE", "pubsub")
                with contextlib.suppress(ChannelFull):
                    a.mail.post(b.mail.address, FREE, round_)
                    sent += 1
                await a.mail.sent(b.mail.address)
            await a.node.ready(10)
            await b.node.ready(10)
            a.mail.post(b.mail.address, FREE, "end")
            got = []
            while (item := await b.got.get()) != "end":
                got.append(item)
            assert got == sorted(set(got))
            missing = sent - len(got)
            assert b.counts["layer.gap"] == missing  # a frame each
            assert b.counts["layer.interrupted"]
            if missing:
                assert await a.told.get() == "gap"

    asyncio.run(main())


STOPPED = textwrap.dedent("""
    import asyncio, sys
    from interfaces.layers.mail import FREE, Mail
    from interfaces.layers.node import Node
    from interfaces.layers.settings import Settings

    async def main():
        settings = Settings.of(hosts=[sys.argv[1]], prefix=sys.argv[2])
        node = Node(settings, settings.hosts[0])
        await node.start()
        await node.ready(10)
        mail = Mail(lambda _hub: node, sys.argv[2])
        mail.handlers[FREE] = lambda sender, item, size: mail.consumed(sender, size)
        node.on_message = lambda _name, payload: mail.feed(payload)
        await mail.start()
        print(mail.address, flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
""")


def test_a_stopped_peer_stops_its_sender_and_is_gone_when_its_lease_lapses(broker):
    """SIGSTOP: ChannelFull at the window, not megabytes at the broker; then its watchers are told."""

    async def main():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", STOPPED, broker.url, broker.prefix, stdout=subprocess.PIPE
        )
        try:
            address = (await process.stdout.readline()).decode().strip()
            async with Real(broker) as a, asyncio.timeout(30):
                a.mail.watch(address, lambda _peer, reason: a.told.put_nowait(reason))
                a.mail.post(address, FREE, 1)
                assert await a.mail.sent(address) == 1
                os.kill(process.pid, signal.SIGSTOP)
                sent = 0
                with contextlib.suppress(ChannelFull):
                    while sent <= 1 << 20:
                        a.mail.post(address, FREE, b"x" * 10_000)
                        sent += 10_000
                        await a.mail.sent(address)
                assert sent <= 1 << 20
                broker.command(
                    "DEL", f"{broker.prefix}:h:{address}"
                )  # as the broker does after LEASE seconds
                a.mail.beat()
                assert await a.told.get() == "gone"
        finally:
            process.kill()
            await process.wait()

    asyncio.run(main())


def test_unfinished_items_of_many_senders_have_one_bound(monkeypatch):
    """Senders that begin large items and never end them fill no more than the bound, however many there are."""
    monkeypatch.setattr(module, "ASSEMBLY", 500_000)

    async def main():
        async with kit() as made:
            hub = await made.hub()
            for n in range(40):
                out = Outgoing(f"{n:016x}", 1, WINDOW)
                out.put(FREE, encode(bytes(3 * FRAME)), 3 * FRAME)
                for frame in list(out.frames(*Incoming().report()))[:2]:
                    hub.mail.feed(frame)
            assert 0 < sum(peer.into.partial for peer in hub.mail._peers) <= 500_000
            assert hub.counts["layer.gap"] > 0

    asyncio.run(main())

"""interfaces.layers.groups: two and three hubs in one process, over a real broker."""

import asyncio
from collections import Counter

import pytest
from redis.exceptions import ResponseError

from interfaces.layers import groups as module
from interfaces.layers.base import ChannelFull
from interfaces.layers.groups import Groups
from interfaces.layers.inbox import Inbox
from interfaces.layers.mail import JOIN, MEMBERS, Mail
from interfaces.layers.node import Node
from interfaces.layers.settings import Settings
from interfaces.shared.errors import Unavailable


class Hub:
    """A hub as far as groups need it; ``pushed`` is what went to queues, ``now`` its clock."""

    def __init__(self, broker, cipher=None, group_expiry=86400):
        settings = Settings.of(hosts=broker.hosts, prefix=broker.prefix, timeout=1)
        self.node = Node(settings, settings.hosts[0])
        self.now, self.counts, self.pushed, self.full = 0.0, Counter(), [], None
        self.mail = Mail(lambda _hub: self.node, broker.prefix, cipher=cipher, clock=lambda: self.now)
        self.mail.count = lambda name, by: self.counts.update({name: by})
        self.inbox = Inbox(lambda _channel: 10_000)
        self.groups = Groups(
            self.mail, self.inbox, lambda _group: self.node, self.push, group_expiry=group_expiry
        )
        self.node.on_message = self.arrived
        self.made = 0

    def arrived(self, name, payload):
        (self.mail if name == self.mail.topic else self.groups).feed(
            *([name] * (name != self.mail.topic)), payload
        )

    async def push(self, queue, message):
        if self.full is not None:
            raise self.full
        self.pushed.append((queue, message))

    def channel(self):
        self.made += 1
        return f"specific.{self.mail.address}!{self.made}"

    async def get(self, *channels):
        async with asyncio.timeout(10):
            return await self.inbox.receive(channels)

    async def __aenter__(self):
        await self.node.start()
        await self.node.ready(10)
        await self.mail.start()
        return self

    async def __aexit__(self, *_):
        await self.groups.close()
        await self.mail.close()
        await self.node.close()


def subscribers(broker, group):
    """How many hubs have subscribed to a group."""
    return broker.command("PUBSUB", "NUMSUB", f"{broker.prefix}:g:{group}")[1]


async def until(true):
    """Wait for something that the broker does."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.001)


def run(test):
    """Run a test that takes the broker."""

    def runs(broker, monkeypatch):
        asyncio.run(test(broker, monkeypatch) if test.__code__.co_argcount == 2 else test(broker))

    runs.__name__, runs.__doc__ = test.__name__, test.__doc__
    return runs


@run
async def test_every_member_gets_a_copy_whatever_hub_it_is_on(broker):
    """The sender is a member or none; a hub with many members subscribes once."""
    async with Hub(broker) as a, Hub(broker) as b, Hub(broker) as c:
        members = [(hub, hub.channel()) for hub in (a, b) for _ in range(3)]
        await asyncio.gather(*(hub.groups.add("chat", channel) for hub, channel in members))
        assert subscribers(broker, "chat") == 2
        assert (len(a.groups), len(c.groups)) == (1, 0)
        for sender in (a, c):
            await sender.groups.send("chat", {"type": "x", "n": [1]})
            got = [await hub.get(channel) for hub, channel in members]
            assert got == [(channel, {"type": "x", "n": [1]}) for _, channel in members]
        assert not a.counts
        assert not c.counts


@run
async def test_messages_come_in_the_order_of_publication(broker):
    """One sender's, and those of two in the same order at all members."""
    async with Hub(broker) as a, Hub(broker) as b:
        one, two = a.channel(), b.channel()
        await asyncio.gather(a.groups.add("g", one), b.groups.add("g", two))
        await asyncio.gather(
            *(hub.groups.send("g", {"n": n, "a": hub is a}) for n in range(200) for hub in (a, b))
        )
        at_a = [(await a.get(one))[1] for _ in range(400)]
        at_b = [(await b.get(two))[1] for _ in range(400)]
        assert at_a == at_b
        assert [message["n"] for message in at_a if message["a"]] == [*range(200)]


@run
async def test_a_joiner_hears_its_own_first_message(broker):
    """add returns when the subscription is confirmed; 300 times, also for a channel of another hub."""
    async with Hub(broker) as a, Hub(broker) as b:
        for number in range(300):
            joiner, channel = (a, a.channel()) if number % 2 else (b, b.channel())
            await a.groups.add(f"g{number}", channel)
            await a.groups.send(f"g{number}", {"n": number})
            assert await joiner.get(channel) == (channel, {"n": number})


@run
async def test_adds_of_one_group_at_once_wait_for_one_subscription(broker):
    """None returns before it is confirmed, and a cancelled one harms no other."""
    async with Hub(broker) as a:
        channels = [a.channel() for _ in range(50)]
        tasks = [asyncio.create_task(a.groups.add("g", channel)) for channel in channels]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.gather(*tasks[1:])
        assert subscribers(broker, "g") == 1
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]


@run
async def test_who_left_hears_nothing_and_the_last_one_ends_the_subscription(broker):
    """discard of a member, of no member, and of a channel of another hub."""
    async with Hub(broker) as a, Hub(broker) as b:
        mine, other, theirs = a.channel(), a.channel(), b.channel()
        for channel in (mine, other, theirs):
            await a.groups.add("g", channel)
        await a.groups.discard("g", mine)
        await a.groups.discard("g", mine)
        await a.groups.discard("none", mine)
        await a.groups.discard("g", theirs)
        await until(lambda: subscribers(broker, "g") == 1)
        await a.groups.send("g", {"n": 1})
        assert await a.get(mine, other, theirs) == (other, {"n": 1})
        assert len(a.inbox) == len(b.inbox) == 0
        await a.groups.discard("g", other)
        await until(lambda: subscribers(broker, "g") == 0)
        assert not a.groups._groups
        assert not a.groups._of


@run
async def test_leaving_and_joining_in_one_turn_stays_subscribed(broker):
    """The unsubscription that was on its way comes before the subscription."""
    async with Hub(broker) as a:
        channel = a.channel()
        for number in range(50):
            await a.groups.add("g", channel)
            leaving = asyncio.create_task(a.groups.discard("g", channel))
            for _ in range(number % 4):
                await asyncio.sleep(0)
            await leaving
            await a.groups.add("g", channel)
            await a.groups.send("g", {"n": number})
            assert await a.get(channel) == (channel, {"n": number})


@run
async def test_joining_and_leaving_before_the_confirmation_leaves_nothing(broker):
    """The subscription that nobody wants any more is ended when it comes."""
    async with Hub(broker) as a:
        channel = a.channel()
        joining = asyncio.create_task(a.groups.add("g", channel))
        await asyncio.sleep(0)
        a.groups.forget(channel)
        await joining
        await until(lambda: not a.groups._groups and subscribers(broker, "g") == 0)


@run
async def test_a_forgotten_channel_is_out_of_all_its_groups(broker):
    """One that is in none may be forgotten too."""
    async with Hub(broker) as a:
        channel = a.channel()
        for group in ("g", "h"):
            await a.groups.add(group, channel)
        a.groups.forget(channel)
        a.groups.forget(channel)
        assert len(a.groups) == 0
        await until(lambda: subscribers(broker, "g") == subscribers(broker, "h") == 0)


@run
async def test_membership_ends_when_it_is_not_renewed(broker):
    """After group_expiry, which is counted; adding again renews."""
    async with Hub(broker, group_expiry=100) as a:
        old, new = a.channel(), a.channel()
        for channel in (old, new):
            await a.groups.add("g", channel)
        a.now = 60
        await a.groups.add("g", new)
        a.groups.sweep()
        assert len(await a.groups.channels("g")) == 2
        a.now = 101
        a.groups.sweep()
        assert await a.groups.channels("g") == [new]
        assert a.counts == {"layer.group_expired": 1}


@run
async def test_queues_are_members_that_the_broker_keeps(broker):
    """What is sent to the group is pushed to them once; a full one is counted, another trouble raised."""
    async with Hub(broker) as a, Hub(broker) as b:
        mine = a.channel()
        for channel in ("work", "test-channel-2!x", mine):
            await a.groups.add("g", channel)
        assert sorted(await a.groups.channels("g")) == sorted(["work", "test-channel-2!x", mine])
        await b.groups.send("g", {"n": 1})
        assert sorted(b.pushed) == [("test-channel-2!x", {"n": 1}), ("work", {"n": 1})]
        assert await a.get(mine) == (mine, {"n": 1})
        await b.groups.discard("g", "test-channel-2!x")
        b.full = ChannelFull()
        await b.groups.send("g", {"n": 2})
        assert b.counts == {"layer.full": 1}
        b.full = Unavailable("gone")
        with pytest.raises(Unavailable):
            await b.groups.send("g", {"n": 3})


@run
async def test_members_are_named_by_their_hubs(broker, monkeypatch):
    """Whoever asks; a hub that does not answer in time is counted, and strange answers are nothing."""
    async with Hub(broker) as a, Hub(broker) as b, Hub(broker) as c:
        channels = [a.channel(), b.channel(), b.channel(), "work"]
        assert await c.groups.channels("g") == []
        for channel in channels:
            await a.groups.add("g", channel)
        for hub in (a, c):
            assert sorted(await hub.groups.channels("g")) == sorted(channels)
        monkeypatch.setattr(module, "ASK_TIMEOUT", 0.1)
        b.groups.feed = lambda name, payload: None
        for token in (1, [], "x"):
            a.mail.post(c.mail.address, MEMBERS, [token, ["wrong"]])
        assert sorted(await c.groups.channels("g")) == sorted([channels[0], "work"])
        assert c.counts.pop("layer.members_unknown") == 1
        assert not c.groups._asking


@run
async def test_a_channel_of_a_hub_that_is_gone_joins_nothing(broker):
    """There is nobody who could receive: counted, not raised."""
    async with Hub(broker) as a:
        async with Hub(broker) as b:
            channel = b.channel()
            await a.groups.add("g", channel)
        await a.groups.add("g", channel)
        await a.groups.discard("g", channel)
        assert a.counts["layer.no_owner"] == 2


@run
async def test_an_owner_that_does_not_confirm_is_unavailable(broker):
    """Silence, and a refusal."""
    async with Hub(broker) as a, Hub(broker) as b:
        a.groups.join_timeout = 0.05
        answers = b.mail.handlers.pop(JOIN)
        b.mail.handlers[JOIN] = lambda sender, item, size: None
        with pytest.raises(Unavailable):
            await a.groups.add("g", b.channel())
        a.groups.join_timeout = 10
        b.mail.handlers[JOIN] = answers
        with pytest.raises(Unavailable):
            await a.mail.request(
                b.mail.address, JOIN, ["g", "not.0123456789abcdef!yours"], 10
            ) or await a.groups._ask(b.mail.address, JOIN, "g", "not.0123456789abcdef!yours")
        assert b.counts == {"layer.join_refused": 2}

        async def refuses(*names):
            raise Unavailable("down")

        b.node.subscribe = refuses
        with pytest.raises(Unavailable):
            await a.groups.add("g", b.channel())
        assert not b.groups._of


@run
async def test_a_subscription_that_fails_makes_no_member(broker):
    """Unavailable and what the broker refuses reach who added."""
    async with Hub(broker) as a:
        for error in (Unavailable("down"), ResponseError("NOPERM")):

            async def fails(*names, error=error):
                raise error

            subscribe, a.node.subscribe = a.node.subscribe, fails
            with pytest.raises(type(error)):
                await a.groups.add("g", a.channel())
            a.node.subscribe = subscribe
        assert not a.groups._of
        await until(lambda: not a.groups._groups)


@run
async def test_what_no_member_can_read_is_counted(broker):
    """Noise and newer versions, at a hub with members only."""
    async with Hub(broker) as a:
        channel = a.channel()
        name = f"{broker.prefix}:g:g".encode()
        a.groups.feed(name, b"noise")
        assert not a.counts
        await a.groups.add("g", channel)
        for payload in (b"\x01\xc1", b"\xff"):
            a.groups.feed(name, payload)
        a.groups.feed(b"\xff", b"")
        assert a.counts == {"layer.frame_damaged": 2}
        a.groups.feed(name, b"\xffx")
        assert a.counts["layer.frame_version"] == 1
        with pytest.raises(TypeError):
            await a.groups.send("g", {"n": object()})


class Mark:
    """A cipher for tests: a word in front."""

    def seal(self, data, /):
        return b"!" + data

    def open(self, data, /):
        return data[1:] if data[:1] == b"!" else None


@run
async def test_sealed_messages_are_for_those_who_have_the_key(broker):
    """What a hub without it publishes reaches nobody, and is counted."""
    async with Hub(broker, Mark()) as a, Hub(broker, Mark()) as b, Hub(broker) as c:
        channel = a.channel()
        await a.groups.add("g", channel)
        await c.groups.send("g", {"n": 1})
        await b.groups.send("g", {"n": 2})
        assert await a.get(channel) == (channel, {"n": 2})
        assert a.counts == {"layer.unsealed": 1}


@run
async def test_groups_are_heard_again_after_the_subscriber_was_lost(broker):
    """The node subscribes again before it is up."""
    async with Hub(broker) as a, Hub(broker) as b:
        channel = a.channel()
        await a.groups.add("g", channel)
        broker.command("CLIENT", "KILL", "TYPE", "pubsub")
        await until(lambda: a.counts["layer.interrupted"])
        await a.node.ready(10)
        await b.groups.send("g", {"n": 1})
        assert await a.get(channel) == (channel, {"n": 1})


class Gate:
    """Holds up a hub's subscriptions after they were lost, until it is opened."""

    def __init__(self, hub):
        self.opened = asyncio.Event()
        line = hub.node._subscriber
        self.setup, line._setup = line._setup, self.wait

    async def wait(self, pipe):
        await self.opened.wait()
        await self.setup(pipe)


@run
async def test_a_send_waits_until_members_here_hear_it_again(broker):
    """Nothing leaves before the subscriptions are back; then all, in the order of the calls, late ones last."""
    async with Hub(broker) as a, Hub(broker) as b:
        channel = a.channel()
        await a.groups.add("g", channel)
        gate = Gate(a)
        broker.command("CLIENT", "KILL", "TYPE", "pubsub")
        await until(lambda: not a.node.up and b.node.up)
        sends = [asyncio.create_task(a.groups.send("g", {"n": n})) for n in range(20)]
        await b.groups.send("other", {"n": 0})
        await a.groups.send("other", {"n": 0})  # has no members here: the broker answers, the others wait
        assert not any(task.done() for task in sends)
        a.node.on_state.append(
            lambda up, _reason: sends.append(asyncio.create_task(a.groups.send("g", {"n": 20})))
        )
        sends.pop(7).cancel()
        gate.opened.set()
        await until(lambda: len(sends) == 20)
        await asyncio.gather(*sends)
        got = [(await a.get(channel))[1]["n"] for _ in sends]
        assert got == [n for n in range(21) if n != 7]
        assert not a.groups._gates[a.node].waiting


@run
async def test_what_no_member_here_would_hear_is_refused(broker, monkeypatch):
    """Unavailable when the subscriptions do not come back in time, for a join too, and for one send too many."""
    async with Hub(broker) as a:
        channel, later = a.channel(), a.channel()
        await a.groups.add("g", channel)
        gate = Gate(a)
        broker.command("CLIENT", "KILL", "TYPE", "pubsub")
        await until(lambda: not a.node.up)
        monkeypatch.setattr(module, "HELD", 1)
        deeds = [
            a.groups.send("g", {}),
            a.groups.send("g", {}),
            a.groups.add("g", later),
            a.groups.add("g", channel),
        ]
        found = await asyncio.gather(*deeds, return_exceptions=True)
        assert [type(one) for one in found] == [Unavailable] * 4
        assert "1 sends to groups wait" in str(found[1])
        assert [*a.groups._groups["g"].members] == [channel]
        gate.opened.set()
        await a.node.ready(10)
        await a.groups.send("g", {"n": 1})
        assert await a.get(channel, later) == (channel, {"n": 1})
        assert len(a.inbox) == 0


@run
async def test_a_loss_that_is_not_noticed_yet_is_refused(broker):
    """The broker says that nobody heard it: then our subscription is gone, and Unavailable says so."""
    async with Hub(broker) as a:
        channel = a.channel()
        await a.groups.add("g", channel)
        a.node._subscriber.pipe._transport.pause_reading()
        broker.command("CLIENT", "KILL", "TYPE", "pubsub")
        with pytest.raises(Unavailable, match="nobody was told"):
            await a.groups.send("g", {"n": 1})
        a.node._subscriber.pipe._transport.resume_reading()
        await until(lambda: not a.node.up)
        await a.groups.send("g", {"n": 2})
        assert await a.get(channel) == (channel, {"n": 2})

"""What is kept of messages that were acknowledged: where, in which words it is refused, and how the queue is asked."""

import asyncio
from types import SimpleNamespace

import pytest

from interfaces.layers import receiving
from interfaces.layers.base import ChannelFull
from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.layers.durable import Terms
from interfaces.layers.keeping import KeptStore
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.interface import Context
from interfaces.shared.reception import Keeping

BROKER = SimpleNamespace(hub=lambda: None)
"""A layer that containers share, as far as it is asked."""


def terms(name="slack", *, accepted=False, spool=""):
    """What the options of a protocol say."""
    return Keeping(name=name, accepted=accepted, spool=spool, attempts=3, at_once=7, waiting=11)


@pytest.mark.parametrize("name", ["slack", "sms"])
@pytest.mark.parametrize(
    "layer", [None, LocalChannelLayer(), object(), BROKER], ids=["none", "local", "other", "broker"]
)
@pytest.mark.parametrize("spool", ["", "/s"])
@pytest.mark.parametrize("accepted", [True, False])
def test_what_is_accepted_has_to_be_kept_somewhere(name, layer, spool, accepted):
    """In a spool or at a broker; it is told by the protocol's own flags, in one line."""
    said = terms(name, accepted=accepted, spool=spool)
    if accepted and not spool and layer is not BROKER:
        with pytest.raises(ConfigError) as error:
            receiving.check(said, layer)
        assert str(error.value) == (
            f"--{name}-ack accepted needs --{name}-spool DIR, to keep messages in, or a --layer with a broker"
        )
    else:
        receiving.check(said, layer)
        assert said.accepted is accepted


@pytest.mark.parametrize("layer", [None, LocalChannelLayer()])
def test_without_a_broker_repeats_and_turns_are_of_this_process(layer):
    """With the limits of the options."""

    async def main():
        context = Context(layer=layer)
        return await receiving.stores(terms(), context)

    dedupe, turns = asyncio.run(main())
    assert isinstance(dedupe, LocalDedupe) and isinstance(turns, Conversations)


@pytest.mark.parametrize("error", [Unavailable("no broker"), ConfigError("an old broker")])
def test_a_broker_that_is_not_there_is_told(error):
    """Before anything is served."""

    class Hub:
        async def started(self):
            raise error

    async def main():
        await receiving.stores(terms(), Context(layer=SimpleNamespace(hub=Hub)))

    with pytest.raises(type(error), match=str(error)):
        asyncio.run(main())


@pytest.mark.parametrize("layer", [None, LocalChannelLayer(), object()])
def test_nothing_is_kept_where_nothing_can_be(layer):
    """Then messages are answered after their call; nothing is said of what is kept."""

    async def main():
        reception, context = SimpleNamespace(keeper=None), Context(layer=layer)
        async with receiving.keeping(reception, terms(), context):
            return reception.keeper, context.keeps

    assert asyncio.run(main()) == (None, [])


class Store:
    """A store that cannot be opened."""

    def __init__(self, error):
        self.error = error

    def __call__(self, *said, **named):
        self.said = said, named
        return self

    async def open(self):
        raise self.error

    async def keep(self, message, conversation, delay):
        """Never called."""


@pytest.mark.parametrize("accepted", [True, False])
def test_a_broker_that_keeps_nothing(accepted, monkeypatch, caplog):
    """Is refused where messages are acknowledged before their call; else slow ones are not kept."""
    store = Store(ConfigError("it keeps nothing on a disk"))
    monkeypatch.setattr(receiving, "import_module", lambda _name: SimpleNamespace(KeptStore=store))
    layer = SimpleNamespace(hub=lambda: "the hub", durability=None)
    caplog.set_level("INFO")

    async def main():
        reception, context = SimpleNamespace(keeper=None, intake=None), Context(layer=layer)
        async with receiving.keeping(reception, terms("sms", accepted=accepted), context):
            return reception.keeper, context.keeps

    if accepted:
        words = "--sms-ack accepted: it keeps nothing on a disk; or name --sms-spool DIR"
        with pytest.raises(ConfigError, match=words):
            asyncio.run(main())
    else:
        assert asyncio.run(main()) == (None, [])
        assert "sms: slow messages are not kept: it keeps nothing on a disk" in caplog.text
    assert store.said == (("the hub", "sms.accepted"), {"durability": "process-crash"})


@pytest.mark.parametrize("durability", ["os-crash", "process-crash"])
def test_a_broker_is_held_to_what_the_layer_asks_for(durability, monkeypatch):
    """As sends are."""
    store = Store(ConfigError("no"))
    monkeypatch.setattr(receiving, "import_module", lambda _name: SimpleNamespace(KeptStore=store))

    async def main():
        layer = SimpleNamespace(hub=lambda: "the hub", durability=durability)
        async with receiving.keeping(SimpleNamespace(intake=None), terms(), Context(layer=layer)):
            pass

    asyncio.run(main())
    assert store.said[1] == {"durability": durability}


class Queue:
    """A durable queue that keeps what is put, or raises."""

    def __init__(self, error=None):
        self.error, self.kept = error, []

    async def put(self, channel, message, **said):
        if self.error is not None:
            raise self.error
        self.kept.append((channel, message, said))


def kept(queue, *said):
    """Keep something; the clock of the broker is at a hundred."""
    store = object.__new__(KeptStore)
    store.channel = "slack.accepted"
    store.queues = queue
    store._hub = SimpleNamespace(node_of=lambda _channel: SimpleNamespace(server_time=lambda: 100.0))
    asyncio.run(store.keep(*said))
    return queue.kept


@pytest.mark.parametrize("conversation", [None, "T1/C1/"])
@pytest.mark.parametrize(("delay", "start"), [(0.0, 0.0), (2.5, 102.5), (60.0, 160.0)])
def test_what_is_kept_waits_by_the_brokers_clock(delay, start, conversation):
    """In the order of its conversation, under a name of its own."""
    queue = Queue()
    for _ in range(2):
        kept(queue, {"a": 1}, conversation, delay)
    (channel, message, said), (_, _, again) = queue.kept
    assert (channel, message) == ("slack.accepted", {"a": 1})
    assert (said["conversation"], said["terms"]) == (conversation, Terms(not_before=start))
    assert len(said["id"]) == 24 and said["id"] != again["id"]


@pytest.mark.parametrize(
    "error", [ChannelFull("slack.accepted"), ConfigError("too large"), Unavailable("no broker")]
)
def test_what_cannot_be_kept_is_to_come_again(error):
    """Whether the queue is full, refuses it, or is away: its sender has it still."""
    with pytest.raises(Unavailable):
        kept(Queue(error), {"a": 1}, None, 0.0)

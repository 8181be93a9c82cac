"""Which lines belong together."""

from interfaces.irc.client.batches import DEEP, OPEN, Batches
from tests.irc.client.lines import read


def test_lines_know_their_batch_until_it_ends():
    """It counts them, and has its type without "draft/"."""
    batches = Batches()
    assert batches.feed(read(":s BATCH +1 draft/chathistory #a")) is None
    batch = batches.of(read("@batch=1;msgid=x :a PRIVMSG #a :hi"))
    assert (batch.kind, batch.params, batch.lines, batch.last["msgid"]) == ("chathistory", ["#a"], 1, "x")
    assert batches.of(read(":a PRIVMSG #a :hi")) is None
    assert batches.feed(read(":s BATCH -1")) is batch
    assert batches.of(read("@batch=1 :a PRIVMSG #a :hi")) is None


def test_batches_within_each_other():
    """The label of the outer one is that of the inner, too."""
    batches = Batches()
    batches.feed(read("@label=l :s BATCH +1 labeled-response"))
    batches.feed(read("@batch=1 :s BATCH +2 chathistory #a"))
    batch = batches.of(read("@batch=2 :a PRIVMSG #a :hi"))
    assert batch.label == "l"
    assert batch.within("labeled-response") is batch.outer
    assert batch.within("netsplit") is None


def test_what_makes_no_sense_is_passed_over():
    """An end without a beginning, no name, no sign."""
    batches = Batches()
    for text in (":s BATCH -1", ":s BATCH +", ":s BATCH", ":s BATCH 1 x"):
        assert batches.feed(read(text)) is None
    assert batches.of(read("@batch=1 :a PRIVMSG #a :hi")) is None


def test_so_many_are_open():
    """The oldest is forgotten, and a line in it is a line without one."""
    batches = Batches()
    for number in range(OPEN + 1):
        batches.feed(read(f":s BATCH +{number} netsplit"))
    assert batches.of(read("@batch=0 :a QUIT")) is None
    assert batches.of(read(f"@batch={OPEN} :a QUIT")) is not None


def test_it_is_looked_through_so_many():
    """A server that puts batches into each other without end does not hold us up."""
    batches = Batches()
    batches.feed(read(":s BATCH +0 netsplit"))
    for number in range(1, DEEP + 1):
        batches.feed(read(f"@batch={number - 1} :s BATCH +{number} x"))
    batch = batches.of(read(f"@batch={DEEP} :a QUIT"))
    assert batch.within("netsplit") is None


def test_a_chain_of_batches_ends():
    """A server that puts each into the one before, under one name or many, has us keep some of them only."""
    batches = Batches()
    batches.feed(read(":s BATCH +1 x"))
    for _ in range(10 * DEEP):
        batches.feed(read("@batch=1 :s BATCH +1 x"))
        batch, kept = batches.of(read("@batch=1 :a QUIT")), 0
        while batch is not None:
            batch, kept = batch.outer, kept + 1
        assert 0 < kept <= DEEP

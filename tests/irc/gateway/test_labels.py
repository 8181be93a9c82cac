"""Answers to lines that have a label."""

import pytest

from interfaces.irc.gateway.labels import GATHERED, MOST, Answer, label_of, labelled, tagged
from tests.irc.gateway.support import Bench, scene

CAPS = "labeled-response batch"


def written(label: str = "7", batch: str = "b", lines: int = 0, *, keep: bool = False) -> list[bytes]:
    """What an answer of so many lines writes, up to its end."""
    found: list[bytes] = []
    answer = Answer(label, found.append, "irc.test", batch)
    for number in range(lines):
        answer.add(b":irc.test 372 ann :%d\r\n" % number)
    if not keep:
        answer.close()
        answer.close()
    return found


def test_a_tag_is_put_in_front() -> None:
    """Of others, where there are some."""
    assert tagged(b"PING x\r\n", "label", "a b;") == b"@label=a\\sb\\: PING x\r\n"
    assert tagged(b"@time=1 PING x\r\n", "label", "a") == b"@label=a;time=1 PING x\r\n"


def test_no_line_is_acknowledged() -> None:
    """So the client knows that it is done."""
    assert written() == [b"@label=7 :irc.test ACK\r\n"]


def test_one_line_has_the_label() -> None:
    """And is nothing else."""
    assert written(lines=1) == [b"@label=7 :irc.test 372 ann :0\r\n"]


def test_several_lines_are_a_batch() -> None:
    """Whose beginning has the label."""
    assert written(lines=2) == [
        b"@label=7 :irc.test BATCH +b labeled-response\r\n",
        b"@batch=b :irc.test 372 ann :0\r\n",
        b"@batch=b :irc.test 372 ann :1\r\n",
        b":irc.test BATCH -b\r\n",
    ]


def test_who_knows_no_batch_finds_it_at_the_first() -> None:
    """Exactly one line has it."""
    assert written(batch="", lines=2) == [b"@label=7 :irc.test 372 ann :0\r\n", b":irc.test 372 ann :1\r\n"]


@pytest.mark.parametrize("inside", [0, 1, 100])
def test_a_batch_of_its_own_has_it(inside: int) -> None:
    """Nothing is put around it, however long it is."""
    lines = [
        b":s BATCH +x chathistory #a\r\n",
        *[b"@batch=x :s PRIVMSG #a hi\r\n"] * inside,
        b":s BATCH -x\r\n",
    ]
    found: list[bytes] = []
    answer = Answer("7", found.append, "irc.test", "b")
    for line in lines:
        answer.add(line)
    answer.close()
    assert found == [b"@label=7 " + lines[0], *lines[1:]]


@pytest.mark.parametrize("last", [b":s BATCH -y\r\n", b":s PING x\r\n", b"BATCH\r\n"])
def test_two_batches_are_not_one(last: bytes) -> None:
    """The end has to be that of the beginning."""
    lines = [b"@time=1 :s BATCH +x chathistory #a\r\n", last]
    assert len(labelled("7", lines, "irc.test", "b")) == 4


@pytest.mark.parametrize("batch", ["b", ""])
def test_a_long_answer_is_not_gathered(batch: str) -> None:
    """It begins to be written before its end, and is the same."""
    before = written(batch=batch, lines=GATHERED, keep=True)
    begun = written(batch=batch, lines=GATHERED + 5, keep=True)
    whole = written(batch=batch, lines=GATHERED + 5)
    assert before == [] and len(begun) == GATHERED + (6 if batch else 5)
    assert whole == [*begun, b":irc.test BATCH -b\r\n"] if batch else whole == begun
    assert (
        all(line.startswith(b"@batch=b ") for line in begun[1:]) if batch else b"@" not in b"".join(begun[1:])
    )


def test_a_label_has_a_limit() -> None:
    """A longer one is none; nor is an empty one."""
    assert label_of("a" * MOST) == "a" * MOST
    assert label_of("ä" * MOST) == label_of("") == ""


# --- by a client -----------------------------------------------------------------------------------


@scene
async def test_a_line_of_a_client_is_answered_by_its_label() -> None:
    """What others do meanwhile has none."""
    async with Bench() as bench:
        ann = await bench.member("ann", caps=CAPS)
        assert await ann.say(
            "@label=a PING 1", "PING 2", "@label=b PONG", "@label PING 3", "@+label=c PING 4"
        ) == [
            "@label=a :irc.test PONG irc.test 1",
            ":irc.test PONG irc.test 2",
            "@label=b :irc.test ACK",
            ":irc.test PONG irc.test 3",
            ":irc.test PONG irc.test 4",
        ]
        joined = await ann.say("@label=j JOIN #a")
        assert joined[0].startswith("@label=j :irc.test BATCH +id-") and len(joined) == 5


@scene
async def test_others_see_no_label() -> None:
    """Nor does who has not agreed on it."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps=f"{CAPS} message-tags")
        bob = await bench.member("bob", "#a", caps="message-tags")
        await ann.say("@label=1;+x=2 TOPIC #a :new topic")
        assert all("label" not in line for line in await bob.lines())
        assert await bob.say("@label=1 PING 1") == [":irc.test PONG irc.test 1"]


@scene
async def test_errors_have_it() -> None:
    """As a command that is none, and a line that is no UTF-8."""
    async with Bench(utf8_only=True) as bench:
        ann = await bench.member("ann", caps=CAPS)
        assert await ann.say("@label=1 FOO", b"@label=2 PRIVMSG #a \xff") == [
            "@label=1 :irc.test 421 ann FOO :Unknown command",
            "@label=2 :irc.test FAIL PRIVMSG INVALID_UTF8 :It has to be UTF-8, and was not taken",
        ]


@scene
async def test_the_end_has_it() -> None:
    """The connection is closed with nothing left behind."""
    async with Bench() as bench:
        ann = await bench.member("ann", caps=CAPS)
        (line,) = await ann.say("@label=1 QUIT :bye")
        assert line.startswith("@label=1 :irc.test ERROR ") and ann.closed


@scene
async def test_an_answer_may_come_later() -> None:
    """What is kept is not closed with its line, and not written to who is gone."""
    async with Bench() as bench:
        ann = await bench.member("ann", caps=CAPS)
        client = ann.client
        assert client.keep() is None
        client.done(None)
        answer = client.answer = Answer("1", client._put, "irc.test", "b")
        assert client.keep() is answer and answer.kept
        client.answer = None
        assert await ann.lines() == []
        client.resume(answer, client.say, "PONG", "x")
        client.say("PONG", "y")
        client.done(answer)
        assert await ann.lines() == [":irc.test PONG y", "@label=1 :irc.test PONG x"]
        client.end("bye")
        await ann.lines()
        client.done(Answer("1", client._put, "irc.test", "b"))
        assert await ann.lines() == []

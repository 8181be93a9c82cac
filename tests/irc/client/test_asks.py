"""Which of a network's lines answers what."""

import pytest

from interfaces.irc.client.asks import WAIT, Asks, refusal
from interfaces.irc.client.batches import Batches
from interfaces.irc.client.job import Draft, Job, Piece
from interfaces.irc.line import form
from interfaces.irc.names import folding
from interfaces.irc.outcome import Outcome
from tests.irc.client.lines import read


class Side:
    """Asks, and what is told of each job."""

    def __init__(self, *, labeled):
        self.asks = Asks(labeled=labeled, fold=folding("rfc1459"), timeout=10.0)
        self.batches = Batches()
        self.told = {}

    def write(self, *lines, name="1", now=0.0, quiet=False, all=True):
        pieces = [Piece(words, form(words[0], words[1:])) for words in lines]
        subjects = frozenset(folding("rfc1459")(words[1]) for words in lines)
        told = None if quiet else lambda came: self.told.setdefault(name, came)
        job = Job(Draft(pieces, {}, subjects), name=name, told=told)
        written = [self.asks.write(job, now) for _ in range(len(pieces) if all else 1)]
        return job, [one.decode() for one in written]

    def hear(self, *lines, own=False):
        found = []
        for text in lines:
            line = read(text)
            batch = self.batches.of(line)
            found.append(self.asks.feed(line, batch, own=own))
            if line.command == "BATCH" and (ended := self.batches.feed(line)) is not None:
                self.asks.ended(ended)
        return found


class TestLabels:
    def test_each_line_has_a_label_and_its_answer_the_same(self):
        """An ACK says that it worked, and is nobody else's."""
        side = Side(labeled=True)
        _, (first, second) = side.write(("JOIN", "#a"), ("JOIN", "#b"))
        assert (first, second) == ("@label=1 JOIN #a\r\n", "@label=2 JOIN #b\r\n")
        assert side.asks.barrier() is None
        assert side.hear("@label=1 :s ACK") == [True]
        assert side.told == {}
        side.hear("@label=2 :s ACK")
        assert side.told == {"1": Outcome("sent")}
        assert not side.asks.waiting

    def test_a_refusal_has_the_networks_words(self):
        """It is an answer, and no event."""
        side = Side(labeled=True)
        side.write(("PRIVMSG", "#a", "hi"))
        assert side.hear("@label=1 :s 404 bot #a :Cannot send to channel") == [True]
        assert side.told["1"] == Outcome("failed", "404 #a: Cannot send to channel")

    def test_an_echo_has_the_msgid(self):
        """Of the first line; it is an event as well, whose label is known."""
        side = Side(labeled=True)
        side.write(("PRIVMSG", "#a", "hi"), ("PRIVMSG", "#a", "ho"), name="x")
        echo = read("@label=1;msgid=m1 :bot PRIVMSG #a :hi")
        assert side.asks.name(echo, None) == "x"
        side.hear("@label=2;msgid=m2 :bot PRIVMSG #a :ho", "@label=1;msgid=m1 :bot PRIVMSG #a :hi")
        assert side.told["x"] == Outcome("sent", msgid="m1")

    def test_an_answer_in_several_lines(self):
        """It is over at the end of its batch, and what comes in it are events."""
        side = Side(labeled=True)
        side.write(("JOIN", "#a"))
        answers = side.hear(
            "@label=1 :s BATCH +b labeled-response", "@batch=b :bot JOIN #a", "@batch=b :s 366 bot #a :End"
        )
        assert answers == [False, False, False]
        assert side.told == {}
        side.hear(":s BATCH -b")
        assert side.told["1"].status == "sent"

    def test_a_refusal_among_several_lines(self):
        """And batches within the batch."""
        side = Side(labeled=True)
        side.write(("CHATHISTORY", "#a"))
        side.hear("@label=1 :s BATCH +b labeled-response", "@batch=b :s BATCH +c chathistory #a")
        assert side.hear("@batch=c :s FAIL CHATHISTORY MESSAGE_ERROR #a :No") == [True]
        side.hear(":s BATCH -c")
        assert side.told == {}
        side.hear(":s BATCH -b")
        assert side.told["1"] == Outcome("failed", "FAIL CHATHISTORY MESSAGE_ERROR #a: No")

    def test_what_nobody_asks_has_no_label(self):
        """It is written as it is."""
        side = Side(labeled=True)
        _, written = side.write(("JOIN", "#a"), quiet=True)
        assert written == ["JOIN #a\r\n"]
        assert not side.asks.waiting

    def test_a_label_that_is_not_ours(self):
        """An ACK of it is nothing, anything else an event."""
        side = Side(labeled=True)
        assert side.hear("@label=9 :s ACK", "@label=9 :s 404 bot #a :no") == [True, False]


class TestPings:
    def test_what_came_before_the_pong_without_a_refusal_worked(self):
        """One PING behind several lines."""
        side = Side(labeled=False)
        _, written = side.write(("PRIVMSG", "#a", "hi"))
        side.write(("PRIVMSG", "#b", "hi"), name="2")
        assert written == ["PRIVMSG #a hi\r\n"]
        words = side.asks.barrier()
        assert words[0] == "PING"
        assert side.asks.barrier() is None
        assert side.hear(f":s PONG s :{words[1]}") == [True]
        assert side.told == {"1": Outcome("sent"), "2": Outcome("sent")}

    def test_a_refusal_is_of_the_line_that_it_names(self):
        """By the target, in any case; the others worked."""
        side = Side(labeled=False)
        side.write(("PRIVMSG", "#a", "hi"), name="a")
        side.write(("PRIVMSG", "#B[", "hi"), name="b")
        words = side.asks.barrier()
        assert side.hear(":s 404 bot #b{ :Cannot send to channel", f":s PONG s {words[1]}") == [True, True]
        assert side.told["a"].status == "sent"
        assert side.told["b"] == Outcome("failed", "404 #b{: Cannot send to channel")

    @pytest.mark.parametrize(
        "text",
        [
            ":s 421 bot FOO :Unknown command",
            ":s 461 bot FOO :Not enough",
            ":s FAIL FOO BAD :x",
            ":s 412 bot :No text",
        ],
    )
    def test_a_refusal_may_name_the_command_or_nothing(self, text):
        """Then it is the oldest of that command, or of all."""
        side = Side(labeled=False)
        side.write(("FOO", "bar"))
        assert side.hear(text) == [True]
        side.hear(f":s PONG s {side.asks.barrier()[1]}")
        assert side.told["1"].status == "failed"

    def test_a_refusal_of_something_else_is_an_event(self):
        """Nobody waits for it."""
        side = Side(labeled=False)
        side.write(("PRIVMSG", "#a", "hi"))
        assert (
            side.hear(":s 401 bot ann :No such nick", ":s 366 bot #a :End", ":s PONG s other") == [False] * 3
        )
        assert Side(labeled=False).hear(":s 404 bot #a :no") == [False]

    def test_our_echo_has_the_msgid(self):
        """Not somebody else's message with the same words."""
        side = Side(labeled=False)
        side.write(("PRIVMSG", "#A", "hi"))
        assert side.hear("@msgid=m0 :ann PRIVMSG #a :hi") == [False]
        assert (
            side.hear("@msgid=m1 :bot PRIVMSG #a :ho", "@msgid=m2 :bot PRIVMSG #a :hi", own=True)
            == [False] * 2
        )
        side.hear("@msgid=m3 :bot PRIVMSG #a :hi", own=True)
        side.hear(f":s PONG s {side.asks.barrier()[1]}")
        assert side.told["1"] == Outcome("sent", msgid="m2")

    def test_a_server_that_does_not_say_to_what_a_pong_is_one(self):
        """It is to the oldest PING, as PyPI's server has it."""
        side = Side(labeled=False)
        side.asks.alive()
        side.write(("PRIVMSG", "#a", "hi"))
        side.asks.barrier()
        assert side.hear(":s PONG :s") == [True]
        assert side.told == {}
        assert side.hear(":s PONG :s", ":s PONG :s") == [True, False]
        assert side.told["1"].status == "sent"

    def test_a_pong_to_another_ping_is_none_of_ours(self):
        """Where the server says to what it is one."""
        side = Side(labeled=False)
        side.asks.alive()
        assert side.hear(":s PONG s alive") == [True]
        side.write(("PRIVMSG", "#a", "hi"))
        words = side.asks.barrier()
        assert side.hear(":s PONG s mine") == [False]
        assert side.told == {}
        assert side.hear(f":s PONG s {words[1]}") == [True]

    def test_a_later_pong_answers_what_was_asked_before(self):
        """Servers keep the order."""
        side = Side(labeled=False)
        side.write(("PRIVMSG", "#a", "hi"), name="a")
        side.asks.barrier()
        side.write(("PRIVMSG", "#b", "hi"), name="b")
        words = side.asks.barrier()
        side.hear(f":s PONG s {words[1]}")
        assert list(side.told) == ["a", "b"]

    def test_after_a_refusal_the_rest_is_not_written(self):
        """What was, has its answers first."""
        side = Side(labeled=False)
        job, _ = side.write(("PRIVMSG", "#a", "1"), ("PRIVMSG", "#a", "2"), all=False)
        token = side.asks.barrier()[1]
        side.hear(":s 404 bot #a :no")
        assert not job.left
        assert side.told == {}
        side.hear(f":s PONG s {token}")
        assert side.told["1"].status == "failed"


class TestEnds:
    @pytest.mark.parametrize("labeled", [True, False])
    def test_without_an_answer_it_is_uncertain(self, labeled):
        """After its time."""
        side = Side(labeled=labeled)
        side.write(("PRIVMSG", "#a", "1"), now=100.0)
        side.asks.barrier()
        assert side.asks.expire(109.0) == 0
        assert side.asks.expire(110.0) == 1
        assert side.told["1"] == Outcome("uncertain", "no answer within 10 s")
        assert not side.asks.waiting

    @pytest.mark.parametrize("labeled", [True, False])
    def test_the_connection_ends(self, labeled):
        """What was written may have been said, all lines of it or some."""
        side = Side(labeled=labeled)
        side.write(("PRIVMSG", "#a", "1"), name="1")
        side.asks.barrier()
        side.write(("PRIVMSG", "#a", "1"), ("PRIVMSG", "#a", "2"), name="2", all=False)
        side.asks.lost("cut")
        assert side.told == {"1": Outcome("uncertain", "cut"), "2": Outcome("uncertain", "cut")}


class TestRefusals:
    @pytest.mark.parametrize("code", ["001", "353", "422", "301", "PRIVMSG", "NOTE", "WARN", "900"])
    def test_what_is_none(self, code):
        """Numerics of other kinds, and commands."""
        assert refusal(read(f":s {code} bot x :text")) is None

    @pytest.mark.parametrize(("said", "after"), [("Please wait 104 seconds.", 104.0), ("Slow down", WAIT)])
    def test_what_may_work_later(self, said, after):
        """With the seconds that are said."""
        came = refusal(read(f":s 439 bot #a :{said}"))
        assert (came.status, came.retry_after) == ("deferred", after)
        assert refusal(read(":s FAIL PRIVMSG RATE_LIMITED #a :x")).status == "deferred"
        assert refusal(read(":s 263 bot LIST :busy")).status == "deferred"

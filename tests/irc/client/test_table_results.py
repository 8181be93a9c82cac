"""What became of each word: by labels and by a PING behind it, when it works, is refused, waits, or is cut off."""

import pytest

from interfaces.irc.client.asks import WAIT, Asks, refusal
from interfaces.irc.client.batches import Batches
from interfaces.irc.client.job import Job
from interfaces.irc.client.words import WORDS, Terms, drafted
from interfaces.irc.isupport import Isupport
from interfaces.irc.outcome import Outcome, result
from tests.irc.client.lines import read

CAPS = {"message-tags", "draft/chathistory"}
SAID = [
    ({"type": "irc.send", "target": "#a", "text": "hi"}, "404 bot #A :Cannot send", "404 #A: Cannot send"),
    ({"type": "irc.send", "target": "Ann", "text": "hi"}, "401 bot ann :No such nick", "401 ann: No such nick"),
    ({"type": "irc.action", "target": "#a", "text": "x"}, "404 bot #a :No", "404 #a: No"),
    ({"type": "irc.join", "channel": "#a"}, "473 bot #a :Invite only", "473 #a: Invite only"),
    ({"type": "irc.join", "channel": "#a", "key": "k"}, "475 bot #a :Bad key", "475 #a: Bad key"),
    ({"type": "irc.part", "channel": "#a"}, "442 bot #a :Not there", "442 #a: Not there"),
    ({"type": "irc.topic", "channel": "#a", "text": "t"}, "482 bot #a :No operator", "482 #a: No operator"),
    ({"type": "irc.kick", "channel": "#a", "target": "ann"}, "441 bot ann #a :Not here", "441 ann #a: Not here"),
    ({"type": "irc.mode", "target": "#a", "modes": [["+o", "x"]]}, "482 bot #a :No operator", "482 #a: No operator"),
    ({"type": "irc.nick", "nick": "bob"}, "433 bot bob :In use", "433 bob: In use"),
    ({"type": "irc.away", "text": "x"}, "437 bot :Unavailable", "437: Unavailable"),
    ({"type": "irc.invite", "channel": "#a", "target": "ann"}, "443 bot ann #a :Is there", "443 ann #a: Is there"),
    (
        {"type": "irc.history", "target": "#a"},
        "FAIL CHATHISTORY INVALID_TARGET LATEST #a :No such", "FAIL CHATHISTORY INVALID_TARGET LATEST #a: No such",
    ),
    ({"type": "irc.raw", "verb": "WHO"}, "421 bot WHO :Unknown command", "421 WHO: Unknown command"),
]  # fmt: skip
WAYS = pytest.mark.parametrize("labeled", [True, False], ids=["label", "ping"])
EACH = pytest.mark.parametrize(("event", "refused", "error"), SAID)


class Wire:
    """One word, written as a connection writes it, and the answers of a network."""

    def __init__(self, event, *, labeled):
        self.labeled, self.told, self.batches = labeled, [], Batches()
        isupport = Isupport()
        self.asks = Asks(labeled=labeled, fold=isupport.fold, timeout=10.0)
        self.job = Job(
            drafted(event, Terms("net", "bot!b@h", isupport, CAPS)), name="1", told=self.told.append
        )
        while self.job.left:
            self.asks.write(self.job, 100.0)
        self.token = (self.asks.barrier() or ("", ""))[1]

    def hear(self, *lines, own=False):
        """Lines of the network; whether each was an answer, and no event."""
        found = []
        for text in lines:
            line = read(text)
            found.append(self.asks.feed(line, self.batches.of(line), own=own))
            if line.command == "BATCH" and (ended := self.batches.feed(line)) is not None:
                self.asks.ended(ended)
        return found

    def answered(self, said):
        """The network says ``said`` to it, "" for nothing, by a label or before its PONG."""
        if self.labeled:
            return self.hear(f"@label=1 :s {said or 'ACK'}")
        return self.hear(*([f":s {said}"] if said else []), f":s PONG s {self.token}")


@WAYS
@EACH
def test_a_word_that_works_is_sent(event, refused, error, labeled):
    """With an ACK, or with nothing but the PONG behind it."""
    wire = Wire(event, labeled=labeled)
    assert wire.told == []
    assert wire.answered("") == [True]
    assert wire.told == [Outcome("sent")] and not wire.asks.waiting


@WAYS
@EACH
def test_a_word_that_is_refused_has_failed(event, refused, error, labeled):
    """In the words of the network, without our nick; the numeric is no event then."""
    wire = Wire(event, labeled=labeled)
    assert all(wire.answered(refused))
    assert wire.told == [Outcome("failed", error)] and not wire.asks.waiting


@WAYS
@EACH
def test_a_standard_reply_refuses_as_a_numeric_does(event, refused, error, labeled):
    """FAIL names the command; WARN and NOTE to it refuse nothing."""
    command = Wire(event, labeled=labeled).job.draft.pieces[0].said[0]
    wire = Wire(event, labeled=labeled)
    wire.answered(f"FAIL {command} DENIED #a :Not you")
    assert wire.told == [Outcome("failed", f"FAIL {command} DENIED #a: Not you")]
    for word in ("WARN", "NOTE"):
        wire = Wire(event, labeled=labeled)
        assert wire.answered(f"{word} {command} SLOW #a :Mind it")[0] is False
        assert wire.told == [Outcome("sent")]


@WAYS
@EACH
def test_a_word_that_comes_too_early_may_be_said_later(event, refused, error, labeled):
    """RATE_LIMITED of a standard reply, with the time that is to pass."""
    command = Wire(event, labeled=labeled).job.draft.pieces[0].said[0]
    for said, after in (("Wait 7 seconds", 7.0), ("Slow down", WAIT)):
        wire = Wire(event, labeled=labeled)
        wire.answered(f"FAIL {command} RATE_LIMITED :{said}")
        assert wire.told == [Outcome("deferred", f"FAIL {command} RATE_LIMITED: {said}", retry_after=after)]


@WAYS
@EACH
def test_a_word_without_an_answer_is_uncertain(event, refused, error, labeled):
    """When the connection ends, and when the time is over: told once, whatever comes then."""
    wire = Wire(event, labeled=labeled)
    wire.asks.lost("cut")
    assert wire.told == [Outcome("uncertain", "cut")]
    wire = Wire(event, labeled=labeled)
    assert (wire.asks.expire(109.9), wire.asks.expire(110.0)) == (0, 1)
    wire.answered(refused)
    wire.asks.lost("cut")
    assert wire.told == [Outcome("uncertain", "no answer within 10 s")]


def test_every_word_is_in_the_table():
    """None is left to chance."""
    assert {event["type"] for event, _, _ in SAID} == {*WORDS}


@pytest.mark.parametrize("command", ["PRIVMSG", "NOTICE"])
@WAYS
def test_an_echo_has_the_msgid_of_what_was_said(command, labeled):
    """It stays an event, and the result tells its msgid."""
    event = {"type": "irc.send", "target": "#a", "text": "hi", "notice": command == "NOTICE"}
    wire = Wire(event, labeled=labeled)
    mark = "label=1;" if labeled else ""
    found = wire.hear(f"@{mark}msgid=m7 :bot {command} #A :hi", f":s PONG s {wire.token or 'x'}", own=True)
    assert found == [False, not labeled]
    assert wire.told == [Outcome("sent", msgid="m7")]


@pytest.mark.parametrize(
    ("lines", "came"),
    [
        (["@label=1 :s BATCH +b labeled-response", ":s BATCH -b"], Outcome("sent")),
        (["@label=1 :s BATCH +b labeled-response", "@batch=b :s 332 bot #a :t", ":s BATCH -b"], Outcome("sent")),
        (
            ["@label=1 :s BATCH +b labeled-response", "@batch=b :s 471 bot #a :Full", ":s BATCH -b"],
            Outcome("failed", "471 #a: Full"),
        ),
        (["@label=1 :bot!b@h JOIN #a"], Outcome("sent")),
        (["@label=1 :s 366 bot #a :End"], Outcome("sent")),
        (["@label=2 :s ACK"], None),
        (["@label=2 :s 471 bot #a :Full"], None),
        ([":s 471 bot #a :Full"], None),
        (["@label=1 :s BATCH +b labeled-response", "@batch=b :s 471 bot #a :Full"], None),
    ],
)  # fmt: skip
def test_a_label_is_over_with_its_line_or_its_batch(lines, came):
    """And with nothing else."""
    wire = Wire({"type": "irc.join", "channel": "#a"}, labeled=True)
    wire.hear(*lines)
    assert wire.told == ([came] if came else [])


@pytest.mark.parametrize(
    ("line", "came"),
    [
        ("400 bot X :Odd", ("failed", "400 X: Odd", 0.0)),
        ("599 bot :Last", ("failed", "599: Last", 0.0)),
        ("404 bot", ("failed", "404: bot", 0.0)),
        ("404", ("failed", "404", 0.0)),
        ("263 bot LIST :Try again in 12 seconds", ("deferred", "263 LIST: Try again in 12 seconds", 12.0)),
        ("439 bot x :Target change too fast", ("deferred", "439 x: Target change too fast", WAIT)),
        ("716 bot ann :is ignoring you", ("failed", "716 ann: is ignoring you", 0.0)),
        ("972 bot :Cannot", ("failed", "972: Cannot", 0.0)),
        ("FAIL", ("failed", "FAIL", 0.0)),
        ("FAIL * TRY_AGAIN :Wait 99999 sec", ("deferred", "FAIL * TRY_AGAIN: Wait 99999 sec", 99999.0)),
        ("FAIL X Y_Z a b :No", ("failed", "FAIL X Y_Z a b: No", 0.0)),
    ],
)
def test_a_refusal_in_the_words_of_the_network(line, came):
    """Whatever it lacks; the seconds are read out of the text."""
    status, error, after = came
    assert refusal(read(f":s {line}")) == Outcome(status, error, retry_after=after)


@pytest.mark.parametrize(
    "code", ["200", "305", "366", "399", "422", "600", "670", "730", "900", "ERROR", "40", "4040"]
)
def test_other_numerics_refuse_nothing(code):
    """Those that tell, those of other ranges, and a missing message of the day."""
    assert refusal(read(f":s {code} bot x :y")) is None


@pytest.mark.parametrize(
    ("came", "more"),
    [
        (Outcome("sent"), {"ok": True, "error": "", "status": "sent"}),
        (Outcome("sent", msgid="m"), {"ok": True, "error": "", "status": "sent", "msgid": "m"}),
        (Outcome("failed", "404"), {"ok": False, "error": "404", "status": "failed"}),
        (Outcome("uncertain", "cut"), {"ok": False, "error": "cut", "status": "uncertain"}),
        (
            Outcome("deferred", "busy", retry_after=3.0),
            {"ok": False, "error": "busy", "status": "deferred", "retry_after": 3.0},
        ),
    ],
)
def test_the_event_of_a_result(came, more):
    """All of its keys: what is not known is no key."""
    for final in (True, False):
        assert result("7", came, final=final) == {"type": "irc.result", "id": "7", "final": final, **more}

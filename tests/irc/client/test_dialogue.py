"""What a network and we say to each other once we are registered."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.client.channels import Channels
from interfaces.irc.client.dialogue import LOGINS, Dialogue, Memory, Settings
from interfaces.irc.client.history import History
from interfaces.irc.client.identity import Identity
from interfaces.irc.client.job import Job
from interfaces.irc.client.nicks import Regain
from interfaces.irc.client.registration import Registration
from interfaces.irc.client.sts import Policies
from interfaces.irc.line import form, parse
from interfaces.shared.errors import ApplicationError
from tests.irc.client.lines import read

CAPS = "batch labeled-response message-tags server-time draft/chathistory echo-message"


class Side:
    """A dialogue with a network that a test speaks for."""

    def __init__(self, *, caps=CAPS, channels=("#a",), memory=None, **who):
        identity = Identity(name="net", nicks=("bot",), user="b", realname="b", account="bot", **who)
        registration = Registration(identity, "nonce", Policies())
        registration.begin()
        for text in (
            f":s CAP * LS :{caps}",
            f":s CAP * ACK :{caps}",
            ":s 001 bot :Welcome",
            ":s 376 bot :end",
        ):
            registration.feed(read(text))
        self.memory = memory or Memory(Channels(channels), History(100), Regain("bot", 60.0))
        numbers = count(1)
        settings = Settings("net", "latin-1", 30.0, 300.0)
        self.dialogue = Dialogue(
            registration, self.memory, settings, lambda: 1e9, lambda: f"x{next(numbers)}"
        )
        self.events, self.own = [], []
        self.dialogue.tell, self.dialogue.say = self.events.append, self.own.append
        self.dialogue.begin(0.0)

    def hear(self, *lines, now=1.0):
        for text in lines:
            self.dialogue.feed(read(text), now)

    def types(self):
        return [event["type"] for event in self.events]


def test_what_is_said_first():
    """The channels of the options."""
    assert Side().own == [("JOIN", "#a")]


def test_a_channel_is_known_once_its_members_are():
    """The answer to NAMES is one event, of the channels that we are in."""
    side = Side()
    side.hear(":bot!b@h JOIN #a", ":s 353 bot = #a :@bot ann", ":s 366 bot #a :End", ":s 366 bot #other :End")
    assert side.types() == ["irc.join", "irc.names"]
    assert side.events[1]["members"] == {"bot": "@", "ann": ""}


def test_our_own_source_is_what_the_network_says():
    """Until then the longest that there is."""
    side = Side()
    assert side.dialogue.terms.source == f"bot!{'u' * 11}@{'h' * 63}"
    side.hear(":bot!~b@some.host JOIN #a")
    assert side.dialogue.terms.source == "bot!~b@some.host"


def test_a_network_that_calls_us_by_a_name_without_end_does_not_silence_us():
    """There is room for what we say, whatever it makes of our source."""
    side = Side()
    side.hear(f":bot!b@h NICK {'x' * 600}")
    assert side.dialogue.terms.source == "x" * 250
    assert len(side.dialogue.draft(SPOKEN).pieces) == 1


def test_a_key_that_changes_is_remembered():
    """The channel is joined again with it; without one once it is taken back."""
    side = Side()
    side.hear(":bot!b@h JOIN #a", ":ann!a@h MODE #a +ok ann key")
    assert Side(memory=side.memory).own[0] == ("JOIN", "#a", "key")
    side.hear(":ann!a@h MODE #a -k key")
    assert Side(memory=side.memory).own[0] == ("JOIN", "#a")


def test_a_history_changes_nothing():
    """It tells of joins that are long past."""
    side = Side()
    side.hear(
        ":bot!b@h JOIN #a",
        ":s BATCH +1 chathistory #a",
        "@batch=1 :ann!a@h JOIN #a",
        "@batch=1 :bot!b@h PART #a",
        "@batch=1 :bot!b@h NICK other",
        ":s BATCH -1",
    )
    assert [event["is_history"] for event in side.events] == [False, True, True, True]
    assert side.dialogue.state.nick == "bot"
    assert list(side.dialogue.state.channels) == ["#a"]
    assert Side(memory=side.memory).own[0] == ("JOIN", "#a")


def test_a_part_of_ours_is_for_good():
    """And a kick until the next connection."""
    side = Side(channels=("#a", "#b"))
    side.hear(":bot!b@h JOIN #a", ":bot!b@h JOIN #b", ":bot!b@h PART #a", ":ann!a@h KICK #b bot :out")
    side.own.clear()
    side.dialogue.sweep(1000.0)
    assert side.own == []
    assert Side(memory=side.memory).own[0] == ("JOIN", "#b")


def test_a_server_that_offers_logins_without_end_gets_some():
    """And then no more."""
    side = Side(account_password="x", sasl="plain")
    side.own.clear()
    for _ in range(LOGINS + 5):
        side.hear(
            ":s CAP bot NEW :sasl=PLAIN", ":s CAP bot ACK :sasl", ":s 904 bot :no", ":s CAP bot DEL :sasl"
        )
    assert side.own.count(("AUTHENTICATE", "PLAIN")) == LOGINS


def test_labels_are_given_as_long_as_they_are_agreed_on():
    """A capability may be taken back."""
    side = Side()
    assert side.dialogue.asks.labeled
    side.hear(":s CAP bot DEL :labeled-response")
    assert not side.dialogue.asks.labeled


def test_an_answer_to_our_nick_is_of_ours_whoever_it_says():
    """InspIRCd 3 says the new one; of somebody else's the source counts."""
    side = Side()
    job = Job(side.dialogue.draft({"type": "irc.nick", "nick": "cat"}), told=lambda came: None)
    side.dialogue.asks.write(job, 0.0)
    side.hear(":dan!d@h NICK cat")
    assert side.dialogue.state.nick == "bot"
    side.hear("@label=1 :cat!b@h NICK cat")
    assert side.dialogue.state.nick == "cat"
    assert [(event["source"]["nick"], event["is_self"]) for event in side.events] == [
        ("dan", False),
        ("bot", True),
    ]


def test_another_casemapping_later():
    """What waits for an answer is compared as the server says by then."""
    side = Side(caps="batch")
    job = Job(side.dialogue.draft({"type": "irc.send", "target": "#A[", "text": "x"}), told=lambda came: None)
    side.dialogue.asks.write(job, 0.0)
    side.hear(":s 005 bot CASEMAPPING=ascii :are supported")
    assert side.dialogue.asks.fold("[") == "["


def test_two_of_one_event_are_two():
    """Each has an id of its own."""
    side = Side()
    side.hear(":ann PRIVMSG #a :hi", ":ann PRIVMSG #a :hi")
    assert len({event["dedupe_key"] for event in side.events}) == 2


VERBS = st.sampled_from(
    ["JOIN", "PART", "KICK", "NICK", "QUIT", "MODE", "PRIVMSG", "BATCH", "CAP", "AUTHENTICATE", "CHATHISTORY", "PONG",
     "ACK", "FAIL", "ERROR", "005", "353", "366", "404", "433", "900", "903", "904"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["bot", "ann", "#a", "#A", "+1", "-1", "+k", "chathistory", "NEW", "ACK", "DEL", "TARGETS", ":sasl batch", "::x",
     ":", "x" * 600, "CASEMAPPING=ascii", "CHANTYPES=", "+", "after-1", "*"]
)  # fmt: skip
TAGS = st.sampled_from(["", "@batch=1 ", "@label=1 ", "@time=x;msgid=m ", "@label=2;batch=1 "])
SOURCES = st.sampled_from(["", ":bot!b@h ", ":ann!a@h ", ":s ", ":bot "])
SPOKEN = {"type": "irc.send", "target": "#a", "text": "hi"}


@given(st.lists(st.tuples(TAGS, SOURCES, VERBS, st.lists(WORDS, max_size=5)), max_size=40))
def test_a_network_may_say_anything(lines):
    """Nothing raises, what is told has what all events have, and each job hears once what became of it."""
    side = Side(account_password="x")
    told = []
    for number, (tags, source, verb, words) in enumerate(lines):
        if not number % 5:
            job = Job(side.dialogue.draft(SPOKEN), name=str(number), told=told.append)
            side.dialogue.asks.write(job, 0.0)
            side.dialogue.asks.barrier()
        line = parse(f"{tags}{source}{' '.join((verb, *words))}".encode())
        if line is not None:
            side.dialogue.feed(line, float(number))
    side.dialogue.sweep(1e6)
    side.dialogue.asks.lost("end")
    assert len(told) == len(range(0, len(lines), 5))
    assert all({"type", "id", "dedupe_key", "received_at"} <= event.keys() for event in side.events)
    for words in side.own:
        try:
            assert form(words[0], words[1:]).count(b"\r\n") == 1
        except ApplicationError:
            pass

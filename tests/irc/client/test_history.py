"""What was said while we were away."""

import pytest

from interfaces.irc.client.batches import Batch
from interfaces.irc.client.history import KNOWN, LONGEST, OVERLAP, TARGETS, History
from interfaces.irc.isupport import Isupport
from interfaces.irc.times import stamp

CAPS = {"draft/chathistory", "batch"}
AT = 1_800_000_000.0


def bound(seconds):
    """As CHATHISTORY has it."""
    return f"timestamp={stamp(seconds)}"


def isupport(*tokens):
    """What a server says of itself."""
    found = Isupport()
    found.feed(["bot", *tokens, "are supported"])
    return found


def begun(history, *tokens, caps=CAPS, now=AT):
    """One that has begun."""
    return history.begin(caps, isupport(*tokens), now)


def event(text="hi", *, when=AT, msgid="", history=False, target="#a", nick="ann", tags=None):
    """An event."""
    private = not target.startswith("#")
    return {
        "type": "irc.message", "is_history": history, "is_private": private, "is_echo": False, "target": target,
        "channel": None if private else target, "source": {"nick": nick}, "time": when, "text": text,
        "tags": ({"msgid": msgid} if msgid else {}) | (tags or {}),
    }  # fmt: skip


def batch(target="#a", lines=0, last="", kind="chathistory", label=""):
    """A batch."""
    found = Batch("1", kind, [target], label, None)
    found.lines, found.last = lines, {"time": last} if last else {}
    return found


class TestAsking:
    def test_nothing_is_asked_for_at_first(self):
        """There is nothing that was missed."""
        history = History(100)
        assert begun(history) == []
        assert history.joined("#a", AT) == []

    def test_after_a_reconnect_what_was_said_since(self):
        """And a little before that; who spoke to us alone, too."""
        history = History(100)
        begun(history)
        history.joined("#A", AT)
        history.seen(event(when=AT + 10))
        (targets,) = begun(history, now=AT + 100)
        assert targets[:3] == ("CHATHISTORY", "TARGETS", bound(AT + 10 - OVERLAP))
        assert history.joined("#a", AT + 101) == [
            ("CHATHISTORY", "AFTER", "#a", bound(AT + 10 - OVERLAP), "100")
        ]
        assert history.joined("#a", AT + 102) == []

    def test_a_channel_in_which_nothing_was_said(self):
        """Since we joined it."""
        history = History(100)
        begun(history)
        history.joined("#a", AT)
        begun(history)
        assert history.joined("#a", AT + 50) == [("CHATHISTORY", "AFTER", "#a", bound(AT - OVERLAP), "100")]

    @pytest.mark.parametrize(("limit", "caps"), [(0, CAPS), (100, {"batch"})])
    def test_not_where_it_is_not_wanted_or_there_is_none(self, limit, caps):
        """The options, or the network."""
        history = History(limit)
        begun(history, caps=caps)
        history.joined("#a", AT)
        assert begun(history, caps=caps) == []
        assert history.joined("#a", AT) == []

    def test_a_full_answer_is_followed_by_another_question(self):
        """As many as the server gives at once, until there are as many as we want."""
        history = History(100)
        begun(history)
        history.joined("#a", AT)
        begun(history, "CHATHISTORY=40")
        assert history.joined("#a", AT)[0][-1] == "40"
        later = "2027-01-15T08:00:10.000Z"
        assert history.ended(batch(lines=40, last=later)) == [
            ("CHATHISTORY", "AFTER", "#a", f"timestamp={later}", "40")
        ]
        (last,) = history.ended(batch(lines=40, last=later))
        assert last[-1] == "20"
        assert history.ended(batch(lines=20, last=later)) == []

    def test_an_answer_that_is_not_full_is_the_end(self):
        """As are those to the application, of netsplits, and of what nobody asked."""
        history = History(100)
        begun(history)
        history.joined("#a", AT)
        begun(history)
        history.joined("#a", AT)
        when = "2027-01-15T08:00:10.000Z"
        assert history.ended(batch(lines=99, last=when)) == []
        assert history.ended(batch(lines=100, last=when, label="1")) == []
        assert history.ended(batch(lines=100, last=when, kind="netsplit")) == []
        assert history.ended(batch("#b", lines=100, last=when)) == []
        assert history.ended(Batch("1", "chathistory", [], "", None)) == []

    def test_who_spoke_to_us_alone_is_asked_for_each(self):
        """Channels are not: they are joined."""
        history = History(100)
        begun(history)
        history.seen(event(target="bot", nick="ann", when=AT))
        begun(history)
        assert history.target(["TARGETS", "#a", "x"]) == []
        assert history.target(["TARGETS"]) == []
        asked = ("CHATHISTORY", "AFTER", "Ann", bound(AT - OVERLAP), "100")
        assert history.target(["TARGETS", "Ann", "x"]) == [asked]
        assert history.target(["TARGETS", "bob", "x"])[0][2] == "bob"
        history.ended(batch(kind="chathistory-targets"))
        assert history.target(["TARGETS", "cat", "x"]) == []

    def test_what_we_have_left_is_not_asked_for(self):
        """It is joined as if for the first time."""
        history = History(100)
        begun(history)
        history.joined("#a", AT)
        history.left("#a")
        begun(history)
        assert history.joined("#a", AT) == []


class TestHearing:
    def test_what_was_told_is_not_told_again(self):
        """By its msgid."""
        history = History(100)
        assert history.seen(event(msgid="1"))
        assert not history.seen(event(msgid="1", history=True))
        assert history.seen(event(msgid="2", history=True))
        assert not history.seen(event(msgid="2", history=True))

    def test_what_comes_live_is_always_told(self):
        """Whatever its msgid."""
        history = History(100)
        history.seen(event(msgid="1"))
        assert history.seen(event(msgid="1"))

    def test_without_a_msgid_its_time_and_words_count(self):
        """As far as the server tells the time."""
        history = History(100)
        tags = {"time": "2026-11-28T12:00:00.250Z"}
        history.seen(event(tags=tags))
        assert not history.seen(event(tags=tags, history=True))
        assert history.seen(event("ho", tags=tags, history=True))
        history.seen(event())
        assert history.seen(event(history=True))

    def test_so_much_is_remembered(self):
        """The oldest is forgotten: then it is told once more."""
        history = History(100)
        begun(history)
        for number in range(KNOWN + 1):
            history.seen(event(msgid=str(number)))
        assert history.seen(event(msgid="0", history=True))
        assert not history.seen(event(msgid=str(KNOWN), history=True))
        for number in range(TARGETS + 10):
            history.seen(event(target="bot", nick=f"n{number}"))
        assert len(history._last) == TARGETS

    def test_little_is_remembered_of_each(self):
        """However long its msgid or its text is, and it is known all the same."""
        history = History(100)
        begun(history)
        history.seen(event(msgid="x" * 8000))
        history.seen(event("y" * 8000, tags={"time": "2026-11-28T12:00:00.250Z"}))
        assert max(map(len, history._known)) <= LONGEST
        assert not history.seen(event(msgid="x" * 8000, history=True))
        assert history.seen(event(msgid="x" * 8000 + "y", history=True))

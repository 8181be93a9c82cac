"""What an application says, as lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.client.words import WORDS, Terms, drafted
from interfaces.irc.isupport import Isupport
from interfaces.irc.line import parse
from interfaces.shared.errors import ApplicationError

SOURCE = "bot!user@some.host"


def terms(*tokens, caps=("message-tags", "draft/chathistory")):
    """What lines depend on."""
    isupport = Isupport()
    isupport.feed(["bot", *tokens, "are supported"])
    return Terms("net", SOURCE, isupport, set(caps))


def said(event, *tokens):
    """The lines of an event."""
    return [piece.body.decode().removesuffix("\r\n") for piece in drafted(event, terms(*tokens)).pieces]


SEND = {"type": "irc.send", "target": "#a"}
MODE = {"type": "irc.mode", "target": "#a"}
HISTORY = {"type": "irc.history", "target": "#a"}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({**SEND, "text": "hi there"}, ["PRIVMSG #a :hi there"]),
        ({**SEND, "text": "one\ntwo\r\n\nthree"}, ["PRIVMSG #a one", "PRIVMSG #a two", "PRIVMSG #a three"]),
        ({**SEND, "text": "hi", "notice": True}, ["NOTICE #a hi"]),
        ({**SEND, "type": "irc.action", "text": "waves"}, ["PRIVMSG #a :\x01ACTION waves\x01"]),
        ({"type": "irc.join", "channel": "#a"}, ["JOIN #a"]),
        ({"type": "irc.join", "channel": "#a", "key": "k"}, ["JOIN #a k"]),
        ({"type": "irc.part", "channel": "#a"}, ["PART #a"]),
        ({"type": "irc.part", "channel": "#a", "text": "so long"}, ["PART #a :so long"]),
        ({"type": "irc.topic", "channel": "#a", "text": None}, ["TOPIC #a"]),
        ({"type": "irc.topic", "channel": "#a", "text": ""}, ["TOPIC #a :"]),
        ({"type": "irc.topic", "channel": "#a", "text": "new"}, ["TOPIC #a new"]),
        ({"type": "irc.kick", "channel": "#a", "target": "ann", "text": "out"}, ["KICK #a ann out"]),
        ({**MODE, "modes": [["+o", "ann"], ["-n"], ["+v", "bob"]]}, ["MODE #a +o-n+v ann bob"]),
        ({**MODE, "target": "bot", "modes": [["+i", ""]]}, ["MODE bot +i"]),
        (MODE, ["MODE #a"]),
        ({"type": "irc.nick", "nick": "bot2"}, ["NICK bot2"]),
        ({"type": "irc.away", "text": "lunch"}, ["AWAY lunch"]),
        ({"type": "irc.away", "text": None}, ["AWAY"]),
        ({"type": "irc.invite", "channel": "#a", "target": "ann"}, ["INVITE ann #a"]),
        (HISTORY, ["CHATHISTORY LATEST #a * 100"]),
        (
            {**HISTORY, "subcommand": "before", "bounds": ["msgid=x"], "limit": 5},
            ["CHATHISTORY BEFORE #a msgid=x 5"],
        ),
        (
            {"type": "irc.history", "subcommand": "TARGETS", "bounds": ["a", "b"]},
            ["CHATHISTORY TARGETS a b 100"],
        ),
        ({"type": "irc.raw", "verb": "whois", "params": ["ann"]}, ["WHOIS ann"]),
        ({"type": "irc.raw", "verb": "LIST"}, ["LIST"]),
    ],
)
def test_each_word_has_its_line(event, expected):
    """With what it says."""
    assert said(event) == expected


@pytest.mark.parametrize(
    "event",
    [
        {"type": "irc.send", "target": "#a", "text": ""},
        {"type": "irc.send", "target": "#a", "text": "\r\n \n"},
        {"type": "irc.send", "target": "#a"},
        {"type": "irc.send", "target": "#a", "text": b"x"},
        {"type": "irc.send", "target": "", "text": "x"},
        {"type": "irc.send", "target": "#a,#b", "text": "x"},
        {"type": "irc.send", "target": "#a b", "text": "x"},
        {"type": "irc.send", "target": ":a", "text": "x"},
        {"type": "irc.send", "target": "#a\r\nQUIT", "text": "x"},
        {"type": "irc.send", "target": "#a", "text": "a\0b"},
        {"type": "irc.send", "target": "#a", "text": "x", "tags": {"a b": "c"}},
        {"type": "irc.send", "target": "#a", "text": "x", "tags": ["a"]},
        {"type": "irc.send", "target": "#a", "text": "x", "tags": {"+a": 1}},
        {"type": "irc.send", "target": "#a", "text": "x", "reply_to": 1},
        {"type": "irc.action", "target": "#a", "text": "a\x01b"},
        {"type": "irc.join", "channel": "#a", "key": "a b"},
        {"type": "irc.join"},
        {"type": "irc.topic", "channel": "#a", "text": "one\ntwo"},
        {"type": "irc.topic", "channel": "#a", "text": "x" * 600},
        {"type": "irc.mode", "target": "#a", "modes": [["o", "ann"]]},
        {"type": "irc.mode", "target": "#a", "modes": ["+o"]},
        {"type": "irc.mode", "target": "#a", "modes": [["+o", "a b"]]},
        {"type": "irc.mode", "target": "#a", "modes": [["+o", 1]]},
        {"type": "irc.nick", "nick": "a b"},
        {"type": "irc.history", "target": "#a", "limit": 0},
        {"type": "irc.history", "target": "#a", "bounds": "*"},
        {"type": "irc.history", "target": "#a", "bounds": ["a b"]},
        {"type": "irc.raw", "verb": "A B"},
        {"type": "irc.raw", "verb": "X", "params": ["a b", "c"]},
        {"type": "irc.raw", "verb": "X", "params": "abc"},
        {"type": "irc.raw", "verb": "X", "source": "ann"},
        {"type": "irc.raw", "verb": "X\r\nY"},
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_the_applications(event):
    """It hears why, at once."""
    with pytest.raises(ApplicationError):
        said(event)


def test_a_word_that_there_is_not():
    """It is told which there are, and what may have been meant."""
    with pytest.raises(
        ApplicationError, match=r"irc\.sned: a network is told .*irc\.send.*; did you mean irc\.send\?"
    ):
        said({"type": "irc.sned"})
    with pytest.raises(ApplicationError, match="None"):
        said({})
    with pytest.raises(ApplicationError):
        said({"type": ["irc.send"]})


def test_a_long_text_is_cut_where_the_server_would_cut_it():
    """With our own source before it, a line is as long as it may be, and no longer."""
    text = "".join(chr(0x4E00 + n) for n in range(600))
    lines = said({"type": "irc.send", "target": "#a", "text": text})
    lengths = [len(f":{SOURCE} {line}\r\n".encode()) for line in lines]
    assert max(lengths) <= 512
    assert min(lengths[:-1]) > 505
    assert "".join(parse(line.encode()).params[1] for line in lines) == text


def test_a_server_may_take_longer_lines():
    """LINELEN says so."""
    assert len(said({"type": "irc.send", "target": "#a", "text": "x" * 1000}, "LINELEN=2048")) == 1


def test_an_action_has_less_room():
    """Each piece is one."""
    lines = said({"type": "irc.action", "target": "#a", "text": "x" * 1000})
    assert all(line.endswith("\x01") and "\x01ACTION " in line for line in lines)
    assert all(len(f":{SOURCE} {line}\r\n".encode()) <= 512 for line in lines)


def test_many_modes_are_several_lines():
    """As many in one as the server says."""
    event = {"type": "irc.mode", "target": "#a", "modes": [["+v", f"n{n}"] for n in range(5)]}
    assert said(event, "MODES=2") == ["MODE #a +vv n0 n1", "MODE #a +vv n2 n3", "MODE #a +v n4"]


def test_tags_are_said_where_the_network_has_them():
    """What a message answers is one; a label is ours to give."""
    event = {
        "type": "irc.send",
        "target": "#a",
        "text": "x",
        "tags": {"+x": "y", "label": "1"},
        "reply_to": "m",
    }
    assert drafted(event, terms()).tags == {"+x": "y", "+reply": "m"}
    assert drafted(event, terms(caps=())).tags == {}


def test_what_it_is_about_is_known():
    """By which a refusal is recognized, in any case."""
    event = {"type": "irc.kick", "channel": "#A[", "target": "Ann"}
    assert drafted(event, terms()).subjects == {"#a{", "ann"}


def test_a_network_without_a_history_is_not_asked():
    """The application hears it."""
    with pytest.raises(ApplicationError, match="net has no history"):
        drafted({"type": "irc.history", "target": "#a"}, terms(caps=()))


VALUES = st.one_of(st.none(), st.text(max_size=20), st.integers(), st.lists(st.text(max_size=3), max_size=3))
KEYS = st.sampled_from(
    ["target", "channel", "text", "key", "nick", "modes", "verb", "params", "tags", "bounds"]
)


@given(st.sampled_from(sorted(WORDS)), st.dictionaries(KEYS, VALUES))
def test_whatever_is_said_one_line_is_one_line(kind, more):
    """It is refused, or reads back as the words that it was made of."""
    try:
        draft = drafted({"type": kind, **more}, terms())
    except ApplicationError:
        return
    for piece in draft.pieces:
        assert piece.body.endswith(b"\r\n")
        assert not set(b"\r\n\0") & set(piece.body[:-2])
        line = parse(piece.body[:-2])
        assert (line.command, *line.params) == tuple(
            word.encode(errors="replace").decode() for word in piece.said
        )

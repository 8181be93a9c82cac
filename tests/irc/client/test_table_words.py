"""Each word of an application with all that it may have: what the network gets, or the words of its refusal."""

import re

import pytest

from interfaces.irc.client.words import SPOKEN, WORDS, Terms, drafted
from interfaces.irc.isupport import Isupport
from interfaces.irc.line import form_tags, parse
from interfaces.shared.errors import ApplicationError

EVERY = frozenset({"message-tags", "draft/chathistory"})
STRANGE = [("a", ""), "#a b", "#a,#b", ":#a", "#a\rQUIT", "#a\nQUIT", "#a\0"]
"""What is no name; the first has no text at all."""


def draft(kind, *tokens, caps=EVERY, **event):
    """What the application has said, at a network that says ``tokens`` of itself."""
    isupport = Isupport()
    isupport.feed(["bot", *tokens, "are supported"])
    return drafted({"type": f"irc.{kind}", **event}, Terms("net", "bot!b@host", isupport, set(caps)))


def written(kind, *tokens, **event):
    """Its lines."""
    found = draft(kind, *tokens, **event)
    return [f"{form_tags(found.tags)}{piece.body.decode()}".removesuffix("\r\n") for piece in found.pieces]


def refused(kind, *tokens, **event):
    """Why there are none."""
    with pytest.raises(ApplicationError) as found:
        draft(kind, *tokens, **event)
    return str(found.value)


LINES = [
    # said
    ("send", {"target": "#a", "text": "hi"}, "PRIVMSG #a hi"),
    ("send", {"target": "ann", "text": "hi there"}, "PRIVMSG ann :hi there"),
    ("send", {"target": "@#a", "text": "ops"}, "PRIVMSG @#a ops"),
    ("send", {"target": "#a", "text": ":)"}, "PRIVMSG #a ::)"),
    ("send", {"target": "#a", "text": "  two blanks  "}, "PRIVMSG #a :  two blanks"),
    ("send", {"target": "#a", "text": "x", "notice": True}, "NOTICE #a x"),
    ("send", {"target": "#a", "text": "x", "notice": False}, "PRIVMSG #a x"),
    ("send", {"target": "#a", "text": "x", "notice": None}, "PRIVMSG #a x"),
    ("send", {"target": "#a", "text": "x", "id": "7", "network": "net", "dedupe_key": "k"}, "PRIVMSG #a x"),
    ("send", {"target": "#a", "text": "x", "reply_to": "m 1"}, r"@+reply=m\s1 PRIVMSG #a x"),
    ("send", {"target": "#a", "text": "x", "reply_to": ""}, "PRIVMSG #a x"),
    ("send", {"target": "#a", "text": "x", "tags": {"+a": "b;c", "d": ""}}, r"@+a=b\:c;d PRIVMSG #a x"),
    ("send", {"target": "#a", "text": "x", "tags": None}, "PRIVMSG #a x"),
    ("send", {"target": "#a", "text": "x", "tags": {"label": "mine"}}, "PRIVMSG #a x"),
    ("send", {"target": "#a", "text": "x", "tags": {"+reply": "a"}, "reply_to": "b"}, "@+reply=b PRIVMSG #a x"),
    ("action", {"target": "#a", "text": "waves"}, "PRIVMSG #a :\x01ACTION waves\x01"),
    ("action", {"target": "#a", "text": "waves", "notice": True}, "NOTICE #a :\x01ACTION waves\x01"),
    # done
    ("join", {"channel": "#a"}, "JOIN #a"),
    ("join", {"channel": "#a", "key": ""}, "JOIN #a"),
    ("join", {"channel": "#a", "key": None}, "JOIN #a"),
    ("join", {"channel": "#a", "key": ":k"}, "JOIN #a ::k"),
    ("part", {"channel": "#a", "text": None}, "PART #a"),
    ("part", {"channel": "#a", "text": ""}, "PART #a"),
    ("part", {"channel": "#a", "text": "so long"}, "PART #a :so long"),
    ("topic", {"channel": "#a"}, "TOPIC #a"),
    ("topic", {"channel": "#a", "text": None}, "TOPIC #a"),
    ("topic", {"channel": "#a", "text": ""}, "TOPIC #a :"),
    ("topic", {"channel": "#a", "text": " tea"}, "TOPIC #a : tea"),
    ("kick", {"channel": "#a", "target": "ann"}, "KICK #a ann"),
    ("kick", {"channel": "#a", "target": "ann", "text": "out with you"}, "KICK #a ann :out with you"),
    ("mode", {"target": "#a"}, "MODE #a"),
    ("mode", {"target": "#a", "modes": []}, "MODE #a"),
    ("mode", {"target": "#a", "modes": [["+b", ""]]}, "MODE #a +b"),
    ("mode", {"target": "#a", "modes": (("+o", "ann"), ("-o", "bob"))}, "MODE #a +o-o ann bob"),
    ("mode", {"target": "#a", "modes": [["+m"], ["+n"], ["-t"]]}, "MODE #a +mn-t"),
    ("mode", {"target": "bot", "modes": [["-i"]]}, "MODE bot -i"),
    ("nick", {"nick": "bot2"}, "NICK bot2"),
    ("away", {}, "AWAY"),
    ("away", {"text": None}, "AWAY"),
    ("away", {"text": ""}, "AWAY"),
    ("away", {"text": "at lunch"}, "AWAY :at lunch"),
    ("invite", {"channel": "#a", "target": "ann"}, "INVITE ann #a"),
    # asked
    ("history", {"target": "#a"}, "CHATHISTORY LATEST #a * 100"),
    ("history", {"target": "ann", "limit": 1}, "CHATHISTORY LATEST ann * 1"),
    ("history", {"target": "#a", "bounds": []}, "CHATHISTORY LATEST #a * 100"),
    ("history", {"target": "#a", "bounds": ("msgid=1",), "subcommand": "around"}, "CHATHISTORY AROUND #a msgid=1 100"),
    (
        "history", {"target": "#a", "subcommand": "BETWEEN", "bounds": ["msgid=1", "msgid=2"], "limit": 9},
        "CHATHISTORY BETWEEN #a msgid=1 msgid=2 9",
    ),
    (
        "history", {"target": "ignored", "subcommand": "targets", "bounds": ["timestamp=1", "timestamp=2"]},
        "CHATHISTORY TARGETS timestamp=1 timestamp=2 100",
    ),
    # anything
    ("raw", {"verb": "who"}, "WHO"),
    ("raw", {"verb": "WHO", "params": ["#a", ""]}, "WHO #a :"),
    ("raw", {"verb": "WHO", "params": ("#a", "%na b")}, "WHO #a :%na b"),
    ("raw", {"verb": "WHO", "params": None, "source": ""}, "WHO"),
    ("raw", {"verb": "TAGMSG", "params": ["#a"], "tags": {"+typing": "active"}}, "@+typing=active TAGMSG #a"),
    ("raw", {"verb": "042", "params": ["x"]}, "042 x"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "event", "line"), LINES)
def test_a_word_is_this_line(kind, event, line):
    """With its tags, and nothing that was not said."""
    assert written(kind, **event) == [line]


@pytest.mark.parametrize(("kind", "event", "line"), LINES)
def test_a_line_reads_back_as_it_was_meant(kind, event, line):
    """What the server parses is what the piece says; without message-tags there are no tags."""
    (piece,) = draft(kind, caps={"draft/chathistory"}, **event).pieces
    found = parse(piece.body.removesuffix(b"\r\n"))
    assert (found.command, *found.params) == piece.said and not found.tags and not found.source
    assert draft(kind, caps={"draft/chathistory"}, **event).tags == {}


def test_every_word_has_a_line_here():
    """The table has all that there are, and what may come from anywhere is among them."""
    assert {f"irc.{kind}" for kind, _, _ in LINES} == WORDS.keys() > SPOKEN


NAMES = [
    ("send", "target", {"text": "x"}),
    ("action", "target", {"text": "x"}),
    ("join", "channel", {}),
    ("part", "channel", {}),
    ("topic", "channel", {"text": "x"}),
    ("kick", "channel", {"target": "ann"}),
    ("kick", "target", {"channel": "#a"}),
    ("mode", "target", {}),
    ("nick", "nick", {}),
    ("invite", "channel", {"target": "ann"}),
    ("invite", "target", {"channel": "#a"}),
    ("history", "target", {}),
]


@pytest.mark.parametrize(("kind", "key", "rest"), NAMES)
def test_a_name_is_one_name(kind, key, rest):
    """Nothing in it makes another target, another parameter or another line; the refusal says which key it is."""
    for value, said in ((None, "NoneType"), (5, "int"), (b"#a", "bytes"), (["#a"], "list")):
        assert refused(kind, **rest, **{key: value}) == f"irc.{kind}: {key} is a text, not {said}"
    for value in ("", *STRANGE[1:]):
        assert refused(kind, **rest, **{key: value}) == f"irc.{kind}: {key} {value!r} is no name on a network"
    assert refused(kind, **rest) == f"irc.{kind}: {key} is a text, not NoneType"


BOUNDS = 'irc.history: bounds are texts such as "timestamp=…", "msgid=…", "*"'
ROOM = "there is no room for a text in a line of IRC: its target is too long"
PAIR, LIST = ': write ["+o", "nick"]', ': write [["+o", "nick"]]'
REFUSED = [
    ("send", {"target": "#a"}, "irc.send: text is a text, not NoneType"),
    ("send", {"target": "#a", "text": 5}, "irc.send: text is a text, not int"),
    ("send", {"target": "#a", "text": ""}, "irc.send: there is nothing to say in text ''"),
    ("action", {"target": "#a", "text": " \r\n "}, r"irc.action: there is nothing to say in text ' \r\n '"),
    ("send", {"target": "#a", "text": "x\n" * 101}, "a text becomes at most 100 messages of IRC"),
    ("send", {"target": "#" * 500, "text": "x"}, ROOM),
    ("send", {"target": "#a", "text": "a\0b"}, "PRIVMSG: a line of IRC has no CR, LF or NUL in it"),
    ("action", {"target": "#a", "text": "a\x01b"}, r"'ACTION' with 'a\x01b' is no CTCP"),
    ("join", {"channel": "#a", "key": 5}, "irc.join: key is a text, not int"),
    ("join", {"channel": "#a", "key": "a b"}, "irc.join: a key has no blank and no comma in it"),
    ("join", {"channel": "#a", "key": "a,b"}, "irc.join: a key has no blank and no comma in it"),
    ("part", {"channel": "#a", "text": "a\nb"}, "PART: a line of IRC has no CR, LF or NUL in it"),
    ("part", {"channel": "#a", "text": ["a"]}, "irc.part: text is a text, not list"),
    ("kick", {"channel": "#a", "target": "ann", "text": "\r"}, "KICK: a line of IRC has no CR, LF or NUL in it"),
    ("topic", {"channel": "#a", "text": "x" * 502}, "irc.topic: a line of net has at most 512 octets"),
    ("away", {"text": True}, "irc.away: text is a text, not bool"),
    ("away", {"text": "\0"}, "AWAY: a line of IRC has no CR, LF or NUL in it"),
    ("mode", {"target": "#a", "modes": "+o"}, "irc.mode: modes '+o' is no list" + LIST),
    ("mode", {"target": "#a", "modes": {"+o": "x"}}, "irc.mode: modes {'+o': 'x'} is no list" + LIST),
    ("mode", {"target": "#a", "modes": ["+o"]}, "irc.mode: '+o' is no mode" + PAIR),
    ("mode", {"target": "#a", "modes": [["+oo", "x"]]}, "irc.mode: ['+oo', 'x'] is no mode" + PAIR),
    ("mode", {"target": "#a", "modes": [["+o", None]]}, "irc.mode: ['+o', None] is no mode" + PAIR),
    ("mode", {"target": "#a", "modes": [["+o", "a", "b"]]}, "irc.mode: ['+o', 'a', 'b'] is no mode" + PAIR),
    ("mode", {"target": "#a", "modes": [[]]}, "irc.mode: [] is no mode" + PAIR),
    ("mode", {"target": "#a", "modes": [["+o", "a b"]]}, "+o 'a b' is no mode of IRC"),
    ("mode", {"target": "#a", "modes": [["+:", "a"]]}, "+: 'a' is no mode of IRC"),
    ("mode", {"target": "#a", "modes": [["+k", ":a"]]}, "+k ':a' is no mode of IRC"),
    ("history", {"target": "#a", "limit": 0}, "irc.history: limit is a number of messages"),
    ("history", {"target": "#a", "limit": True}, "irc.history: limit is a number of messages"),
    ("history", {"target": "#a", "limit": "5"}, "irc.history: limit is a number of messages"),
    ("history", {"target": "#a", "limit": 1.5}, "irc.history: limit is a number of messages"),
    ("history", {"target": "#a", "bounds": "*"}, BOUNDS),
    ("history", {"target": "#a", "bounds": [""]}, BOUNDS),
    ("history", {"target": "#a", "bounds": ["a b"]}, "CHATHISTORY: 'a b' cannot stand there in a line of IRC"),
    ("history", {"target": "#a", "subcommand": 5}, "irc.history: subcommand is a text, not int"),
    ("history", {"target": "#a", "subcommand": "a b"}, "CHATHISTORY: 'A B' cannot stand there in a line of IRC"),
    ("raw", {}, "irc.raw: verb is a text, not NoneType"),
    ("raw", {"verb": ""}, "'' is no command of IRC"),
    ("raw", {"verb": "12"}, "'12' is no command of IRC"),
    ("raw", {"verb": "A B"}, "'A B' is no command of IRC"),
    ("raw", {"verb": "WHO", "params": "#a"}, "irc.raw: params are texts"),
    ("raw", {"verb": "WHO", "params": [5]}, "irc.raw: params are texts"),
    ("raw", {"verb": "WHO", "params": ["", "x"]}, "WHO: '' cannot stand there in a line of IRC"),
    ("raw", {"verb": "WHO", "params": [":x", "y"]}, "WHO: ':x' cannot stand there in a line of IRC"),
    ("raw", {"verb": "WHO", "params": ["x\r\nQUIT"]}, "WHO: a line of IRC has no CR, LF or NUL in it"),
    ("raw", {"verb": "WHO", "source": "ann"}, "irc.raw: a network is told no source: it knows ours"),
    ("raw", {"verb": "WHO", "params": ["x" * 600]}, "irc.raw: a line of net has at most 512 octets"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "event", "said"), REFUSED)
def test_what_cannot_be_said_is_refused_in_these_words(kind, event, said):
    """One line, which says whose word it was and what is wrong with it."""
    assert refused(kind, **event) == said


TAGS = [
    ({"tags": 5}, "irc.{}: tags are texts by their names"),
    ({"tags": ["+a"]}, "irc.{}: tags are texts by their names"),
    ({"tags": {"+a": 1}}, "irc.{}: tags are texts by their names"),
    ({"tags": {"+a": None}}, "irc.{}: tags are texts by their names"),
    ({"tags": {5: "a"}}, "irc.{}: tags are texts by their names"),
    ({"tags": {"": "a"}}, "'': 'a' is no tag of IRC"),
    ({"tags": {"a b": "c"}}, "'a b': 'c' is no tag of IRC"),
    ({"tags": {"+a": "\0"}}, r"'+a': '\x00' is no tag of IRC"),
    ({"tags": {"+a": "x" * 8191}}, "the tags of a line have at most 8191 octets"),
    ({"reply_to": 5}, "irc.{}: reply_to is a text, not int"),
]


@pytest.mark.parametrize("kind", ["send", "join", "raw"])
@pytest.mark.parametrize(("more", "said"), TAGS)
def test_tags_are_refused_alike(kind, more, said):
    """Whatever they are said with, and where the network has none, too: no network takes them."""
    event = {"target": "#a", "text": "x", "channel": "#a", "verb": "X", **more}
    assert refused(kind, **event) == refused(kind, caps=(), **event) == said.format(kind)


@pytest.mark.parametrize(
    ("kind", "near"),
    [
        ("tpoic", "; did you mean irc.topic?"),
        ("sned", "; did you mean irc.send?"),
        ("modes", "; did you mean irc.mode?"),
        ("deliver", ""),
        ("message", ""),
        ("numeric", ""),
        ("", ""),
    ],
)
def test_a_word_that_there_is_not_is_compared_by_what_differs(kind, near):
    """That all begin alike makes none of them closer."""
    every = ", ".join(sorted(WORDS))
    assert refused(kind) == f"irc.{kind}: a network is told {every}, irc.close{near}"


@pytest.mark.parametrize(
    ("tokens", "kind", "event", "lines"),
    [
        (["MODES=1"], "mode", {"modes": [["+o", "a"], ["+o", "b"]]}, ["MODE #a +o a", "MODE #a +o b"]),
        (["MODES"], "mode", {"modes": [["+o", one] for one in "abcde"]}, ["MODE #a +ooooo a b c d e"]),
        ([], "mode", {"modes": [["+o", one] for one in "abcd"]}, ["MODE #a +ooo a b c", "MODE #a +o d"]),
        ([], "mode", {"modes": [["+b"], ["+o", "a"]]}, ["MODE #a +b", "MODE #a +o a"]),
        (["LINELEN=600"], "topic", {"text": "x" * 510}, [f"TOPIC #a {'x' * 510}"]),
        ([], "send", {"text": "a\n\nb\r\nc\rd"}, [f"PRIVMSG #a {one}" for one in "abcd"]),
    ],
)
def test_what_a_server_says_of_itself_shapes_the_lines(tokens, kind, event, lines):
    """How many modes and octets it takes; an empty MODES is no limit."""
    assert written(kind, *tokens, **{"target": "#a", "channel": "#a", **event}) == lines


@pytest.mark.parametrize(
    ("tokens", "kind", "event", "subjects"),
    [
        ([], "send", {"target": "#A[", "text": "x"}, {"#a{"}),
        (["CASEMAPPING=ascii"], "send", {"target": "#A[", "text": "x"}, {"#a["}),
        ([], "kick", {"channel": "#A", "target": "Ann"}, {"#a", "ann"}),
        ([], "nick", {"nick": "Bot~"}, {"bot^"}),
        ([], "away", {"text": "x"}, set()),
        ([], "raw", {"verb": "WHO", "params": ["#a"]}, set()),
    ],
)
def test_a_refusal_is_known_by_these_names(tokens, kind, event, subjects):
    """Those that the event has, as the network compares them."""
    assert draft(kind, *tokens, **event).subjects == subjects


def test_a_text_keeps_within_the_line_for_every_length_of_target():
    """No piece that others get is longer than a line, and none wastes more than a third of it."""
    text = "word " * 300
    for length in range(1, 200, 13):
        pieces = draft("send", target="#" * length, text=text).pieces
        sizes = [len(b":bot!b@host " + piece.body) for piece in pieces]
        assert max(sizes) <= 512 and min(sizes[:-1]) > 512 - 40
        assert " ".join(piece.said[2] for piece in pieces) == re.sub(r" $", "", text)

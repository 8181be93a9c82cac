"""What a consumer says and hears, in tables: every method with all that it takes, every event with its handler."""

import inspect
from typing import Any, get_args, get_type_hints

import pytest

from interfaces.irc import messages
from interfaces.irc.answering import handlers, mark, message_id, passed, place, spoken
from interfaces.irc.consumer import IrcConsumer
from interfaces.irc.view import View
from interfaces.shared.errors import ApplicationError

ADA = {"nick": "ada", "user": "a", "host": "h", "account": None}
SAID: dict[str, Any] = {
    "type": "irc.message", "command": "PRIVMSG", "target": "#a", "channel": "#a", "is_private": False, "text": "hi",
    "ctcp": None, "is_echo": False, "source": ADA, "tags": {"msgid": "n1", "+x": "y", "label": "1"}, "id": "m1",
    "dedupe_key": "irc:net:n1", "time": 5.0,
}  # fmt: skip
TOLD = next(iter(messages.SCOPES.values()))
KINDS = sorted(
    kind
    for one in TOLD
    if one.__module__ == messages.__name__
    for kind in get_args(get_type_hints(one)["type"])
)


class Mute(IrcConsumer):
    """Keeps what it would send, or would wait for."""

    def __init__(self, mode: str = "client") -> None:
        super().__init__()
        self.mode, self.sent, self.waits = mode, [], []

    def send(self, message: Any) -> None:
        """Keep it."""
        self.sent.append(message)

    def call(self, message: Any, timeout: float) -> None:
        """Keep it, and for how long it is waited."""
        self.sent.append(message)
        self.waits.append(timeout)


WORDS: list[tuple[str, tuple[Any, ...], dict[str, Any], dict[str, Any]]] = [
    ("reply", (SAID, "x"), {}, {"type": "irc.send", "target": "#a", "text": "x", "reply_to": "n1"}),
    (
        "reply", (SAID, "x"), {"address": True, "notice": True, "reply_to": None},
        {"type": "irc.send", "target": "#a", "text": "ada: x", "notice": True},
    ),
    (
        "reply", (SAID, "x"), {"tags": {"+a": "b"}, "expires": 9.0, "dedupe_key": "k"},
        {
            "type": "irc.send", "target": "#a", "text": "x", "reply_to": "n1", "tags": {"+a": "b"}, "expires": 9.0,
            "dedupe_key": "k",
        },
    ),
    ("say", ("ann", "x"), {"notice": False}, {"type": "irc.send", "target": "ann", "text": "x"}),
    (
        "say", ("#a", "x"), {"notice": True, "network": "other", "id": "7"},
        {"type": "irc.send", "target": "#a", "text": "x", "notice": True, "network": "other", "id": "7"},
    ),
    ("action", ("#a", "waves"), {"id": None}, {"type": "irc.action", "target": "#a", "text": "waves"}),
    ("join", ("#a",), {"key": "k"}, {"type": "irc.join", "channel": "#a", "key": "k"}),
    ("part", ("#a",), {}, {"type": "irc.part", "channel": "#a"}),
    ("part", ("#a", ""), {}, {"type": "irc.part", "channel": "#a", "text": ""}),
    ("topic", ("#a", "t"), {}, {"type": "irc.topic", "channel": "#a", "text": "t"}),
    ("kick", ("#a", "x", "out"), {}, {"type": "irc.kick", "channel": "#a", "target": "x", "text": "out"}),
    ("set_mode", ("#a",), {}, {"type": "irc.mode", "target": "#a", "modes": []}),
    ("set_mode", ("bot", "-i"), {}, {"type": "irc.mode", "target": "bot", "modes": [["-i", ""]]}),
    ("set_mode", ("#a", ["+k", "x"]), {}, {"type": "irc.mode", "target": "#a", "modes": [["+k", "x"]]}),
    ("set_nick", ("bot2",), {}, {"type": "irc.nick", "nick": "bot2"}),
    ("away", ("",), {}, {"type": "irc.away", "text": ""}),
    ("away", (None,), {}, {"type": "irc.away"}),
    ("invite", ("#a", "x"), {}, {"type": "irc.invite", "channel": "#a", "target": "x"}),
    (
        "history", ("#a", "BEFORE", "msgid=1"), {"limit": 5},
        {"type": "irc.history", "target": "#a", "subcommand": "BEFORE", "bounds": ["msgid=1"], "limit": 5},
    ),
    ("raw", ("WHO",), {}, {"type": "irc.raw", "verb": "WHO", "params": []}),
    (
        "raw", ("TAGMSG", "#a"), {"tags": {"+a": "b"}, "source": "x"},
        {"type": "irc.raw", "verb": "TAGMSG", "params": ["#a"], "tags": {"+a": "b"}, "source": "x"},
    ),
    ("close", (), {}, {"type": "irc.close"}),
    ("accept", (), {}, {"type": "irc.accept"}),
    (
        "accept", (), {"nick": "x", "account": "y", "motd": "", "isupport": {"A": ""}},
        {"type": "irc.accept", "nick": "x", "account": "y", "motd": "", "isupport": {"A": ""}},
    ),
    ("reject", (), {}, {"type": "irc.reject"}),
    ("reject", ("no",), {"code": 465}, {"type": "irc.reject", "text": "no", "code": 465}),
    ("reject", ("no",), {"id": "h1"}, {"type": "irc.reject", "text": "no", "id": "h1"}),
    (
        "deliver", (ADA, "#a", ""), {"command": "TAGMSG", "relay": True},
        {"type": "irc.deliver", "source": ADA, "target": "#a", "text": "", "command": "TAGMSG", "relay": True},
    ),
    (
        "relay", (SAID,), {},
        {
            "type": "irc.deliver", "source": ADA, "target": "#a", "text": "hi", "command": "PRIVMSG", "relay": True,
            "tags": {"+x": "y", "msgid": "n1"}, "time": 5.0,
        },
    ),
    ("numeric", (401, "x"), {"text": "No"}, {"type": "irc.numeric", "code": 401, "params": ["x"], "text": "No"}),
    ("numeric", ("NOTE",), {}, {"type": "irc.numeric", "code": "NOTE", "params": []}),
    (
        "answer_history", ({"id": "h1"}, [{"text": "a"}]), {},
        {"type": "irc.history", "id": "h1", "messages": [{"text": "a"}]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("word", "values", "named", "message"), WORDS)
def test_a_method_is_this_message(word: str, values: Any, named: Any, message: Any) -> None:
    """What is not said is no key; one that may wait does so for the same message."""
    consumer = Mute()
    getattr(consumer, word)(*values, **named)
    assert consumer.sent == [message] and not consumer.waits
    if "wait" in inspect.signature(getattr(consumer, word)).parameters:
        getattr(consumer, word)(*values, **named, wait=2.5)
        assert consumer.sent == [message] * 2 and consumer.waits == [2.5]


def test_every_method_that_says_something_is_in_the_table() -> None:
    """None that a consumer of IRC adds is left out."""
    added = {
        name for name, found in vars(IrcConsumer).items()
        if inspect.isfunction(found) and name[0] != "_" and not inspect.iscoroutinefunction(found)
    }  # fmt: skip
    assert {word for word, *_ in WORDS} == added


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_has_a_handler_of_its_name(kind: str) -> None:
    """But messages, whose finer ones come first; none of them is a method that a consumer has."""
    names = [*handlers({"type": kind, "command": "PRIVMSG"})]
    assert names == [kind.replace(".", "_")] and not hasattr(IrcConsumer, names[0])


@pytest.mark.parametrize(
    ("command", "ctcp", "names", "with_notices", "plain"),
    [
        ("PRIVMSG", None, ["irc_message"], ["irc_message"], True),
        ("PRIVMSG", "ACTION", ["irc_action", "irc_message"], ["irc_action", "irc_message"], False),
        ("PRIVMSG", "PING", ["irc_ctcp"], ["irc_ctcp"], False),
        ("PRIVMSG", "", ["irc_ctcp"], ["irc_ctcp"], False),
        ("NOTICE", None, ["irc_notice"], ["irc_notice", "irc_message"], False),
        ("NOTICE", "ACTION", ["irc_notice"], ["irc_notice", "irc_message"], False),
        ("NOTICE", "VERSION", ["irc_ctcp"], ["irc_ctcp"], False),
        ("TAGMSG", None, ["irc_tagmsg"], ["irc_tagmsg"], False),
        ("TAGMSG", "PING", ["irc_tagmsg"], ["irc_tagmsg"], False),
    ],
)
def test_a_message_goes_to_the_finest(
    command: str, ctcp: Any, names: Any, with_notices: Any, plain: bool
) -> None:
    """With notices that programs say where these are asked for; only plain words may be a command."""
    event = {**SAID, "command": command, "ctcp": ctcp}
    assert [*handlers(event)] == names and [*handlers(event, notices=True)] == with_notices
    assert spoken(event) is plain


@pytest.mark.parametrize(
    ("event", "own", "history", "why"),
    [
        ({}, True, True, ""),
        ({"is_echo": True}, True, True, "echo"),
        ({"is_echo": True, "is_history": True}, True, True, "echo"),
        ({"is_echo": True, "is_history": True}, False, True, "history"),
        ({"is_echo": True, "is_history": True}, False, False, ""),
    ],
)
def test_why_an_event_is_passed_over(event: Any, own: bool, history: bool, why: str) -> None:
    """Our own first, as that is what it stays when a history tells it."""
    assert passed(event, own=own, history=history) == why


NOBODY = "reply: a {} has nobody to answer, so say() to whom"


@pytest.mark.parametrize("kind", ["irc.connect", "irc.names", "irc.quit", "irc.gap", "irc.disconnect"])
def test_what_nobody_has_done_has_no_answer(kind: str) -> None:
    """And the refusal says what to do instead."""
    with pytest.raises(ApplicationError) as raised:
        place({"type": kind, "source": None})
    assert str(raised.value) == NOBODY.format(kind)


@pytest.mark.parametrize(
    ("more", "client", "gateway", "marked"),
    [
        ({}, "n1", "m1", "irc:net:n1"),
        ({"tags": {}}, None, "m1", ""),
        ({"tags": None, "id": None}, None, None, ""),
        ({"tags": {"msgid": ""}, "id": ""}, None, None, ""),
        ({"type": "irc.join"}, None, None, "irc:net:n1"),
        ({"dedupe_key": None}, "n1", "m1", ""),
    ],
)
def test_by_what_a_message_is_known(more: Any, client: Any, gateway: Any, marked: str) -> None:
    """To everybody on its network, and to ourselves when it comes again; at a gateway nothing does."""
    event = {**SAID, **more}
    assert (message_id(event, "client"), message_id(event, "gateway")) == (client, gateway)
    assert (mark(event, "client"), mark(event, "gateway")) == (marked, "")


@pytest.mark.parametrize(
    ("events", "nick", "channels"),
    [
        ([], "bot", set()),
        ([{"type": "irc.connect", "nick": "b2", "channels": [{"channel": "#A"}]}], "b2", {"#A"}),
        ([{"type": "irc.join", "channel": "#A"}, {"type": "irc.join", "channel": "#a"}], "bot", {"#a"}),
        ([{"type": "irc.join", "channel": "#[x]"}, {"type": "irc.part", "channel": "#{X}"}], "bot", set()),
        ([{"type": "irc.join", "channel": "#a"}, {"type": "irc.kick", "channel": "#A"}], "bot", set()),
        ([{"type": "irc.part", "channel": "#never"}], "bot", set()),
        ([{"type": "irc.nick", "new_nick": "b3"}, {"type": "irc.nick", "new_nick": ""}], "b3", set()),
        ([{"type": "irc.join", "channel": "#a", "is_self": False}], "bot", set()),
        ([{"type": "irc.join", "channel": "#a", "is_history": True}], "bot", set()),
        ([{"type": "irc.topic", "channel": "#a"}, {"type": "irc.quit"}, {}], "bot", set()),
    ],
)
def test_how_a_connection_stands_follows_from_what_is_heard(events: Any, nick: str, channels: Any) -> None:
    """What we do and what is done to us, as the network compares names; not what others do, nor the past."""
    view = View({"mode": "client", "nick": "bot"})
    for event in events:
        assert view.heard({"is_self": True, **event}) is None
    assert (view.nick, {*view.channels.values()}) == (nick, channels)

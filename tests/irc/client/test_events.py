"""A network's lines as events."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.client.batches import Batch
from interfaces.irc.client.events import QUIET, Events
from interfaces.irc.line import parse
from interfaces.irc.state import State
from tests.irc.client.lines import read

NOW = 1_800_000_000.0


def made(*lines, fallback="latin-1"):
    """Events of a state that has heard these lines."""
    state = State("bot")
    for text in (":s 001 bot :Welcome", ":s 005 bot STATUSMSG=@+ PREFIX=(ov)@+ :are supported", *lines):
        state.feed(read(text))
    numbers = count(1)
    return Events("net", state, lambda: f"x-{next(numbers)}", fallback)


def event(text, *before, batch=None, fallback="latin-1"):
    """An event."""
    data = text if isinstance(text, bytes) else text.encode()
    return made(*before, fallback=fallback).of(parse(data), batch, NOW)


class TestMessages:
    def test_to_a_channel(self):
        """Every key of it."""
        assert event("@account=ann;+x=y;msgid=m;time=2026-11-28T12:00:00.250Z :ann!a@h PRIVMSG #c :hi there") == {
            "type": "irc.message", "id": "m", "dedupe_key": "irc:net:m", "attempt": 1, "received_at": NOW,
            "source": {"nick": "ann", "user": "a", "host": "h", "account": "ann"},
            "tags": {"account": "ann", "+x": "y", "msgid": "m", "time": "2026-11-28T12:00:00.250Z"},
            "time": 1795867200.25, "is_history": False, "command": "PRIVMSG", "target": "#c", "channel": "#c",
            "is_private": False, "text": "hi there", "ctcp": None, "raw": None, "is_echo": False,
        }  # fmt: skip

    def test_without_a_msgid_it_has_an_id(self):
        """And the time at which it came."""
        found = event(":ann!a@h NOTICE bot :hi")
        assert (found["id"], found["dedupe_key"], found["time"]) == ("x-1", "irc:net:x-1", NOW)
        assert (found["command"], found["is_private"], found["channel"]) == ("NOTICE", True, None)

    def test_to_some_of_a_channel(self):
        """The target has the sign, the channel has not."""
        found = event(":ann!a@h PRIVMSG @#c :ops only")
        assert (found["target"], found["channel"], found["is_private"]) == ("@#c", "#c", False)

    def test_a_ctcp(self):
        """An action is one."""
        found = event(":ann!a@h PRIVMSG #c :\x01ACTION waves\x01")
        assert (found["ctcp"], found["text"]) == ("ACTION", "waves")

    def test_a_message_of_tags(self):
        """It has no text."""
        found = event("@+typing=active :ann!a@h TAGMSG #c")
        assert (found["command"], found["text"], found["tags"]) == ("TAGMSG", "", {"+typing": "active"})

    def test_our_own(self):
        """Where the network echoes it."""
        assert event(":BOT!a@h PRIVMSG #c :hi")["is_echo"]

    def test_what_is_no_utf8(self):
        """As the options say, with the bytes as they came."""
        found = event(b":ann!a@h PRIVMSG #c :h\xe4llo")
        assert (found["text"], found["raw"]) == ("hällo", b"h\xe4llo")
        found = event(b":ann!a@h PRIVMSG #c :\xef\xf0\xe8\xe2\xe5\xf2", fallback="cp1251")
        assert found["text"] == "привет"

    def test_one_that_says_nothing_is_raw(self):
        """No target, or no text."""
        for text in (":ann PRIVMSG", ":ann PRIVMSG #c", ":ann TAGMSG"):
            assert event(text)["type"] == "irc.raw"

    def test_a_time_that_is_none(self):
        """It is when it came."""
        assert event("@time=soon :ann PRIVMSG #c :hi")["time"] == NOW


class TestOthers:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (":ann!a@h JOIN #c", {"type": "irc.join", "channel": "#c", "is_self": False}),
            (":bot!a@h JOIN #c * :A bot", {"type": "irc.join", "realname": "A bot", "is_self": True}),
            (":ann!a@h PART #c :bye", {"type": "irc.part", "channel": "#c", "text": "bye", "is_self": False}),
            (
                ":ann!a@h KICK #c bot :out",
                {"type": "irc.kick", "target": "bot", "text": "out", "is_self": True},
            ),
            (":ann!a@h QUIT :bye", {"type": "irc.quit", "text": "bye", "channels": ["#c"]}),
            (":ann!a@h NICK bob", {"type": "irc.nick", "new_nick": "bob", "is_self": False}),
            (":ann!a@h TOPIC #c :new", {"type": "irc.topic", "channel": "#c", "text": "new"}),
            (":ann!a@h MODE #c +ov-n bob ann", {"modes": [["+o", "bob"], ["+v", "ann"], ["-n", ""]]}),
            (":ann!a@h INVITE bot #d", {"type": "irc.invite", "target": "bot", "channel": "#d"}),
            (":ann!a@h AWAY :lunch", {"type": "irc.away", "text": "lunch"}),
            (":ann!a@h AWAY", {"type": "irc.away", "text": None}),
            (":ann!a@h ACCOUNT ann", {"type": "irc.account", "account": "ann", "realname": None}),
            (":ann!a@h ACCOUNT *", {"type": "irc.account", "account": None}),
            (":ann!a@h SETNAME :A B", {"type": "irc.setname", "realname": "A B"}),
            (":s 404 bot #c :no", {"type": "irc.raw", "verb": "404", "params": ["bot", "#c", "no"]}),
            (":s WALLOPS :x", {"type": "irc.raw", "verb": "WALLOPS", "params": ["x"]}),
        ],
    )
    def test_each_has_its_event(self, text, expected):
        """With what it says."""
        found = event(text, ":bot!a@h JOIN #c", ":ann!a@h JOIN #c")
        assert {key: found[key] for key in expected} == expected

    @pytest.mark.parametrize(
        "command", ["JOIN", "PART", "KICK", "KICK #c", "NICK", "TOPIC", "MODE", "INVITE bot"]
    )
    def test_what_says_too_little_is_raw(self, command):
        """It is told as it is."""
        assert event(f":ann {command}")["type"] == "irc.raw"

    @pytest.mark.parametrize("command", sorted(QUIET))
    def test_what_only_keeps_it_going_is_none(self, command):
        """PING and the like."""
        assert event(f":s {command} x y") is None

    @pytest.mark.parametrize(
        ("kind", "history", "told"),
        [
            ("netsplit", False, "netsplit"),
            ("chathistory", True, "chathistory"),
            ("labeled-response", False, None),
        ],
    )
    def test_those_of_a_batch(self, kind, history, told):
        """Its type, where that says something, and whether it is of the past."""
        found = event(":ann!a@h QUIT :a b", batch=Batch("1", kind, [], "", None))
        assert (found["is_history"], found.get("batch")) == (history, told)

    def test_one_that_nobody_is_the_source_of(self):
        """Such as a gap."""
        assert made().plain("irc.gap", NOW, count=2) == {
            "type": "irc.gap", "id": "x-1", "dedupe_key": "irc:net:x-1", "attempt": 1, "received_at": NOW, "count": 2
        }  # fmt: skip


@given(st.binary(max_size=300).filter(lambda data: b"\n" not in data))
def test_any_line_is_an_event_or_none(data):
    """Nothing raises, and each event has what all have."""
    line = parse(data)
    if line is not None:
        found = made(fallback="cp1251").of(line, None, NOW)
        assert found is None or {"type", "id", "dedupe_key", "source", "tags", "time"} <= found.keys()

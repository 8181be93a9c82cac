"""Each line that a network may say, and the whole of the event that it becomes: no key more, no key less."""

import pytest

from interfaces.irc.client.batches import Batch, Batches
from interfaces.irc.client.events import Events
from interfaces.irc.line import parse
from interfaces.irc.state import State
from tests.irc.client.lines import read
from tests.irc.contract import check

NOW = 1_800_000_000.0
THEN, STAMP = 1_700_000_000.5, "2023-11-14T22:13:20.500Z"
SERVER = {"nick": "irc.net", "user": None, "host": None, "account": None}
ANN = {"nick": "ann", "user": "a", "host": "h.example", "account": None}
BOT = {"nick": "bot", "user": "b", "host": "bot.example", "account": None}
BEFORE = (
    ":irc.net 001 bot :Welcome",
    ":irc.net 005 bot CHANTYPES=#& PREFIX=(qov)~@+ STATUSMSG=~@+ CHANMODES=beI,k,l,imnst :are supported",
    ":bot!b@bot.example JOIN #c",
    ":ann!a@h.example JOIN #c",
    ":ann!a@h.example JOIN &local",
)


def state(*caps):
    """What we know: two channels with ann, in one of which we are."""
    found = State("bot")
    found.caps = caps
    for text in BEFORE:
        found.feed(read(text))
    return found


def event(text, *, batch=None, caps=(), fallback="latin-1"):
    """The event of a line, which the contract has."""
    data = text if isinstance(text, bytes) else text.encode()
    found = Events("net", state(*caps), lambda: "x1", fallback).of(parse(data), batch, NOW)
    if found is not None:
        check(found, "client")
    return found


def full(kind, source, **more):
    """An event without tags, which came now."""
    return {
        "type": kind, "id": "x1", "dedupe_key": "irc:net:x1", "attempt": 1, "received_at": NOW, "source": source,
        "tags": {}, "time": NOW, "is_history": False, **more,
    }  # fmt: skip


def message(source, target, text, **more):
    """Something said in plain words."""
    channel = target.lstrip("~@+") if target.lstrip("~@+")[:1] in "#&" else None
    found = {
        "command": "PRIVMSG", "target": target, "channel": channel, "is_private": channel is None, "text": text,
        "ctcp": None, "raw": None, "is_echo": False,
    }  # fmt: skip
    return full("irc.message", source, **{**found, **more})


EVENTS = [
    # what is said
    (":ann!a@h.example PRIVMSG #c :hi there", message(ANN, "#c", "hi there")),
    (":ann!a@h.example PRIVMSG #c hi", message(ANN, "#c", "hi")),
    (":ann PRIVMSG #c hi", message(ANN, "#c", "hi")),
    (":eve!e@x PRIVMSG bot :psst", message({**ANN, "nick": "eve", "user": "e", "host": "x"}, "bot", "psst")),
    (":eve PRIVMSG bot :psst", message({**SERVER, "nick": "eve"}, "bot", "psst")),
    (":ann!a@h.example PRIVMSG &local :here", message(ANN, "&local", "here")),
    (":ann!a@h.example PRIVMSG ~#c :owners", message(ANN, "~#c", "owners")),
    (":ann!a@h.example PRIVMSG @+#c :both", message(ANN, "@+#c", "both")),
    (":ann!a@h.example PRIVMSG +x :no channel", message(ANN, "+x", "no channel")),
    (":ann!a@h.example PRIVMSG #c :", message(ANN, "#c", "")),
    (":ann!a@h.example PRIVMSG #c ::)", message(ANN, "#c", ":)")),
    (":ann!a@h.example PRIVMSG #c :\x02bold\x02", message(ANN, "#c", "\x02bold\x02")),
    (":ann!a@h.example NOTICE #c :beep", message(ANN, "#c", "beep", command="NOTICE")),
    (":irc.net NOTICE bot :*** hello", message(SERVER, "bot", "*** hello", command="NOTICE")),
    (":irc.net NOTICE $$* :to all", message(SERVER, "$$*", "to all", command="NOTICE")),
    (":ann!a@h.example TAGMSG #c", message(ANN, "#c", "", command="TAGMSG")),
    (":ann!a@h.example TAGMSG #c :not for you", message(ANN, "#c", "", command="TAGMSG")),
    (":bot!b@bot.example PRIVMSG #c :mine", message(BOT, "#c", "mine", is_echo=True)),
    (":BOT PRIVMSG ann :mine", message({**BOT, "nick": "BOT"}, "ann", "mine", is_echo=True)),
    # CTCP
    (":ann!a@h.example PRIVMSG #c :\x01ACTION waves\x01", message(ANN, "#c", "waves", ctcp="ACTION")),
    (":ann!a@h.example PRIVMSG #c :\x01ACTION waves", message(ANN, "#c", "waves", ctcp="ACTION")),
    (":ann!a@h.example PRIVMSG bot :\x01version\x01", message(ANN, "bot", "", ctcp="VERSION")),
    (":ann!a@h.example PRIVMSG bot :\x01PING 1 2\x01", message(ANN, "bot", "1 2", ctcp="PING")),
    (
        ":ann!a@h.example NOTICE bot :\x01VERSION x 1\x01",
        message(ANN, "bot", "x 1", ctcp="VERSION", command="NOTICE"),
    ),
    # what is done
    (":bot!b@bot.example JOIN #d", full("irc.join", BOT, channel="#d", is_self=True)),
    (":ann!a@h.example JOIN :#d", full("irc.join", ANN, channel="#d", is_self=False)),
    (
        ":eve!e@x JOIN #d eve :Eve Example",
        full(
            "irc.join", {"nick": "eve", "user": "e", "host": "x", "account": "eve"},
            channel="#d", realname="Eve Example", is_self=False,
        ),
    ),
    (
        ":ann!a@h.example JOIN #d * :",
        full("irc.join", ANN, channel="#d", realname="", is_self=False),
    ),
    (":ann!a@h.example PART #c", full("irc.part", ANN, channel="#c", text="", is_self=False)),
    (":bot!b@bot.example PART #c :so long", full("irc.part", BOT, channel="#c", text="so long", is_self=True)),
    (
        ":ann!a@h.example KICK #c bot :out with you",
        full("irc.kick", ANN, channel="#c", target="bot", text="out with you", is_self=True),
    ),
    (":irc.net KICK #c ann", full("irc.kick", SERVER, channel="#c", target="ann", text="", is_self=False)),
    (":ann!a@h.example QUIT :Ping timeout", full("irc.quit", ANN, text="Ping timeout", channels=["#c"])),
    (":ann!a@h.example QUIT", full("irc.quit", ANN, text="", channels=["#c"])),
    (":zoe!z@x QUIT :x", full("irc.quit", {**ANN, "nick": "zoe", "user": "z", "host": "x"}, text="x", channels=[])),
    (":ann!a@h.example NICK :ann_", full("irc.nick", ANN, new_nick="ann_", is_self=False)),
    (":bot!b@bot.example NICK bot_", full("irc.nick", BOT, new_nick="bot_", is_self=True)),
    (":ann!a@h.example TOPIC #c :All about tea", full("irc.topic", ANN, channel="#c", text="All about tea")),
    (":ann!a@h.example TOPIC #c :", full("irc.topic", ANN, channel="#c", text="")),
    (":ann!a@h.example INVITE bot :#d", full("irc.invite", ANN, channel="#d", target="bot")),
    (":ann!a@h.example AWAY :lunch", full("irc.away", ANN, text="lunch")),
    (":ann!a@h.example AWAY :", full("irc.away", ANN, text=None)),
    (":ann!a@h.example SETNAME :Ann E.", full("irc.setname", ANN, account=None, realname="Ann E.")),
    (":ann!a@h.example ACCOUNT *", full("irc.account", ANN, account=None, realname=None)),
    (
        ":ann!a@h.example ACCOUNT annie",
        full("irc.account", {**ANN, "account": "annie"}, account="annie", realname=None),
    ),
    # modes: which of them have a parameter is what 005 says
    (":ann!a@h.example MODE #c +m", full("irc.mode", ANN, target="#c", modes=[["+m", ""]])),
    (
        ":ann!a@h.example MODE #c +ov-b+k bot ann *!*@x key",
        full("irc.mode", ANN, target="#c", modes=[["+o", "bot"], ["+v", "ann"], ["-b", "*!*@x"], ["+k", "key"]]),
    ),
    (
        ":irc.net MODE #c +l-l 9",
        full("irc.mode", SERVER, target="#c", modes=[["+l", "9"], ["-l", ""]]),
    ),
    (":bot!b@bot.example MODE bot :+iw", full("irc.mode", BOT, target="bot", modes=[["+i", ""], ["+w", ""]])),
    # what has no event of its own
    (":irc.net 332 bot #c :Tea", full("irc.raw", SERVER, verb="332", params=["bot", "#c", "Tea"])),
    (":irc.net 433 bot new :in use", full("irc.raw", SERVER, verb="433", params=["bot", "new", "in use"])),
    (":irc.net WARN * BUSY :wait", full("irc.raw", SERVER, verb="WARN", params=["*", "BUSY", "wait"])),
    (
        ":ann!a@h.example CHGHOST a2 h2.example",
        full("irc.raw", ANN, verb="CHGHOST", params=["a2", "h2.example"]),
    ),
    (":irc.net wallops :hi all", full("irc.raw", SERVER, verb="WALLOPS", params=["hi all"])),
    ("NOTICE", full("irc.raw", {**SERVER, "nick": ""}, verb="NOTICE", params=[])),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), EVENTS, ids=[text for text, _ in EVENTS])
def test_a_line_is_this_event(text, expected):
    """All of its keys, with what the state and 005 add."""
    assert event(text) == expected


@pytest.mark.parametrize(("text", "expected"), [one for one in EVENTS if one[0].startswith(":")])
def test_tags_are_told_and_change_the_rest(text, expected):
    """The msgid is its id, the server-time its time, all tags are there as they came."""
    tags = {"msgid": "m 7", "time": STAMP, "+draft/react": ";)", "empty": ""}
    found = event(f"@msgid=m\\s7;time={STAMP};+draft/react=\\:);empty {text}")
    named = {"id": "m 7", "dedupe_key": "irc:net:m 7", "tags": tags, "time": THEN}
    assert found == {**expected, **named}


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("msgid=", {"id": "x1", "time": NOW}),
        ("time=", {"time": NOW}),
        ("time=1700000000", {"time": NOW}),
        ("time=2023-11-14T22:13:20Z", {"time": 1_700_000_000.0}),
        ("time=2023-13-41T22:13:20.500Z", {"time": NOW}),
        ("a=1;a=2", {"tags": {"a": "2"}}),
        ("a=\\", {"tags": {"a": ""}}),
        ("=x", {"tags": {}}),
    ],
)
def test_odd_tags_are_no_reason_to_lose_a_line(tag, expected):
    """What cannot be used is passed over, and the rest of the event is as it would be."""
    found = event(f"@{tag} :ann!a@h.example PRIVMSG #c :hi")
    assert {key: found[key] for key in expected} == expected and found["text"] == "hi"


@pytest.mark.parametrize(
    ("caps", "tag", "account"),
    [
        ((), "account=annie", "annie"),
        ((), "", None),
        (("account-notify",), "", "known"),
        (("account-notify", "account-tag"), "", None),
        (("account-notify", "account-tag"), "account=annie", "annie"),
        (("account-notify", "account-tag"), "account=*", None),
    ],
)
def test_an_account_is_believed_as_far_as_the_network_tells_of_it(caps, tag, account):
    """By its tag, and without such tags as long as the network says when it changes."""
    known = state(*caps)
    known.feed(read(":ann!a@h.example ACCOUNT known"))
    line = read(f"{'@' + tag + ' ' if tag else ''}:ann!a@h.example PRIVMSG #c :hi")
    assert Events("net", known, lambda: "x1", "latin-1").of(line, None, NOW)["source"]["account"] == account


@pytest.mark.parametrize(
    ("kinds", "history", "told"),
    [
        (["netsplit"], False, "netsplit"),
        (["netjoin"], False, "netjoin"),
        (["chathistory"], True, "chathistory"),
        (["labeled-response", "chathistory"], True, "chathistory"),
        (["chathistory", "netsplit"], False, "netsplit"),
        (["labeled-response"], False, None),
        (["draft/multiline"], False, None),
    ],
)
def test_a_batch_and_those_around_it_are_told(kinds, history, told):
    """The type of the first that says something, from the inner one outwards, in the order of the contract."""
    batches = Batches()
    for number, kind in enumerate(kinds):
        inside = f"@batch=b{number - 1} " if number else ""
        batches.feed(read(f"{inside}:irc.net BATCH +b{number} {kind} x"))
    line = read(f"@batch=b{len(kinds) - 1} :ann!a@h.example QUIT :a b")
    found = Events("net", state(), lambda: "x1", "latin-1").of(line, batches.of(line), NOW)
    assert (found["is_history"], found.get("batch")) == (history, told)


@pytest.mark.parametrize("text", [line for line, _ in EVENTS if line.startswith(":ann")])
def test_all_that_a_history_tells_is_marked(text):
    """Not only messages: event-playback tells of joins and modes as well."""
    found = event(text, batch=Batch("1", "chathistory", ["#c"], "", None))
    assert found["is_history"] and found["batch"] == "chathistory"


@pytest.mark.parametrize(
    ("data", "fallback", "text", "raw"),
    [
        (b"caf\xc3\xa9", "latin-1", "caf\u00e9", None),
        (b"caf\xe9", "latin-1", "caf\u00e9", b"caf\xe9"),
        (b"caf\xe9", "utf-8", "caf\ufffd", b"caf\xe9"),
        (b"\xef\xf0", "cp1251", "\u043f\u0440", b"\xef\xf0"),
        (b"\x01ACTION \xe9\x01", "latin-1", "\u00e9", b"\x01ACTION \xe9\x01"),
    ],
)
def test_what_is_no_utf8_has_its_bytes(data, fallback, text, raw):
    """The text is as the options say, of an action without what marks it."""
    found = event(b":ann!a@h.example PRIVMSG #c :" + data, fallback=fallback)
    assert (found["text"], found["raw"]) == (text, raw)

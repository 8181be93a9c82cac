"""What an application says, well and badly: the line that comes of it, or the exact sentence of its mistake."""

from typing import Any

import pytest

from interfaces.shared.errors import ApplicationError
from tests.irc.gateway.support import Bench, scene
from tests.irc.gateway.tables import HOST

Event = dict[str, Any]
SAID: Event = {"source": "web", "target": "#a", "text": "hi"}


def deliver(**more: Any) -> Event:
    """irc.deliver with something else."""
    return {"type": "irc.deliver", **SAID, **more}


def send(**more: Any) -> Event:
    """irc.send with something else."""
    return {"type": "irc.send", "target": "#a", "text": "hi", **more}


def numeric(code: object, *params: str, **more: Any) -> Event:
    """irc.numeric."""
    return {"type": "irc.numeric", "code": code, "params": params, **more}


def raw(verb: str, *params: str, **more: Any) -> Event:
    """irc.raw."""
    return {"type": "irc.raw", "verb": verb, "params": params, **more}


@pytest.mark.parametrize(("event", "why"), [
    ({"type": "irc.deliver", "target": "#a", "text": "x"}, "irc.deliver needs 'source'"),
    ({"type": "irc.deliver", "source": "web", "text": "x"}, "irc.deliver needs 'target'"),
    ({"type": "irc.deliver", "source": "web", "target": "#a"}, "irc.deliver needs 'text'"),
    (deliver(source={"user": "u"}), "irc.deliver needs 'nick'"),
    (deliver(command="JOIN"), "'JOIN' is no PRIVMSG, NOTICE or TAGMSG"),
    (deliver(command="privmsg"), "'privmsg' is no PRIVMSG, NOTICE or TAGMSG"),
    (deliver(time="now"), "time: 'now' is none in Unix seconds"),
    (deliver(time=1e300), "time: 1e+300 is none in Unix seconds"),
    (deliver(time=float("nan")), "time: nan is none in Unix seconds"),
    (deliver(text="a\0b"), "PRIVMSG: a line of IRC has no NUL in it"),
    (deliver(target="a b"), "PRIVMSG: 'a b' cannot stand there in a line of IRC"),
    (deliver(target=""), "PRIVMSG: '' cannot stand there in a line of IRC"),
    (deliver(target=":a"), "PRIVMSG: ':a' cannot stand there in a line of IRC"),
    (deliver(source="a b"), "PRIVMSG: 'a b!a b@irc.test' cannot stand there in a line of IRC"),
    (deliver(target="#a\r\nQUIT"), "PRIVMSG: a line of IRC has no CR, LF or NUL in it"),
    (deliver(ctcp="TWO WORDS"), "'TWO WORDS' with 'hi' is no CTCP"),
    (deliver(ctcp="ACTION", text="a\1b"), "'ACTION' with 'a\\x01b' is no CTCP"),
    (deliver(text="\n".join(["x"] * 101)), "a text becomes at most 100 messages of IRC"),
    (deliver(tags={"+x": "y" * 4096}), "the client-only tags of an application have at most 4096 octets"),
    (deliver(tags={"x": "y" * 1024}), "the other tags of an application have at most 1024 octets"),
    (deliver(tags={"a b": ""}), "'a b': '' is no tag of IRC"),
    (deliver(tags={"+x": "\0"}), "'+x': '\\x00' is no tag of IRC"),
    ({"type": "irc.send", "text": "x"}, "irc.send needs 'target'"),
    ({"type": "irc.action", "target": "#a"}, "irc.action needs 'text'"),
    (send(text=""), "irc.send: there is no text to be sent"),
    (send(text=" \r\n"), "irc.send: there is no text to be sent"),
    (send(type="irc.action", text="\t"), "irc.action: there is no text to be sent"),
    (send(network="libera"), "irc.send: this is not libera; what is for it is sent on the channel irc.send"),
    (send(type="irc.action", network="x"), "irc.action: this is not x; what is for it is sent on the channel irc.send"),
    (send(nick="a b"), "PRIVMSG: 'a b!a b@irc.test' cannot stand there in a line of IRC"),
    ({"type": "irc.numeric"}, "irc.numeric needs 'code'"),
    (numeric("JOIN"), "irc.numeric: 'JOIN' is no number, nor FAIL, WARN or NOTE"),
    (numeric("fail"), "irc.numeric: 'fail' is no number, nor FAIL, WARN or NOTE"),
    (numeric(""), "irc.numeric: '' is no number, nor FAIL, WARN or NOTE"),
    (numeric(12345), "'12345' is no command of IRC"), (numeric(-1), "'0-1' is no command of IRC"),
    (numeric(301, "a b", text="x"), "301: 'a b' cannot stand there in a line of IRC"),
    (numeric(301, "", text="x"), "301: '' cannot stand there in a line of IRC"),
    (numeric(301, text="a\nb"), "301: a line of IRC has no CR, LF or NUL in it"),
    (numeric("NOTE", ":x", text="y"), "NOTE: ':x' cannot stand there in a line of IRC"),
    ({"type": "irc.raw"}, "irc.raw needs 'verb'"), (raw(""), "'' is no command of IRC"),
    (raw("wallops"), "'wallops' is no command of IRC"), (raw("TWO WORDS"), "'TWO WORDS' is no command of IRC"),
    (raw("X\r\nY"), "'X\\r\\nY' is no command of IRC"),
    (raw("X", "a b", "c"), "X: 'a b' cannot stand there in a line of IRC"),
    (raw("X", "a\0"), "X: a line of IRC has no CR, LF or NUL in it"),
    (raw("X", "a\r\nQUIT"), "X: a line of IRC has no CR, LF or NUL in it"),
    (raw("X", source="a b"), "X: 'a b' cannot stand there in a line of IRC"),
    (raw("X", tags={"a b": "c"}), "'a b': 'c' is no tag of IRC"),
    ({"type": "irc.accept"}, "irc.accept: nobody asks to connect; of a JOIN say which channel"),
    ({"type": "irc.reject"}, "irc.reject: nobody asks to connect; of a JOIN say which channel, of others the id"),
    ({"type": "irc.accept", "channel": 5}, "irc.accept needs a channel"),
    ({"type": "irc.history"}, "irc.history needs 'id'"),
    ({"type": "irc.mode", "target": "#a", "modes": 5}, 'irc.mode: modes 5 is no list: write [["+o", "nick"]]'),
    ({"type": "irc.mode", "target": "#a", "modes": ["+o ann"]},
     "irc.mode: '+o ann' is no mode: write [\"+o\", \"nick\"]"),
    ({"type": "irc.mode", "target": "#a", "modes": [["+l", "x"]]}, "irc.mode: 'x' is no parameter of +l"),
    ({"type": "irc.part"}, "irc.part needs a channel"),
    ({"type": "irc.topic", "channel": ""}, "irc.topic needs a channel"),
    ({"type": "irc.kick", "channel": "#none", "target": "ann"}, "irc.kick: there is no channel #none"),
    ({"type": "irc.kick", "channel": "#a", "target": "eve"}, "irc.kick: eve is not in #a"),
    ({"type": "irc.invite", "channel": "#none", "target": "eve"}, "irc.invite: there is no channel #none"),
    ({"type": "irc.invite", "channel": "#a"}, "irc.invite: nobody is called ''"),
    ({"type": "irc.nick"}, "irc.nick: nobody may be called ''"),
    ({"type": "irc.nick", "nick": "EVE"}, "irc.nick: somebody is called EVE already"),
    ({"type": "irc.join", "channel": "a"}, "irc.join: 'a' is no name of a channel here"),
])  # fmt: skip
@scene
async def test_a_mistake_of_the_application_has_its_sentence(event: Event, why: str) -> None:
    """ApplicationError says exactly what is wrong, and neither its client nor another reads a line of it."""
    async with Bench() as bench:
        ann, eve = await bench.member("ann", "#a", caps="message-tags"), await bench.member("eve")
        with pytest.raises(ApplicationError) as caught:
            await ann.call.send(event)
        assert str(caught.value) == why
        assert await ann.lines() == await eve.lines() == []
        assert not ann.closed


@pytest.mark.parametrize(("event", "lines"), [
    (deliver(), [":web!web@irc.test PRIVMSG #a :hi"]), (deliver(text=""), [":web!web@irc.test PRIVMSG #a :"]),
    (deliver(text="\r\n"), []), (deliver(text="a\rb"), [f":web!web@irc.test PRIVMSG #a :{one}" for one in "ab"]),
    (deliver(source="ann"), [f":ann!~ann@{HOST} PRIVMSG #a :hi"]),
    (deliver(source="x!y@z"), [":x!y@z PRIVMSG #a :hi"]),
    (deliver(source={"nick": "x", "host": "z"}), [":x!x@z PRIVMSG #a :hi"]),
    (deliver(target="nobody"), [":web!web@irc.test PRIVMSG nobody :hi"]),
    (deliver(command="NOTICE", ctcp="VERSION", text=""), [":web!web@irc.test NOTICE #a :\1VERSION\1"]),
    (deliver(command="TAGMSG"), []), (deliver(text="half \ud83d"), [":web!web@irc.test PRIVMSG #a :half ?"]),
    (deliver(relay=True), [
        ":web!web@irc.test PRIVMSG #a :hi"]),
    (deliver(relay=True, target="@#a"), [":web!web@irc.test PRIVMSG @#a :hi"]),
    (deliver(relay=True, source="ANN"), []), (deliver(relay=True, target="#none"), []),
    (deliver(relay=True, target="ANN"), [
        ":web!web@irc.test PRIVMSG ANN :hi"]),
    (send(), [":app!app@irc.test PRIVMSG #a :hi"]), (send(notice=True), [":app!app@irc.test NOTICE #a :hi"]),
    (send(nick="bob"), [":bob!bob@irc.test PRIVMSG #a :hi"]), (send(nick="ann"), []), (send(network="test"), [
        ":app!app@irc.test PRIVMSG #a :hi"]),
    (send(target="#A"), [":app!app@irc.test PRIVMSG #A :hi"]),
    (send(target="+#a"), [":app!app@irc.test PRIVMSG +#a :hi"]),
    (send(type="irc.action"), [":app!app@irc.test PRIVMSG #a :\1ACTION hi\1"]), (send(target="#none"), []),
    (send(target="#a b"), []),
    (numeric(1), [":irc.test 001 ann"]), (numeric("1"), [":irc.test 001 ann"]),
    (numeric(301, text=""), [":irc.test 301 ann :"]),
    (numeric(301, "bob", text=":x"), [":irc.test 301 ann bob ::x"]),
    (numeric("WARN", "X", "Y", text="a b"), [":irc.test WARN X Y :a b"]),
    (raw("WALLOPS", "a b"), [":irc.test WALLOPS :a b"]), (raw("X"), [":irc.test X"]),
    (raw("X", ""), [":irc.test X :"]),
    (raw("X", "a", source="x!y@z", tags={"+t": "1"}), [":x!y@z X a"]),
    (raw("301", "ann", "x"), [":irc.test 301 ann x"]),
    ({"type": "irc.accept", "channel": "#none"}, []), ({"type": "irc.reject", "channel": "#none"}, []),
    ({"type": "irc.reject", "id": "none"}, []), ({"type": "irc.history", "id": "none"}, []),
    ({"type": "irc.part", "channel": "#A"}, [f":ann!~ann@{HOST} PART #a"]),
    ({"type": "irc.join", "channel": "#A"}, []),
    ({"type": "irc.topic", "channel": "#A"}, []),
    ({"type": "irc.nick", "nick": "ANN"}, [f":ann!~ann@{HOST} NICK :ANN"]),
    ({"type": "irc.mode", "target": "#A", "modes": [["-t"], ["-t", "x"]]}, [f":ann!~ann@{HOST} MODE #a -t"]),
    ({"type": "irc.invite", "channel": "#a", "target": "ANN"}, []),
    ({"type": "irc.kick", "channel": "#A", "target": "ANN", "text": "x y"}, [f":ann!~ann@{HOST} KICK #a ann :x y"]),
])  # fmt: skip
@scene
async def test_what_the_application_says_is_this_line(event: Event, lines: list[str]) -> None:
    """A client reads exactly that; odd input that can be said is said, and what names nothing is passed over."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        assert await ann.tell(event) == lines

"""PRIVMSG, NOTICE and TAGMSG."""

import pytest

from interfaces.irc.gateway.greeting import TARGETS
from tests.irc.gateway.support import NOW, TIME, Bench, Peer, scene

HOST = "ehwbaorq.po76idei.6af3epo2.ip"
TALK = "echo-message message-tags"


def told(peer: Peer, *keys: str) -> list[tuple]:
    """These keys of the messages that the application was told of."""
    return [tuple(event[key] for key in keys) for event in peer.events("irc.message")]


@scene
async def test_the_application_is_told_of_a_message() -> None:
    """Of whom, to whom, when; it alone decides who gets it."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        assert await ann.say("PRIVMSG #a :hi there") == []
        assert await bob.lines() == []
        (event,) = ann.events("irc.message")
        name = event["id"]
        assert event == {
            "type": "irc.message", "command": "PRIVMSG", "target": "#a", "channel": "#a", "is_private": False,
            "source": {"nick": "ann", "user": "~ann", "host": HOST, "account": None}, "text": "hi there",
            "ctcp": None, "raw": None, "tags": {}, "time": NOW, "is_echo": False, "is_history": False, "id": name,
            "dedupe_key": f"irc:test:{name}", "attempt": 1, "received_at": NOW,
        }  # fmt: skip
        assert name.startswith("id-") and bob.events("irc.message") == []


@scene
async def test_a_nick_is_private() -> None:
    """Another's, one's own, and that of the gateway."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        await bench.member("bob")
        assert await ann.say("PRIVMSG BOB :1", "NOTICE ann :2", "PRIVMSG app :3") == []
        assert told(ann, "command", "target", "channel", "is_private", "text") == [
            ("PRIVMSG", "BOB", None, True, "1"), ("NOTICE", "ann", None, True, "2"), ("PRIVMSG", "app", None, True, "3")
        ]  # fmt: skip


@scene
async def test_a_nick_that_nobody_has_may_be_the_application_s() -> None:
    """Where it is said that there are others: people at a page, for instance."""
    async with Bench(other_nicks=True) as bench:
        ann = await bench.member("ann")
        assert await ann.say("PRIVMSG browser :hi", "WHOIS browser")
        assert told(ann, "target", "is_private", "text") == [("browser", True, "hi")]


@scene
async def test_several_targets_are_several_messages() -> None:
    """Each once, and no more than may be."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", "#b", "#c", "#d", "#e")
        assert await ann.say(
            "PRIVMSG #a,,#b,#a :hi", "PRIVMSG #a,#b,#c,#d,#e :ho", "NOTICE #a,#b,#c,#d,#e :ho"
        ) == [f":irc.test 407 ann #e :Too many targets: there are at most {TARGETS}"]
        assert [target for (target,) in told(ann, "target")] == ["#a", "#b", *["#a", "#b", "#c", "#d"] * 2]


@scene
async def test_a_ctcp_is_taken_apart() -> None:
    """An action, and what asks a client something."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        await ann.say(
            "PRIVMSG #a :\x01ACTION waves\x01",
            "NOTICE ann :\x01version x y",
            "PRIVMSG #a :\x01",
            "PRIVMSG #a :\x01\x01",
        )
        assert told(ann, "ctcp", "text") == [
            ("ACTION", "waves"),
            ("VERSION", "x y"),
            (None, "\x01"),
            (None, "\x01\x01"),
        ]


@scene
async def test_what_is_no_utf8_is_kept() -> None:
    """Its bytes, and as Latin-1."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="echo-message")
        assert await ann.say(b"PRIVMSG #a :gr\xfc\xdfe") == [f":ann!~ann@{HOST} PRIVMSG #a :grüße"]
        assert told(ann, "text", "raw") == [("grüße", b"gr\xfc\xdfe")]


@scene
async def test_or_it_is_refused() -> None:
    """Where the operator takes nothing else."""
    async with Bench(utf8_only=True) as bench:
        ann = await bench.member("ann", "#a")
        assert await ann.say(b"PRIVMSG #a :gr\xfc\xdfe", b"NICK \xff") == [
            f":irc.test FAIL {command} INVALID_UTF8 :It has to be UTF-8, and was not taken"
            for command in ("PRIVMSG", "NICK")
        ]
        assert ann.events("irc.message") == []


# --- who may ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("PRIVMSG", "411 ann :No recipient given"),
        ("PRIVMSG :", "411 ann :No recipient given"),
        ("PRIVMSG #a", "412 ann :No text to send"),
        ("PRIVMSG #a :", "412 ann :No text to send"),
        ("PRIVMSG #none :hi", "403 ann #none :No such channel"),
        ("PRIVMSG @#none :hi", "403 ann @#none :No such channel"),
        ("PRIVMSG nobody :hi", "401 ann nobody :No such nick/channel"),
        ("PRIVMSG @nobody :hi", "401 ann @nobody :No such nick/channel"),
        ("PRIVMSG #n :hi", "404 ann #n :Cannot send to channel"),
        ("TAGMSG", "411 ann :No recipient given"),
        ("TAGMSG #none", "403 ann #none :No such channel"),
    ],
)
@scene
async def test_what_cannot_be_is_refused(line: str, answer: str) -> None:
    """The application does not hear of it; a NOTICE is never answered."""
    async with Bench() as bench:
        await bench.member("bob", "#n")
        ann = await bench.member("ann", "#a", caps="message-tags")
        assert await ann.say(line) == [f":irc.test {answer}"]
        assert await ann.say(line.replace("PRIVMSG", "NOTICE")) == [] or line.startswith("TAGMSG")
        assert ann.events("irc.message") == []


@scene
async def test_modes_of_a_channel_are_kept_to() -> None:
    """Who is not voiced may not talk where that is so, nor who is banned; without mode n anybody may."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        await ann.say("MODE #a -n")
        eve = await bench.member("eve")
        assert await eve.codes("PRIVMSG #a :hi") == []
        await ann.say("MODE #a +mn")
        assert await bob.codes("PRIVMSG #a :hi", "NOTICE #a :hi") == ["MODE", "404"]
        await ann.say("MODE #a +v bob")
        assert await bob.codes("PRIVMSG #a :hi") == ["MODE"]
        await ann.say("MODE #a -mv+b bob bob")
        assert await bob.codes("PRIVMSG #a :hi") == ["MODE", "404"]


@scene
async def test_a_sign_before_a_channel_is_for_some() -> None:
    """The application sees whom."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        assert await ann.say("PRIVMSG @#a :ops", "PRIVMSG +#a :voices") == []
        assert told(ann, "target", "channel", "is_private") == [("@#a", "#a", False), ("+#a", "#a", False)]


@scene
async def test_who_is_away_is_told_of() -> None:
    """To who says something, not to a NOTICE; it is said all the same."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", caps="message-tags"), await bench.member("bob")
        await bob.say("AWAY :at lunch")
        assert await ann.say("PRIVMSG bob :hi", "NOTICE bob :hi", "TAGMSG bob") == [
            ":irc.test 301 ann bob :at lunch"
        ]
        assert len(ann.events("irc.message")) == 3


# --- tags ------------------------------------------------------------------------------------------


@scene
async def test_tags_of_clients_are_passed() -> None:
    """Those that a client may send, where it has agreed to do so."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a", caps="message-tags"), await bench.member("bob", "#a")
        await ann.say("@+react=x\\sy;time=1;+a\\b=1;+draft/reply=2 PRIVMSG #a :hi")
        await bob.say("@+react=x PRIVMSG #a :hi")
        assert told(ann, "tags") == [({"+react": "x y", "+draft/reply": "2"},)]
        assert told(bob, "tags") == [({},)]


@scene
async def test_a_message_of_tags_alone_needs_them() -> None:
    """Who has not agreed on tags cannot send one."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a", caps=TALK), await bench.member("bob", "#a")
        (line,) = await ann.say("@+typing=active TAGMSG #a :text")
        (event,) = ann.events("irc.message")
        assert (event["command"], event["text"], event["tags"]) == ("TAGMSG", "", {"+typing": "active"})
        assert line == f"@msgid={event['id']};+typing=active :ann!~ann@{HOST} TAGMSG #a"
        assert await bob.codes("TAGMSG #a") == ["421"]


@scene
async def test_tags_have_a_limit() -> None:
    """As many as may be are taken, one more is not."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps=TALK)
        assert await ann.codes(f"@+a={'x' * 4091} TAGMSG #a") == ["TAGMSG"]
        assert await ann.say(f"@+a={'x' * 4092} TAGMSG #a") == [":irc.test 417 ann :Input line was too long"]
        assert len(ann.events("irc.message")) == 1


# --- the echo --------------------------------------------------------------------------------------


@scene
async def test_who_wants_an_echo_gets_it() -> None:
    """With the name and the time that the application knows it by; not what was refused."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps=f"{TALK} server-time account-tag")
        line, refused = await ann.say("@+x=1 PRIVMSG #a :hi", "PRIVMSG #none :hi")
        (event,) = ann.events("irc.message")
        assert line == f"@msgid={event['id']};+x=1;time={TIME} :ann!~ann@{HOST} PRIVMSG #a :hi"
        assert " 403 " in refused


@scene
async def test_an_echo_is_what_others_get() -> None:
    """An action is one; what would be cut on its way to others is not taken, so that nothing is lost unseen."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="echo-message")
        assert await ann.codes("PRIVMSG #a :\x01ACTION waves\x01") == ["PRIVMSG"]
        for letter in "yä":
            text = letter * ((510 - len(f":ann!~ann@{HOST} PRIVMSG #a :")) // len(letter.encode()))
            (line,) = await ann.say(f"PRIVMSG #a :{text}")
            assert line.endswith(f" :{text}") and len(line.encode()) > 508
            for command in ("PRIVMSG", "NOTICE"):
                assert await ann.codes(f"{command} #a :{text}{letter * 2}") == ["417"]
        assert len(ann.events("irc.message")) == 3


@scene
async def test_several_targets_are_several_echoes() -> None:
    """A batch, where they have a label."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps=f"{TALK} batch labeled-response")
        assert await ann.codes("@label=1 PRIVMSG #a,ann :hi") == ["BATCH", "PRIVMSG", "PRIVMSG", "BATCH"]
        assert await ann.codes("@label=2 NOTICE #none,nobody :hi") == ["ACK"]


@scene
async def test_a_bot_is_marked() -> None:
    """By its mode."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps=TALK)
        await ann.say("MODE ann +B")
        (line,) = await ann.say("PRIVMSG #a :beep")
        assert line.split()[0].endswith(";bot")

"""Who hears a message."""

import pytest

from interfaces.irc.gateway.relaying import OTHER_TAGS, TAGS, author, find, message_of, relay, split, tags_of
from interfaces.irc.gateway.saying import Message
from interfaces.shared.errors import ApplicationError
from tests.irc.gateway.support import NOW, Bench, scene

HOST = "ehwbaorq.po76idei.6af3epo2.ip"


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("#a", ("", "#a")),
        ("@#a", ("@", "#a")),
        ("+#a", ("+", "#a")),
        ("ann", ("", "")),
        ("@ann", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_target_has_parts(target: str, parts: tuple[str, str]) -> None:
    """A sign only before a channel."""
    assert split(target) == parts


@scene
async def test_a_sign_names_those_who_have_it() -> None:
    """Operators hear what is for the voiced, not the other way."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        await bench.member("bob", "#a")
        await bench.member("eve", "#a")
        await ann.say("MODE #a +v bob")

        def named(target: str) -> list[str]:
            return [user.nick for user in find(bench.gateway.roster, target)[0]]

        assert named("#A") == ["ann", "bob", "eve"]
        assert named("@#a") == ["ann"] and named("+#a") == ["ann", "bob"]
        assert named("BOB") == ["bob"] and named("nobody") == named("#none") == []


@scene
async def test_who_says_it_does_not_hear_it() -> None:
    """In a channel; who talks to itself does."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        said = Message(f"ann!~ann@{HOST}", "PRIVMSG", "#a", "hi", NOW)
        assert relay(bench.gateway, said) and relay(bench.gateway, said._replace(target="ann", text="me"))
        assert await bob.lines() == [f":ann!~ann@{HOST} PRIVMSG #a :hi"]
        assert await ann.lines() == [f":ann!~ann@{HOST} PRIVMSG ann :me"]
        assert not relay(bench.gateway, said._replace(target="#b"))
        assert not relay(bench.gateway, said._replace(target="nobody"))


@scene
async def test_one_that_is_not_in_yet_is_nobody() -> None:
    """Although it holds its nick."""
    async with Bench() as bench:
        await bench.connect().say("NICK ann")
        assert not relay(bench.gateway, Message("x", "PRIVMSG", "ann", "hi", NOW))


@scene
async def test_an_author_is_completed() -> None:
    """By who has the nick, where nothing else is said of it; else by our server."""
    async with Bench() as bench:
        gateway = bench.gateway
        ann = await bench.member("ann")
        user = ann.client.user
        user.account = "anna"
        source = user.source
        assert author(gateway, "ann") == author(gateway, {"nick": "ann"}) == (source, "anna", {})
        assert author(gateway, user.says()) == (source, "anna", {})
        assert (
            author(gateway, "web")
            == author(gateway, {"nick": "web", "user": None})
            == ("web!web@irc.test", None, {})
        )
        assert author(gateway, "ann!a@slack") == ("ann!a@slack", None, {})
        assert author(gateway, {"nick": "ann", "host": "slack", "account": "x"}) == ("ann!ann@slack", "x", {})
        await ann.say("MODE ann +B")
        assert author(gateway, "ann")[2] == {"bot": ""}


@scene
async def test_a_message_has_a_name_and_a_time() -> None:
    """Its own, or those of here; tags that are ours to give are not taken."""
    async with Bench() as bench:
        given = {"type": "irc.deliver", "source": "web", "target": "#a", "text": "hi"}
        made = message_of(bench.gateway, given)
        assert made == Message("web!web@irc.test", "PRIVMSG", "#a", "hi", NOW, {"msgid": "id-1"})
        tags = {"msgid": "7", "time": "x", "account": "x", "batch": "x", "label": "x", "+react": "y"}
        made = message_of(
            bench.gateway, {**given, "tags": tags, "time": 5.0, "command": "NOTICE", "ctcp": "ACTION"}
        )
        assert made.tags == tags_of({"tags": tags}) == {"msgid": "7", "+react": "y"}
        assert (made.now, made.command, made.ctcp) == (5.0, "NOTICE", "ACTION")
        assert message_of(bench.gateway, {"source": "web", "target": "#a", "command": "TAGMSG"}).text == ""
        with pytest.raises(ApplicationError, match="'JOIN' is no PRIVMSG, NOTICE or TAGMSG"):
            message_of(bench.gateway, {**given, "command": "JOIN"})


@pytest.mark.parametrize("time", [1e300, -1e300, float("nan"), 1e15, "now"])
@scene
async def test_a_time_that_is_none_is_refused(time: object) -> None:
    """Before anybody hears of the message, whoever of them sees times."""
    async with Bench() as bench:
        said = {"source": "ann", "target": "#a", "text": "hi", "time": time}
        with pytest.raises(ApplicationError, match=r"^time: "):
            message_of(bench.gateway, said)


@pytest.mark.parametrize(
    "tags", [{"+a": "x" * TAGS}, {"msgid": "x" * OTHER_TAGS}, {"a b": "c"}, {"+a": "\0"}]
)
def test_tags_that_no_line_has_room_for_are_refused(tags: dict[str, str]) -> None:
    """Before anybody hears of the message, whoever of them sees tags."""
    with pytest.raises(ApplicationError):
        tags_of({"tags": tags})


def test_a_msgid_takes_no_room_from_a_clients_tags() -> None:
    """Who passes on a message that has as many as a client may send can name it."""
    tags = {"+a": "x" * (TAGS - len("@+a= ")), "msgid": "m"}
    assert tags_of({"tags": tags}) == tags

"""interfaces.testing.irc_communicator: what happens is an event as the contract has it, and what was said is told."""

import asyncio
from typing import Any, get_args, get_type_hints

import pytest

from interfaces.irc import messages
from interfaces.irc.client.events import Events
from interfaces.irc.line import Line, parse
from interfaces.irc.state import State
from interfaces.shared.errors import ApplicationError, NoRoute
from interfaces.testing.irc_communicator import IrcCommunicator
from tests.http_ws.harness import scene


class Script:
    """An application that says what it is told to each event, and keeps its scope and events."""

    def __init__(self, *said: Any, error: Exception | None = None) -> None:
        self.said = said
        self.error = error
        self.scope: Any = None
        self.events: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        while True:
            self.events.append(await receive())
            if self.events[-1]["type"] != "irc.result":
                for one in self.said:
                    await send(dict(one))
            if self.error is not None:
                raise self.error


KINDS = {
    word: kind
    for kind in messages.SCOPES[messages.IrcScope]
    if "attempt" in get_type_hints(kind)
    for word in get_args(get_type_hints(kind)["type"])
}
"""The contract of each event."""


def fits(event: Any, kind: Any) -> None:
    """All keys that it has to have, and no other."""
    assert kind.__required_keys__ <= event.keys() <= kind.__required_keys__ | kind.__optional_keys__, event


@pytest.mark.parametrize("mode", ["client", "gateway"])
@scene
async def test_what_happens_is_as_the_contract_has_it(mode: Any) -> None:
    """The scope, and every event that there is a method for."""
    script = Script()
    async with IrcCommunicator(script, mode=mode, network="libera", account="ada1") as irc:
        await irc.connect("#old")
        await irc.say("hi")
        await irc.notice("hi", irc.nick)
        await irc.action("waves")
        await irc.join("#new")
        await irc.join("#new", "eve")
        await irc.part("#new", text="bye")
        await irc.disconnect(1006, "cut")
    fits(script.scope, messages.IrcScope)
    assert script.scope["path"] == f"{mode}/libera"
    assert script.scope["account"] == ("libera/ada1" if mode == "gateway" else None)
    assert [one["type"] for one in script.events] == [
        "irc.connect", *["irc.message"] * 3, "irc.join", "irc.join", "irc.part", "irc.disconnect",
    ]  # fmt: skip
    for event in script.events:
        fits(event, KINDS[event["type"]])
        assert event["dedupe_key"] == f"irc:libera:{event['id']}"
    assert len({event["id"] for event in script.events}) == 8
    assert script.events[-1]["code"] == 1006


@scene
async def test_who_says_what_to_whom() -> None:
    """In a channel, to a few of it, or privately; ours is an echo; a gateway's client speaks itself."""
    async with IrcCommunicator(Script(), nick="me") as irc:
        public = (await irc.say("a", "@#ops", "eve!e@host")).event
        private = (await irc.say("b", "me", {"nick": "eve", "account": "eve1"})).event
        own = (await irc.say("c", "eve", "me", ctcp="VERSION", tags={"+x": "1"}, id="x1", time=5.0)).event
        done = (await irc.action("waves")).event
    assert (public["target"], public["channel"], public["is_private"]) == ("@#ops", "#ops", False)
    assert public["source"] == {"nick": "eve", "user": "e", "host": "host", "account": None}
    assert (private["channel"], private["is_private"], private["is_echo"]) == (None, True, False)
    assert private["source"] == {"nick": "eve", "user": None, "host": None, "account": "eve1"}
    assert (own["is_echo"], own["tags"], own["time"]) == (True, {"msgid": "x1", "+x": "1"}, 5.0)
    assert (done["source"]["nick"], done["ctcp"], done["text"]) == ("ada", "ACTION", "waves")
    async with IrcCommunicator(Script(), mode="gateway", nick="me") as irc:
        said = (await irc.say("a", "eve")).event
        assert (await irc.join()).event["asked"] and "asked" not in (await irc.join("#a", "eve")).event
    assert (said["source"]["nick"], said["is_echo"], said["is_private"]) == ("me", False, True)


@scene
async def test_what_was_said_is_told() -> None:
    """To each event what was sent for it, in order, by type and by text; what comes later comes later."""
    go = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "irc.send", "target": "#a", "text": "one"})
        await send({"type": "irc.join", "channel": "#b"})
        event = asyncio.ensure_future(receive())
        await go.wait()
        await send({"type": "irc.action", "target": "#a", "text": "later"})
        await event
        await send({"type": "irc.send", "target": "#a", "text": "end"})
        await receive()

    irc = IrcCommunicator(app)
    async with irc:
        said = await irc.connect()
        assert (said.texts, said.of("irc.join"), said.verdict) == (
            ["one"],
            [{"type": "irc.join", "channel": "#b"}],
            None,
        )
        go.set()
        assert (await irc.receive_output())["text"] == "later"
        assert (await irc.disconnect()).texts == ["end"]
    gateway = Script({"type": "irc.reject", "code": 465})
    async with IrcCommunicator(gateway, mode="gateway") as irc:
        assert (await irc.connect()).verdict == "reject"


@scene
async def test_results_come_to_who_waits() -> None:
    """For each message with an id one, with what the test says of it; answers and closes have none."""
    script = Script(
        {"type": "irc.send", "id": "a", "target": "#a", "text": "x"},
        {"type": "irc.join", "id": "b", "channel": "#a"},
        {"type": "irc.send", "target": "#a", "text": "nobody waits"},
        {"type": "irc.send", "id": "c", "reply_channel": "elsewhere", "target": "#a", "text": "x"},
        {"type": "irc.close", "id": "e"},
    )
    async with IrcCommunicator(script) as irc:
        irc.results["irc.join"] = {"ok": False, "error": "473 #a: Cannot join channel (+i)"}
        said = await irc.connect()
        assert len(said.sent) == 5
    results = {one["id"]: one for one in script.events[1:]}
    assert [*results] == ["a", "b"] and results["a"]["ok"] and results["b"]["error"].startswith("473")
    for result in results.values():
        fits(result, messages.IrcResult)
    script = Script(
        {"type": "irc.history", "id": "a", "messages": []},
        {"type": "irc.reject", "id": "b"},
        {"type": "irc.join", "id": "c", "channel": "#a"},
    )
    async with IrcCommunicator(script, mode="gateway") as irc:
        await irc.connect()
    assert [one["id"] for one in script.events[1:]] == ["c"]


@scene
async def test_what_is_wrong_is_raised() -> None:
    """What the application raises; what no network, or no gateway, is told; what is no plain value."""
    for error in (ValueError("mine"), NoRoute("nobody")):
        with pytest.raises(type(error), match=str(error)):
            await IrcCommunicator(Script(error=error)).connect()
    for wrong, words in (
        ({"type": "irc.sned"}, r"did you mean irc\.send"),
        ({"type": "irc.deliver"}, r"irc\.deliver: a network is told"),
        ({"type": "irc.send", "text": object()}, r"irc\.send: "),
        ({"type": "irc.send", "text": "a"}, r"irc\.send: target is a text"),
        ({"type": "irc.send", "target": "#a", "text": ""}, "nothing to say"),
        ({"type": "irc.kick", "channel": "#a", "target": "two nicks"}, "is no name on a network"),
        ({"type": "irc.topic", "channel": "#a", "text": "a\nQUIT"}, "CR, LF"),
        ({}, "None: a network is told"),
    ):
        with pytest.raises(ApplicationError, match=words):
            await IrcCommunicator(Script(wrong)).connect()
    with pytest.raises(ApplicationError, match=r"irc\.sned: a gateway knows irc\.send"):
        await IrcCommunicator(Script({"type": "irc.sned"}), mode="gateway").connect()
    with pytest.raises(ApplicationError, match=r"irc\.send: "):
        await IrcCommunicator(Script({"type": "irc.send", "text": object()}), mode="gateway").connect()
    async with IrcCommunicator(Script({"type": "irc.deliver"}), mode="gateway") as irc:
        assert len((await irc.connect()).sent) == 1


LINES = [
    ("say", ("hi",), {}, "ada", "PRIVMSG #test hi"),
    ("say", ("hi there", "@#test"), {"source": "eve!e@host"}, "eve!e@host", "PRIVMSG @#test :hi there"),
    ("notice", ("hi", "bot"), {}, "ada", "NOTICE bot hi"),
    ("action", ("waves",), {}, "ada", "PRIVMSG #test :\x01ACTION waves\x01"),
    ("say", ("", "bot"), {"ctcp": "VERSION"}, "ada", "PRIVMSG bot :\x01VERSION\x01"),
    ("say", ("",), {"command": "TAGMSG", "tags": {"+typing": "active"}}, "ada", "TAGMSG #test"),
    ("say", ("mine", "ada"), {"source": "bot"}, "bot", "PRIVMSG ada mine"),
    ("join", ("#a",), {}, "bot", "JOIN #a"),
    ("join", ("#a", "eve"), {}, "eve", "JOIN #a"),
    ("part", ("#a", "eve"), {"text": "bye"}, "eve", "PART #a bye"),
    (
        "event",
        ("kick", "eve"),
        {"channel": "#a", "target": "bot", "text": "", "is_self": True},
        "eve",
        "KICK #a bot",
    ),
    ("event", ("topic", "eve"), {"channel": "#a", "text": "Tea"}, "eve", "TOPIC #a Tea"),
]


@pytest.mark.parametrize(("word", "values", "named", "source", "line"), LINES)
@scene
async def test_it_is_what_a_client_makes_of_the_same(
    word: str, values: Any, named: Any, source: str, line: str
) -> None:
    """The line, as a network says it, is the same event, but for when it came."""
    async with IrcCommunicator(Script()) as irc:
        event = (await getattr(irc, word)(*values, **named)).event
        isupport = " ".join(f"{name}={value}" for name, value in irc.scope["isupport"].items())
    nick = source.partition("!")[0]
    source = source if "!" in source else f"{nick}!{nick}@{nick}.example"
    tags = ";".join(f"{key}={value}" for key, value in event["tags"].items())
    state = State("bot")
    for one in (":s 001 bot hi", f":s 005 bot {isupport} :are supported"):
        state.feed(line_of(one))
    made = Events("test", state, lambda: "none", "latin-1").of(
        line_of(f"@{tags} :{source} {line}"), None, event["received_at"]
    )
    assert made == event


def line_of(text: str) -> Line:
    """As it comes."""
    found = parse(text.encode())
    assert found is not None
    return found


@scene
async def test_who_hangs_is_told() -> None:
    """A test does not hang for ever."""

    async def hangs(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.Event().wait()

    irc = IrcCommunicator(hangs)
    irc.timeout = 0.01
    with pytest.raises(TimeoutError, match=r"not done with irc\.connect"):
        await irc.connect()
    irc.stop()
    assert "irc" in repr(irc)

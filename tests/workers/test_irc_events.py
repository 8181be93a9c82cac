"""IRC in event style: routes by what is said, answers, groups that reach the wire, and the questions of a gateway."""

import asyncio
from typing import Any, get_args, get_type_hints

import pytest

from interfaces.irc import messages
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import NoRoute
from interfaces.testing.irc_communicator import IrcCommunicator
from interfaces.workers.conversation import SKIPPED
from interfaces.workers.event_consumer import EventConsumer
from interfaces.workers.message import Group
from interfaces.workers.names import EVENTS
from interfaces.workers.outcome import DenyConnection
from interfaces.workers.routing import Routing, route, route_class
from tests.http_ws.harness import scene
from tests.workers.test_conversation import both


def deploy(message: Any, where: str = "") -> None:
    """Answer with what the route has found."""
    message.reply_channel.send({"target": message["channel"], "text": f"deploying {where}"})


def test_every_event_is_known() -> None:
    """All that an application is told of, so that a route of it is no mistake."""
    told = {
        word.removeprefix("irc.")
        for kind in messages.SCOPES[messages.IrcScope]
        if kind is messages.IrcResult or "attempt" in get_type_hints(kind)
        for word in get_args(get_type_hints(kind)["type"])
    }
    assert told == EVENTS["irc"]


@scene
async def test_what_is_said_chooses_the_function() -> None:
    """By its text, its channel, its network; what has no route is passed over."""
    routing = Routing(
        [
            route("irc.message", deploy, text=r"^!deploy (?P<where>\w+)", channel=r"#ops$", path="client/libera"),
            route(["irc.join", "irc.account", "irc.setname"], lambda message: message.reply_channel.send(
                {"type": "irc.send", "target": "#ops", "text": message["type"]}
            )),
        ]
    )  # fmt: skip
    assert routing.check() == []
    async with IrcCommunicator(routing, network="libera") as irc:
        assert (await irc.connect()).sent == []
        assert (await irc.say("!deploy web", "#ops")).sent == [
            {"type": "irc.send", "target": "#ops", "text": "deploying web"}
        ]
        assert (await irc.say("!deploy web", "#tea")).sent == (await irc.say("hello", "#ops")).sent == []
        assert (await irc.join("#ops", "eve")).texts == ["irc.join"]
        assert (await irc.event("setname", "eve", realname="Eve", account=None)).texts == ["irc.setname"]
        await irc.disconnect()
    with pytest.raises(NoRoute):
        async with IrcCommunicator(Routing([route("irc.message", deploy, path="client/libera")])) as irc:
            await irc.connect()


@scene
async def test_a_class_has_the_events_of_its_methods() -> None:
    """Also those that IRC alone has."""

    class Bot(EventConsumer):
        def irc_connect(self, message: Any) -> None:
            message.channel_session["nick"] = message["nick"]

        async def irc_account(self, message: Any) -> None:
            self.send({"target": message.channel_session["nick"], "text": str(message["account"])})

    async with IrcCommunicator(Routing([route_class(Bot)])) as irc:
        await irc.connect()
        assert (await irc.event("account", "eve", account="eve1")).texts == ["eve1"]


@pytest.mark.parametrize("far", [False, True], ids=["here", "there"])
@scene
async def test_a_group_reaches_the_wire(far: bool) -> None:
    """What is said to it, from anywhere, with a type or without; what is no word for others' ears is counted."""
    layer = LocalChannelLayer()
    SKIPPED.clear()

    def connect(message: Any) -> None:
        Group("ops").add(message.reply_channel)

    def told(message: Any) -> None:
        Group("ops").send({"type": "irc.action", "target": "#ops", "text": "waves"})

    app = both({"irc.connect": connect, "irc.message": told}, layer)[far]
    async with IrcCommunicator(app) as irc:
        assert (await irc.connect()).sent == []
        said = await irc.say("hi")
        assert (said.sent or [await irc.receive_output()])[0]["type"] == "irc.action"
        for word in ({"type": "irc.send", "target": "#ops", "text": "a"}, {"target": "#ops", "text": "b"}):
            await layer.group_send("ops", word)
            assert (await irc.receive_output())["text"] == word["text"]
        for wrong in ({"type": "irc.raw", "verb": "QUIT"}, {"type": "irc.close"}, {"close": True}):
            await layer.group_send("ops", wrong)
        await layer.group_send("ops", {"target": "#ops", "text": "c"})
        assert (await irc.receive_output())["text"] == "c" and SKIPPED["irc unknown"] == 3
        await irc.disconnect()


@scene
async def test_what_somebody_says_reaches_the_clients_of_a_group() -> None:
    """Without a consumer of theirs: a line delivered to a member of the group is one to its client."""
    layer = LocalChannelLayer()

    def joined(message: Any) -> None:
        Group("room").add(message.reply_channel)

    line = {"type": "irc.deliver", "source": "eve", "target": "#a", "text": "hi"}
    async with IrcCommunicator(Routing({"irc.join": joined}, layer=layer), mode="gateway") as irc:
        assert (await irc.connect()).verdict == "accept"
        assert (await irc.join("#a")).sent == [{"type": "irc.accept", "channel": "#a"}]
        await layer.group_send("room", line)
        assert await irc.receive_output() == line


def denies(message: Any) -> None:
    """Refuse, as of old."""
    raise DenyConnection


@pytest.mark.parametrize(
    ("consumer", "sent"),
    [
        (lambda message: None, [{"type": "irc.accept"}]),
        (denies, [{"type": "irc.reject"}]),
        (
            lambda message: message.reply_channel.send({"accept": False, "code": 465, "text": "no"}),
            [{"type": "irc.reject", "code": 465, "text": "no"}],
        ),
        (
            lambda message: message.reply_channel.send({"accept": True, "nick": "guest"}),
            [{"type": "irc.accept", "nick": "guest"}],
        ),
        (lambda message: message.reply_channel.send({"close": True}), [{"type": "irc.close"}]),
        (
            lambda message: message.reply_channel.send({"target": "ada", "text": "hi"}),
            [{"type": "irc.accept"}, {"type": "irc.send", "target": "ada", "text": "hi"}],
        ),
    ],
)
@scene
async def test_who_wants_to_connect_is_accepted_unless_refused(consumer: Any, sent: Any) -> None:
    """Before anything else is said."""
    async with IrcCommunicator(Routing({"irc.connect": consumer}), mode="gateway") as irc:
        assert (await irc.connect()).sent == sent


ACCEPT = {"type": "irc.accept", "channel": "#a"}


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        ([], [ACCEPT]),
        ([{"target": "ada", "text": "hi"}], [ACCEPT, {"type": "irc.send", "target": "ada", "text": "hi"}]),
        ([{"accept": True, "topic": "t"}], [{**ACCEPT, "topic": "t"}]),
        ([{"type": "irc.accept"}], [ACCEPT]),
        ([{"accept": False, "code": 473}], [{"type": "irc.reject", "channel": "#a", "code": 473}]),
        (
            [{"target": "ada", "text": "sorry"}, {"type": "irc.reject", "channel": "#a"}],
            [{"type": "irc.send", "target": "ada", "text": "sorry"}, {"type": "irc.reject", "channel": "#a"}],
        ),
    ],
)
@scene
async def test_who_wants_to_join_is_accepted_unless_refused(words: Any, sent: Any) -> None:
    """The channel is that of the question; who joins beside us asks nothing."""

    def join(message: Any) -> None:
        for one in words if message.get("asked") else ():
            message.reply_channel.send(one)

    async with IrcCommunicator(Routing({"irc.join": join}), mode="gateway") as irc:
        await irc.connect()
        assert (await irc.join("#a")).sent == sent
        assert (await irc.join("#a", "eve")).sent == []
    async with IrcCommunicator(Routing({"irc.connect": lambda message: None}), mode="gateway") as irc:
        await irc.connect()
        assert (await irc.join("#a")).sent == [ACCEPT]


@scene
async def test_who_asks_for_a_history_gets_one() -> None:
    """An empty one where nobody has one to tell."""

    def history(message: Any) -> None:
        if message["target"] == "#a":
            message.reply_channel.send({"type": "irc.history", "messages": [{"text": "old"}]})

    async with IrcCommunicator(Routing({"irc.history": history}), mode="gateway") as irc:
        await irc.connect()
        for target, found in (("#a", [{"text": "old"}]), ("#b", [])):
            said = await irc.event("history", subcommand="LATEST", target=target, bounds=["*"], limit=9)
            assert said.sent == [{"type": "irc.history", "id": said.event["id"], "messages": found}]


@scene
async def test_a_result_is_an_event() -> None:
    """Of what was said with an id; it is told in its turn."""
    found = []

    def heard(message: Any) -> None:
        message.reply_channel.send({"target": "#a", "text": "hi", "id": "r1"})

    async with IrcCommunicator(
        Routing(
            {"irc.message": heard, "irc.result": lambda message: found.append((message["id"], message["ok"]))}
        )
    ) as irc:
        await irc.connect()
        await irc.say("x")
        await asyncio.sleep(0)
    assert found == [("r1", True)]

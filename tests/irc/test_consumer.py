"""interfaces.irc.consumer: which handler has an event, what its words become, and what it knows of its connection."""

import asyncio
import threading
from collections import Counter
from typing import Any

import pytest

from interfaces.irc.consumer import IrcConsumer
from interfaces.shared import consumer
from interfaces.shared.consumer import StopConsumer
from interfaces.shared.errors import ApplicationError
from interfaces.testing.irc_communicator import IrcCommunicator
from tests.http_ws.harness import scene

EVENT = object()
"""Stands for the event in the values of a word."""


class Heard(IrcConsumer):
    """Keeps which of its handlers were called."""

    names: Any = ()

    def __getattr__(self, name: str) -> Any:
        if name not in type(self).names:
            raise AttributeError(name)

        async def handler(message: Any, *args: str) -> None:
            self.scope["heard"].append(" ".join((name, *args)))

        return handler


async def heard(names: str, *events: tuple[Any, ...], mode: Any = "client", **settings: Any) -> list[str]:
    """Of a consumer that has these handlers: those that events go to, in order."""
    kind = type("Heard", (Heard,), {"names": names.split(), **settings})
    found: list[str] = []
    async with IrcCommunicator(kind.as_asgi(), mode=mode, scope={"heard": found}) as irc:
        await irc.connect()
        for word, *values in events:
            named = values.pop() if word != "given" and values and isinstance(values[-1], dict) else {}
            await getattr(irc, word)(*values, **named)
    return found


async def told(
    word: str, *values: Any, mode: Any = "client", event: Any = ("say", "hi"), **named: Any
) -> list[Any]:
    """What is sent by a consumer that says one word to an event; the same in the loop, and on a thread."""

    class Async(IrcConsumer):
        async def irc_message(self, message: Any) -> None:
            await getattr(self, word)(*(message if one is EVENT else one for one in values), **named)

        irc_join = irc_history = irc_kick = irc_notice = irc_message

    class Sync(IrcConsumer):
        def irc_message(self, message: Any) -> None:
            assert threading.current_thread() is not threading.main_thread()
            getattr(self, word)(*(message if one is EVENT else one for one in values), **named)

        irc_join = irc_history = irc_kick = irc_notice = irc_message

    found = []
    for app in (Async.as_asgi(), Sync.as_asgi()):
        async with IrcCommunicator(app, mode=mode) as irc:
            await irc.connect()
            name, *rest = event
            keywords = rest.pop() if rest and isinstance(rest[-1], dict) else {}
            found.append((await getattr(irc, name)(*rest, **keywords)).sent)
    assert found[0] == found[1]
    return found[0]


async def sent(word: str, *values: Any, **named: Any) -> dict[str, Any]:
    """The one message that is sent, without what marks its repeats."""
    [found] = await told(word, *values, **named)
    found.pop("dedupe_key", None)
    return dict(found)


# --- which handler ---


@pytest.mark.parametrize(
    ("event", "fine", "coarse"),
    [
        (("say", "hi"), "", "irc_message"),
        (("say", "hi", "bot"), "", "irc_message"),
        (("action", "waves"), "irc_action", "irc_message"),
        (("notice", "hi"), "irc_notice", ""),
        (("say", "", {"command": "TAGMSG"}), "irc_tagmsg", ""),
        (("say", "", {"ctcp": "VERSION"}), "irc_ctcp", ""),
        (("join",), "irc_join", ""),
        (("part", "#a", "ada"), "irc_part", ""),
        (("event", "account", "ada", {"account": "x"}), "irc_account", ""),
        (("event", "raw", "server", {"verb": "301"}), "irc_raw", ""),
    ],
)
@scene
async def test_the_finer_handler_has_it(event: Any, fine: str, coarse: str) -> None:
    """Actions go to the messages where they have no handler; what programs say goes nowhere else."""
    assert await heard("irc_message", event) == ([coarse] if coarse else [])
    assert await heard(f"irc_message {fine}", event) == [fine or coarse]


@scene
async def test_what_is_not_to_be_heard_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Echoes, histories and notices, as the class says; counted, as what is not known."""
    monkeypatch.setattr(consumer, "UNKNOWN", Counter())
    events = [
        ("say", "a", "#test", "bot"),
        ("say", "b", {"is_history": True}),
        ("notice", "c"),
        ("event", "new"),
    ]
    assert await heard("irc_message", *events) == ["irc_message"]
    assert consumer.UNKNOWN == {
        "Heard irc.connect": 1, "Heard irc.message echo": 1, "Heard irc.message": 1, "Heard irc.new": 1,
    }  # fmt: skip
    assert await heard("irc_message", *events, ignore_self=False, ignore_notices=False) == ["irc_message"] * 3
    assert await heard("irc_message", *events, ignore_history=True) == []


@scene
async def test_what_is_no_event_is_passed_over() -> None:
    """Whatever an event lacks or has, the consumer lives on; what is no method of a handler's name is not called."""

    class Bot(IrcConsumer):
        async def irc_message(self, message: Any) -> None:
            await self.say("#a", "alive")

    async with IrcCommunicator(Bot.as_asgi()) as irc:
        for event in (
            {"type": "irc."}, {"type": "irc.connect"}, {"type": "irc.join"}, {"type": "irc.kick", "is_self": True},
            {"type": "irc.nick", "is_self": True}, {"type": "irc.message", "command": "NOTICE"}, {"type": "chat.new"},
            {"type": "irc.result", "id": "none"}, {"type": "say"}, {"type": "_say"}, {"type": "command.x"},
        ):  # fmt: skip
            assert (await irc.given(event)).sent == []
        assert (await irc.given({"type": "irc.message"})).texts == ["alive"]


@scene
async def test_other_events_are_handled_as_by_any_consumer() -> None:
    """Those of a channel layer, and results that nobody has waited for."""
    events = [("given", {"type": "chat.line"}), ("given", {"type": "irc.result", "id": "1"})]
    assert await heard("chat_line irc_result", *events) == ["chat_line", "irc_result"]


# --- commands ---


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (("say", "!deploy web now"), "command_deploy web now"),
        (("say", "Bot: deploy web"), "command_deploy web"),
        (("say", "bot, deploy"), "command_deploy"),
        (("say", "deploy web", "bot"), "command_deploy web"),
        (("say", "deploy web"), "irc_message"),
        (("say", "!other"), "irc_message"),
        (("say", "!help"), "irc_message"),
        (("say", "!__class__"), "irc_message"),
        (("action", "!deploy"), "irc_message"),
        (("say", "!deploy", {"is_history": True}), "command_deploy"),
    ],
)
@scene
async def test_a_command_has_a_handler_of_its_own(event: Any, found: str) -> None:
    """With its words; what has none is a message as any other."""
    assert await heard("command_deploy irc_message", event) == [found]


@scene
async def test_who_programs_say_commands_to() -> None:
    """Not to us in a NOTICE, nor in our own echo; at a gateway nobody speaks to the gateway by its client's name."""
    events = [("notice", "!deploy"), ("say", "!deploy", "#test", "bot")]
    assert await heard("command_deploy irc_message", *events) == []
    events = [("say", "ada: deploy"), ("say", "deploy", "ada"), ("say", "!deploy")]
    found = await heard("command_deploy irc_message", *events, mode="gateway")
    assert found == ["irc_message", "irc_message", "command_deploy"]


@scene
async def test_the_prefix_is_the_classes_own() -> None:
    """Or there is none; our name is the one that we have at the moment, as the network compares it."""
    events = [("say", "!deploy"), ("say", ".deploy"), ("say", "bot: deploy")]
    assert await heard("command_deploy", *events, prefix=".") == ["command_deploy"] * 2
    assert await heard("command_deploy", *events, prefix="") == ["command_deploy"]
    renamed = ("event", "nick", None, {"new_nick": "B[t", "is_self": True})
    assert await heard("command_deploy", renamed, ("say", "b{T: deploy"), ("say", "bot: deploy")) == [
        "command_deploy"
    ]


class Helper(IrcConsumer):
    """Two commands, one of which needs a word."""

    async def command_deploy(self, message: Any, where: str, when: str = "now") -> None:
        """Deploy it."""
        await self.reply(message, f"{where} {when}")

    def command_status(self, message: Any) -> None:
        """Say how it stands."""
        self.reply(message, "fine")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("!help", "!deploy, !status; !help COMMAND says more"),
        ("bot: help", "!deploy, !status; !help COMMAND says more"),
        ("!help deploy", "!deploy WHERE [WHEN]: Deploy it."),
        ("!help !status", "!status: Say how it stands."),
        ("!deploy", "usage: !deploy WHERE [WHEN]"),
    ],
)
@scene
async def test_help_is_a_notice_to_who_has_asked(text: str, answer: str) -> None:
    """So that no program answers it, and the channel does not read it."""
    async with IrcCommunicator(Helper.as_asgi()) as irc:
        await irc.connect()
        [found] = (await irc.say(text)).sent
    found.pop("dedupe_key")
    assert found == {"type": "irc.send", "target": "ada", "text": answer, "notice": True}


@scene
async def test_a_command_is_given_what_it_takes() -> None:
    """What is too much is no mistake, in a coroutine function and in a plain one."""
    async with IrcCommunicator(Helper.as_asgi()) as irc:
        await irc.connect()
        assert (await irc.say("!deploy web")).texts == ["web now"]
        assert (await irc.say("!deploy web at  noon")).texts == ["web at  noon"]
        assert (await irc.say("!status of everything")).texts == ["fine"]


# --- words ---

CHANNEL, PRIVATE = ("say", "hi", "@#ops"), ("say", "hi", "bot")


@pytest.mark.parametrize(
    ("event", "named", "message"),
    [
        (CHANNEL, {}, {"target": "@#ops", "text": "yes", "reply_to": "m2"}),
        (PRIVATE, {}, {"target": "ada", "text": "yes", "reply_to": "m2"}),
        (CHANNEL, {"address": True}, {"target": "@#ops", "text": "ada: yes", "reply_to": "m2"}),
        (PRIVATE, {"address": True}, {"target": "ada", "text": "yes", "reply_to": "m2"}),
        (CHANNEL, {"notice": True, "reply_to": None}, {"target": "@#ops", "text": "yes", "notice": True}),
        (("join", "#a", "eve"), {"address": True}, {"target": "#a", "text": "eve: yes"}),
        (("event", "kick", "eve", {"channel": "#a", "target": "x"}), {}, {"target": "#a", "text": "yes"}),
    ],
)  # fmt: skip
@scene
async def test_a_reply_goes_where_the_event_came_from(event: Any, named: Any, message: Any) -> None:
    """To a channel, to its few, or to the person; it says which message it answers."""
    assert await sent("reply", EVENT, "yes", event=event, **named) == {"type": "irc.send", **message}


@scene
async def test_a_notice_is_never_answered() -> None:
    """By mistake at least: to say something is to be said."""
    with pytest.raises(ApplicationError, match="a NOTICE is never answered"):
        await told("reply", EVENT, "yes", event=("notice", "hi"))
    assert await sent("say", "ada", "yes", event=("notice", "hi")) == {
        "type": "irc.send", "target": "ada", "text": "yes",
    }  # fmt: skip


@scene
async def test_an_answer_is_marked_as_that_of_its_message() -> None:
    """So that a message which a history tells again is answered once; or by one's own mark, or none."""

    class Bot(IrcConsumer):
        async def irc_message(self, message: Any) -> None:
            await self.reply(message, "a")
            await self.say("#test", "b")
            await self.action("#ops", "waves")
            await self.reply(message, "c", dedupe_key=None)
            await self.reply(message, "d", dedupe_key="mine")

    async with IrcCommunicator(Bot.as_asgi()) as irc:
        first = await irc.say("hi", id="x1")
        again = await irc.say("hi", id="x1", is_history=True)
        without = await irc.given({**first.event, "tags": {}})
    keys = [one.get("dedupe_key") for one in first.sent]
    base = "irc:test:x1"
    assert keys == [f"{base} #test reply 1", f"{base} #test reply 2", f"{base} #ops reply 1", None, "mine"]
    assert again.sent == first.sent
    assert [one.get("dedupe_key") for one in without.sent] == [None, None, None, None, "mine"]


@pytest.mark.parametrize(
    ("word", "values", "message"),
    [
        ("say", ("#a", "hi"), {"type": "irc.send", "target": "#a", "text": "hi"}),
        ("action", ("#a", "waves"), {"type": "irc.action", "target": "#a", "text": "waves"}),
        ("join", ("#a",), {"type": "irc.join", "channel": "#a"}),
        ("join", ("#a", "key"), {"type": "irc.join", "channel": "#a", "key": "key"}),
        ("part", ("#a", "bye"), {"type": "irc.part", "channel": "#a", "text": "bye"}),
        ("topic", ("#a", ""), {"type": "irc.topic", "channel": "#a", "text": ""}),
        ("kick", ("#a", "eve"), {"type": "irc.kick", "channel": "#a", "target": "eve"}),
        (
            "set_mode", ("#a", ("+o", "dan"), "-m"),
            {"type": "irc.mode", "target": "#a", "modes": [["+o", "dan"], ["-m", ""]]},
        ),
        ("set_nick", ("bot2",), {"type": "irc.nick", "nick": "bot2"}),
        ("away", ("lunch",), {"type": "irc.away", "text": "lunch"}),
        ("away", (), {"type": "irc.away"}),
        ("invite", ("#a", "dan"), {"type": "irc.invite", "channel": "#a", "target": "dan"}),
        (
            "history", ("#a",),
            {"type": "irc.history", "target": "#a", "subcommand": "LATEST", "bounds": ["*"], "limit": 100},
        ),
        (
            "history", ("#a", "BETWEEN", "msgid=1", "msgid=2"),
            {
                "type": "irc.history", "target": "#a", "subcommand": "BETWEEN", "bounds": ["msgid=1", "msgid=2"],
                "limit": 100,
            },
        ),
        ("raw", ("WHO", "#a"), {"type": "irc.raw", "verb": "WHO", "params": ["#a"]}),
        ("close", ("bye",), {"type": "irc.close", "reason": "bye"}),
    ],
)  # fmt: skip
@scene
async def test_a_word_is_a_message(word: str, values: Any, message: Any) -> None:
    """The same of a coroutine function and of a plain one; what is not said is left out."""
    assert await sent(word, *values) == message


@scene
async def test_a_result_is_waited_for() -> None:
    """``wait`` gives it, and other events have their turn after it."""
    found: list[Any] = []

    class Async(IrcConsumer):
        async def irc_message(self, message: Any) -> None:
            found.append((await self.reply(message, "a", wait=5))["error"])
            found.append((await self.join("#b", wait=5))["ok"])

    class Sync(IrcConsumer):
        def irc_message(self, message: Any) -> None:
            found.append(self.reply(message, "a", wait=5)["error"])
            found.append(self.join("#b", wait=5)["ok"])

    for app in (Async.as_asgi(), Sync.as_asgi()):
        async with IrcCommunicator(app) as irc:
            irc.results["irc.send"] = {"ok": False, "error": "404 #test: Cannot send to channel"}
            await irc.say("hi")
    assert found == ["404 #test: Cannot send to channel", True] * 2


# --- a gateway ---


@scene
async def test_who_asks_is_accepted_without_a_word() -> None:
    """To connect and to join, also where there is no handler; a history is empty then."""

    class Silent(IrcConsumer):
        async def irc_connect(self, message: Any) -> None: ...

        def irc_join(self, message: Any) -> None: ...

    for kind in (IrcConsumer, Silent):
        async with IrcCommunicator(kind.as_asgi(), mode="gateway") as irc:
            assert (await irc.connect()).sent == [{"type": "irc.accept"}]
            assert (await irc.join("#a")).sent == [{"type": "irc.accept", "channel": "#a"}]
            assert (await irc.join("#a", "eve")).sent == []
            asked = await irc.event("history", subcommand="LATEST", target="#a", bounds=["*"], limit=5)
            assert asked.sent == [{"type": "irc.history", "id": asked.event["id"], "messages": []}]
        async with IrcCommunicator(kind.as_asgi()) as irc:
            assert (await irc.connect()).sent == (await irc.join("#a")).sent == []


@pytest.mark.parametrize(
    ("word", "values", "named", "message"),
    [
        ("accept", (), {"nick": "guest"}, {"type": "irc.accept", "nick": "guest"}),
        ("reject", ("no", 465), {}, {"type": "irc.reject", "text": "no", "code": 465}),
        ("close", ("bye",), {}, {"type": "irc.close", "reason": "bye"}),
        ("send", ({"type": "irc.accept"},), {}, {"type": "irc.accept"}),
    ],
)
@scene
async def test_who_asks_to_connect_hears_what_is_said(
    word: str, values: Any, named: Any, message: Any
) -> None:
    """And nothing after it."""

    class Bot(IrcConsumer):
        async def irc_connect(self, message: Any) -> None:
            await getattr(self, word)(*values, **named)

    async with IrcCommunicator(Bot.as_asgi(), mode="gateway") as irc:
        assert (await irc.connect()).sent == [message]


@pytest.mark.parametrize(
    ("event", "word", "values", "named", "message"),
    [
        (("join", "#A"), "accept", (), {"topic": "t"}, {"type": "irc.accept", "channel": "#A", "topic": "t"}),
        (("join", "#A"), "reject", (), {"code": 473}, {"type": "irc.reject", "channel": "#A", "code": 473}),
        (("event", "history"), "reject", ("no",), {}, {"type": "irc.reject", "text": "no", "id": "m2"}),
        (
            ("event", "history"), "answer_history", (EVENT, [{"text": "a"}]), {},
            {"type": "irc.history", "id": "m2", "messages": [{"text": "a"}]},
        ),
        (
            ("say", "hi"), "deliver", ("eve!e@h", "#a", "hi"), {"tags": {"msgid": "1"}},
            {
                "type": "irc.deliver", "source": "eve!e@h", "target": "#a", "text": "hi", "command": "PRIVMSG",
                "tags": {"msgid": "1"},
            },
        ),
        (
            ("say", "hi"), "numeric", ("FAIL", "JOIN", "CLOSED"), {"text": "Not now"},
            {"type": "irc.numeric", "code": "FAIL", "params": ["JOIN", "CLOSED"], "text": "Not now"},
        ),
        (
            ("say", "hi"), "relay", (EVENT, "HI"), {"time": None},
            {
                "type": "irc.deliver", "target": "#test", "text": "HI", "command": "PRIVMSG", "relay": True,
                "source": {"nick": "ada", "user": "ada", "host": "ada.example", "account": None},
                "tags": {"msgid": "m2"},
            },
        ),
        (
            ("action", "waves", "eve", {"tags": {"+typing": "done", "label": "1"}}), "relay", (EVENT,), {},
            {
                "type": "irc.deliver", "target": "eve", "text": "waves", "command": "PRIVMSG", "relay": True,
                "source": {"nick": "ada", "user": "ada", "host": "ada.example", "account": None}, "ctcp": "ACTION",
                "tags": {"+typing": "done", "msgid": "m2"}, "time": 1700000002.0,
            },
        ),
    ],
)  # fmt: skip
@scene
async def test_a_gateways_word_is_a_message(
    event: Any, word: str, values: Any, named: Any, message: Any
) -> None:
    """A question is answered by its own name; what somebody says is passed on as it was said."""
    assert await told(word, *values, mode="gateway", event=event, **named) == [message]


@scene
async def test_all_that_is_said_is_relayed_where_the_class_says_so() -> None:
    """Before a handler has it, which says more; never on somebody else's network."""

    class Lounge(IrcConsumer):
        relay_messages = True

        async def command_time(self, message: Any) -> None:
            await self.reply(message, "noon")

    async with IrcCommunicator(Lounge.as_asgi(), mode="gateway") as irc:
        await irc.connect()
        for word, target in (("say", "#test"), ("notice", "eve"), ("action", "#test")):
            [found] = (await getattr(irc, word)("hi", target)).sent
            assert (found["type"], found["target"], found["relay"]) == ("irc.deliver", target, True)
        assert [one["type"] for one in (await irc.say("!time")).sent] == ["irc.deliver", "irc.send"]
        assert (await irc.say("!time")).of("irc.send")[0]["reply_to"] == "m6"
    async with IrcCommunicator(Lounge.as_asgi()) as irc:
        await irc.connect()
        assert (await irc.say("hi")).sent == []


# --- what it knows ---


@scene
async def test_the_connection_is_known() -> None:
    """Its network, its mode, the nick of the moment and the channels; they are gone when the end has been handled."""
    found: list[Any] = []

    class Bot(IrcConsumer):
        async def irc_message(self, message: Any) -> None:
            found.append((self.mode, self.network, self.nick, self.channels, self.user))

        async def irc_disconnect(self, message: Any) -> None:
            found.append(self.channels)
            self.scope["bot"] = self

    async with IrcCommunicator(Bot.as_asgi(), network="libera", scope={"user": "me"}) as irc:
        await irc.connect("#old", nick="bot_")
        await irc.join("#new")
        await irc.event("nick", new_nick="bot", is_self=True)
        await irc.say("a")
        await irc.part("#OLD")
        await irc.say("b")
        await irc.disconnect()
    assert found == [
        ("client", "libera", "bot", {"#old", "#new"}, "me"), ("client", "libera", "bot", {"#new"}, "me"), {"#new"},
    ]  # fmt: skip
    assert irc.session.scope["bot"].channels == set()


@scene
async def test_an_accepted_client_is_known() -> None:
    """Under the nick that it was given, in the channels that it was let into."""
    found: list[Any] = []

    class Lounge(IrcConsumer):
        async def irc_connect(self, message: Any) -> None:
            await self.accept(nick="guest1")

        async def irc_join(self, message: Any) -> None:
            if message["channel"] == "#ops":
                await self.reject(code=473)

        async def irc_message(self, message: Any) -> None:
            found.append((self.nick, self.channels))

    async with IrcCommunicator(Lounge.as_asgi(), mode="gateway") as irc:
        await irc.connect()
        await irc.join("#ops")
        await irc.join("#a")
        await irc.say("hi")
    assert found == [("guest1", {"#a"})]


@scene
async def test_events_that_are_handled_at_once_keep_apart() -> None:
    """With ``concurrency`` each answers its own question and marks its own answers, whatever comes meanwhile."""
    gates = {"#a": asyncio.Event(), "#b": asyncio.Event()}

    class Lounge(IrcConsumer):
        concurrency = 4

        async def irc_join(self, message: Any) -> None:
            await gates[message["channel"]].wait()
            if message["channel"] == "#b":
                await self.reject("no")

    async with IrcCommunicator(Lounge.as_asgi(), mode="gateway") as irc:
        await irc.connect()
        for channel in gates:
            assert (await irc.join(channel)).sent == []
        gates["#b"].set()
        assert await irc.receive_output() == {"type": "irc.reject", "text": "no", "channel": "#b"}
        gates["#a"].set()
        assert await irc.receive_output() == {"type": "irc.accept", "channel": "#a"}


@scene
async def test_an_error_is_the_applications_own() -> None:
    """What a handler raises is raised, and nobody is accepted then; one that is done is done."""

    class Bot(IrcConsumer):
        async def irc_connect(self, message: Any) -> None:
            raise self.scope["raises"]

    irc = IrcCommunicator(Bot.as_asgi(), mode="gateway", scope={"raises": ZeroDivisionError()})
    with pytest.raises(ZeroDivisionError):
        await irc.connect()
    assert not irc.outputs
    irc = IrcCommunicator(Bot.as_asgi(), mode="gateway", scope={"raises": StopConsumer()})
    assert (await irc.connect()).sent == [] and irc.session.ended


def test_settings_are_given_by_name() -> None:
    """Those that the class has."""
    bot = IrcConsumer(prefix=".", relay_messages=True)
    assert (bot.prefix, bot.relay_messages, bot.channels, bot.nick) == (".", True, set(), "")
    with pytest.raises(TypeError, match="has no attribute"):
        IrcConsumer(prefixx=".")

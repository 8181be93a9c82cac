"""interfaces.slack.consumer: which handler has an event, and what the words of a consumer become."""

import json
import threading
from collections import Counter
from typing import Any

import pytest

from interfaces.shared import consumer
from interfaces.shared.errors import ApplicationError
from interfaces.slack.consumer import SlackConsumer
from interfaces.slack.posted import Posted
from interfaces.testing.slack_communicator import Said, SlackCommunicator
from tests.http_ws.harness import scene
from tests.slack.harness import Desk

HOOK = "https://hooks.slack.com/x"
MESSAGE = {"ts": "5.5", "thread_ts": "4.4", "text": "old"}


class Heard(SlackConsumer):
    """Keeps which of its handlers were called."""

    names: Any = ()

    def __getattr__(self, name: str) -> Any:
        if name not in type(self).names:
            raise AttributeError(name)

        async def handler(message: Any) -> None:
            self.scope["heard"].append(name)

        return handler


async def heard(names: str, *events: tuple[Any, ...], **settings: Any) -> list[str]:
    """Of a consumer that has these handlers: those that events go to, in order."""
    kind = type("Heard", (Heard,), {"names": names.split(), **settings})
    found: list[str] = []
    communicator = SlackCommunicator(kind.as_asgi(), scope={"heard": found})
    for word, *values in events:
        named = values.pop() if values and isinstance(values[-1], dict) else {}
        await getattr(communicator, word)(*values, **named)
    return found


def saying(word: str, *values: Any, **named: Any) -> list[Any]:
    """Two consumers that say one word to whatever comes: in the loop, and on a thread."""

    class Async(SlackConsumer):
        async def slack_message(self, message: Any) -> None:
            await getattr(self, word)(*given(values, message), **named)

        slack_event = slack_command = slack_action = slack_view = slack_shortcut = slack_options = (
            slack_message
        )

    class Sync(SlackConsumer):
        def slack_message(self, message: Any) -> None:
            assert threading.current_thread() is not threading.main_thread()
            getattr(self, word)(*given(values, message), **named)

        slack_event = slack_command = slack_action = slack_view = slack_shortcut = slack_options = (
            slack_message
        )

    return [Async.as_asgi(), Sync.as_asgi()]


EVENT = object()
"""Stands for the event in the values of a word."""


def given(values: tuple[Any, ...], message: Any) -> list[Any]:
    """The values with the event in its place."""
    return [message if one is EVENT else one for one in values]


async def told(event: tuple[Any, ...], word: str, *values: Any, **named: Any) -> Said:
    """What both say; the same, that is."""
    name, *rest = event
    keywords = rest.pop() if rest and isinstance(rest[-1], dict) else {}
    found = [
        await getattr(SlackCommunicator(app), name)(*rest, **keywords)
        for app in saying(word, *values, **named)
    ]
    assert found[0] == found[1]
    return found[0]


async def sent(event: tuple[Any, ...], word: str, *values: Any, **named: Any) -> dict[str, Any]:
    """The one message that is sent, without what marks its repeats."""
    said = await told(event, word, *values, **named)
    [found] = said.sent
    found.pop("dedupe_key", None)
    return found


# --- which handler ---


@pytest.mark.parametrize(
    ("event", "fine", "coarse"),
    [
        (("message", "hi"), "", "slack_message"),
        (("message", "hi", {"subtype": "file_share"}), "message_file_share", "slack_message"),
        (("event", "reaction_added", {"reaction": "eyes"}), "event_reaction_added", "slack_event"),
        (("mention", "hi"), "event_app_mention", "slack_event"),
        (("command", "/deploy"), "command_deploy", "slack_command"),
        (("command", "/roll-back"), "command_roll_back", "slack_command"),
        (("action", "approve"), "action_approve", "slack_action"),
        (("action", "a.b/ü-1"), "action_a_b___1", "slack_action"),
        (("shortcut", "ticket"), "shortcut_ticket", "slack_shortcut"),
        (("shortcut", "ticket", MESSAGE), "shortcut_ticket", "slack_shortcut"),
        (("view", "feedback"), "view_feedback", "slack_view"),
        (("view_closed", "feedback"), "view_closed_feedback", "slack_view"),
        (("options", "city", "Be"), "options_city", "slack_options"),
    ],
)
@scene
async def test_the_finer_handler_has_it(event: Any, fine: str, coarse: str) -> None:
    """Each kind has a handler, and each id may have one of its own, which then has the event alone."""
    if event[0] == "shortcut" and isinstance(event[-1], dict):
        event = ("shortcut", "ticket", {"message": MESSAGE})
    assert await heard(coarse, event) == [coarse]
    assert await heard(f"{coarse} {fine}", event) == [fine or coarse]
    assert await heard("event_other command_other action_other view_other", event) == []


@scene
async def test_a_closed_view_is_no_submitted_one() -> None:
    """The handler of a submission does not run when somebody closes the view."""
    assert await heard("view_feedback", ("view_closed", "feedback")) == []


@scene
async def test_what_nobody_said_is_no_message() -> None:
    """Edits and joins go to a handler of their own, or are passed over; what is among ``subtypes`` is heard."""
    join = ("message", "", {"subtype": "channel_join"})
    edit = (
        "message",
        "",
        {"subtype": "message_changed", "message": {"user": "U1", "text": "new", "ts": "1.1"}},
    )
    assert await heard("slack_message", join, edit, ("message", "hi")) == ["slack_message"]
    names = "slack_message message_channel_join message_message_changed"
    assert await heard(names, join, edit) == names.split()[1:]
    assert await heard("slack_message", join, edit, subtypes=frozenset({"channel_join"})) == ["slack_message"]


@scene
async def test_bots_are_passed_over() -> None:
    """The app's own unless ``ignore_self`` is False, others unless ``ignore_bots`` is; who joins is always told."""
    own = ("message", "hi", {"user": "UBOT1", "bot_id": "B1"})
    reaction, join = (
        ("event", "reaction_added", {"user": "UBOT1"}),
        ("event", "member_joined_channel", {"user": "UBOT1"}),
    )
    other, old = ("message", "hi", {"bot_id": "B9"}), ("message", "hi", {"subtype": "bot_message"})
    both = "slack_message slack_event"
    assert await heard(both, own, reaction, other, old, join) == ["slack_event"]
    assert await heard(both, own, reaction, ignore_self=False) == ["slack_event"]
    assert await heard(both, own, reaction, ignore_self=False, ignore_bots=False) == both.split()
    assert await heard(both, own, other, old, ignore_bots=False) == ["slack_message"] * 2


@scene
async def test_what_is_passed_over_is_counted(monkeypatch: Any) -> None:
    """With the reason, and without anybody being called."""
    monkeypatch.setattr(consumer, "UNKNOWN", Counter())
    own, other = {"user": "UBOT1"}, {"bot_id": "B9"}
    events = [("message", "a", own), ("message", "a", other), ("message", "a", {"subtype": "channel_join"})]
    await heard("slack_message", *events, ("command", "/x"))
    assert consumer.UNKNOWN == {
        "Heard slack.message own": 1,
        "Heard slack.message bot": 1,
        "Heard slack.message channel_join": 1,
        "Heard slack.command": 1,
    }


@scene
async def test_methods_are_no_handlers() -> None:
    """An event cannot call what is none: neither a method of the consumer nor a private one."""
    for name in ("reply", "dispatch", "_say", ""):
        assert (
            await heard("slack_other", ("event", name or "x"), ("command", f"/{name}"), ("action", name))
            == []
        )


# --- acknowledgements ---


@pytest.mark.parametrize(
    ("event", "word", "values", "named", "ack"),
    [
        (("command", "/x"), "ack", (), {}, None),
        (
            ("command", "/x"), "ack", ("ok",), {"response_type": "in_channel"},
            {"text": "ok", "response_type": "in_channel"},
        ),
        (("command", "/x"), "ack", (), {"payload": {"text": "ok"}}, {"text": "ok"}),
        (("command", "/x"), "accept", (), {}, None),
        (("view", "x"), "errors", ({"b": "no"},), {}, {"response_action": "errors", "errors": {"b": "no"}}),
        (
            ("view", "x"), "ack", (), {"response_action": "update", "view": {"type": "modal"}},
            {"response_action": "update", "view": {"type": "modal"}},
        ),
        (
            ("options", "x", "a"), "options", (["a", ("Bee", "b"), {"value": "c"}],), {},
            {"options": [
                {"text": {"type": "plain_text", "text": "a"}, "value": "a"},
                {"text": {"type": "plain_text", "text": "Bee"}, "value": "b"},
                {"value": "c"},
            ]},
        ),
        (("options", "x", "a"), "options", (), {}, {"options": []}),
        (("options", "x", "a"), "options", (), {"groups": [{"label": 1}]}, {"option_groups": [{"label": 1}]}),
    ],
)  # fmt: skip
@scene
async def test_an_acknowledgement_says_what_was_said(
    event: Any, word: str, values: Any, named: Any, ack: Any
) -> None:
    """As Slack gets it, of a coroutine function and of a plain one."""
    said = await told(event, word, *values, **named)
    assert (said.verdict, said.ack, said.sent) == ("accept", ack, [])


@pytest.mark.parametrize(
    ("word", "values", "status", "body"),
    [
        ("ack", ("ok",), 200, b'{"text":"ok"}'),
        ("accept", (), 200, b""),
        ("errors", ({"b": "no"},), 200, b'{"response_action":"errors","errors":{"b":"no"}}'),
        ("options", (["a"],), 200, b'{"options":[{"text":{"type":"plain_text","text":"a"},"value":"a"}]}'),
        ("reject", (), 400, None),
        ("defer", (), 503, None),
    ],
)
@scene
async def test_a_word_is_what_slack_reads(word: str, values: Any, status: int, body: bytes | None) -> None:
    """Behind the server itself: the answer to a request that it posts."""
    for app in saying(word, *values):
        desk = Desk(app=app)
        answered = await desk.post("command=%2Fx&text=&user_id=U1&team_id=T1&channel_id=C1&trigger_id=1.2")
        assert answered.status == status
        if body is not None:
            assert json.loads(answered.body or b"null") == json.loads(body or b"null")


@pytest.mark.parametrize(("word", "values"), [("reject", ("no",)), ("reject", ()), ("defer", ())])
@scene
async def test_a_refusal_is_a_verdict(word: str, values: Any) -> None:
    """For good, or until it comes again."""
    assert (await told(("message", "hi"), word, *values)).verdict == word


@scene
async def test_what_is_no_option_is_a_mistake() -> None:
    """It is told at once, and not by Slack."""
    for wrong in (1, ("a", 1), ("a", "b", "c"), None):
        with pytest.raises(ApplicationError, match="an option is"):
            await told(("options", "x", "a"), "options", [wrong])


# --- where answers go ---


@pytest.mark.parametrize(
    ("event", "where"),
    [
        (("message", "hi", {"ts": "1.1"}), {"channel": "C1", "thread_ts": "1.1"}),
        (("message", "hi", {"ts": "2.2", "thread_ts": "1.1"}), {"channel": "C1", "thread_ts": "1.1"}),
        (("message", "hi", {"ts": "1.1", "channel": "D7"}), {"channel": "D7", "thread_ts": "1.1"}),
        (("mention", "hi", {"ts": "2.2", "thread_ts": "1.1"}), {"channel": "C1", "thread_ts": "1.1"}),
        (
            ("event", "reaction_added", {"item": {"type": "message", "channel": "C7", "ts": "1.1"}}),
            {"channel": "C7", "thread_ts": "1.1"},
        ),
        (("action", "x", {"message": MESSAGE}), {"channel": "C1", "thread_ts": "4.4"}),
        (("shortcut", "x", {"message": {"ts": "1.1"}}), {"channel": "C1", "thread_ts": "1.1"}),
    ],
)
@scene
async def test_a_reply_is_in_the_thread(event: Any, where: Any) -> None:
    """Of the message, or of that which the event is about."""
    found = await sent(event, "reply", EVENT, "yes", mrkdwn=False)
    assert found == {"type": "slack.send", "text": "yes", "mrkdwn": False, **where}


@scene
async def test_without_a_thread_a_reply_goes_to_the_response_url() -> None:
    """Of a command, of an ephemeral message, and of a view whose inputs gave one."""
    found = await sent(("command", "/x"), "reply", EVENT, "yes", response_type="in_channel")
    url = found.pop("response_url")
    assert url.startswith("https://hooks.slack.com/commands/T1/")
    assert found == {"type": "slack.respond", "text": "yes", "response_type": "in_channel"}
    hidden = {"container": {"type": "message", "message_ts": "1.1", "channel_id": "C1", "is_ephemeral": True}}
    found = await sent(("action", "x", hidden), "reply", EVENT, "yes")
    assert (found["type"], found["response_url"][:31]) == ("slack.respond", "https://hooks.slack.com/actions")


@scene
async def test_a_view_answers_to_its_first_response_url() -> None:
    """Where an input with ``response_url_enabled`` gave one; without any there is no place for an answer."""
    payload = {
        "type": "view_submission", "user": {"id": "U1"}, "team": {"id": "T1"}, "view": {"callback_id": "x"},
        "response_urls": [{"block_id": "b", "response_url": "https://hooks.slack.com/app/1"}],
    }  # fmt: skip
    found = await sent(("posted", Posted(kind="interactive", payload=payload)), "reply", EVENT, "yes")
    assert found == {"type": "slack.respond", "text": "yes", "response_url": "https://hooks.slack.com/app/1"}
    with pytest.raises(ApplicationError, match=r"respond: a slack\.view has no response_url"):
        await told(("view", "x"), "reply", EVENT, "yes")


@scene
async def test_an_answer_is_marked_as_that_of_its_event() -> None:
    """So that a repeat answers once: the second answer is another, in each channel; or none, or one's own mark."""

    class Bot(SlackConsumer):
        async def slack_message(self, message: Any) -> None:
            await self.reply(message, "a")
            await self.reply(message, "b")
            await self.say("c", "C2")
            await self.reply(message, "d", dedupe_key=None)
            await self.reply(message, "e", dedupe_key="mine")
            await self.respond("f", response_url=HOOK)

    said = await SlackCommunicator(Bot.as_asgi()).message("hi", ts="1.1")
    key = said.event["dedupe_key"]
    assert [one.get("dedupe_key") for one in said.sent] == [
        f"{key} C1 reply 1", f"{key} C1 reply 2", f"{key} C2 reply 1", None, "mine", f"{key} reply 1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "word", "values", "named", "message"),
    [
        (("message", "hi"), "say", ("a",), {}, {"type": "slack.send", "text": "a", "channel": "C1"}),
        (
            ("view", "x"), "say", ("a", "C9"), {"thread_ts": "1.1"},
            {"type": "slack.send", "text": "a", "channel": "C9", "thread_ts": "1.1"},
        ),
        (
            ("message", "hi"), "respond", ("a",), {"response_url": HOOK, "replace_original": True},
            {"type": "slack.respond", "text": "a", "response_url": HOOK, "replace_original": True},
        ),
        (
            ("action", "x", {"message": MESSAGE}), "update", ("new",), {},
            {"type": "slack.update", "text": "new", "channel": "C1", "ts": "5.5"},
        ),
        (
            ("command", "/x"), "update", (), {"channel": "C2", "ts": "1.1", "blocks": [{"type": "divider"}]},
            {"type": "slack.update", "channel": "C2", "ts": "1.1", "blocks": [{"type": "divider"}]},
        ),
        (("message", "hi", {"ts": "1.1"}), "delete", (), {}, {"type": "slack.delete", "channel": "C1", "ts": "1.1"}),
        (
            ("message", "hi", {"ts": "1.1"}), "react", (":eyes:",), {"remove": True},
            {"type": "slack.react", "name": "eyes", "channel": "C1", "ts": "1.1", "remove": True},
        ),
        (
            ("event", "reaction_added", {"item": {"channel": "C7", "ts": "1.1"}}), "react", ("eyes",), {"ts": "2.2"},
            {"type": "slack.react", "name": "eyes", "channel": "C7", "ts": "2.2"},
        ),
        (
            ("command", "/x"), "upload", ({"filename": "a", "content": b"x"},), {"thread_ts": "1.1"},
            {
                "type": "slack.upload", "files": [{"filename": "a", "content": b"x"}], "channel": "C1",
                "thread_ts": "1.1",
            },
        ),
        (
            ("view", "x"), "upload", ([{"filename": "a", "content": "x"}] * 2,), {"channel": "C2"},
            {"type": "slack.upload", "files": [{"filename": "a", "content": "x"}] * 2, "channel": "C2"},
        ),
        (
            ("command", "/x"), "open_view", ({"type": "modal"},), {},
            {"type": "slack.open_view", "view": {"type": "modal"}, "trigger_id": "1.T1.trigger"},
        ),
        (
            ("view", "x"), "push_view", ({"type": "modal"},), {},
            {"type": "slack.push_view", "view": {"type": "modal"}, "trigger_id": "1.T1.trigger"},
        ),
        (
            ("view", "x"), "update_view", ({"type": "modal"},), {"hash": "h"},
            {"type": "slack.update_view", "view": {"type": "modal"}, "view_id": "V1", "hash": "h"},
        ),
        (
            ("message", "x"), "update_view", ({"type": "modal"},), {"external_id": "e"},
            {"type": "slack.update_view", "view": {"type": "modal"}, "external_id": "e"},
        ),
        (
            ("event", "app_home_opened"), "publish_view", ({"type": "home"},), {},
            {"type": "slack.publish_view", "view": {"type": "home"}, "user_id": "U1"},
        ),
        (
            ("message", "x", {"ts": "1.1"}), "stream", ("more",), {"ts": "2.2", "stop": True},
            {"type": "slack.stream", "text": "more", "channel": "C1", "thread_ts": "1.1", "ts": "2.2", "stop": True},
        ),
        (
            ("message", "x", {"ts": "1.1"}), "status", ("",), {},
            {"type": "slack.status", "status": "", "channel": "C1", "thread_ts": "1.1"},
        ),
        (
            ("command", "/x"), "title", ("T",), {"channel": "D1", "thread_ts": "1.1"},
            {"type": "slack.title", "title": "T", "channel": "D1", "thread_ts": "1.1"},
        ),
        (
            ("event", "assistant_thread_started", {"assistant_thread": {"channel_id": "D1", "thread_ts": "1.1"}}),
            "prompts", ([{"title": "t", "message": "m"}],), {},
            {"type": "slack.prompts", "prompts": [{"title": "t", "message": "m"}], "channel": "D1", "thread_ts": "1.1"},
        ),
        (
            ("message", "x"), "call_method", ("users.info",), {"user": "U9", "wait": 0},
            {"type": "slack.call", "method": "users.info", "args": {"user": "U9"}},
        ),
    ],
)  # fmt: skip
@scene
async def test_a_word_is_a_message(event: Any, word: str, values: Any, named: Any, message: Any) -> None:
    """What is not said is taken from the event; the same of a coroutine function and of a plain one."""
    assert await sent(event, word, *values, **named) == message


@pytest.mark.parametrize(
    ("event", "word", "values", "missing"),
    [
        (("view", "x"), "say", ("a",), "channel"),
        (("message", "x"), "respond", ("a",), "response_url"),
        (("command", "/x"), "update", ("a",), "ts"),
        (("view", "x"), "delete", (), "channel"),
        (("command", "/x"), "react", ("eyes",), "ts"),
        (("view", "x"), "upload", ({},), "channel"),
        (("message", "x"), "open_view", ({},), "trigger_id"),
        (("message", "x"), "push_view", ({},), "trigger_id"),
        (("message", "x"), "update_view", ({},), "view_id"),
        (("event", "x", {"user": None}), "publish_view", ({},), "user_id"),
        (("command", "/x"), "stream", ("a",), "thread_ts"),
        (("shortcut", "x"), "reply", (EVENT, "a"), "response_url"),
    ],
)
@scene
async def test_what_is_missing_is_named(event: Any, word: str, values: Any, missing: str) -> None:
    """An application that wants an answer where there is none is told what to say."""
    with pytest.raises(ApplicationError, match=rf"a slack\.\w+ has no {missing}, so say which"):
        await told(event, word, *values)


# --- results ---


@scene
async def test_a_result_is_waited_for() -> None:
    """``wait`` gives it, and a method of the Web API is waited for anyway; it is no event."""
    found: list[Any] = []

    class Async(SlackConsumer):
        async def slack_message(self, message: Any) -> None:
            found.append((await self.reply(message, "a", wait=5))["ts"])
            found.append((await self.call_method("users.info", user="U1"))["response"])

        async def slack_result(self, message: Any) -> None:
            raise AssertionError

    class Sync(SlackConsumer):
        def slack_message(self, message: Any) -> None:
            found.append(self.reply(message, "a", wait=5)["ts"])
            found.append(self.call_method("users.info", user="U1")["response"])

    for app in (Async.as_asgi(), Sync.as_asgi()):
        communicator = SlackCommunicator(app)
        communicator.results["users.info"] = {"response": {"name": "ada"}}
        await communicator.message("hi")
    assert found == ["1700000000.000001", {"name": "ada"}] * 2


@scene
async def test_who_does_it_is_the_user_of_the_scope() -> None:
    """Slack's id, or what a middleware has put there."""
    found: list[Any] = []

    class Bot(SlackConsumer):
        async def slack_message(self, message: Any) -> None:
            found.append(self.user)

    await SlackCommunicator(Bot.as_asgi(), user="U7").message("hi")
    await SlackCommunicator(Bot.as_asgi(), scope={"user": "somebody"}).message("hi")
    assert found == ["U7", "somebody"]


@scene
async def test_an_error_has_it_sent_again() -> None:
    """What a handler raises is the delivery's; events that are not Slack's are handled as by any consumer."""

    class Bot(SlackConsumer):
        async def slack_message(self, message: Any) -> None:
            raise ZeroDivisionError

        async def note(self, message: Any) -> None:
            self.scope["heard"].append(message)

    with pytest.raises(ZeroDivisionError):
        await SlackCommunicator(Bot.as_asgi()).message("hi")
    bot = Bot()
    bot.scope = {"type": "slack", "heard": []}
    await bot.dispatch({"type": "note"})
    assert bot.scope["heard"] == [{"type": "note"}]

"""interfaces.testing.slack_communicator: what it gives is what the server would, and what it tells is what was said."""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from interfaces.shared.errors import ApplicationError, NoRoute, PeerError
from interfaces.slack.posted import Posted, interactive
from interfaces.testing.slack_communicator import SlackCommunicator
from tests.http_ws.harness import scene
from tests.slack.harness import Desk


class Script:
    """An application that sends what it is told, and keeps its scopes and events."""

    def __init__(self, *said: Any, error: Exception | None = None) -> None:
        self.said = said
        self.error = error
        self.scopes: list[Any] = []
        self.events: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        self.events.append(await receive())
        for one in self.said:
            await send(dict(one))
        if self.error is not None:
            raise self.error
        while any("id" in one for one in self.said):  # as Channels' consumers: until it is released
            self.events.append(await receive())


CALLS: list[Any] = [
    ("message", ("hi",), {}, "message", {"text": "hi", "channel": "C1", "user": "U1", "channel_type": "channel"}),
    ("message", ("hi",), {"channel": "D1", "thread_ts": "1.1"}, "message", {"channel_type": "im", "thread_ts": "1.1"}),
    ("message", ("hi",), {"user": "UBOT1"}, "message", {"is_self": True}),
    ("mention", ("do",), {}, "event/app_mention", {"event_type": "app_mention", "channel": "C1"}),
    ("event", ("team_join",), {"user": {"id": "U9"}}, "event/team_join", {"user": "U9"}),
    ("command", ("/x", "a b"), {"channel_id": "C7"}, "command/x", {"command": "/x", "text": "a b", "channel": "C7"}),
    ("action", ("go", "1"), {}, "action/go", {"value": "1", "channel": "C1", "view": None, "block_id": "block_go"}),
    (
        "action", ("go",), {"element": {"type": "static_select", "selected_option": {"value": "b"}}}, "action/go",
        {"value": "b"},
    ),
    ("action", ("go",), {"view": {"id": "V7", "callback_id": "c"}}, "action/go", {"message": None, "channel": None}),
    ("shortcut", ("s",), {}, "shortcut/s", {"kind": "shortcut", "channel": None, "message": None}),
    ("shortcut", ("s", {"text": "old"}), {}, "shortcut/s", {"kind": "message_action", "channel": "C1"}),
    (
        "view", ("v", {"a": "x", "b": {"type": "checkboxes", "selected_options": [{"value": "1"}]}}),
        {"private_metadata": "m"}, "view/v", {"values": {"a": "x", "b": ["1"]}, "private_metadata": "m"},
    ),
    ("view_closed", ("v",), {}, "view_closed/v", {"kind": "view_closed", "values": {}}),
    ("options", ("city", "Be"), {}, "options/city", {"action_id": "city", "value": "Be"}),
]  # fmt: skip


@pytest.mark.parametrize(("word", "values", "named", "path", "keys"), CALLS)
@scene
async def test_what_happens_is_an_event(word: str, values: Any, named: Any, path: str, keys: Any) -> None:
    """With the path and the keys that it has; in a scope of one person in one workspace."""
    script = Script()
    said = await getattr(SlackCommunicator(script), word)(*values, **named)
    [event], [scope] = script.events, script.scopes
    assert said.event == event and said.scope == scope
    assert scope["path"] == path and scope["team_id"] == "T1" and scope["account"].startswith("T1/U")
    assert {key: event[key] for key in keys} == keys


@pytest.mark.parametrize(("word", "values", "named", "path", "keys"), CALLS)
@scene
async def test_it_is_what_the_server_makes_of_the_same(
    word: str, values: Any, named: Any, path: str, keys: Any
) -> None:
    """The payload, signed and posted to the real service, gives the application the same event."""
    made: list[Posted] = []

    class Recording(SlackCommunicator):
        async def posted(self, posted: Posted) -> Any:
            made.append(posted)
            return await super().posted(posted)

    said = await getattr(Recording(Script()), word)(*values, **named)
    [posted] = made
    desk = Desk(ignore_self=False, bot_token="xoxb-1")
    if posted.kind == "event":
        answered = await desk.post(posted.payload)
    else:
        form = posted.payload if posted.kind == "command" else {"payload": json.dumps(posted.payload)}
        answered = await desk.post(urlencode(form))
    assert answered.status == 200
    [event] = desk.heard
    for one in (event, said.event):
        for key in ("received_at", "ack_deadline", "attempt", "reply_channel"):
            one.pop(key, None)
    assert event == said.event


@scene
async def test_what_was_said_is_told() -> None:
    """The verdict, the acknowledgement as Slack gets it, and what was sent, in order."""
    app = Script(
        {"type": "slack.ack", "text": "ok", "view": None},
        {"type": "slack.send", "channel": "C1", "text": "a"},
        {"type": "slack.react", "name": "eyes", "channel": "C1", "ts": "1.1"},
        {"type": "slack.respond", "response_url": "https://hooks.slack.com/x", "text": "b"},
    )
    said = await SlackCommunicator(app).command("/x")
    assert (said.verdict, said.ack, said.texts) == ("accept", {"text": "ok"}, ["a", "b"])
    assert [one["name"] for one in said.of("slack.react")] == ["eyes"] and len(said.sent) == 3
    for word in ("reject", "defer", "accept"):
        said = await SlackCommunicator(Script({"type": f"slack.{word}"})).message("hi")
        assert (said.verdict, said.ack) == (word, None)
    assert (await SlackCommunicator(Script()).message("hi")).verdict == "accept"


@scene
async def test_what_is_wrong_is_raised() -> None:
    """What the application raises, before a verdict and after one; what no server knows; what cannot be sent."""
    for said in ((), ({"type": "slack.accept"},)):
        with pytest.raises(ZeroDivisionError):
            await SlackCommunicator(Script(*said, error=ZeroDivisionError())).message("hi")
    with pytest.raises(NoRoute):
        await SlackCommunicator(Script(error=NoRoute("x"))).message("hi")
    with pytest.raises(ApplicationError, match=r"knows no message 'slack\.sned'"):
        await SlackCommunicator(Script({"type": "slack.sned"})).message("hi")
    with pytest.raises(ApplicationError, match="after a verdict"):
        await SlackCommunicator(Script({"type": "slack.ack"}, {"type": "slack.ack"})).message("hi")
    with pytest.raises(ApplicationError, match=r"slack\.send: "):
        await SlackCommunicator(Script({"type": "slack.send", "text": object()})).message("hi")
    with pytest.raises(ApplicationError, match=r"slack\.send needs channel"):
        await SlackCommunicator(Script({"type": "slack.send", "text": "a"})).message("hi")
    with pytest.raises(PeerError):
        await SlackCommunicator(Script()).posted(interactive({"type": "block_actions", "actions": []}))


@scene
async def test_results_come_to_who_waits() -> None:
    """For each message with an id one, with what the test says of it; then the application is released."""
    app = Script(
        {"type": "slack.send", "id": "a", "channel": "C1", "text": "x"},
        {"type": "slack.call", "id": "b", "method": "users.info", "args": {}},
        {"type": "slack.call", "id": "c", "method": "auth.test", "args": {}},
        {"type": "slack.react", "id": "d", "name": "eyes", "channel": "C1", "ts": "1.1"},
        {"type": "slack.send", "channel": "C1", "text": "nobody waits"},
    )
    slack = SlackCommunicator(app)
    slack.results["users.info"] = {"response": {"user": 1}}
    slack.results["slack.react"] = {"ok": False, "error": "already_reacted", "status": "failed"}
    said = await slack.message("hi")
    assert said.verdict == "accept" and len(said.sent) == 5
    results = {one["id"]: one for one in app.events[1:]}
    assert [*results] == ["a", "b", "c", "d"]
    assert results["a"]["ok"] and results["a"]["channel"] == "C1" and results["a"]["ts"]
    assert results["b"]["response"] == {"user": 1} and results["c"]["response"] == {"ok": True}
    assert results["d"]["error"] == "already_reacted" and not results["d"]["ok"]


@scene
async def test_each_call_is_another_event() -> None:
    """Ids, keys and times differ, so that nothing takes two for one; and nobody changes what was said."""
    script = Script()
    slack = SlackCommunicator(script, team_id="T9", user="U9", channel="C9", scope={"user": "somebody"})
    said = [
        await slack.message("a"),
        await slack.message("a"),
        await slack.command("/x"),
        await slack.command("/x"),
    ]
    assert len({one.event["dedupe_key"] for one in said}) == 4 and said[0].event["ts"] != said[1].event["ts"]
    assert [scope["user"] for scope in script.scopes] == ["somebody"] * 4
    assert script.scopes[0]["account"] == "T9/U9" and repr(slack) == "SlackCommunicator(T9/U9)"
    script.events[0]["text"] = "changed"
    assert said[0].event["text"] == "a"


@scene
async def test_who_hangs_is_cut() -> None:
    """A test does not hang for ever."""
    cancelled: list[bool] = []

    async def hangs(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    slack = SlackCommunicator(hangs)
    slack.timeout = 0.01
    with pytest.raises(TimeoutError, match="did not end"):
        await slack.message("hi")
    assert cancelled == [True]

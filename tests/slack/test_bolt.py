"""interfaces.slack.bolt: an app of Bolt's, with all kinds of listeners, against a Web API that is served."""

import asyncio
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from interfaces.shared.errors import ApplicationError, ConfigError, NoRoute
from interfaces.slack.bolt import BoltApplication, body_of
from interfaces.slack.posted import read
from interfaces.testing.slack import FakeSlack
from interfaces.testing.slack_communicator import SlackCommunicator
from tests.http_ws.harness import scene
from tests.testing.slack.kit import hook

MODAL = {"type": "modal", "callback_id": "x", "title": {"type": "plain_text", "text": "T"}, "blocks": []}


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Bolt warns of every event that no listener takes."""
    logging.getLogger("slack_bolt").setLevel(logging.CRITICAL)


async def known(**_: Any) -> AuthorizeResult:
    """Who Bolt is, without asking."""
    return AuthorizeResult(
        enterprise_id=None, team_id="T1", bot_id="B1", bot_user_id="UBOT1", bot_token="xoxb-1"
    )


def made(**options: Any) -> tuple[AsyncApp, SlackCommunicator]:
    """An app that calls nobody, and who speaks to it."""
    app = AsyncApp(**{"authorize": known, "signing_secret": "s", "name": "test", **options})
    return app, SlackCommunicator(BoltApplication(app))


def with_slack(test: Callable[..., Any]) -> Callable[[], None]:
    """The test gets a served Slack, an app with its client, and who speaks to that."""

    @scene
    async def run() -> None:
        async with FakeSlack() as slack:
            client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
            app = AsyncApp(client=client, signing_secret="s", name="test")
            await test(slack, app, SlackCommunicator(BoltApplication(app)))

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    del run.__wrapped__
    return run


# --- listeners ---


@with_slack
async def test_a_message_is_answered_by_say(slack: Any, app: Any, speaker: Any) -> None:
    """A listener with a regular expression, the app's own client and its token: the channel has the answer."""

    @app.message(re.compile(r"hello (\w+)"))
    async def hello(message: Any, say: Any, context: Any) -> None:
        await say(f"{context['matches'][0]}, <@{message['user']}>", thread_ts=message["ts"])

    said = await speaker.message("hello world", ts="1700000000.000100")
    assert (said.verdict, said.ack, said.sent) == ("accept", None, [])
    [answer] = slack.messages("C1")
    assert (answer["text"], answer["thread_ts"]) == ("world, <@U1>", "1700000000.000100")
    await speaker.message("hello again", user="UBOT1", bot_id="B1")
    assert len(slack.messages("C1")) == 1
    assert len(slack.called("auth.test")) == 1


@scene
async def test_respond_goes_to_the_response_url() -> None:
    """By Bolt's own means, after the acknowledgement."""
    app, speaker = made()

    @app.command("/x")
    async def x(ack: Any, respond: Any) -> None:
        await ack("at once")
        await respond("later", response_type="in_channel")

    async with hook() as url:
        said = await speaker.command("/x", response_url=url.url)
    assert said.ack == {"text": "at once"}
    [(_, body)] = url.requests
    assert json.loads(body) == {"text": "later", "response_type": "in_channel"}


@scene
async def test_a_command_may_speak_of_a_payload() -> None:
    """Bolt's servers make nothing of such a form; read by us it is a command as any other."""
    app, speaker = made()
    seen: list[Any] = []

    @app.command("/x")
    async def x(ack: Any, command: Any) -> None:
        seen.append(command["text"])
        await ack()

    body = b"command=%2Fx&text=the+payload%3D%7B%7D+is+payload&user_id=U1&team_id=T1&channel_id=C1&trigger_id=1.2"
    said = await speaker.posted(read(body, True, {}))
    assert seen == ["the payload={} is payload"] and said.ack is None and said.verdict == "accept"


@scene
async def test_actions_views_shortcuts_and_options() -> None:
    """What a listener acknowledges with is the acknowledgement."""
    app, speaker = made()
    seen: list[Any] = []

    @app.action(re.compile("approve-.*"))
    async def approve(ack: Any, action: Any, body: Any, logger: Any) -> None:
        await ack()
        seen.append((action["action_id"], action["value"], body["container"]["channel_id"]))

    @app.view("feedback")
    async def feedback(ack: Any, view: Any) -> None:
        typed = view["state"]["values"]["block_text"]["text"]["value"]
        if typed:
            await ack(response_action="update", view=MODAL)
        else:
            await ack(response_action="errors", errors={"block_text": "Say something"})

    @app.view_closed("feedback")
    async def closed(ack: Any, body: Any) -> None:
        await ack()
        seen.append(body["is_cleared"])

    @app.shortcut("ticket")
    async def ticket(ack: Any, shortcut: Any) -> None:
        await ack()
        seen.append(shortcut["type"])

    @app.options("city")
    async def city(ack: Any, payload: Any) -> None:
        await ack(options=[{"text": {"type": "plain_text", "text": payload["value"]}, "value": "b"}])

    assert (await speaker.action("approve-1", "42")).ack is None
    refused = await speaker.view("feedback", {"text": None})
    assert refused.ack == {"response_action": "errors", "errors": {"block_text": "Say something"}}
    assert (await speaker.view("feedback", {"text": "fine"})).ack == {
        "response_action": "update",
        "view": MODAL,
    }
    assert (await speaker.view_closed("feedback")).ack is None
    await speaker.shortcut("ticket")
    await speaker.shortcut("ticket", {"text": "old"})
    options = (await speaker.options("city", "Be")).ack
    assert options == {"options": [{"text": {"type": "plain_text", "text": "Be"}, "value": "b"}]}
    assert seen == [("approve-1", "42", "C1"), False, "shortcut", "message_action"]


@scene
async def test_events_come_in_their_envelope() -> None:
    """With what Bolt reads there: ids, authorizations, the time, and which try it is."""
    app, speaker = made()
    seen: list[Any] = []

    @app.event("reaction_added")
    async def reaction(event: Any, body: Any, context: Any) -> None:
        seen.append((event["reaction"], body, context.team_id, context.user_id, context.channel_id))

    said = await speaker.event("reaction_added", reaction="eyes", item={"channel": "C7", "ts": "1.1"})
    [(reaction_name, body, *who)] = seen
    assert reaction_name == "eyes" and who == ["T1", "U1", "C7"]
    assert body == body_of(said.scope, said.event)
    assert (body["type"], body["event_id"], body["api_app_id"]) == (
        "event_callback",
        said.event["event_id"],
        "A1",
    )
    assert body["event_time"] == 1_700_000_001 and body["authorizations"][0]["user_id"] == "UBOT1"
    odd = {**said.event, "event": {"type": "x", "event_ts": None}, "envelope": {}}
    assert body_of(said.scope, odd)["event_time"] == 1_700_000_000
    around = {"team_id": "T2", "event_time": 5, "is_ext_shared_channel": True}
    shared = body_of(said.scope, {**said.event, "envelope": around})
    assert shared.items() >= around.items() and shared["authorizations"] == body["authorizations"]


@scene
async def test_a_repeat_says_that_it_is_one() -> None:
    """In the headers in which Bolt looks for it."""
    app, _ = made()
    seen: list[Any] = []

    @app.middleware
    async def look(req: Any, next: Any) -> None:
        seen.append({name: value for name, value in req.headers.items() if "retry" in name})
        await next()

    @app.event("team_join")
    async def join() -> None:
        pass

    async def again(scope: Any, receive: Any, send: Any) -> None:
        event = {**await receive(), "retry_num": 2, "retry_reason": "http_timeout"}

        async def first() -> Any:
            return event

        await BoltApplication(app)(scope, first, send)

    await SlackCommunicator(again).event("team_join")
    assert seen == [{"x-slack-retry-num": ["2"], "x-slack-retry-reason": ["http_timeout"]}]


@scene
async def test_middleware_decides() -> None:
    """It runs before listeners, and may answer in their place; a refusal of its is for good."""
    app, speaker = made()

    @app.middleware
    async def gate(body: Any, next: Any) -> Any:
        status = int(body.get("text") or 200)
        if status == 200:
            await next()
            return None
        return BoltResponse(status=status, body="says the gate")

    @app.command("/x")
    async def x(ack: Any) -> None:
        await ack("in")

    assert (await speaker.command("/x")).ack == {"text": "in"}
    assert (await speaker.command("/x", "201")).ack == {"text": "says the gate"}
    assert (await speaker.command("/x", "403")).verdict == "reject"
    with pytest.raises(ApplicationError, match="Bolt answered 503: says the gate"):
        await speaker.command("/x", "503")


@scene
async def test_what_has_no_listener_has_no_route() -> None:
    """And so is counted, and no error."""
    app, speaker = made()

    @app.message("hi")
    async def hi() -> None:
        pass

    for call in (speaker.message("ho"), speaker.command("/x"), speaker.event("team_join")):
        with pytest.raises(NoRoute, match="no listener"):
            await call
    with pytest.raises(NoRoute, match="lifespan"):
        await BoltApplication(app)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]


# --- when it is acknowledged, and when it is over ---


class Desk:
    """Runs one event by hand: what was sent, and when the application has returned."""

    def __init__(self, app: AsyncApp) -> None:
        self.app = BoltApplication(app)
        self.sent: list[Any] = []
        self.said = asyncio.Event()
        self.task: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def spy(event: Any) -> None:
            self.sent.append(event)
            self.said.set()
            await send(event)

        self.task = asyncio.current_task()
        await self.app(scope, receive, spy)


@scene
async def test_an_ack_leaves_while_the_listener_goes_on() -> None:
    """The scope is open until the listener and its lazy function have ended."""
    app, _ = made()
    gates = [asyncio.Event(), asyncio.Event()]
    ended: list[str] = []

    async def first(ack: Any) -> None:
        await ack("soon")
        await gates[0].wait()
        ended.append("listener")

    async def lazy(body: Any) -> None:
        await gates[1].wait()
        ended.append("lazy")

    app.command("/x")(ack=first, lazy=[lazy])
    desk = Desk(app)
    call = asyncio.ensure_future(SlackCommunicator(desk).command("/x"))
    await desk.said.wait()
    assert desk.sent == [{"type": "slack.ack", "payload": "soon"}] and not ended
    for gate, names in zip(gates, (["listener"], ["listener", "lazy"]), strict=True):
        assert not call.done()
        gate.set()
        while ended != names:
            await asyncio.sleep(0)
    assert (await call).ack == {"text": "soon"} and len(desk.sent) == 1


@scene
async def test_an_event_is_acknowledged_when_its_listener_has_ended() -> None:
    """Bolt would do it before; so a process that ends meanwhile loses none. A listener's own ack() leaves at once."""
    app, _ = made()
    gate = asyncio.Event()
    begun = asyncio.Event()

    @app.event("team_join")
    async def join(event: Any, ack: Any) -> None:
        if event.get("early"):
            await ack()
        begun.set()
        await gate.wait()

    for early in (False, True):
        gate.clear()
        begun.clear()
        desk = Desk(app)
        call = asyncio.ensure_future(SlackCommunicator(desk).event("team_join", early=early))
        await begun.wait()
        await asyncio.sleep(0)
        assert [one["type"] for one in desk.sent] == ["slack.ack"] * early and not call.done()
        gate.set()
        assert (await call).verdict == "accept"


@scene
async def test_who_is_cancelled_cancels_its_listeners() -> None:
    """What runs longer than a server drains does not run on without its scope."""
    app, _ = made()
    begun, cancelled = asyncio.Event(), asyncio.Event()

    @app.event("team_join")
    async def join() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    desk = Desk(app)
    call = asyncio.ensure_future(SlackCommunicator(desk).event("team_join"))
    await begun.wait()
    desk.task.cancel()
    await cancelled.wait()
    assert (await call).verdict == "defer"


# --- errors ---


@scene
async def test_what_a_listener_raises_is_the_applications(caplog: Any) -> None:
    """Of an event, and of a command that has no acknowledgement yet: it is to come again. One place logs it."""
    app, speaker = made()

    @app.event("team_join")
    async def join() -> None:
        raise ZeroDivisionError("event")

    @app.command("/x")
    async def x(ack: Any, command: Any) -> None:
        if command["text"]:
            await ack()
        raise ZeroDivisionError("command")

    app._async_listeners[-1].ack_timeout = 3600  # nobody waits for an ack() that was there
    with pytest.raises(ZeroDivisionError, match="event"):
        await speaker.event("team_join")
    desk = Desk(app)
    with pytest.raises(ZeroDivisionError, match="command"):
        await SlackCommunicator(desk).command("/x")
    assert desk.sent == [{"type": "slack.defer"}]
    desk = Desk(app)
    with pytest.raises(ZeroDivisionError, match="command"):
        await SlackCommunicator(desk).command("/x", "after")
    assert desk.sent == [{"type": "slack.ack"}]
    assert "Failed to run" not in caplog.text and caplog.text.count("the application raised") == 3


@scene
async def test_the_apps_own_handler_has_its_say() -> None:
    """Whether it came before or after: what it answers counts, and what it leaves is an error; so is one of its own."""
    app, speaker = made()
    seen: list[str] = []

    @app.command("/x")
    async def x(ack: Any, command: Any) -> None:
        raise ZeroDivisionError(command["text"])

    app.command("/y")(x)
    app._async_listeners[-1].ack_timeout = 0  # of an error in the handler Bolt does not hear

    @app.event("team_join")
    async def join() -> None:
        raise ZeroDivisionError("event")

    with pytest.raises(ZeroDivisionError):
        await speaker.command("/x", "before")

    @app.error
    async def error(error: Exception) -> Any:
        seen.append(str(error))
        if "sorry" in str(error):
            return BoltResponse(status=200, body="Sorry")
        if "worse" in str(error):
            raise LookupError("in the handler")
        return None

    assert (await speaker.command("/x", "sorry")).ack == {"text": "Sorry"}
    with pytest.raises(ZeroDivisionError):
        await speaker.command("/x", "left")
    with pytest.raises(ZeroDivisionError, match="event"):
        await speaker.event("team_join")
    with pytest.raises(LookupError):
        await speaker.command("/y", "worse")
    assert seen == ["sorry", "left", "event", "worse"]


@scene
async def test_a_middleware_that_raises_is_an_error() -> None:
    """Bolt logs what it was, and answers 500."""
    app, speaker = made()

    @app.middleware
    async def broken(next: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ApplicationError, match="Bolt answered 500"):
        await speaker.message("hi")


@scene
async def test_with_process_before_response_too() -> None:
    """Then a listener runs within the dispatch: what it acknowledges leaves when it has ended, and its error counts."""
    app, speaker = made(process_before_response=True)

    @app.command("/x")
    async def x(ack: Any, command: Any) -> None:
        await ack("done")
        if command["text"]:
            raise ZeroDivisionError

    @app.event("team_join")
    async def join(event: Any) -> None:
        if event.get("fail"):
            raise ZeroDivisionError

    assert (await speaker.command("/x")).ack == {"text": "done"}
    assert (await speaker.event("team_join")).ack is None
    for call in (speaker.command("/x", "fail"), speaker.event("team_join", fail=True)):
        with pytest.raises(ZeroDivisionError):
            await call


@scene
async def test_a_listener_that_never_acknowledges_is_waited_for() -> None:
    """Bolt gives it up after its ack_timeout and finds no listener; but there was one, and it ends first."""
    app, speaker = made()
    ended: list[str] = []

    @app.action("x")
    async def x(ack: Any) -> None:
        await asyncio.sleep(0.02)
        ended.append("x")

    app._async_listeners[-1].ack_timeout = 0
    said = await speaker.action("x")
    assert (said.verdict, said.ack, ended) == ("accept", None, ["x"])


@scene
async def test_who_is_not_installed_is_told() -> None:
    """Bolt's own authorize refuses: its message is the answer."""

    async def nobody(**_: Any) -> None:
        return None

    app, speaker = made(authorize=nobody)

    @app.shortcut("x")
    async def x(ack: Any) -> None:
        raise AssertionError

    said = await speaker.shortcut("x")
    assert said.ack is not None and "install" in said.ack["text"]


def test_a_sync_app_is_refused() -> None:
    """With the name of what is taken; the other is shown by its name."""
    sync = App(token="xoxb-1", signing_secret="s", token_verification_enabled=False)
    with pytest.raises(ConfigError, match="takes an AsyncApp"):
        BoltApplication(sync)  # type: ignore[arg-type]
    assert repr(BoltApplication(made()[0])) == "BoltApplication('test')"

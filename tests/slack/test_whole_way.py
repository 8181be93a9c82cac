"""What the fake Slack sends, all the way: translated, routed to a handler, and answered where it belongs."""

import asyncio
import json

import pytest

from interfaces.shared.errors import NoRoute
from interfaces.slack.answering import handlers, passed, place, response_url, thread
from interfaces.slack.frames import Disconnect, Envelope, Hello, Unknown, acknowledgement, read
from interfaces.slack.posted import Posted
from interfaces.slack.router import (
    SlackRouter,
    action,
    anything,
    command,
    event,
    mention,
    message,
    options,
    shortcut,
    view,
    view_closed,
)
from interfaces.slack.translate import Me, Occasion, translated
from interfaces.testing.slack import FakeSlack, SteppedClock
from interfaces.testing.slack.delivery import kind_of
from interfaces.testing.slack.envelope import event_callback
from interfaces.testing.slack.payloads import events, interactions
from interfaces.testing.slack.payloads.interactions import Who

TEXT = {"type": "plain_text", "text": "Go"}
ROW = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {"type": "button", "action_id": "approve-12", "text": TEXT, "value": "1"},
        {"type": "external_select", "action_id": "city"},
    ],
}
SAID = {"ts": "5.5", "text": "x", "blocks": [ROW]}
IN_THREAD = {**SAID, "thread_ts": "1.1"}
EPHEMERAL = {**SAID, "to": "U1"}
VIEW = {"id": "V1", "root_view_id": "V1", "callback_id": "ask me", "blocks": [ROW]}
URL = "https://hooks.slack.com/actions/T1/1/x"
WHO = Who(response_url=URL)
WORLD = FakeSlack(clock=SteppedClock()).world


def parcel(said, **more):
    """The call for an event of the Events API, or for a payload."""
    inner = said.get("type") if "api_app_id" not in said and "command" not in said else None
    payload = event_callback(WORLD, said) if inner else said
    posted = Posted(kind=kind_of(payload), payload=payload)
    me = Me(app_id="A1", bot_id="B1", bot_user_id="UBOT1")
    return translated(posted, Occasion(transport="http", now=1.0, name="own", me=me, **more))


PAYLOADS = {
    "message": events.message("ticket 7"),
    "answer": events.message("ticket 7", thread_ts="1.1"),
    "bot": events.bot_message("ticket 8"),
    "own": events.message("ticket 9", bot_id="B1"),
    "edit": events.message_changed(events.message("old"), "ticket 10"),
    "delete": events.message_deleted(events.message("ticket 11")),
    "file": events.file_share("ticket 12"),
    "mention": events.app_mention("<@UBOT1> help me"),
    "reaction": events.reaction_added("eyes"),
    "joined": events.member_joined_channel(user="UBOT1"),
    "home": events.app_home_opened(),
    "gone": events.app_uninstalled(),
    "command": interactions.slash_command("/deploy", "web", who=WHO),
    "button": interactions.block_actions(SAID, "approve-12", who=WHO),
    "button in thread": interactions.block_actions(IN_THREAD, "approve-12", who=WHO),
    "button for one": interactions.block_actions(EPHEMERAL, "approve-12", who=WHO),
    "button in view": interactions.block_actions(VIEW, "approve-12", who=WHO),
    "old button": interactions.interactive_message("choice", SAID, "n", "v", who=WHO),
    "shortcut": interactions.shortcut("new-ticket", who=WHO),
    "message shortcut": interactions.message_action("fix", IN_THREAD, who=WHO),
    "submitted": interactions.view_submission(VIEW, who=WHO),
    "submitted with url": interactions.view_submission(VIEW, who=WHO, response_urls=[{"response_url": URL}]),
    "closed": interactions.view_closed(VIEW, who=WHO),
    "menu": interactions.block_suggestion(SAID, "city", "b", who=WHO),
}

HANDLERS = {
    "message": ["slack_message"],
    "answer": ["slack_message"],
    "bot": ["message_bot_message", "slack_message"],
    "own": ["slack_message"],
    "edit": ["message_message_changed", "slack_message"],
    "delete": ["message_message_deleted", "slack_message"],
    "file": ["message_file_share", "slack_message"],
    "mention": ["event_app_mention", "slack_event"],
    "reaction": ["event_reaction_added", "slack_event"],
    "joined": ["event_member_joined_channel", "slack_event"],
    "home": ["event_app_home_opened", "slack_event"],
    "gone": ["event_app_uninstalled", "slack_event"],
    "command": ["command_deploy", "slack_command"],
    "button": ["action_approve_12", "slack_action"],
    "button in thread": ["action_approve_12", "slack_action"],
    "button for one": ["action_approve_12", "slack_action"],
    "button in view": ["action_approve_12", "slack_action"],
    "old button": ["action_choice", "slack_action"],
    "shortcut": ["shortcut_new_ticket", "slack_shortcut"],
    "message shortcut": ["shortcut_fix", "slack_shortcut"],
    "submitted": ["view_ask_me", "slack_view"],
    "submitted with url": ["view_ask_me", "slack_view"],
    "closed": ["view_closed_ask_me", "slack_view"],
    "menu": ["options_city", "slack_options"],
}
"""Which methods of a consumer may handle each, the finer one first."""

THREADS = {
    "message": ("C1", events.TS),
    "answer": ("C1", "1.1"),
    "bot": ("C1", events.TS),
    "own": ("C1", events.TS),
    "edit": ("C1", events.TS),
    "delete": ("C1", events.TS),
    "file": ("C1", events.TS),
    "mention": ("C1", events.TS),
    "reaction": ("C1", events.TS),
    "button": ("C1", "5.5"),
    "button in thread": ("C1", "1.1"),
    "old button": ("C1", "5.5"),
    "message shortcut": ("C1", "1.1"),
}
"""Where an answer in a thread goes; all others have none."""

PASSED = {"own": "own", "bot": "bot"}
"""What a consumer does not want to hear, unless it says so."""

ANSWERED = {
    "command", "button", "button in thread", "button for one", "old button", "message shortcut", "submitted with url",
}  # fmt: skip
"""What has an address to answer to."""

ROUTED = {
    "message": ("ticket", {"number": "7"}),
    "answer": ("ticket", {"number": "7"}),
    "bot": ("ticket", {"number": "8"}),
    "own": ("ticket", {"number": "9"}),
    "file": ("ticket", {"number": "12"}),
    "edit": ("edit", {}),
    "delete": ("rest", {}),
    "mention": ("mention", {"what": "me"}),
    "reaction": ("reaction", {}),
    "joined": ("rest", {}),
    "home": ("rest", {}),
    "gone": ("rest", {}),
    "command": ("deploy", {}),
    "button": ("approve", {"id": "12"}),
    "button in thread": ("approve", {"id": "12"}),
    "button for one": ("approve", {"id": "12"}),
    "button in view": ("approve", {"id": "12"}),
    "old button": ("rest", {}),
    "shortcut": ("new", {"what": "ticket"}),
    "message shortcut": ("rest", {}),
    "submitted": ("ask", {}),
    "submitted with url": ("ask", {}),
    "closed": ("closed", {}),
    "menu": ("city", {}),
}
"""Which route takes each, and the keywords that it has."""


class Heard:
    """Applications by name, that write down what came."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        async def app(scope, receive, _send):
            self.calls.append((name, scope["url_route"]["kwargs"], await receive()))

        return app


def router(heard, *, rest=True):
    """One with a route of each kind."""
    routes = [
        command("/deploy", heard.deploy),
        action(r"approve-(?P<id>\d+)", heard.approve),
        options("city", heard.city),
        shortcut(r"new-(?P<what>\w+)", heard.new),
        view("ask me", heard.ask),
        view_closed("ask me", heard.closed),
        event("reaction_added", heard.reaction),
        event("message_changed", heard.edit),
        mention(r"help (?P<what>\w+)", heard.mention),
        message(r"ticket (?P<number>\d+)", heard.ticket),
    ]
    return SlackRouter([*routes, anything(heard.rest)] if rest else routes)


@pytest.mark.parametrize("name", PAYLOADS)
def test_the_methods_that_may_handle_it(name):
    """By its type, and by what it is."""
    assert [*handlers(parcel(PAYLOADS[name]).event)] == HANDLERS[name]


@pytest.mark.parametrize("name", PAYLOADS)
def test_where_an_answer_goes(name):
    """Into the thread of the message that it is, or is about; to its own address, where it has one."""
    heard = parcel(PAYLOADS[name]).event
    found = thread(heard)
    assert found == (
        dict(zip(("channel", "thread_ts"), THREADS[name], strict=True)) if name in THREADS else None
    )
    assert response_url(heard) == (URL if name in ANSWERED else None)
    if found is not None:
        assert place(heard)[0] == found["channel"]


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize(("own", "bots"), [(True, True), (True, False), (False, True), (False, False)])
def test_what_a_consumer_passes_over(name, own, bots):
    """What the app said itself, and what other bots said; but not that it has joined a channel."""
    why = passed(parcel(PAYLOADS[name]).event, own=own, bots=bots)
    wanted = PASSED.get(name, "")
    if wanted == "own" and not own:
        wanted = "bot" if bots else ""
    assert why == (wanted if {"own": own, "bot": bots}.get(wanted, True) else "")


def routed(name, **more):
    """What a router does with it: the calls, and the event that it was given."""
    heard, call = Heard(), parcel(PAYLOADS[name])

    async def main():
        async def receive():
            return call.event

        await router(heard, **more)(call.scope, receive, None)

    asyncio.run(main())
    return heard.calls, call.event


@pytest.mark.parametrize("name", PAYLOADS)
def test_the_route_that_takes_it(name):
    """The first that matches, with its keywords, and the event as it was."""
    ((route, kwargs, heard),), sent = routed(name)
    assert (route, kwargs) == ROUTED[name]
    assert heard is sent


@pytest.mark.parametrize("name", [name for name, (route, _) in ROUTED.items() if route == "rest"])
def test_what_no_route_takes_is_said(name):
    """To be counted: nobody has heard of it."""
    with pytest.raises(NoRoute, match="no route for"):
        routed(name, rest=False)


def test_the_tables_are_whole():
    """Each payload stands in each."""
    assert PAYLOADS.keys() == HANDLERS.keys() == ROUTED.keys()
    assert {*THREADS} | ANSWERED | {*PASSED} <= PAYLOADS.keys()


def frame(**said):
    """A frame of Socket Mode, read."""
    return read(json.dumps(said))


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("accepts", [True, False])
def test_by_a_socket_it_is_the_same(name, accepts):
    """The same kind and payload as by a request; the acknowledgement names the envelope."""
    said = PAYLOADS[name]
    payload = event_callback(WORLD, said) if "api_app_id" not in said and "command" not in said else said
    kind = kind_of(payload)
    word = {"event": "events_api", "command": "slash_commands"}.get(kind, "interactive")
    found = frame(envelope_id="e1", type=word, payload=payload, accepts_response_payload=accepts)
    assert isinstance(found, Envelope)
    assert (found.name, found.posted.kind, found.posted.payload, found.accepts) == (
        "e1",
        kind,
        payload,
        accepts,
    )
    assert json.loads(acknowledgement("e1")) == {"envelope_id": "e1"}
    assert json.loads(acknowledgement("e1", {"text": "ä"})) == {"envelope_id": "e1", "payload": {"text": "ä"}}


@pytest.mark.parametrize(
    ("number", "reason", "tries"),
    [
        (0, "", (0, "")),
        (1, "timeout", (1, "timeout")),
        (3, None, (3, "")),
        (None, None, (0, "")),
        ("1", "timeout", (0, "timeout")),
        (True, 5, (0, "")),
        (-1, "x", (0, "x")),
        (1.5, "x", (0, "x")),
    ],
)
def test_which_try_an_envelope_is(number, reason, tries):
    """A number above nought and a text; all else is the first."""
    found = frame(envelope_id="e1", type="events_api", payload={}, retry_attempt=number, retry_reason=reason)
    assert (found.posted.retry_num, found.posted.retry_reason) == tries


@pytest.mark.parametrize("said", [True, False, 1, "true", None, {}])
def test_only_true_accepts_an_answer(said):
    """What is not said is a no."""
    found = frame(
        envelope_id="e1", type="slash_commands", payload={"command": "/x"}, accepts_response_payload=said
    )
    assert found.accepts is (said is True)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"type": "hello", "num_connections": 3}, Hello(connections=3)),
        ({"type": "hello"}, Hello(connections=0)),
        ({"type": "hello", "num_connections": "3"}, Hello(connections=0)),
        ({"type": "disconnect", "reason": "warning"}, Disconnect(reason="warning")),
        ({"type": "disconnect"}, Disconnect(reason="")),
        ({"type": "disconnect", "reason": "x" * 500}, Disconnect(reason="x" * 60)),
        ({"type": "disconnect", "reason": 5}, Disconnect(reason="5")),
        ({"type": "new_thing", "envelope_id": "e1"}, Unknown(kind="new_thing")),
        ({"type": "x" * 500}, Unknown(kind="x" * 60)),
        ({}, Unknown(kind="None")),
        ({"type": ["events_api"]}, Unknown(kind="['events_api']")),
    ],
)
def test_frames_that_are_no_envelopes(said, found):
    """What Slack says of the connection itself, and what is new."""
    assert frame(**said) == found


@pytest.mark.parametrize("kind", ["events_api", "slash_commands", "interactive"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"envelope_id": None}, {"envelope_id": ""}, {"envelope_id": 5}, {"payload": None}, {"payload": "x"},
        {"payload": []},
    ],
)  # fmt: skip
def test_half_an_envelope_is_none(kind, wrong):
    """Nobody could acknowledge it, or nobody could be told of it."""
    with pytest.raises(ValueError, match=f"{kind} without an envelope_id or a payload"):
        frame(**{"type": kind, "envelope_id": "e1", "payload": {}} | wrong)

"""What the fake sends, read and translated by the server: each builder gives the event that an application expects."""

import pytest

from interfaces.slack.posted import Check, Posted, read
from interfaces.slack.translate import Me, Occasion, translated, whose
from interfaces.testing.slack import FakeSlack, SteppedClock
from interfaces.testing.slack.delivery import kind_of
from interfaces.testing.slack.envelope import event_callback
from interfaces.testing.slack.payloads import events, interactions
from interfaces.testing.slack.payloads.interactions import Who
from interfaces.testing.slack.posting import request_for

NOW = 1_700_000_000.0
ME = Me(app_id="A1", bot_id="B1", bot_user_id="UBOT1")
TEXT = {"type": "plain_text", "text": "Go"}
OPTION = {"text": TEXT, "value": "a"}
INPUTS = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {"type": "button", "action_id": "go", "text": TEXT, "value": "1"},
        {"type": "overflow", "action_id": "more", "options": [OPTION]},
        {"type": "static_select", "action_id": "one", "options": [OPTION]},
        {"type": "multi_static_select", "action_id": "many", "options": [OPTION]},
        {"type": "datepicker", "action_id": "day"},
        {"type": "users_select", "action_id": "who"},
        {"type": "multi_channels_select", "action_id": "where"},
        {"type": "plain_text_input", "action_id": "why"},
        {"type": "external_select", "action_id": "city"},
    ],
}
MESSAGE = {"ts": "5.5", "text": "x", "blocks": [INPUTS]}
VIEW = {
    "id": "V1", "root_view_id": "V1", "hash": "h1", "callback_id": "ask", "private_metadata": "m", "blocks": [INPUTS],
    "team_id": "T1", "app_installed_team_id": "T1",
}  # fmt: skip
WHO = Who(response_url="http://x/actions/T1/R1")


def reading(payload):
    """What the server reads of it, from the bytes that the fake posts."""
    request = request_for("http://x", kind_of(payload), payload)
    return read(request.body, request.kind != "application/json", {})


def parcel(payload, **more):
    """The call that comes of it."""
    posted = reading(payload)
    assert isinstance(posted, Posted) and posted.kind == kind_of(payload)
    return translated(
        posted, Occasion(transport="http", now=NOW, deadline=NOW + 2.5, name="own", me=ME, **more)
    )


def told(event, **more):
    """The call for an event of the Events API."""
    world = FakeSlack(clock=SteppedClock()).world
    return parcel(event_callback(world, event, **more))


EVENTS = [
    (events.message("hi <@U2>"), "message", "C1", "U1", "T1/C1/", {"text": "hi <@U2>", "mentions": ["U2"]}),
    (events.message("x", thread_ts="1.1"), "message", "C1", "U1", "T1/C1/1.1", {"thread_ts": "1.1"}),
    (events.message("x", thread_ts=events.TS), "message", "C1", "U1", "T1/C1/", {"thread_ts": events.TS}),
    (events.message(channel="D1"), "message", "D1", "U1", "T1/D1/", {"channel_type": "im", "subtype": None}),
    (events.message(channel="G1", user="U2"), "message", "G1", "U2", "T1/G1/", {"channel_type": "group"}),
    (events.message(files=[{"id": "F1"}]), "message", "C1", "U1", "T1/C1/", {"files": [{"id": "F1"}]}),
    (events.message(user="UBOT1"), "message", "C1", "UBOT1", "T1/C1/", {"is_self": True}),
    (events.message(bot_id="B1"), "message", "C1", "U1", "T1/C1/", {"is_self": True, "bot_id": "B1"}),
    (events.message(bot_id="B2", app_id="A1"), "message", "C1", "U1", "T1/C1/", {"is_self": True}),
    (events.message(bot_id="B2", app_id="A2"), "message", "C1", "U1", "T1/C1/", {"is_self": False}),
    (
        events.app_mention(),
        "event/app_mention",
        "C1",
        "U1",
        "T1/C1/",
        {"event_type": "app_mention", "is_self": False},
    ),
    (events.app_mention(thread_ts="1.1"), "event/app_mention", "C1", "U1", "T1/C1/1.1", {}),
    (
        events.bot_message(),
        "message",
        "C1",
        None,
        "T1/C1/",
        {"subtype": "bot_message", "bot_id": "B9", "is_self": False, "text": "beep"},
    ),
    (events.bot_message(bot_id="B1"), "message", "C1", None, "T1/C1/", {"is_self": True}),
    (
        events.message_changed(events.message("old", ts="5.5"), "new <@U9>"),
        "message",
        "C1",
        "U1",
        "T1/C1/",
        {"subtype": "message_changed", "text": "new <@U9>", "ts": "5.5", "mentions": ["U9"],
         "edited": {"user": "U1", "ts": "1700000009.000900"}},
    ),
    (
        events.message_changed(events.message("old", thread_ts="1.1"), "new"),
        "message",
        "C1",
        "U1",
        "T1/C1/1.1",
        {"thread_ts": "1.1"},
    ),
    (
        events.message_deleted(events.message("old", ts="5.5")),
        "message",
        "C1",
        "U1",
        "T1/C1/",
        {"subtype": "message_deleted", "text": "", "ts": "5.5", "blocks": [], "edited": None},
    ),
    (events.file_share("see"), "message", "C1", "U1", "T1/C1/", {"subtype": "file_share", "text": "see"}),
    (events.reaction_added(), "event/reaction_added", "C1", "U1", "T1/C1/", {"event_type": "reaction_added"}),
    (events.reaction_removed("eyes", user="U2"), "event/reaction_removed", "C1", "U2", "T1/C1/", {}),
    (events.reaction_added(user="UBOT1"), "event/reaction_added", "C1", "UBOT1", "T1/C1/", {"is_self": True}),
    (events.member_joined_channel(channel="C9"), "event/member_joined_channel", "C9", "U1", "T1/C9/", {}),
    (events.member_joined_channel(user="UBOT1"), "event/member_joined_channel", "C1", "UBOT1", "T1/C1/",
     {"is_self": True}),
    (events.app_home_opened(), "event/app_home_opened", "D1", "U1", "T1/D1/", {}),
    (events.assistant_thread_started(), "event/assistant_thread_started", "D1", None, f"T1/D1/{events.TS}", {}),
    (events.function_executed(), "event/function_executed", None, None, None, {"event_type": "function_executed"}),
    (events.app_uninstalled(), "event/app_uninstalled", None, None, None, {"event_type": "app_uninstalled"}),
    (events.tokens_revoked(bot=["UBOT1"]), "event/tokens_revoked", None, None, None, {"is_self": False}),
]  # fmt: skip


@pytest.mark.parametrize(("event", "path", "channel", "user", "conversation", "said"), EVENTS)
def test_an_event_of_the_fakes_is_what_an_application_hears(event, path, channel, user, conversation, said):
    """Its path, where and who, which conversation it belongs to, and what is special about it."""
    call = told(event)
    scope = call.scope
    assert (scope["path"], scope["channel"], scope["user"]) == (path, channel, user or scope["user"])
    assert scope["conversation"] == call.conversation == conversation
    assert call.event["type"] == ("slack.message" if path == "message" else "slack.event")
    assert said.items() <= call.event.items()
    assert call.event["event"] == event


def test_every_event_of_the_fakes_is_in_the_table():
    """A new builder is not forgotten; what comes without an envelope has a test of its own."""
    here = {one[0]["type"] for one in EVENTS} | {one[0].get("subtype") for one in EVENTS}
    assert {*events.__all__} - {"rich_text"} <= here | {"app_rate_limited"}


@pytest.mark.parametrize(
    ("team", "enterprise", "whole", "home"),
    [("T1", None, False, "T1"), ("T2", "E1", False, "T2"), ("T2", "E1", True, "E1")],
)
def test_whose_an_event_is(team, enterprise, whole, home):
    """The team's, or the organisation's where that has the app: by its envelope."""
    world = FakeSlack(clock=SteppedClock()).world
    if team == "T2":
        world.add_workspace("T2", enterprise_id=enterprise)
        world.install("T2", whole=whole)
    payload = event_callback(world, events.message(), team_id=team)
    scope = parcel(payload).scope
    assert whose(payload) == (team, enterprise, whole)
    assert (scope["installation"], scope["account"]) == (home, f"{home}/U1")
    assert (scope["team_id"], scope["enterprise_id"], scope["is_enterprise_install"]) == (
        team,
        enterprise,
        whole,
    )


def test_an_event_keeps_its_name():
    """The same event_id is the same key, whichever envelope it comes in."""
    first, again = told(events.message(), event_id="Ev7"), told(events.message(), event_id="Ev7")
    assert first.key == again.key == "slack:A1:Ev7"
    assert told(events.message()).key != first.key


def test_what_comes_without_an_envelope_is_an_event_too():
    """app_rate_limited has no id of its own: it gets one, and no key."""
    call = parcel(events.app_rate_limited(team="T1"))
    assert (call.scope["path"], call.event["event_type"]) == ("event/app_rate_limited", "app_rate_limited")
    assert (call.event["id"], call.key, call.scope["team_id"]) == ("own", "", "T1")
    assert call.event["envelope"] == {}


@pytest.mark.parametrize("surface", [MESSAGE, VIEW], ids=["message", "view"])
@pytest.mark.parametrize(
    ("action", "value", "chosen"),
    [
        ("go", None, "1"),
        ("more", "a", "a"),
        ("one", "a", "a"),
        ("one", None, None),
        ("many", ["a"], ["a"]),
        ("many", [], []),
        ("many", None, []),
        ("day", "2026-11-28", "2026-11-28"),
        ("who", "U2", "U2"),
        ("where", ["C1", "C2"], ["C1", "C2"]),
        ("why", "because", "because"),
        ("city", "berlin", "berlin"),
    ],
)
def test_whatever_is_used_tells_what_was_chosen(surface, action, value, chosen):
    """In a message and in a view; inputs stand in the values, buttons do not."""
    call = parcel(interactions.block_actions(surface, action, value, who=WHO, values={"why": "so"}))
    event = call.event
    assert (event["type"], event["kind"], event["action_id"]) == ("slack.action", "block_actions", action)
    assert (event["block_id"], event["value"]) == ("row", chosen)
    assert event["values"]["why"] == (chosen if action == "why" else "so")
    assert event["values"].get(action, "no input") == (chosen if action not in ("go", "more") else "no input")
    assert call.scope["path"] == f"action/{action}"
    in_view = surface is VIEW
    assert (event["view"] is not None, event["message"] is None) == (in_view, in_view)
    assert event["response_url"] == (None if in_view else WHO.response_url)
    assert (call.scope["channel"], event["trigger_id"]) == (None if in_view else "C1", WHO.trigger_id)


@pytest.mark.parametrize(
    ("payload", "path", "said"),
    [
        (
            interactions.slash_command("/deploy", "web now", who=WHO),
            "command/deploy",
            {"type": "slack.command", "command": "/deploy", "text": "web now", "channel": "C1"},
        ),
        (
            interactions.slash_command("/x", "payload={}&command=no", who=WHO),
            "command/x",
            {"text": "payload={}&command=no"},
        ),
        (
            interactions.shortcut("new", who=WHO),
            "shortcut/new",
            {"type": "slack.shortcut", "kind": "shortcut", "callback_id": "new", "message": None},
        ),
        (
            interactions.message_action("fix", MESSAGE, who=WHO),
            "shortcut/fix",
            {"type": "slack.shortcut", "kind": "message_action", "message": MESSAGE, "channel": "C1"},
        ),
        (
            interactions.view_submission(VIEW, {"why": "so", "one": "a"}, who=WHO),
            "view/ask",
            {"type": "slack.view", "kind": "view_submission", "hash": "h1", "private_metadata": "m",
             "values": {"one": "a", "many": [], "day": None, "who": None, "where": [], "why": "so", "city": None}},
        ),
        (
            interactions.view_closed(VIEW, who=WHO),
            "view_closed/ask",
            {"type": "slack.view", "kind": "view_closed", "trigger_id": None, "id": "own"},
        ),
        (
            interactions.block_suggestion(MESSAGE, "city", "ber", who=WHO),
            "options/city",
            {"type": "slack.options", "action_id": "city", "block_id": "row", "value": "ber", "channel": "C1"},
        ),
        (
            interactions.block_suggestion(VIEW, "city", "ber", who=WHO),
            "options/city",
            {"value": "ber", "channel": None},
        ),
        (
            interactions.interactive_message("choice", MESSAGE, "game", "chess", who=WHO),
            "action/choice",
            {"type": "slack.action", "kind": "interactive_message", "value": "chess", "message": MESSAGE},
        ),
    ],
)  # fmt: skip
def test_what_a_person_begins_is_what_an_application_hears(payload, path, said):
    """Its path and its fields; who it was, for which app, and until when it is to be answered."""
    call = parcel(payload)
    assert call.scope["path"] == path
    assert said.items() <= call.event.items()
    assert (call.scope["user"], call.scope["team_id"], call.scope["app_id"]) == ("U1", "T1", "A1")
    assert (call.event["ack_deadline"], call.conversation) == (NOW + 2.5, None)


@pytest.mark.parametrize(
    "make",
    [
        lambda who: interactions.slash_command("/x", who=who),
        lambda who: interactions.shortcut("x", who=who),
        lambda who: interactions.block_actions(MESSAGE, "go", who=who),
        lambda who: interactions.view_submission({**VIEW, "app_installed_team_id": "T2"}, who=who),
        lambda who: interactions.message_action("x", MESSAGE, who=who),
        lambda who: interactions.block_suggestion(MESSAGE, "city", who=who),
        lambda who: interactions.interactive_message("x", MESSAGE, "n", "v", who=who),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_whose_an_interaction_is(make, whole):
    """As with events: the organisation's id where all of it has the app."""
    payload = make(Who(team_id="T2", enterprise_id="E1", whole=whole, user_id="U7"))
    scope = parcel(payload).scope
    assert (scope["team_id"], scope["enterprise_id"], scope["is_enterprise_install"]) == ("T2", "E1", whole)
    assert scope["account"] == ("E1/U7" if whole else "T2/U7")


def test_what_slack_only_looks_at_is_no_call():
    """The challenge of a URL, and the check of a command's certificate."""
    asked = {"token": "t", "challenge": "c1", "type": "url_verification"}
    assert reading(asked) == Check("c1")
    assert reading({"token": "t", "ssl_check": "1"}) == Check("")


def test_nothing_of_a_token_is_told_an_application():
    """The old verification token stands in every payload; in an event's envelope it is left out."""
    world = FakeSlack().world
    payload = event_callback(world, events.message())
    assert payload["token"] == "fake-verification-token"
    assert "fake-verification-token" not in repr(parcel(payload).event)

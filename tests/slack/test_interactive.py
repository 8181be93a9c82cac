"""What people have begun: the path and the event of each kind, and that Bolt would give it to the same listener."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.listener_matcher import builtins as bolt
from slack_bolt.request import BoltRequest
from slack_bolt.response import BoltResponse

from interfaces.shared.errors import PeerError
from interfaces.slack.interactive import pressed as begun
from interfaces.slack.posted import Posted, interactive
from tests.slack import payloads
from tests.slack.payloads import CHANNEL, HOOK, ORG, STATE, TEAM, TRIGGER, TS, USER, pressed
from tests.slack.test_inputs import ELEMENTS


def of(payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path and the event."""
    return begun(Posted(kind="command", payload=payload) if "command" in payload else interactive(payload))


def has(event: dict[str, Any], /, **said: Any) -> bool:
    """Whether it has these keys with these values."""
    return {key: event.get(key) for key in said} == said


# --- commands ----------------------------------------------------------------------------------------------


def test_a_command() -> None:
    """Its path is its name without the slash; the trigger is its id."""
    path, event = of(payloads.command())
    assert path == "command/deploy"
    assert event == {
        "type": "slack.command",
        "id": TRIGGER,
        "channel": CHANNEL,
        "user": USER,
        "payload": payloads.command(),
        "trigger_id": TRIGGER,
        "response_url": HOOK,
        "command": "/deploy",
        "text": "staging now",
    }


@pytest.mark.parametrize("text", ["", "payload", "payload={}", " two  words "])
def test_the_text_of_a_command_is_as_it_was_typed(text: str) -> None:
    """Empty, or about payloads (Bolt's defect, EVIDENCE.md)."""
    assert of(payloads.command(text=text))[1]["text"] == text


def test_a_command_with_blank_fields() -> None:
    """What is blank is None; without a trigger it has no id of Slack's."""
    path, event = of(payloads.command(channel_id="", response_url="", trigger_id="", user_id=""))
    assert path == "command/deploy"
    assert has(event, id="", channel=None, response_url=None, trigger_id=None, user=None)


@pytest.mark.parametrize("said", [{"command": ""}, {"command": None}, {"command": ["/x"]}])
def test_a_command_without_a_name_is_none(said: dict[str, Any]) -> None:
    """As a socket could say it."""
    with pytest.raises(PeerError, match="it names no command"):
        of({**payloads.command(), **said})


# --- actions -----------------------------------------------------------------------------------------------


def test_a_button_in_a_message() -> None:
    """Its path is the action_id; message, channel, trigger and response_url stand beside it."""
    payload = payloads.action()
    path, event = of(payload)
    assert path == "action/approve"
    assert event == {
        "type": "slack.action",
        "id": TRIGGER,
        "channel": CHANNEL,
        "user": USER,
        "payload": payload,
        "trigger_id": TRIGGER,
        "response_url": HOOK,
        "kind": "block_actions",
        "action_id": "approve",
        "block_id": "b1",
        "value": "42",
        "actions": payload["actions"],
        "state": {"values": {}},
        "values": {},
        "container": payload["container"],
        "message": payload["message"],
        "view": None,
    }


@pytest.mark.parametrize(("element", "value"), ELEMENTS)
@pytest.mark.parametrize("place", ["message", "view"])
def test_every_element_is_an_action_with_its_value(place: str, element: dict[str, Any], value: Any) -> None:
    """In messages and in views; the values of inputs are those of the state, wherever that stands."""
    first = {**element, "action_id": "a1", "block_id": "b1", "action_ts": "1.2"}
    second = {"type": "button", "action_id": "a2", "block_id": "b2", "value": "other"}
    payload = payloads.action(first, second, state=STATE)
    if place == "view":
        del payload["state"], payload["message"], payload["channel"]
        payload["view"] = payloads.view()
    path, event = of(payload)
    assert path == "action/a1"
    assert has(event, action_id="a1", block_id="b1", value=value, actions=[first, second], state=STATE)
    assert event["values"] == {"title": "Printer on fire", "severity": "high", "notes": None}
    assert (event["view"] is None) == (place == "message")


def test_a_button_in_an_app_home() -> None:
    """There is no message, no channel and no response_url."""
    home = payloads.view(type="home", callback_id="", state={"values": {}})
    payload = pressed(
        "block_actions",
        container={"type": "view", "view_id": "VNHU13V36"},
        trigger_id=TRIGGER,
        view=home,
        actions=[{"type": "button", "action_id": "refresh", "block_id": "b", "action_ts": "1.2"}],
    )
    path, event = of(payload)
    assert path == "action/refresh"
    assert has(event, channel=None, message=None, response_url=None, view=home, value=None, user=USER)
    assert has(event, container={"type": "view", "view_id": "VNHU13V36"})


def test_an_ephemeral_message_is_its_container_alone() -> None:
    """Slack leaves it out; the channel may stand in the container only."""
    container = {"type": "message", "message_ts": TS, "channel_id": CHANNEL, "is_ephemeral": True}
    payload = payloads.action(container=container)
    del payload["message"], payload["channel"]
    _, event = of(payload)
    assert has(event, message=None, channel=CHANNEL, container=container)


@pytest.mark.parametrize(
    ("used", "value"),
    [
        ({"name": "game", "type": "button", "value": "chess"}, "chess"),
        ({"name": "game", "type": "select", "selected_options": [{"value": "war"}]}, "war"),
        ({"name": "game", "type": "select", "selected_options": []}, []),
    ],
)
def test_an_attachment_is_known_by_its_callback_id(used: dict[str, Any], value: Any) -> None:
    """Buttons and menus of attachments, which came before blocks; a menu has one choice."""
    payload = payloads.attachment(used)
    path, event = of(payload)
    assert path == "action/wopr_game"
    assert has(event, type="slack.action", kind="interactive_message", action_id="wopr_game", block_id="")
    assert has(event, value=value, message=payload["original_message"], channel=CHANNEL, response_url=HOOK)


@pytest.mark.parametrize("actions", [None, [], {}, "x", ["x"]])
def test_actions_without_an_action_are_none(actions: Any) -> None:
    """There is nothing that was used."""
    with pytest.raises(PeerError, match="it has no actions"):
        of({**payloads.action(), "actions": actions})


# --- shortcuts ---------------------------------------------------------------------------------------------


def test_a_shortcut_of_the_app() -> None:
    """From anywhere: no channel and no message."""
    payload = pressed("shortcut", callback_id="new_ticket", trigger_id=TRIGGER, action_ts="1581106241.371594")
    path, event = of(payload)
    assert path == "shortcut/new_ticket"
    assert has(
        event, type="slack.shortcut", kind="shortcut", callback_id="new_ticket", message=None, channel=None
    )
    assert has(event, id=TRIGGER, user=USER, response_url=None)


def test_a_shortcut_of_a_message() -> None:
    """With the message and where it stands."""
    said = {"type": "message", "user": USER, "ts": TS, "text": "help"}
    payload = pressed(
        "message_action",
        callback_id="make_ticket",
        trigger_id=TRIGGER,
        response_url=HOOK,
        channel={"id": CHANNEL, "name": "general"},
        message_ts=TS,
        message=said,
    )
    path, event = of(payload)
    assert path == "shortcut/make_ticket"
    assert has(event, kind="message_action", message=said, channel=CHANNEL, response_url=HOOK)


# --- views -------------------------------------------------------------------------------------------------


def test_a_view_is_submitted() -> None:
    """What was put in stands by its action_id; metadata and hash are those of the view."""
    payload = payloads.submitted()
    path, event = of(payload)
    assert path == "view/ticket"
    assert event == {
        "type": "slack.view",
        "id": TRIGGER,
        "channel": None,
        "user": USER,
        "payload": payload,
        "trigger_id": TRIGGER,
        "response_url": None,
        "kind": "view_submission",
        "callback_id": "ticket",
        "private_metadata": '{"ticket": 7}',
        "hash": "1569362015.55b5e41b",
        "state": STATE,
        "values": {"title": "Printer on fire", "severity": "high", "notes": None},
        "view": payload["view"],
        "response_urls": [],
    }


def test_a_view_may_say_where_to_answer() -> None:
    """Of inputs with response_url_enabled."""
    url = {"block_id": "b", "action_id": "a", "channel_id": CHANNEL, "response_url": HOOK}
    assert of(payloads.submitted(response_urls=[url]))[1]["response_urls"] == [url]


def test_a_view_is_closed() -> None:
    """It has a path of its own, and no trigger: Slack gives it no id."""
    payload = pressed("view_closed", view=payloads.view(), is_cleared=False)
    path, event = of(payload)
    assert path == "view_closed/ticket"
    assert has(event, type="slack.view", kind="view_closed", callback_id="ticket", id="", trigger_id=None)


def test_a_dialog_is_submitted() -> None:
    """As a view: what was put in stands by its name, its state is the metadata."""
    path, event = of(payloads.dialog("dialog_submission", submission={"loc": "Goose Lane", "seats": None}))
    assert path == "view/ryde"
    assert has(event, type="slack.view", kind="dialog_submission", callback_id="ryde", state={}, view={})
    assert has(event, values={"loc": "Goose Lane", "seats": None}, private_metadata="vegetarian", hash="")
    assert has(event, response_url=HOOK, channel=CHANNEL, response_urls=[], id="")


def test_a_dialog_is_cancelled() -> None:
    """As a view that is closed."""
    path, event = of(payloads.dialog("dialog_cancellation"))
    assert path == "view_closed/ryde"
    assert has(event, kind="dialog_cancellation", values={}, private_metadata="vegetarian")


# --- menus that ask ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [
        {"container": {"type": "view", "view_id": "V1"}, "view": payloads.view()},
        {
            "container": {"type": "message", "message_ts": TS, "channel_id": CHANNEL, "is_ephemeral": False},
            "channel": {"id": CHANNEL, "name": "general"},
            "message": payloads.message(),
        },
    ],
)
def test_a_menu_asks(where: dict[str, Any]) -> None:
    """Of a view or of a message, with what was typed; there is no trigger."""
    payload = pressed("block_suggestion", action_id="city", block_id="b1", value="ber", **where)
    path, event = of(payload)
    assert path == "options/city"
    assert has(
        event, type="slack.options", action_id="city", block_id="b1", value="ber", trigger_id=None, id=""
    )
    assert event["channel"] == (CHANNEL if "channel" in where else None)


@pytest.mark.parametrize("kind", ["dialog_suggestion", "interactive_message"])
def test_a_menu_of_a_dialog_or_an_attachment_asks(kind: str) -> None:
    """The callback_id says which, and the name which menu in it; nothing typed is an empty text."""
    path, event = of(payloads.dialog(kind, name="city", value=""))
    assert path == "options/ryde"
    assert has(event, type="slack.options", action_id="ryde", block_id="city", value="", channel=CHANNEL)


def test_without_a_callback_id_the_name_says_which() -> None:
    """In attachments and dialogs that have none."""
    used = payloads.attachment({"name": "game", "type": "button"}, callback_id=None)
    asked = payloads.dialog("dialog_suggestion", name="city", callback_id="")
    assert (of(used)[0], of(asked)[0]) == ("action/game", "options/city")


# --- whatever Slack may think of ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["workflow_step_edit", "what_comes_next_year"])
def test_an_unknown_kind_is_an_event(kind: str) -> None:
    """With what all have, and the payload as Slack says it."""
    payload = pressed(kind, callback_id="c", trigger_id=TRIGGER, channel={"id": CHANNEL}, news=[1])
    path, event = of(payload)
    assert path == f"event/{kind}"
    assert has(
        event, type="slack.event", event_type=kind, event=payload, payload=payload, id=TRIGGER, event_id=""
    )
    assert has(
        event, channel=CHANNEL, user=USER, is_self=False, retry_num=0, retry_reason=None, authorizations=[]
    )


@pytest.mark.parametrize("kind", [None, "", 1, [], {"id": "block_actions"}])
def test_what_has_no_type_is_refused(kind: Any) -> None:
    """Nobody could route it."""
    with pytest.raises(PeerError, match="it has no type"):
        of({"type": kind})


def test_an_organisation_may_have_no_team() -> None:
    """With an installation for all of it Slack says team null: nothing here needs one."""
    said = {"team": None, "enterprise": {"id": ORG, "name": "Org"}, "is_enterprise_install": True}
    for payload in (payloads.action(**said), payloads.submitted(**said), payloads.attachment(**said)):
        assert of(payload)[1]["user"] == USER


# --- what Bolt makes of the same ---------------------------------------------------------------------------

Matcher = Callable[..., Any]
MENU = {"action_id": "city", "block_id": "b1", "value": "x"}
BOLT: list[tuple[dict[str, Any], str, Matcher]] = [
    (payloads.command(), "command", lambda name: bolt.command("/" + name)),
    (payloads.action(), "action", bolt.action),
    (payloads.action(), "action", bolt.block_action),
    (payloads.action(view=payloads.view(), message=None), "action", bolt.action),
    (payloads.attachment(), "action", bolt.action),
    (payloads.attachment(), "action", bolt.attachment_action),
    (pressed("shortcut", callback_id="s"), "shortcut", bolt.shortcut),
    (pressed("shortcut", callback_id="s"), "shortcut", bolt.global_shortcut),
    (pressed("message_action", callback_id="s"), "shortcut", bolt.shortcut),
    (pressed("message_action", callback_id="s"), "shortcut", bolt.message_shortcut),
    (payloads.submitted(), "view", bolt.view),
    (payloads.submitted(), "view", bolt.view_submission),
    (pressed("view_closed", view=payloads.view()), "view_closed", bolt.view_closed),
    (payloads.dialog("dialog_submission", submission={}), "view", bolt.dialog_submission),
    (payloads.dialog("dialog_cancellation"), "view_closed", bolt.dialog_cancellation),
    (pressed("block_suggestion", **MENU), "options", bolt.options),
    (pressed("block_suggestion", **MENU), "options", bolt.block_suggestion),
    (payloads.dialog("dialog_suggestion", name="city"), "options", bolt.options),
    (payloads.dialog("dialog_suggestion", name="city"), "options", bolt.dialog_suggestion),
]
"""A payload, the first word of our path, and Bolt's listener for what the rest of the path says."""
MORE: dict[str, set[Matcher]] = {"dialog_submission": {bolt.action}, "dialog_cancellation": {bolt.action}}
"""Dialogs are actions for Bolt; for us what replaced them, views."""


def matches(matcher: Any, payload: dict[str, Any]) -> bool:
    """Whether Bolt gives it to a listener."""
    return bool(matcher.matches(BoltRequest(body=payload, mode="socket_mode"), BoltResponse(status=200)))


@pytest.mark.parametrize(("payload", "word", "listener"), BOLT)
def test_bolt_gives_it_to_the_listener_of_our_path(
    payload: dict[str, Any], word: str, listener: Matcher
) -> None:
    """Who moves from Bolt finds the same ids, and no other of these listeners would take it."""
    path, _ = of(payload)
    found, _, name = path.partition("/")
    assert found == word
    assert matches(listener(name), payload)
    assert not matches(listener(name + "x"), payload)
    takers = {taker for _, _, taker in BOLT[1:] if matches(taker(name), payload)}
    same = {taker for said, _, taker in BOLT[1:] if said["type"] == payload.get("type")}
    assert takers == same | MORE.get(payload.get("type", ""), set())


IDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(name=IDS, row=st.sampled_from(BOLT))
def test_any_id_is_found_as_bolt_finds_it(name: str, row: tuple[dict[str, Any], str, Matcher]) -> None:
    """Slashes, colons, blanks and line breaks in an id do not matter."""
    payload, word, listener = row
    if word == "command":
        payload = {**payload, "command": "/" + name}
    elif "view" in payload and word != "action":
        payload = {**payload, "view": {**payload["view"], "callback_id": name}}
    elif payload["type"] == "block_actions":
        payload = {**payload, "actions": [{**payload["actions"][0], "action_id": name}]}
    else:
        key = "action_id" if payload["type"] == "block_suggestion" else "callback_id"
        payload = {**payload, key: name}
    path, event = of(payload)
    assert path == f"{word}/{name}"
    assert matches(listener(name), payload)
    assert name in (event.get("command", "/")[1:], event.get("action_id"), event.get("callback_id"))


def test_teams_are_objects_here() -> None:
    """The fixtures are as Slack sends them: an id in an object, where a form has it flat."""
    assert payloads.action()["team"]["id"] == payloads.command()["team_id"] == TEAM

"""Whatever Slack sends is a call as messages.py says it, or refused; a repeat is known, and both ways are the same."""

import json
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.errors import PeerError
from interfaces.shared.parcel import Parcel
from interfaces.slack import messages
from interfaces.slack.posted import Kind, Posted, read
from interfaces.slack.translate import Occasion, translated
from tests.slack import payloads
from tests.slack.payloads import envelope, message, pressed
from tests.slack.test_translate import EVENTS, HTTP, SELF, SUBTYPES
from tests.slack.test_translate_whose import WHOSE

SOCKET = Occasion(transport="socket", now=1000.5, deadline=1003.0, name="n1", client=HTTP.client, me=SELF)
TYPES = {
    "slack.message": messages.SlackMessage,
    "slack.event": messages.SlackEvent,
    "slack.command": messages.SlackCommand,
    "slack.action": messages.SlackAction,
    "slack.shortcut": messages.SlackShortcut,
    "slack.view": messages.SlackView,
    "slack.options": messages.SlackOptions,
}
WAITS = {"slack.event": {"payload", "trigger_id", "response_url", "ack_deadline"}}
"""What an event has that a person has begun, of a kind that is not known."""


def check(parcel: Parcel) -> None:
    """Scope and event have the keys and the types of messages.py, and are plain."""
    scope = {**parcel.scope, "state": {}}
    assert {*scope} == {*get_type_hints(messages.SlackScope)}
    msgspec.convert(scope, messages.SlackScope)
    kind = TYPES[parcel.event["type"]]
    keys = {*get_type_hints(kind)} - {"reply_channel"}
    assert keys <= {*parcel.event} <= keys | WAITS.get(parcel.event["type"], set())
    msgspec.convert(parcel.event, kind)
    msgspec.msgpack.encode((parcel.scope, parcel.event, parcel.key, parcel.conversation))
    assert (
        parcel.key in ("", parcel.event["dedupe_key"]) and parcel.scope["conversation"] == parcel.conversation
    )


NAMES = ["type", "event", "event_id", "team_id", "team", "enterprise", "enterprise_id", "authorizations", "channel",
         "user", "user_id", "channel_id", "item", "message", "previous_message", "subtype", "text", "ts", "thread_ts",
         "deleted_ts", "bot_id", "app_id", "api_app_id", "is_bot", "is_enterprise_install", "blocks", "files",
         "attachments", "edited", "channel_type", "view", "app_installed_team_id", "assistant_thread", "id",
         "actions", "action_id", "block_id", "callback_id", "trigger_id", "response_url", "response_urls", "state",
         "values", "submission", "container", "value", "name", "selected_options", "selected_option", "command",
         "private_metadata", "hash", "original_message"]  # fmt: skip
SAMPLES = [
    *(envelope(inner) for inner, _ in SUBTYPES),
    *(envelope(inner) for inner, _, _ in EVENTS),
    *(row[0] for row in WHOSE),
    payloads.attachment(),
    pressed("shortcut", callback_id="s"),
    pressed("message_action", callback_id="s", message=message()),
    pressed("block_suggestion", action_id="a", value="x"),
    payloads.dialog("dialog_submission", submission={"a": "b"}),
    payloads.dialog("dialog_cancellation"),
    payloads.dialog("dialog_suggestion", name="n", value="v"),
]
KINDS: Any = st.sampled_from(get_args(Kind))
TYPED = st.sampled_from(["message", "event_callback", "block_actions", "view_submission", "interactive_message",
                         "assistant_thread_started", "dialog_submission", "message_action", "x"])  # fmt: skip
ODD = ["null", "true", "false", "0", "1", "-1.5", '""', '"a"', '"<@U1> é"', '"true"', '"1.2"', "[]", "{}", "[1]",
       '["x"]', "[[]]", '{"id": "U1"}', '{"id": 1}', '{"": {}}', '[{}, {"id": "U2"}]',
       '[{"is_bot": true, "user_id": []}]']  # fmt: skip
LEAF: st.SearchStrategy[Any] = st.sampled_from(ODD).map(json.loads)
INNER = st.dictionaries(st.sampled_from(NAMES), LEAF | TYPED, max_size=6)
NESTED = st.dictionaries(
    st.sampled_from(NAMES), INNER | st.lists(INNER, max_size=2) | LEAF | TYPED, max_size=8
)


@st.composite
def bent(draw: st.DrawFn) -> dict[str, Any]:
    """What Slack sends, of which some parts are something else."""
    found: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(SAMPLES))))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = found
        while True:
            key = draw(st.sampled_from(sorted(place))) if place else "type"
            if not isinstance(place[key] if place else None, dict) or draw(st.booleans()):
                place[key] = draw(LEAF | INNER)
                break
            place = place[key]
    return found


@given(payload=NESTED | bent(), kind=KINDS)
def test_any_object_is_a_call_or_refused(payload: dict[str, Any], kind: Any) -> None:
    """No other error, whichever keys have whichever values; and a call has exactly what messages.py says."""
    try:
        parcel = translated(Posted(kind=kind, payload=payload), HTTP)
    except PeerError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either comes of it
        return
    check(parcel)


@given(payload=NESTED | bent(), kind=KINDS, number=st.integers(0, 9))
def test_a_repeat_has_the_key_of_the_first(payload: dict[str, Any], kind: Any, number: int) -> None:
    """Whenever it comes, by whatever way, as whichever try; and only what has no id of Slack's has none."""
    try:
        first = translated(Posted(kind=kind, payload=payload), HTTP)
    except PeerError:
        return
    later = Occasion(transport="socket", now=2000.0, name="n2")
    again = translated(Posted(kind=kind, payload=payload, retry_num=number, retry_reason="timeout"), later)
    assert (again.key, again.conversation) == (first.key, first.conversation)
    assert again.event["attempt"] == number + 1
    assert bool(first.key) == (first.event["id"] == again.event["id"])


@given(payload=NESTED | bent(), kind=KINDS)
def test_both_ways_differ_by_their_name_alone(payload: dict[str, Any], kind: Any) -> None:
    """The same from the Events API and from Socket Mode, but for the scope's transport."""
    posted = Posted(kind=kind, payload=payload)
    try:
        http = translated(posted, HTTP)
    except PeerError as error:
        with pytest.raises(PeerError, match=f"^{error}$"):
            translated(posted, SOCKET)
        return
    socket = translated(posted, SOCKET)
    assert socket.scope == {**http.scope, "transport": "socket"}
    assert (socket.event, socket.key, socket.conversation) == (http.event, http.key, http.conversation)


@pytest.mark.parametrize("payload", SAMPLES[:-1])
def test_what_slack_sends_has_the_types_of_the_contract(payload: dict[str, Any]) -> None:
    """Read from its bytes and translated: every key of messages.py, with a value of its type."""
    if "event" in payload:
        posted = read(json.dumps(payload).encode(), False, {})
    elif "command" in payload:
        posted = read(payloads.form(payload), True, {})
    elif not payload:
        return
    else:
        posted = read(payloads.form({"payload": json.dumps(payload)}), True, {})
    assert isinstance(posted, Posted) and posted.payload == payload
    check(translated(posted, HTTP))

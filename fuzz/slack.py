"""What Slack posts or says by Socket Mode: whatever it is, there is a call as messages.py says it, or a refusal."""

import json
from typing import Any, get_type_hints
from urllib.parse import urlencode

import msgspec

from interfaces.shared.errors import PeerError
from interfaces.slack import messages
from interfaces.slack.frames import Envelope
from interfaces.slack.frames import read as heard
from interfaces.slack.posted import Check, Posted, read
from interfaces.slack.translate import Me, Occasion, translated
from interfaces.slack.verify import genuine, signature

NOW = 1_800_000_000.0
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
ME = Me(app_id="A1", bot_id="B1", bot_user_id="U0")
TYPES = {
    "slack.message": messages.SlackMessage,
    "slack.event": messages.SlackEvent,
    "slack.command": messages.SlackCommand,
    "slack.action": messages.SlackAction,
    "slack.shortcut": messages.SlackShortcut,
    "slack.view": messages.SlackView,
    "slack.options": messages.SlackOptions,
}
BOT = {
    "team_id": "T1",
    "enterprise_id": None,
    "user_id": "U0",
    "is_bot": True,
    "is_enterprise_install": False,
}
MESSAGE = {"type": "message", "channel": "C1", "user": "U1", "text": "hi <@U0>", "ts": "1.2", "thread_ts": "1.1",
           "channel_type": "channel", "blocks": [{"type": "rich_text", "elements": []}]}  # fmt: skip
EVENTS: list[dict[str, Any]] = [
    MESSAGE,
    {"type": "message", "subtype": "message_changed", "channel": "C1", "message": MESSAGE, "ts": "1.3"},
    {
        "type": "message",
        "subtype": "message_deleted",
        "channel": "C1",
        "previous_message": MESSAGE,
        "deleted_ts": "1",
    },
    {"type": "reaction_added", "user": "U1", "item": {"channel": "C1", "ts": "1.2"}},
    {
        "type": "assistant_thread_started",
        "assistant_thread": {"user_id": "U1", "channel_id": "D1", "thread_ts": "1"},
    },
    {"type": "team_join", "user": {"id": "U1"}},
]
PERSON = {
    "team": {"id": "T1", "enterprise_id": "E1"},
    "user": {"id": "U1", "team_id": "T1"},
    "trigger_id": "1.2.a",
}
STATE = {
    "values": {"b": {"a": {"type": "static_select", "selected_option": {"value": "x"}}, "c": {"value": "y"}}}
}
VIEW = {
    "callback_id": "c",
    "state": STATE,
    "private_metadata": "x",
    "hash": "h",
    "app_installed_team_id": "T2",
}
PAYLOADS: list[dict[str, Any]] = [
    {"type": "block_actions", "actions": [{"action_id": "a", "selected_options": [{"value": "x"}]}], "state": STATE,
     "container": {"channel_id": "C1"}, "message": MESSAGE},
    {"type": "interactive_message", "callback_id": "c", "actions": [{"type": "select", "selected_options": []}]},
    {"type": "interactive_message", "callback_id": "c", "name": "n", "value": "v"},
    {"type": "message_action", "callback_id": "c", "message": MESSAGE, "channel": {"id": "C1"}},
    {"type": "view_submission", "view": VIEW, "response_urls": [{"response_url": "https://x"}]},
    {"type": "view_closed", "view": VIEW},
    {"type": "dialog_submission", "callback_id": "c", "submission": {"a": "b"}, "state": "s"},
    {"type": "block_suggestion", "action_id": "a", "value": "v"},
    {"type": "news", "enterprise": {"id": "E1"}, "is_enterprise_install": True},
]  # fmt: skip
COMMAND = {"command": "/x", "text": "payload=1", "team_id": "T1", "channel_id": "C1", "user_id": "U1",
           "trigger_id": "1.2.b", "response_url": "https://x", "is_enterprise_install": "true"}  # fmt: skip


def envelope(event: dict[str, Any]) -> dict[str, Any]:
    """An event as it is sent."""
    return {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "api_app_id": "A1",
            "event": event, "authorizations": [BOT]}  # fmt: skip


SEEDS = [
    *(b"\x00" + json.dumps(envelope(one)).encode() for one in EVENTS),
    b"\x00" + json.dumps({"type": "app_rate_limited", "team_id": "T1"}).encode(),
    b"\x00" + json.dumps({"type": "url_verification", "challenge": "x"}).encode(),
    b"\x01" + urlencode(COMMAND).encode(),
    b"\x01ssl_check=1",
    *(b"\x02" + json.dumps({**PERSON, **one}).encode() for one in PAYLOADS),
    *(b"\x03" + json.dumps({"type": kind, "envelope_id": "e", "payload": payload, "retry_attempt": 1}).encode()
      for kind, payload in (("events_api", envelope(MESSAGE)), ("slash_commands", COMMAND),
                            ("interactive", PERSON | PAYLOADS[0]))),
    b'\x03{"type": "disconnect", "reason": "warning"}',
    b"\x04" + signature(SECRET, "1800000000", b"1800000000").encode() + b"\n1800000000",
    b"\x04v0=\xff\n\xb2",
]  # fmt: skip


def called(given: Posted) -> None:
    """A call has the keys and types of the contract, its repeat the same key, whichever way that comes."""
    first = translated(given, Occasion(transport="http", now=NOW, deadline=NOW + 2.5, name="n", me=ME))
    again = translated(given, Occasion(transport="socket", now=NOW + 60, name="m", me=ME))
    try:
        msgspec.convert(first.event, TYPES[first.event["type"]])
        msgspec.convert({**first.scope, "state": {}}, messages.SlackScope)
    except msgspec.ValidationError as error:
        raise AssertionError(f"not as messages.py says it: {error}") from error
    msgspec.msgpack.encode((first.scope, first.event))
    assert {*first.scope, "state"} == {*get_type_hints(messages.SlackScope)}
    assert (first.key, first.conversation) == (again.key, again.conversation)
    assert {**first.scope, "transport": "socket"} == again.scope


def checked(data: bytes) -> None:
    """Only what is signed as Slack signs it is genuine, and nothing raises."""
    signed, _, time = data.decode("latin-1").partition("\n")
    body = time.encode("latin-1")
    found = genuine([SECRET, ""], time, signed, body, NOW)
    right = signed == signature(SECRET, time, body)
    assert (found == "") == (right and time.isascii() and time.isdigit() and abs(int(time[:13]) - NOW) <= 300)


def framed(body: bytes) -> Posted | Check:
    """What comes of a frame."""
    try:
        frame = heard(body.decode("utf-8", "replace"))
    except ValueError as error:
        raise PeerError(str(error)) from error
    return frame.posted if isinstance(frame, Envelope) else Check()


def posted(body: bytes, kind: int) -> Posted | Check:
    """What comes of a request: 0 for JSON, 1 for a form, 2 for a payload in one."""
    said = urlencode({"payload": body}).encode() if kind == 2 else body
    return read(said, kind > 0, {b"x-slack-retry-num": body[:2]})


def one(data: bytes) -> None:
    """The first byte says how it comes: an event, a form, a payload in one, a frame; or what is checked."""
    kind, body = (data[0] % 5, data[1:]) if data else (0, b"")
    if kind == 4:
        checked(body)
        return
    try:
        found = framed(body) if kind == 3 else posted(body, kind)
        if isinstance(found, Posted):
            called(found)
    except PeerError as error:
        assert "\n" not in str(error)

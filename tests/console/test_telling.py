"""Titles in one line, and which conversation a message belongs to."""

from typing import Any

import pytest

from interfaces.console.telling import conversation_of, text_of, title_of
from tests.console.kit import EVENTS, SCOPES


@pytest.mark.parametrize(
    ("kind", "event", "title"),
    [
        ("http", EVENTS["http"], "GET /x?y=1"),
        ("http", {"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", b"text/plain")]},
         "200 text/plain"),
        ("http", {"type": "http.response.start", "status": 404}, "404"),
        ("http", {"type": "http.response.start", "status": 200, "headers": [("Content-Type", "text/plain"), 1]},
         "200 text/plain"),
        ("http", {"type": "http.response.start", "status": 200, "headers": {"Content-Type": "a/b"}}, "200"),
        ("http", {"type": "http.response.start", "status": 200, "headers": [(5, 2**40)]}, "200"),
        ("websocket", {"type": "websocket.connect"}, "/ws"),
        ("websocket", EVENTS["websocket"], "hey"),
        ("websocket", {"type": "websocket.receive", "bytes": b"\xff", "text": None}, "\ufffd"),
        ("websocket", {"type": "websocket.close", "code": 4000, "reason": "bye"}, "4000 bye"),
        ("email", EVENTS["email"], "a@x.org → b@y.org: hi"),
        ("email", {"type": "email.receive", "from": None, "to": [], "subject": "x"}, "<> → : x"),
        ("email", {"type": "email.send", "to": "c@z.org", "text": "no subject"}, "→ c@z.org: no subject"),
        ("email", {"type": "email.reject", "code": 550, "text": "No such list"}, "550 No such list"),
        ("slack", EVENTS["slack"], "U1 C1: hi"),
        ("slack", {"type": "slack.command", "command": "/deploy", "text": "web"}, "U1 C1: /deploy web"),
        ("slack", {"type": "slack.action", "action_id": "take", "value": 3}, "U1 C1: take 3"),
        ("sms", EVENTS["sms"], "+4179 → +4144: hi"),
        ("sms", {"type": "sms.status", "to_address": "+41", "status": "failed", "error_text": "x"}, "+41 failed x"),
        ("irc", EVENTS["irc"], "ada #x: hi"),
        ("irc", {"type": "irc.connect", "nick": "ada"}, "ada"),
        ("udp", EVENTS["udp"], "ping"),
        ("udp", {"type": "udp.nothing"}, ""),
        ("udp", {}, ""),
    ],
)  # fmt: skip
def test_titles(kind: str, event: dict[str, Any], title: str) -> None:
    """Of each protocol in its own words."""
    assert title_of(SCOPES[kind], event) == title


@pytest.mark.parametrize(
    ("kind", "scope", "event", "conversation"),
    [
        ("http", {}, {}, "http:/x"),
        ("websocket", {}, {}, "websocket:/ws"),
        ("email", {}, {"message_id": "1@x.org"}, "email:1@x.org"),
        ("email", {"conversation": "0@x.org"}, {"message_id": "1@x.org"}, "email:0@x.org"),
        ("email", {}, {}, "email:t1"),
        ("email", {}, {"in_reply_to": "<1@x.org>", "message_id": "2@x.org"}, "email:1@x.org"),
        ("email", {}, {"references": ["<0@x.org>", "<1@x.org>"]}, "email:0@x.org"),
        ("email", {"transaction_id": None}, {"to": ["z@x.org"]}, "email:z@x.org"),
        ("slack", {}, {}, "slack:T1/C1/1.2"),
        ("slack", {"conversation": None, "installation": "T1"}, {}, "slack:T1/C1/"),
        (
            "slack",
            {"conversation": None, "channel": None},
            {"channel": "C2", "thread_ts": "1.2"},
            "slack:/C2/1.2",
        ),
        ("sms", {}, {}, "sms:+4144/+4179"),
        ("sms", {"conversation": None}, {"from": "+1", "to": "+2"}, "sms:+1/+2"),
        ("irc", {}, {"target": "#x", "source": {"nick": "ben"}}, "irc:test/#x"),
        ("irc", {}, {"target": "ada", "source": {"nick": "ben"}}, "irc:test/ben"),
        ("irc", {}, {"channel": "#y"}, "irc:test/#y"),
        ("irc", {}, {}, "irc:test/ada"),
        ("udp", {"path": "p"}, {}, "udp:p"),
        ("udp", {}, {}, "udp:"),
    ],
)
def test_conversations(kind: str, scope: dict[str, Any], event: dict[str, Any], conversation: str) -> None:
    """The thread of a mail, channel and thread, the pair of phones, the room, the path."""
    assert conversation_of({**SCOPES[kind], **scope}, event) == conversation


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (3, "3"), ("a", "a"), (b"a", "a"), (bytearray(b"a"), "a"), (["a", {"address": "b"}], "a, b"),
     ({"nothing": 1}, "")],
)  # fmt: skip
def test_texts(value: Any, text: str) -> None:
    """Whatever a protocol says a text by."""
    assert text_of(value) == text

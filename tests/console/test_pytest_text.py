"""Tests as text: each of them is Python, has no secret, and passes for an application that behaves."""

import sys
from types import ModuleType
from typing import Any

import pytest

from interfaces.console.pytest_text import test_of as text_of
from interfaces.testing import Recorder
from tests.console.kit import EVENTS, SCOPES, call, entry

EMAIL = {**SCOPES["email"], "rcpt_to": []}


def project(name: str) -> Recorder:
    """A module with an application that behaves."""
    module: Any = ModuleType(name)
    module.app = Recorder({"websocket.receive": {"type": "websocket.send", "text": "pong"}})
    sys.modules[name] = module
    return module.app


@pytest.mark.parametrize(
    ("kind", "event", "types"),
    [
        ("http", EVENTS["http"], ["http.request", "http.disconnect"]),
        ("websocket", EVENTS["websocket"], ["websocket.connect", "websocket.receive", "websocket.disconnect"]),
        ("websocket", {"type": "websocket.receive", "bytes": b"\x00"}, None),
        ("websocket", {"type": "websocket.connect"}, ["websocket.connect", "websocket.disconnect"]),
        ("email", EVENTS["email"], ["email.receive"]),
        ("sms", EVENTS["sms"], ["sms.receive"]),
        ("sms", {"type": "sms.status", "status": "sent"}, ["sms.status"]),
        ("slack", EVENTS["slack"], ["slack.message"]),
        ("slack", {"type": "slack.message", "text": "x", "user": "U1", "channel": "C1", "thread_ts": "1.2"}, None),
        ("slack", {"type": "slack.command", "command": "/d", "text": "x", "user": "U1", "channel": "C1"},
         ["slack.command"]),
        ("slack", {"type": "slack.action", "action_id": "a"}, ["slack.action"]),
        ("irc", EVENTS["irc"], ["irc.message"]),
        ("udp", {"type": "udp.a-b", "data": b"'\"\\"}, ["udp.a-b"]),
    ],
)  # fmt: skip
def test_it_gives_the_event_to_the_application(
    kind: str, event: dict[str, Any], types: list[str] | None
) -> None:
    """Run as it stands."""
    app = project("console_project")
    try:
        text = text_of(entry(kind, event), "console_project:app")
        space: dict[str, Any] = {}
        exec(compile(text, "test.py", "exec"), space)  # it is what we have just made
        (check,) = [value for name, value in space.items() if name.startswith("test_")]
        check()
    finally:
        del sys.modules["console_project"]
    if types is not None:
        assert [one["type"] for one in app.events] == types


def test_it_has_no_secret() -> None:
    """Neither of the scope nor of the event; bytes stay bytes."""
    one = entry("udp", {"type": "udp.x", "data": b"a geheim12", "token": "t"},
                call=call("udp", "geheim12", headers=[(b"authorization", b"Bearer x")]))  # fmt: skip
    text = text_of(one, "a:b")
    assert "geheim12" not in text and "Bearer" not in text and "b'a [redacted]'" in text


def test_odd_titles_harm_nothing() -> None:
    """Quotes and backslashes at the end of a sentence, and no name of an application."""
    compile(text_of(entry("sms", {"type": "sms.receive", "text": 'a"""\\'}), ""), "test.py", "exec")

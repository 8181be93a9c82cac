"""interfaces.slack.frames: what is said by Socket Mode."""

import json

import pytest

from interfaces.slack.frames import Disconnect, Envelope, Hello, Unknown, acknowledgement, read
from tests.slack.wires import HELLO, envelope


def test_hello_and_disconnect():
    """How many connections there are, and why one ends."""
    assert read(json.dumps(HELLO)) == Hello(connections=1)
    assert read('{"type": "hello", "num_connections": "many"}') == Hello()
    assert read('{"type": "disconnect", "reason": "warning", "debug_info": {}}') == Disconnect(
        reason="warning"
    )
    assert read('{"type": "disconnect"}') == Disconnect(reason="")


def test_an_event_with_its_try():
    """The envelope of the Events API is the payload; what is said of the try is kept when it is what it should be."""
    said = envelope("e1", retry_attempt=2, retry_reason="timeout")
    frame = read(json.dumps(said))
    assert isinstance(frame, Envelope)
    assert (frame.name, frame.accepts) == ("e1", False)
    posted = frame.posted
    assert (posted.kind, posted.retry_num, posted.retry_reason) == ("event", 2, "timeout")
    assert posted.payload == said["payload"]
    odd = read(json.dumps(envelope(retry_attempt="2", retry_reason=None)))
    assert (odd.posted.retry_num, odd.posted.retry_reason) == (0, "")


@pytest.mark.parametrize(
    ("kind", "payload", "posted"),
    [
        ("slash_commands", {"command": "/deploy", "text": 'payload={"a": 1}'}, "command"),
        ("interactive", {"type": "block_actions"}, "interactive"),
        ("interactive", {"type": "view_submission"}, "interactive"),
        ("interactive", {"type": "block_suggestion"}, "options"),
        ("interactive", {"type": "dialog_suggestion"}, "options"),
    ],
)
def test_what_a_person_has_begun(kind, payload, posted):
    """A command, an action, a view; what asks for a menu's options is of a kind of its own."""
    frame = read(json.dumps(envelope(kind=kind, payload=payload)))
    assert (frame.posted.kind, frame.posted.payload, frame.accepts) == (posted, payload, True)


@pytest.mark.parametrize(
    "text",
    [
        "", "nonsense", "[1, 2]", '"hello"', "null", '{"type": ', "{" * 10_000, '{"a":' * 100_000, "\ud800",
        json.dumps(envelope(name="")), json.dumps(envelope(name=7)), json.dumps(envelope() | {"payload": "{}"}),
        json.dumps({"type": "interactive", "envelope_id": "e"}),
    ],
    ids=lambda text: ascii(text[:20]),
)  # fmt: skip
def test_garbage(text):
    """What is no object, or no whole envelope, is refused, however deep it is."""
    with pytest.raises(ValueError):
        read(text)


def test_an_unknown_type():
    """It is told apart from garbage, and shown only in part."""
    assert read('{"type": "workflows", "envelope_id": "e", "payload": {}}') == Unknown(kind="workflows")
    assert read("{}") == Unknown(kind="None")
    assert len(read(json.dumps({"type": "x" * 1000})).kind) == 60


def test_acknowledgements():
    """The envelope's name, and the answer where there is one."""
    assert json.loads(acknowledgement("e1")) == {"envelope_id": "e1"}
    assert json.loads(acknowledgement("e1", {"text": "ü"})) == {"envelope_id": "e1", "payload": {"text": "ü"}}
    with pytest.raises(TypeError):
        acknowledgement("e1", {"text": object()})

"""Replays: what was edited, what was masked, and what opens and ends a call."""

import base64
from typing import Any

import pytest

from interfaces.console.redact import Redactor
from interfaces.console.replay import events_of, restored, scope_of
from tests.console.kit import EVENTS, call, entry

ORIGINAL = {
    "type": "email.receive", "body": b"\xff\x00secret12", "subject": "hi", "headers": [(b"a", b"1"), (b"cookie", b"c")],
    "password": "hunter22", "list": ["a", {"x": b"y"}], "pair": ("a", 1), "none": None,
}  # fmt: skip
SHOWN = Redactor(["secret12"]).data(ORIGINAL)


def edited(**changes: Any) -> Any:
    """The original as it is after these edits of what was shown."""
    return restored({**SHOWN, **changes}, ORIGINAL, SHOWN)


def test_what_was_not_edited_is_as_it_was() -> None:
    """Bytes, secrets, tuples: the very object when nothing was changed, equal when something else was."""
    assert restored(SHOWN, ORIGINAL, SHOWN) is ORIGINAL
    assert edited(subject="new") == {**ORIGINAL, "subject": "new"}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"base64": "/wA=", "text": "new é"}, "new é".encode()),
        ({"text": "new"}, b"new"),
        ({"base64": base64.b64encode(b"\x01\x02").decode(), "text": None}, b"\x01\x02"),
        ({"base64": base64.b64encode(b"\x01\x02").decode()}, b"\x01\x02"),
    ],
)
def test_bytes_are_bytes_again(body: dict[str, Any], found: bytes) -> None:
    """By their text where that was edited, else by their base64."""
    assert edited(body=body)["body"] == found


def test_headers_are_pairs_of_bytes() -> None:
    """Those that were masked and left stay what they were; new ones are made of text."""
    rows = [*SHOWN["headers"], ["x-new", "é"]]
    assert edited(headers=rows)["headers"] == [(b"a", b"1"), (b"cookie", b"c"), (b"x-new", "é".encode())]
    assert edited(headers=rows[1:])["headers"] == [(b"cookie", b"c"), (b"x-new", "é".encode())]


def test_two_that_are_masked_stay_two() -> None:
    """They look the same, and each is what stood where it stands."""
    original = {"headers": [(b"cookie", b"a"), (b"cookie", b"b")], "n": 1}
    shown = Redactor().data(original)
    assert restored({**shown, "n": 2}, original, shown) == {**original, "n": 2}
    rows = [*shown["headers"], ["x", "y"]]
    assert restored({**shown, "headers": rows}, original, shown)["headers"] == [
        *original["headers"],
        (b"x", b"y"),
    ]


def test_lists_and_new_fields() -> None:
    """Items that are still there are the originals; what was not there is as it was said."""
    found = edited(list=[SHOWN["list"][1], "b"], pair=["a", 2], more={"deep": {"text": "t"}})
    assert found["list"] == [{"x": b"y"}, "b"] and found["pair"] == ("a", 2)
    assert found["more"] == {"deep": b"t"}


@pytest.mark.parametrize(
    ("changes", "why"), [({"body": {"base64": "%"}}, "base64"), ({"headers": [["a"]]}, "a name and a value")]
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], why: str) -> None:
    """In words."""
    with pytest.raises(ValueError, match=why):
        edited(**changes)


@pytest.mark.parametrize("event", [3, [], {}, {"type": 3}, "x"])
def test_an_event_is_an_object_with_a_type(event: Any) -> None:
    """Whatever else it has."""
    with pytest.raises(ValueError, match="type"):
        events_of(entry("sms"), event, ())


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("http", ["http.request", "http.disconnect"]),
        ("websocket", ["websocket.connect", "websocket.receive", "websocket.disconnect"]),
        ("email", ["email.receive"]),
        ("sms", ["sms.receive"]),
        ("irc", ["irc.connect", "irc.message"]),
    ],
)
def test_a_call_has_its_beginning_and_its_end(kind: str, types: list[str]) -> None:
    """As the protocol has it."""
    before = [entry("irc", {"type": "irc.connect", "nick": "ada"})] if kind == "irc" else []
    events = events_of(entry(kind), None, before)
    assert [event["type"] for event in events] == types
    if kind == "http":
        assert events[0] == {"type": "http.request", "body": b"hello", "more_body": False}


def test_a_connect_is_not_opened_twice() -> None:
    """It opens the call itself."""
    one = entry("websocket", {"type": "websocket.connect"})
    assert [event["type"] for event in events_of(one, None, ())] == [
        "websocket.connect",
        "websocket.disconnect",
    ]
    assert events_of(entry("irc"), None, ()) == [EVENTS["irc"]]


def test_the_scope_is_one_of_its_own() -> None:
    """With the state of the lifespan; what the application does with it harms no other replay."""
    one = entry("http", call=call("http", headers=[(b"a", b"1")], replayed=3))
    one.call.state["db"] = "a pool"
    scope = scope_of(one)
    assert (
        scope["headers"] == [(b"a", b"1")] and scope["state"] == {"db": "a pool"} and "replayed" not in scope
    )
    scope["headers"].append(1)
    scope["state"]["x"] = 1
    assert scope_of(one)["headers"] == [(b"a", b"1")] and "x" not in one.call.state


def test_a_body_that_grew_is_bytes() -> None:
    """It was collected in something that can be changed."""
    one = entry("http", {"type": "http.request", "body": b"a"})
    one.grow("body", b"b")
    assert type(events_of(one, None, ())[0]["body"]) is bytes

"""Entries: what is copied of an event, what grows, and what is shown of it."""

from typing import Any

import pytest

from interfaces.console.entries import LEAF, WHOLE, Frame, copied, weighed
from tests.console.kit import call, entry


def test_a_copy_is_not_changed_with_its_event() -> None:
    """The application may do with its event what it wants."""
    event: dict[str, Any] = {"type": "x", "list": [{"a": bytearray(b"1")}], "pair": (1, [2])}
    kept, size, whole = copied(event)
    event["list"][0]["a"][0] = 50
    event["list"].append(1)
    event["pair"][1].append(3)
    assert kept == {"type": "x", "list": [{"a": b"1"}], "pair": (1, [2])}
    assert whole and size == weighed(kept)


def test_a_large_event_is_cut() -> None:
    """Value by value, and it is said that it is not whole."""
    kept, size, whole = copied({"type": "x", "body": b"x" * (WHOLE + 1), "more": ["y" * (LEAF + 1)] * 2})
    assert not whole and size > WHOLE
    assert len(kept["body"]) == LEAF and [len(one) for one in kept["more"]] == [LEAF, LEAF]
    assert weighed(kept) < 4 * LEAF


def test_a_body_grows_up_to_a_bound() -> None:
    """The size is that of all of it, the weight that of what is kept."""
    one = entry("http", {"type": "http.request", "body": b"ab"}, size=2, weight=2)
    assert (one.grow("body", b"cd"), bytes(one.event["body"]), one.size, one.weight) == (2, b"abcd", 4, 4)
    assert one.grow("body", b"x" * WHOLE) == WHOLE - 4
    assert (one.size, len(one.event["body"]), one.whole) == (WHOLE + 4, WHOLE, False)
    assert one.grow("body", b"y") == 0 and one.grow("other", b"z") == 1


def test_a_summary_has_what_the_api_says() -> None:
    """All of its keys, and no others."""
    one = entry("sms", queued_ms=1.5, verdict="accepted")
    one.id = 7
    assert one.summary() == {
        "id": 7, "time": 1000.0, "scope": 1, "protocol": "sms", "type": "sms.receive", "direction": "in",
        "conversation": "sms:x", "title": "+4179 → +4144: hi", "size": 10, "verdict": "accepted", "queued_ms": 1.5,
        "took_ms": None, "error": "",
    }  # fmt: skip


def test_a_detail_has_scope_event_and_frames_without_secrets() -> None:
    """Each of them is redacted; the state of the lifespan is not shown at all."""
    frame = Frame(file="a.py", line=3, function="f", code='token = "geheim12"', own=True)
    one = entry("http", {"type": "http.request", "body": b"geheim12"}, frames=(frame,), error="geheim12",
                call=call("http", "geheim12", headers=[(b"authorization", b"x"), (b"host", b"h")]))  # fmt: skip
    one.call.state["db"] = "geheim12"
    told = one.detail()
    assert "geheim12" not in str(told) and "db" not in str(told)
    assert told["event"]["body"]["text"] == "[redacted]" == told["error"]
    assert told["scope_data"]["headers"] == [["authorization", "[redacted]"], ["host", "h"]]
    assert told["traceback"] == [
        {"file": "a.py", "line": 3, "function": "f", "code": 'token = "[redacted]"', "own": True}
    ]
    assert told["whole"] is True


def test_a_title_is_short() -> None:
    """One line of at most 120 characters."""
    one = entry("sms", {"type": "sms.receive", "text": "a\nb " * 100})
    assert len(one.title) <= 120 and "\n" not in one.title


@pytest.mark.parametrize(
    ("text", "found"), [("hi", True), ("+4179", True), ("sms.rec", True), ("bye", False)]
)
def test_a_search_looks_through_texts(text: str, found: bool) -> None:
    """Of the title, of what is said, of who says it, and of the type."""
    assert entry("sms").fits(text) is found

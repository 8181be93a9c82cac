"""2016's view of events and replies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.workers.formats import event_of, replies


def test_the_first_event_has_the_scope_in_plain_values() -> None:
    """Objects that a middleware has put there, and what belongs to one process, stay behind."""
    scope = {
        "type": "sms",
        "path": "/p",
        "client": ("192.0.2.1", 5),
        "state": {},
        "extensions": {},
        "user": object(),
        "other": object(),
        "provider": "twilio",
    }
    event = event_of(scope, {"type": "sms.receive", "text": "hi", "data": None}, "r!1", 0)
    assert event == {
        "type": "sms.receive",
        "path": "/p",
        "client": ["192.0.2.1", 5],
        "provider": "twilio",
        "text": "hi",
        "reply_channel": "r!1",
        "order": 0,
    }
    later = event_of(scope, {"type": "sms.result", "id": "1"}, "r!1", 1)
    assert later == {"type": "sms.result", "id": "1", "path": "/p", "reply_channel": "r!1", "order": 1}


def test_an_event_that_is_not_plain_is_refused() -> None:
    """The interface's own mistake, which must not travel."""
    with pytest.raises(TypeError):
        event_of({"type": "x"}, {"type": "x.y", "object": object()}, "r!1", 0)


@pytest.mark.parametrize(
    ("kind", "message", "words"),
    [
        ("websocket", {"text": ""}, [{"type": "websocket.send", "text": ""}]),
        ("websocket", {"bytes": b"b", "text": None}, [{"type": "websocket.send", "bytes": b"b"}]),
        ("websocket", {"close": 4000}, [{"type": "websocket.close", "code": 4000}]),
        ("websocket", {"close": False}, []),
        (
            "websocket",
            {"type": "websocket.send", "text": "a", "close": True},
            [{"type": "websocket.send", "text": "a"}, {"type": "websocket.close", "code": 1000}],
        ),
        (
            "websocket",
            {"accept": True, "headers": [[b"a", b"b"]]},
            [{"type": "websocket.accept", "headers": [[b"a", b"b"]]}],
        ),
        ("websocket", {"type": "chat.said", "text": "a"}, [{"type": "chat.said", "text": "a"}]),
        (
            "http",
            {"status": "200", "headers": [("X-A", "b")], "content": "ä"},
            [
                {"type": "http.response.start", "status": 200, "headers": [[b"x-a", b"b"]]},
                {"type": "http.response.body", "body": "ä".encode(), "more_body": False},
            ],
        ),
        (
            "http",
            {"content": b"a", "more_content": True},
            [{"type": "http.response.body", "body": b"a", "more_body": True}],
        ),
        ("irc", {"target": "#a", "text": "hi"}, [{"type": "irc.send", "target": "#a", "text": "hi"}]),
        ("email", {"type": "email.accept"}, [{"type": "email.accept"}]),
    ],
)
def test_what_a_reply_means(kind, message, words) -> None:
    """In the messages of ASGI 3."""
    assert replies(kind, message) == words


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("websocket", {}),
        ("websocket", {"content": b"of a response"}),
        ("websocket", {"text": "a", "bytes": b"a"}),
        ("websocket", {"text": b"a"}),
        ("websocket", {"bytes": "a"}),
        ("http", {"text": "of a socket"}),
        ("http", {"type": "websocket.send", "text": "a"}),
        ("irc", {"type": "websocket.send", "text": "a"}),
    ],
)
def test_a_reply_that_means_nothing(kind, message) -> None:
    """It is no silence: who said it is told."""
    with pytest.raises(ValueError, match=r"."):
        replies(kind, message)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
KEYS = ["type", "text", "bytes", "accept", "close", "status", "headers", "content", "more_content"]


@given(st.sampled_from(["http", "websocket", "irc"]), st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_whatever_a_message_holds_it_means_something_or_is_a_value_error(kind, message) -> None:
    """Anybody may send to a reply channel: no value in a message ends the connection."""
    try:
        words = replies(kind, message)
    except ValueError:
        return
    assert all(isinstance(word["type"], str) for word in words)


def test_every_event_of_a_scope_has_its_marks():
    """The id that logs know it by, and its trace: what is logged of the tenth event is found as that of the first."""
    marks = {"scope_id": "a-1", "traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01"}
    scope = {"type": "websocket", "path": "/x", **marks}
    for order in (0, 9):
        found = event_of(scope, {"type": "websocket.receive"}, "r!1", order)
        assert {key: found[key] for key in marks} == marks
    assert event_of({"type": "websocket"}, {}, "r!1", 9).keys() == {"path", "reply_channel", "order"}

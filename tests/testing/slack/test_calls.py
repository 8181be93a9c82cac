"""One call: what its arguments are taken for; and what else is recorded of it."""

import pytest

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.delivery import RETRIES, Delivery, kind_of
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.state import Token


def call(**args):
    """A call with these arguments."""
    return Call(method="x.y", args=args)


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (True, True), (1, True), ("1", True), ("true", True), ("True", True),
        (False, False), (0, False), ("0", False), ("false", False), ("", False), (None, False), ("yes", False),
        (2, False), ([], False), ({"a": 1}, False), ("TRUE", False),
    ],
)  # fmt: skip
def test_what_is_true(value, truth):
    """As Slack takes it: in JSON, and in forms."""
    assert call(a=value).flag("a") is truth


def test_a_flag_has_a_default():
    """Which counts only where nothing is said."""
    assert call().flag("a") is False
    assert call().flag("a", default=True) is True
    assert call(a=False).flag("a", default=True) is False


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        (5.9, 5),
        ("5.9", 5),
        ("-3", -3),
        ("1e3", 1000),
        (None, 7),
        ("", 7),
        (0, 7),
        (" 5 ", 5),
    ],
)
def test_what_is_a_number(value, number):
    """Whole ones; what is empty is the default."""
    assert call(a=value).number("a", 7) == number


@pytest.mark.parametrize("value", ["x", [1], {"a": 1}, "5,5", "0x5", "nan"])
def test_what_is_no_number(value):
    """invalid_arguments."""
    with pytest.raises(SlackRefused, match="invalid_arguments"):
        call(a=value).number("a", 7)


@pytest.mark.parametrize(
    ("args", "missing"),
    [
        ({"a": 1, "b": 2}, []),
        ({"a": 0, "b": False}, []),
        ({"a": 1}, ["b"]),
        ({}, ["a", "b"]),
        ({"a": None, "b": ""}, ["a", "b"]),
        ({"a": [], "b": {}}, ["a"]),
        ({"c": 1}, ["a", "b"]),
    ],
)
def test_what_is_needed(args, missing):
    """All that is missing is named at once; a nought and a no are values."""
    asked = call(**args)
    if not missing:
        assert asked.need("a", "b") == [args["a"], args["b"]]
        return
    with pytest.raises(SlackRefused) as refused:
        asked.need("a", "b")
    words = [f"[ERROR] missing required field: {name}" for name in missing]
    assert refused.value.answer == {
        "ok": False, "error": "invalid_arguments", "response_metadata": {"messages": words},
    }  # fmt: skip


def test_whose_a_call_is():
    """Nobody's is refused."""
    token = Token(value="xoxb-1", kind="bot", app_id="A1")
    asked = call()
    with pytest.raises(SlackRefused, match="not_authed"):
        _ = asked.by
    asked.who = token
    assert asked.by is token


def test_no_secret_is_shown():
    """A failing test prints calls and tokens."""
    asked = Call(method="x", args={}, token="xoxb-secret", basic=("id", "client-secret"))
    token = Token(value="xoxb-secret", kind="bot", app_id="A1", refresh="xoxe-secret")
    asked.who = token
    assert "secret" not in f"{asked!r} {token!r}"


def test_a_method_begins_as_most_are():
    """Tier 3, for bots and people, without a scope."""
    made = Method(do=lambda _world, _call: {})
    assert (made.tier, made.kinds, made.scope) == (3, ("bot", "user"), "")


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"type": "event_callback"}, "event"),
        ({"type": "app_rate_limited"}, "event"),
        ({"type": "url_verification"}, "event"),
        ({"command": "/x"}, "command"),
        ({"ssl_check": "1"}, "command"),
        ({"type": "block_suggestion"}, "options"),
        ({"type": "block_actions"}, "interactive"),
        ({"type": "view_submission"}, "interactive"),
        ({"type": "view_closed"}, "interactive"),
        ({"type": "shortcut"}, "interactive"),
        ({"type": "something_new"}, "interactive"),
    ],
)
def test_what_a_payload_is(payload, kind):
    """By its type; a form has none."""
    assert kind_of(payload) == kind


def test_a_delivery_shows_what_it_is_and_not_what_it_says():
    """Payloads are long."""
    made = Delivery(kind="event", id="Ev1", payload={"text": "long"})
    assert "Ev1" in repr(made) and "long" not in repr(made)
    assert (made.acknowledged, made.tried, made.effect) == (False, 0, "")


def test_events_come_again_when_slack_says():
    """At once, a minute later, five minutes later."""
    assert RETRIES == (0.0, 60.0, 300.0)


def test_a_refusal_is_an_answer():
    """With what else it says."""
    refused = SlackRefused("missing_scope", needed="chat:write")
    assert refused.answer == {"ok": False, "error": "missing_scope", "needed": "chat:write"}
    assert (str(refused), refused.error) == ("missing_scope", "missing_scope")

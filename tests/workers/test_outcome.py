"""What an event comes to crosses processes unchanged."""

from dataclasses import asdict

import msgspec

from interfaces.workers.outcome import Outcome


def test_an_outcome_crosses_as_msgpack() -> None:
    """As a dict, and as itself."""
    outcome = Outcome(
        groups=[["add", "g", "c!1"]],
        sends=[["channel", "c!1", {"bytes": b"\0", "n": [1, None]}]],
        changed={"a": {"b": 1}},
        removed=["c"],
        error="later",
        reason="why",
    )
    packed = msgspec.msgpack.encode(outcome)
    assert packed == msgspec.msgpack.encode(asdict(outcome))
    assert (
        Outcome(**msgspec.msgpack.decode(packed)) == msgspec.msgpack.decode(packed, type=Outcome) == outcome
    )


def test_changes_are_merged() -> None:
    """Into the session, in place."""
    session = {"a": 1, "b": 2}
    Outcome(changed={"a": 3, "c": 4}, removed=["b", "gone"]).merge(session)
    assert session == {"a": 3, "c": 4}

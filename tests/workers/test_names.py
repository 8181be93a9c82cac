"""The channels of protocols."""

from interfaces.workers.names import EVENTS, is_event, misspelled


def test_which_channels_are_a_protocols() -> None:
    """By their first word, known event or not; all others are the application's own."""
    assert is_event("websocket.receive") and is_event("email.unknown")
    assert (
        not is_event("thumbnails.make")
        and not is_event("chat-messages")
        and not is_event("websocket-receive")
    )


def test_every_known_channel_is_spelled_right() -> None:
    """And nothing is said about names that are like none."""
    every = [f"{protocol}.{word}" for protocol, words in EVENTS.items() for word in words]
    assert misspelled([*every, "thumbnails.make", "tasks"]) == []


def test_a_wrong_one_is_named_with_a_guess() -> None:
    """Or with all that there are."""
    (line,) = misspelled(["email.recieve"])
    assert line == "email.recieve: email has no such event; did you mean email.receive?"
    (line,) = misspelled(["sms.zzz"])
    assert line.endswith("sms has sms.disconnect, sms.receive, sms.result, sms.status")

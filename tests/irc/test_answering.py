"""interfaces.irc.answering: which handlers an event has, and where an answer goes."""

from typing import Any

import pytest

from interfaces.irc.answering import handlers, mark, message_id, passed, place, spoken
from interfaces.shared.errors import ApplicationError

ADA = {"source": {"nick": "ada"}}


def message(**said: Any) -> dict[str, Any]:
    """Something said in a channel."""
    found = {
        "type": "irc.message",
        "command": "PRIVMSG",
        "target": "#a",
        "channel": "#a",
        "is_private": False,
    }
    return {**found, **ADA, "text": "hi", "ctcp": None, "is_echo": False, **said}


@pytest.mark.parametrize(
    ("event", "names"),
    [
        (message(), ["irc_message"]),
        (message(ctcp="ACTION"), ["irc_action", "irc_message"]),
        (message(ctcp="VERSION"), ["irc_ctcp"]),
        (message(command="NOTICE"), ["irc_notice"]),
        (message(command="NOTICE", ctcp="PING"), ["irc_ctcp"]),
        (message(command="NOTICE", ctcp="ACTION"), ["irc_notice"]),
        (message(command="TAGMSG", text=""), ["irc_tagmsg"]),
        ({"type": "irc.kick"}, ["irc_kick"]),
        ({}, [""]),
    ],
)
def test_handlers_are_from_fine_to_coarse(event: Any, names: list[str]) -> None:
    """What a program says, and what is no text, is not mixed with what people say."""
    assert [*handlers(event)] == names
    assert spoken(event) == (event == message())


def test_notices_may_be_messages() -> None:
    """For who asks for them."""
    assert [*handlers(message(command="NOTICE"), notices=True)] == ["irc_notice", "irc_message"]


def test_what_is_passed_over_is_asked_for() -> None:
    """Echoes and history, each for itself."""
    assert passed(message(), own=True, history=True) == ""
    assert passed(message(is_echo=True), own=True, history=False) == "echo"
    assert passed(message(is_echo=True), own=False, history=True) == ""
    assert passed({"type": "irc.join", "is_history": True}, own=False, history=True) == "history"
    assert passed(message(is_history=True), own=True, history=False) == ""


@pytest.mark.parametrize(
    ("event", "target"),
    [
        (message(), "#a"),
        (message(target="@#a"), "@#a"),
        (message(target="bot", channel=None, is_private=True), "ada"),
        (message(target="bob", channel=None, is_private=True, is_echo=True), "bob"),
        ({"type": "irc.join", "channel": "#a", **ADA}, "#a"),
        ({"type": "irc.invite", "channel": "#a", "target": "bot", **ADA}, "ada"),
        ({"type": "irc.mode", "target": "#a", **ADA}, "#a"),
        ({"type": "irc.nick", "new_nick": "eve", **ADA}, "ada"),
    ],
)
def test_an_answer_goes_where_it_came_from(event: Any, target: str) -> None:
    """To the channel, to the same few of it, or to the person."""
    assert place(event) == (target, "ada")


@pytest.mark.parametrize("event", [message(command="NOTICE"), {"type": "irc.connect"}, {"type": "irc.gap"}])
def test_not_everything_can_be_answered(event: Any) -> None:
    """A NOTICE must not, and what nobody has done cannot be."""
    with pytest.raises(ApplicationError, match=r"say\(\)"):
        place(event)


def test_an_answer_names_what_it_answers() -> None:
    """By the msgid of the network, or that of the gateway; what has none is not named."""
    event = message(id="m1", tags={"msgid": "n1"})
    assert (message_id(event, "client"), message_id(event, "gateway")) == ("n1", "m1")
    assert message_id(message(id="m1", tags={}), "client") is None
    assert message_id({"type": "irc.join", "id": "m1"}, "gateway") is None


def test_only_what_may_come_again_marks_its_answers() -> None:
    """A message of a network that names its messages."""
    event = message(dedupe_key="irc:n:n1", tags={"msgid": "n1"})
    assert mark(event, "client") == "irc:n:n1"
    assert mark(event, "gateway") == "" == mark(message(dedupe_key="irc:n:m1", tags={}), "client")

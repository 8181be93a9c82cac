"""Sending from anywhere: what is refused at once and in which words, and what an outbox is told of the rest."""

import asyncio
from typing import Any

import pytest

from interfaces.irc.outcome import UNKNOWN, Outcome
from interfaces.irc.sending.way import IrcWay, checked
from interfaces.shared.errors import ApplicationError
from interfaces.shared.sendings import Sending

MESSAGE = {"type": "irc.send", "network": "net", "target": "#a", "text": "hi"}
NETWORK = "network says which, as it is called in the options"
TAKES = "the channel irc.send takes irc.action, irc.send"


class Places:
    """Networks of which each says the same."""

    def __init__(self, came: Any = None, *, leased: bool = False, standing: bool = True) -> None:
        self.came, self._leased, self._standing, self.said = came, leased, standing, 0

    def leased(self, network: str) -> bool:
        """Whether one of several containers is there."""
        return self._leased

    def standing(self, network: str) -> bool:
        """Whether it is connected here."""
        return self._standing

    async def say(self, network: str, message: Any, commit: Any = None) -> Any:
        """Say it."""
        self.said += 1
        return self.came


def sending(message: Any, **more: Any) -> Sending:
    """One attempt."""

    async def begin() -> bool:
        return True

    return Sending(
        **{"id": "1", "message": message, "number": 1, "put_at": 0.0, "earlier": {}, "begin": begin, **more}
    )


def tried(places: Places, message: Any = MESSAGE) -> Any:
    """What it gives."""
    return asyncio.run(IrcWay(networks=places).attempt(sending(message)))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"type": "irc.join"}, f"irc.join: {TAKES}"),
        ({"type": "irc.deliver"}, f"irc.deliver: {TAKES}"),
        ({"type": None}, f"None: {TAKES}"),
        ({"network": ""}, f"irc.send: {NETWORK}"),
        ({"network": None}, f"irc.send: {NETWORK}"),
        ({"network": 5}, f"irc.send: {NETWORK}"),
        ({"type": "irc.action", "network": ["net"]}, f"irc.action: {NETWORK}"),
        ({"target": None}, "irc.send: target is a text, not NoneType"),
        ({"target": "#a,#b"}, "irc.send: target '#a,#b' is no name on a network"),
        ({"text": None}, "irc.send: text is a text, not NoneType"),
        ({"text": "\n"}, r"irc.send: there is nothing to say in text '\n'"),
        ({"text": "a\0"}, "PRIVMSG: a line of IRC has no CR, LF or NUL in it"),
        ({"tags": {"a b": ""}}, "'a b': '' is no tag of IRC"),
        ({"reply_to": 5}, "irc.send: reply_to is a text, not int"),
    ],
)
def test_what_no_network_could_be_told_is_refused(more: Any, said: str) -> None:
    """Where it is said, and again where it is sent: then it has failed for good, and nobody was asked."""
    places, message = Places(Outcome("sent")), {**MESSAGE, **more}
    with pytest.raises(ApplicationError) as raised:
        checked(message)
    assert str(raised.value) == said
    found = tried(places, message)
    assert (found.state, found.told) == ("failed", {"ok": False, "error": said, "status": "failed"})
    assert (found.reason, found.delay, found.rest, places.said) == (said, None, 0.0, 0)


@pytest.mark.parametrize(
    "more",
    [{}, {"type": "irc.action"}, {"notice": True}, {"tags": {"+a": "b"}, "reply_to": "m"}, {"text": "a\nb"}],
)
def test_what_some_network_could_be_told_is_taken(more: Any) -> None:
    """Nothing is asked of a network for that."""
    checked({**MESSAGE, **more})


@pytest.mark.parametrize(
    ("came", "state", "delay", "rest"),
    [
        (Outcome("sent"), "sent", None, 0.0),
        (Outcome("failed", "no"), "failed", None, 0.0),
        (Outcome("uncertain", "cut"), "uncertain", None, 0.0),
        (Outcome("deferred", "busy"), "later", None, 0.0),
        (Outcome("deferred", "busy", retry_after=7.0), "later", 7.0, 7.0),
    ],
)
def test_when_it_is_tried_again(came: Outcome, state: str, delay: Any, rest: float) -> None:
    """Only what was not said, after the time that the network wants; others to it rest as long."""
    found = tried(Places(came))
    assert (found.state, found.delay, found.rest, found.reason) == (state, delay, rest, came.error)


@pytest.mark.parametrize(
    ("leased", "standing", "said"), [(False, False, 1), (False, True, 1), (True, True, 1), (True, False, 0)]
)
def test_who_sends_to_a_network_of_several_containers(leased: bool, standing: bool, said: int) -> None:
    """The one that is connected; where none of them leads, each says it, or says that it cannot."""
    places = Places(Outcome("sent"), leased=leased, standing=standing)
    found = tried(places)
    assert (places.said, found.quiet, found.state) == (said, not said, "sent" if said else "later")


def test_what_was_begun_and_what_is_given_up() -> None:
    """Of the one nobody knows; the other has failed for the last reason heard, or for that of the outbox."""
    way = IrcWay(networks=Places())
    assert way.unknown(sending(MESSAGE)).told == {"ok": False, "error": UNKNOWN, "status": "uncertain"}
    for earlier, error in (({"error": "net is not connected"}, "net is not connected"), ({}, "too old")):
        found = way.given_up(sending(MESSAGE, earlier=earlier), "too old")
        assert (found.state, found.told) == ("failed", {"ok": False, "error": error, "status": "failed"})

"""One attempt to say a message: what became of it."""

import asyncio

import pytest

from interfaces.irc.outcome import Outcome
from interfaces.irc.sending.way import AGAIN, IrcWay, checked
from interfaces.shared.errors import ApplicationError, Unavailable
from interfaces.shared.sendings import Overtaken, Sending

MESSAGE = {"type": "irc.send", "network": "net", "target": "#a", "text": "hi"}


class Places:
    """Networks that a test makes."""

    def __init__(self, came=None, *, leased=False, standing=True):
        self.came, self._leased, self._standing = came, leased, standing
        self.said = []

    def leased(self, network):
        return self._leased

    def standing(self, network):
        return self._standing

    async def say(self, network, message, commit=None):
        if commit is not None:
            await commit()
        self.said.append((network, message["text"]))
        if isinstance(self.came, Exception):
            raise self.came
        return self.came


def tried(places, message=MESSAGE, *, begin=True, earlier=None):
    """What an attempt gives, and whether it was begun."""

    async def begun():
        return begin

    sending = Sending(id="1", message=message, number=1, put_at=0.0, earlier=earlier or {}, begin=begun)
    return asyncio.run(IrcWay(networks=places).attempt(sending)), sending.begun


@pytest.mark.parametrize(
    ("came", "state", "told"),
    [
        (Outcome("sent", msgid="m"), "sent", {"ok": True, "error": "", "status": "sent", "msgid": "m"}),
        (Outcome("failed", "404 #a: no"), "failed", {"ok": False, "error": "404 #a: no", "status": "failed"}),
        (Outcome("uncertain", "cut"), "uncertain", {"ok": False, "error": "cut", "status": "uncertain"}),
        (
            Outcome("deferred", "away", retry_after=5.0),
            "later",
            {"ok": False, "error": "away", "status": "deferred", "retry_after": 5.0},
        ),
        (ApplicationError("no"), "failed", {"ok": False, "error": "no", "status": "failed"}),
    ],
)
def test_what_became_of_it_is_told(came, state, told):
    """With everything that a result has, but what the outbox adds."""
    found, begun = tried(Places(came))
    assert (found.state, found.told, begun) == (state, told, True)
    assert found.rest == (5.0 if state == "later" else 0.0)


@pytest.mark.parametrize(
    "more", [{"type": "irc.join"}, {"network": ""}, {"network": None}, {"target": "a b"}, {"text": ""}]
)
def test_what_cannot_be_said_fails_before_anybody_is_asked(more):
    """And is refused where an application says it."""
    places = Places(Outcome("sent"))
    found, begun = tried(places, {**MESSAGE, **more})
    assert (found.state, begun, places.said) == ("failed", False, [])
    with pytest.raises(ApplicationError):
        checked({**MESSAGE, **more})


def test_who_was_overtaken_says_nothing():
    """The message is another sender's by now."""
    with pytest.raises(Overtaken):
        tried(Places(Outcome("sent")), begin=False)
    with pytest.raises(Unavailable):
        tried(Places(Unavailable("no broker")))


def test_a_network_of_another_container_is_left_to_that():
    """Quietly: what was told before stays."""
    places = Places(Outcome("sent"), leased=True, standing=False)
    found, begun = tried(places, earlier={"error": "x"})
    assert (found.state, found.quiet, found.delay, found.told) == ("later", True, AGAIN, {"error": "x"})
    assert (begun, places.said) == (False, [])


def test_those_of_one_network_are_in_one_place():
    """And what is unknown, or given up, says so."""
    way = IrcWay(networks=Places())
    assert way.place(MESSAGE) == "net"
    assert way.place({}) == ""
    sending = Sending(id="1", message=MESSAGE, number=2, put_at=0.0, earlier={"error": "away"}, begin=None)
    assert (way.unknown(sending).state, way.unknown(sending).told["status"]) == ("uncertain", "uncertain")
    assert way.given_up(sending, "expired").told["error"] == "away"

"""The contract of IRC is kept by what tests of applications tell them, too; and the check of it sees what is not."""

from collections.abc import Iterator
from typing import Any

import pytest

from interfaces.irc import messages
from interfaces.testing.irc_communicator import IrcCommunicator
from tests.http_ws.harness import scene
from tests.irc.contract import BROKEN, check, check_scope


@pytest.fixture
def broken() -> Iterator[list[str]]:
    """What is found wrong, of which the test is not to be blamed."""
    yield BROKEN
    BROKEN.clear()


GAP = {"type": "irc.gap", "id": "1", "dedupe_key": "k", "attempt": 1, "received_at": 1.0, "count": 2}


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ({**GAP, "cause": "x"}, "irc.gap of a client has cause"),
        ({key: GAP[key] for key in GAP if key != "count"}, "irc.gap of a client has no count"),
        ({**GAP, "count": "2"}, "irc.gap: count is '2', not <class 'int'>"),
        (
            {**GAP, "attempt": True, "received_at": 1, "count": True},
            "irc.gap: count is True, not <class 'int'>",
        ),
        ({**GAP, "type": "irc.send"}, "the contract has no irc.send"),
        (
            {**GAP, "type": "irc.connect", "nick": "bot", "resumed": False, "channels": []},
            "irc.connect of a client has no welcome",
        ),
    ],
)
def test_what_is_not_in_the_contract_is_found(event: Any, what: str, broken: list[str]) -> None:
    """A key too many, one too few, another type, an event that only goes out, one that lacks what its mode has."""
    check(event, "client")
    assert what in broken


def test_a_scope_without_a_key_is_found(broken: list[str]) -> None:
    """Or with a key of another type."""
    check_scope({"type": "http"})
    assert "the scope has no conversation" in broken
    assert any(one.startswith("the scope: type is 'http'") for one in broken)


@pytest.mark.parametrize("mode", ["client", "gateway"])
@scene
async def test_a_communicator_tells_what_the_contract_says(mode: Any) -> None:
    """So that what passes in a test of an application does in production."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        check_scope(scope)
        while True:
            check(await receive(), mode)

    async with IrcCommunicator(app, mode=mode, account="ada") as irc:
        await irc.connect()
        await irc.say("hi")
        await irc.say("hi", "@#test")
        await irc.action("waves", source="eve!~eve@host")
        await irc.notice("psst", irc.nick, {"nick": "eve"})
        await irc.join("#a")
        await irc.part("#a")
        await irc.disconnect()


def test_each_message_of_the_contract_is_of_a_scope() -> None:
    """None is written down that the reference does not tell."""
    named = {
        one for one in vars(messages).values() if isinstance(one, type) and one.__name__.startswith("Irc")
    }
    (told,) = messages.SCOPES.values()
    assert named - {*told} == {messages.IrcScope, messages.IrcSource, messages.IrcChannel}

"""The application of one client."""

import asyncio

import pytest

from interfaces.irc.gateway.session import RESULTS, TURN, ClientSession
from interfaces.shared.errors import PeerGone
from tests.irc.gateway.support import scene


class Client:
    """Takes what is said."""

    def __init__(self) -> None:
        self.heard: list[dict] = []

    def said(self, event: dict) -> None:
        """Note it."""
        self.heard.append(event)


@scene
async def test_what_is_sent_is_done_at_once() -> None:
    """Nobody is waited for; after the end it is refused."""
    client, sent = Client(), []

    async def app(scope: dict, receive: object, send: object) -> None:
        await send({"type": "one"})
        sent.append(send)

    member = ClientSession(app, {"type": "irc"}, client)
    member.start(asyncio.get_running_loop())
    await member.wait(1)
    assert client.heard == [{"type": "one"}]
    with pytest.raises(PeerGone):
        await sent[0]({"type": "two"})


@scene
async def test_it_says_when_too_much_waits() -> None:
    """Of which results are the only thing that is not held back."""
    member = ClientSession(None, {"type": "irc"}, Client())
    for _ in range(RESULTS):
        assert not member.crowded
        member.offer({})
    assert member.crowded


@scene
async def test_one_that_says_without_end_lets_others_run() -> None:
    """Though nothing that it says has to be waited for."""
    client, others = Client(), asyncio.Event()

    async def app(scope: dict, receive: object, send: object) -> None:
        asyncio.get_running_loop().call_soon(others.set)
        while not others.is_set():
            await send({"type": "one"})

    member = ClientSession(app, {"type": "irc"}, client)
    member.start(asyncio.get_running_loop())
    assert await member.wait(1)
    assert len(client.heard) == TURN

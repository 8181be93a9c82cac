"""Order within a connection holds for every consumer, decorated or not."""

import asyncio
import random

import pytest

from interfaces.testing import WebsocketCommunicator
from interfaces.workers.message import Message
from interfaces.workers.ordering import enforce_ordering
from interfaces.workers.routing import Routing


def test_the_decorator_is_taken_in_all_its_forms() -> None:
    """Bare, with brackets, slight; over functions and coroutines. A message without order is a mistake."""
    message = Message({"order": 3}, "websocket.receive")

    @enforce_ordering
    def bare(message):
        return message["order"]

    @enforce_ordering()
    def brackets(message):
        return message["order"]

    @enforce_ordering(slight=True)
    async def slight(message):
        return message["order"]

    assert bare(message) == brackets(message) == asyncio.run(slight(message)) == 3
    with pytest.raises(ValueError, match="has no order"):
        bare(Message({}, "tasks"))


def test_one_event_of_a_connection_is_handled_at_a_time() -> None:
    """In order however long each takes, and each sees what the one before it left; connections do not wait."""
    running, most, together = set(), [0], [0]

    async def receive(message):
        name = message["path"]
        assert name not in running
        running.add(name)
        together[0] = max(together[0], len(running))
        seen = message.channel_session.get("seen", [])
        most[0] = max(most[0], message["order"] - len(seen))
        for _ in range(random.randrange(5)):
            await asyncio.sleep(0)
        message.channel_session["seen"] = [*seen, message["order"]]
        message.reply_channel.send({"text": ",".join(map(str, message.channel_session["seen"]))})
        running.discard(name)

    app = Routing({"websocket.receive": enforce_ordering(receive)})

    async def one(path):
        async with WebsocketCommunicator(app, path) as client:
            await client.connect()
            for _ in range(10):
                await client.send_to(text_data="x")
            got = [await client.receive_from() for _ in range(10)]
            assert got == [",".join(map(str, range(1, n + 2))) for n in range(10)]

    async def main():
        await asyncio.gather(*(one(f"/{n}") for n in range(5)))

    asyncio.run(main())
    assert most == [1] and together[0] > 1

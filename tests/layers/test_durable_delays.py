"""Delayed messages that outlive whoever asked for them."""

import asyncio

from interfaces.layers.base import ChannelFull
from interfaces.layers.dead import DeadLetters
from interfaces.layers.durable_delays import QUEUE, put_delayed, send_delayed
from tests.layers.durable import durable, soon


def test_a_message_is_sent_when_its_time_has_come(broker):
    """By whoever is there then; a full channel is tried again, what is no message is kept as a dead letter."""

    async def main():
        async with durable(broker) as make:
            one, other = await make(), await make()
            sent, full = [], [True]

            async def send(channel, message):
                if message["n"] == 2 and full.pop():
                    full.append(False)
                    raise ChannelFull(channel)
                sent.append((channel, message["n"], one.hub.nodes[0].server_time()))

            asked = one.hub.nodes[0].server_time()
            await put_delayed(one, "chat", {"n": 1}, 0.3)
            await put_delayed(one, "chat", {"n": 2}, 0)
            await one.put(QUEUE, {"odd": 1}, id="odd")
            await one.close()
            sending = asyncio.create_task(send_delayed(other, send))
            await soon(lambda: len(sent) == 2)
            assert {what[1]: what[0] for what in sent} == {1: "chat", 2: "chat"}
            assert next(at for _, n, at in sent if n == 1) >= asked + 0.29
            (letter,) = await DeadLetters(other.hub).page(QUEUE)
            assert letter.id == "odd"
            await other.close()
            await sending

    asyncio.run(main())

"""Containers and workers over two brokers that one line names."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.testing.raw import RawClient
from interfaces.testing.websocket import WebSocketClient
from tests.deploy.houses import WAYS, House


@pytest.fixture(scope="module")
def line() -> Iterator[str]:
    """Two brokers as --layer, INTERFACES_LAYER and RedisChannelLayer take them."""
    with Embedded() as one, Embedded() as two:
        yield f"{one.url},{two.url}"


@pytest.mark.parametrize("way", WAYS)
def test_two_shards_serve_an_application(
    line: str, way: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Requests are answered, and a group of sockets hears each of its members, over both transports."""

    async def talk(house: House) -> list[Any]:
        heard = []
        for n in range(20):
            async with await RawClient.connect(house.address) as client:
                await client.send(b"GET /view?n=%d HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n" % n)
                assert (await client.response()).body == f"GET /view?n={n} 0".encode()
        async with (
            await WebSocketClient.connect(house.address, "/chat") as ann,
            await WebSocketClient.connect(house.address, "/chat") as bob,
        ):
            for socket in (ann, bob):
                assert str(await socket.receive()).startswith("here ")
            for socket, text in ((ann, "hello"), (bob, "hi")):
                await socket.send(text)
                heard += [await ann.receive(), await bob.receive()]
        return heard

    with House(tmp_path_factory.mktemp("house"), way, "tests.deploy.app:application", line) as house:
        assert asyncio.run(asyncio.wait_for(talk(house), 60)) == ["hello", "hello", "hi", "hi"]

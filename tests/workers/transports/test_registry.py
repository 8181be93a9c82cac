"""The directory in the broker: containers announce themselves, workers find them."""

import asyncio

import msgspec

from interfaces.workers.transports.directory import Place
from interfaces.workers.transports.registry import Registry
from tests.workers.transports.fakes import Broker

PLACE = Place("one:1", b"token")


def test_a_container_is_found_until_it_says_goodbye() -> None:
    """With its address and its token."""

    async def main() -> None:
        broker = Broker()
        container, worker = Registry(broker), Registry(broker)
        await container.announce(PLACE)
        [found] = await worker.places()
        assert (found.address, found.token) == ("one:1", b"token")
        await container.announce(None)
        assert list(await worker.places()) == []

    asyncio.run(main())


def test_the_entry_is_as_earlier_versions_read_it() -> None:
    """A field of the hash ``relay``: address, token, the lease's end."""

    async def main() -> None:
        broker = Broker()
        container = Registry(broker)
        await container.announce(PLACE)
        [value] = broker.hashes["p:relay"].values()
        assert msgspec.msgpack.decode(value) == ["one:1", b"token", 130.0]
        await container.announce(None)

    asyncio.run(main())


def test_entries_of_strangers_are_passed_over() -> None:
    """What is no address or no token hides none that is."""

    async def main() -> None:
        broker = Broker()
        values = [[5, b"t", 200.0], ["two:2", "t", 200.0], ["one:1", b"token", 200.0, "of a later version"]]
        broker.hashes["p:relay"] = {at: msgspec.msgpack.encode(value) for at, value in enumerate(values)}
        assert list(await Registry(broker).places()) == [PLACE]

    asyncio.run(main())

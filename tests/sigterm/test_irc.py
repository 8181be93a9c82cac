"""SIGTERM under a load of IRC: a gateway says ERROR and to others QUIT, a user QUIT when all is answered."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.testing.irc import FakeNetwork
from tests.sigterm.taking import Taking, refused, until

CLIENTS = 8


class Guest(asyncio.Protocol):
    """An IRC client in #lobby, with echo-message; ``lines`` is all that it has read."""

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.lines: list[str] = []
        self.said: list[str] = []
        self.ended = asyncio.get_running_loop().create_future()
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        """Register, and join."""
        self.transport = transport
        self.says(
            "CAP REQ :echo-message", f"NICK {self.nick}", f"USER {self.nick} 0 * :{self.nick}", "CAP END"
        )
        self.says("JOIN #lobby")

    def data_received(self, data: bytes) -> None:
        """Lines; each that comes back is followed by the next, once it talks."""
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            self.lines.append(line.decode())
            if self.said and self.lines[-1].endswith(f"PRIVMSG #lobby :{self.said[-1]}"):
                self.talk()

    def connection_lost(self, error: Exception | None) -> None:
        """The end: a reset is one, since what we say may cross it."""
        self.ended.set_result(None)

    def says(self, *lines: str) -> None:
        """Write lines."""
        self.transport.write("".join(f"{line}\r\n" for line in lines).encode())

    def talk(self) -> None:
        """Say the next thing."""
        self.said.append(f"{self.nick}-{len(self.said)}")
        self.says(f"PRIVMSG #lobby :{self.said[-1]}")

    @property
    def here(self) -> bool:
        """Whether it is in the channel."""
        return any(f" 366 {self.nick} " in line for line in self.lines)

    def texts(self, nick: str) -> list[str]:
        """What it has read of somebody's."""
        ours = [line for line in self.lines if line.startswith(f":{nick}!") and " PRIVMSG " in line]
        return [line.rpartition(" :")[2] for line in ours]

    def quits(self) -> list[str]:
        """Who has left, as far as it was told."""
        return sorted(line[1:].partition("!")[0] for line in self.lines if " QUIT " in line)


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """A private broker's URL."""
    with Embedded() as server:
        yield server.url


def test_a_gateway_tells_its_clients_and_the_others(tmp_path: Path, broker: str) -> None:
    """Two containers: those of one hear ERROR, those of the other QUIT, after all that had come back to who said it."""
    words = ["serve", "irc", "--app", "tests.sigterm.app:lounge", "--layer", broker]
    words += ["--irc-bind", "127.0.0.1:0", "--irc-rate", "0", "--irc-per-address", "100"]

    async def main() -> None:
        ports = [await server.listens("irc") for server in (first, second)]
        here = [Guest(f"here{number}") for number in range(CLIENTS)]
        there = Guest("there")
        for guest, port in [(there, ports[1]), *((one, ports[0]) for one in here)]:
            await asyncio.get_running_loop().create_connection(lambda guest=guest: guest, "127.0.0.1", port)
            await until(lambda guest=guest: guest.here)
        await until(lambda: sum(" JOIN " in line for line in there.lines) == CLIENTS + 1)
        for one in here:
            one.talk()
        await until(lambda: sum(len(one.said) for one in here) > 400)
        first.tell()
        await asyncio.gather(*(one.ended for one in here))
        await first.stopped()
        assert await refused(ports[0])
        await until(lambda: len(there.quits()) >= CLIENTS)
        assert there.quits() == [one.nick for one in here]
        for one in here:
            assert " ERROR :" in one.lines[-1] and "Server restarting" in one.lines[-1]
            echoed, heard = one.texts(one.nick), there.texts(one.nick)
            assert echoed == one.said[:-1]
            assert heard in (one.said, one.said[:-1])
        second.tell()
        await there.ended
        await second.stopped()
        assert " ERROR :" in there.lines[-1]

    with Taking(tmp_path / "one", *words) as first, Taking(tmp_path / "two", *words) as second:
        asyncio.run(main())


def test_a_user_of_a_network_answers_what_it_heard_and_quits(tmp_path: Path) -> None:
    """All that was said before SIGTERM is dealt with and answered in the channel; then it says QUIT."""

    async def main() -> None:
        async with FakeNetwork() as fake:
            network = {"name": "fake", "host": "127.0.0.1", "port": fake.port, "tls": False, "rate": 0}
            words = ["serve", "irc", "--irc-networks", json.dumps([{**network, "nick": "bot"}])]
            with Taking(tmp_path / "one", *words) as server:
                await fake.until(lambda: "bot" in fake.room("#desk").members, 20)
                fake.join("ann", "#desk")
                said = [fake.say("ann", "#desk", f"n{number}").text for number in range(40)]
                await until(lambda: len(server.done) > 10)
                server.tell()
                await fake.until(lambda: fake.quits, 10)
                await server.stopped()
                answers = [one.text for one in fake.spoken if one.source.startswith("bot!")]
                assert server.done == said
                assert answers == [f"done {text}" for text in said]
                assert len(fake.quits) == 1 and not fake.connections

    asyncio.run(main())

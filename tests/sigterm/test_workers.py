"""SIGTERM of a worker under load: what it runs it finishes, the rest goes to another, and sockets are moved."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from interfaces.layers.embedded import Embedded
from tests.sigterm.taking import APP, Taking, until
from tests.sigterm.test_email import SERVE as MAIL
from tests.sigterm.test_email import Mails
from tests.sigterm.test_http import Requests
from tests.sigterm.test_websocket import Talk


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """A private broker's URL."""
    with Embedded() as server:
        yield server.url


class Workers:
    """A container, and two workers that have one store."""

    def __init__(self, directory: Path, layer: str, *serve: str) -> None:
        at = ["--layer", f"{layer}?prefix={directory.name}"]
        store = {"STORE": str(directory / "one.store"), "WORK": "0.1"}
        self.container = Taking(directory / "container", *serve, *at)
        self.one = Taking(directory / "one", "worker", "--app", APP, *at, env=store)
        self.two = Taking(directory / "two", "worker", "--app", APP, *at, env=store)

    async def listens(self, name: str) -> int:
        """Where the container does, when both workers are there."""
        for worker in (self.one, self.two):
            await asyncio.to_thread(worker.wait_for, ", pid ")
        return await self.container.listens(name)

    async def end(self) -> list[str]:
        """End what is left; what was done."""
        for server in (self.container, self.two):
            server.tell()
            await server.stopped()
        return self.one.done


def test_mail_and_workers(tmp_path: Path, broker: str) -> None:
    """12 sessions send while one of two workers ends: no client hears of it, and each mail is in the store, once."""

    async def main() -> None:
        mails = Mails(await place.listens("email"))
        clients = asyncio.gather(*(mails.client() for _ in range(12)))
        await until(lambda: mails.replies[250] > 40)
        place.one.tell()
        await place.one.stopped()
        goal = mails.replies[250] + 30
        await until(lambda: mails.replies[250] > goal)
        done = asyncio.ensure_future(place.end())
        await clients
        assert mails.replies == {250: len(mails.accepted), 421: 12}
        assert sorted(await done) == sorted(mails.accepted)

    place = Workers(tmp_path, broker, *MAIL)
    with place.container, place.one, place.two:
        asyncio.run(main())


def test_requests_sockets_and_workers(tmp_path: Path, broker: str) -> None:
    """Requests are answered, whoever ends; the sockets of the worker that ends hear 1012, those of the other stay."""

    async def main() -> None:
        port = await place.listens("http ws")
        talk, load = Talk(port), Requests(port)
        sockets = [asyncio.ensure_future(talk.client()) for _ in range(12)]
        clients = asyncio.gather(*(load.client() for _ in range(8)))
        await until(lambda: len(talk.heard) > 40 and len(load.answered) > 30)
        place.one.tell()
        await place.one.stopped()
        moved = len(talk.codes)
        goal = len(talk.heard) + len(load.answered) + 30
        await until(lambda: len(talk.heard) + len(load.answered) > goal)
        assert 0 < moved < 12 and len(talk.codes) == moved
        done = asyncio.ensure_future(place.end())
        await asyncio.gather(*sockets, clients)
        assert talk.codes == [1012] * 12
        requests = [what for what in await done if what.startswith("/")]
        said = [what for what in await done if not what.startswith("/")]
        assert sorted(requests) == sorted(load.answered) == sorted(load.sent)
        assert len({*said}) == len(said) and {*talk.heard} <= {*said}

    place = Workers(
        tmp_path, broker, "serve", "http", "ws", "--bind", "127.0.0.1:0", "--ws-drain-spread", "0"
    )
    with place.container, place.one, place.two:
        asyncio.run(main())

"""Scopes through a broker: openings wait in queues, the rest goes by mail; and containers are found there."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.layers.redis import RedisChannelLayer
from interfaces.testing.recorder import OK, Recorder
from interfaces.workers import wire
from interfaces.workers.relay import Relay
from interfaces.workers.transports import leases
from interfaces.workers.transports.dial import Dialler
from interfaces.workers.transports.direct import Direct
from interfaces.workers.transports.directory import Place
from interfaces.workers.transports.post import KIND
from interfaces.workers.transports.queue import Queue
from interfaces.workers.transports.redis import OPENINGS, Redis
from interfaces.workers.transports.registry import Registry
from interfaces.workers.transports.take import Taker
from interfaces.workers.wire import END, OPEN, REJECT, encode
from interfaces.workers.worker import Worker
from tests.workers.harness import Cluster, until

ECHO = {"websocket.receive": lambda call, event: {"type": "websocket.send", "text": event["text"]}}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A private broker."""
    with Embedded() as server:
        yield server.url


@pytest.fixture
def made(url: str, tmp_path: Path) -> Any:
    """Makes layers that share a prefix of this test's own."""
    return lambda **options: RedisChannelLayer([url], prefix=tmp_path.name, **options)


class Brokered(Cluster):
    """A container whose workers are found through a broker."""

    def __init__(self, directory: Path, layer: Any, *, limit: int = 100, wait: float = 5.0) -> None:
        super().__init__(directory)
        self.layer = layer
        self.direct: Any = Redis(layer, limit, wait, lambda name: self.counts.update([name]))
        self.relay = Relay(self.direct, layer)

    async def __aexit__(self, *failure: object) -> None:
        await super().__aexit__(*failure)
        await self.layer.close()


@asynccontextmanager
async def working(
    layer: Any, app: Any, concurrency: int = 10, **more: Any
) -> AsyncIterator[tuple[Worker, Counter[str]]]:
    """A worker on ``layer``, which is closed after it."""
    counts: Counter[str] = Counter()
    try:
        async with Taker(layer, lambda name: counts.update([name]), **more) as taker:
            worker = Worker(app, taker, name="w", concurrency=concurrency, state={"mine": 1})
            yield worker, counts
            await worker.drain(1)
    finally:
        await layer.close()


def run(main: Any) -> None:
    """Within a deadline."""

    async def bounded() -> None:
        async with asyncio.timeout(30):
            await main()

    asyncio.run(bounded())


def test_requests_and_sockets(tmp_path: Path, made: Any) -> None:
    """As over a direct connection."""
    recorder = Recorder(ECHO)

    async def main() -> None:
        async with Brokered(tmp_path, made()) as cluster, working(made(), recorder):
            assert (await cluster.get("/a", body=b"x" * 100_000, method="POST")).body == b"ok"
            async with await cluster.open() as client:
                for number in range(50):
                    await client.send(str(number))
                assert [await client.receive() for _ in range(50)] == [str(number) for number in range(50)]
                assert (await client.close(3000)).code == 3000

    run(main)
    assert recorder.scopes[0]["state"] == {"mine": 1}
    assert recorder.events[-1] == {"type": "websocket.disconnect", "code": 3000, "reason": ""}


def test_more_than_the_mails_credit_goes_through(tmp_path: Path, made: Any) -> None:
    """Bodies of several megabytes both ways, several at once, whole and in order."""
    body = bytes(range(256)) * 12_000

    async def app(scope: Any, receive: Any, send: Any) -> None:
        parts, more = [], True
        while more:
            event = await receive()
            parts.append(event["body"])
            more = event["more_body"]
        await send(OK[0] | {"headers": []})
        await send({"type": "http.response.body", "body": b"".join(parts)})

    async def main() -> None:
        async with Brokered(tmp_path, made()) as cluster, working(made(), app):
            answers = await asyncio.gather(*(cluster.get(body=body, method="POST") for _ in range(4)))
            assert all(answer.body == body for answer in answers)

    run(main)


def test_without_a_worker_in_time_nothing_is_started(tmp_path: Path, made: Any) -> None:
    """503 for the client; a worker that comes later leaves it, and counts it."""
    recorder = Recorder()

    async def main() -> None:
        async with Brokered(tmp_path, made(), wait=0.2, limit=2) as cluster:
            answers = await asyncio.gather(*(cluster.get() for _ in range(3)))
            assert [answer.status for answer in answers] == [503] * 3
            assert answers[0].header(b"retry-after") == b"1"
            assert cluster.counts == {"relay.full": 1, "relay.late": 2}
            async with working(made(), recorder) as (_, counts):
                await until(lambda: counts["relay.expired"] == 2)

    run(main)
    assert recorder.scopes == []


def test_a_full_queue_is_waited_for(tmp_path: Path, made: Any) -> None:
    """As long as an opening may wait; then 503."""
    few = {"channel_capacity": {"interfaces.open.*": 1}}

    async def main() -> None:
        async with Brokered(tmp_path, made(**few), wait=2) as cluster:
            asked = [asyncio.ensure_future(cluster.get()) for _ in range(4)]
            await asyncio.sleep(0.1)
            async with working(made(**few), Recorder()):
                assert [(await one).status for one in asked] == [200] * 4

    run(main)


def test_slots_bound_what_is_taken(tmp_path: Path, made: Any) -> None:
    """The rest stays in the queue for others."""
    gate = asyncio.Event()
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await gate.wait()
        for event in OK:
            await send(event)

    async def main() -> None:
        async with Brokered(tmp_path, made()) as cluster, working(made(), app, concurrency=2) as (worker, _):
            asked = [asyncio.ensure_future(cluster.get()) for _ in range(5)]
            await until(lambda: len(worker.running) == 2)
            await asyncio.sleep(0.1)
            assert len(seen) == 2
            async with working(made(), Recorder()):
                for one in (await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED))[0]:
                    assert one.result().status == 200
                await until(lambda: sum(one.done() for one in asked) == 3)
            gate.set()
            assert [(await one).status for one in asked] == [200] * 5

    run(main)


def test_a_worker_that_is_gone_is_lost(tmp_path: Path, made: Any) -> None:
    """502 for what is not safe, 1011 for a socket, and another worker for what is."""
    hang = Recorder({"http.request": lambda call, event: asyncio.Event().wait()})

    async def main() -> None:
        async with Brokered(tmp_path, made()) as cluster:
            layer = made()
            taker = Taker(layer, lambda name: None)
            await taker.__aenter__()
            Worker(hang, taker, name="w", concurrency=10, state={})
            async with await cluster.open() as client:
                unsafe = asyncio.ensure_future(cluster.get(method="POST"))
                safe = asyncio.ensure_future(cluster.get())
                await until(lambda: len(hang.calls) == 3)
                await taker.drain(0)
                async with working(made(), Recorder()):
                    await layer.close()
                    assert (await unsafe).status == 502
                    assert (await safe).status == 200
                    assert (await client.receive()).code == 1011
            await taker.__aexit__(None, None, None)
            for call in asyncio.all_tasks():
                if call.get_name() == "application":
                    call.cancel()

    run(main)


def test_a_container_that_is_gone_ends_its_scopes(tmp_path: Path, made: Any) -> None:
    """The application hears a disconnect."""
    recorder = Recorder()

    async def main() -> None:
        async with working(made(), recorder) as (worker, _):
            async with Brokered(tmp_path, made()) as cluster:
                client = await cluster.open()
                await until(lambda: recorder.calls)
                await cluster.layer.close()
                await until(lambda: not worker.running)
            await client.raw.close()

    run(main)
    assert recorder.events[-1]["type"] == "websocket.disconnect"


def test_types_that_nobody_knows_of_are_announced(
    tmp_path: Path, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third party's scopes find their workers; --exclude leaves them."""
    monkeypatch.setattr("interfaces.workers.transports.take.LOOK", 0.05)
    recorder, other = Recorder({"plain.one": {"type": "plain.two"}}), Recorder()

    async def main() -> None:
        async with (
            Brokered(tmp_path, made()) as cluster,
            working(made(), recorder),
            working(made(), other, exclude=["pl*"]),
        ):
            events = [{"type": "plain.one"}]
            sent: list[Any] = []

            async def receive() -> Any:
                if not events:
                    await asyncio.Event().wait()
                return events.pop()

            async def send(event: Any) -> None:
                sent.append(event)

            call = asyncio.ensure_future(cluster.relay({"type": "plain"}, receive, send))
            await until(lambda: sent)
            call.cancel()
            assert sent == [{"type": "plain.two"}]

    run(main)
    assert not other.calls


def test_containers_are_found_in_the_broker(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a token of their own, until they leave or their lease ends."""
    monkeypatch.setattr(leases, "LEASE", 0.3)
    monkeypatch.setattr(leases, "RENEW", 0.05)

    async def main() -> None:
        layer, other = made(), made()
        one, two, looking = Registry(layer), Registry(layer), Registry(other)
        await one.announce(Place("a:1", b"x"))
        await two.announce(Place("b:2"))
        assert {*await looking.places()} == {Place("a:1", b"x"), Place("b:2")}
        await two.announce(None)
        await asyncio.sleep(0.4)  # the lease, renewed meanwhile
        assert [*await looking.places()] == [Place("a:1", b"x")]
        one._leases._renewing.cancel()  # as if it were dead
        async with asyncio.timeout(5):
            while [*await looking.places()]:
                await asyncio.sleep(0.05)
        await layer.close()
        await other.close()

    run(main)


def test_what_strangers_put_into_the_queues_stops_nothing(
    tmp_path: Path, made: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Items and mail of any shape: each is counted, the log has one line of it without a traceback, work goes on."""
    well = {"versions": [1, 1], "until": 9e9}
    openings = [{}, well, well | {"versions": 5}, *(well | {"until": until} for until in ("soon", None, [], {})),
                *(well | {"scope": scope, "events": []} for scope in (5, {}, {"type": []})),
                well | {"scope": {"type": "http"}, "events": 5}]  # fmt: skip
    bodies = [b"", b"\xc1", 5, None, [], *(encode(OPEN, 1, opening) for opening in openings)]
    items = [
        {},
        {"type": "x"},
        *({"from": who, "body": body} for body in bodies for who in ("nobody", 5, None, b"")),
    ]

    async def main() -> None:
        stranger = made()
        async with Brokered(tmp_path, made()) as cluster, working(made(), Recorder()) as (_, counts):
            for item in items:
                await stranger.send(f"{OPENINGS}http", item)
            await until(lambda: counts["relay.malformed"] == len(items))
            for body in (b"\xc1", 5, encode(END, "x", None), encode(REJECT, 1, 5)):
                stranger.hub().mail.post(cluster.layer.hub().address, KIND, body)
            await until(lambda: cluster.counts["relay.malformed"] >= 3)
            assert (await cluster.get()).status == 200
        await stranger.close()

    run(main)
    assert [line[:24] for line in caplog.messages].count("an opening that is none:") == 1
    assert len([line for line in caplog.messages if "sent what cannot be understood" in line]) == 1
    assert all(record.exc_info is None for record in caplog.records)


def test_a_worker_of_a_later_release_says_so(
    tmp_path: Path, made: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no version in common the peer gets 503 at once, and each side's log has one line."""

    async def main() -> None:
        async with Brokered(tmp_path, made(), wait=60) as cluster, working(made(), Recorder()) as (_, counts):
            monkeypatch.setattr(wire, "VERSIONS", (3, 3))
            for _ in range(3):
                answer = await cluster.get()
                assert (answer.status, dict(answer.headers)[b"retry-after"]) == (503, b"1")
            assert counts == {"relay.refused": 3} == cluster.counts

    run(main)
    said = [
        line
        for line in caplog.messages
        if "it speaks versions 1 to 1 of the protocol, this side 3 to 3" in line
    ]
    assert [line.split(",")[0].split(" from")[0] for line in said] == ["what comes", "a worker"]


def test_both_sides_know_the_version(tmp_path: Path, made: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Each logs it once, for the other: the worker tells what was agreed when it takes an opening."""

    async def main() -> None:
        async with Brokered(tmp_path, made()) as cluster, working(made(), Recorder()):
            for _ in range(2):
                assert (await cluster.get()).status == 200

    with caplog.at_level("INFO"):
        run(main)
    assert len([line for line in caplog.messages if line.endswith("version 1 of the protocol")]) == 2


def test_direct_connections_by_way_of_the_broker(made: Any) -> None:
    """A container on a port of its own, with a token of its own, is dialled."""

    async def main() -> None:
        layer, other = made(), made()
        waiting = Queue(10, 5, lambda name: None)
        direct = Direct("127.0.0.1:0", b"secret", waiting, directory=Registry(layer), tells=True)
        async with direct, Dialler(Registry(other), "w", b"") as dialler:
            assert dialler.connected == 1
        await layer.close()
        await other.close()

    run(main)

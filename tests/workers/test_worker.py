"""The worker's side: slots, state, sync work, the drain, and event style."""

import asyncio
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import Unavailable
from interfaces.testing.recorder import OK, Recorder
from interfaces.testing.websocket import Refused
from interfaces.workers import conversation, running
from interfaces.workers.handling import Handling
from interfaces.workers.outcome import ConsumeLater
from interfaces.workers.routing import Routing, route
from interfaces.workers.running import Running
from interfaces.workers.worker import Worker
from tests.workers.harness import Cluster, run, until


def gated(gate: asyncio.Event, seen: list[str]) -> Any:
    """An application that answers when the gate is open."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await gate.wait()
        for event in OK:
            await send(event)

    return app


def test_no_more_than_its_slots_run_at_once(tmp_path: Path) -> None:
    """What is beyond them waits, and is done as they become free."""
    seen: list[str] = []

    async def test(cluster: Cluster) -> None:
        gate = asyncio.Event()
        async with cluster.worker(gated(gate, seen), concurrency=3) as worker:
            asked = [asyncio.ensure_future(cluster.get(f"/{number}")) for number in range(7)]
            await until(lambda: len(seen) == 3 and len(cluster.queue) == 4)
            assert len(worker.running) == 3
            gate.set()
            assert [(await one).status for one in asked] == [200] * 7
            assert not worker.running

    run(test, tmp_path)
    assert len(seen) == 7


def test_slots_are_shared_by_all_containers(tmp_path: Path) -> None:
    """What two containers send at once beyond them is given back, and waits there."""
    seen: list[str] = []
    paths = [tmp_path / name for name in ("a", "b")]
    for path in paths:
        path.mkdir()

    async def main() -> None:
        from interfaces.workers.transports.dial import Dialler
        from interfaces.workers.transports.directory import Places
        from tests.workers.harness import TOKEN

        gate = asyncio.Event()
        one, two = Cluster(paths[0]), Cluster(paths[1])
        places = Places([one.place, two.place])
        async with asyncio.timeout(20), one, two, Dialler(places, "w", TOKEN) as dialler:
            worker = Worker(gated(gate, seen), dialler, name="w", concurrency=2, state={})
            await until(
                lambda: all(cluster.queue.desks and cluster.queue.desks[0].room for cluster in (one, two))
            )
            asked = [asyncio.ensure_future(cluster.get()) for cluster in (one, two) for _ in range(2)]
            await until(lambda: len(one.queue) + len(two.queue) == 2)
            assert len(worker.running) == 2
            gate.set()
            assert [(await each).status for each in asked] == [200] * 4
            await worker.drain(1)

    asyncio.run(main())


def test_a_drain_finishes_requests_and_moves_sockets(tmp_path: Path) -> None:
    """1012 for those that are open and for one that is accepted meanwhile; an answer that is whole."""
    gate = asyncio.Event()
    recorder = Recorder(
        {"http.request": lambda call, event: wait(), "websocket.connect": lambda call, event: later(call)}
    )

    async def wait() -> Any:
        await gate.wait()
        return OK

    async def later(call: Any) -> Any:
        if call.scope["path"] == "/late":
            await gate.wait()
        return {"type": "websocket.accept"}

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(recorder) as worker, await cluster.open() as client:
            asked = asyncio.ensure_future(cluster.get())
            opening = asyncio.ensure_future(cluster.open("/late"))
            await until(lambda: len(recorder.calls) == 3)
            draining = asyncio.ensure_future(worker.drain(5))
            closed = await client.receive()
            assert closed.code == 1012
            await client.raw.send(client.wire.close(1012))
            gate.set()
            assert (await asked).status == 200
            async with await opening as late:
                assert (await late.receive()).code == 1012
                await late.raw.send(late.wire.close(1012))
                await draining
            assert not worker.running

    run(test, tmp_path)


def test_what_does_not_end_is_cut(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After the drain's time; the client is told 502."""
    seen: list[str] = []

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(gated(asyncio.Event(), seen)) as worker:
            asked = asyncio.ensure_future(cluster.get(method="POST"))
            await until(lambda: seen)
            await worker.drain(0.01)
            assert (await asked).status == 502

    run(test, tmp_path)
    assert "1 scopes were cut" in caplog.text


def test_a_slot_that_is_kept_after_its_client_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An application that never looks: one line and a count; the slot is free when it returns."""
    monkeypatch.setattr(running, "STUCK", 0)
    gate, seen, counts = asyncio.Event(), [], Counter[str]()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        seen.append(scope["path"])
        await gate.wait()

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(app) as worker:
            worker.count = lambda name: counts.update([name])
            async with await cluster.open("/hang"):
                await until(lambda: seen)
            await until(lambda: counts)
            assert len(worker.running) == 1
            gate.set()
            await until(lambda: not worker.running)

    run(test, tmp_path)
    assert counts == {"worker.stuck": 1}
    [line] = caplog.messages
    assert line.startswith("<Running <Session websocket /hang ")
    assert line.endswith(
        "goes on 10 s after its client has gone; it keeps its slot, 1 of 100 slots are taken"
    )


def test_sync_work_of_a_scope_is_on_its_strand(tmp_path: Path) -> None:
    """As in one process: one strand a scope, closed with it."""
    from asgiref.sync import sync_to_async

    from interfaces.shared import strand

    found: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(2):
            await sync_to_async(int)()
            found.append(strand.current())
        for event in OK:
            await send(event)

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(app):
            await cluster.get()

    run(test, tmp_path)
    assert found[0] is found[1]
    assert found[0].closed


def counting(log: list[Any]) -> Routing:
    """An application in event style that counts in the session."""

    def connect(message: Any) -> None:
        message.channel_session["seen"] = []

    async def receive(message: Any) -> None:
        log.append((message.content.get("attempt"), message.content["text"]))
        if message.content["text"] == "later" and len(log) == 1:
            raise ConsumeLater
        if message.content["text"] == "hang" and not message.content.get("attempt"):
            await asyncio.Event().wait()
        if message.content["text"] == "raise":
            raise ZeroDivisionError
        message.channel_session["seen"] = [*message.channel_session["seen"], message.content["text"]]
        await message.reply_channel.asend({"text": ",".join(message.channel_session["seen"])})

    from interfaces.workers.channel_session import channel_session

    return Routing(
        [
            route("websocket.connect", channel_session(connect)),
            route("websocket.receive", channel_session(receive)),
        ]
    )


def test_event_style_goes_from_worker_to_worker(tmp_path: Path) -> None:
    """The session stays with the container; a worker that drains closes no socket."""
    log: list[Any] = []

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(counting(log)) as first:
            client = await cluster.open()
            await client.send("a")
            assert await client.receive() == "a"
            assert not first.running
        async with client, cluster.worker(counting(log)):
            await client.send("b")
            assert await client.receive() == "a,b"
            assert (await client.close()).code == 1000

    run(test, tmp_path, layer=LocalChannelLayer())
    assert [text for _, text in log] == ["a", "b"]


@pytest.mark.parametrize("style", ["websocket", "http"])
def test_without_its_broker_event_style_says_come_back(tmp_path: Path, style: str) -> None:
    """A new socket, and a request, get 503 with Retry-After: nothing was lost, and 502 would say that something was."""

    class Away(LocalChannelLayer):
        """A layer whose broker is away."""

        async def new_channel(self, prefix: str = "specific") -> str:
            raise Unavailable("the broker is away")

    async def test(cluster: Cluster) -> None:
        routing = Routing([route("websocket.connect", print), route("http.request", print)])
        async with cluster.worker(routing):
            if style == "http":
                answer = await cluster.get()
                status, again = answer.status, dict(answer.headers).get(b"retry-after")
            else:
                with pytest.raises(Refused) as caught:
                    await cluster.open()
                status, again = (
                    caught.value.response.status,
                    dict(caught.value.response.headers).get(b"retry-after"),
                )
            assert (status, again) == (503, b"1")

    run(test, tmp_path, layer=Away())


def test_an_event_whose_worker_was_lost_is_sent_again(tmp_path: Path) -> None:
    """With its attempt; nothing of the lost one counts."""
    log: list[Any] = []

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(counting(log)):
            first = cluster.last
            async with await cluster.open() as client:
                await client.send("hang")
                await until(lambda: log)
                async with cluster.worker(counting(log)):
                    cluster.lose(first)
                    assert await client.receive() == "hang"
                    await client.close()

    run(test, tmp_path, layer=LocalChannelLayer())
    assert log == [(None, "hang"), (2, "hang")]


def test_an_event_that_raises_ends_its_socket(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """1011 for the client; the worker's log has the consumer's frames."""
    log: list[Any] = []

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(counting(log)), await cluster.open() as client:
            await client.send("raise")
            assert (await client.receive()).code == 1011

    run(test, tmp_path, layer=LocalChannelLayer())
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("error", [Unavailable, ConsumeLater])
def test_a_consumer_that_needs_what_is_away_says_come_back(
    tmp_path: Path, error: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In event style, too: 503 with Retry-After for a request and a new socket, 1013 for an open one."""
    monkeypatch.setattr(conversation, "LATER", ())

    def needs(message: Any) -> None:
        if message.get("text") or message["path"] != "/open":
            raise error("the broker is away")

    async def test(cluster: Cluster) -> None:
        routing = Routing({"http.request": needs, "websocket.connect": needs, "websocket.receive": needs})
        async with cluster.worker(routing):
            answer = await cluster.get()
            assert (answer.status, dict(answer.headers).get(b"retry-after")) == (503, b"1")
            with pytest.raises(Refused) as caught:
                await cluster.open()
            assert caught.value.response.status == 503
            async with await cluster.open("/open") as client:
                await client.send("x")
                assert (await client.receive()).code == 1013

    run(test, tmp_path, layer=LocalChannelLayer())


def test_types_of_strangers_are_not_kept() -> None:
    """What is remembered of an application is bounded by its routes, not by what is sent here."""
    ended: list[Any] = []
    source: Any = SimpleNamespace(free=lambda slots: None)
    routing = Routing({"http.request": print})
    worker = Worker(routing, source, name="w", concurrency=1, state={})
    for number in range(100):
        opening = {"scope": {"type": f"t{number}"}, "event": {}, "session": {}, "attempt": 1}
        taken: Any = SimpleNamespace(opening=opening, end=ended.append)
        worker.opened(taken)
    assert ended == [{"how": "no-route"}] * 100
    assert not worker._routings and not worker.running


def test_a_path_without_a_route_is_no_route(tmp_path: Path) -> None:
    """404 at the handshake, in event style too."""
    from interfaces.testing.websocket import Refused

    async def consumer(message: Any) -> None:
        pass

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(Routing([route("websocket.connect", consumer, path="^/here$")])):
            with pytest.raises(Refused) as refused:
                await cluster.open("/nowhere")
            assert refused.value.response.status == 404

    run(test, tmp_path, layer=LocalChannelLayer())


def test_an_event_for_an_application_that_has_none_is_no_route(tmp_path: Path) -> None:
    """Workers of two applications on one container."""
    log: list[Any] = []

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(counting(log)):
            client = await cluster.open()
        async with client, cluster.worker(Recorder()):
            await client.send("x")
            assert (await client.receive()).code == 1011

    run(test, tmp_path, layer=LocalChannelLayer())


def project(log: list[Any], pages: asyncio.Event, views: asyncio.Event) -> Routing:
    """A page in event style, and views for all else; the first call of each waits for its gate."""

    async def page(message: Any) -> None:
        log.append(("page", message.content.get("attempt")))
        if message.content.get("attempt") is None:
            await pages.wait()
        content = message["body"]
        await message.reply_channel.asend({"status": 200, "content": content})

    async def fallback(scope: Any, receive: Any, send: Any) -> None:
        log.append(("view", scope["path"]))
        await views.wait()
        for event in OK:
            await send(event)

    return Routing([route("http.request", page, path="^/page")], fallback=fallback, limits=(1000, 5))


def test_of_a_routing_with_a_fallback_only_what_that_serves_is_a_session(tmp_path: Path) -> None:
    """So a page goes on at another worker when the first is lost, and a view, which may not be repeated, cannot."""
    log: list[Any] = []

    async def test(cluster: Cluster) -> None:
        pages, views = asyncio.Event(), asyncio.Event()
        app = project(log, pages, views)
        async with cluster.worker(app) as first:
            dialler = cluster.last
            page = asyncio.ensure_future(cluster.get("/page", body=b"x", method="POST"))
            view = asyncio.ensure_future(cluster.get("/view", body=b"x", method="POST"))
            await until(lambda: len(log) == 2)
            assert {type(one) for one in first.running} == {Running, Handling}
            async with cluster.worker(app):
                cluster.lose(dialler)
                assert [(await page).status, (await page).body] == [200, b"x"]
                assert (await view).status == 502
            pages.set()
            views.set()

    run(test, tmp_path)
    assert sorted(log, key=str) == [("page", 2), ("page", None), ("view", "/view")]


def test_the_limits_of_requests_are_the_applications(tmp_path: Path) -> None:
    """In event style the container leads them; a view has its own."""

    async def test(cluster: Cluster) -> None:
        gate = asyncio.Event()
        gate.set()
        async with cluster.worker(project([], gate, gate)):
            for path, size, status in [("/page", 1000, 200), ("/page", 1001, 413), ("/view", 1001, 200)]:
                assert (await cluster.get(path, body=b"x" * size, method="POST")).status == status

    run(test, tmp_path)

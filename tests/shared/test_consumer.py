"""Our consumers: handlers of both kinds, order, concurrency, calls, layers, and what must not end them."""

import asyncio
import logging
import threading

import pytest

from interfaces.shared.consumer import UNKNOWN, Consumer, StopConsumer
from interfaces.shared.errors import NoRoute
from interfaces.shared.session import Session

WAIT = 10


class Run:
    """A consumer on a session: what it sends is in ``sent``."""

    def __init__(self, app, kind="irc", on_send=None):
        self.sent = asyncio.Queue()
        self.on_send = on_send
        self.session = Session(app, {"type": kind}, self.take)
        self.session.start(asyncio.get_running_loop())

    async def take(self, event):
        if self.on_send is not None:
            await self.on_send(event)
        await self.sent.put(event)

    async def get(self):
        async with asyncio.timeout(WAIT):
            return await self.sent.get()

    async def end(self):
        self.session.last()
        assert await self.session.wait(WAIT)
        return self.session.error


class Echo(Consumer):
    """Answers both ways."""

    prefix = "re: "

    async def irc_message(self, message):
        """In the loop."""
        await self.send({"type": "irc.send", "text": self.prefix + message["text"]})

    def irc_notice(self, message):
        """On a thread."""
        assert threading.current_thread() is not threading.main_thread()
        self.send({"type": "irc.send", "text": "sync " + message["text"]})

    async def irc_quit(self, message):
        """Stop."""
        raise StopConsumer

    async def irc_fail(self, message):
        """Fail."""
        raise ZeroDivisionError


def test_handlers_are_found_by_type_and_run_in_order():
    """Coroutine functions in the loop, plain ones on the strand, both can send."""

    async def main():
        run = Run(Echo.as_asgi())
        run.session.offer({"type": "irc.message", "text": "a"})
        run.session.offer({"type": "irc.notice", "text": "b"})
        run.session.offer({"type": "irc.message", "text": "c"})
        assert [(await run.get())["text"] for _ in range(3)] == ["re: a", "sync b", "re: c"]
        assert await run.end() is None

    asyncio.run(main())


def test_the_lifespan_is_none_of_its_business():
    """A consumer that is the whole application has no lifespan: it says so, where waiting would hold up the start."""

    async def main():
        run = Run(Echo.as_asgi(), kind="lifespan")
        assert await run.session.wait(WAIT)
        assert isinstance(run.session.error, NoRoute)

    asyncio.run(main())


def test_as_asgi_names_what_it_makes_and_sets_what_it_is_given():
    """As Channels': consumer_class, consumer_initkwargs; a word the class does not have is a mistake."""
    app = Echo.as_asgi(prefix="! ")
    assert (app.__name__, app.__doc__) == ("Echo", "Answers both ways.")
    assert (app.consumer_class, app.consumer_initkwargs) == (Echo, {"prefix": "! "})
    assert Echo(prefix="! ").prefix == "! "
    assert repr(Echo()) == "<Echo not called>"
    with pytest.raises(TypeError, match="no attribute 'prefx'"):
        Echo(prefx="! ")


def test_an_unknown_event_is_counted_logged_once_and_survived(caplog):
    """Also one without a type, one that names a method of the class, and one that begins with a dot."""
    caplog.set_level(logging.DEBUG, "interfaces.consumer")
    UNKNOWN.clear()

    async def main():
        run = Run(Echo.as_asgi())
        for event in (
            {"type": "irc.nonsense"},
            {"type": "irc.nonsense"},
            {},
            {"type": "dispatch"},
            {"type": "._x"},
        ):
            run.session.offer(event)
        run.session.offer({"type": "irc.message", "text": "alive"})
        assert (await run.get())["text"] == "re: alive"
        assert await run.end() is None

    asyncio.run(main())
    assert UNKNOWN == {"Echo irc.nonsense": 2, "Echo ": 1, "Echo dispatch": 1, "Echo ._x": 1}
    assert sum("irc.nonsense" in record.message for record in caplog.records) == 1


def test_the_count_of_unknown_kinds_is_bounded(monkeypatch):
    """Types come from outside; the table does not grow with them."""
    monkeypatch.setattr("interfaces.shared.consumer._KINDS", 3)
    UNKNOWN.clear()

    async def main():
        run = Run(Echo.as_asgi())
        for number in range(20):
            run.session.offer({"type": f"irc.x{number}"})
        await run.end()

    asyncio.run(main())
    assert len(UNKNOWN) == 3


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_handler_ends_the_consumer_well_or_badly(concurrency):
    """StopConsumer is a normal end, any other exception the application's error."""

    async def main():
        for kind, error in (("irc.quit", type(None)), ("irc.fail", ZeroDivisionError)):
            run = Run(Echo.as_asgi(concurrency=concurrency))
            run.session.offer({"type": kind})
            assert await run.session.wait(WAIT)
            assert type(run.session.error) is error

    asyncio.run(main())


def test_a_delivery_ends_when_its_event_is_handled():
    """The consumer asks for the next event only then, which is what releases it."""

    async def main():
        run = Run(Echo.as_asgi(), "email")
        run.session.last({"type": "irc.notice", "text": "whole"})
        assert await run.session.wait(WAIT)
        assert run.session.error is None
        assert (await run.get())["text"] == "sync whole"

    asyncio.run(main())


class Gate(Consumer):
    """Handlers that wait for each other."""

    concurrency = 3
    running = 0
    most = 0

    async def irc_meet(self, message):
        """Return when three are here."""
        Gate.running += 1
        Gate.most = max(Gate.most, Gate.running)
        try:
            if Gate.running == 3:
                message["gate"].set()
            await message["gate"].wait()
        finally:
            Gate.running -= 1
        await self.send({"type": "irc.send"})


def test_concurrency_is_a_bound():
    """Three handlers meet; the fourth event waits for one of them."""

    async def main():
        run, gate = Run(Gate.as_asgi()), asyncio.Event()
        for _ in range(5):
            run.session.offer({"type": "irc.meet", "gate": gate})
        for _ in range(5):
            await run.get()
        assert Gate.most == 3
        assert await run.end() is None
        assert Gate.running == 0

    asyncio.run(main())


def test_the_end_cancels_what_is_still_handled():
    """No handler outlives its scope."""

    async def main():
        run = Run(Gate.as_asgi())
        run.session.offer({"type": "irc.meet", "gate": asyncio.Event()})
        for _ in range(20):
            await asyncio.sleep(0)
        assert Gate.running == 1
        await run.end()
        assert Gate.running == 0

    asyncio.run(main())


class Caller(Consumer):
    """Asks, and tells what came back."""

    async def irc_ask(self, message):
        """In the loop."""
        result = await self.call({"type": "irc.send", "text": "?"})
        await self.send({"type": "told", "ok": result["ok"]})

    def irc_ask_sync(self, message):
        """On a thread."""
        self.send({"type": "told", "ok": self.call({"type": "irc.send", "id": "mine"})["ok"]})

    async def irc_hurry(self, message):
        """With a deadline that is over at once."""
        try:
            await self.call({"type": "irc.send", "text": "?"}, 0)
        except TimeoutError:
            await self.send({"type": "told", "ok": "late"})

    async def irc_both(self, message):
        """Two at once, answered the other way round."""
        first, second = await asyncio.gather(self.call({"type": "a"}), self.call({"type": "b"}))
        await self.send({"type": "told", "ok": [first["ok"], second["ok"]]})

    async def irc_message(self, message):
        """Handled after the call, though it came before the answer."""
        await self.send({"type": "told", "ok": message["text"]})


@pytest.mark.parametrize("kind", ["irc.ask", "irc.ask_sync"])
def test_call_waits_for_its_result(kind):
    """What comes in between waits its turn; a result that nobody asked for is an event like others."""

    async def main():
        async def answer(event):
            if event["type"] == "irc.send":
                for other in (
                    {"type": "irc.message", "text": "later"},
                    {"type": "irc.result", "id": "other"},
                ):
                    run.session.offer(other)
                run.session.offer({"type": "irc.result", "id": event["id"], "ok": True})

        run = Run(Caller.as_asgi(), on_send=answer)
        run.session.offer({"type": kind})
        assert (await run.get())["type"] == "irc.send"
        assert [(await run.get())["ok"] for _ in range(2)] == [True, "later"]
        assert await run.end() is None

    asyncio.run(main())


def test_calls_side_by_side_each_get_their_own_result():
    """Whoever takes the event in, the right one goes on."""

    async def main():
        ids = {}

        async def answer(event):
            ids[event["type"]] = event.get("id")
            if event["type"] == "b":
                run.session.offer({"type": "x.result", "id": ids["b"], "ok": "b"})
                run.session.offer({"type": "x.result", "id": ids["a"], "ok": "a"})

        run = Run(Caller.as_asgi(), on_send=answer)
        run.session.offer({"type": "irc.both"})
        got = [await run.get() for _ in range(3)]
        assert got[2]["ok"] == ["a", "b"]
        await run.end()

    asyncio.run(main())


def test_a_call_has_a_deadline():
    """TimeoutError; an answer that comes later is an event that nobody knows."""

    async def main():
        run = Run(Caller.as_asgi())
        run.session.offer({"type": "irc.hurry"})
        got = await run.get()
        while got["type"] != "told":
            got = await run.get()
        assert got["ok"] == "late"
        run.session.offer({"type": "irc.message", "text": "alive"})
        assert (await run.get())["ok"] == "alive"
        await run.end()

    asyncio.run(main())


def test_events_that_come_during_a_call_are_bounded(monkeypatch):
    """When enough of them wait, no more are asked for: the peer's back-pressure holds."""
    monkeypatch.setattr("interfaces.shared.consumer._BACKLOG", 2)

    async def main():
        run = Run(Caller.as_asgi())
        run.session.offer({"type": "irc.ask"})
        await run.get()
        for number in range(6):
            run.session.offer({"type": "irc.message", "text": str(number)})
        for _ in range(20):
            await asyncio.sleep(0)
        assert run.session.waiting
        run.session.cancel()
        assert await run.session.wait(WAIT)

    asyncio.run(main())


class Layer:
    """A channel layer of one process, with the Channels 4 names."""

    def __init__(self):
        self.queue = asyncio.Queue()
        self.groups = []

    async def new_channel(self):
        return "specific!1"

    async def receive(self, channel):
        assert channel == "specific!1"
        return await self.queue.get()

    async def group_add(self, group, channel):
        self.groups.append(group)

    async def group_discard(self, group, channel):
        self.groups.remove(group)


@pytest.mark.parametrize("found", [False, True])
def test_a_consumer_with_a_layer_hears_both_sides(found):
    """Events of the peer and of the layer; groups are joined while the scope lasts."""

    async def main():
        layer = Layer()

        class Grouped(Echo):
            groups = ("one", "two")

            def find_layer(self):
                return layer

        app = Grouped.as_asgi() if found else Echo.as_asgi(channel_layer=layer, groups=["one", "two"])
        run = Run(app)
        await layer.queue.put({"type": "irc.message", "text": "layer"})
        assert (await run.get())["text"] == "re: layer"
        assert layer.groups == ["one", "two"]
        run.session.offer({"type": "irc.message", "text": "peer"})
        assert (await run.get())["text"] == "re: peer"
        await layer.queue.put({"no": "type"})
        assert await run.end() is None
        assert layer.groups == []
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_a_coroutine_function_in_disguise_is_awaited():
    """A decorator that hides what a handler is does not lose its work."""

    async def main():
        class Wrapped(Consumer):
            def irc_message(self, message):
                return self.send({"type": "done"}) if self._thread == threading.get_ident() else self.later()

            async def later(self):
                await self.send({"type": "later"})

        run = Run(Wrapped.as_asgi())
        run.session.offer({"type": "irc.message"})
        assert (await run.get())["type"] == "later"
        await run.end()

    asyncio.run(main())

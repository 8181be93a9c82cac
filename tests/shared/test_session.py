"""A session: its inbox and the bounds of it, how it ends, and who is told."""

import asyncio
import logging

import pytest

from interfaces.shared.errors import NoRoute, PeerGone, Unavailable
from interfaces.shared.session import WEIGHT, Instance, Session, report

WAIT = 10


class Down(Unavailable):
    """One that comes without words."""


async def turns(count=5):
    """Let others run."""
    for _ in range(count):
        await asyncio.sleep(0)


class Peer:
    """What the interface side of a session sees."""

    def __init__(self, app, capacity=3, kind="x"):
        self.sent, self.ends, self.rooms = [], 0, 0
        self.session = Session(
            app, {"type": kind}, self.take, capacity=capacity, on_end=self.end, on_room=self.room
        )

    async def take(self, event):
        self.sent.append(event)

    def end(self, session):
        assert session is self.session
        self.ends += 1

    def room(self):
        self.rooms += 1

    def start(self):
        self.session.start(asyncio.get_running_loop())
        return self.session


async def loops(scope, receive, send):
    """Echo, for ever."""
    while True:
        await send(await receive())


async def sleeps(scope, receive, send):
    """Ask for nothing."""
    await asyncio.Event().wait()


def run(test):
    """Run an async test."""
    asyncio.run(asyncio.wait_for(test(), WAIT))


def test_after_the_last_event_asking_again_is_the_end():
    """The application is released: on_end is called once, the task cancelled, and that is no error."""

    async def main():
        peer = Peer(loops)
        session = peer.start()
        session.offer({"type": "a"})
        session.last({"type": "b"})
        assert await session.wait(WAIT)
        assert [event["type"] for event in peer.sent] == ["a", "b"]
        assert (peer.ends, session.ended, session.error, session.task.cancelled()) == (1, True, None, True)
        assert peer.rooms == 0  # it was never full

    run(main)


def test_the_last_event_can_be_none():
    """What came before it is still handled."""

    async def main():
        peer = Peer(loops)
        session = peer.start()
        session.offer({"type": "a"})
        session.last()
        session.last({"type": "never"})
        assert not session.ended
        await session.wait(WAIT)
        assert [event["type"] for event in peer.sent] == ["a"]

    run(main)


def test_on_end_is_called_when_it_is_released_not_when_its_clean_up_is_done():
    """A verdict does not wait for a finally block."""

    async def main():
        gate, told = asyncio.Event(), asyncio.Event()

        async def app(scope, receive, send):
            try:
                while True:
                    await receive()
            finally:
                await gate.wait()

        session = Session(app, {"type": "x"}, Peer(app).take, on_end=lambda session: told.set())
        session.start(asyncio.get_running_loop())
        session.last({"type": "a"})
        await told.wait()
        assert not session.task.done()
        gate.set()
        await session.wait(WAIT)

    run(main)


def test_what_is_raised_after_the_release_is_no_failure():
    """The verdict is out; a clumsy clean-up does not change it."""

    async def main():
        async def app(scope, receive, send):
            try:
                while True:
                    await receive()
            except asyncio.CancelledError:
                raise ZeroDivisionError from None

        peer = Peer(app)
        session = peer.start()
        session.last({"type": "a"})
        await session.wait(WAIT)
        assert (session.error, peer.ends) == (None, 1)

    run(main)


def test_an_application_that_ignores_the_release_is_released_again():
    """Swallowing the cancellation and asking on does not keep it alive for ever."""

    async def main():
        times = []

        async def app(scope, receive, send):
            while len(times) < 3:
                try:
                    await receive()
                except asyncio.CancelledError:
                    times.append(1)

        peer = Peer(app)
        session = peer.start()
        session.last({"type": "a"})
        await session.wait(WAIT)
        assert (len(times), peer.ends) == (3, 1)

    run(main)


def test_a_receive_in_a_child_task_releases_the_application_too():
    """As Channels' consumers ask, beside their channel layer."""

    async def main():
        async def app(scope, receive, send):
            tasks = []
            try:
                while True:
                    tasks = [asyncio.ensure_future(receive()), asyncio.ensure_future(asyncio.Event().wait())]
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

        session = Peer(app).start()
        session.last({"type": "a"})
        await session.wait(WAIT)
        assert session.error is None
        assert session.ended

    run(main)


def test_a_return_is_the_end():
    """No event is needed, and none is taken afterwards."""

    async def main():
        async def app(scope, receive, send):
            pass

        peer = Peer(app)
        session = peer.start()
        await session.wait(WAIT)
        assert peer.ends == 1
        assert session.offer({"type": "late"}) is True
        assert not session.waiting
        session.last({"type": "late"})
        assert not session.waiting

    run(main)


@pytest.mark.parametrize(
    ("error", "unrouted", "unavailable"),
    [(ZeroDivisionError("x"), False, False), (NoRoute("x"), True, False), (Unavailable("x"), False, True)],
)
def test_what_it_raises_is_kept(error, unrouted, unavailable):
    """And whether it means that there is no such address, or that the peer is to try again."""

    async def main():
        async def app(scope, receive, send):
            raise error

        peer = Peer(app)
        session = peer.start()
        await session.wait(WAIT)
        assert (session.error, session.unrouted, peer.ends) == (error, unrouted, 1)
        assert session.unavailable == unavailable

    run(main)


def test_a_peer_that_is_gone_is_no_error_of_the_application():
    """PeerGone out of send, not caught, is a normal end."""

    async def main():
        async def app(scope, receive, send):
            raise PeerGone("gone")

        session = Peer(app).start()
        await session.wait(WAIT)
        assert session.error is None

    run(main)


@pytest.mark.parametrize("app", [lambda scope, receive, send: 1 / 0, lambda scope, receive, send: None])
def test_an_application_that_gives_no_coroutine_has_raised(app):
    """A class by mistake, a plain function: the scope fails, not the server; on_end comes a turn later."""

    async def main():
        peer = Peer(app)
        session = peer.start()
        assert peer.ends == 0
        await turns()
        assert (peer.ends, type(session.error) in (ZeroDivisionError, TypeError)) == (1, True)
        assert await session.wait(WAIT)
        session.cancel()

    run(main)


def test_send_after_the_end_raises():
    """A task that outlives its scope finds out."""

    async def main():
        session = Peer(loops).start()
        await turns()
        session.last()
        await session.wait(WAIT)
        with pytest.raises(PeerGone):
            await session.send({"type": "a"})

    run(main)


def test_offer_says_when_the_inbox_is_full():
    """By number; on_room is called when it is empty again, and not before."""

    async def main():
        gate = asyncio.Event()

        async def app(scope, receive, send):
            await gate.wait()
            for full in (True, True, True, False):
                await send(await receive())
                assert session.full == full
            await loops(scope, receive, send)

        peer = Peer(app, capacity=4)
        session = peer.start()
        assert [session.offer({"type": "a"}) for _ in range(4)] == [True, True, True, False]
        assert session.full
        assert peer.rooms == 0
        gate.set()
        await turns()
        assert (peer.rooms, session.full, len(peer.sent)) == (1, False, 4)
        session.last()
        await session.wait(WAIT)
        assert (peer.rooms, session.error) == (1, None)

    run(main)


def test_the_end_makes_room_where_there_was_none():
    """Who was told to pause is told to go on, once."""

    async def main():
        peer = Peer(sleeps, capacity=1)
        session = peer.start()
        assert not session.offer({"type": "a"})
        session.cancel()
        await session.wait(WAIT)
        assert (peer.rooms, session.full) == (1, False)

    run(main)


def test_nothing_comes_after_the_last_event():
    """What is offered late is dropped, and nobody has to pause for it."""

    async def main():
        peer = Peer(loops, capacity=1)
        session = peer.start()
        session.last({"type": "a"})
        assert session.offer({"type": "b"})
        await session.put({"type": "c"})
        await session.wait(WAIT)
        assert [event["type"] for event in peer.sent] == ["a"]

    run(main)


def test_offer_says_when_the_inbox_is_too_heavy():
    """By bytes, however few the events; it is light again only when it is empty."""

    async def main():
        peer = Peer(loops, capacity=100)
        session = peer.start()
        assert session.offer({"type": "a"}, WEIGHT - 1)
        assert not session.offer({"type": "b"}, 1)
        await turns()
        assert not session.full
        assert session.offer({"type": "c"}, WEIGHT - 1)
        session.cancel()
        await session.wait(WAIT)

    run(main)


def test_put_waits_for_room_in_order():
    """The interface that may wait does; nothing is lost or overtaken."""

    async def main():
        peer = Peer(loops, capacity=2)
        session = peer.session
        putting = [asyncio.ensure_future(session.put({"type": str(number)})) for number in range(10)]
        await turns()
        assert sum(task.done() for task in putting) == 2
        peer.start()
        await asyncio.gather(*putting)
        session.last()
        await session.wait(WAIT)
        assert [event["type"] for event in peer.sent] == [str(number) for number in range(10)]

    run(main)


def test_put_does_not_wait_for_an_application_that_has_ended():
    """Those who waited go on, and further ones do not begin to."""

    async def main():
        session = Peer(sleeps, capacity=1).start()
        await session.put({"type": "a"})
        waiting = asyncio.ensure_future(session.put({"type": "b"}))
        await turns()
        assert not waiting.done()
        session.cancel()
        await waiting
        await session.put({"type": "c"})

    run(main)


def test_put_that_is_given_up_leaves_the_rest_in_order():
    """A cancelled waiter takes nobody's place."""

    async def main():
        peer = Peer(loops, capacity=1)
        await peer.session.put({"type": "a"})
        given_up = asyncio.ensure_future(peer.session.put({"type": "b"}))
        kept = asyncio.ensure_future(peer.session.put({"type": "c"}))
        await turns()
        given_up.cancel()
        peer.start()
        await kept
        peer.session.last()
        await peer.session.wait(WAIT)
        assert [event["type"] for event in peer.sent] == ["a", "c"]

    run(main)


def test_two_tasks_may_ask_at_once():
    """Each event goes to one of them, and cancelling one leaves the other asking."""

    async def main():
        got = []

        async def app(scope, receive, send):
            async def one():
                got.append((await receive())["type"])

            first, second, third = (asyncio.ensure_future(one()) for _ in range(3))
            await turns()
            first.cancel()
            await asyncio.gather(second, third)

        session = Peer(app).start()
        await turns(10)
        assert session.asking
        session.offer({"type": "a"})
        session.offer({"type": "b"})
        assert await session.wait(WAIT)
        assert sorted(got) == ["a", "b"]
        assert not session.asking

    run(main)


def test_waiting_says_what_the_application_has_not_taken():
    """As events come and go."""

    async def main():
        session = Peer(loops).session
        session.offer({"type": "a"})
        session.last({"type": "b"})
        assert session.waiting
        session.start(asyncio.get_running_loop())
        await session.wait(WAIT)
        assert not session.waiting

    run(main)


def test_wait_cancels_what_takes_too_long():
    """And says so."""

    async def main():
        session = Peer(sleeps).start()
        assert not await session.wait(0)
        assert session.task.done()
        assert await Peer(sleeps).session.wait(0)

    run(main)


def test_as_a_block_it_ends_with_it():
    """Leaving is the last event; leaving by an exception cancels."""

    async def main():
        peer = Peer(loops)
        async with peer.session as session:
            await session.put({"type": "a"})
        assert (len(peer.sent), peer.ends) == (1, 1)
        with pytest.raises(ZeroDivisionError):
            async with Peer(sleeps).session as session:
                raise ZeroDivisionError
        assert session.task.cancelled()

    run(main)


def test_repr_says_what_and_how_far():
    """For logs: type, path, state."""

    async def main():
        session = Session(loops, {"type": "http", "path": "/a"}, Peer(loops).take)
        assert repr(session) == "<Session http /a new>"
        session.start(asyncio.get_running_loop())
        assert repr(session) == "<Session http /a running>"
        session.last()
        await session.wait(WAIT)
        assert repr(session) == "<Session http /a ended>"

    run(main)


def test_an_instance_needs_a_way_in_and_out():
    """The base class has none of its own."""

    async def main():
        instance = Instance(loops, {"type": "x"})
        with pytest.raises(NotImplementedError):
            await instance.receive()
        with pytest.raises(NotImplementedError):
            await instance.send({"type": "x"})

    run(main)


def test_report_logs_the_applications_frames_alone(caplog):
    """Ours say nothing to who wrote the application; NoRoute and a normal end are not logged."""

    async def main():
        async def app(scope, receive, send):
            raise {"/a": ZeroDivisionError, "/b": NoRoute}[scope["path"]]

        for path in ("/a", "/b"):
            session = Session(app, {"type": "http", "path": path}, Peer(app).take)
            session.start(asyncio.get_running_loop())
            await session.wait(WAIT)
            report(session)
        report(Session(app, {"type": "http"}, Peer(app).take))

    with caplog.at_level(logging.DEBUG, "interfaces.application"):
        run(main)
    (record,) = caplog.records
    assert record.getMessage() == "http /a: the application raised"
    assert record.exc_info[2].tb_frame.f_code.co_name == "app"


def test_report_leaves_out_our_own_frames(caplog):
    """A function that raises before it gives a coroutine was called by us."""

    async def main():
        session = Peer(lambda scope, receive, send: 1 / 0).start()
        await turns()
        assert session.error.__traceback__.tb_next is not None
        report(session)

    run(main)
    (record,) = caplog.records
    assert record.exc_info[2].tb_frame.f_code.co_name == "<lambda>"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unavailable("redis://away: connection\nrefused"), "redis://away: connection refused"),
        (Down(), "Down"),
    ],
)
def test_report_tells_what_is_unavailable_in_one_line(caplog, error, words):
    """A broker that is away is nobody's mistake: the scope and what is missing, and no frames."""

    async def main():
        async def app(scope, receive, send):
            raise error

        session = Session(app, {"type": "http", "path": "/a"}, Peer(app).take)
        session.start(asyncio.get_running_loop())
        await session.wait(WAIT)
        report(session)

    run(main)
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert record.getMessage() == f"http /a: unavailable: {words}"


def test_report_says_which_scope_it_was(caplog):
    """Beside the message, for machines: the scope's id, and its trace if there is one."""
    trace = "0af7651916cd43dd8448eb211c80319c"

    async def app(scope, receive, send):
        raise Unavailable("away")

    given = {"type": "http", "path": "/", "asgi": {}, "traceparent": f"00-{trace}-b7ad6b7169203331-01"}

    async def run():
        session = Session(app, given, None, on_end=report)
        session.start(asyncio.get_running_loop())
        await session.wait(5)

    asyncio.run(run())
    (record,) = caplog.records
    assert (record.scope_id, record.trace_id) == (given["scope_id"], trace)

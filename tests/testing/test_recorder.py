"""The recorder: what it keeps, and the forms a script can have."""

import asyncio

import pytest

from interfaces.testing import (
    Communicator,
    HttpCommunicator,
    LifespanCommunicator,
    Recorder,
    WebsocketCommunicator,
)


def test_defaults():
    """Without a script every kind of scope gets on."""

    async def main():
        recorder = Recorder()
        lifespan = LifespanCommunicator(recorder)
        await lifespan.startup()
        response = await HttpCommunicator(recorder, "POST", "/", [b"a", b"b"]).get_response()
        assert (response.status, response.body) == (200, b"ok")
        socket = WebsocketCommunicator(recorder, "/")
        assert (await socket.connect())[0]
        await socket.disconnect()
        await lifespan.shutdown()
        assert [scope["type"] for scope in recorder.scopes] == ["http", "websocket"]
        kinds = ["http.request", "http.request", "websocket.connect", "websocket.disconnect"]
        assert [event["type"] for event in recorder.events if event["type"] != "http.disconnect"] == kinds
        assert repr(recorder) == "Recorder(3 calls, 0 running)"

    asyncio.run(main())


def test_replies_can_be_made():
    """By a function, a coroutine function, to nothing, or several at once."""

    async def main():
        async def late(call, event):
            await call.send({"type": "x.first"})
            return [{"type": "x.second"}, {"type": "x.third"}]

        recorder = Recorder(
            {"x.a": lambda call, event: {"type": "x.re", "n": event["n"]}, "x.b": late, "x.c": None}
        )
        one = Communicator(recorder, {"type": "x"})
        for event in ({"type": "x.a", "n": 1}, {"type": "x.b"}, {"type": "x.c"}):
            await one.send_input(event)
        got = [(await one.receive_output())["type"] for _ in range(4)]
        assert got == ["x.re", "x.first", "x.second", "x.third"]
        await one.finish()

    asyncio.run(main())


@pytest.mark.parametrize(
    "reply", [ZeroDivisionError, ZeroDivisionError("!"), lambda call, event: ZeroDivisionError()]
)
def test_replies_can_be_exceptions(reply):
    """A class, an instance, or one that a function gives; the call keeps it."""

    async def main():
        recorder = Recorder({"x.a": reply})
        one = Communicator(recorder, {"type": "x"})
        await one.send_input({"type": "x.a"})
        with pytest.raises(ZeroDivisionError):
            await one.wait()
        assert isinstance(recorder.calls[0].error, ZeroDivisionError)
        assert recorder.calls[0].ended

    asyncio.run(main())


def test_waiting_for_events():
    """``got`` gives what came of a type, as soon as there is enough of it."""

    async def main():
        recorder = Recorder()
        one = Communicator(recorder, {"type": "x"})
        waiting = asyncio.ensure_future(recorder.got("x.a", 2))
        for number in range(2):
            await one.send_input({"type": "x.a", "n": number})
        assert [event["n"] for event in await waiting] == [0, 1]
        with pytest.raises(TimeoutError):
            await recorder.got("x.b", timeout=0)
        await one.finish()

    asyncio.run(main())

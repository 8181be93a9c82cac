"""The communicators, on applications that behave and on some that do not."""

import asyncio
import threading

import pytest

from interfaces.testing import (
    Communicator,
    HttpCommunicator,
    LifespanCommunicator,
    Recorder,
    WebsocketCommunicator,
)


async def loops(scope, receive, send):
    """As Channels' consumers: echo, for ever."""
    while True:
        event = await receive()
        await send({"type": "echo", "of": event["type"]})


async def fails(scope, receive, send):
    """Raise at the first event."""
    await receive()
    raise ZeroDivisionError


async def returns(scope, receive, send):
    """Nothing to do."""


def test_input_and_output():
    """Events go in, messages come out, in order; the end is the release."""

    async def main():
        async with Communicator(loops, {"type": "x"}) as one:
            await one.send_input({"type": "a"})
            await one.send_input({"type": "b"})
            assert [(await one.receive_output())["of"] for _ in range(2)] == ["a", "b"]
            assert await one.receive_nothing()
            assert "outputs" in repr(one)
        assert one.session.ended
        assert one.scope["asgi"]["version"] == "3.0"

    asyncio.run(main())


def test_nothing_is_known_without_waiting():
    """An application that only asks says nothing more: that needs no clock."""

    async def main():
        one = Communicator(loops, {"type": "x"})
        assert await one.receive_nothing(timeout=3600)
        await one.send_input({"type": "a"})
        assert not await one.receive_nothing(timeout=3600)
        one.stop()

    asyncio.run(main())


def test_nothing_of_a_busy_application_ends_with_the_timeout():
    """One that is waiting for something else is given the time, no more."""

    async def main():
        gate = asyncio.Event()

        async def app(scope, receive, send):
            await gate.wait()

        one = Communicator(app, {"type": "x"})
        assert await one.receive_nothing(timeout=0)
        with pytest.raises(TimeoutError):
            await one.receive_output(timeout=0)
        with pytest.raises(TimeoutError, match="did not end"):
            await one.wait(timeout=0)

    asyncio.run(main())


@pytest.mark.parametrize("method", ["receive_output", "wait", "receive_nothing", "finish"])
def test_what_the_application_raises_is_raised(method):
    """By whatever the test does next."""

    async def main():
        one = Communicator(fails, {"type": "x"})
        await one.send_input({"type": "a"})
        with pytest.raises(ZeroDivisionError):
            await getattr(one, method)()
        with pytest.raises(ZeroDivisionError):
            await one.send_input({"type": "b"})

    asyncio.run(main())


def test_an_end_without_output_is_no_timeout():
    """It says so at once."""

    async def main():
        with pytest.raises(AssertionError, match="ended"):
            await Communicator(returns, {"type": "x"}).receive_output(timeout=3600)

    asyncio.run(main())


def test_a_failing_block_cancels():
    """The test's own exception comes out, and nothing runs on."""

    async def main():
        with pytest.raises(KeyError):
            async with Communicator(loops, {"type": "x"}) as one:
                raise KeyError
        assert one.session.task.cancelled()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("script", "word", "error"),
    [
        (None, "accept", False),
        ({"type": "sms.accept"}, "accept", False),
        ({"type": "sms.reject", "status": 3}, "reject", False),
        ([{"type": "sms.send"}, {"type": "sms.defer"}], "defer", False),
        (ZeroDivisionError, "defer", True),
    ],
)
def test_verdicts(script, word, error):
    """As every protocol with deliveries takes them; the recorder loops for ever, and is released."""

    async def main():
        one = Communicator(Recorder({"sms.receive": script}), {"type": "sms"})
        verdict = await one.verdict({"type": "sms.receive"})
        assert (verdict.word, verdict.error is not None) == (word, error)
        if isinstance(script, dict):
            assert verdict.event is script

    asyncio.run(main())


def test_no_verdict_in_time():
    """A delivery that hangs is a TimeoutError."""

    async def main():
        async def app(scope, receive, send):
            await asyncio.Event().wait()

        with pytest.raises(TimeoutError, match="no verdict"):
            await Communicator(app, {"type": "sms"}).verdict({"type": "sms.receive"}, timeout=0)

    asyncio.run(main())


def test_http():
    """A request with a body in parts; the scope is a whole one, the response too."""

    async def main():
        async def app(scope, receive, send):
            body = b""
            while (event := await receive())["type"] == "http.request":
                body += event["body"]
                if not event["more_body"]:
                    break
            await send({"type": "http.response.early_hint", "links": []})
            await send({"type": "http.response.start", "status": 201, "headers": [[b"a", b"b"]]})
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": scope["query_string"]})
            await receive()
            await receive()

        one = HttpCommunicator(app, "post", "/a%20b?c=d", [b"1", b"2"], [(b"X-Y", b"z")])
        response = await one.get_response()
        assert (response["status"], response.body, response.headers) == (201, b"12c=d", [(b"a", b"b")])
        assert (one.scope["method"], one.scope["path"], one.scope["raw_path"]) == ("POST", "/a b", b"/a%20b")
        assert one.scope["headers"] == [(b"x-y", b"z")]
        await one.wait()

    asyncio.run(main())


def test_http_that_answers_nonsense():
    """A body without a start is no response."""

    async def main():
        async def app(scope, receive, send):
            await send({"type": "http.response.body", "body": b""})

        with pytest.raises(AssertionError, match=r"expected http\.response\.start"):
            await HttpCommunicator(app, "GET", "/").get_response()

    asyncio.run(main())


def socket_app(accept, *more):
    """Answer the connect with ``accept``, then send ``more``, then echo."""

    async def app(scope, receive, send):
        await receive()
        for event in (accept, *more):
            await send(event)
        while (event := await receive())["type"] == "websocket.receive":
            await send({**event, "type": "websocket.send"})
        await send({"type": "never", "code": event["code"], "reason": event["reason"]})

    return app


def test_websocket():
    """Accepted, talking both ways, closed from the peer's side."""

    async def main():
        app = socket_app({"type": "websocket.accept", "subprotocol": "v2", "headers": [(b"a", b"b")]})
        one = WebsocketCommunicator(app, "ws://x/chat?room=1", subprotocols=["v1", "v2"])
        assert await one.connect() == (True, "v2")
        assert one.response_headers == [(b"a", b"b")]
        await one.send_to(text_data="")
        await one.send_to(bytes_data=b"b")
        await one.send_json_to({"c": 1})
        assert [await one.receive_from(), await one.receive_from()] == ["", b"b"]
        assert await one.receive_json_from() == {"c": 1}
        await one.disconnect(4000, "bye")
        assert one.outputs.pop() == {"type": "never", "code": 4000, "reason": "bye"}
        assert (one.scope["path"], one.scope["query_string"]) == ("/chat", b"room=1")

    asyncio.run(main())


def test_websocket_denied():
    """By a close code, or by a response."""

    async def main():
        for answer, told in (
            ({"type": "websocket.close"}, 1000),
            ({"type": "websocket.close", "code": 4003}, 4003),
            ({"type": "websocket.http.response.start", "status": 401, "headers": [(b"a", b"b")]}, 401),
        ):
            assert await WebsocketCommunicator(socket_app(answer), "/").connect() == (False, told)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"type": "websocket.close"}, AssertionError),
        ({"type": "websocket.send"}, AssertionError),
        ({"type": "websocket.send", "text": "a", "bytes": b"a"}, AssertionError),
        ({"type": "websocket.send", "text": b"a"}, TypeError),
        ({"type": "websocket.send", "bytes": "a"}, TypeError),
    ],
)
def test_websocket_messages_that_are_none(event, error):
    """What no server could send fails the test."""

    async def main():
        one = WebsocketCommunicator(socket_app({"type": "websocket.accept"}, event), "/")
        await one.connect()
        with pytest.raises(error):
            await one.receive_from()

    asyncio.run(main())


def test_websocket_misuse():
    """A message is one of text and bytes, and JSON is text."""

    async def main():
        sent = {"type": "websocket.send", "bytes": b"{}"}
        one = WebsocketCommunicator(socket_app({"type": "websocket.accept"}, sent), "/")
        await one.connect()
        with pytest.raises(AssertionError):
            await one.send_to()
        with pytest.raises(AssertionError):
            await one.send_to("a", b"a")
        with pytest.raises(TypeError, match="JSON"):
            await one.receive_json_from()

    asyncio.run(main())


def test_lifespan():
    """Startup fills the state, shutdown ends it."""

    async def main():
        async def app(scope, receive, send):
            scope["state"]["db"] = 1
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})

        one = LifespanCommunicator(app)
        await one.startup()
        assert one.state == {"db": 1}
        await one.shutdown()
        failed = {"type": "lifespan.startup.failed", "message": "no database"}
        with pytest.raises(AssertionError, match="no database"):
            await LifespanCommunicator(Recorder({"lifespan.startup": failed})).startup()

    asyncio.run(main())


def test_work_on_threads_is_waited_for():
    """An application that is on a thread is not idle, though it does not run in the loop."""

    async def main():
        gate = threading.Event()

        async def app(scope, receive, send):
            await receive()
            await asyncio.to_thread(gate.wait, 10)
            await send({"type": "done"})

        one = Communicator(app, {"type": "x"})
        await one.send_input({"type": "a"})
        for _ in range(50):
            await asyncio.sleep(0)
        gate.set()
        assert not await one.receive_nothing(timeout=10)
        assert (await one.receive_output())["type"] == "done"

    asyncio.run(main())

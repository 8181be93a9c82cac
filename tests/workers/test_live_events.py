"""The event style over real sockets, in the process of the server."""

import asyncio

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.testing.live import LiveServer
from interfaces.testing.raw import RawClient
from interfaces.testing.websocket import Close, Refused, WebSocketClient
from interfaces.workers.channel_session import channel_session
from interfaces.workers.event_consumer import EventConsumer
from interfaces.workers.message import Channel, Group
from interfaces.workers.routing import Routing, include, route, route_class


@channel_session
def connect(message, room):
    """As in 2016, before there was an accept."""
    message.channel_session["room"] = room
    Group(f"room-{room}").add(message.reply_channel)


@channel_session
def receive(message):
    """To the room; or what somebody else does, or a mistake."""
    if message["text"] == "fail":
        raise ZeroDivisionError
    if message["text"] == "work":
        Channel("work").send({"reply_channel": message.reply_channel.name})
    else:
        Group(f"room-{message.channel_session['room']}").send({"text": message["text"]})


@channel_session
def disconnect(message):
    """Say good bye."""
    Group(f"room-{message.channel_session['room']}").send({"text": "left"})


async def work(message):
    """Answer whoever asked for it."""
    message.reply_channel.send({"text": "worked"})


def deny(message):
    """Let nobody in."""
    message.reply_channel.send({"accept": False})


class Pages(EventConsumer):
    """Answers requests."""

    def http_request(self, message, name):
        """Or fails."""
        if name == "fail":
            raise ZeroDivisionError
        content = f"{name} {len(message['body'])}"
        self.send({"status": 200, "headers": [(b"content-type", b"text/plain")], "content": content.encode()})


CHAT = [
    route("websocket.connect", connect, path=r"^/(?P<room>\w+)/$"),
    route("websocket.receive", receive),
    route("websocket.disconnect", disconnect),
]


@pytest.fixture(scope="module")
def address():
    """A server with all of it."""
    routes = [
        include(CHAT, path="^/chat"),
        route("websocket.connect", deny, path="^/deny$"),
        route_class(Pages, path=r"^/pages/(?P<name>\w+)$"),
        route("work", work),
    ]
    app = Routing(routes, layer=LocalChannelLayer(), limits=(1000, 10))
    with LiveServer(app, "http", "ws", http_bind=("127.0.0.1:0",)) as server:
        yield server.address


def ask(address, *requests):
    """The statuses and bodies of requests on connections of their own."""

    async def main():
        found = []
        for request in requests:
            async with await RawClient.connect(address) as client:
                await client.send(request)
                response = await client.response()
                found.append((response.status, response.body))
        return found

    return asyncio.run(main())


def get(path, body=b""):
    """A request."""
    method = b"POST" if body else b"GET"
    return b"%b %b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (method, path, len(body), body)


def test_a_chat(address) -> None:
    """Members hear each other and themselves, in their room alone, and who leaves is gone."""

    async def main():
        async with (
            await WebSocketClient.connect(address, "/chat/a/") as one,
            await WebSocketClient.connect(address, "/chat/a/") as two,
            await WebSocketClient.connect(address, "/chat/b/") as other,
        ):
            await one.send("hello")
            assert [await one.receive(), await two.receive()] == ["hello", "hello"]
            await two.close()
            assert await one.receive() == "left"
            await one.send("alone")
            assert await one.receive() == "alone"
            await other.send("quiet")
            assert await other.receive() == "quiet"

    asyncio.run(main())


def test_work_answers_the_socket_that_asked(address) -> None:
    """A function on a channel of the application's own runs in this process, and has the reply channel."""

    async def main():
        async with await WebSocketClient.connect(address, "/chat/work/") as client:
            await client.send("work")
            assert await client.receive() == "worked"

    asyncio.run(main())


def test_what_a_socket_is_refused_with(address) -> None:
    """403 by the consumer, 404 without a route, 1011 when a consumer raises."""

    async def main():
        for path, status in (("/deny", 403), ("/none", 404), ("/chat/no-room", 404)):
            with pytest.raises(Refused) as refused:
                await WebSocketClient.connect(address, path)
            assert refused.value.response.status == status
        async with await WebSocketClient.connect(address, "/chat/fail/") as client:
            await client.send("fail")
            closed = await client.receive()
            assert isinstance(closed, Close) and closed.code == 1011

    asyncio.run(main())


def test_what_a_request_gets(address) -> None:
    """The consumer's answer, 404 without a route, 500 when it raises, 413 for a body beyond the limit."""
    found = ask(
        address, get(b"/pages/a", b"12345"), get(b"/none"), get(b"/pages/fail"), get(b"/pages/a", b"x" * 1001)
    )
    assert [status for status, _ in found] == [200, 404, 500, 413] and found[0][1] == b"a 5"

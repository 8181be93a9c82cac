"""Classes of the event style: an instance an event, handlers of both kinds, state in the session."""

import asyncio
import threading
from typing import ClassVar

import pytest

from interfaces.testing import Communicator, WebsocketCommunicator
from interfaces.workers.channel_session import channel_session
from interfaces.workers.event_consumer import EventConsumer
from interfaces.workers.message import Message
from interfaces.workers.routing import Routing, include, route_class


class Counter(EventConsumer):
    """Counts in the session."""

    method_mapping: ClassVar[dict] = {"counter.reset": "reset"}
    instances: ClassVar[list] = []
    threads: ClassVar[list] = []

    def __init__(self, message, kwargs):
        super().__init__(message, kwargs)
        self.instances.append(self)

    async def websocket_connect(self, message, room):
        """In the loop."""
        self.threads.append(threading.current_thread() is threading.main_thread())
        message.channel_session["room"] = self.kwargs["room"]

    @channel_session
    def websocket_receive(self, message, room):
        """On a thread."""
        self.threads.append(threading.current_thread() is threading.main_thread())
        session = self.message.channel_session
        session["count"] = session.get("count", 0) + 1
        self.send({"text": f"{session['room']} {session['count']}"})

    def reset(self, message, room=""):
        """On a channel of its own."""

    def websocket_helper(self):
        """No event of the protocol, and so no handler."""


def test_handlers_are_found_by_their_names() -> None:
    """Those of protocols' events, and those that the mapping names."""
    assert Counter.channel_names() == {"websocket.connect", "websocket.receive", "counter.reset"}
    assert EventConsumer.channel_names() == set()


def test_each_event_has_an_instance() -> None:
    """What lasts is the session; coroutine functions run in the loop, plain ones on a thread."""
    app = Routing([include([route_class(Counter, path="(?P<room>[a-z]+)")], path="/")])
    Counter.instances.clear()
    Counter.threads.clear()

    async def main():
        async with WebsocketCommunicator(app, "/lobby") as client:
            await client.connect()
            for n in (1, 2):
                await client.send_to(text_data="x")
                assert await client.receive_from() == f"lobby {n}"
            await client.disconnect()

    asyncio.run(main())
    assert len({id(one) for one in Counter.instances}) == 3 and Counter.threads == [True, False, False]
    assert repr(Counter.instances[0]) == "<Counter <Message websocket.connect /lobby>>"


def test_a_class_serves_deliveries_too() -> None:
    """Its reply is the verdict."""

    class Tickets(EventConsumer):
        """Refuses."""

        async def email_receive(self, message):
            """Say why."""
            self.send({"type": "email.reject", "code": 550})

    async def main():
        app = Routing([route_class(Tickets)])
        assert (
            await Communicator(app, {"type": "email"}).verdict({"type": "email.receive"})
        ).word == "reject"

    asyncio.run(main())


def test_without_a_reply_channel_there_is_nobody_to_answer() -> None:
    """The mistake has a name."""
    with pytest.raises(ValueError, match="no reply_channel"):
        Counter(Message({}, "counter.reset"), {}).send({"text": "x"})

"""A WebSocket that is none, and a service that answers by script; for virtual time."""

import asyncio
import json
from collections import Counter
from types import SimpleNamespace

from interfaces.shared.errors import Unavailable
from interfaces.slack.link import greeted
from interfaces.slack.service import Reply

HELLO = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}}


def envelope(name="e1", kind="events_api", payload=None, **more):
    """As Slack sends one."""
    return {"envelope_id": name, "type": kind, "payload": payload or {"event_id": f"Ev-{name}"},
            "accepts_response_payload": kind != "events_api", **more}  # fmt: skip


class FakeWire:
    """Frames that a test puts are received; what is sent is kept. ``stuck``: nothing can be sent."""

    def __init__(self, *said):
        self.frames = asyncio.Queue()
        self.sent = []
        self.pings = []
        self.closed = False
        self.over = asyncio.Event()
        self.stuck = False
        for one in said:
            self.say(one)

    def say(self, said):
        """Slack says this: an object, or a whole frame."""
        self.frames.put_nowait(said if isinstance(said, tuple) else ("text", json.dumps(said)))

    def end(self, reason="it was closed with 1000"):
        self.say(("end", reason))

    async def receive(self):
        if self.over.is_set():
            return "end", "it was closed from here"
        found = await self.frames.get()
        if found[0] == "end":
            self.frames.put_nowait(found)
        return found

    async def send(self, text):
        if self.stuck:
            await self.over.wait()
        if self.closed:
            raise ConnectionResetError("it is closed")
        self.sent.append(json.loads(text))

    async def ping(self):
        if self.closed:
            raise ConnectionResetError("it is closed")
        self.pings.append(asyncio.get_running_loop().time())
        if self.stuck:
            await self.over.wait()

    async def close(self):
        self.closed = True
        self.over.set()
        self.end("it was closed from here")


class Script:
    """A service: ``answers`` by envelope's event_id, else an acknowledgement after ``seconds``."""

    def __init__(self, *, seconds=0.0, answers=None, **options):
        said = {"socket_in_flight": 100, "socket_silence": 30.0, "ack_deadline": 2.5, **options}
        self.options = SimpleNamespace(**said)
        self.seconds = seconds
        self.answers = answers or {}
        self.taken = []
        self.most = self.now = 0
        self.counts = Counter()

    def count(self, name):
        self.counts[name.removeprefix("slack.socket.")] += 1

    async def take(self, posted, transport, client=None):
        assert transport == "socket"
        self.taken.append(posted)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.now -= 1
        answer = self.answers.get(posted.payload.get("event_id"), Reply("ack"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def names(self):
        return [posted.payload["event_id"] for posted in self.taken]


class Running:
    """A greeted link that runs, with its wire; ``asked``: how often it wants to be replaced."""

    def __init__(self, service):
        self.service = service
        self.wire = FakeWire(HELLO)
        self.asked = 0

    async def __aenter__(self):
        self.link = await greeted(self.wire, self.service, "slack socket A1")
        self.task = asyncio.ensure_future(self.link.run(self._replace))
        return self

    async def __aexit__(self, *_):
        await self.link.close()
        await asyncio.wait({self.task})
        if not self.task.cancelled():
            assert isinstance(self.task.exception(), Unavailable)

    def _replace(self):
        self.asked += 1

    @property
    def acks(self):
        return [one["envelope_id"] for one in self.wire.sent]

"""Run by test_channels.py: ``channels_program.py PART DATABASE`` prints "proven". Consumers as users have."""

import asyncio
import resource
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from django.conf import settings

PART, NAME = sys.argv[1:]
settings.configure(
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.contenttypes"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": NAME}},
)

import django

django.setup()

from channels.consumer import AsyncConsumer, SyncConsumer
from channels.generic.websocket import WebsocketConsumer
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections, transaction

import interfaces
from interfaces.shared import strand
from interfaces.testing import Communicator
from interfaces.testing.websocket import WebSocketClient

call_command("migrate", verbosity=0)
connections.close_all()
SOCKETS = 500
AT_ONCE = 8


class Async(AsyncConsumer):
    """Loops for ever."""

    async def email_receive(self, message):
        """Answer."""
        await self.send({"type": "email.accept", "queue_id": message["id"]})


class Sync(SyncConsumer):
    """Loops for ever, on threads."""

    def email_receive(self, message):
        """Write, and answer from the thread."""
        with transaction.atomic():
            ContentType.objects.create(app_label="a", model=message["id"])
        self.send({"type": "email.accept", "queue_id": message["id"]})


class Bad(AsyncConsumer):
    """Knows no such event, which Channels raises about."""


class Barrier(WebsocketConsumer):
    """A handler that returns when eight of them run at once."""

    barrier = threading.Barrier(AT_ONCE)

    def receive(self, text_data=None, bytes_data=None):
        """Meet the others, and write."""
        at = Barrier.barrier.wait(20)
        with transaction.atomic():
            ContentType.objects.create(app_label="a", model=text_data)
        self.send(text_data=f"{at}")


async def delivery():
    """An unmodified consumer's delivery ends as soon as its event is handled, and has its verdict."""
    for consumer in (Async, Sync):
        for number in range(3):
            one = Communicator(consumer.as_asgi(), {"type": "email"})
            event = {"type": "email.receive", "id": f"{consumer.__name__}{number}"}
            verdict = await one.verdict(event, timeout=20)
            assert verdict.word == "accept"
            assert verdict.event["queue_id"] == event["id"]
            assert one.session.error is None
    assert len(asyncio.all_tasks()) == 1
    assert await ContentType.objects.filter(app_label="a").acount() == 3
    verdict = await Communicator(Bad.as_asgi(), {"type": "email"}).verdict(
        {"type": "email.receive"}, timeout=20
    )
    assert verdict.word == "defer"
    assert isinstance(verdict.error, ValueError)


async def sockets():
    """500 open SyncConsumer sockets need no 500 threads, and eight of their handlers run side by side."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    before = threading.active_count()
    async with interfaces.Server(Barrier.as_asgi(), "ws", http_bind=("127.0.0.1:0",), drain=5) as server:
        (address,) = server.addresses
        clients = []
        for _ in range(SOCKETS // 20):
            clients += await asyncio.gather(*(WebSocketClient.connect(address) for _ in range(20)))
        threads = threading.active_count() - before
        assert threads <= strand.pool().threads + 1, f"{threads} threads for {SOCKETS} open sockets"
        for start in (0, 100, SOCKETS - AT_ONCE):
            chosen = clients[start : start + AT_ONCE]
            await asyncio.gather(*(client.send(f"{start}.{at}") for at, client in enumerate(chosen)))
            got = await asyncio.gather(*(client.receive(20) for client in chosen))
            assert sorted(got) == [str(at) for at in range(AT_ONCE)]
        await asyncio.gather(*(client.close() for client in clients))
        await asyncio.gather(*(client.raw.close() for client in clients))
    assert await ContentType.objects.filter(app_label="a").acount() == 3 * AT_ONCE


asyncio.run(globals()[PART]())
strand.shutdown()
print("proven")

"""Sends in transactions, and the outbox. Run by test_sends.py with Django's own runner."""

import asyncio
from datetime import timedelta
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import InterfaceError, transaction
from django.test import TestCase, TransactionTestCase
from django.utils import timezone

import interfaces.django
from interfaces.django import outbox
from interfaces.django.models import Outbox
from interfaces.django.retention import prune
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared import tracing
from interfaces.shared.errors import Unavailable
from interfaces.shared.strand import shutdown
from interfaces.workers.message import Channel, Group, collecting, using_layer


class Recorder(LocalChannelLayer):
    """Says what it was given, in order."""

    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.said = []
        self.down = False

    async def send(self, channel, message):
        if self.down:
            raise Unavailable("the broker is away")
        await super().send(channel, message)
        self.said.append((channel, message.get("n")))

    async def group_send(self, group, message):
        self.said.append((group, message.get("n")))


class CommitTests(TransactionTestCase):
    """When what was said is sent."""

    databases = ("default", "other")

    def setUp(self):
        """A layer for this test."""
        self.layer = Recorder()
        context = using_layer(self.layer)
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def test_it_waits_for_the_commit(self):
        """Of a function, a channel and a group; what is said immediately does not wait."""
        with transaction.atomic():
            interfaces.django.send("a", {"n": 1})
            Channel("b").send({"n": 2})
            Group("c").send({"n": 3})
            Channel("d").send({"n": 0}, immediately=True)
            assert self.layer.said == [("d", 0)]
        assert self.layer.said == [("d", 0), ("a", 1), ("b", 2), ("c", 3)]

    def test_what_is_rolled_back_was_not_said(self):
        """Neither of the whole transaction nor of a savepoint."""
        with transaction.atomic():
            interfaces.django.send("a", {"n": 1})
            with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - rolled back
                interfaces.django.send("a", {"n": 2})
                raise ZeroDivisionError
        assert self.layer.said == [("a", 1)]

    def test_without_a_transaction_it_is_sent_at_once(self):
        """And what no layer takes is refused at once, inside a transaction, too."""
        interfaces.django.send("a", {"n": 1})
        assert self.layer.said == [("a", 1)]
        with transaction.atomic(), pytest.raises(TypeError):
            interfaces.django.send("a", {"n": object()})

    def test_one_that_fails_after_the_commit_hinders_no_other(self):
        """It is logged, and the row that was committed is there."""
        self.layer.capacity = 1
        with self.assertLogs("interfaces.django", "ERROR"), transaction.atomic():
            User.objects.create(username="ada")
            interfaces.django.send("a", {"n": 1})
            interfaces.django.send("a", {"n": 2})
            interfaces.django.send("b", {"n": 3})
        assert self.layer.said == [("a", 1), ("b", 3)]

    def test_it_waits_for_all_transactions(self):
        """Of two databases, whichever is inside: it leaves with the last commit, and never where one is rolled back."""
        for n, (outer, inner) in enumerate([("default", "other"), ("other", "default")]):
            with transaction.atomic(using=outer):
                with transaction.atomic(using=inner):
                    interfaces.django.send("a", {"n": n})
                assert len(self.layer.said) == n
            assert len(self.layer.said) == n + 1
            with pytest.raises(ZeroDivisionError), transaction.atomic(using=outer):  # noqa: PT012 - rolled back
                with transaction.atomic(using=inner):
                    interfaces.django.send("a", {"n": "never"})
                raise ZeroDivisionError
            with (  # noqa: PT012 - rolled back
                transaction.atomic(using=outer),
                pytest.raises(ZeroDivisionError),
                transaction.atomic(using=inner),
            ):
                interfaces.django.send("a", {"n": "never"})
                raise ZeroDivisionError
        assert self.layer.said == [("a", 0), ("a", 1)]

    async def test_inside_a_consumer(self):
        """What a consumer's transaction has committed is sent when the consumer ends, as all that it says."""

        def consume(fail):
            with transaction.atomic():
                Channel("a").send({"n": 1})
                if fail:
                    raise ZeroDivisionError

        with collecting() as buffer:
            await sync_to_async(consume)(False)
            with pytest.raises(ZeroDivisionError):
                await sync_to_async(consume)(True)
        assert buffer.outcome().sends == [["channel", "a", {"n": 1}]]


class CapturedTests(TestCase):
    """As Django's own tests of what is done on commit."""

    databases = ("default", "other")

    def test_it_is_captured(self):
        """The transactions that a TestCase has around each test, one a database, are waited for by nobody."""
        layer = Recorder()
        with using_layer(layer), self.captureOnCommitCallbacks(execute=True), transaction.atomic():
            interfaces.django.send("a", {"n": 1})
        assert layer.said == [("a", 1)]


class OutboxTests(TransactionTestCase):
    """From rows to the layer."""

    databases = ("default", "other")

    def setUp(self):
        """A layer, and counts at nothing."""
        self.layer = Recorder()
        outbox.COUNTS.clear()

    def publish(self, **more):
        """One batch."""
        return outbox.publish(lambda operations: asyncio.run(outbox.tell(operations, self.layer)), **more)

    def test_row_and_message_are_one(self):
        """Rolled back there is no message; committed there is, with what the transaction has written."""
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - rolled back
            outbox.send("a", {"n": 0})
            raise ZeroDivisionError
        with transaction.atomic():
            outbox.send("a", {"n": 1, "data": b"\xff"})
            outbox.send("chat", {"n": 2}, group=True)
            self.publish()  # sees its own transaction: nobody else would yet
        assert self.layer.said == [("a", 1), ("chat", 2)]
        assert not self.publish()
        assert outbox.COUNTS == {"sent": 2}

    def test_messages_have_keys(self):
        """A message has a dedupe_key of its own, or the one that it was given."""
        outbox.send("a", {"n": 1})
        outbox.send("a", {"n": 2, "dedupe_key": "mine"})
        self.publish()
        first, second = (asyncio.run(self.layer.receive("a"))["dedupe_key"] for _ in range(2))
        assert len(first) == 32
        assert second == "mine"

    def test_messages_keep_the_trace_of_who_wrote_them(self):
        """The relay that sends them runs in another process, or much later; those to a group have none."""
        tracer = type("Fixed", (), {"current": lambda self: "a-b"})
        tracing.install(tracer())
        try:
            outbox.send("a", {"n": 1})
            group = outbox.send("chat", {"n": 2}, group=True)
        finally:
            tracing.install(None)
        self.publish()
        assert asyncio.run(self.layer.receive("a"))["traceparent"] == "a-b"
        assert b"traceparent" not in bytes(group.message)

    def test_in_order_whatever_is_full(self):
        """A full channel waits with all that is behind it; other channels go on; nothing is lost."""
        self.layer.capacity = 1
        for n in range(3):
            outbox.send("full", {"n": n})
            outbox.send(f"free{n}", {"n": n})
        assert not self.publish()
        assert self.layer.said == [("full", 0), ("free0", 0), ("free1", 1), ("free2", 2)]
        assert Outbox.objects.filter(sent_at=None).count() == 2
        for n in range(3):
            assert asyncio.run(self.layer.receive("full"))["n"] == n
            self.publish()
        row = Outbox.objects.filter(channel="full").last()
        assert row.sent_at
        assert row.attempts == 3

    def test_without_a_broker_all_waits(self):
        """One attempt finds out for the whole batch, and later all is sent."""
        self.layer.down = True
        for n in range(3):
            outbox.send("a", {"n": n})
        assert not self.publish()
        assert set(Outbox.objects.values_list("last_error", flat=True)) == {"Unavailable: the broker is away"}
        self.layer.down = False
        self.publish()
        assert [n for _, n in self.layer.said] == [0, 1, 2]

    def test_what_can_never_be_sent_is_given_up(self):
        """It is told, counted, kept, and hinders nothing; what is wrong by then is refused when it is written."""
        row = outbox.send("a", {"n": 1})
        Outbox.objects.filter(pk=row.pk).update(channel="no channel!!")
        outbox.send("a", {"n": 2})
        with self.assertLogs("interfaces.django", "ERROR"):
            self.publish()
        assert self.layer.said == [("a", 2)]
        assert not self.publish()
        assert Outbox.objects.get(given_up=True).last_error.startswith("TypeError")
        for wrong in [("no channel!!", {}), ("a", {"n": object()}), ("a", {1: 2})]:
            with pytest.raises(TypeError):
                outbox.send(*wrong)

    def test_a_batch_at_a_time(self):
        """Whoever has sent a full batch is told to go on."""
        for n in range(outbox.BATCH + 1):
            outbox.send(f"a{n}", {"n": n})
        assert self.publish()
        assert not self.publish()
        assert len(self.layer.said) == outbox.BATCH + 1

    def test_a_channel_that_stays_full_starves_no_other(self):
        """Though more of its messages wait than a batch has."""
        self.layer.capacity = 1
        for n in range(outbox.BATCH + 2):
            outbox.send("full", {"n": n})
        outbox.send("free", {"n": 0})
        stuck = set()
        while self.publish(stuck=stuck):
            pass
        assert self.layer.said == [("full", 0), ("free", 0)]
        assert stuck == {(False, "full")}

    def test_an_error_of_the_layer_takes_no_message_away(self):
        """What another layer raises for its broker is not of the message: it waits, and what stands behind it."""

        async def refuse(channel, message):
            raise ConnectionResetError("the broker is away")

        outbox.send("a", {"n": 1})
        outbox.send("a", {"n": 2})
        with patch.object(self.layer, "send", refuse), self.assertLogs("interfaces.django", "WARNING"):
            assert not self.publish()
        assert not Outbox.objects.filter(given_up=True).exists()
        assert Outbox.objects.filter(last_error__contains="ConnectionResetError").count() == 2
        self.publish()
        assert [n for _, n in self.layer.said] == [1, 2]

    def test_a_row_that_cannot_be_read_is_given_up(self):
        """It hinders no other."""
        Outbox.objects.create(channel="a", message=b"\xc1")
        outbox.send("a", {"n": 2})
        with self.assertLogs("interfaces.django", "ERROR"):
            self.publish()
        assert self.layer.said == [("a", 2)]
        assert Outbox.objects.get(given_up=True).last_error

    def test_another_database_has_a_relay_of_its_own(self):
        """Rows are where ``using`` says; that of the default does not send them."""
        outbox.send("a", {"n": 1}, using="other")
        self.publish()
        assert self.layer.said == []
        self.publish(using="other")
        assert self.layer.said == [("a", 1)]

    async def test_the_relay_outlives_what_goes_wrong(self):
        """Whatever the database driver raises, it looks again."""
        self.addCleanup(shutdown)
        stop, publish = asyncio.Event(), outbox.publish
        errors = [InterfaceError("the connection is closed"), RuntimeError("unheard of")]

        def failing(*args, **keywords):
            if errors:
                raise errors.pop(0)
            return publish(*args, **keywords)

        await sync_to_async(outbox.send)("a", {"n": 1})
        with (
            patch.object(outbox, "publish", failing),
            self.assertLogs("interfaces.django", "WARNING") as logs,
        ):
            relay = asyncio.ensure_future(outbox.relay(self.layer, stop=stop, poll=0.01))
            assert (await asyncio.wait_for(self.layer.receive("a"), 10))["n"] == 1
            stop.set()
            await relay
        assert len(logs.records) == 2

    async def test_the_relay(self):
        """It sends what there is and what comes, and ends when it is told to."""
        self.addCleanup(shutdown)  # else the database would find its thread connected
        stop = asyncio.Event()
        relay = asyncio.ensure_future(outbox.relay(self.layer, stop=stop, poll=0.01))
        for n in range(3):
            await sync_to_async(outbox.send)("a", {"n": n})
            assert (await self.layer.receive("a"))["n"] == n
        stop.set()
        await relay
        assert await Outbox.objects.filter(sent_at=None).acount() == 0

    def test_what_was_sent_goes_after_a_day(self):
        """What was not sent stays."""
        outbox.send("a", {"n": 1})
        self.publish()
        waiting = outbox.send("a", {"n": 2})
        now = timezone.now()
        assert prune(now) == {"inbox": 0, "outbox": 0}
        assert prune(now + timedelta(days=2)) == {"inbox": 0, "outbox": 1}
        assert Outbox.objects.get().pk == waiting.pk

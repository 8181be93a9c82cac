"""Run by test_strand.py: ``strand_django.py PART DATABASE`` says "proven"."""

import asyncio
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from django.conf import settings

PART, NAME = sys.argv[1:]
settings.configure(
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.contenttypes"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": NAME,
            "CONN_MAX_AGE": None if PART == "persistent" else 0,
        }
    },
)

import django

django.setup()

from asgiref.sync import sync_to_async
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import close_old_connections, connection, connections, transaction

from interfaces.shared import connections as leavings
from interfaces.shared.pool import Pool
from interfaces.shared.strand import Strand

call_command("migrate", verbosity=0)
connections.close_all()
WAIT = 10


def add(model):
    """Write a row."""
    ContentType.objects.create(app_label="a", model=model)


def models():
    """The rows that were written."""
    return {kind.model for kind in ContentType.objects.filter(app_label="a")}


def leave():
    """Close, as database_sync_to_async does after each call."""
    close_old_connections()


def atomic():
    """A transaction over several jobs is never joined by another scope, with one thread for both."""
    pool = Pool(leavings, 1)
    one, two = Strand(pool), Strand(pool)
    block = transaction.atomic()
    one.submit(block.__enter__).result(WAIT)
    one.submit(add, "one").result(WAIT)
    late = two.submit(lambda: (connection.in_atomic_block, models()))
    assert one.submit(models).result(WAIT) == {"one"}
    assert not late.done()
    one.submit(transaction.set_rollback, True).result(WAIT)
    one.submit(block.__exit__, None, None, None).result(WAIT)
    assert late.result(WAIT) == (False, set())


def stays():
    """A strand with an open connection goes back to it; without one it is free to go anywhere."""
    pool = Pool(leavings, 2)
    strand = Strand(pool)
    home = strand.submit(lambda: (models(), threading.get_ident())[1]).result(WAIT)
    others = {Strand(pool).submit(threading.get_ident).result(WAIT) for _ in range(8)}
    assert others == {*others} - {home}
    assert strand.submit(lambda: (leave(), threading.get_ident())[1]).result(WAIT) == home
    pool.shutdown()
    assert strand.worker is None


def left():
    """A connection that a scope leaves open is closed with it."""
    pool = Pool(leavings, 1)
    strand = Strand(pool)
    strand.submit(models).result(WAIT)
    assert Strand(pool).submit(lambda: connection.connection).result(WAIT) is not None
    strand.close()
    assert Strand(pool).submit(lambda: connection.connection).result(WAIT) is None


def rollback():
    """A transaction that a scope leaves open is rolled back with it; the next has a connection that works."""
    pool = Pool(leavings, 1)
    strand = Strand(pool)
    strand.submit(transaction.atomic().__enter__).result(WAIT)
    strand.submit(add, "lost").result(WAIT)
    strand.close()
    other = Strand(pool)
    assert other.submit(models).result(WAIT) == set()
    other.submit(add, "kept").result(WAIT)
    assert other.submit(models).result(WAIT) == {"kept"}


def iterates():
    """``async for`` over many rows is several jobs; others that close their connections do not cut it."""
    ContentType.objects.bulk_create(ContentType(app_label="a", model=str(number)) for number in range(1000))
    connections.close_all()
    pool = Pool(leavings, 4)

    async def reader():
        from interfaces.shared.strand import Lane

        lane = Lane()
        lane.strand = Strand(pool)

        async def read():
            count = 0
            async for _ in ContentType.objects.filter(app_label="a").aiterator(chunk_size=10):
                count += 1
            await sync_to_async(leave)()
            return count

        return await lane.task(read(), asyncio.get_running_loop())

    async def main():
        from interfaces.shared.strand import lane

        lane("websocket")
        assert await asyncio.gather(*(reader() for _ in range(4))) == [1000] * 4

    asyncio.run(main())


def persistent():
    """With CONN_MAX_AGE the connection stays with the thread, and strands that end let go of the thread."""
    pool = Pool(leavings, 1)
    one, two = Strand(pool), Strand(pool)
    raw = one.submit(lambda: (models(), connection.connection)[1]).result(WAIT)
    assert two.submit(lambda: (models(), connection.connection)[1]).result(WAIT) is raw
    one.close()
    two.close()
    assert Strand(pool).submit(lambda: connection.connection).result(WAIT) is raw
    pool.shutdown()
    assert one.worker is two.worker is None


def freshly():
    """Strand.run closes what is too old before and after, so a sync handler leaves nothing."""
    pool = Pool(leavings, 1)

    async def main():
        strand = Strand(pool)
        await strand.run(models)
        pool.shutdown()
        assert strand.worker is None

    asyncio.run(main())


def manual():
    """Autocommit that was turned off is a transaction too, and rolled back at the end."""
    pool = Pool(leavings, 1)
    strand = Strand(pool)
    strand.submit(transaction.set_autocommit, False).result(WAIT)
    strand.submit(add, "lost").result(WAIT)
    late = Strand(pool).submit(models)
    assert strand.submit(models).result(WAIT) == {"lost"}
    assert not late.done()
    strand.close()
    assert late.result(WAIT) == set()
    assert Strand(pool).submit(transaction.get_autocommit).result(WAIT)


def lent():
    """A test's connection, in its transaction, is neither closed nor anybody's reason to wait."""
    pool = Pool(leavings, 1)
    shared = connections["default"]
    shared.inc_thread_sharing()

    def lend():
        connections["default"] = shared

    with transaction.atomic():
        strand = Strand(pool)
        strand.submit(lend).result(WAIT)
        assert strand.submit(models).result(WAIT) == set()
        assert Strand(pool).submit(lambda: connection.in_atomic_block).result(WAIT)
        strand.close()
        pool.shutdown()
        add("mine")
    assert models() == {"mine"}


globals()[PART]()
sys.stdout.write("proven")

"""What waits to go out, in a spool: kept through the death of its process, with what became of its attempts."""

import asyncio
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.sendings import NOTHING, Record
from interfaces.shared.spool import outgoing
from interfaces.shared.spool.outgoing import RESERVE, Records, SpoolStore, Terms
from interfaces.shared.spool.store import Rules
from tests.shared.outboxes import LATER, SENT, Asked, Clock, Scripted, running

ASKS = {"id": "m1", "reply_channel": "r"}


def spool(folder, **more):
    """A store there."""
    return SpoolStore(folder, Asked(), **more)


def test_a_message_is_sent_and_gone(tmp_path):
    """It is on the disk when put returns; once it is sent the next process finds nothing but its result."""

    async def main():
        store = spool(tmp_path)
        async with running(way := Scripted(LATER, SENT), store) as box:
            await store.put({**ASKS, "dedupe_key": "k"})
            assert [result["final"] for result in await box.answered(2)] == [False, True]
            await box.until(lambda: not box.outbox.running)
        assert [sending.number for sending in way.sendings] == [1, 2]
        again = spool(tmp_path)
        async with running(way := Scripted(), again) as box:
            assert len(again.spool) == 0
            await again.put({**ASKS, "id": "m2", "dedupe_key": "k"})
            (result,) = await box.answered()
            assert (result["id"], result["ok"]) == ("m2", True)
        assert way.sendings == []

    asyncio.run(main())


def test_what_the_channel_has_is_kept(tmp_path):
    """Other code of this process sends by the layer."""

    async def main():
        store = spool(tmp_path)
        async with running(Scripted(), store) as box:
            store._source.queue.put_nowait(ASKS)
            await box.answered()
            assert "SpoolStore" in repr(store)
            assert store.describe().startswith("a spool ")

    asyncio.run(main())


def test_what_was_not_sent_is_there_for_the_next_process(tmp_path):
    """The end of one gives back what it has not begun; that counts as no attempt."""

    async def main():
        store = spool(tmp_path)
        await store.open()
        await store.put(ASKS)
        assert (await store.take(1))[0].attempt == 1
        await store.close()
        async with running(way := Scripted(), spool(tmp_path)) as box:
            await box.answered()
        assert len(way.sendings) == 1

    asyncio.run(main())


def test_a_time_before_which_nothing_is_sent(tmp_path):
    """``not_before`` is waited for, also across processes; others pass."""

    async def main():
        clock = Clock()
        store = spool(tmp_path, clock=clock)
        await store.open()
        await store.put({"id": "later", "not_before": clock.now + 60})
        await store.put({"id": "now"})
        (held,) = await store.take(9)
        assert held.message["id"] == "now"
        await store.done(held)
        await store.close()
        clock.now += 61
        store = spool(tmp_path, clock=clock)
        await store.open()
        (held,) = await store.take(9)
        assert held.message["id"] == "later"
        await store.done(held)
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize("start", [float("inf"), float("nan"), -1.0, "tomorrow"])
def test_a_beginning_that_is_no_time_is_now(tmp_path, start):
    """Else it would wait for ever, here and in each process after: who sends it refuses it."""

    async def main():
        store = spool(tmp_path)
        await store.open()
        await store.put({"id": "m1", "not_before": start})
        async with asyncio.timeout(10):
            (held,) = await store.take(9)
        assert held.message["id"] == "m1"
        await store.done(held)
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize("kept", [True, False])
def test_a_failure_is_a_letter(tmp_path, kept):
    """With its reason, unless nothing is to be kept of it; put back it is tried anew."""

    async def main():
        store = spool(tmp_path, terms=Terms(keep_dead=lambda _message: kept))
        way = Scripted()
        way.deeds.append(way.given_up(None, "no such user"))
        async with running(way, store) as box:
            await store.put(ASKS)
            await box.answered()
            await box.until(lambda: not box.outbox.running)
        letters = list((tmp_path / "dead").glob("*.letter"))
        assert len(letters) == kept
        assert len(store.spool) == 0
        if kept:
            again = tmp_path / "again"
            again.mkdir(exist_ok=True)
            letters[0].rename(again / letters[0].name)
            async with running(way := Scripted(), spool(tmp_path)) as box:
                assert (await box.answered())[0]["ok"]
            assert [(sending.again, sending.number) for sending in way.sendings] == [(True, 2)]

    asyncio.run(main())


def test_there_is_no_room(tmp_path):
    """Who puts is told; what the channel has waits until there is some."""

    async def main():
        store = spool(tmp_path, rules=Rules(max_messages=1))
        await store.open()
        await store.put(ASKS)
        with pytest.raises(Unavailable, match="no room"):
            await store.put(ASKS)
        (held,) = await store.take(1)
        await store.done(held)
        await store.put(ASKS)
        (held,) = await store.take(1)
        await store.done(held)
        await store.close()
        with pytest.raises(Unavailable):
            await store.read("k")

    asyncio.run(main())


def test_what_is_damaged_is_a_letter(tmp_path):
    """It is no message of ours: it does not hold up the others."""

    async def main():
        store = spool(tmp_path)
        async with running(Scripted(), store) as box:
            done = asyncio.get_running_loop().create_future()
            assert store.spool.put(b"\xc1", b"\xc1", done.set_result)
            assert await done
            await store.put(ASKS)
            await box.answered()
        assert len(list((tmp_path / "dead").glob("*.letter"))) == 1

    asyncio.run(main())


def test_records(tmp_path):
    """An attempt is begun from what was seen, once; and settled by who has begun it, or who has not, once; and kept."""
    clock = Clock()
    records = Records(tmp_path / "r", clock)
    assert records.read("k") == NOTHING
    assert records.begin("k", 0, 60)
    assert not records.begin("k", 0, 60)
    assert not records.settle("k", Record(number=1), 60)
    later = Record(number=1, begun=True, told={"error": "busy"}, owner="x")
    assert records.settle("k", later, 60)
    assert not records.settle("k", later, 60)
    records.close()
    records = Records(tmp_path / "r", clock)
    assert records.read("k") == Record(number=1, told={"error": "busy"}, owner="x")
    assert records.settle("k", Record(number=2), 60)
    assert not records.begin("k", 1, 60)
    assert records.begin("k", 2, 60)
    assert records.settle("k", Record(number=3, begun=True, final=True), 60)
    assert records.read("k").final
    clock.now += 61
    assert records.read("k") == NOTHING
    records.close()


def test_old_records_go(tmp_path, monkeypatch):
    """Now and then those whose time is over are deleted."""
    monkeypatch.setattr(outgoing, "SWEEP", 10)
    clock = Clock()
    records = Records(tmp_path / "r", clock)
    for n in range(20):
        records.begin(f"{n}", 0, 60)
        clock.now += 100
    assert records._base.execute("SELECT COUNT(*) FROM record").fetchone() == (1,)
    records.close()


def test_a_file_that_is_none(tmp_path):
    """The start says which."""
    (tmp_path / "r").write_bytes(b"no database" * 1000)
    with pytest.raises(ConfigError, match="r: "):
        Records(tmp_path / "r")


def test_a_disk_that_fails(tmp_path):
    """What SQLite cannot write is Unavailable: the message is taken up again."""

    async def main():
        store = spool(tmp_path)
        await store.open()
        store._records.close()
        with pytest.raises(Unavailable):
            await store.begin("k", 0, 60)
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize(("point", "outcome"), [("before", "sent"), ("after", "uncertain")])
def test_a_sender_that_is_killed(tmp_path, point, outcome):
    """Before anything can have been sent the next process sends it; after that it is uncertain, and sent by nobody."""
    program = [sys.executable, "-m", "tests.shared.spool.outgoing_victim", str(tmp_path), point]
    run = partial(subprocess.run, program, cwd=Path(__file__).parents[3], env={**os.environ}, timeout=60)
    assert run().returncode == -signal.SIGKILL

    async def main():
        async with running(way := Scripted(), spool(tmp_path)) as box:
            await box.until(lambda: box.counts[f"test.send.{outcome}"] or box.counts["test.send.failed"])
        assert len(way.sendings) == (outcome == "sent")

    asyncio.run(main())


def test_messages_leave_room_for_records(tmp_path, monkeypatch):
    """Without it nothing could be sent, and the disk would stay full: so no more is taken before that."""

    async def main():
        store = spool(tmp_path)
        await store.open()
        free = SimpleNamespace(f_frsize=4096, f_bavail=RESERVE // 4096)
        monkeypatch.setattr("interfaces.shared.spool.outgoing.os.statvfs", lambda _path: free)
        await store.put(ASKS)
        free.f_bavail -= 1
        with pytest.raises(Unavailable, match="of its disk are free"):
            await store.put(ASKS)
        (held,) = await store.take(2)
        assert await store.begin("k", 0, 60)
        await store.done(held)
        await store.close()

    asyncio.run(main())


CHANNELS = Terms(ordered_by=("channel",))


def test_a_conversation_keeps_its_order_across_processes(tmp_path):
    """One that is tried again is waited for, also by the next process; one that is not due yet is passed."""

    async def main():
        clock = Clock()
        store = spool(tmp_path, clock=clock, terms=CHANNELS)
        await store.open()
        await store.put({"id": "later", "channel": "A", "not_before": clock.now + 500})
        for name in ("first", "second"):
            await store.put({"id": name, "channel": "A"})
        (held,) = await store.take(9)
        assert (held.message["id"], held.attempt) == ("first", 1)
        await store.retry(held, 60, "busy")
        await store.put({"id": "other", "channel": "B"})
        (held,) = await store.take(9)
        assert held.message["id"] == "other"
        await store.done(held)
        await store.close()
        store = spool(tmp_path, clock=clock, terms=CHANNELS)
        await store.open()
        await store.put({"id": "third", "channel": "A"})
        clock.now += 61
        found = []
        for _ in range(3):
            (held,) = await store.take(9)
            found.append(held.message["id"])
            await store.done(held)
        assert found == ["first", "second", "third"]
        clock.now += 500
        (held,) = await store.take(9)
        assert (held.message["id"], held.attempt) == ("later", 1)
        await store.done(held)
        await store.close()

    asyncio.run(main())


def test_what_is_given_back_for_a_while_does_not_count(tmp_path):
    """It comes after so many seconds, before those behind it; the next process has it at once."""

    async def main():
        clock = Clock()
        store = spool(tmp_path, clock=clock, terms=CHANNELS)
        await store.open()
        for name in ("first", "second"):
            await store.put({"id": name, "channel": "A"})
        for pause in (30, 40):
            (held,) = await store.take(9)
            assert (held.message["id"], held.attempt) == ("first", 1)
            await store.give_back(held, pause)
            assert store.spool._schedule.due() == clock.now + pause
            clock.now += 31
        await store.close()
        store = spool(tmp_path, clock=clock, terms=CHANNELS)
        await store.open()
        (held,) = await store.take(9)
        assert (held.message["id"], held.attempt) == ("first", 1)
        await store.done(held)
        await store.done((await store.take(9))[0])
        await store.close()

    asyncio.run(main())

"""What goes out: attempts, records, answers, and the end of the process."""

import asyncio
import logging

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.shared.outbox import ANSWERS, COUNTS, DEATHS, Outbox
from interfaces.shared.sendings import Overtaken, Record, Sending, Tried
from interfaces.shared.waiting import MemoryStore
from tests.shared.outboxes import LATER, SENT, Asked, Clock, Scripted, running

ASKS = {"id": "m1", "reply_channel": "r"}


def memory(*messages, **more):
    """A store, and the channel it reads."""
    asked = Asked()
    for message in messages:
        asked.queue.put_nowait(message)
    return MemoryStore(asked, clock=Clock(), **more), asked


def test_a_message_is_sent_and_answered():
    """One attempt, and a result with the message's id on its reply channel; all counts are there from the start."""

    async def main():
        store, _ = memory(ASKS)
        async with running(way := Scripted(), store) as box:
            assert await box.answered() == [{"ok": True, "type": "test.result", "id": "m1", "final": True}]
        assert len(way.sendings) == 1
        assert box.counts == {f"test.send.{name}": int(name == "sent") for name in COUNTS}
        assert "test.send" in repr(box.outbox)

    asyncio.run(main())


def test_what_is_to_be_tried_later_is_told_once_and_at_its_end():
    """The first attempt's result is not final; those between are not told; the next attempt sees what was told."""

    async def main():
        store, _ = memory(ASKS)
        async with running(way := Scripted(LATER, LATER, SENT), store) as box:
            first, last = await box.answered(2)
        assert (first["final"], first["error"]) == (False, "busy")
        assert (last["final"], last["ok"]) == (True, True)
        assert [sending.number for sending in way.sendings] == [1, 2, 3]
        assert [sending.earlier.get("error") for sending in way.sendings] == [None, "busy", "busy"]
        assert box.counts["test.send.later"] == 2

    asyncio.run(main())


def test_the_same_dedupe_key_is_sent_once():
    """Who asks again gets the result that there was, under its own id."""

    async def main():
        store, asked = memory({**ASKS, "dedupe_key": "k"})
        async with running(way := Scripted(), store) as box:
            await box.answered()
            asked.queue.put_nowait({"id": "m2", "reply_channel": "r2", "dedupe_key": "k"})
            await box.answered(2)
        assert len(way.sendings) == 1
        assert [(channel, result["id"], result["ok"]) for channel, result in box.answers] == [
            ("r", "m1", True),
            ("r2", "m2", True),
        ]

    asyncio.run(main())


def test_a_key_is_forgotten_after_its_time():
    """Then the same is sent again."""

    async def main():
        store, asked = memory({**ASKS, "dedupe_key": "k"})
        async with running(way := Scripted(), store, keep=60) as box:
            await box.answered()
            store.clock.now += 61
            asked.queue.put_nowait({**ASKS, "dedupe_key": "k"})
            await box.answered(2)
        assert len(way.sendings) == 2

    asyncio.run(main())


@pytest.mark.parametrize(("commits", "state"), [(True, "uncertain"), (False, "later")])
def test_an_attempt_that_raises(commits, state, caplog):
    """Before it has become irrevocable it is tried again; after that nobody knows, and it is not repeated."""

    async def main():
        store, _ = memory(ASKS)
        async with running(way := Scripted(ValueError("odd"), commits=commits), store) as box:
            await box.until(lambda: box.counts[f"test.send.{state}"])
            store.clock.now += 100
            store.leave()
            if not commits:
                await box.answered()
                assert box.counts["test.send.sent"] == 1
        assert len(way.sendings) == (1 if commits else 2)

    asyncio.run(main())
    assert "odd" in caplog.text


def test_what_has_begun_and_whose_sender_died_is_uncertain():
    """Its record says so: it is told, and not repeated."""

    async def main():
        store, _ = memory({**ASKS, "dedupe_key": "k"})
        assert await store.begin("k", 0, 60)
        async with running(way := Scripted(), store) as box:
            (result,) = await box.answered()
        assert result["error"] == "uncertain"
        assert way.sendings == []
        assert (await store.read("k")).final

    asyncio.run(main())


def test_who_was_overtaken_sends_nothing(caplog):
    """An attempt whose record has moved on meanwhile is not made irrevocable, and its outcome is not told."""

    async def meanwhile(sending):
        await store.begin("k", 0, 60)
        await store.settle("k", Record(number=1, begun=True, final=True, told={"ok": True, "by": 2}), 600)
        await sending.commit()
        raise AssertionError("it was sent")

    async def main():
        nonlocal store
        store, _ = memory({**ASKS, "dedupe_key": "k"})
        async with running(Scripted(meanwhile, commits=False), store) as box:
            await box.until(lambda: "taken it over" in caplog.text)
            store.clock.now += 100
            store._bell.set()
            assert (await box.answered())[0]["by"] == 2

    store = None
    asyncio.run(main())


@pytest.mark.parametrize(
    ("message", "passes"),
    [({"expires": 1_000_050}, 50), ({}, 100), ({"not_before": 1_000_070}, 170)],
    ids=["expires", "lifetime", "lifetime from not_before"],
)
def test_what_is_too_old_is_given_up(message, passes):
    """After its own end or the outbox's, which counts from the time before which it may not be sent."""

    async def main():
        store, _ = memory({**ASKS, **message})
        deed = Tried(state="later", told={"error": "busy"}, reason="busy", delay=10)
        way = Scripted(*[deed] * 100)
        async with running(way, store, lifetime=100) as box:
            start = store.clock.now
            while not (box.answers and box.answers[-1][1]["final"]):
                store._bell.set()
                for _ in range(20):
                    await asyncio.sleep(0)
                store.clock.now += 10
            assert store.clock.now - start <= passes + 10
        assert box.answers[-1][1] == {
            "ok": False,
            "error": "busy",
            "type": "test.result",
            "id": "m1",
            "final": True,
        }
        assert box.counts["test.send.failed"] == 1

    asyncio.run(main())


def test_a_time_before_which_nothing_is_sent():
    """``not_before`` is waited for; others pass."""

    async def main():
        store, _ = memory({**ASKS, "not_before": 1_000_060}, {"id": "m2", "reply_channel": "r"})
        async with running(Scripted(), store) as box:
            assert [result["id"] for result in await box.answered()] == ["m2"]
            store.clock.now += 61
            store._bell.set()
            assert [result["id"] for result in await box.answered(2)] == ["m2", "m1"]

    asyncio.run(main())


def test_what_kills_its_sender_is_given_up():
    """A message that was taken so often, and of which no attempt came to an end, is not tried any more."""

    async def main():
        store, asked = memory()
        await store.open()
        asked.queue.put_nowait(ASKS)
        (held,) = await store.take(1)
        held.attempt = DEATHS
        await store.retry(held, 0, "died")
        async with running(way := Scripted(), store) as box:
            (result,) = await box.answered()
        assert way.sendings == []
        assert str(DEATHS) in result["error"]

    asyncio.run(main())


def test_so_many_at_once_and_to_a_place():
    """``concurrency`` bounds all, ``at_once`` each destination; both are used up to the brim."""

    async def main():
        gate, now, most = asyncio.Event(), {}, {}

        async def wait(sending):
            place = sending.message["place"]
            for name in (place, "all"):
                now[name] = now.get(name, 0) + 1
                most[name] = max(now[name], most.get(name, 0))
            await gate.wait()
            for name in (place, "all"):
                now[name] -= 1
            return SENT

        messages = [{"reply_channel": "r", "place": place} for place in "aaab"]
        store, _ = memory(*messages)
        async with running(Scripted(*[wait] * 4), store, concurrency=4, at_once=2) as box:
            await box.until(lambda: most.get("all") == 3)
            gate.set()
            await box.answered(4)
        assert most == {"a": 2, "b": 1, "all": 3}

    asyncio.run(main())


def test_one_slow_destination_holds_up_no_other():
    """Those that wait for their turn there are taken beside those on their way, of which there are no more."""

    async def main():
        gate, now, most = asyncio.Event(), 0, 0

        async def wait(sending):
            nonlocal now, most
            now += 1
            most = max(now, most)
            if sending.message["place"] == "slow":
                await gate.wait()
            now -= 1
            return SENT

        messages = [{"reply_channel": "r", "place": place} for place in ["slow"] * 8 + ["quick"] * 4]
        store, _ = memory(*messages)
        async with running(Scripted(*[wait] * 12), store, concurrency=3, at_once=2, waiting=20) as box:
            await box.answered(4)
            assert [sending.message["place"] for sending in box.outbox.way.sendings].count("slow") == 2
            gate.set()
            await box.answered(12)
        assert most == 3

    asyncio.run(main())


def test_what_is_for_a_destination_that_rests_is_put_off():
    """It takes no room meanwhile, and no attempt is made; nor is it told of."""

    async def main():
        down = Tried(state="later", told={"error": "refused"}, reason="refused", delay=0.0, down=True)
        store, _ = memory({**ASKS, "place": "a"})
        async with running(way := Scripted(down), store) as box:
            box.outbox._pace.jitter = lambda: 1.0
            await box.answered()
            box.outbox._pace._places["a"].rests_until += 100
            await box.until(lambda: box.counts["test.send.later"] == 2)
            assert len(way.sendings) == 1
            assert len(box.answers) == 1
            assert store._schedule.due() > store.clock.now + 90

    asyncio.run(main())


def test_no_more_are_taken_than_there_is_room_for():
    """What cannot be begun stays where others can take it."""

    async def main():
        gate = asyncio.Event()

        async def wait(_sending):
            await gate.wait()
            return SENT

        store, _ = memory(*[{"reply_channel": "r"}] * 5)
        async with running(Scripted(*[wait] * 5), store, concurrency=2) as box:
            await box.until(lambda: len(box.outbox.running) == 2)
            for _ in range(20):
                await asyncio.sleep(0)
            assert len(store._held) == 2
            gate.set()
            await box.answered(5)

    asyncio.run(main())


def test_what_waits_in_memory_is_sent_before_the_end():
    """At the end of the process nobody else has it: so what is due is sent, in the time that there is."""

    async def main():
        store, _ = memory(*[{"reply_channel": "r"}] * 30)
        async with running(Scripted(), store, concurrency=2) as box:
            await box.until(lambda: len(store._waiting) >= 20)
        assert len(box.answers) == 30

    asyncio.run(main())


@pytest.mark.parametrize(("commits", "state"), [(True, "uncertain"), (False, "later")])
def test_what_takes_longer_than_the_drain_is_cut(commits, state, caplog):
    """It is uncertain when it had become irrevocable, else left to be tried again; and the log says so."""

    async def main():
        async def hang(_sending):
            await asyncio.Event().wait()

        store, _ = memory(ASKS)
        async with running(way := Scripted(hang, commits=commits), store, drain=0) as box:
            await box.until(lambda: way.sendings and way.sendings[0].begun == commits)
        assert box.counts[f"test.send.{state}"] == 1
        assert [result["error"] for _, result in box.answers] == (["uncertain"] if commits else [])

    asyncio.run(main())
    assert "1 were cut after 0 s" in caplog.text
    assert ("lost with this process" in caplog.text) == (not commits)


class Flaky(MemoryStore):
    """Its broker is away for so many calls of each kind."""

    durable = True
    read_fails = settle_fails = retry_fails = 0

    async def take(self, n):
        return [] if self._leaving else await super().take(n)

    async def read(self, key):
        if self.read_fails:
            self.read_fails -= 1
            raise Unavailable("no broker")
        return await super().read(key)

    async def settle(self, key, record, keep):
        if self.settle_fails:
            self.settle_fails -= 1
            raise Unavailable("no broker")
        return await super().settle(key, record, keep)

    async def retry(self, held, delay, reason):
        await super().retry(held, 0, reason)
        self._fail()

    async def give_back(self, held, delay=0.0):
        await super().give_back(held, delay)
        self._fail()

    def _fail(self):
        if self.retry_fails:
            self.retry_fails -= 1
            raise Unavailable("no broker")


def flaky(*messages):
    """Such a store, with what waits in it."""
    asked = Asked()
    for message in messages:
        asked.queue.put_nowait(message)
    return Flaky(asked, clock=Clock())


def test_a_store_that_cannot_be_read(caplog, monkeypatch):
    """The message is taken up again, also when that cannot be told."""

    async def main():
        monkeypatch.setattr("interfaces.shared.outbox.back_off", lambda _n: 0.0)
        store = flaky(ASKS)
        store.read_fails = store.retry_fails = 1
        async with running(way := Scripted(), store) as box:
            assert (await box.answered())[0]["ok"]
        assert len(way.sendings) == 1

    asyncio.run(main())
    assert "is taken up again: no broker" in caplog.text


def test_a_store_that_does_not_hear_what_became_of_it(monkeypatch):
    """It is asked until it does, since nobody else knows that it was sent."""
    monkeypatch.setattr("interfaces.shared.outbox.LOOK", 0)

    async def main():
        store = flaky(ASKS)
        store.settle_fails = 3
        async with running(way := Scripted(), store) as box:
            assert (await box.answered())[0]["ok"]
        assert len(way.sendings) == 1

    asyncio.run(main())


def test_at_the_end_a_store_that_does_not_hear_is_left():
    """Then its record says that it has begun, and the next process tells that it is uncertain."""

    async def main():
        store = flaky({**ASKS, "dedupe_key": "k"})
        store.settle_fails = 10**9

        async def stopped(_sending):
            box.outbox._stopping.set()
            return SENT

        async with running(Scripted(stopped), store) as box:
            await box.until(lambda: store._records)
        assert box.answers == []
        assert (await store.read("k")).begun

    asyncio.run(main())


def test_at_the_end_what_waits_for_its_turn_is_given_back():
    """A durable store has it for others, and that does not count as an attempt."""

    async def main():
        store = flaky(*[{"reply_channel": "r", "place": "a"}] * 2)
        gate = asyncio.Event()

        async def wait(_sending):
            await gate.wait()
            return SENT

        async with running(way := Scripted(wait, wait), store, at_once=1, concurrency=2) as box:
            await box.until(lambda: len(box.outbox.running) == 2 and way.sendings)
            stopping = asyncio.ensure_future(box.outbox.stop(5))
            await box.until(lambda: store._waiting)
            gate.set()
            await stopping
        assert len(box.answers) == 1
        assert [held.attempt for held in store._waiting] == [0]

    asyncio.run(main())


def test_a_result_that_cannot_be_told(caplog):
    """It is counted and logged; what was sent is sent."""

    async def main():
        store, _ = memory({**ASKS, "reply_channel": "full"})
        async with running(Scripted(), store) as box:
            await box.until(lambda: box.counts["test.send.unanswered"])
        assert box.counts["test.send.sent"] == 1

    asyncio.run(main())
    assert "it is full" in caplog.text


@pytest.mark.parametrize("outage", [ANSWERS - 1, ANSWERS])
def test_a_result_that_cannot_be_told_for_now(outage, monkeypatch, caplog):
    """While the broker is away it is tried again, and then given up and counted: its reader may have gone."""
    monkeypatch.setattr("interfaces.shared.outbox.LOOK", 0)

    async def main():
        store, _ = memory(ASKS)
        async with running(Scripted(), store) as box:
            box.away = outage
            await box.until(lambda: box.answers or box.counts["test.send.unanswered"])
        assert len(box.answers) == (outage < ANSWERS)
        assert box.counts["test.send.unanswered"] == (outage == ANSWERS)

    asyncio.run(main())


def test_a_destination_that_is_down_gets_a_rest():
    """Others are sent to meanwhile; it is tried when the rest is over."""

    async def main():
        down = Tried(state="later", reason="refused", delay=0.0, down=True)
        store, asked = memory({"place": "a", "id": "1"})
        way = Scripted(down)
        async with running(way, store) as box:
            await box.until(lambda: box.counts["test.send.later"] == 1)
            asked.queue.put_nowait({"place": "b", "id": "2", "reply_channel": "r"})
            await box.answered()
            assert [sending.id for sending in way.sendings] == ["1", "2"]
            assert box.outbox._pace.ask("a", asyncio.get_running_loop().time()) > 0
            box.outbox._pace._places.clear()
            box.outbox._left.set()
            await box.until(lambda: len(way.sendings) == 3)

    asyncio.run(main())


def test_that_nothing_goes_out_is_logged_once(caplog):
    """For each reason, and again after a while, or once something went out: nobody else sees what is to be mended."""

    async def main():
        down = {
            word: Tried(state="later", reason=word, delay=0.0, down=True) for word in ("refused", "no TLS")
        }
        deeds = [*[down["refused"]] * 3, *[down["no TLS"]] * 2, SENT, down["no TLS"], SENT]
        store, _ = memory({}, {**ASKS})
        async with running(Scripted(*deeds), store) as box:
            box.outbox._pace.jitter = lambda: -1.0  # no rest
            await box.until(lambda: box.counts["test.send.sent"] == 2)
        assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == [
            "refused", "no TLS", "no TLS",
        ]  # fmt: skip

    asyncio.run(main())


def test_what_waits_too_long_for_its_turn_expires():
    """No attempt is begun after its time, though it was taken before."""

    async def main():
        gate = asyncio.Event()

        async def wait(_sending):
            await gate.wait()
            return SENT

        store, _ = memory({**ASKS, "id": "1"}, {**ASKS, "id": "2", "expires": 1_000_050})
        async with running(way := Scripted(wait), store, concurrency=2, at_once=1) as box:
            await box.until(lambda: len(box.outbox.running) == 2 and way.sendings)
            store.clock.now += 60
            gate.set()
            first, second = await box.answered(2)
            assert (first["ok"], second["ok"], second["error"]) == (True, False, "expired")
            assert len(way.sendings) == 1

    asyncio.run(main())


def test_a_store_that_is_away_is_no_attempt(monkeypatch):
    """However often: a message was given up once its disk had been full, or its broker away, for ten attempts."""

    async def main():
        monkeypatch.setattr("interfaces.shared.outbox.back_off", lambda _n: 0.0)
        store, _ = memory(ASKS)
        read, away = store.read, [Unavailable("the disk is full")] * (DEATHS + 5)

        async def reading(key):
            if away:
                raise away.pop()
            return await read(key)

        store.read = reading
        async with running(Scripted(), store) as box:
            assert (await box.answered())[0]["ok"]
        assert not away and box.outbox._away == 0

    asyncio.run(main())


@pytest.mark.parametrize("ok", [True, False])
def test_what_has_failed_is_a_dead_letter_though_its_sender_was_killed_meanwhile(ok):
    """Its record is written, and its place in the store not yet: whoever takes it next puts it where it belongs."""

    async def main():
        store, asked = memory()
        await store.open()
        asked.queue.put_nowait(ASKS)
        (held,) = await store.take(1)
        told = {"ok": ok, "error": "no such user"}
        store._write(held.id, Record(number=1, begun=False, final=True, owner=held.id, told=told), 60)
        await store.retry(held, 0.0, "its lease has lapsed")
        letters, free = [], store._free

        async def dead(held, reason):
            letters.append(reason)
            free(held)

        store.dead = dead
        async with running(way := Scripted(), store) as box:
            await box.answered()
            await box.until(lambda: not box.outbox.running)
        assert letters == ([] if ok else ["no such user"]) and not way.sendings

    asyncio.run(main())


def test_what_was_put_back_by_hand_is_tried_anew():
    """Its record is final and its own, and it counts as taken for the first time: ``again`` tells the way."""

    async def main():
        store, asked = memory()
        await store.open()
        asked.queue.put_nowait(ASKS)
        (held,) = await store.take(1)
        failed = Record(number=3, begun=False, final=True, owner=held.id, told={"ok": False})
        store._write(held.id, failed, 60)
        await store.give_back(held)
        async with running(way := Scripted(), store) as box:
            assert (await box.answered())[0]["ok"]
        assert [(sending.again, sending.number) for sending in way.sendings] == [(True, 4)]

    asyncio.run(main())


def test_an_error_of_the_sender_itself_ends_nothing(caplog):
    """The message is taken up again, the next one is sent."""

    async def main():
        store, _ = memory({"id": "odd", "place": "x"}, ASKS)
        way = Scripted()
        way.place = lambda message: {}[message["place"]] if "place" in message else ""
        async with running(way, store) as box:
            await box.answered()

    asyncio.run(main())
    assert "KeyError" in caplog.text


def test_committing_twice_is_committing_once():
    """The way may say it in several places."""

    async def main():
        begun = []

        async def begin():
            begun.append(1)
            return len(begun) == 1

        sending = Sending(id="1", message={}, number=1, put_at=0, earlier={}, begin=begin)
        await sending.commit()
        await sending.commit()
        assert sending.begun
        other = Sending(id="1", message={}, number=1, put_at=0, earlier={}, begin=begin)
        with pytest.raises(Overtaken):
            await other.commit()

    asyncio.run(main())


def test_a_closed_channel_ends_the_outbox(caplog):
    """Nothing can come any more: the run ends, and says why."""
    caplog.set_level(logging.WARNING)

    async def main():
        store, asked = memory()
        asked.queue.put_nowait(Unavailable("the layer was closed"))
        await store.open()
        await Outbox(Scripted(), store, None).run()
        await store.close()

    asyncio.run(main())
    assert "the layer was closed" in caplog.text


def test_a_short_rest_is_waited_for_and_a_long_one_is_not():
    """With a long one the message is put back, which is no attempt, is told to nobody, and ends with its own end."""

    async def main():
        resting = Tried(state="sent", told={"ok": True}, rest=60.0)
        quick = Tried(state="sent", told={"ok": True}, rest=0.001)
        store, asked = memory({"place": "a", **ASKS})
        async with running(way := Scripted(quick, resting), store) as box:
            await box.answered()
            asked.queue.put_nowait({"place": "a", **ASKS})
            await box.answered(2)
            asked.queue.put_nowait({"place": "a", **ASKS})
            asked.queue.put_nowait({"place": "a", "expires": store.clock.now + 5, **ASKS})
            await box.until(lambda: len(store._schedule._late) == 2)
            assert [held.attempt for held in store._waiting] == [0, 0]
            assert store.clock.now + 4 < store._schedule.due() <= store.clock.now + 5
            store.clock.now += 61
            store._bell.set()
            assert (await box.answered(3))[-1]["error"] == "expired"
            box.outbox._pace._places.clear()
            store.clock.now += 61
            store._bell.set()
            await box.answered(4)
        assert [sending.number for sending in way.sendings] == [1, 1, 1]

    asyncio.run(main())


def test_a_wide_rest_begins_while_others_wait(monkeypatch):
    """Those that were waiting for their turn are put back, too: they are not to fill the outbox meanwhile."""

    async def main():
        gate = asyncio.Event()

        async def refuse(_sending):
            await gate.wait()
            return Tried(state="later", reason="429", delay=30.0, rest_wide=30.0)

        store, _ = memory(*[{"place": "a", **ASKS} for _ in range(3)])
        async with running(way := Scripted(refuse), store, concurrency=3, at_once=1) as box:
            await box.until(lambda: len(box.outbox.running) == 3)
            gate.set()
            await box.until(lambda: len(store._waiting) == 3)
        assert len(way.sendings) == 1 and sorted(held.attempt for held in store._waiting) == [0, 0, 1]

    asyncio.run(main())


def test_a_conversation_leaves_in_its_order():
    """One that is tried again is not overtaken, one that has failed is stepped over; two channels, side by side."""

    async def main():
        failed = Tried(state="failed", told={"ok": False}, reason="no")
        names = ["a0", "b0", "a1", "b1", "a2", "b2"]
        messages = [{"id": name, "channel": name[0], "reply_channel": "r"} for name in names]
        store, _ = memory(*messages, ordered_by=("channel",))
        order = []

        class Way(Scripted):
            """Refuses the first twice, and the second for good."""

            async def attempt(self, sending):
                await asyncio.sleep(0)
                if sending.id == "a0" and sending.number < 3:
                    return LATER
                order.append(sending.id)
                return failed if sending.id == "a1" else SENT

        async with running(Way(), store) as box:
            await box.until(lambda: len(order) == 6)
        for channel in "ab":
            assert [name for name in order if name[0] == channel] == [f"{channel}{n}" for n in range(3)]

    asyncio.run(main())


@pytest.mark.parametrize("stops", [False, True])
def test_a_conversation_is_held_for_the_rest_of_its_place(stops):
    """Where others may take the next of it: they know nothing of the rest. At the end of the process it is let go."""

    async def main():
        asked = Asked()
        asked.queue.put_nowait({"channel": "a", "place": "a", **ASKS})
        store = Flaky(asked, clock=Clock(), ordered_by=("channel",))
        rest = 3600.0 if stops else 0.05
        way = Scripted(Tried(state="sent", told={"ok": True}, rest=rest))
        async with running(way, store) as box:
            await box.answered()
            await asyncio.sleep(0)
            assert len(store._held) == 1
            start = asyncio.get_running_loop().time()
            if stops:
                await box.outbox.stop(5)
            await box.until(lambda: not store._held)
            assert (asyncio.get_running_loop().time() - start >= 0.04) is not stops

    asyncio.run(main())


def test_a_part_that_is_done_is_neither_counted_nor_told():
    """The next attempt knows of it; what is told is the end."""

    async def main():
        part = Tried(state="later", told={"parts": ["1"]}, delay=0.0, quiet=True)
        store, _ = memory(ASKS)
        async with running(way := Scripted(part, SENT), store) as box:
            (result,) = await box.answered()
        assert result["final"] and box.counts["test.send.later"] == 0
        assert way.sendings[1].earlier == {"parts": ["1"]} and way.sendings[1].number == 2

    asyncio.run(main())


def test_a_crowd_for_one_place_holds_up_no_other():
    """Those that are too many are put back for as long as the others take, and that is no attempt."""

    async def main():
        rules = {"rate": 0.001, "burst": 1.0, "crowd": 2, "concurrency": 2, "waiting": 3}
        store, asked = memory(*[{"place": "a", "id": f"{n}"} for n in range(9)])
        async with running(way := Scripted(), store, drain=0, wide=lambda place: place, **rules) as box:
            await box.until(lambda: len(store._schedule._late) == 6)
            assert store._schedule.due() == store.clock.now + 2 / 0.001
            assert {held.attempt for held in store._waiting} == {0}
            asked.queue.put_nowait({"place": "b", "id": "b", "reply_channel": "r"})
            await box.answered()
        assert [sending.id for sending in way.sendings] == ["0", "b"]
        assert not box.outbox._crowds

    asyncio.run(main())


def test_one_key_in_two_conversations_is_sent_once(monkeypatch):
    """They are on their way side by side, and only one can begin; the other gets the result that there was."""
    monkeypatch.setattr("interfaces.shared.outbox.back_off", lambda _n: 0.0)

    async def main():
        both, sent = asyncio.Barrier(2), []

        async def post(sending):
            if not sent:
                async with asyncio.timeout(5):
                    await both.wait()
            await sending.commit()
            sent.append(sending.id)
            return SENT

        messages = [{"id": c, "channel": c, "reply_channel": "r", "dedupe_key": "k"} for c in "ab"]
        store, _ = memory(*messages, ordered_by=("channel",))
        async with running(Scripted(post, post, post, commits=False), store) as box:
            results = await box.answered(2)
        assert len(sent) == 1 and {result["id"] for result in results} == {"a", "b"}
        assert all(result["ok"] for result in results)

    asyncio.run(main())


def test_a_costly_message_has_its_destination_for_itself():
    """The next waits until that is over, elsewhere nothing does; an attempt is told whose turn it is."""

    async def main():
        store, _ = memory(
            {"place": "a", "cost": 60.0, **ASKS}, {"place": "a", **ASKS}, {"place": "b", "cost": 60.0, **ASKS}
        )
        cost = lambda message: message.get("cost", 0.0)  # noqa: E731 - one line
        async with running(way := Scripted(), store, cost=cost, waiting=10) as box:
            await box.answered(2)
            await box.until(lambda: store._schedule._late)
        assert [sending.place for sending in way.sendings] == ["a", "b"]

    asyncio.run(main())

"""A connection under attack, and its signs of life: slow bytes, floods, silence, a peer that does not read."""

import asyncio
import tracemalloc

from interfaces.sms.pdus import BIND_TRANSCEIVER, ENQUIRE_LINK, RESPONSE, SUBMIT_SM, Sm, pack, write, write_sm
from tests.sms.smpp.kit import bound, until
from tests.sms.smpp.systems import gate

BIND = pack(BIND_TRANSCEIVER, 0, 1, write(BIND_TRANSCEIVER, {"system_id": b"shop", "password": b"secret"}))
BODY = write_sm(Sm(b"41790000001", b"1234", b"hi"))


class Raw:
    """A client that says what it likes."""

    def __init__(self, port):
        self.port = port

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def bind(self):
        """As it should."""
        self.writer.write(BIND)
        assert (await self.pdu())[1:3] == (BIND_TRANSCEIVER | RESPONSE, 0)

    async def pdu(self):
        """Length, command, status, sequence of the next."""
        head = await asyncio.wait_for(self.reader.readexactly(16), 5)
        found = tuple(int.from_bytes(head[at : at + 4], "big") for at in (0, 4, 8, 12))
        await self.reader.readexactly(found[0] - 16)
        return found

    async def ended(self):
        """What comes until it is hung up on."""
        return await asyncio.wait_for(self.reader.read(), 5)


def test_a_length_that_makes_no_sense_is_answered_and_hung_up_on():
    """Four gigabytes that nobody waits for."""

    async def main():
        async with gate() as (_, port), Raw(port) as raw:
            raw.writer.write(b"\xff\xff\xff\xff" + bytes(11) + b"\7")
            assert await raw.ended() == bytes.fromhex("00000010 80000000 00000002 00000007")

    asyncio.run(main())


def test_nonsense_is_refused_a_hundred_times():
    """Then it is hung up on; nothing of it comes to the application."""

    async def main():
        async with gate() as (desk, port), Raw(port) as raw:
            await raw.bind()
            raw.writer.write(b"".join(pack(0x777, 0, at) for at in range(1000)))
            said = await raw.ended()
            assert {said[at : at + 12] for at in range(0, len(said), 16)} == {
                bytes.fromhex("000000108000000000000003")
            }
            assert desk.heard == []

    asyncio.run(main())


def test_a_byte_at_a_time_is_a_pdu():
    """Slow is no fault."""

    async def main():
        async with gate() as (desk, port), Raw(port) as raw:
            await raw.bind()
            for octet in pack(SUBMIT_SM, 0, 2, BODY):
                raw.writer.write(bytes((octet,)))
                await asyncio.sleep(0)
            assert (await raw.pdu())[1:3] == (SUBMIT_SM | RESPONSE, 0)
            assert desk.heard[0]["text"] == "hi"

    asyncio.run(main())


def test_half_a_pdu_and_no_bind_are_not_waited_for_for_ever():
    """Each has its deadline, which the sweep looks at."""

    async def main():
        async with gate() as (desk, port), Raw(port) as idle, Raw(port) as half:
            await half.bind()
            half.writer.write(pack(SUBMIT_SM, 0, 2, BODY)[:20])
            gateway = desk.service.systems
            await until(lambda: any(one.wire.waiting for one in gateway.connections))
            for one in list(gateway.connections):
                one.sweep(gateway.loop.time() + 31)
            await idle.ended()
            assert await half.ended() == b""
            assert desk.counted("smpp.unbound") == 1
            await until(lambda: not gateway.connections)

    asyncio.run(main())


def test_more_than_the_window_is_throttled():
    """A flood of submits while the application takes its time; memory stays as it is."""

    async def main():
        go = asyncio.Event()

        async def decide(_call, _event):
            await go.wait()

        async with gate({"sms.receive": decide}, gateway_window=10) as (desk, port), Raw(port) as raw:
            await raw.bind()
            flood = b"".join(pack(SUBMIT_SM, 0, at, BODY) for at in range(2, 102))
            raw.writer.write(flood)
            assert {(await raw.pdu())[2] for _ in range(90)} == {0x58}
            tracemalloc.start()
            for _ in range(50):
                raw.writer.write(flood)
                for _ in range(100):
                    await raw.pdu()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 4 * 2**20
            assert len(desk.heard) <= 10
            go.set()
            assert {(await raw.pdu())[2] for _ in range(10)} == {0}

    asyncio.run(main())


def test_who_does_not_read_is_not_read_and_then_hung_up_on():
    """Answers that nobody takes do not pile up."""

    async def main():
        async with gate() as (desk, port), Raw(port) as raw:
            await raw.bind()
            gateway = desk.service.systems
            (one,) = gateway.connections
            questions = pack(ENQUIRE_LINK, 0, 9) * 5000
            while not one.held:
                raw.writer.write(questions)
                await asyncio.sleep(0.001)
            assert one.transport.get_write_buffer_size() < 2 * 2**20
            one.sweep(gateway.loop.time())
            one.sweep(gateway.loop.time() + 31)
            await until(lambda: not gateway.connections)

    asyncio.run(main())


def test_more_binds_than_may_be_are_refused():
    """With ESME_RBINDFAIL, and the others are not disturbed."""

    async def main():
        async with gate(gateway_binds=2) as (desk, port):
            raws = [Raw(port) for _ in range(20)]
            statuses = []
            for raw in raws:
                await raw.__aenter__()
                raw.writer.write(BIND)
                statuses.append((await raw.pdu())[2])
            assert statuses == [0, 0, *[0x0D] * 18]
            assert desk.service.systems.bound == 2
            for raw in raws:
                raw.writer.close()
            await until(lambda: desk.service.systems.bound == 0)

    asyncio.run(main())


def test_a_silent_peer_is_asked_and_then_given_up():
    """enquire_link after so long; without an answer the bind is dialled again."""

    async def main():
        async with bound(enquire_link=1.0, response_timeout=0.5) as end:
            (link,) = end.smsc.links
            end.smsc.faults.no_links = True
            esme = end.binds._ends["op"].queue.links[0]
            now = esme.loop.time()
            esme.sweep(now + 1.1)
            esme.sweep(now + 1.2)
            await until(lambda: end.smsc.counts[ENQUIRE_LINK] == 1)
            esme.sweep(now + 2.0)
            await until(lambda: link.lost)
            assert esme.reason == "no answer to enquire_link"

    asyncio.run(main())


def test_a_hundred_thousand_pending_are_found_at_once():
    """The time for one does not grow with those that wait."""

    async def main():
        async with bound(response_timeout=60.0) as end:
            esme = end.binds._ends["op"].queue.links[0]
            told = []
            esme.write = lambda data: False
            loop = esme.loop

            def spent(number):
                for _ in range(number):
                    esme.ask(SUBMIT_SM, b"", told.append)
                began = loop.time()
                for _ in range(2000):
                    sequence = esme.ask(SUBMIT_SM, b"", told.append)
                    esme.wire.feed(pack(SUBMIT_SM | RESPONSE, 0, sequence, b"7\0"))
                    esme.go()
                return loop.time() - began

            few = min(spent(1000) for _ in range(3))
            many = min(spent(33_000) for _ in range(3))
            assert len(esme.pending) > 100_000
            assert many < 4 * few
            esme.sweep(loop.time() + 61)
            assert told.count(None) > 100_000 and len(esme.pending) <= 1  # the enquire_link

    asyncio.run(main())


def test_a_burst_does_not_pile_up():
    """A thousand in one read: those that came first are answered before the last are looked at."""

    async def main():
        async with bound(options={"waiting": 200}) as end:
            found = [
                end.smsc.send(write_sm(Sm(b"4179%07d" % at, b"1234", b"hi", 1, 1))) for at in range(1000)
            ]
            for one in found:
                await one
            assert end.smsc.answers == [0] * 1000
            assert end.desk.counted("smpp.deferred") == 0

    asyncio.run(main())

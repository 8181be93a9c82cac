"""An accepted connection: what is written when, who waits for a slow peer, and when reading stops."""

import asyncio

import pytest

from interfaces.shared.stream import FLUSH_AT, FOREVER, Stream

ONE, TWO = 1, 2


class Transport:
    """Keeps what is written, and what is asked of it."""

    def __init__(self):
        self.writes, self.did, self.unsent, self.closing = [], [], 0, False

    def write(self, data):
        self.writes.append(data)

    def get_write_buffer_size(self):
        return self.unsent

    def is_closing(self):
        return self.closing

    def __getattr__(self, name):
        return lambda: self.did.append(name)


class Counting:
    """A loop that counts what is planned."""

    def __init__(self, loop, planned):
        self.loop, self.planned = loop, planned

    def call_soon(self, function):
        self.planned.append(function)
        return self.loop.call_soon(function)


def run(test):
    """Run an async test with a stream on a fake transport."""

    async def main():
        stream = Stream(asyncio.get_running_loop())
        transport = Transport()
        stream.connection_made(transport)
        await test(stream, transport)

    asyncio.run(asyncio.wait_for(main(), 10))


def test_what_a_turn_writes_leaves_in_one_write():
    """At the end of the turn, in order."""

    async def main(stream, transport):
        assert [stream.write(b"a"), stream.write(b"b"), stream.write(b"c")] == [False] * 3
        assert transport.writes == []
        await asyncio.sleep(0)
        assert transport.writes == [b"abc"]
        stream.write(b"d")
        await asyncio.sleep(0)
        assert transport.writes == [b"abc", b"d"]
        await asyncio.sleep(0)
        assert len(transport.writes) == 2

    run(main)


def test_a_turn_ends_once_for_all_its_streams():
    """Thousands of clients that get the same line cost the loop one call, and each has all of its own."""

    async def main(stream, _transport):
        loop, planned = asyncio.get_running_loop(), []
        streams = [Stream(Counting(loop, planned)) for _ in range(100)]
        transports = [Transport() for _ in streams]
        for one, transport in zip(streams, transports, strict=True):
            one.connection_made(transport)
        for turn in (1, 2):
            for one in streams:
                one.write(b"a")
                one.write(b"b")
            assert [transport.writes for transport in transports] == [[b"ab"] * (turn - 1)] * 100
            await asyncio.sleep(0)
            assert [transport.writes for transport in transports] == [[b"ab"] * turn] * 100
        assert len(planned) == 200  # a loop of its own each: only one that is shared is called once
        shared = Counting(loop, planned)
        streams = [Stream(shared) for _ in range(100)]
        for one, transport in zip(streams, transports, strict=True):
            one.connection_made(transport)
            one.write(b"c")
        await asyncio.sleep(0)
        assert len(planned) == 201
        assert [transport.writes[-1] for transport in transports] == [b"c"] * 100

    run(main)


def test_one_that_cannot_write_keeps_nobody_else_from_it():
    """It is told to the loop's handler of exceptions, as a callback of its own would be."""

    async def main(stream, transport):
        loop, told = asyncio.get_running_loop(), []
        loop.set_exception_handler(lambda _loop, context: told.append(context))
        broken = Stream(loop)
        broken.connection_made(Transport())
        broken.transport.write = lambda _data: 1 / 0
        broken.write(b"a")
        stream.write(b"b")
        await asyncio.sleep(0)
        assert transport.writes == [b"b"]
        assert [type(context["exception"]) for context in told] == [ZeroDivisionError]
        assert "could not write" in told[0]["message"]

    run(main)


def test_64_kib_leave_at_once():
    """So memory does not grow with what one turn makes; what comes after them waits for the turn's end."""

    async def main(stream, transport):
        part = bytes(FLUSH_AT // 4)
        assert [stream.write(part) for _ in range(5)] == [False, False, False, True, False]
        assert [len(data) for data in transport.writes] == [FLUSH_AT]
        await asyncio.sleep(0)
        assert [len(data) for data in transport.writes] == [FLUSH_AT, FLUSH_AT // 4]

    run(main)


def test_write_now_takes_along_what_waits():
    """In order, in one write."""

    async def main(stream, transport):
        stream.write_now(b"a")
        stream.write(b"b")
        stream.write_now(b"c")
        await asyncio.sleep(0)
        assert transport.writes == [b"a", b"bc"]

    run(main)


def test_nothing_is_written_to_a_lost_connection():
    """Whatever was still waiting is dropped, and further writes do not reach the transport."""

    async def main(stream, transport):
        stream.write(b"a")
        stream.connection_lost(None)
        stream.write(b"b")
        stream.write_now(b"c")
        stream.write_now(b"d")
        await asyncio.sleep(0)
        stream.close()
        stream.abort()
        stream.hold(ONE)
        assert (transport.writes, transport.did) == ([], [])

    run(main)


def test_writable_lets_others_run():
    """Also when nothing blocks: a fast writer does not starve the loop."""

    async def main(stream, transport):
        ran = []
        asyncio.get_running_loop().call_soon(ran.append, 1)
        await stream.writable()
        assert ran == [1]

    run(main)


def test_writers_wait_for_a_slow_peer():
    """All of them, until it reads again."""

    async def main(stream, transport):
        stream.pause_writing()
        writers = [asyncio.ensure_future(stream.writable()) for _ in range(3)]
        for _ in range(5):
            await asyncio.sleep(0)
        assert not any(writer.done() for writer in writers)
        writers[0].cancel()
        await asyncio.sleep(0)
        stream.resume_writing()
        await asyncio.gather(*writers[1:])

    run(main)


def test_writers_do_not_wait_for_a_peer_that_is_gone():
    """They go on, and find out."""

    async def main(stream, transport):
        stream.pause_writing()
        writer = asyncio.ensure_future(stream.writable())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        stream.connection_lost(ConnectionResetError())
        await writer
        stream.blocked = True
        await stream.writable()

    run(main)


def test_reading_stops_while_any_reason_stands():
    """The transport is told of the first and the last only; a reason that does not stand changes nothing."""

    async def main(stream, transport):
        stream.release(ONE)
        stream.hold(ONE)
        stream.hold(TWO)
        stream.hold(TWO)
        assert stream.held
        stream.release(ONE)
        assert (stream.held, transport.did) == (True, ["pause_reading"])
        stream.release(ONE)
        stream.release(TWO)
        assert (stream.held, transport.did) == (False, ["pause_reading", "resume_reading"])

    run(main)


@pytest.mark.parametrize("how", ["closing", "lost"])
def test_a_connection_that_ends_reads_no_more(how):
    """asyncio would raise for resume_reading on a transport that closes."""

    async def main(stream, transport):
        stream.hold(ONE)
        if how == "lost":
            stream.connection_lost(None)
        else:
            transport.closing = True
        stream.release(ONE)
        assert transport.did == ["pause_reading"]

    run(main)


def test_close_writes_first_and_abort_does_not():
    """What was written in this turn still leaves before a close."""

    async def main(stream, transport):
        stream.write(b"a")
        stream.close()
        assert (transport.writes, transport.did) == ([b"a"], ["close"])
        stream.write(b"b")
        stream.abort()
        assert (transport.writes, transport.did) == ([b"a"], ["close", "abort"])

    run(main)


def test_stalled_means_that_nothing_leaves():
    """Every byte that leaves starts the time again; so does the end of a blockade."""

    async def main(stream, transport):
        assert not stream.stalled(1000.0, 60)
        transport.unsent = 500
        stream.pause_writing()
        assert not stream.stalled(0.0, 60)
        assert not stream.stalled(59.0, 60)
        transport.unsent = 499
        assert not stream.stalled(60.0, 60)
        assert not stream.stalled(119.0, 60)
        assert stream.stalled(120.0, 60)
        stream.resume_writing()
        assert not stream.stalled(500.0, 60)
        stream.pause_writing()
        assert not stream.stalled(501.0, 60)
        assert stream.stalled(561.0, 60)

    run(main)


def test_what_subclasses_may_leave_out():
    """No deadline, a half-closed peer is closed, sweeping and draining do nothing; data has to be taken."""

    async def main(stream, transport):
        assert (stream.deadline, stream.spread, stream.eof_received()) == (FOREVER, False, False)
        stream.sweep(1.0)
        stream.drain()
        with pytest.raises(NotImplementedError):
            stream.data_received(b"")
        assert (transport.writes, transport.did) == ([], [])

    run(main)


def test_a_real_slow_reader_blocks_the_writer_and_nothing_grows():
    """Through real sockets: the peer reads nothing, so the writer waits with less than 1 MiB underway."""

    async def main():
        streams, sent = [], 0

        def made():
            streams.append(Stream(asyncio.get_running_loop()))
            return streams[-1]

        server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), limit=1024)
        while not streams:
            await asyncio.sleep(0)
        (stream,) = streams

        async def write():
            nonlocal sent
            while True:
                stream.write(bytes(65536))
                sent += 65536
                await stream.writable()

        writing = asyncio.ensure_future(write())
        while not stream.blocked:
            await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)
        assert not writing.done()
        assert stream.transport.get_write_buffer_size() < 2**20
        before = sent
        await reader.readexactly(sent)
        while sent == before:
            await asyncio.sleep(0)
        writing.cancel()
        stream.abort()
        writer.close()
        await asyncio.gather(writing, writer.wait_closed(), return_exceptions=True)
        server.close()
        await server.wait_closed()

    asyncio.run(asyncio.wait_for(main(), 20))

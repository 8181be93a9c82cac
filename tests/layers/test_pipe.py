"""interfaces.layers.pipe on a transport made here: what is written, and what becomes of what is read."""

import asyncio
import random

import pytest
from redis.exceptions import NoScriptError, ResponseError

from interfaces.layers.pipe import Pipe
from interfaces.shared.errors import Unavailable


class Transport(asyncio.Transport):
    """Keeps what is written; closing and aborting tell the protocol in the loop's next turn, as asyncio's do."""

    def __init__(self, pipe):
        super().__init__()
        self.pipe, self.written, self.ended = pipe, [], False

    def write(self, data):
        self.written.append(bytes(data))

    def abort(self):
        if not self.ended:
            self.ended = True
            asyncio.get_running_loop().call_soon(self.pipe.connection_lost, None)

    close = abort


async def turn():
    """Let the loop run what is due."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def connected(**keywords):
    """A pipe and the transport it writes to."""
    pipe = Pipe("broker", **keywords)
    transport = Transport(pipe)
    pipe.connection_made(transport)
    return pipe, transport


def run(test):
    """Run an async test, in a loop that reports to nobody."""
    return asyncio.run(test())


def test_commands_of_one_turn_leave_in_one_write():
    """Two commands before the loop turns are one write; one after it is another."""

    async def main():
        pipe, transport = connected()
        pipe.tell(None, "GET", b"a")
        pipe.tell(None, "INCRBY", "n", 3)
        assert transport.written == []
        await turn()
        assert transport.written == [
            b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*3\r\n$6\r\nINCRBY\r\n$1\r\nn\r\n$1\r\n3\r\n"
        ]
        pipe.tell(None, "PING")
        await turn()
        assert len(transport.written) == pipe.writes == 2

    run(main)


def test_replies_come_in_order_to_futures_and_callbacks():
    """A future, a callback and nobody each take one reply."""

    async def main():
        pipe, _ = connected()
        told = []
        first, _none, last = pipe.call("A"), pipe.tell(None, "B"), pipe.call("D")
        pipe.tell(told.append, "E")
        pipe.data_received(b"+one\r\n:2\r\n$-1\r\n*2\r\n:1\r\n$1\r\nx\r\n")
        assert (await first, await last, told) == (b"one", None, [[1, b"x"]])
        assert pipe.in_flight == 0

    run(main)


def test_a_cancelled_future_keeps_its_place():
    """The reply to a cancelled command goes to nobody, the next one to the next."""

    async def main():
        pipe, _ = connected()
        first, second = pipe.call("A"), pipe.call("B")
        first.cancel()
        pipe.data_received(b"+first\r\n+second\r\n")
        assert await second == b"second"

    run(main)


STREAM = (
    b"$4\r\nli\r\n\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\n\r\n\r\n"
    b":7\r\n-ERR no\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
)


def test_any_split_of_the_bytes_gives_the_same_replies():
    """Every cut in two, byte by byte, and random cuts: same replies, same pushes, same order."""

    async def read(pieces):
        got = []
        pipe, _ = connected(on_push=got.append)
        for word in ("A", "B", "C"):
            pipe.tell(lambda reply: got.append(str(reply)), word)
        pipe.confirm(got.append, "SUBSCRIBE", [b"c"])
        for piece in pieces:
            pipe.data_received(piece)
        return got

    async def main():
        whole = await read([STREAM])
        assert whole == [str(b"li\r\n"), [b"message", b"c", b"\r\n"], "7", "no", None]
        for cut in range(len(STREAM)):
            assert await read([STREAM[:cut], STREAM[cut:]]) == whole
        assert await read([STREAM[at : at + 1] for at in range(len(STREAM))]) == whole
        for seed in range(50):
            cuts = sorted(random.Random(seed).choices(range(len(STREAM)), k=5))
            assert await read([STREAM[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]) == whole

    run(main)


def test_errors_have_redis_classes():
    """The broker's refusal is redis-py's exception, for a future and for a callback."""

    async def main():
        pipe, _ = connected()
        told = []
        refused = pipe.call("A")
        pipe.tell(told.append, "B")
        pipe.data_received(b"-WRONGTYPE no\r\n-NOSCRIPT no such script\r\n")
        with pytest.raises(ResponseError, match="WRONGTYPE"):
            await refused
        assert isinstance(told[0], NoScriptError)
        assert pipe.lost is None

    run(main)


@pytest.mark.parametrize(
    "said", ["LOADING wait", "READONLY replica", "MASTERDOWN link", "ERR max number of clients reached"]
)
def test_a_broker_that_cannot_serve_is_left(said):
    """What a loading broker, a replica or a full one says is Unavailable, and ends the connection."""

    async def main():
        lost = []
        pipe, transport = connected(on_lost=lost.append)
        refused, other = pipe.call("A"), pipe.call("B")
        pipe.data_received(f"-{said}\r\n".encode())
        for call in (refused, other):
            with pytest.raises(Unavailable, match=said.split()[-1]):
                await call
        assert transport.ended and len(lost) == 1

    run(main)


def test_loss_fails_all_in_flight_and_what_comes_after():
    """Futures and callbacks get Unavailable, on_lost is called once, later commands are refused at once."""

    async def main():
        lost, told = [], []
        pipe, _ = connected(on_lost=lost.append)
        waiting = pipe.call("A")
        pipe.tell(told.append, "B")
        pipe.confirm(told.append, "SUBSCRIBE", [b"x"])
        pipe.tell(None, "C")
        pipe.connection_lost(ConnectionResetError("reset"))
        pipe.connection_lost(None)
        with pytest.raises(Unavailable, match=r"reset.*unknown"):
            await waiting
        assert [type(one) for one in told] == [Unavailable, Unavailable]
        assert len(lost) == 1
        for late in (lambda: pipe.call("D"), lambda: pipe.tell(None, "D")):
            with pytest.raises(Unavailable):
                late()
        with pytest.raises(Unavailable):
            await pipe.writable()

    run(main)


def test_commands_in_flight_are_bounded():
    """The command above the bound is refused and takes no place; one reply makes room."""

    async def main():
        pipe, transport = connected(most_commands=4)
        for _ in range(4):
            pipe.tell(None, "A")
        with pytest.raises(Unavailable, match="behind"):
            pipe.call("B")
        await turn()
        assert b"".join(transport.written).count(b"A") == 4
        pipe.data_received(b"+OK\r\n")
        pipe.tell(None, "C")

    run(main)


def test_unwritten_bytes_are_bounded_while_the_transport_is_full():
    """Nothing is written to a full transport, and only so much is kept; all leaves when it has room."""

    async def main():
        pipe, transport = connected(most_bytes=1000)
        pipe.pause_writing()
        pipe.tell(None, "SET", "k", b"x" * 1000)
        with pytest.raises(Unavailable, match="behind"):
            pipe.tell(None, "PING")
        room = asyncio.ensure_future(pipe.writable())
        await turn()
        assert transport.written == [] and not room.done()
        pipe.resume_writing()
        await room
        assert len(transport.written) == 1

    run(main)


def test_writable_waits_for_replies_and_ends_with_the_pipe():
    """Half of the bound is where one had better wait; replies wake, loss wakes with Unavailable."""

    async def main():
        pipe, _ = connected(most_commands=4)
        await pipe.writable()
        for _ in range(3):
            pipe.tell(None, "A")
        assert pipe.full
        room, cancelled = asyncio.ensure_future(pipe.writable()), asyncio.ensure_future(pipe.writable())
        await turn()
        cancelled.cancel()
        await turn()
        pipe.data_received(b"+OK\r\n")
        await room
        pipe.tell(None, "A")
        room = asyncio.ensure_future(pipe.writable())
        await turn()
        pipe.abort("enough")
        with pytest.raises(Unavailable, match="enough"):
            await room

    run(main)


def test_pushes_of_resp3_are_no_replies():
    """A push between two replies goes to on_push, or nowhere on a pipe that asked for none."""

    async def main():
        push = b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n"
        got = []
        for on_push in (got.append, None):
            pipe, _ = connected(on_push=on_push)
            first, second = pipe.call("A"), pipe.call("B")
            pipe.data_received(b"#f\r\n" + push + b"%1\r\n+a\r\n,1.5\r\n")
            assert (await first, await second) == (False, {b"a": 1.5})
        assert got == [[b"message", b"c", b"m"]]

    run(main)


def test_a_list_of_data_is_no_push_on_a_pipe_without_subscriptions():
    """LRANGE of a list that holds the word "message" is a reply."""

    async def main():
        pipe, _ = connected()
        reply = pipe.call("LRANGE", "k", 0, -1)
        pipe.data_received(b"*1\r\n$7\r\nmessage\r\n")
        assert await reply == [b"message"]

    run(main)


def test_a_subscription_takes_one_place_and_one_confirmation_a_name():
    """The reply after a SUBSCRIBE of two names is the next command's, in RESP2 and RESP3."""

    async def main():
        for sign in (b"*", b">"):
            told = []
            pipe, _ = connected(on_push=told.append)
            pipe.confirm(told.append, "SUBSCRIBE", [b"a", b"b"])
            ping = pipe.call("PING")
            one = sign + b"3\r\n$9\r\nsubscribe\r\n$1\r\n%s\r\n:1\r\n"
            pipe.data_received(one % b"a")
            assert told == [] and not ping.done()
            pipe.data_received(one % b"b" + b"*2\r\n$4\r\npong\r\n$0\r\n\r\n")
            assert (told, await ping) == ([None], [b"pong", b""])

    run(main)


def test_a_refused_subscription_shifts_nothing():
    """An error in place of the confirmations belongs to the SUBSCRIBE."""

    async def main():
        told = []
        pipe, _ = connected(on_push=told.append)
        pipe.confirm(told.append, "SUBSCRIBE", [b"a", b"b"])
        ping = pipe.call("PING")
        pipe.data_received(b"-NOPERM no\r\n+PONG\r\n")
        assert isinstance(told[0], ResponseError) and await ping == b"PONG"

    run(main)


def test_a_callback_that_raises_harms_no_other_reply():
    """It is reported, and the next reply is given."""

    async def main():
        said = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: said.append(context["exception"])
        )
        pipe, _ = connected(on_push=lambda _push: 1 / 0)
        pipe.tell(lambda _reply: 1 / 0, "A")
        good = pipe.call("B")
        pipe.data_received(b"+a\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n+b\r\n")
        assert await good == b"b"
        assert [type(one) for one in said] == [ZeroDivisionError] * 2

    run(main)


@pytest.mark.parametrize("junk", [b"HTTP/1.1 400 Bad\r\n", b"+unasked\r\n", b"*-7\r\n"])
def test_what_is_no_reply_ends_the_connection(junk):
    """Bytes that are no RESP, or answer nothing, leave nobody waiting."""

    async def main():
        pipe, transport = connected()
        if junk[0] != ord("+"):
            waiting = pipe.call("A")
        pipe.data_received(junk)
        assert transport.ended
        if junk[0] != ord("+"):
            with pytest.raises(Unavailable):
                await waiting

    run(main)


def test_close_writes_what_was_told():
    """A command told in the same turn leaves before the end; its reply is not waited for."""

    async def main():
        pipe, transport = connected()
        reply = pipe.call("PUBLISH", "c", "m")
        await pipe.close()
        assert b"PUBLISH" in b"".join(transport.written)
        with pytest.raises(Unavailable, match="closed"):
            await reply
        await pipe.close()
        assert "lost" in repr(pipe)

    run(main)


def test_close_does_not_wait_for_a_peer_that_does_not_read():
    """A transport that cannot flush is aborted when the time is over."""

    async def main():
        pipe, transport = connected()
        transport.close = lambda: None
        await pipe.close(timeout=0)
        assert transport.ended

    run(main)

"""A client's connection: bytes, deadlines, limits, the end."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.irc.gateway import commands
from interfaces.irc.gateway.connection import TURN, Client
from interfaces.shared.proxy_header import ProxyHeader
from tests.irc.gateway.support import Bench, Transport, accept, scene

HOST = "ehwbaorq.po76idei.6af3epo2.ip"


def ended(reason: str, host: str = HOST) -> str:
    """The last line."""
    return f":irc.test ERROR :Closing Link: {host} ({reason})"


@scene
async def test_lines_may_come_in_any_pieces() -> None:
    """Byte by byte, with the ends that clients write."""
    async with Bench() as bench:
        ann = bench.connect()
        said = await ann.send(b"NICK ann\nUSER ann 0 * :Ann\r\n\r\n\nPING :x y\r\n", 1)
        assert said.startswith(b":irc.test 001 ann ") and said.endswith(b"PONG irc.test :x y\r\n")


@scene
async def test_what_is_no_line_is_refused() -> None:
    """And what comes after it is done."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.say(f"PING {'x' * 506}", b"PING a\0b", "PING y") == [
            ":irc.test 417 ann :Input line was too long",
            ":irc.test PONG irc.test y",
        ]
        assert bench.counted("irc.gateway.malformed") == 2
        assert (await ann.say(f"PING {'x' * 505}"))[0].count("x") == 486
        assert await ann.send(b"y" * 100_000) + await ann.send(b"y\r\nPING z\r\n") == (
            b":irc.test 417 ann :Input line was too long\r\n:irc.test PONG irc.test z\r\n"
        )


@given(st.lists(st.binary(max_size=40), max_size=20))
@settings(max_examples=60)
def test_no_bytes_break_it(said: list[bytes]) -> None:
    """Whatever a client says, before and after its registration, everything goes on."""

    @scene
    async def run() -> None:
        async with Bench() as bench:
            bob = await bench.member("bob", "#a")
            ann, eve = (
                bench.connect(),
                await bench.member("eve", "#a", caps="labeled-response batch message-tags"),
            )
            for line in said:
                for peer in (ann, eve):
                    if not peer.closed and peer.transport.reading:
                        await peer.say(line)
            assert (await bob.say("PING x"))[-1] == ":irc.test PONG irc.test x"

    run()


WORDS = st.sampled_from(
    [
        "#a",
        "@#a",
        "eve",
        "bob",
        ":",
        "",
        "*",
        "0",
        "+o",
        "-b",
        "x!y@z",
        "a,b",
        ":x y",
        "\x01ACTION x",
        "\xff",
        "$a:x",
        "END",
        "LS",
    ]
)
COMMANDS = st.sampled_from([*commands.TABLE])
TAGS = st.sampled_from(["", "@label=1 ", "@+x=y ", "@label=;+a b", "@+a\\ ", "@=;+ ", ":pre!fix@x "])


@given(st.lists(st.tuples(TAGS, COMMANDS, st.lists(WORDS, max_size=4)), max_size=12))
@settings(max_examples=60)
def test_no_commands_break_it(said: list[tuple[str, str, list[str]]]) -> None:
    """However their parameters are mixed."""

    @scene
    async def run() -> None:
        async with Bench(
            motd="hi", auth="tests.irc.gateway.test_accounts:same", auth_unencrypted=True
        ) as bench:
            bob = await bench.member("bob", "#a")
            ann = bench.connect()
            eve = await bench.member(
                "eve", "#a", caps="labeled-response batch message-tags draft/chathistory sasl"
            )
            for tags, command, words in said:
                for peer in (ann, eve):
                    if not peer.closed and peer.transport.reading:
                        await peer.say(f"{tags}{command} {' '.join(words)}".encode("latin-1"))
            assert (await bob.say("PING x"))[-1] == ":irc.test PONG irc.test x"

    run()


# --- flood -----------------------------------------------------------------------------------------


@scene
async def test_who_says_too_much_is_slowed_down() -> None:
    """A burst is taken at once, all else as fast as may be; nothing is lost."""
    async with Bench(rate=2.0, burst=5, register_timeout=600.0) as bench:
        ann = bench.connect()
        assert len(await ann.say(*[f"PING {number}" for number in range(12)])) == 5
        assert not ann.transport.reading
        await bench.after(1.0)
        assert await ann.lines() == [":irc.test PONG irc.test 5", ":irc.test PONG irc.test 6"]
        await bench.after(2.5)
        assert len(await ann.lines()) == 5 and ann.transport.reading
        await bench.after(60.0)
        assert len(await ann.say(*["PING x"] * 5, "PING y")) == 5


@scene
async def test_who_floods_is_hung_up_on() -> None:
    """Once more waits than may."""
    async with Bench(rate=1.0, burst=10, recvq=1024) as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob")
        await bench.after(10.0)
        assert len(await bob.say(*["PING x"] * 15)) == 10 and not bob.closed
        lines = await ann.say(*[f"PRIVMSG #a :{'x' * 300}"] * 20)
        assert lines == [ended("Excess Flood")]
        assert ann.closed and bench.counted("irc.gateway.recvq") == 1
        assert len(ann.events("irc.message")) == 10


@scene
async def test_others_have_their_turn() -> None:
    """Before a client has all that it said at once."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann"), await bench.member("bob")
        ann.feed(b"PING x\r\n" * (TURN + 10))
        bob.feed(b"PING y\r\n")
        ann.client.flush()
        bob.client.flush()
        assert ann.take().count(b"\n") == TURN and bob.take() != b""
        assert not ann.transport.reading
        assert len(await ann.lines()) == 10 and ann.transport.reading


@scene
async def test_a_slow_application_stops_its_client_only() -> None:
    """Nothing is read from it any more until there is room; nothing is dropped."""
    gate = asyncio.Event()
    heard = []

    async def app(scope: dict, receive: object, send: object) -> None:
        assert (await receive())["type"] == "irc.connect"
        await send({"type": "irc.accept"})
        if scope["nick"] == "ann":
            await gate.wait()
        while True:
            event = await receive()
            if event["type"] == "irc.message":
                heard.append((scope["nick"], event["text"]))

    async with Bench(app=app) as bench:
        ann, bob = await bench.member("ann"), await bench.member("bob")
        await ann.say(*[f"PRIVMSG bob :{number}" for number in range(100)])
        assert not ann.transport.reading and len(ann.client.session._inbox) == 32
        await bob.say("PRIVMSG ann :hi")
        assert heard == [("bob", "hi")] and bob.transport.reading
        gate.set()
        for _ in range(10):
            await bench.settle()
        assert heard[1:] == [("ann", str(number)) for number in range(100)] and ann.transport.reading


# --- who does not read -----------------------------------------------------------------------------


@scene
async def test_who_does_not_read_is_hung_up_on() -> None:
    """Once more waits than may; the others go on."""
    async with Bench(sendq=4096) as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        bob.stop_reading(3990)
        said = {"type": "irc.send", "target": "#a", "text": "x" * 50}
        assert len(await ann.tell(said)) == 1 and not bob.transport.aborted
        assert (await ann.tell(said, said, said))[-1] == f":bob!~bob@{HOST} QUIT :Max SendQ exceeded"
        assert bob.transport.aborted and bench.counted("irc.gateway.sendq") == 1
        assert bob.heard[-1]["code"] == 1008 and "bob" not in bench.gateway.roster.users


@scene
async def test_who_reads_nothing_at_all_is_hung_up_on() -> None:
    """Though little waits."""
    async with Bench(ping_timeout=10.0) as bench:
        ann = await bench.member("ann")
        ann.stop_reading(100)
        await bench.after(12.0)
        assert ann.transport.aborted and bench.counted("irc.gateway.silent") == 1


@scene
async def test_who_is_told_to_go_and_does_not_is_cut() -> None:
    """A close that does not come to its end is no end."""
    async with Bench(ping_timeout=10.0) as bench:
        ann = await bench.member("ann")
        ann.transport.unsent = 100
        await ann.say("QUIT")
        assert ann.closed and not ann.transport.aborted
        await bench.after(9.0)
        assert not ann.transport.aborted
        await bench.after(2.0)
        assert ann.transport.aborted


# --- who says nothing ------------------------------------------------------------------------------


@scene
async def test_who_is_silent_is_asked() -> None:
    """And hung up on where no answer comes."""
    async with Bench(ping_interval=20.0, ping_timeout=10.0) as bench:
        ann, bob = await bench.member("ann"), await bench.member("bob")
        await bench.after(20.5)
        assert await ann.lines() == await bob.lines() == ["PING irc.test"]
        assert await ann.say("PONG irc.test") == []
        await bench.after(10.0)
        assert await bob.lines() == [ended("Ping timeout: 30 seconds")]
        assert bob.closed and bob.heard[-1]["code"] == 1006 and not ann.closed
        await bench.after(15.0)
        assert await ann.lines() == ["PING irc.test"]


@scene
async def test_who_is_not_read_from_is_not_silent() -> None:
    """It cannot be heard."""
    gate = asyncio.Event()

    async def app(scope: dict, receive: object, send: object) -> None:
        await receive()
        await send({"type": "irc.accept"})
        await gate.wait()

    async with Bench(app=app, ping_interval=20.0, ping_timeout=10.0) as bench:
        ann = await bench.member("ann")
        await ann.say(*["PRIVMSG ann :x"] * 40)
        await bench.after(100.0)
        assert not ann.closed
        gate.set()


# --- who comes -------------------------------------------------------------------------------------


@scene
async def test_an_address_has_a_limit() -> None:
    """Of IPv6 its network; another address comes in, and again one when another has gone."""
    async with Bench(per_address=2) as bench:
        first, _ = [bench.connect(("2001:db8::1", 5)) for _ in range(2)]
        more = bench.connect(("2001:db8::2:3", 5))
        (line,) = await more.lines()
        assert "(Too many connections from your address)" in line and more.closed
        assert bench.counted("irc.gateway.refused") == 1
        assert not bench.connect(("2001:db8:0:1::1", 5)).closed
        await first.leave()
        assert not bench.connect(("2001:db8::9", 5)).closed


@scene
async def test_a_unix_socket_has_no_address() -> None:
    """Nor a limit, and its own host."""
    async with Bench(per_address=1) as bench:
        for nick in ("ann", "bob"):
            peer = await bench.member(nick, peer="", name="/run/irc.sock")
            assert peer.client.user.host == "local"
        assert peer.call.scope["client"] is None and peer.call.scope["server"] == ("/run/irc.sock", None)
        assert repr(peer.client) == "<Client bob of a unix socket>"


@scene
async def test_a_proxy_says_who_it_is() -> None:
    """Its header counts, not the proxy's own address."""
    async with Bench() as bench:
        transport = Transport(("10.0.0.1", 5))
        client = transport.protocol = Client(bench.gateway)
        client.proxied = ProxyHeader(length=10, source=("192.0.2.1", 4), destination=("192.0.2.2", 6667))
        client.connection_made(transport)
        assert client.address == "192.0.2.1" and client.peer == ("192.0.2.1", 4)
        assert client.user.host == bench.gateway.cloak.host("192.0.2.1")
        transport.lose()


# --- the end ---------------------------------------------------------------------------------------


@scene
async def test_others_hear_of_the_end() -> None:
    """Once, with its reason; the application, too."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        assert await bob.say("QUIT :so long") == [ended("Quit: so long")]
        await bob.leave()
        assert await ann.lines() == [f":bob!~bob@{HOST} QUIT :Quit: so long"]
        assert [event["type"] for event in bob.heard].count("irc.disconnect") == 1
        last = bob.heard[-1]
        assert (last["type"], last["code"], last["reason"]) == ("irc.disconnect", 1000, "Quit: so long")
        eve = await bench.member("eve", "#a")
        eve.transport.lose(ConnectionResetError("reset by peer"))
        eve.client.connection_lost(None)
        assert (await ann.lines())[-1] == f":eve!~eve@{HOST} QUIT :Connection lost: reset by peer"
        assert eve.heard[-1]["code"] == 1006


@scene
async def test_an_application_that_ends_ends_it() -> None:
    """Also one that raises, of which its client hears nothing."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann"), await bench.member("bob")
        await ann.call.finish()
        assert await ann.lines() == [ended("Closed by the application")]
        await bob.call.finish(ValueError("secret"))
        assert await bob.lines() == [ended("Internal error, try again later")]
        assert not bench.gateway.roster.users


@scene
async def test_a_server_that_stops_says_so() -> None:
    """To each, and nobody hears of the others; who comes then is sent away."""
    async with Bench() as bench:
        peers = [await bench.member(nick, "#a") for nick in ("ann", "bob")]
        bench.gateway.begin_drain()
        for peer in peers:
            assert await peer.lines() == [ended("Server restarting")]
            assert peer.closed and peer.heard[-1]["code"] == 1012
        assert not bench.gateway.roster.users and not bench.gateway.roster.rooms
        assert await bench.connect().lines() == [ended("Server restarting")]


@scene
async def test_what_comes_after_the_end_is_not_done() -> None:
    """Nor is anything written."""
    async with Bench(accept) as bench:
        ann = await bench.member("ann", "#a")
        assert len(await ann.say("QUIT", "PING x", "PRIVMSG #a :hi")) == 1
        ann.client.data_received(b"PING y\r\n")
        ann.client.end("again")
        assert await ann.lines() == [] and ann.events("irc.message") == []

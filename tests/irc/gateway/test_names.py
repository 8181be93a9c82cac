"""NAMES and LIST."""

from typing import Any

import pytest

from interfaces.irc.gateway.commands.names import CHUNK
from interfaces.irc.gateway.waits import PORTION
from tests.irc.gateway.support import NOW, Bench, Peer, scene


def crowd(bench: Bench, name: str, number: int, modes: str = "n") -> Any:
    """A channel with members of another container."""
    roster = bench.gateway.roster
    room = roster.open(name, NOW, modes)
    for place in range(number):
        user = type(bench.peers[0].client.user)(f"{name[1:]}{place}", "u", "host.test", "Real")
        user.home = "elsewhere"
        roster.add(user)
        roster.arrive(user, NOW)
        roster.enter(user, room)
    return room


def members(lines: list[str]) -> list[str]:
    """All that the lines 353 name."""
    return [
        one for line in lines if " 353 " in line for one in line.split(" ", 5)[5].removeprefix(":").split(" ")
    ]


# --- NAMES -------------------------------------------------------------------------------------------


@scene
async def test_names() -> None:
    """With the strongest sign; what is none, or hidden, has an end only."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a,#s"), await bench.member("bob", "#a")
        await ann.say("MODE #s +s", "MODE #a +v ann")
        await bob.lines()
        assert await bob.say("NAMES #A,#s,#x,:") == [
            ":irc.test 353 bob = #a :@ann bob",
            ":irc.test 366 bob #a :End of NAMES list",
            ":irc.test 366 bob #s :End of NAMES list",
            ":irc.test 366 bob #x :End of NAMES list",
            ":irc.test 366 bob * :End of NAMES list",
        ]
        assert (await ann.say("NAMES #s"))[0] == ":irc.test 353 ann @ #s @ann"


@scene
async def test_names_of_all_channels() -> None:
    """Of those that the client sees, with one end."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a,#s"), await bench.member("bob", "#b")
        await ann.say("MODE #s +s")
        assert await bob.say("NAMES") == [
            ":irc.test 353 bob = #a @ann",
            ":irc.test 353 bob = #b @bob",
            ":irc.test 366 bob * :End of NAMES list",
        ]


@scene
async def test_names_for_who_has_agreed_on_more() -> None:
    """All signs, and all of the source."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="multi-prefix userhost-in-names")
        await ann.say("MODE #a +v ann")
        assert (await ann.say("NAMES #a"))[0] == f":irc.test 353 ann = #a @+{ann.client.user.source}"


@scene
async def test_the_invisible_are_seen_by_members() -> None:
    """Not from outside."""
    async with Bench() as bench:
        ann, bob, eve = (
            await bench.member("ann", "#a"),
            await bench.member("bob", "#a"),
            await bench.member("eve"),
        )
        await bob.say("MODE bob +i")
        assert members(await eve.say("NAMES #a")) == ["@ann"]
        assert members(await ann.say("NAMES #a")) == ["@ann", "bob"]


@scene
async def test_ten_thousand_members() -> None:
    """All of them, once each, in lines that are not too long."""
    async with Bench() as bench:
        ann = await bench.member("ann", caps="userhost-in-names")
        crowd(bench, "#big", 10_000)
        said = await ann.say("JOIN #big")
        assert said[-1] == ":irc.test 366 ann #big :End of NAMES list"
        assert max(map(len, said)) <= 510
        found = members(said)
        assert len(found) == len(set(found)) == 10_001
        assert found[0] == "big0!u@host.test"


@scene
async def test_long_names_leave_as_the_client_reads() -> None:
    """And say who is there then: who has left meanwhile is not among them; what it says next waits."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        room = crowd(bench, "#big", 12_000)
        ann.transport.full_at = 1
        first = await ann.say("NAMES #big", "PING x")
        assert 0 < len(members(first)) < 9_000
        assert not ann.transport.reading
        gone = list(room.members)[-1]
        bench.gateway.roster.leave(gone, room)
        ann.read_on()
        rest = await ann.lines()
        assert gone.nick not in members(rest)
        assert len(members(first + rest)) == 11_999
        assert rest[-1] == ":irc.test PONG irc.test x"
        assert ann.transport.reading


# --- LIST --------------------------------------------------------------------------------------------


@scene
async def test_list() -> None:
    """Channels with the number of their members, and the topic; secret ones for members."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a,#s"), await bench.member("bob", "#a")
        await ann.say("MODE #s +s", "TOPIC #a :all things")
        await bob.lines()
        assert await bob.say("LIST") == [
            ":irc.test 321 bob Channel :Users  Name",
            ":irc.test 322 bob #a 2 :all things",
            ":irc.test 323 bob :End of LIST",
        ]
        assert (await ann.say("LIST"))[2] == ":irc.test 322 ann #s 1 :"


@pytest.mark.parametrize(("said", "found"), [
    ("", "new old pub"), ("#old", "old"), ("#OLD,#new,#old,#none", "old new"), ("*e*", "new"), ("!*e*", "old pub"),
    (">1", "pub"), ("<2", "new old"), (">0,<100", "new old pub"), ("C>60", "old"), ("C<60", "new pub"),
    ("T<5", "pub"), ("T>5", ""), ("#pub,<2", ""), ("<x", ""), ("C>", ""), ("*", "new old pub"), ("<-1", ""),
])  # fmt: skip
@scene
async def test_conditions_of_a_list(said: str, found: str) -> None:
    """Names are any of them, all else all of them; what is no condition is a mask."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        roster = bench.gateway.roster
        for name, number in (("#new", 1), ("#old", 1), ("#pub", 2)):
            crowd(bench, name, number)
        roster.room("#old").since = NOW - 7200
        roster.room("#pub").topic, roster.room("#pub").topic_at = "beer", NOW - 60
        lines = await ann.say(f"LIST {said}")
        assert [line.split()[3][1:] for line in lines if " 322 " in line] == found.split()


@scene
async def test_ten_thousand_channels() -> None:
    """They do not wait to be sent: the next come when the client reads."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        for number in range(10_000):
            crowd(bench, f"#c{number}-", 1)
        ann.transport.full_at = 1
        lines = await ann.say("LIST", "PING x")
        assert len(lines) < 2_000
        assert not ann.transport.reading
        for _ in range(20):
            ann.transport.full_at = 1
            ann.read_on()
            lines += await ann.lines()
        assert not ann.client.lost
        ann.transport.full_at = 0
        ann.read_on()
        for _ in range(10):
            lines += await ann.lines()
        assert [line.split()[1] for line in lines[-2:]] == ["323", "PONG"]
        assert len(lines) == 10_003
        assert bench.counted("irc.gateway.sendq") == 0


@scene
async def test_who_goes_gets_no_more() -> None:
    """An answer ends with its client."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        crowd(bench, "#big", 12_000)
        ann.transport.full_at = 1
        await ann.say("NAMES #big")
        await ann.leave()
        assert ann.client.lost
        assert ann.client.waits._pours is None


@scene
async def test_a_long_answer_has_its_label() -> None:
    """From its first line to its last."""
    async with Bench() as bench:
        ann: Peer = await bench.member("ann", caps="labeled-response batch")
        for number in range(600):
            crowd(bench, f"#c{number}-", 1)
        said = await ann.say("@label=x LIST", "PING y")
        assert said[0].startswith("@label=x :irc.test BATCH +")
        assert said[-2].startswith(":irc.test BATCH -")
        assert said[-1] == ":irc.test PONG irc.test y"
        assert all(line.startswith("@batch=") for line in said[1:-2])
        assert len(said) == 605


def test_names_do_not_hold_up_others() -> None:
    """One turn of the loop looks at so many members only, however many channels are asked about."""
    assert CHUNK * PORTION <= 25_000


@scene
async def test_many_answers_are_not_of_one_turn() -> None:
    """What one client asks for by many names, each of which is soon told, lets others run between them."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        crowd(bench, "#a", CHUNK)
        ann.client.data_received(b"NAMES " + b",".join([b"#a"] * 150) + b"\r\n")
        ann.client.data_received((b"NAMES " + b",".join([b"#a"] * 150) + b"\r\n") * 3)
        assert ann.client.held
        assert sum(" 366 " in line for line in await ann.lines()) == 600
        assert not ann.client.held

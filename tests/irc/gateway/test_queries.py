"""What the server is, and what nobody may."""

import pytest

from interfaces.irc.gateway.commands.help import INDEX, TOPICS
from interfaces.irc.gateway.commands.queries import VERSION
from tests.irc.gateway.support import Bench, scene


@scene
async def test_lusers() -> None:
    """Who is here, who is invisible, who is about to come, and the most there were."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a,#b")
        bob = await bench.member("bob")
        await bob.say("MODE bob +i")
        eve = await bench.member("eve")
        await eve.say("QUIT")
        bench.connect()
        assert await ann.say("LUSERS") == [
            ":irc.test 251 ann :There are 1 users and 1 invisible on 1 servers",
            ":irc.test 252 ann 0 :operator(s) online",
            ":irc.test 253 ann 1 :unknown connection(s)",
            ":irc.test 254 ann 2 :channels formed",
            ":irc.test 255 ann :I have 2 clients and 0 servers",
            ":irc.test 265 ann 2 3 :Current local users 2, max 3",
            ":irc.test 266 ann 2 3 :Current global users 2, max 3",
        ]


@scene
async def test_what_and_when_the_server_is() -> None:
    """VERSION, TIME, INFO, ADMIN, LINKS."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        bench.unix += 60
        assert await ann.say("VERSION", "TIME irc.*", "INFO", "ADMIN ann", "LINKS") == [
            f":irc.test 351 ann {VERSION} irc.test https://modern.ircdocs.horse",
            ":irc.test 391 ann irc.test :Sunday September 09 2001 -- 01:47:40 UTC",
            f":irc.test 371 ann :{VERSION}, a gateway of IRC to an application",
            ":irc.test 371 ann :On-line since Sunday September 09 2001 -- 01:46:40 UTC",
            ":irc.test 374 ann :End of INFO list",
            ":irc.test 423 ann irc.test :No administrative info available",
            ":irc.test 364 ann irc.test irc.test :0 test server",
            ":irc.test 365 ann * :End of LINKS list",
        ]


@pytest.mark.parametrize("command", ["VERSION", "TIME", "INFO", "ADMIN"])
@scene
async def test_other_servers_are_not_there(command: str) -> None:
    """402, whatever it is called."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.say(f"{command} other.test") == [":irc.test 402 ann other.test :No such server"]


@scene
async def test_stats_are_few() -> None:
    """How long it is up; of all else an end."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        bench.unix += 90_061
        assert await ann.say("STATS u", "STATS o", "STATS") == [
            ":irc.test 242 ann :Server Up 1 days 1:01:01",
            ":irc.test 219 ann u :End of STATS report",
            ":irc.test 219 ann o :End of STATS report",
            ":irc.test 219 ann * :End of STATS report",
        ]


@pytest.mark.parametrize("command", ["HELP", "HELPOP"])
@scene
async def test_help(command: str) -> None:
    """An index, and of a command its syntax."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        said = await ann.say(command)
        assert [line.split()[1] for line in said] == ["704", *["705"] * (len(INDEX) - 1), "706"]
        assert await ann.say(f"{command} part") == [
            ":irc.test 704 ann PART :PART <channel>{,<channel>} [<text>]",
            ":irc.test 705 ann PART :Leave channels.",
            ":irc.test 706 ann PART :End of HELP",
        ]
        assert await ann.say(f"{command} nothing") == [
            ":irc.test 524 ann nothing :No help available on this topic"
        ]  # fmt: skip


@scene
async def test_all_of_the_help_fits_into_lines() -> None:
    """And the index has every command that it can explain."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        for topic in ("", *TOPICS):
            assert all(len(line) <= 510 for line in await ann.say(f"HELP {topic}"))
        assert " ".join(INDEX[1:]).split() == [*TOPICS]


@pytest.mark.parametrize(("said", "code"), [
    ("OPER a b", "491"), ("OPER", "461"), ("KILL ann :out", "481"), ("KILL", "461"), ("REHASH", "481"), ("DIE", "481"),
    ("RESTART", "481"), ("CONNECT x", "481"), ("SQUIT x", "481"), ("WALLOPS :x", "481"), ("SUMMON x", "421"),
])  # fmt: skip
@scene
async def test_nobody_is_an_operator_of_the_network(said: str, code: str) -> None:
    """So nobody may do what those may; what is not known is said to be so."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.codes(said) == [code]

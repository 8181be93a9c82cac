"""WHO and WHOX."""

import pytest

from tests.irc.gateway.support import Bench, Peer, scene


def host(peer: Peer) -> str:
    """Its host, as others see it."""
    return str(peer.client.user.host)


@scene
async def test_who_of_a_channel() -> None:
    """Who is away, a bot, has signs; the mask at the end is what was asked."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        await ann.say("AWAY :lunch", "MODE ann +B", "MODE #a +v ann")
        await bob.lines()
        assert await bob.say("WHO #A") == [
            f":irc.test 352 bob #a ~ann {host(ann)} irc.test ann G@B :0 Ann",
            f":irc.test 352 bob #a ~bob {host(bob)} irc.test bob H :0 Bob",
            ":irc.test 315 bob #A :End of WHO list",
        ]


@scene
async def test_all_signs_for_multi_prefix() -> None:
    """Else the strongest."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="multi-prefix")
        await ann.say("MODE #a +v ann")
        assert (await ann.say("WHO #a"))[0].split()[8] == "H@+"


@pytest.mark.parametrize(("mask", "found"), [
    ("bob", "bob"), ("BOB", "bob"), ("b*", "bob"), ("~an?", "ann"), ("Eve", "eve"), ("*.ip", "ann bob eve"),
    ("*", "ann bob eve"), ("0", "ann bob eve"), ("", "ann bob eve"), ("nobody", ""), ("#none", ""), ("* o", ""),
])  # fmt: skip
@scene
async def test_who_by_a_mask(mask: str, found: str) -> None:
    """It is that of a nick, a user name, a host or a real name."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        await bench.member("bob")
        await bench.member("eve", "#a")
        lines = await ann.say(f"WHO {mask}")
        assert [line.split()[7] for line in lines[:-1]] == found.split()
        assert all(line.split()[3] == "*" for line in lines[:-1])
        assert lines[-1] == f":irc.test 315 ann {mask.split(' ', maxsplit=1)[0] or '*'} :End of WHO list"


@scene
async def test_the_hidden_stay_so() -> None:
    """The invisible are found by their nick, or where one shares a channel; secret channels are none."""
    async with Bench() as bench:
        ann, bob, eve = (
            await bench.member("ann", "#s"),
            await bench.member("bob"),
            await bench.member("eve", "#p"),
        )
        await ann.say("MODE #s +s", "MODE ann +i")
        assert await bob.codes("WHO a*") == ["315"]
        assert await bob.codes("WHO ann") == ["352", "315"]
        assert await bob.codes("WHO #s") == ["315"]
        await eve.say("MODE eve +i")
        assert await bob.codes("WHO #p") == ["315"]
        await bob.say("JOIN #s,#p")
        assert await bob.codes("WHO a*", "WHO #s") == ["352", "315", "352", "352", "315"]


@scene
async def test_fields_of_whox() -> None:
    """In the order that they always have, whatever order they are asked in."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        ann.client.user.account = "annie"
        bench.unix += 7
        assert await bob.say(
            "WHO ann %tcuihsnfdlaor,123", "WHO ann %roaldfnshiuct", "WHO #a %na,1", "WHO bob %r"
        ) == [
            f":irc.test 354 bob 123 * ~ann 255.255.255.255 {host(ann)} irc.test ann H 0 7 annie n/a Ann",
            ":irc.test 315 bob ann :End of WHO list",
            f":irc.test 354 bob 0 * ~ann 255.255.255.255 {host(ann)} irc.test ann H 0 7 annie n/a Ann",
            ":irc.test 315 bob ann :End of WHO list",
            ":irc.test 354 bob ann annie",
            ":irc.test 354 bob bob 0",
            ":irc.test 315 bob #a :End of WHO list",
            ":irc.test 354 bob Bob",
            ":irc.test 315 bob bob :End of WHO list",
        ]
        assert (await bob.say("WHO #a %ctfl,12345"))[0] == ":irc.test 354 bob 0 #a H@ 7"

"""WHOIS, WHOWAS, ISON, USERHOST."""

from interfaces.irc.gateway.roster import User
from tests.irc.gateway.support import NOW, Bench, Peer, scene

SEEN = f"{int(NOW)}"


def host(peer: Peer) -> str:
    """Its host, as others see it."""
    return str(peer.client.user.host)


@scene
async def test_whois_of_oneself() -> None:
    """With the address, which nobody else is told."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", peer=("::1", 7))
        bench.unix += 9
        ann.client.user.account = "annie"
        await ann.say("MODE ann +B", "AWAY :lunch")
        assert await ann.say("WHOIS ANN") == [
            f":irc.test 311 ann ann ~ann {host(ann)} * Ann",
            ":irc.test 319 ann ann @#a",
            ":irc.test 312 ann ann irc.test :test server",
            ":irc.test 330 ann ann annie :is logged in as",
            ":irc.test 335 ann ann :is a bot",
            ":irc.test 338 ann ann 0::1 :is actually using host",
            ":irc.test 301 ann ann lunch",
            f":irc.test 317 ann ann 9 {SEEN} :seconds idle, signon time",
            ":irc.test 318 ann ann :End of WHOIS list",
        ]


@scene
async def test_whois_of_others() -> None:
    """No address, and no channel that is secret; the target may stand behind a server."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a,#s,#both"), await bench.member("bob", "#both")
        await ann.say("MODE #s +s", "MODE #both +s")
        await bob.lines()
        said = await bob.say("WHOIS irc.test ann")
        assert [line.split()[1] for line in said] == ["311", "319", "312", "317", "318"]
        assert said[1] == ":irc.test 319 bob ann :@#a @#both"
        await ann.say("MODE ann +i")
        assert (await bob.say("WHOIS ann ann"))[1] == ":irc.test 319 bob ann @#both"


@scene
async def test_whois_of_who_is_elsewhere() -> None:
    """How long it is silent is not known here."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        roster = bench.gateway.roster
        eve = User("eve", "u", "h", "")
        roster.add(eve)
        assert await ann.codes("WHOIS eve") == ["401", "318"]
        roster.arrive(eve, NOW)
        assert await ann.say("WHOIS eve") == [
            ":irc.test 311 ann eve u h * :", ":irc.test 312 ann eve irc.test :test server",
            ":irc.test 318 ann eve :End of WHOIS list",
        ]  # fmt: skip


@scene
async def test_whois_of_nobody() -> None:
    """Always has an end; without a nick it is a mistake."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.say("WHOIS nobody,ann", "WHOIS :", "WHOIS") == [
            ":irc.test 401 ann nobody :No such nick/channel",
            ":irc.test 318 ann nobody :End of WHOIS list",
            ":irc.test 431 ann :No nickname given",
            ":irc.test 461 ann WHOIS :Not enough parameters",
        ]


@scene
async def test_a_connection_by_tls_is_told() -> None:
    """As 671."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann"), await bench.member("bob")
        ann.client.secure = object()
        assert ":irc.test 671 bob ann :is using a secure connection" in await bob.say("WHOIS ann")


@scene
async def test_many_channels_are_several_lines() -> None:
    """None is too long."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        await ann.say(*(f"JOIN #{number:040}" for number in range(20)))
        lines = [line for line in await ann.say("WHOIS ann") if " 319 " in line]
        assert len(lines) > 1
        assert max(map(len, lines)) <= 510


@scene
async def test_whowas() -> None:
    """Who has left, or is called otherwise, the latest first."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann"), await bench.member("bob")
        where = host(bob)
        await bob.say("NICK rob")
        bench.unix += 60
        await bob.say("NICK bob")
        await bob.say("QUIT")
        first = ":irc.test 314 ann bob ~bob"
        said = await ann.say("WHOWAS bob")
        assert said == [
            f"{first} {where} * Bob", ":irc.test 312 ann bob irc.test :Sun, 09 Sep 2001 01:47:40 GMT",
            f"{first} {where} * Bob", ":irc.test 312 ann bob irc.test :Sun, 09 Sep 2001 01:46:40 GMT",
            ":irc.test 369 ann bob :End of WHOWAS list",
        ]  # fmt: skip
        assert await ann.codes("WHOWAS b?b 1", "WHOWAS bob -1", "WHOWAS rob x") == [
            "314", "312", "369", "314", "312", "314", "312", "369", "314", "312", "369"
        ]  # fmt: skip
        assert await ann.say("WHOWAS eve") == [
            ":irc.test 406 ann eve :There was no such nickname", ":irc.test 369 ann eve :End of WHOWAS list"
        ]  # fmt: skip


@scene
async def test_ison() -> None:
    """Those who are here, as they write themselves."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        await bench.member("Bob")
        new = bench.connect()
        await new.say("NICK new")
        assert await ann.say("ISON bob eve :ANN new", "ISON x") == [
            ":irc.test 303 ann :Bob ann", ":irc.test 303 ann :"
        ]  # fmt: skip


@scene
async def test_userhost() -> None:
    """Of up to five; who is away has a minus."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann"), await bench.member("bob")
        await bob.say("AWAY :lunch")
        assert await ann.say("USERHOST BOB x ann", "USERHOST a b c d e ann") == [
            f":irc.test 302 ann :bob=-~bob@{host(bob)} ann=+~ann@{host(ann)}", ":irc.test 302 ann :"
        ]  # fmt: skip

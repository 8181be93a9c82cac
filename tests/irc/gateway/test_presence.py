"""AWAY, SETNAME, MONITOR."""

import pytest

from tests.irc.gateway.support import Bench, Peer, scene


def source(peer: Peer) -> str:
    """nick!user@host of a client."""
    return str(peer.client.user.source)


@scene
async def test_away_and_back() -> None:
    """Members with away-notify hear of it; an empty text is as none."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="away-notify")
        bob, eve = await bench.member("bob", "#a", caps="away-notify"), await bench.member("eve", "#a")
        await ann.lines()
        assert await ann.say("AWAY :at lunch", "AWAY", "AWAY :") == [
            ":irc.test 306 ann :You have been marked as being away",
            ":irc.test 305 ann :You are no longer marked as being away",
            ":irc.test 305 ann :You are no longer marked as being away",
        ]
        assert (await bob.lines())[-3:] == [
            f":{source(ann)} AWAY :at lunch", f":{source(ann)} AWAY", f":{source(ann)} AWAY"
        ]  # fmt: skip
        assert "AWAY" not in " ".join(await eve.lines())
        assert [one["text"] for one in ann.events("irc.away")] == ["at lunch", None, None]
        assert bob.events("irc.away") == []


@scene
async def test_the_text_of_who_is_away_has_a_limit() -> None:
    """It is cut, never inside a character."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        await ann.say(f"AWAY :{'x' * 299}ää")
        assert ann.client.user.away == "x" * 299


@scene
async def test_a_real_name_changes() -> None:
    """Who has setname hears of it, itself among them."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="setname")
        bob, eve = await bench.member("bob", "#a", caps="setname"), await bench.member("eve", "#a")
        for one in (ann, bob):
            await one.lines()
        assert await ann.say("SETNAME :Ann the Second") == [f":{source(ann)} SETNAME :Ann the Second"]
        assert await bob.lines() == [f":{source(ann)} SETNAME :Ann the Second"]
        assert await eve.lines() == []
        (event,) = ann.events("irc.setname")
        assert (event["realname"], event["account"]) == ("Ann the Second", None)


@pytest.mark.parametrize("name", [" ", "", "x" * 151])
@scene
async def test_a_real_name_is_refused(name: str) -> None:
    """One that says nothing, or too much."""
    async with Bench() as bench:
        ann = await bench.member("ann", caps="setname")
        assert await ann.say(f"SETNAME :{name}") == [
            ":irc.test FAIL SETNAME INVALID_REALNAME :Realname is not valid"
        ]  # fmt: skip
        assert ann.client.user.realname == "Ann"


# --- MONITOR -----------------------------------------------------------------------------------------


@scene
async def test_somebody_comes_and_goes() -> None:
    """Each time is told; a change of case is none."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.say("MONITOR + Bob,ANN") == [
            f":irc.test 730 ann {source(ann)}", ":irc.test 731 ann Bob"
        ]  # fmt: skip
        bob = bench.connect()
        await bob.say("NICK bob")
        assert await ann.lines() == []
        await bob.say("USER bob 0 * :Bob")
        assert await ann.lines() == [f":irc.test 730 ann {source(bob)}"]
        await bob.say("NICK BOB")
        assert await ann.lines() == []
        await bob.say("NICK rob")
        assert await ann.lines() == [":irc.test 731 ann BOB"]
        await bob.say("NICK bob", "QUIT")
        assert [line.split()[1] for line in await ann.lines()] == ["730", "731"]


@scene
async def test_what_is_watched() -> None:
    """Is shown, told again, taken away and forgotten."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        await ann.say("MONITOR + bob,eve")
        assert await ann.say("MONITOR L", "MONITOR s", "MONITOR - BOB", "MONITOR L", "MONITOR c", "MONITOR L") == [
            ":irc.test 732 ann bob,eve", ":irc.test 733 ann :End of MONITOR list",
            ":irc.test 731 ann bob,eve",
            ":irc.test 732 ann eve", ":irc.test 733 ann :End of MONITOR list",
            ":irc.test 733 ann :End of MONITOR list",
        ]  # fmt: skip


@scene
async def test_watching_has_a_limit() -> None:
    """What is too many is told, and all before is watched."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        for start in (0, 60):
            nicks = [f"n{number}" for number in range(start, start + 60)]
            said = await ann.say(f"MONITOR + {','.join(nicks)}")
        assert said[0].startswith(":irc.test 734 ann 100 n100,n101,")
        assert said[-1].endswith(",n99")
        assert len(bench.gateway.roster.watches.of(ann.client.user)) == 100


@scene
async def test_what_is_no_watching() -> None:
    """Masks are no nicks; without a nick there is nothing to add."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.say("MONITOR + *!*@*,,#a,:") == []
        assert await ann.codes("MONITOR +", "MONITOR -", "MONITOR x y", "MONITOR") == ["461"] * 4


@scene
async def test_who_goes_watches_nobody() -> None:
    """Its list goes with it."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        await ann.say("MONITOR + bob")
        await ann.say("QUIT")
        await bench.member("bob")
        assert bench.gateway.roster.watches.who("bob") == []


@scene
async def test_watchers_hear_more_by_extended_monitor() -> None:
    """What members would hear, where they have agreed on that, too; who is both hears it once."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        eve, dan = await bench.member("eve"), await bench.member("dan")
        ann.client.caps |= {"extended-monitor", "away-notify"}
        eve.client.caps |= {"extended-monitor", "away-notify"}
        dan.client.caps |= {"away-notify"}
        for one in (ann, eve, dan):
            await one.say("MONITOR + bob")
        await bob.say("AWAY :lunch")
        for one, told in ((ann, 1), (eve, 1), (dan, 0)):
            assert await one.lines() == [f":{source(bob)} AWAY lunch"] * told

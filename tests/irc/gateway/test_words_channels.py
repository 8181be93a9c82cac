"""What an application has its client do."""

from typing import Any

import pytest

from interfaces.shared.errors import ApplicationError
from tests.irc.gateway.support import Bench, Peer, scene


def source(peer: Peer) -> str:
    """nick!user@host of a client."""
    return str(peer.client.user.source)


@scene
async def test_it_joins() -> None:
    """Whatever the modes of the channel; the application is not told what it did itself."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob")
        await ann.say("MODE #a +ik sesame")
        said = await bob.tell({"type": "irc.join", "channel": "#a"}, {"type": "irc.join", "channel": "#A"})
        assert [line.split()[1] for line in said] == ["JOIN", "353", "366"]
        assert await ann.lines() == [f":{source(bob)} JOIN #a"]
        assert bob.events("irc.join") == []


@scene
async def test_it_parts() -> None:
    """Once it is out nothing more happens."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a,#b")
        leave = {"type": "irc.part", "channel": "#a", "text": "bye"}
        await bench.member("bob", "#a")
        assert await ann.tell(leave, leave) == [f":{source(ann)} PART #a :bye"]
        assert await ann.tell({"type": "irc.part", "channel": "#b"}) == [f":{source(ann)} PART #b"]
        assert ann.events("irc.part") == []


@scene
async def test_it_sets_a_topic() -> None:
    """Without a text it is shown."""
    async with Bench() as bench:
        await bench.member("ann", "#a")
        bob = await bench.member("bob", "#a")
        asks = {"type": "irc.topic", "channel": "#a", "text": None}
        assert await bob.tell(asks, {**asks, "text": "new"}) == [f":{source(bob)} TOPIC #a :new"]
        assert [line.split()[1] for line in await bob.tell(asks)] == ["332", "333"]


@scene
async def test_it_kicks_and_changes_modes() -> None:
    """Though it is no operator."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        modes = [["+m", ""], ["+b", "eve"], ["-o", "ann"], ["+P", ""]]
        told = [f":{source(bob)} MODE #a +mb-o+P eve!*@* ann"]
        assert await bob.tell({"type": "irc.mode", "target": "#a", "modes": modes}) == told
        assert await ann.lines() == [f":{source(bob)} JOIN #a", *told][-1:]
        await bob.tell({"type": "irc.kick", "channel": "#a", "target": "ann"})
        assert await ann.lines() == [f":{source(bob)} KICK #a ann :bob"]
        await bob.tell({"type": "irc.mode", "target": "bob", "modes": [["+B", ""]]})
        assert bob.client.user.modes == "B"


@scene
async def test_it_has_another_nick() -> None:
    """Members hear of it."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        before = source(ann)
        assert await ann.tell({"type": "irc.nick", "nick": "annie"}) == [f":{before} NICK :annie"]
        assert (await bob.lines())[-1] == f":{before} NICK :annie"


@scene
async def test_it_is_away_and_back() -> None:
    """The client is told so."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert [line.split()[1] for line in await ann.tell({"type": "irc.away", "text": "lunch"})] == ["306"]
        assert ann.client.user.away == "lunch"
        assert [line.split()[1] for line in await ann.tell({"type": "irc.away", "text": None})] == ["305"]
        assert ann.client.user.away is None


@scene
async def test_it_invites() -> None:
    """Who is there already is left alone."""
    async with Bench() as bench:
        await bench.member("ann", "#a")
        bob, eve = await bench.member("bob", "#a"), await bench.member("eve")
        await bob.tell({"type": "irc.mode", "target": "#a", "modes": [["+i", ""]]})
        invite = {"type": "irc.invite", "channel": "#a", "target": "eve"}
        await bob.tell(invite)
        assert await eve.lines() == [f":{source(bob)} INVITE eve #a"]
        assert (await eve.codes("JOIN #a"))[0] == "JOIN"
        await bob.tell(invite)
        assert await eve.lines() == []


@scene
async def test_it_may_join_what_it_was_asked_about() -> None:
    """That is an answer, too."""
    async with Bench(
        lambda event: [{"type": "irc.accept"}][: event["type"] == "irc.connect"], ask_joins=True
    ) as bench:
        ann = await bench.member("ann")
        assert await ann.say("JOIN #a") == []
        said = await ann.tell({"type": "irc.join", "channel": "#A"})
        assert [line.split()[1] for line in said] == ["JOIN", "353", "366"]
        assert ann.transport.reading


@scene
async def test_first_comes_whether_the_client_may_be_here() -> None:
    """Before irc.accept there is nobody who could do anything."""
    async with Bench(lambda event: []) as bench:
        ann = bench.connect()
        await ann.say("NICK ann", "USER ann 0 * :Ann")
        with pytest.raises(ApplicationError, match=r"irc\.join: answer irc\.connect first"):
            await ann.call.send({"type": "irc.join", "channel": "#a"})


@pytest.mark.parametrize(("event", "why"), [
    ({"type": "irc.join"}, "irc.join needs a channel"),
    ({"type": "irc.join", "channel": 5}, "irc.join needs a channel"),
    ({"type": "irc.join", "channel": "no name"}, "'no name' is no name of a channel"),
    ({"type": "irc.join", "channel": "#new"}, "as many channels as may be"),
    ({"type": "irc.part", "channel": "#x"}, "there is no channel #x"),
    ({"type": "irc.topic", "channel": "#a", "text": "a\r\nQUIT"}, "no CR, LF or NUL"),
    ({"type": "irc.kick", "channel": "#a", "target": "nobody"}, "nobody is called 'nobody'"),
    ({"type": "irc.kick", "channel": "#a", "target": "bob"}, "bob is not in #a"),
    ({"type": "irc.kick", "channel": "#a"}, "nobody is called ''"),
    ({"type": "irc.mode", "target": "#a", "modes": [["o", "ann"]]}, "is no mode"),
    ({"type": "irc.mode", "target": "#a", "modes": [["+k", "a b"]]}, "'a b' is no parameter"),
    ({"type": "irc.mode", "target": "#a", "modes": [["+l", ""]]}, "'' is no parameter"),
    ({"type": "irc.mode", "target": "#a", "modes": [["+b", "a b"]]}, "is no parameter"),
    ({"type": "irc.mode", "target": "nobody", "modes": []}, "nobody is called 'nobody'"),
    ({"type": "irc.nick", "nick": "a b"}, "nobody may be called 'a b'"),
    ({"type": "irc.nick", "nick": "BOB"}, "somebody is called BOB already"),
    ({"type": "irc.invite", "channel": "#a", "target": "nobody"}, "nobody is called"),
])  # fmt: skip
@scene
async def test_what_cannot_be_is_the_applications_mistake(event: dict[str, Any], why: str) -> None:
    """It says what; nothing has changed."""
    async with Bench(channels=1) as bench:
        ann = await bench.member("ann", "#a")
        await bench.member("bob")
        with pytest.raises(ApplicationError, match=why):
            await ann.call.send(event)
        room = bench.gateway.roster.room("#a")
        assert (room.modes, room.topic, room.lists.get("b") or {}) == ({"n": "", "t": ""}, "", {})
        assert await ann.lines() == []

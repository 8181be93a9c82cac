"""JOIN."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.irc.gateway.support import Bench, Peer, scene


def source(peer: Peer) -> str:
    """nick!user@host of a client."""
    return str(peer.client.user.source)


def undecided(event: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Takes every client, and says nothing of channels."""
    if event["type"] == "irc.connect":
        yield {"type": "irc.accept"}


@scene
async def test_who_makes_a_channel_is_its_operator() -> None:
    """It hears itself join, and who is there; the application is told."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.say("JOIN #A") == [
            f":{source(ann)} JOIN #A",
            ":irc.test 353 ann = #A @ann",
            ":irc.test 366 ann #A :End of NAMES list",
        ]
        (event,) = ann.events("irc.join")
        assert (event["channel"], event["key"], event["realname"], event["is_self"]) == (
            "#A",
            "",
            "Ann",
            True,
        )
        assert event["source"]["nick"] == "ann"
        assert "asked" not in event
        assert bench.gateway.roster.room("#a").modes == {"n": "", "t": ""}


@scene
async def test_others_come_in_and_see_the_topic() -> None:
    """The name is as who made the channel wrote it; members hear of it, their applications do not."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#A"), await bench.member("bob")
        await ann.say("TOPIC #a :things")
        said = await bob.say("JOIN #a")
        assert said[0] == f":{source(bob)} JOIN #A"
        assert [line.split()[1] for line in said] == ["JOIN", "332", "333", "353", "366"]
        assert said[3] == ":irc.test 353 bob = #A :@ann bob"
        assert await ann.lines() == [f":{source(bob)} JOIN #A"]
        assert len(ann.events("irc.join")) == 1


@scene
async def test_without_operators_nobody_is_one() -> None:
    """And everybody may set the topic, since nobody else could."""
    async with Bench(operators=False) as bench:
        ann = await bench.member("ann")
        assert (await ann.say("JOIN #a"))[1] == ":irc.test 353 ann = #a ann"
        assert await ann.codes("TOPIC #a :new", "MODE #a +s") == ["TOPIC", "482"]


@scene
async def test_several_channels_with_their_keys() -> None:
    """Keys belong to channels by their place."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a,#b,#c"), await bench.member("bob")
        await ann.say("MODE #a +k one", "MODE #b +k two")
        said = await bob.codes("JOIN #a,,#b,#c one,,two")
        assert [code for code in said if code not in ("353", "366")] == ["JOIN", "JOIN", "JOIN"]
        assert [one["key"] for one in bob.events("irc.join")] == ["one", "two", ""]
        assert await bob.say("JOIN #a,#b") == []


@scene
async def test_join_0_leaves_all() -> None:
    """Each is a PART, and is told as one."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a,#b")
        assert await ann.codes("JOIN 0") == ["PART", "PART"]
        assert [one["channel"] for one in ann.events("irc.part")] == ["#a", "#b"]


@scene
async def test_an_empty_join_does_nothing() -> None:
    """irssi sends one, before it is registered too."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.say("JOIN :") == []
        new = bench.connect()
        assert await new.codes("JOIN :", "NICK new", "USER new 0 * :New") != []
        assert new.client.registration is None


@pytest.mark.parametrize(
    "name", ["x", "#", "&a", "inv@lid", "#a\x07", "#" + "x" * 64, "#" + "\U0001f600" * 60]
)
@scene
async def test_what_is_no_name_is_refused(name: str) -> None:
    """Neither one that is too long, in characters or in octets."""
    async with Bench() as bench:
        ann = await bench.member("ann")
        assert await ann.codes(f"JOIN {name},#ok") == ["403", "JOIN", "353", "366"]


@scene
async def test_modes_keep_out() -> None:
    """Each has its numeric; nothing is told to the application."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#b,#i,#k,#l"), await bench.member("bob")
        await ann.say("MODE #b +b bob", "MODE #i +i", "MODE #k +k sesame", "MODE #l +l 1")
        assert await bob.say("JOIN #b,#i,#k,#l") == [
            ":irc.test 474 bob #b :Cannot join channel (+b)",
            ":irc.test 473 bob #i :Cannot join channel (+i)",
            ":irc.test 475 bob #k :Cannot join channel (+k)",
            ":irc.test 471 bob #l :Cannot join channel (+l)",
        ]
        assert bob.events("irc.join") == []


@scene
async def test_channels_have_limits() -> None:
    """Of one client, and of all."""
    async with Bench(joined=2, channels=3) as bench:
        ann, bob = await bench.member("ann", "#a,#b"), await bench.member("bob", "#c")
        assert await ann.say("JOIN #c") == [":irc.test 405 ann #c :You have joined too many channels"]
        assert await bob.say("JOIN #d") == [
            ":irc.test 437 bob #d :Nick/channel is temporarily unavailable"
        ]  # fmt: skip
        assert (await bob.codes("JOIN #a"))[0] == "JOIN"


@scene
async def test_extended_join_tells_account_and_real_name() -> None:
    """To those who have agreed on it."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a", caps="extended-join"), await bench.member("bob", "#a")
        eve = await bench.member("eve")
        eve.client.user.account = "eve account"
        await eve.say("JOIN #a")
        assert await ann.lines() == [f":{source(eve)} JOIN #a eve Eve"]
        assert await bob.lines() == [f":{source(eve)} JOIN #a"]
        dan = await bench.member("dan", "#a")
        assert source(dan)
        assert bench.gateway.roster.room("#a").members[dan.client.user] == ""


@scene
async def test_who_is_away_is_known_to_be() -> None:
    """Whoever has away-notify hears of it with the JOIN, but not who joins."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="away-notify")
        bob = await bench.member("bob", caps="away-notify")
        await bob.say("AWAY :lunch")
        assert "AWAY" not in await bob.codes("JOIN #a")
        assert await ann.lines() == [f":{source(bob)} JOIN #a", f":{source(bob)} AWAY lunch"]


@scene
async def test_names_are_left_out_for_who_wants_none() -> None:
    """By draft/no-implicit-names."""
    async with Bench() as bench:
        ann = await bench.member("ann", caps="draft/no-implicit-names")
        assert await ann.codes("JOIN #a", "NAMES #a") == ["JOIN", "353", "366"]


# --- ask_joins ---------------------------------------------------------------------------------------


@scene
async def test_the_application_is_asked() -> None:
    """The JOIN waits, and what comes after it, too; the answer lets it in."""
    async with Bench(undecided, ask_joins=True) as bench:
        ann = await bench.member("ann")
        assert await ann.say("JOIN #a key", "MODE #a") == []
        (event,) = ann.events("irc.join")
        assert (event["channel"], event["key"], event["asked"]) == ("#a", "key", True)
        assert not ann.transport.reading
        assert bench.gateway.roster.room("#a") is None
        said = await ann.tell({"type": "irc.accept", "channel": "#A", "topic": "hello"})
        assert [line.split()[1] for line in said] == ["JOIN", "353", "366", "TOPIC", "324", "329"]
        assert ann.transport.reading
        assert len(ann.events("irc.join")) == 1


@scene
async def test_the_application_refuses() -> None:
    """With the numeric that it says, else as if it were for the invited only; there is no such channel then."""
    async with Bench(undecided, ask_joins=True) as bench:
        ann = await bench.member("ann")
        await ann.say("JOIN #a,#b")
        assert await ann.tell({"type": "irc.reject", "channel": "#a"}) == [
            ":irc.test 473 ann #a :Cannot join channel (+i)"
        ]  # fmt: skip
        assert not ann.transport.reading
        assert await ann.tell({"type": "irc.reject", "channel": "#b", "code": 405, "text": "Never"}) == [
            ":irc.test 405 ann #b Never"
        ]  # fmt: skip
        assert ann.transport.reading
        assert bench.gateway.roster.rooms == {}
        assert (
            await ann.tell({"type": "irc.accept", "channel": "#a"}, {"type": "irc.reject", "channel": "#a"})
            == []
        )


@scene
async def test_no_answer_is_a_refusal() -> None:
    """After decide_timeout, counted."""
    async with Bench(undecided, ask_joins=True, decide_timeout=5) as bench:
        ann = await bench.member("ann")
        await ann.say("JOIN #a,#b,#A")
        await bench.after(4)
        assert await ann.lines() == []
        await bench.after(2)
        assert [line.split()[1] for line in await ann.lines()] == ["437", "437"]
        assert ann.transport.reading
        assert bench.counted("irc.gateway.undecided") == 1


@scene
async def test_the_application_is_not_asked_about_what_modes_refuse() -> None:
    """Nor about a channel that the client is in."""
    async with Bench(ask_joins=True) as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob")
        await ann.say("MODE #a +i", "JOIN #a")
        assert await bob.codes("JOIN #a") == ["473"]
        assert bob.events("irc.join") == []
        assert len(ann.events("irc.join")) == 1


@scene
async def test_a_label_belongs_to_the_answer_however_late() -> None:
    """All that comes of a JOIN that waited is one batch."""
    async with Bench(undecided, ask_joins=True) as bench:
        ann = await bench.member("ann", caps="labeled-response batch")
        assert await ann.say("@label=7 JOIN #a,#b") == []
        assert await ann.tell({"type": "irc.reject", "channel": "#b"}) == []
        said = await ann.tell({"type": "irc.accept", "channel": "#a"})
        assert said[0].startswith("@label=7 :irc.test BATCH +")
        assert said[-1].startswith(":irc.test BATCH -")
        assert [line.split()[2] for line in said[1:-1]] == ["473", "JOIN", "353", "366"]
        assert all(line.startswith("@batch=") for line in said[1:-1])


@scene
async def test_a_client_may_go_while_it_waits() -> None:
    """The answer that comes then does nothing."""
    async with Bench(undecided, ask_joins=True) as bench:
        ann = await bench.member("ann")
        await ann.say("JOIN #a")
        await ann.leave()
        await bench.after(30)
        assert bench.gateway.roster.rooms == {}


@scene
async def test_the_limit_holds_for_what_is_asked_about_at_once() -> None:
    """However many one line names, and whatever the application says to it."""
    async with Bench(ask_joins=True, joined=2) as bench:
        ann = await bench.member("ann")
        assert "JOIN" in await ann.codes("JOIN #a")
        said = await ann.say("JOIN #b,#c,#d")
        assert [line.split()[3] for line in said if " 405 " in line] == ["#c", "#d"]
        assert [*bench.gateway.roster.rooms] == ["#a", "#b"]

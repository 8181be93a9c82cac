"""Two gateways that are linked: what is done in one container, and what clients of the other read of it."""

from typing import Any

import pytest

from interfaces.irc.gateway import actions
from tests.irc.gateway.support import TIME, Peer, scene
from tests.irc.gateway.tables import HOST, shorts
from tests.irc.gateway.test_linking import Pair, pair

ALL = "account-notify away-notify chghost extended-join invite-notify setname"


class Ends:
    """ann in one container, an operator of #a; in the other bob, who has all capabilities, and eve, who has none."""

    def __init__(self, both: Pair, ann: Peer, bob: Peer, eve: Peer) -> None:
        self.both = both
        self.ann = ann
        self.readers = (bob, eve)

    async def read(self) -> list[str]:
        """What bob and eve have read since the last time."""
        await self.both.settle()
        return [shorts(one, await one.lines()) for one in self.readers]

    async def say(self, *lines: str) -> list[str]:
        """ann says this; what bob and eve read."""
        await self.ann.say(*lines)
        return await self.read()


async def ends(both: Pair, inside: str = "#a") -> Ends:
    """Once all of them know of each other."""
    one, other = both.benches
    ann = await one.member("ann", "#a,#x")
    await both.settle()
    found = Ends(both, ann, await other.member("bob", inside, caps=ALL), await other.member("eve", inside))
    await found.read()
    return found


@pytest.mark.parametrize("rows", [
    [("JOIN #b", "", ""), ("PART #x", "", ""), ("PART #a", *["ann PART #a"] * 2),
    ("JOIN #a", "ann JOIN #a * Ann", "ann JOIN #a"),
     ("PART #a :so long", *["ann PART #a so long"] * 2), ("QUIT", "", "")],
    [("QUIT :bye", *["ann QUIT Quit: bye"] * 2)],
    [("NICK bob", "", ""), ("NICK app", "", ""), ("NICK ANN", *["ann NICK ANN"] * 2),
    ("NICK Ann", *["ANN NICK Ann"] * 2),
     ("NICK ann", *["Ann NICK ann"] * 2), ("QUIT", *["ann QUIT Quit"] * 2)],
    [("TOPIC #a :", "", ""), ("TOPIC #a :news", *["ann TOPIC #a news"] * 2), ("TOPIC #a", "", ""),
     ("TOPIC #a :", *["ann TOPIC #a"] * 2), ("TOPIC #x :news", "", "")],
    [("MODE #a +m", *["ann MODE #a +m"] * 2), ("MODE #a -m+i", *["ann MODE #a -m+i"] * 2), ("MODE #a +s-s", "", ""),
     ("MODE #a +k secret", *["ann MODE #a +k secret"] * 2), ("MODE #a -k any", *["ann MODE #a -k *"] * 2),
     ("MODE #a +l 7", *["ann MODE #a +l 7"] * 2), ("MODE #a -l", *["ann MODE #a -l"] * 2), ("MODE #a +z", "", ""),
     ("MODE #x +m", "", ""), ("MODE ann +i", "", "")],
    [("MODE #a +b x", *["ann MODE #a +b x!*@*"] * 2), ("MODE #a -b X", *["ann MODE #a -b x!*@*"] * 2),
    ("MODE #a b", "", ""),
     ("MODE #a +e x", *["ann MODE #a +e x!*@*"] * 2), ("MODE #a +I y", *["ann MODE #a +I y!*@*"] * 2)],
    [("MODE #a +ov bob eve", *["ann MODE #a +ov bob eve"] * 2), ("MODE #a -v EVE", *["ann MODE #a -v eve"] * 2),
     ("MODE #a -o ann", *["ann MODE #a -o ann"] * 2), ("MODE #a +o ann", "", "")],
    [("KICK #a eve,bob :out", "ann KICK #a eve out / ann KICK #a bob out", "ann KICK #a eve out"),
    ("KICK #a ann", "", "")],
    [("KICK #a bob", *["ann KICK #a bob ann"] * 2), ("KICK #a ann :me", "", "ann KICK #a ann me")],
    [("INVITE bob #x", "ann INVITE bob #x", ""), ("INVITE EVE #x", "", "ann INVITE eve #x"),
    ("INVITE bob #a", "", "")],
    [("AWAY", "", ""), ("AWAY :gone", "ann AWAY gone", ""), ("AWAY :far", "ann AWAY far", ""),
    ("AWAY", "ann AWAY", ""),
     ("SETNAME :Ann A.", "ann SETNAME Ann A.", ""), ("PRIVMSG #a :hi", "", ""), ("WHOIS bob", "", ""),
     ("JOIN 0", *["ann PART #a"] * 2)],
])  # fmt: skip
@scene
async def test_what_a_client_does_is_read_in_the_other_container(rows: list[tuple[str, str, str]]) -> None:
    """Members there read by their own capabilities what has changed, once; who is outside reads nothing."""
    async with pair() as both:
        found = await ends(both)
        assert [(said, *await found.say(said)) for said, _, _ in rows] == rows


ACTS: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "irc.join", "channel": "#b"}, "", ""),
    ({"type": "irc.topic", "channel": "#a", "text": "x"}, *["ann TOPIC #a x"] * 2),
    ({"type": "irc.mode", "target": "#a", "modes": [["+m", ""], ["+v", "eve"]]},
     *["ann MODE #a +m / ann MODE #a +v eve"] * 2),
    ({"type": "irc.away", "text": "x"}, "ann AWAY x", ""),
    ({"type": "irc.invite", "channel": "#x", "target": "EVE"}, "", "ann INVITE eve #x"),
    ({"type": "irc.send", "target": "#a", "text": "hi"}, *["app!app PRIVMSG #a hi"] * 2),
    ({"type": "irc.send", "target": "eve", "text": "hi", "notice": True}, "", "app!app NOTICE eve hi"),
    ({"type": "irc.action", "target": "#a", "text": "waves", "nick": "ann"},
     *["ann PRIVMSG #a \1ACTION waves\1"] * 2),
    ({"type": "irc.deliver", "source": "ann", "target": "@#a", "text": "ops", "relay": True}, "", ""),
    ({"type": "irc.deliver", "source": "ann", "target": "#a", "text": "hi"}, "", ""),
    ({"type": "irc.deliver", "source": "bob", "target": "#a", "text": "hi", "relay": True},
     "", "bob PRIVMSG #a hi"),
    ({"type": "irc.deliver", "source": "ann", "target": "#a", "command": "TAGMSG", "relay": True}, "", ""),
    ({"type": "irc.numeric", "code": 263, "text": "x"}, "", ""),
    ({"type": "irc.raw", "verb": "WALLOPS", "params": ["x"]}, "", ""),
    ({"type": "irc.kick", "channel": "#a", "target": "eve"}, *["ann KICK #a eve ann"] * 2),
    ({"type": "irc.nick", "nick": "ANN"}, "ann NICK ANN", ""),
    ({"type": "irc.close", "reason": "Idle"}, "ANN QUIT Idle", ""),
]  # fmt: skip
"""What an application has ann do, one after the other, and what bob and eve read."""


@scene
async def test_what_an_application_has_done_is_read_there() -> None:
    """It is as if the client had; what is for the client alone stays in its container."""
    async with pair() as both:
        found = await ends(both)
        for event, *expected in ACTS:
            await found.ann.tell(event)
            said = await found.read()
            assert [
                one.replace("@irc.test", "").replace(f"ANN!~ann@{HOST}", "ANN") for one in said
            ] == expected, event


@scene
async def test_account_and_host_are_told() -> None:
    """Each to those who have agreed on it, and what comes afterwards has the new source."""
    async with pair() as both:
        found = await ends(both)
        gateway, user = found.ann.bench.gateway, found.ann.client.user
        actions.account(gateway, user, "annie")
        assert await found.read() == ["ann ACCOUNT annie", ""]
        actions.rehosted(gateway, user, "v", "new.test")
        assert await found.read() == ["ann CHGHOST v new.test", ""]
        actions.account(gateway, user, None)
        assert await found.read() == ["ann!v@new.test ACCOUNT *", ""]
        assert await found.say("TOPIC #a :x") == ["ann!v@new.test TOPIC #a x"] * 2


@pytest.mark.parametrize(("before", "able", "other"), [
    ("MODE #x +n", "ann JOIN #b * Ann", "ann JOIN #b"),
    ("AWAY :gone", "ann JOIN #b * Ann / ann AWAY gone", "ann JOIN #b"),
    ("SETNAME :New", "ann JOIN #b * New", "ann JOIN #b"), ("NICK annie", "annie JOIN #b * Ann", "annie JOIN #b"),
])  # fmt: skip
@scene
async def test_who_joins_is_known_as_it_is_there(before: str, able: str, other: str) -> None:
    """What somebody did before its JOIN is part of what the other container tells of it."""
    async with pair() as both:
        found = await ends(both, inside="#b")
        await found.say(before)
        (bob, _) = found.readers
        said = await found.say("JOIN #b")
        assert [one.replace(f"annie!~ann@{HOST}", "annie") for one in said] == [able, other]
        assert bob.client.user.rooms["#b"].members.keys() >= {bob.client.user}


@pytest.mark.parametrize("rows", [
    [("MODE #x +s", "NAMES #x", "366 #x"), ("PING x", "TOPIC #x", "403 #x"), ("MODE #x -s+i", "JOIN #x", "473 #x"),
     ("MODE #x -i+k key", "JOIN #x", "475 #x"), ("MODE #x -k+l key 1", "JOIN #x", "471 #x"),
     ("MODE #x -l+b bob", "JOIN #x", "474 #x"), ("MODE #x -b+b bob *!~bob@*", "PRIVMSG #x :hi", "404 #x"),
     ("MODE #x -b+m *!~bob@*", "MODE #x", "324 #x +mnt / 329 #x 1000000000"),
     ("QUIT", "JOIN #x", "bob JOIN #x * Bob / 353 = #x @bob / 366 #x")],
    [("MODE #a +m", "PRIVMSG #a :hi", "404 #a"), ("MODE #a +v bob", "PRIVMSG #a :hi", ""),
     ("MODE #a +b bob", "MODE #a b", "367 #a bob!*@* ann 1000000000 / 368 #a"), ("PING x", "KICK #a ann", "482 #a"),
     ("PING x", "NAMES #a", "353 = #a @ann +bob eve / 366 #a"),
     ("MODE #a +o bob", "MODE #a -o ann", "bob MODE #a -o ann"),
     ("MODE #a -m", "NAMES #a", "353 = #a ann @bob eve / 366 #a"), ("PART #a", "KICK #a ann", "441 ann #a")],
    [("TOPIC #x :news", "TOPIC #x", "332 #x news / 333 #x ann 1000000000"),
     ("PING x", "LIST #x", "321 Channel / 322 #x 1 news / 323"), ("INVITE bob #x", "INVITE", "336 #x / 337"),
     ("PING x", "INVITE ann #a", "443 ann #a"), ("PING x", "MODE ann", "502"), ("PING x", "NICK ANN", "433 ANN")],
    [("AWAY :gone", "PRIVMSG ann :hi", "301 ann gone"), ("PING x", "WHO ann %fd", "354 G 1 / 315 ann"),
     ("PING x", "USERHOST ann", f"302 ann=-~ann@{HOST}"), ("AWAY", "PRIVMSG ann :hi", ""),
     ("MODE ann +Bi", "WHO ann %f", "354 HB / 315 ann"), ("PING x", "WHO ~an* %n", "354 ann / 315 ~an*"),
     ("SETNAME :New", "WHO ann %r", "354 New / 315 ann"), ("PART #a", "WHO ~an* %n", "315 ~an*")],
    [("NICK annie", "ISON ann annie", "303 annie"), ("PING x", "WHOIS ann", "401 ann / 318 ann"),
     ("QUIT", "PRIVMSG annie :hi", "401 annie"), ("PING x", "NICK annie", "bob NICK annie")],
])  # fmt: skip
@scene
async def test_what_is_asked_in_the_other_container_is_the_same(rows: list[tuple[str, str, str]]) -> None:
    """What somebody did here holds there: who may do what, who is seen, and what is answered."""
    async with pair() as both:
        found = await ends(both)
        bob = found.readers[0]
        for before, asked, answer in rows:
            await found.say(before)
            said = shorts(bob, await bob.say(asked))
            await both.settle()
            assert said == answer, (before, asked)


@scene
async def test_watchers_in_the_other_container_are_told() -> None:
    """MONITOR is of the network: who comes, is renamed and goes in one container is told in the other."""
    async with pair() as both:
        found = await ends(both)
        bob = found.readers[0]
        assert shorts(bob, await bob.say("MONITOR + ANN,annie,dan")) == "730 ann / 731 annie,dan"
        await found.say("PART #a")
        assert await found.say("NICK annie") == ["731 ann / 730 annie", ""]
        assert await found.say("QUIT") == ["731 annie", ""]
        await both.benches[0].member("dan")
        assert (await found.read())[0].startswith("730 dan!")


@scene
async def test_a_message_has_one_name_and_time_in_both() -> None:
    """All tags are the same wherever it is read, and account and bot are of who has said it."""
    async with pair() as both:
        one, other = both.benches
        caps = "message-tags server-time account-tag"
        ann, cat = await one.member("ann", "#a"), await one.member("cat", "#a", caps=caps)
        await both.settle()
        bob = await other.member("bob", "#a", caps=caps)
        await both.settle()
        ann.client.user.account = "annie"
        await ann.say("MODE ann +B")
        for peer in (cat, bob):
            await peer.lines()
        await ann.tell({"type": "irc.deliver", "source": "ann", "target": "#a", "text": "hi", "relay": True,
                        "tags": {"msgid": "m", "+x": "1"}})  # fmt: skip
        await both.settle()
        here, there = await cat.lines(), await bob.lines()
        assert here == there
        assert here[0].startswith(f"@msgid=m;bot;+x=1;time={TIME};account=annie :ann!")

"""What changes who is there, and who is told: clients here, and other containers."""

from typing import Any

import msgpack
import pytest

from interfaces.irc.gateway import actions
from interfaces.irc.gateway.roster import User
from interfaces.irc.modes import Change
from interfaces.shared.errors import ApplicationError
from tests.irc.gateway.support import NOW, Bench, Peer, scene

Told = tuple[str, User | None, dict[str, Any]]


class Link:
    """One that records; what is said has to cross to another process."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def tell(self, what: str, user: User | None, said: dict[str, Any]) -> None:
        """As a link does."""
        assert msgpack.unpackb(msgpack.packb(said)) == said
        self.told.append((what, user, said))

    def take(self) -> list[Told]:
        """What was told since the last time."""
        told, self.told = self.told, []
        return told


def linked(bench: Bench) -> Link:
    """A gateway that has one."""
    bench.gateway.link = link = Link()
    return link


def stranger(bench: Bench, nick: str = "eve", *channels: str) -> User:
    """A user of another container."""
    user = User(nick, "u", "host.test", "Real")
    user.home = "elsewhere"
    bench.gateway.roster.add(user)
    actions.arrived(bench.gateway, user, NOW - 5)
    for channel in channels:
        actions.enter(bench.gateway, user, bench.gateway.roster.open(channel, NOW))
    return user


def source(peer: Peer) -> str:
    """nick!user@host of a client."""
    return str(peer.client.user.source)


@scene
async def test_what_ours_do_is_told_to_others() -> None:
    """Each with plain values, in the order in which it happened."""
    async with Bench() as bench:
        link = linked(bench)
        ann = await bench.member("ann")
        user = ann.client.user
        assert link.take() == [("arrive", user, {
            "nick": "ann", "user": "~ann", "host": user.host, "realname": "Ann", "account": None, "modes": "",
            "since": NOW,
        })]  # fmt: skip
        await ann.say("JOIN #a", "TOPIC #a :new", "MODE #a +b eve", "AWAY :lunch", "SETNAME :Annie", "MODE ann +i",
                      "NICK annie", "PART #a :bye", "QUIT :so long")  # fmt: skip
        assert link.take() == [
            ("join", user, {"channel": "#a", "signs": "@", "since": NOW, "modes": {"n": "", "t": ""}}),
            ("topic", user, {"channel": "#a", "text": "new", "at": NOW}),
            ("mode", user, {"target": "#a", "modes": [["+b", "eve!*@*"]], "at": NOW}),
            ("away", user, {"text": "lunch"}),
            ("setname", user, {"realname": "Annie"}),
            ("mode", user, {"target": "ann", "modes": [["+i", ""]], "at": NOW}),
            ("nick", user, {"old": "ann"}),
            ("part", user, {"channel": "#a", "text": "bye"}),
            ("quit", user, {"text": "Quit: so long"}),
        ]


@scene
async def test_what_ours_do_to_others_is_told_as_theirs_who_did_it() -> None:
    """Kicks and invitations."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        eve, dan = stranger(bench, "eve", "#a"), stranger(bench, "dan")
        link = linked(bench)
        await ann.say("KICK #a eve :out", "INVITE dan #a", "MODE #a +v ann")
        assert link.take() == [
            ("kick", ann.client.user, {"channel": "#a", "target": "eve", "text": "out"}),
            ("invite", ann.client.user, {"channel": "#a", "target": "dan", "lifts": True}),
            ("mode", ann.client.user, {"target": "#a", "modes": [["+v", "ann"]], "at": NOW}),
        ]
        assert eve.rooms == {}
        assert len(dan.invites) == 1


@scene
async def test_what_others_do_is_told_to_clients_here() -> None:
    """As if they were connected here, and to no link."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        link, gateway = linked(bench), bench.gateway
        eve = stranger(bench, "eve", "#a")
        room = gateway.roster.room("#a")
        actions.topic(gateway, eve, room, "theirs", 5.0)
        actions.moded(gateway, eve, room, [Change("+", "b", "x!*@*"), Change("+", "o", "eve")], 6.0)
        actions.away(gateway, eve, "lunch")
        actions.setname(gateway, eve, "Evelyn")
        actions.account(gateway, eve, "evelyn")
        actions.renamed(gateway, eve, "evelyn")
        actions.invited(gateway, eve, ann.client.user, room)
        actions.kicked(gateway, eve, ann.client.user, room)
        actions.quitted(gateway, eve, "netsplit")
        before, after = "eve!u@host.test", "evelyn!u@host.test"
        assert await ann.lines() == [
            f":{before} JOIN #a",
            f":{before} TOPIC #a :theirs",
            f":{before} MODE #a +bo x!*@* eve",
            f":{before} NICK :evelyn",
            f":{after} INVITE ann #a",
            f":{after} KICK #a ann :evelyn",
        ]
        assert (room.topic_by, room.topic_at) == (before, 5.0)
        assert [(one.by, one.at) for one in room.lists["b"].values()] == [(before, 6.0)]
        assert (eve.realname, eve.account, eve.modes, eve.away) == ("Evelyn", "evelyn", "r", "lunch")
        assert link.take() == []
        assert gateway.roster.user("evelyn") is None
        assert [one["type"] for one in ann.heard[-2:]] == ["irc.join", "irc.kick"]  # what was done to itself


@scene
async def test_a_server_may_do_it_too() -> None:
    """What ours does is told with no user; what another one does is not."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        link, gateway = linked(bench), bench.gateway
        room = gateway.roster.room("#a")
        actions.moded(gateway, "irc.test", room, [Change("+", "m")])
        actions.topic(gateway, "irc.other", room, "theirs")
        actions.kicked(gateway, "irc.test", ann.client.user, room)
        assert await ann.lines() == [
            ":irc.test MODE #a +m", ":irc.other TOPIC #a :theirs", ":irc.test KICK #a ann :irc.test"
        ]  # fmt: skip
        assert [(what, user) for what, user, _ in link.take()] == [("mode", None), ("kick", None)]


@scene
async def test_members_hear_of_accounts_and_hosts() -> None:
    """Who has account-notify or chghost; others see a host with the next line."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="account-notify chghost")
        bob, gateway = await bench.member("bob", "#a"), bench.gateway
        eve = stranger(bench, "eve", "#a")
        for one in (ann, bob):
            await one.lines()
        actions.account(gateway, eve, "eve account")
        actions.rehosted(gateway, eve, "v", "new.test")
        actions.account(gateway, eve, None)
        assert await ann.lines() == [
            ":eve!u@host.test ACCOUNT eve",
            ":eve!u@host.test CHGHOST v new.test",
            ":eve!v@new.test ACCOUNT *",
        ]
        assert await bob.lines() == []
        assert eve.modes == ""
        link = linked(bench)
        actions.account(gateway, ann.client.user, "annie")
        assert await ann.lines() == [":irc.test MODE ann +r", f":{source(ann)} ACCOUNT annie"]
        assert [(what, said) for what, _, said in link.take()] == [
            ("mode", {"target": "ann", "modes": [["+r", ""]], "at": NOW}), ("account", {"account": "annie"})
        ]  # fmt: skip


@scene
async def test_who_shares_several_channels_hears_of_it_once() -> None:
    """Of a quit and of a nick."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a,#b"), await bench.member("bob", "#a,#b")
        before = source(bob)
        await bob.say("NICK rob")
        after = source(bob)
        await bob.say("QUIT :bye")
        assert (await ann.lines())[-2:] == [f":{before} NICK :rob", f":{after} QUIT :Quit: bye"]


@scene
async def test_a_nick_that_is_taken_is_not_given() -> None:
    """Nothing is told, nor remembered."""
    async with Bench() as bench:
        ann, bob = await bench.member("ann", "#a"), await bench.member("bob", "#a")
        await ann.lines()
        assert not actions.renamed(bench.gateway, bob.client.user, "ANN")
        assert await ann.lines() == []
        assert bench.gateway.roster.past.find("bob") == []


@scene
async def test_what_no_line_can_say_changes_nothing() -> None:
    """It is refused before anything is done."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        room = bench.gateway.roster.room("#a")
        for broken in (
            lambda: actions.topic(bench.gateway, ann.client.user, room, "a\nb"),
            lambda: actions.leave(bench.gateway, ann.client.user, room, "a\nb"),
            lambda: actions.kicked(bench.gateway, ann.client.user, ann.client.user, room, "a\nb"),
            lambda: actions.renamed(bench.gateway, ann.client.user, "a\nb"),
            lambda: actions.setname(bench.gateway, ann.client.user, "a\0b"),
            lambda: actions.away(bench.gateway, ann.client.user, "a\rb"),
        ):
            with pytest.raises(ApplicationError, match="IRC"):
                broken()
        user = ann.client.user
        assert (room.topic, user.nick, user.realname, user.away) == ("", "ann", "Ann", None)
        assert user in room.members


@scene
async def test_a_text_is_cut_to_its_line() -> None:
    """Whatever stands before it; never inside a character."""
    async with Bench() as bench:
        ann = await bench.member("ann", f"#{'ä' * 63}")
        for command in (
            f"PART #{'ä' * 63}",
            f"JOIN #{'ä' * 63}",
            f"KICK #{'ä' * 63} ann",
            f"TOPIC #{'ä' * 63}",
        ):
            for line in await ann.say(f"{command} :{'ö' * 150}"):
                assert len(line.encode()) <= 510

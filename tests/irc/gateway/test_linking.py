"""Two gateways over one channel layer: who is there, what is said, what is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from interfaces.irc.gateway.linked_acts import Limits
from interfaces.irc.gateway.linking import BEAT, READY, VERSION, Link, group_name, linked
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import Unavailable
from tests.irc.gateway.support import Bench, scene


class Pair:
    """Two gateways and their links, "a" the first of them; time goes by only where a test says so."""

    def __init__(self, layer: Any, **options: Any) -> None:
        self.layer = layer
        self.ready: list[tuple[str, bool]] = []
        self.benches = [Bench(layer=layer, **options) for _ in "ab"]
        self.links = [
            Link(bench.gateway, bench.context, name) for bench, name in zip(self.benches, "ab", strict=True)
        ]
        self.now = self.links[0]._loop.time()
        for bench, link in zip(self.benches, self.links, strict=True):
            bench.gateway.link = link
            bench.gateway._ids = f"id{link.name}"
            bench.context.on_ready = lambda name, ok, _why: self.ready.append((name, ok))

    async def settle(self) -> None:
        """Let everybody run until all is told."""
        for _ in range(5):
            for bench in self.benches:
                await bench.settle()

    async def pass_by(self, seconds: float = BEAT) -> None:
        """Time goes by, in seconds of a tick each."""
        for _ in range(int(seconds)):
            self.now += 1.0
            for link in self.links:
                link.tick(self.now)
            await self.settle()


@asynccontextmanager
async def pair(layer: Any = None, **options: Any) -> AsyncIterator[Pair]:
    """Two gateways that know each other; at the end nothing is left of their clients."""
    found = layer or LocalChannelLayer()
    both = Pair(found, **options)
    for link in both.links:
        await link.open()
        link._timer.cancel()
    await both.settle()
    yield both
    for bench in both.benches:
        for peer in bench.peers:
            peer.transport.lose()
        for call in bench.calls:
            await call.finish()
    for link in both.links:
        await link.close()
    await found.close()
    await both.settle()
    for bench in both.benches:
        assert not bench.gateway.connections
        assert not bench.gateway.roster.users
        assert not bench.gateway.roster.rooms
    assert asyncio.all_tasks() == {asyncio.current_task()}


@scene
async def test_members_of_other_containers_are_members() -> None:
    """JOIN is seen there, NAMES has them, and what is said reaches them once, with one msgid and time."""
    async with pair() as both:
        one, other = both.benches
        ann = await one.member("ann", "#ops", caps="message-tags server-time")
        await both.settle()
        bob = await other.member("bob", caps="message-tags server-time")
        lines = await bob.say("JOIN #ops")
        await both.settle()
        assert ":irc.test 353 bob = #ops :@ann bob" in [line.partition(" ")[2] for line in lines]
        seen = await ann.lines()
        assert [line.split()[2] for line in seen] == ["JOIN"]
        said = {"type": "irc.deliver", "source": "ann", "target": "#ops", "text": "hi", "relay": True}
        await ann.tell(said)
        await both.settle()
        heard = await bob.lines()
        assert len(heard) == 1
        assert "msgid=ida-" in heard[0]
        assert heard[0].endswith("PRIVMSG #ops :hi")


@scene
async def test_what_members_do_is_seen_in_the_other_container() -> None:
    """NICK, TOPIC, MODE, AWAY, SETNAME, KICK, PART and QUIT, each once, by whom they are."""
    async with pair() as both:
        one, other = both.benches
        caps = "away-notify setname account-notify"
        ann = await one.member("ann", "#ops", caps=caps)
        await both.settle()
        bob = await other.member("bob", "#ops", caps=caps)
        await both.settle()
        bob.take()
        seen = {}
        for said in (
            "TOPIC #ops :news", "MODE #ops +ov bob bob", "MODE #ops +kb secret x!*@*", "AWAY :lunch", "AWAY",
            "SETNAME :Ann A.", "NICK ann2", "KICK #ops bob :out",
        ):  # fmt: skip
            await ann.say(said)
            await both.settle()
            seen[said] = [
                line.partition("!")[0][1:] + line.partition(" ")[2].join("  ") for line in await bob.lines()
            ]
        assert seen == {
            "TOPIC #ops :news": ["ann TOPIC #ops :news "],
            "MODE #ops +ov bob bob": ["ann MODE #ops +ov bob bob "],
            "MODE #ops +kb secret x!*@*": ["ann MODE #ops +kb secret x!*@* "],
            "AWAY :lunch": ["ann AWAY lunch "],
            "AWAY": ["ann AWAY "],
            "SETNAME :Ann A.": ["ann SETNAME :Ann A. "],
            "NICK ann2": ["ann NICK :ann2 "],
            "KICK #ops bob :out": ["ann2 KICK #ops bob :out "],
        }
        room = one.gateway.roster.room("#ops")
        assert [user.nick for user in room.members] == ["ann2"]
        assert (room.topic, room.modes["k"]) == ("news", "secret")
        await ann.say("QUIT :bye")
        await both.settle()
        assert one.gateway.roster.room("#ops") is None
        assert other.gateway.roster.room("#ops") is None
        assert other.gateway.roster.user("ann2") is None
        assert len(both.links[1].known.rooms) == 0


@scene
async def test_who_is_there_is_asked_for_by_who_comes_later() -> None:
    """A container that starts gets all users and channels, and its clients find them by WHOIS and NAMES."""
    layer = LocalChannelLayer()
    first = Bench(layer=layer, per_address=1000)
    link = Link(first.gateway, first.context, "first")
    first.gateway.link = link
    await link.open()
    link._timer.cancel()
    for number in range(250):
        await first.member(f"u{number}", "#all")
    await first.peers[0].say("TOPIC #all :hello", "AWAY :gone")
    async with pair(layer) as both:
        await both.pass_by(2)
        await first.settle()
        await both.settle()
        ann = await both.benches[0].member("ann")
        assert len(both.benches[1].gateway.roster.room("#all").members) == 250
        lines = await ann.say("WHOIS u0")
        assert any(" 301 ann u0 gone" in line for line in lines)
        assert any(" 319 ann u0 @#all" in line for line in lines)
        assert "331" not in await ann.codes("TOPIC #all")
        await link.close()
        for peer in first.peers:
            peer.transport.lose()
        for call in first.calls:
            await call.finish()
        await both.settle()
        assert [*both.benches[1].gateway.roster.users] == ["ann"]


@scene
async def test_a_nick_is_theirs_who_came_first() -> None:
    """Two that were not linked: who came later is called otherwise, is told, and so is its application."""
    async with pair() as both:
        one, other = both.benches
        both.links[0]._down("test")
        one.unix += 5.0
        late = await one.member("bob", "#late")
        early = await other.member("bob", "#early")
        await both.pass_by(2)
        nicks = sorted(one.gateway.roster.users)
        assert nicks == sorted(other.gateway.roster.users)
        assert nicks[0] == "bob"
        assert nicks[1].startswith("bob_")
        assert early.client.user.nick == "bob"
        assert late.client.user.nick == nicks[1]
        assert [line.split()[1:] for line in await late.lines()] == [["NICK", f":{nicks[1]}"]]
        assert [event["new_nick"] for event in late.events("irc.nick")] == [nicks[1]]
        assert other.gateway.roster.user(nicks[1]).rooms.keys() == {"#late"}


@scene
async def test_who_is_about_to_come_loses_its_nick() -> None:
    """A nick that somebody only holds is another container's as soon as somebody has it there."""
    async with pair() as both:
        one, other = both.benches
        one.script = lambda _event: ()
        waiting = one.connect()
        await waiting.say("NICK bob", "USER bob 0 * :Bob")
        bob = await other.member("bob", "#ops")
        await both.settle()
        assert one.gateway.roster.present("bob").home == "b"
        await waiting.tell({"type": "irc.accept"})
        await both.settle()
        assert waiting.client.user.nick.startswith("bob_")
        assert other.gateway.roster.present(waiting.client.user.nick) is not None
        assert bob.client.user.nick == "bob"


@scene
async def test_the_older_channel_keeps_its_operators() -> None:
    """Two channels of one name that meet: the older one's topic, modes and operators hold, all are told."""
    async with pair() as both:
        one, other = both.benches
        both.links[0]._down("test")
        ann = await one.member("ann", "#ops")
        await ann.say("TOPIC #ops :old", "MODE #ops +m")
        other.unix += 100.0
        bob = await other.member("bob", "#ops")
        await bob.say("TOPIC #ops :new", "MODE #ops +i")
        bob.take()
        await both.pass_by(2)
        for bench in both.benches:
            room = bench.gateway.roster.room("#ops")
            assert (room.topic, {*room.modes}) == ("old", {"n", "t", "m"})
            assert {user.nick: signs for user, signs in room.members.items()} == {"ann": "@", "bob": ""}
        told = [" ".join(line.split(" ")[1:]) for line in await bob.lines()]
        assert "MODE #ops -o bob" in told
        assert "MODE #ops -i+m" in told
        assert "TOPIC #ops :old" in told
        assert not [line for line in await ann.lines() if "JOIN" not in line]


@scene
async def test_a_container_that_is_silent_is_split_off_and_comes_back() -> None:
    """Its users quit in a batch of the type netsplit, and join in one of the type netjoin, for who has batches."""
    async with pair() as both:
        one, other = both.benches
        ann = await one.member("ann", "#ops", caps="batch message-tags")
        old = await one.member("old", "#ops")
        bob = await other.member("bob", "#ops")
        cat = await other.member("cat", "#ops")
        await both.settle()
        ann.take(), old.take()
        both.links[1].up = False
        for _ in range(31):
            both.now += 1
            both.links[0].tick(both.now)
        await one.settle()
        lines = await ann.lines()
        assert [line.split()[1 if line[0] == ":" else 2] for line in lines] == [
            "BATCH",
            "QUIT",
            "QUIT",
            "BATCH",
        ]
        assert " netsplit irc.test b.irc.test" in lines[0]
        reference = lines[0].split()[2][1:]
        assert all(line.startswith(f"@batch={reference} :") for line in lines[1:3])
        assert lines[3].split()[2] == f"-{reference}"
        plain = await old.lines()
        assert [line.partition(" ")[2] for line in plain] == ["QUIT :*.net *.split"] * 2
        assert {*one.gateway.roster.users} == {"ann", "old"}
        both.links[1].up = True
        await both.pass_by(12)
        lines = await ann.lines()
        assert [line.split()[1 if line[0] == ":" else 2] for line in lines] == [
            "BATCH",
            "JOIN",
            "JOIN",
            "BATCH",
        ]
        assert " netjoin irc.test b.irc.test" in lines[0]
        assert [line.partition(" ")[2] for line in await old.lines()] == ["JOIN #ops"] * 2
        assert {*one.gateway.roster.users} == {*other.gateway.roster.users}
        assert len(bob.transport.out) == len(cat.transport.out) == 0


@scene
async def test_what_was_lost_is_told_again() -> None:
    """A message that did not come is missed by the next, or the next beat: then all rows of its container come."""
    async with pair() as both:
        one, other = both.benches
        ann = await one.member("ann")
        await both.settle()
        both.links[0].own.lost = lambda _by: None
        for tail in (False, True):
            await ann.say("JOIN #a" if not tail else "JOIN #b")
            both.links[0].own.drop()
            await both.settle()
            if not tail:
                await ann.say("JOIN #c")
            await both.pass_by(BEAT + 2)
            assert {*other.gateway.roster.user("ann").rooms} == {*one.gateway.roster.user("ann").rooms}
        assert other.telemetry.counts["irc.link.resync"] == 2


@scene
async def test_what_nobody_told_is_found() -> None:
    """A look at all rows in turn finds what was changed in the roster without a word."""
    async with pair() as both:
        one, other = both.benches
        ann = await one.member("ann", "#ops")
        await both.settle()
        ann.client.user.realname = "Somebody else"
        one.gateway.roster.room("#ops").topic = "silent"
        await both.pass_by(3)
        assert other.gateway.roster.user("ann").realname == "Somebody else"
        assert other.gateway.roster.room("#ops").topic == "silent"


@scene
async def test_a_nick_is_told_by_its_container_alone() -> None:
    """What is said to a nick is one message, to the channel of its container; to one here none is."""
    async with pair() as both:
        one, other = both.benches
        ann = await one.member("ann")
        bob = await other.member("bob")
        await both.settle()
        groups, sent = [], []
        send, group_send = both.layer.send, both.layer.group_send

        async def spied(channel: str, message: Any) -> None:
            sent.append(channel)
            await send(channel, message)

        async def spied_group(group: str, message: Any) -> None:
            groups.append(group)
            await group_send(group, message)

        both.layer.send, both.layer.group_send = spied, spied_group
        for target in ("bob", "ann", "nobody", "#nowhere"):
            await ann.call.send(
                {"type": "irc.send", "target": target, "text": "psst", "nick": "ann", "reply_channel": "x"}
            )
        await both.settle()
        assert sent == [both.links[1].channel]
        assert groups == [both.links[0].group]  # of #nowhere another container may know
        assert [line.partition(" ")[2] for line in await bob.lines()] == ["PRIVMSG bob :psst"]
        assert [line.partition(" ")[2] for line in await ann.lines()] == ["PRIVMSG ann :psst"]


@scene
async def test_a_message_to_many_is_one_between_containers() -> None:
    """However many members there are in the other container, and without others none is sent."""
    async with pair() as both:
        one, other = both.benches
        ann = await one.member("ann", "#ops")
        for number in range(20):
            await other.member(f"u{number}", "#ops")
        await both.settle()
        before = both.links[0].own.n
        heard = []
        hear = both.links[1].hear
        both.links[1].hear = lambda message: (heard.append(message), hear(message))[1]
        said = {"type": "irc.deliver", "source": "ann", "target": "#ops", "relay": True}
        for number in range(3):
            await ann.call.send({**said, "text": f"line {number}"})
        await both.settle()
        acts = [act[0] for message in heard for act in message["acts"]]
        assert acts == ["say", "say", "say"]
        assert both.links[0].own.n == before
        assert {len(await peer.lines()) for peer in other.peers} == {3}


@scene
async def test_what_others_speak_is_not_heard() -> None:
    """Messages of another version, of another type, or that make no sense are counted; nothing else comes of them."""
    async with pair() as both:
        one, _other = both.benches
        link = both.links[0]
        await one.member("ann", "#ops")
        for message in (
            {"type": "irc.link", "v": VERSION + 1, "from": "z", "kind": "acts"},
            {"type": "irc.link", "v": VERSION + 1, "from": "z", "kind": "acts"},
            {"type": "chat.message", "v": VERSION, "from": "z"},
            {"type": "irc.link", "v": VERSION, "from": "b"},
            {"type": "irc.link", "v": VERSION, "from": "b", "kind": "acts", "n": 0, "acts": [["nick"]]},
            {
                "type": "irc.link",
                "v": VERSION,
                "from": "b",
                "kind": "acts",
                "n": 0,
                "acts": [["quite new", 5]],
            },
            {"type": "irc.link", "v": VERSION, "from": "b", "kind": "quite new"},
            {"type": "irc.link", "v": VERSION, "from": 7},
        ):
            for _ in link.hear(message):
                pass
        assert one.telemetry.counts["irc.link.version"] == 2
        assert one.telemetry.counts["irc.link.malformed"] == 2
        assert [*one.gateway.roster.users] == ["ann"]
        assert [*link.peers.peers] == ["b"]


@scene
async def test_without_the_broker_users_go_on() -> None:
    """Nothing waits while nobody can be told; once it can be, all of it is told; /readyz says both."""

    class Broken(LocalChannelLayer):
        away = False

        async def group_send(self, group: str, message: Any) -> None:
            if self.away:
                raise Unavailable("the broker is away")
            await super().group_send(group, message)

    layer = Broken()
    async with pair(layer) as both:
        one, other = both.benches
        ann = await one.member("ann", "#ops")
        bob = await other.member("bob", "#ops")
        await both.settle()
        assert both.ready[-1] == (READY, True)
        layer.away = True
        await ann.say("TOPIC #ops :alone")
        await both.settle()
        assert both.ready[-1] == (READY, False)
        said = {"type": "irc.deliver", "source": "ann", "target": "#ops", "text": "hi", "relay": True}
        for _ in range(50):
            await ann.say("JOIN #x", "PART #x")
            await ann.tell(said)
        assert both.links[0].own.waiting == 0
        assert one.telemetry.counts["irc.link.lost"] == 50
        await bob.say("NICK bob2")
        layer.away = False
        await both.pass_by(3)
        assert both.ready[-1] == (READY, True)
        assert other.gateway.roster.room("#ops").topic == "alone"
        assert sorted(one.gateway.roster.users) == ["ann", "bob2"]
        assert both.links[0].peers.peers["b"].n == both.links[1].own.n


@scene
async def test_limits_hold() -> None:
    """Users and channels of others beyond what there is room for are not had: counted, and asked for no more."""
    layer = LocalChannelLayer()
    async with pair(layer) as both:
        one, other = both.benches
        both.links[1].peers.limits = Limits(users=3, rooms=2)
        for number in range(5):
            await one.member(f"u{number}", f"#c{number}")
        await both.pass_by(3 * BEAT)
        assert len(other.gateway.roster.users) == 3
        assert len(other.gateway.roster.rooms) == 2
        assert other.telemetry.counts["irc.link.full"] == 1
        assert other.telemetry.counts["irc.link.resync"] <= 1
        for number in range(5):
            await one.peers[number].say("QUIT")
        await both.settle()
        assert not other.gateway.roster.users


@pytest.mark.parametrize(
    ("network", "same"), [("chat", True), ("chat-2.x", True), ("Café", False), ("a" * 99, False), ("", True)]
)
def test_every_network_has_a_name_that_a_layer_takes(network: str, same: bool) -> None:
    """Readable where it can be, and another one for each network."""
    name = group_name(network)
    assert LocalChannelLayer().require_valid_group_name(name)
    assert (name == f"interfaces.irc.{network}") is same
    assert name != group_name(f"{network}!")


@scene
async def test_without_a_layer_there_is_no_link() -> None:
    """And with one there is until it is left."""
    bench = Bench()
    async with linked(bench.gateway, bench.context) as link:
        assert link is None
        assert bench.gateway.link is None
    bench = Bench(layer=LocalChannelLayer())
    async with linked(bench.gateway, bench.context) as link:
        assert bench.gateway.link is link
        assert isinstance(link, Link)
        assert link.up
    assert bench.gateway.link is None


@scene
async def test_a_text_that_is_none_on_a_wire_holds_nothing_up() -> None:
    """Of a surrogate, which an application may say, the others get a question mark; what no layer takes is counted."""

    class Wire(LocalChannelLayer):
        async def group_send(self, group: str, message: Any) -> None:
            for act in message.get("acts", ()):
                if act[0] == "say":
                    act[1][3].encode()
                    if act[1][3] == "none":
                        raise TypeError(act)
            await super().group_send(group, message)

    async with pair(Wire()) as both:
        one, other = both.benches
        ann, bob = await one.member("ann", "#ops"), await other.member("bob", "#ops")
        await both.settle()
        for text in ("half \ud83d", "none", "whole"):
            await ann.call.send({"type": "irc.send", "target": "#ops", "text": text})
            await both.settle()
        said = [line.partition(" ")[2] for line in await bob.lines()]
        assert said == ["PRIVMSG #ops :half ?", "PRIVMSG #ops :whole"]
        assert one.counted("irc.link.malformed") == 1
        assert both.links[0].up

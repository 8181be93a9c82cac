"""Whatever clients of two gateways do, and whatever the layer loses meanwhile, both end with the same."""

from random import Random
from typing import Any

import pytest

from interfaces.layers.local import LocalChannelLayer
from tests.irc.gateway.support import Bench, Peer, scene
from tests.irc.gateway.test_linking import Pair, pair

NICKS = [f"n{number}" for number in range(8)]
CHANNELS = ["#a", "#b", "#C", "#c"]
CAPS = ["", "batch message-tags", "extended-join away-notify account-notify setname chghost invite-notify"]
SEVENTH = 0.15
"""How many of the messages between containers are lost."""
LINES = [
    *["JOIN {channel}"] * 3, "PART {channel} :bye", "TOPIC {channel} :{number}", "MODE {channel} +o {nick}",
    "MODE {channel} -o {nick}", "MODE {channel} +v {nick}", "MODE {channel} +b {nick}!*@*",
    "MODE {channel} -b {nick}!*@*",
    "MODE {channel} +l {number}", "MODE {channel} {sign}m", "MODE {channel} {sign}i", "MODE {channel} {sign}s",
    "MODE {channel} +k k{number}", "MODE {channel} -k x", "KICK {channel} {nick} :out", "NICK {nick}", "NICK N{number}",
    "AWAY :x", "AWAY", "SETNAME :{number}", "MODE {own} {sign}i", "INVITE {nick} {channel}", "QUIT :bye",
    "PRIVMSG {channel} :hi",
]  # fmt: skip


class Lossy(LocalChannelLayer):
    """Loses some of what is sent to groups."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self.random = random
        self.loses = 0.0
        self.lost = 0

    async def group_send(self, group: str, message: Any) -> None:
        """Send it, or not."""
        if self.random.random() < self.loses:
            self.lost += 1
        else:
            await super().group_send(group, message)


def has(bench: Bench, name: str) -> Any:
    """All that a gateway knows of the network."""
    roster = bench.gateway.roster
    users = {
        nick: (user.source, user.realname, user.away, user.account, user.modes, user.home or name)
        for nick, user in roster.users.items()
        if user.since
    }
    rooms = {
        folded: (
            room.name, room.since, room.topic, room.topic_by, room.modes,
            {user.nick: signs for user, signs in room.members.items()},
            {letter: {one[:3] for one in found.values()} for letter, found in room.lists.items() if found},
        )
        for folded, room in roster.rooms.items()
    }  # fmt: skip
    return users, rooms


def does_something(bench: Bench, random: Random) -> None:
    """A client comes, or one of them says something."""
    there = [peer for peer in bench.peers if not peer.client.quit and peer.transport.reading]
    nick = random.choice(NICKS)
    if not there or random.random() < 0.1:
        caps = random.choice(CAPS)
        asks = f"CAP REQ :{caps}\r\nCAP END\r\n" if caps else ""
        bench.connect().feed(f"{asks}NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n".encode())
        return
    peer: Peer = random.choice(there)
    words = {
        "nick": nick, "channel": random.choice(CHANNELS), "number": random.randrange(5, 9), "sign": random.choice("+-"),
        "own": peer.client.user.nick,
    }  # fmt: skip
    peer.feed(random.choice(LINES).format(**words).encode() + b"\r\n")


async def played(both: Pair, random: Random) -> None:
    """Much happens at once, and some time goes by."""
    for _ in range(150):
        bench = random.choice(both.benches)
        bench.unix += random.random()
        does_something(bench, random)
        if random.random() < 0.5:
            await both.settle()
        if random.random() < 0.05:
            await both.pass_by(random.randrange(1, 12))


@pytest.mark.parametrize("seed", range(8))
@scene
async def test_two_gateways_end_with_the_same(seed: int) -> None:
    """Users, channels, members, modes and lists; then beats alone go between them, and nothing is asked for."""
    random = Random(seed)
    layer = Lossy(random)
    async with pair(layer, per_address=1000) as both:
        layer.loses = SEVENTH
        await played(both, random)
        layer.loses = 0.0
        await both.pass_by(45)
        assert layer.lost
        assert has(both.benches[0], "a") == has(both.benches[1], "b")
        asked = [bench.counted("irc.link.resync") for bench in both.benches]
        await both.pass_by(25)
        assert [bench.counted("irc.link.resync") for bench in both.benches] == asked
        assert [bench.counted("irc.link.malformed") for bench in both.benches] == [0, 0]

"""Containers agree on who is there, whatever is lost between them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.irc.gateway.containers import Container, healed, settled, view

NICKS = ["ann", "bob", "cat", "dan"]
CHANNELS = ["#a", "#b"]
MODES = [
    ("+m", ""), ("-n", ""), ("+k", "x"), ("+k", "y"), ("-k", "x"), ("+l", "5"), ("+b", "a!*@*"), ("-b", "a!*@*"),
    *((f"{sign}{letter}", nick) for sign in "+-" for letter in "ov" for nick in NICKS),
]  # fmt: skip
nicks, channels = st.sampled_from(NICKS), st.sampled_from(CHANNELS)
deeds = st.one_of(
    st.tuples(st.just("arrive"), nicks),
    st.tuples(st.just("quit"), nicks),
    st.tuples(st.just("nick"), nicks, nicks),
    st.tuples(st.just("join"), nicks, channels),
    st.tuples(st.just("part"), nicks, channels),
    st.tuples(st.just("kick"), nicks, channels, nicks),
    st.tuples(st.just("topic"), nicks, channels, st.sampled_from(["x", "y", ""])),
    st.tuples(st.just("away"), nicks, st.sampled_from(["x", None])),
    st.tuples(st.just("mode"), nicks, channels, st.sampled_from(MODES)),
)
ways = st.sampled_from([("flush",), ("flush",), ("deliver",), ("deliver",), ("lose",), ("beat",), ("tick",)])
steps = st.lists(st.tuples(st.integers(0, 2), deeds | ways), min_size=10, max_size=60)
CROWD = [
    (0, ("arrive", "ann")), (1, ("arrive", "bob")), (0, ("join", "ann", "#a")), (1, ("join", "bob", "#a")),
    (1, ("join", "bob", "#b")), (2, ("arrive", "cat")), (2, ("join", "cat", "#b")),
]  # fmt: skip
"""Who is there in the beginning; #a is made in two containers at once."""


class Ways:
    """What is on its way between containers: in order, or lost."""

    def __init__(self, containers: list[Container]) -> None:
        self.containers = containers
        self.waiting: dict[tuple[str, str], list[Any]] = {}

    def send(self, one: Container, beat: bool) -> None:
        """To all others."""
        for message in one.messages(beat=beat):
            for other in self.containers:
                if other is not one:
                    self.waiting.setdefault((one.name, other.name), []).append(message)

    def bring(self, one: Container, lost: bool) -> None:
        """The next of each other one."""
        for (sender, receiver), messages in self.waiting.items():
            if receiver == one.name and messages:
                message = messages.pop(0)
                if not lost:
                    one.hear(sender, message)


def played(names: str, script: list[tuple[int, tuple[Any, ...]]]) -> list[Container]:
    """Containers after what the script says, all that is on its way delivered."""
    containers = [Container(name) for name in names]
    healed(containers, 2)
    ways = Ways(containers)
    for number, (which, (what, *words)) in enumerate([*CROWD, *script]):
        one = containers[which % len(containers)]
        one.at = 21.0 + number / 100
        if what in ("flush", "beat"):
            ways.send(one, what == "beat")
        elif what in ("deliver", "lose"):
            ways.bring(one, what == "lose")
        elif what == "tick":
            one.tick()
        else:
            getattr(one, what)(*words)
    while any(ways.waiting.values()):
        for one in containers:
            ways.bring(one, False)
    return containers


def sound(container: Container) -> None:
    """Its roster is whole in itself."""
    roster = container.roster
    for nick, user in roster.users.items():
        assert roster.fold(user.nick) == nick
        assert all(user in room.members for room in user.rooms.values())
    for room in roster.rooms.values():
        assert all(roster.users.get(roster.fold(user.nick)) is user for user in room.members)
        assert room.members or "P" in room.modes
    assert {*container.known.ids} == {*roster.users.values()}
    assert {*container.known.rooms.keys()} == {*roster.rooms}


@settings(max_examples=200)
@given(script=steps)
def test_two_agree_in_the_end(script):
    """Whatever users of two containers do, and whatever is lost meanwhile, both have the same in the end."""
    containers = played("ab", script)
    healed(containers)
    one, other = containers
    sound(one)
    sound(other)
    assert view(one) == view(other)


@settings(max_examples=100)
@given(script=steps)
def test_three_agree_in_the_end(script):
    """As do three."""
    containers = played("abc", script)
    healed(containers)
    for one in containers:
        sound(one)
        assert view(one) == view(containers[0])


@settings(max_examples=50)
@given(script=steps)
def test_once_they_agree_nothing_more_is_said(script):
    """Beats alone: no rows are asked for, and nothing happens."""
    containers = played("abc", script)
    healed(containers)
    logs = [[*one.log] for one in containers]
    assert not settled(containers)
    healed(containers, 3)
    assert [one.log for one in containers] == logs
    assert not any(peer.wanted for one in containers for peer in one.peers.peers.values())

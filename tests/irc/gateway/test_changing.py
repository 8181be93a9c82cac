"""One change of a mode."""

import pytest

from interfaces.irc.gateway.changing import change_room, change_user
from interfaces.irc.gateway.roster import Room, Roster, User
from interfaces.irc.modes import Change


def made(modes: dict[str, str] | None = None) -> tuple[Roster, Room, User]:
    """A channel with one member."""
    roster, ann = Roster(), User("Ann", "u", "h")
    roster.add(ann)
    roster.arrive(ann, 1.0)
    room = roster.open("#a", 1.0)
    room.modes.update(modes or {})
    roster.enter(ann, room)
    return roster, room, ann


def change(roster: Roster, room: Room, said: str, arg: str = "") -> Change | None:
    """Do "+o"."""
    return change_room(roster, room, Change(said[0], said[1], arg), "op!u@h", 7.0)


@pytest.mark.parametrize(("has", "said", "arg", "told", "after"), [
    ({}, "+s", "", Change("+", "s"), {"s": ""}), ({"s": ""}, "+s", "", None, {"s": ""}), ({}, "-s", "", None, {}),
    ({"s": ""}, "-s", "", Change("-", "s"), {}), ({}, "+P", "", Change("+", "P"), {"P": ""}), ({}, "+x", "", None, {}),
    ({}, "+k", "a", Change("+", "k", "a"), {"k": "a"}), ({"k": "a"}, "+k", "a", None, {"k": "a"}),
    ({"k": "a"}, "+k", "b", Change("+", "k", "b"), {"k": "b"}), ({"k": "a"}, "-k", "", Change("-", "k", "*"), {}),
    ({}, "-k", "a", None, {}), ({"l": "5"}, "-l", "", Change("-", "l"), {}),
    ({}, "+l", "5", Change("+", "l", "5"), {"l": "5"}),
])  # fmt: skip
def test_modes_of_a_channel(
    has: dict[str, str], said: str, arg: str, told: Change | None, after: dict[str, str]
) -> None:
    """What changes nothing is told to nobody; a key that is taken away is not said once more."""
    roster, room, _ = made(has)
    assert change(roster, room, said, arg) == told
    assert room.modes == after


def test_signs_of_a_member() -> None:
    """The strongest first, by a nick however it is written; who is not there has none."""
    roster, room, ann = made()
    assert change(roster, room, "+v", "ann") == Change("+", "v", "Ann")
    assert change(roster, room, "+o", "ANN") == Change("+", "o", "Ann")
    assert change(roster, room, "+o", "ann") is None
    assert room.members[ann] == "@+"
    assert change(roster, room, "-o", "ann") == Change("-", "o", "Ann")
    assert room.members[ann] == "+"
    assert change(roster, room, "+o", "eve") is None
    roster.leave(ann, room)
    assert change(roster, room, "+o", "ann") is None
    assert ann not in room.members


def test_lists() -> None:
    """A mask stands in it once, however it is written, with by whom and when."""
    roster, room, ann = made()
    assert change(roster, room, "+b", "Ann!*@*") == Change("+", "b", "Ann!*@*")
    assert change(roster, room, "+b", "ANN!*@*") is None
    (entry,) = room.lists["b"].values()
    assert (entry.mask, entry.by, entry.at, entry.matches(ann)) == ("Ann!*@*", "op!u@h", 7.0, True)
    assert change(roster, room, "-b", "ann!*@*") == Change("-", "b", "Ann!*@*")
    assert change(roster, room, "-b", "ann!*@*") is None


def test_modes_of_a_user() -> None:
    """In the order of letters; the invisible are counted once they have arrived."""
    roster, _, ann = made()
    assert change_user(roster, ann, Change("+", "w")) == Change("+", "w")
    assert change_user(roster, ann, Change("+", "i")) == Change("+", "i")
    assert change_user(roster, ann, Change("+", "i")) is None
    assert (ann.modes, roster.invisible) == ("iw", 1)
    assert change_user(roster, ann, Change("-", "i")) == Change("-", "i")
    assert (ann.modes, roster.invisible) == ("w", 0)
    new = User("new", "u", "h")
    change_user(roster, new, Change("+", "i"))
    assert roster.invisible == 0

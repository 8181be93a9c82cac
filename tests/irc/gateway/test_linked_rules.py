"""Registers agree in any order, weights tell rows apart, and who gives way is the same everywhere."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.gateway.changing import change_room
from interfaces.irc.gateway.linked_rules import (
    Ledger,
    Register,
    changes,
    first,
    merged,
    renamed,
    room_weight,
    sign_changes,
    user_row,
    user_weight,
)
from interfaces.irc.gateway.roster import Roster, User
from interfaces.irc.gateway.rules import entry

times = st.sampled_from([1.0, 2.0])
masks = st.sampled_from(["a!*@*", "b!*@*"])
registers = st.builds(
    Register,
    name=st.just("#a"),
    since=times,
    version=st.integers(0, 2),
    topic=st.sampled_from(["", "x", "y"]),
    topic_by=st.sampled_from(["ann", "bob"]),
    topic_at=times,
    modes=st.fixed_dictionaries(
        {},
        optional={
            "n": st.just(""),
            "i": st.just(""),
            "k": st.sampled_from("yz"),
            "l": st.sampled_from(["9", "10"]),
        },
    ),
    lists=st.dictionaries(
        st.sampled_from("be"),
        st.dictionaries(
            masks, st.tuples(masks, st.sampled_from(["ann", "bob"]), times).map(list), max_size=2, min_size=1
        ),
        max_size=2,
    ),
)


def plain(one: Register) -> Any:
    """What is agreed on, without an order."""
    return room_weight(one), sorted(one.modes.items()), one.topic


@given(one=registers, other=registers, third=registers)
def test_any_order_of_registers_ends_alike(one: Register, other: Register, third: Register) -> None:
    """Merging is commutative, associative and idempotent, whatever the registers are."""
    assert plain(merged(one, one)) == plain(one)
    assert plain(merged(one, other)) == plain(merged(other, one))
    assert plain(merged(merged(one, other), third)) == plain(merged(one, merged(other, third)))
    assert plain(merged(merged(one, other), other)) == plain(merged(one, other))


@given(one=registers, other=registers)
def test_the_older_then_the_greater_version_holds(one: Register, other: Register) -> None:
    """Of one age and version nothing of either is lost but what one name or letter can only have once."""
    found = merged(one, other)
    if one.since != other.since:
        assert found is min(one, other, key=lambda each: each.since)
    elif one.version != other.version:
        assert found is max(one, other, key=lambda each: each.version)
    else:
        assert found.modes.keys() == one.modes.keys() | other.modes.keys()
        assert found.topic_at == max(one.topic_at, other.topic_at)


@given(one=registers, other=registers)
def test_changes_lead_from_one_to_another(one: Register, other: Register) -> None:
    """Done one after the other they make the channel so, and all of them change something."""
    roster = Roster()
    room = roster.open("#a", 1.0)
    room.modes = dict(one.modes)
    room.lists = {
        letter: {mask: entry(mask, "ann", 1.0, roster.fold) for mask in found}
        for letter, found in one.lists.items()
    }
    wanted = other._replace(
        lists={letter: {mask: [mask, "ann", 1.0] for mask in found} for letter, found in other.lists.items()}
    )
    done = [change_room(roster, room, change, "ann", 1.0) for change in changes(room, wanted)]
    assert None not in done
    assert room.modes == other.modes
    assert {letter: {*found} for letter, found in room.lists.items() if found} == {
        letter: {*found} for letter, found in other.lists.items()
    }


def test_signs_are_changed_one_by_one() -> None:
    """Those that are too many, then those that lack."""
    roster = Roster()
    room, user = roster.open("#a", 1.0), User("ann", "a", "h")
    roster.enter(user, room, "@")
    assert [f"{one.sign}{one.letter}{one.arg}" for one in sign_changes(room, user, "+")] == ["-oann", "+vann"]
    assert sign_changes(room, user, "@") == []


@given(steps=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2**64 - 1) | st.none())))
def test_a_ledgers_total_is_of_its_rows(steps: list[tuple[int, int | None]]) -> None:
    """Whatever was put and dropped before, in whatever order."""
    ledger, rows = Ledger(), dict[int, int]()
    for key, weight in steps:
        if weight is None:
            ledger.drop(key)
            rows.pop(key, None)
        else:
            assert ledger.put(key, weight) is (rows.get(key) != weight)
            rows[key] = weight
    fresh = Ledger()
    for key in sorted(rows, reverse=True):
        fresh.put(key, rows[key])
    assert (ledger.total, len(ledger), {*ledger.keys()}) == (fresh.total, len(rows), {*rows})
    assert ledger.total < 2**63  # a layer's messages take no more


def test_weights_are_those_of_what_is_said() -> None:
    """The same after a wire, which makes lists of tuples; another one for any other user or channel."""
    roster = Roster()
    user = User("ann", "a", "h", "Ann")
    user.since = 5
    rooms = [roster.open(name, 1.0) for name in ("#b", "#a")]
    for room in rooms:
        roster.enter(user, room)
    seen = {user_weight(user, 7)}
    user.rooms = dict(reversed(user.rooms.items()))
    assert user_weight(user, 7) in seen
    assert user_weight(user, 8) not in seen
    for change in (
        {"away": ""},
        {"nick": "bob"},
        {"account": "x"},
        {"modes": "i"},
        {"realname": ""},
        {"since": 6.0},
    ):
        before = {name: getattr(user, name) for name in change}
        for name, value in change.items():
            setattr(user, name, value)
        assert user_weight(user, 7) not in seen, change
        seen.add(user_weight(user, 7))
        for name, value in before.items():
            setattr(user, name, value)
    rooms[0].members[user] = "@"
    assert user_weight(user, 7) not in seen
    assert user_row(user, 7)[-1] == {"#a": ["", 1.0], "#b": ["@", 1.0]}


@given(
    users=st.lists(st.tuples(times, st.sampled_from("abc")), min_size=2, max_size=5, unique=True),
    nick=st.text("bo_", min_size=1, max_size=40), most=st.integers(8, 30),
)  # fmt: skip
def test_who_gives_way_is_the_same_everywhere(users: list[tuple[float, str]], nick: str, most: int) -> None:
    """One of several keeps the nick; what another one is called fits, and is another for each try."""
    keeps = [one for one in users if all(one == other or first(*one, *other) for other in users)]
    assert len(keeps) == 1
    found = {renamed(nick, home, uid, most, tries) for home in "ab" for uid in (1, 2) for tries in (0, 1)}
    assert len(found) == 8
    assert all(len(one) <= most and one.startswith(nick[: most - 6]) for one in found)

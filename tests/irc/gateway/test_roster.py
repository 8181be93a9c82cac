"""Who is there, by nick and by channel."""

from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.gateway.roster import Room, Roster, User


def user(nick: str, client: object | None = None) -> User:
    """Somebody."""
    made = User(nick, "u", "h", "Real")
    made.client = client
    return made


def test_nicks_are_compared_as_the_network_says() -> None:
    """Of two that fold alike the first has the nick."""
    roster, ann = Roster(), user("Ann")
    assert roster.add(ann)
    assert not roster.add(user("aNN"))
    assert roster.user("ANN") is ann
    assert roster.user("bob") is None


def test_who_has_not_arrived_only_holds_its_nick() -> None:
    """It is found by its nick, but it is not present, nor counted."""
    roster, ann = Roster(), user("ann")
    roster.add(ann)
    assert roster.present("ann") is None
    assert roster.arrived == 0
    roster.arrive(ann, 5.0)
    assert roster.present("ANN") is ann
    assert (ann.since, ann.spoke, roster.arrived, roster.local) == (5.0, 5.0, 1, 0)


def test_counts_follow_who_comes_and_goes() -> None:
    """Those of all, of here, of the invisible, and the most that there were."""
    roster = Roster()
    here, there = user("here", object()), user("there")
    there.modes = "i"
    for one in (here, there):
        roster.add(one)
        roster.arrive(one, 1.0)
    assert (roster.arrived, roster.local, roster.invisible) == (2, 1, 1)
    roster.remove(here)
    roster.remove(there)
    roster.remove(there)
    assert (roster.arrived, roster.local, roster.invisible) == (0, 0, 0)
    assert (roster.most, roster.most_local) == (2, 1)


def test_a_nick_changes_unless_somebody_has_it() -> None:
    """The old one is free then; a change of case is one, too."""
    roster, ann, bob = Roster(), user("ann"), user("bob")
    roster.add(ann)
    roster.add(bob)
    assert not roster.rename(ann, "BOB")
    assert roster.rename(ann, "ANN")
    assert ann.source == "ANN!u@h"
    assert roster.rename(ann, "eve")
    assert roster.user("ann") is None
    assert roster.user("eve") is ann


def test_a_channel_ends_with_its_last_member() -> None:
    """One that is to stay (P) does not, and keeps its name as it was made."""
    roster, ann = Roster(), user("ann")
    room, kept = roster.open("#A", 1.0, "nt"), roster.open("#kept", 1.0, "P")
    assert room.modes == {"n": "", "t": ""}
    assert roster.open("#a", 2.0) is room
    for one in (room, kept):
        roster.enter(ann, one, "@")
    assert room.ops(ann)
    assert not room.ops(user("eve"))
    assert roster.remove(ann) == [room, kept]
    assert roster.room("#a") is None
    assert roster.room("#KEPT") is kept


def test_an_invitation_is_used_up_by_joining() -> None:
    """It is the user's, so whoever takes the nick later has none."""
    roster, ann = Roster(), user("ann")
    room = roster.open("#a", 1.0)
    ann.invites[room] = None
    roster.enter(ann, room)
    assert ann.invites == {}


def test_near_are_all_who_share_a_channel_once() -> None:
    """And oneself, even without a channel."""
    roster, ann, bob, eve = Roster(), user("ann"), user("bob"), user("eve")
    for name, members in (("#a", (ann, bob)), ("#b", (ann, bob)), ("#c", (eve,))):
        for one in members:
            roster.enter(one, roster.open(name, 1.0))
    assert list(roster.near(ann)) == [ann, bob]
    assert list(roster.near(eve)) == [eve]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["join", "part", "rename", "remove", "add"]), st.integers(0, 3), st.integers(0, 3)
        )
    )
)
def test_members_and_their_channels_say_the_same(acts: list[tuple[str, int, int]]) -> None:
    """Whatever happens: a member has the channel, a channel has the member, and no channel is empty."""
    roster, users = Roster(), [user(f"u{n}") for n in range(4)]
    for act, who, which in acts:
        one = users[who]
        if act == "add":
            roster.add(one)
        elif act == "remove":
            roster.remove(one)
        elif act == "rename":
            roster.rename(one, f"U{which}")
        elif act == "join":
            roster.enter(one, roster.open(f"#{which}", 1.0))
        elif (room := roster.room(f"#{which}")) is not None:
            roster.leave(one, room)
    for room in roster.rooms.values():
        assert room.members
        assert all(one.rooms[roster.fold(room.name)] is room for one in room.members)
    for one in users:
        assert all(one in room.members for room in one.rooms.values())


def test_what_is_logged_says_what_it_is() -> None:
    """Names and numbers, no addresses of objects."""
    roster, ann = Roster(), user("ann")
    roster.add(ann)
    roster.enter(ann, roster.open("#a", 1.0))
    assert repr(roster) == "<Roster 1 users, 1 channels>"
    assert repr(roster.room("#a")) == "<Room #a, 1 members>"
    assert repr(ann) == "<User ann!u@h>"
    assert ann.says() == {"nick": "ann", "user": "u", "host": "h", "account": None}
    assert Room("#b") != Room("#b")

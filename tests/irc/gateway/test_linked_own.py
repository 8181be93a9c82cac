"""What is told of our own users: once, in order, within limits; and what nobody said is found."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.gateway.linked_own import BATCH, BATCH_SIZE, OUT, PORTION, SAYINGS
from tests.irc.gateway.containers import Container, healed, view

WORDS = ["ann!a@h", "PRIVMSG", "#a", "hello", 1.0, {}, None, None]


def acts(container: Container) -> list[list[Any]]:
    """All that waits."""
    found = []
    while (message := container.own.take()) is not None:
        found += message["acts"]
    return found


def test_who_is_new_is_told_of_first() -> None:
    """With all that is known of it, and channels that are new; then each thing by its own words."""
    one = Container("a")
    one.arrive("ann")
    one.join("ann", "#a")
    one.away("ann", "lunch")
    one.mode("ann", "#a", ("+m", ""))
    one.part("ann", "#a", "bye")
    one.quit("ann")
    told = acts(one)
    assert [act[0] for act in told] == ["user", "join", "room", "away", "mode", "part", "quit"]
    assert told[0][1][:2] == [1, "ann"]
    assert told[1][1:] == [1, "#a", "@", 1.0]
    assert told[2][1][:3] == ["#a", 1.0, 0]
    assert told[4][2][2] == 1  # the version of the channel
    assert told[5][1:] == [1, "#a", "bye"]
    assert len(one.known.rooms) == len(one.known.ids) == len(one.own.users) == 0


def test_what_changes_nothing_is_not_told() -> None:
    """Somebody who is away as before, or who was never told of and is gone."""
    one = Container("a")
    user = one.arrive("ann")
    one.away("ann", "lunch")
    acts(one)
    one.away("ann", "lunch")
    one.own.tell("account", user, {"account": None})
    assert acts(one) == []
    one.roster.remove(user)
    one.own.tell("quit", user, {"text": ""})
    assert [act[0] for act in acts(one)] == ["quit"]
    one.own.tell("quit", user, {"text": ""})
    assert acts(one) == []


def test_messages_have_a_size() -> None:
    """So many acts, or characters, are in one; numbers count those that change something."""
    one = Container("a")
    for number in range(BATCH + 1):
        one.own.add("away", number, "")
    messages = [*one.messages()]
    assert [len(message["acts"]) for message in messages] == [BATCH, 1]
    assert [message["n"] for message in messages] == [1, 2]
    one.arrive("ann")
    for _ in range(10):
        one.own.say([*WORDS[:3], "x" * BATCH_SIZE, *WORDS[4:]])
    messages = [*one.messages()]
    assert [len(message["acts"]) for message in messages] == [2] + [1] * 9
    assert [message["n"] for message in messages] == [3] + [0] * 9


def test_what_waits_has_its_limit() -> None:
    """What is said is dropped first; then all of it, and the next number tells that something is missing."""
    one = Container("a")
    for _ in range(SAYINGS + 7):
        one.own.say(WORDS)
    assert (one.own.waiting, one.counts) == (SAYINGS, {"lost": 7})
    for number in range(OUT - SAYINGS):
        one.own.add("away", number, "x")
    assert one.own.waiting == OUT
    one.own.add("away", 1, "y")
    assert one.own.waiting == 1
    assert one.counts == {"lost": 7 + SAYINGS}
    assert [message["n"] for message in one.messages()] == [2]


def test_nothing_waits_while_it_is_muted() -> None:
    """What is said meanwhile is lost, what is done is known for later."""
    one = Container("a")
    one.own.muted = True
    one.arrive("ann")
    one.own.say(WORDS)
    assert (one.own.waiting, one.counts, [*one.own.users]) == (0, {"lost": 1}, [1])


def test_all_rows_come_in_portions() -> None:
    """Users, then channels, each as it is when its portion is made; the last says so."""
    one = Container("a")
    for number in range(PORTION + 1):
        one.arrive(f"u{number}")
        one.join(f"u{number}", f"#c{number}")
    portions = one.own.portions()
    first = next(portions)
    one.quit(f"u{PORTION}")
    rest = [*portions]
    assert [(len(one["users"]), len(one["rooms"]), one["end"]) for one in (first, *rest)] == [
        (PORTION, 0, False), (0, 0, False), (0, PORTION, False), (0, 0, False), (0, 0, True)
    ]  # fmt: skip
    assert [one["part"] for one in (first, *rest)] == [0, 1, 2, 3, 4]
    assert next(one.own.portions())["run"] == first["run"] + 1


@given(most=st.integers(1, 20))
def test_what_nobody_told_is_found(most: int) -> None:
    """However few are looked at in one go: users that came, changed and went, and channels that changed."""
    one, other = Container("a"), Container("b")
    healed([one, other], 2)
    for nick in ("ann", "bob", "cat"):
        one.arrive(nick)
        one.join(nick, "#a")
    one.own.tell = lambda *_: None  # type: ignore[method-assign]
    one.arrive("dan")
    one.join("dan", "#b")
    one.quit("cat")
    one.topic("ann", "#a", "silent")
    one.roster.user("bob").realname = "Robert"  # type: ignore[union-attr]
    del one.own.tell  # type: ignore[method-assign]
    for _ in range(40):
        one.own.look(most)
    healed([one, other], 1)
    assert view(one) == view(other)
    assert other.roster.user("bob").realname == "Robert"  # type: ignore[union-attr]
    assert not other.counts

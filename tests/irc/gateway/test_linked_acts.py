"""What others told is done here once, whatever it meets: nicks that are taken, channels that are gone, ghosts."""

from typing import Any

import pytest

from interfaces.irc.gateway.linked_acts import Limits
from interfaces.irc.gateway.linked_peers import AGAIN, PIECE, SILENT
from interfaces.irc.gateway.roster import User
from tests.irc.gateway.containers import Container, healed, settled, view


def known(names: str = "ab", **limits: Any) -> list[Container]:
    """Containers that know each other."""
    containers = [Container(name, Limits(**limits)) for name in names]
    healed(containers, 2)
    return containers


def say(sender: Container, receiver: Container, *acts: list[Any], n: int = 0) -> None:
    """One container tells another one this."""
    receiver.hear(sender.name, {"kind": "acts", "n": n, "acts": [*acts]})


def test_each_deed_is_done_by_whom_it_was() -> None:
    """The log of the other container has them in their order, each once."""
    one, other = known()
    one.arrive("ann")
    one.join("ann", "#a")
    settled([one, other])
    other.arrive("bob")
    other.join("bob", "#a")
    settled([one, other])
    other.log.clear()
    one.mode("ann", "#a", ("+v", "bob"), ("+m", ""))
    one.topic("ann", "#a", "news")
    one.kick("ann", "#a", "bob")
    one.nick("ann", "anna")
    one.part("anna", "#a", "bye")
    one.quit("anna")
    settled([one, other])
    assert other.log == [
        "mode ann #a +m",
        "mode ann #a +vbob",
        "topic ann #a news",
        "kick ann bob #a out",
        "rename ann anna",
        "leave anna #a bye",
        "quit anna bye",
    ]
    assert view(one) == view(other)


def test_messages_may_come_twice() -> None:
    """And acts of users, channels and members that are not there any more, or not yet: nothing comes of it."""
    one, other = known()
    one.arrive("ann")
    one.join("ann", "#a")
    messages = [*one.messages()]
    for message in messages:
        other.hear("a", message)
    before, n = [*other.log], other.peers.peers["a"].n
    for message in messages:
        other.hear("a", message)
    register = ["#gone", 1.0, 1, "x", "", 0.0, {}, {}]
    say(
        one, other,
        ["quit", 9, "x"], ["nick", 9, "x"], ["join", 9, "#a", "", 1.0], ["part", 9, "#a", ""], ["part", 1, "#gone", ""],
        ["away", 9, "x"], ["account", 9, "x"], ["setname", 9, "x"], ["host", 9, "x", "y"], ["topic", 1, register],
        ["kick", 1, "#a", ["b", 5], ""], ["kick", 1, "#gone", ["a", 1], ""], ["invite", 1, "#gone", ["a", 1], True],
        ["mode", 1, register, [["z", 1, "@"]]], ["signs", "#gone", 1.0, [["a", 1, "@"]]], ["room", register],
    )  # fmt: skip
    assert (other.log, other.peers.peers["a"].n) == (before, n)
    assert view(one) == view(other)


def test_rows_change_what_differs() -> None:
    """All that a row says, without a word of what is so already."""
    one, other = known()
    user = one.arrive("ann")
    assert user is not None
    one.join("ann", "#a")
    settled([one, other])
    other.log.clear()
    user.realname, user.account, user.away, user.modes = "Ann", "anna", "lunch", "ir"
    user.user, user.host = "x", "y"
    one.roster.rename(user, "anna")
    one.roster.leave(user, one.roster.room("#a"))  # type: ignore[arg-type]
    one.own.look(10)
    one.own.look(10)
    settled([one, other])
    assert other.log == ["rename ann anna", "leave anna #a "]
    found = other.roster.user("anna")
    assert found is not None
    assert (found.realname, found.account, found.away, found.modes, found.source) == (
        "Ann", "anna", "lunch", "ir", "anna!x@y"
    )  # fmt: skip
    assert other.roster.invisible == 1


def test_a_nick_that_is_only_held_is_given_up() -> None:
    """Who has not arrived yet is called otherwise; nobody is told."""
    one, other = known()
    waiting = User("ann", "u", "h")
    other.roster.add(waiting)
    one.arrive("ann")
    settled([one, other])
    assert other.roster.present("ann") is not waiting
    assert waiting.nick.startswith("ann_")
    assert other.roster.user(waiting.nick) is waiting
    assert other.log == ["arrive ann"]


def test_a_nick_to_give_way_to_may_be_taken_too() -> None:
    """Then another one is tried; all containers end with what its own one says."""
    one, other = known()
    other.at += 1.0
    other.arrive("ann")
    one.at = 1.0
    one.arrive("ann")
    taken = Container("x")
    healed([one, other], 3)
    given = next(nick for nick in one.roster.users if nick.startswith("ann_"))
    one, other = known()
    one.arrive(given)
    other.arrive("ann")
    one.at = 1.0
    one.arrive("ann")
    healed([one, other, taken], 4)
    assert view(one) == view(other) == view(taken)
    assert len({nick for nick in one.roster.users if nick.startswith("ann_")}) == 2


def test_a_channel_that_stays_is_had_without_members() -> None:
    """With mode P; once it has it no more, it is gone everywhere."""
    one, other = known()
    one.arrive("ann")
    one.join("ann", "#a")
    one.mode("ann", "#a", ("+P", ""))
    one.topic("ann", "#a", "always")
    one.part("ann", "#a")
    settled([one, other])
    late = Container("c")
    three = [one, other, late]
    healed(three, 3)
    assert [each.roster.rooms["#a"].topic for each in three] == ["always"] * 3
    one.mode("ann", "#a", ("-P", ""))
    settled(three)
    healed(three, 2)
    assert [[*each.roster.rooms] for each in three] == [[], [], []]
    assert [len(each.known.versions) for each in three] == [0, 0, 0]


def test_ghosts_leave_in_pieces_and_yield_their_nicks() -> None:
    """A container that comes back while its users still leave: they are had once, under their nicks."""
    one, other = known()
    for number in range(4 * PIECE):
        one.arrive(f"u{number}")
        one.join(f"u{number}", "#a")
    settled([one, other])
    other.peers.tick(other.at + SILENT)
    assert len(other.peers.ghosts) == 4 * PIECE
    assert other.peers.busy
    leaving = other.peers.leaving()
    next(leaving)
    assert len(other.peers.ghosts) == 3 * PIECE
    beat = one.own.beat({}, False)
    for _ in other.peers.hearing("a", beat, other.at):
        pytest.fail("nothing has come yet")
    one.peers.asked = True
    for message in one.messages():
        for _ in other.peers.hearing("a", message, other.at):
            pass
    assert not other.peers.ghosts
    assert [*leaving] == []
    assert view(one) == view(other)
    assert other.counts == {"irc.link.split": 1}
    assert len(other.known.ids) == 4 * PIECE


def test_rows_of_which_one_is_lost_are_asked_for_again() -> None:
    """What has come of them is kept; what was not told of is gone only after all have come."""
    one, other = known()
    for number in range(250):
        one.arrive(f"u{number}")
    rows = [*one.own.portions()]
    other.peers.peers["a"].wanted = True
    for message in (rows[0], rows[2], rows[3]):
        other.hear("a", message)
    assert other.peers.peers["a"].wanted
    assert len(other.peers.peers["a"].users) == 100
    other.at += AGAIN
    other.tick()
    assert other.peers.asks == {"a"}
    one.quit("u0")
    settled([one, other])
    assert not other.peers.peers["a"].wanted
    assert view(one) == view(other)


def test_what_makes_no_sense_does_not_hold_up_the_rest() -> None:
    """It is counted; what comes behind it in the same message is done."""
    one, other = known()
    one.arrive("ann")
    settled([one, other])
    say(one, other, ["away"], ["nick", 1, None], ["user", []], ["quite new"], ["away", 1, "lunch"])
    assert other.counts == {"irc.link.malformed": 3}
    assert other.roster.user("ann").away == "lunch"  # type: ignore[union-attr]


def test_there_are_so_many_containers_at_most() -> None:
    """Further ones are not heard."""
    one = Container("a", Limits(peers=2))
    for name in "bcd":
        one.hear(name, {"kind": "ask", "of": []})
    assert [*one.peers.peers] == ["b", "c"]
    assert one.counts == {"irc.link.refused": 1}


def test_who_says_good_bye_is_split_off_at_once() -> None:
    """With what is left of its users."""
    one, other = known()
    one.arrive("ann")
    settled([one, other])
    other.hear("a", {"kind": "bye"})
    assert view(other) == {"users": {}, "rooms": {}}
    assert not other.known.ids
    assert [*other.known.ledgers] == ["b"]

"""Who is in which channel."""

from interfaces.irc.names import folding
from interfaces.irc.tables import Limits, Tables


def of(*channels: str, members: int = 100) -> Tables:
    """Tables of one who is in ``channels``, each with dan."""
    tables = Tables("me", folding("rfc1459"), Limits(members=members))
    for name in channels:
        tables.enter(name)
        tables.add(tables.channels[tables.fold(name)], "dan")
    return tables


def test_a_user_is_one_in_all_channels() -> None:
    """What is known of somebody is known in each; who has left all is forgotten."""
    tables = of("#a", "#B")
    assert tables.channels["#a"].members["dan"].user is tables.channels["#b"].members["dan"].user
    tables.remove(tables.channels["#a"], "DAN")
    assert tables.user("dan") is not None
    tables.remove(tables.channels["#b"], "Dan")
    assert tables.user("dan") is None
    assert tables.members == 2


def test_what_is_not_there_can_be_removed() -> None:
    """Nothing comes of it."""
    tables = of("#a")
    tables.remove(tables.channels["#a"], "nobody")
    assert tables.channels["#a"].names() == {"me": "", "dan": ""}


def test_who_is_added_again_is_who_was_there() -> None:
    """With the signs that they had."""
    tables = of("#a")
    tables.channels["#a"].members["dan"].prefixes = "@"
    member = tables.add(tables.channels["#a"], "DAN")
    assert member is not None
    assert (member.nick, member.prefixes) == ("dan", "@")


def test_a_full_table_takes_nobody_until_somebody_leaves() -> None:
    """It counts whom it has not taken."""
    tables = of("#a", members=2)
    assert tables.add(tables.channels["#a"], "eve") is None
    assert tables.add(tables.channels["#a"], "") is None
    assert tables.dropped == 2
    tables.remove(tables.channels["#a"], "dan")
    assert tables.add(tables.channels["#a"], "eve") is not None
    assert tables.add(tables.channels["#a"], "") is None


def test_to_leave_forgets_all_who_were_only_there() -> None:
    """And nobody else."""
    tables = of("#a", "#b")
    tables.add(tables.channels["#a"], "eve")
    tables.leave(tables.channels["#a"])
    assert [*tables.users] == ["me", "dan"]
    assert tables.channels_of("me") == tables.channels_of("dan") == ["#b"]


def test_two_that_become_one() -> None:
    """Of two channels and two users that are the same from now on, the first stays, and nobody is kept for nothing."""
    tables = Tables("me", folding("ascii"), Limits())
    for name in ("#[a]", "#{a}"):
        tables.enter(name)
    for name, nick in (("#[a]", "x["), ("#[a]", "x{"), ("#{a}", "only"), ("#{a}", "x{")):
        tables.add(tables.channels[name], nick)
    tables.refold(folding("rfc1459"))
    assert [one.name for one in tables.channels.values()] == ["#[a]"]
    assert tables.channels["#{a}"].names() == {"me": "", "x[": ""}
    assert {*tables.users} == {"me", "x{"}
    assert tables.members == 2

"""Who waits for whom."""

from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.gateway.watches import Watches


def test_both_ways() -> None:
    """A watcher knows its nicks as it wrote them, a nick its watchers however it is written."""
    watches = Watches(str.lower)
    assert watches.add("ann", "Bob")
    assert watches.add("eve", "bob")
    assert watches.who("BOB") == ["ann", "eve"]
    assert watches.of("ann") == ["Bob"]
    watches.remove("ann", "bOB")
    watches.remove("ann", "bob")
    watches.remove("nobody", "bob")
    assert watches.who("bob") == ["eve"]
    assert watches.of("ann") == []


def test_a_watcher_has_a_limit() -> None:
    """A nick that it watches already does not count again."""
    watches = Watches(str.lower, most=2)
    assert watches.add("ann", "a")
    assert watches.add("ann", "b")
    assert not watches.add("ann", "c")
    assert watches.add("ann", "A")
    assert watches.of("ann") == ["A", "b"]


@given(st.lists(st.tuples(st.sampled_from(["add", "remove", "clear"]), st.integers(0, 2), st.integers(0, 2))))
def test_nothing_is_left_when_all_is_cleared(acts: list[tuple[str, int, int]]) -> None:
    """Memory is that of what is watched."""
    watches = Watches(str.lower)
    for act, who, nick in acts:
        if act == "clear":
            watches.clear(who)
        else:
            getattr(watches, act)(who, f"n{nick}")
        assert all(who in watches.who(nick) for who in range(3) for nick in watches.of(who))
    for who in range(3):
        watches.clear(who)
    assert not watches._watchers
    assert not watches._watched
    assert repr(watches) == "<Watches of 0 users>"

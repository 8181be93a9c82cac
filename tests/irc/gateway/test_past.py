"""Who was there."""

from interfaces.irc.gateway.past import Past, Was
from interfaces.irc.names import folding

FOLD = folding("ascii")


def was(nick: str, at: float) -> Was:
    """Somebody who left then."""
    return Was(nick, "u", "h", "Real", at)


def test_the_latest_comes_first() -> None:
    """As many as are asked for; 0 and less are all."""
    past = Past(FOLD)
    for at in (1.0, 2.0, 3.0):
        past.add(was("Ann", at))
        past.add(was("bob", at))
    assert [one.at for one in past.find("ANN")] == [3.0, 2.0, 1.0]
    assert [one.at for one in past.find("ann", 2)] == [3.0, 2.0]
    assert len(past.find("ann", -1)) == 3
    assert [one.nick for one in past.find("*n*", 2)] == ["Ann", "Ann"]
    assert past.find("eve") == []


def test_the_oldest_is_forgotten() -> None:
    """Memory has a bound."""
    past = Past(FOLD, most=2)
    for at in (1.0, 2.0, 3.0):
        past.add(was("ann", at))
    assert [one.at for one in past.find("ann")] == [3.0, 2.0]
    assert repr(past) == "<Past 2 nicks>"

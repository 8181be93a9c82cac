"""Capabilities that are agreed on."""

from interfaces.irc.client.capabilities import Capabilities
from tests.irc.client.lines import read


def fed(caps, *lines):
    """What is said to so many lines."""
    return [said for line in lines for said in caps.feed(read(line))]


def test_what_is_new_later_is_asked_for():
    """And what is gone is gone."""
    caps = Capabilities(["batch", "chghost"])
    fed(caps, ":s CAP * LS :batch", ":s CAP * ACK :batch")
    assert fed(caps, ":s CAP bot NEW :chghost unknown") == [("CAP", "REQ", "chghost")]
    fed(caps, ":s CAP bot ACK :chghost", ":s CAP bot DEL :batch")
    assert caps.agreed == {"chghost"}


def test_what_was_refused_is_not_asked_for_again():
    """A server that offers it in a circle gets no answer."""
    caps = Capabilities(["batch"])
    assert fed(caps, ":s CAP * LS :batch") == [("CAP", "REQ", "batch")]
    assert fed(caps, ":s CAP * NAK :batch") == []
    assert fed(caps, *[":s CAP bot NEW :batch"] * 100) == []


def test_a_server_may_take_something_back():
    """ACK with a minus."""
    caps = Capabilities(["batch"])
    fed(caps, ":s CAP * LS :batch", ":s CAP * ACK :batch", ":s CAP * ACK :-batch")
    assert caps.agreed == set()


def test_it_is_settled_once_all_is_answered():
    """Also where the server repeats the list in another order, or with blanks."""
    caps = Capabilities(["a", "b"])
    assert not caps.settled
    fed(caps, ":s CAP * LS :b a")
    assert not caps.settled
    fed(caps, ":s CAP * ACK :b a ")
    assert caps.settled
    assert caps.agreed == {"a", "b"}


def test_what_nobody_asked_for_is_not_agreed_on():
    """A server may say what it wants."""
    caps = Capabilities(["a"])
    fed(caps, ":s CAP * LS :a", ":s CAP * ACK :a x")
    assert caps.agreed == {"a"}


def test_a_cap_that_says_nothing():
    """Too short, or of a kind that there is not."""
    caps = Capabilities(["a"])
    assert (
        fed(caps, ":s CAP", ":s CAP *", ":s CAP * LS", ":s CAP * LIST :a", ":s CAP * NAK", ":s CAP * ACK")
        == []
    )


def test_what_nobody_asked_for_is_not_asked_for_once_it_is_refused():
    """A server that refuses what it likes brings about no line of ours, and nothing that is kept."""
    caps = Capabilities()
    for number in range(100):
        assert caps.feed(read(f":s CAP * NAK :a{number} b{number} c{number}")) == []
    assert not caps.feed(read(":s CAP * LS :"))
    assert caps.settled

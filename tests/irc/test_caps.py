"""What a server offers, and how it is asked for."""

from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.caps import MOST, ROOM, Offer, requests

NAMES = [f"{name}{'/' * length}" for name in ("a", "sasl", "z.example/b") for length in range(50)]
WORDS = st.lists(st.sampled_from(NAMES), max_size=50)
"""Few, so that some of them are wanted and offered."""


def test_an_offer_in_one_line() -> None:
    """Names, with values and without; a value may have a sign of equality in it."""
    offer = Offer()
    assert offer.feed(["*", "LS", "multi-prefix sasl=PLAIN,EXTERNAL sts=port=6697,duration=1 "])
    assert offer.values == {"multi-prefix": "", "sasl": "PLAIN,EXTERNAL", "sts": "port=6697,duration=1"}
    assert "sasl" in repr(offer)


def test_an_offer_in_several_lines() -> None:
    """It is complete with the one that has no star."""
    offer = Offer()
    assert not offer.feed(["*", "LS", "*", "a b=1"])
    assert not offer.feed(["*", "ls", "*", "c"])
    assert offer.feed(["*", "LS", "d"])
    assert offer.values == {"a": "", "b": "1", "c": "", "d": ""}


def test_an_offer_changes() -> None:
    """By a word of it, or when all of it is said again."""
    offer = Offer()
    offer.feed(["me", "LS", "a b=1"])
    assert offer.feed(["me", "NEW", "b=2 c"])
    assert offer.feed(["me", "DEL", "a nobody"])
    assert offer.values == {"b": "2", "c": ""}
    assert offer.feed(["me", "LS", "z"])
    assert offer.values == {"z": ""}


def test_other_subcommands_say_nothing_of_it() -> None:
    """Nor does a line that is cut short, or one that has an empty list."""
    offer = Offer()
    for params in (["me", "ACK", "a"], ["me", "NAK", "a"], ["me", "LIST", "a"], ["me", "LS"], ["me"], []):
        assert not offer.feed(params)
    assert offer.feed(["me", "LS", ""])
    assert offer.values == {}


def test_what_changes_in_between_completes_nothing() -> None:
    """A NEW between two lines of a list."""
    offer = Offer()
    assert not offer.feed(["*", "LS", "*", "a"])
    assert not offer.feed(["*", "NEW", "b"])
    assert offer.feed(["*", "LS", "c"])
    assert [*offer.values] == ["a", "b", "c"]


def test_a_bounded_number_is_kept() -> None:
    """Of a server whose list never ends; those that are known may still change."""
    offer = Offer()
    for number in range(MOST + 10):
        offer.feed(["me", "NEW", f"c{number} "])
    offer.feed(["me", "NEW", "c0=1"])
    assert len(offer.values) == MOST
    assert offer.values["c0"] == "1"


@given(st.lists(st.text()))
def test_takes_anything(params: list[str]) -> None:
    """And says whether it is complete."""
    assert Offer().feed(params) in (True, False)


@given(WORDS, WORDS)
def test_asked_for_is_what_is_wanted_and_offered(wanted: list[str], offered: list[str]) -> None:
    """Each once, in lines that have room for it."""
    lines = requests(wanted, offered)
    assert all(len(line) <= ROOM for line in lines)
    assert " ".join(lines).split() == [name for name in dict.fromkeys(wanted) if name in offered]

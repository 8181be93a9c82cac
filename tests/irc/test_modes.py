"""Modes, taken apart and put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.isupport import Isupport
from interfaces.irc.modes import Change, form, plain, read, read_plain
from interfaces.shared.errors import ApplicationError

USUAL = Isupport()
USUAL.feed(["me", "CHANMODES=eIbq,k,flj,imnpst", "PREFIX=(aohv)&@%+", "are supported by this server"])
ARGS = st.from_regex(r"[^\s\0:][^\s\0]{0,30}", fullmatch=True)


def a_change() -> st.SearchStrategy[Change]:
    """One that has a parameter exactly where its letter needs one."""
    signs = st.sampled_from("+-")
    return st.one_of(
        st.builds(Change, signs, st.sampled_from("eIbqkaohv"), ARGS),
        st.builds(Change, st.just("+"), st.sampled_from("flj"), ARGS),
        st.builds(Change, st.just("-"), st.sampled_from("flj"), st.just("")),
        st.builds(Change, signs, st.sampled_from("imnpstZ"), st.just("")),
    )


@pytest.mark.parametrize(
    ("letters", "args", "changes"),
    [
        ("+o-v", ["dan", "eve"], [("+", "o", "dan"), ("-", "v", "eve")]),
        ("nt", [], [("+", "n", ""), ("+", "t", "")]),
        ("+lk-l", ["5", "key"], [("+", "l", "5"), ("+", "k", "key"), ("-", "l", "")]),
        ("-k", ["*"], [("-", "k", "*")]),
        ("+b", [], [("+", "b", "")]),
        ("+Zo", ["dan"], [("+", "Z", ""), ("+", "o", "dan")]),
        ("+i", ["left over"], [("+", "i", "")]),
        ("+-+", [], []),
        ("", [], []),
    ],
)
def test_each_letter_has_its_parameter(
    letters: str, args: list[str], changes: list[tuple[str, str, str]]
) -> None:
    """By what the server has said of it."""
    assert read(letters, args, USUAL) == changes


@given(st.text(), st.lists(st.text()))
def test_takes_anything(letters: str, args: list[str]) -> None:
    """A letter that is not known is a change too."""
    assert len(read(letters, args, USUAL)) == len(letters) - letters.count("+") - letters.count("-")


@given(st.lists(a_change(), max_size=30), st.integers(1, 12))
def test_what_is_put_together_reads_the_same(changes: list[Change], most: int) -> None:
    """In lines with no more parameters than the server takes."""
    lines = form(changes, most)
    assert all(len(args) <= most for _, *args in lines)
    assert [one for letters, *args in lines for one in read(letters, args, USUAL)] == changes


def test_in_as_few_lines_as_can_be() -> None:
    """A sign is said where it changes; flags need no line of their own."""
    changes = [
        Change("+", "o", "a"), Change("+", "v", "b"), Change("-", "m"), Change("-", "l"), Change("+", "o", "c"),
        Change("+", "o", "d"),
    ]  # fmt: skip
    assert form(changes, 3) == [["+ov-ml+o", "a", "b", "c"], ["+o", "d"]]
    assert form([], 3) == []


def test_to_ask_for_a_list_bans_nobody() -> None:
    """The parameter of what follows would be taken for the mask."""
    assert form([Change("+", "b"), Change("+", "i"), Change("+", "o", "dan")], 3) == [["+bi"], ["+o", "dan"]]


def test_a_line_has_an_end() -> None:
    """Parameters that fill one make two."""
    lines = form([Change("+", "b", "x" * 100)] * 7, 100)
    assert [len(args) for _, *args in lines] == [3, 3, 1]


@pytest.mark.parametrize(
    "change",
    [
        Change("", "o"), Change("*", "o"), Change("+", ""), Change("+", "ov"), Change("+", "+"), Change("+", " "),
        Change("+", "o", "a b"), Change("+", "o", ":a"), Change("+", "k", "a\r\nQUIT"), Change("+", "k", "a\0"),
    ],
)  # fmt: skip
def test_what_is_no_mode_is_refused(change: Change) -> None:
    """It is an application's word, and would be read as something else."""
    with pytest.raises(ApplicationError, match="is no mode of IRC"):
        form([change], 3)


def test_messages_have_them_in_plain_lists() -> None:
    """There and back; what has no parameter may leave it out."""
    changes = [Change("+", "o", "dan"), Change("-", "m")]
    assert plain(changes) == [["+o", "dan"], ["-m", ""]]
    assert read_plain(plain(changes)) == read_plain((("+o", "dan"), ["-m"])) == changes
    assert read_plain(None) == []


@pytest.mark.parametrize(
    "said", ["+o", ["o", "dan"], ["=o", "dan"], ["+o", 1], ["+o", "dan", "x"], [], None, ["+oo"]]
)
def test_what_is_no_mode_is_the_applications_mistake(said: object) -> None:
    """Of a network and of a gateway the same."""
    with pytest.raises(ApplicationError, match="is no mode"):
        read_plain([said])

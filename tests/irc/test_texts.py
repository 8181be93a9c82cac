"""Texts, cut to lines and freed of formatting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.line import form
from interfaces.irc.texts import clipped, packed, pieces, plain, room
from interfaces.shared.errors import ApplicationError
from interfaces.shared.graphemes import clusters

TEXTS = st.text(
    st.one_of(
        st.sampled_from("  ab\r\n\u0301\U0001f468\u200d\U0001f1e8\U0001f1ed"), st.characters(codec="utf-8")
    ),
    max_size=200,
)
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@given(TEXTS, st.integers(4, 60))
def test_each_piece_fits_and_none_is_lost(text: str, octets: int) -> None:
    """Together they are the same characters in the same order, but for blanks and ends of lines."""
    found = pieces(text, octets, most=10_000)
    assert all(0 < len(piece.encode()) <= octets for piece in found)
    assert all(piece.strip(" ") and "\n" not in piece and "\r" not in piece for piece in found)
    blank = str.maketrans("", "", " \r\n")
    assert "".join(found).translate(blank) == text.translate(blank)


@given(TEXTS, st.integers(4, 60))
def test_what_a_reader_takes_for_one_character_stays_whole(text: str, octets: int) -> None:
    """Where it fits into a piece at all."""
    line = "".join(text.split("\r")).replace("\n", "")
    cut = {*_ends(piece for piece in pieces(line, octets, most=10_000))}
    bare = line.replace(" ", "")
    at = 0
    for one in clusters(line):
        size = len(one.replace(" ", ""))
        inside = cut & {*range(at + 1, at + size)}
        assert not inside or len(one.encode()) > octets or " " in one, (one, inside)
        at += size
    assert at == len(bare)


def _ends(found):
    """Where each piece ends, in characters that are no blanks."""
    at = 0
    for piece in found:
        at += len(piece.replace(" ", ""))
        yield at


@given(st.lists(st.from_regex(r"[a-zé]{1,6}", fullmatch=True)), st.integers(36, 80))
def test_words_stay_whole(words: list[str], octets: int) -> None:
    """Where there is a blank in the last third of a piece, it is cut there."""
    assert " ".join(pieces(" ".join(words), octets, most=10_000)).split() == words


@pytest.mark.parametrize(
    ("text", "octets", "found"),
    [
        ("one two three", 13, ["one two three"]),
        ("one two three", 9, ["one two", "three"]),
        ("one two three", 7, ["one two", "three"]),
        ("a verylongword", 9, ["a verylon", "gword"]),
        ("one  two", 4, ["one", "two"]),
        ("  indented\r\n\n \nline  ", 20, ["  indented", "line"]),
        ("ééé", 5, ["éé", "é"]),
        ("ab" + FAMILY, 19, ["ab", FAMILY]),
        (FAMILY, 10, ["\U0001f468\u200d", "\U0001f469\u200d", "\U0001f467"]),
        ("e\u0301" * 3, 7, ["e\u0301" * 2, "e\u0301"]),
        ("    x", 4, ["x"]),
        ("\ud800" * 5, 4, ["\ud800" * 4, "\ud800"]),
        ("", 10, []),
        ("\r\n\r\n", 10, []),
    ],
)
def test_where_it_is_cut(text: str, octets: int, found: list[str]) -> None:
    """At a blank, else between characters as readers know them, else between those of Unicode."""
    assert pieces(text, octets) == found


def test_a_text_has_an_end() -> None:
    """One that makes too many is refused, before all of it is cut."""
    assert len(pieces("a\n" * 100, 50)) == 100
    with pytest.raises(ApplicationError, match="at most 100 messages"):
        pieces("a\n" * 101, 50)
    with pytest.raises(ApplicationError, match="at most 3 messages"):
        pieces("a" * 10_000_000, 400, most=3)


@pytest.mark.parametrize("octets", [3, 0, -20])
def test_a_line_without_room(octets: int) -> None:
    """Its target has filled it."""
    with pytest.raises(ApplicationError, match="its target is too long"):
        pieces("a", octets)


@given(st.from_regex(r"[#a-zé]{1,20}", fullmatch=True), st.integers(100, 1024))
def test_the_room_is_what_a_line_has_left(target: str, limit: int) -> None:
    """A text that fills it makes a line of just as many octets as it may have."""
    text = "x" * room("PRIVMSG", target, "dan!d@host.example", limit)
    assert len(form("PRIVMSG", [target, f"{text} "[:-1]], "dan!d@host.example")) in (limit, limit - 1)
    assert len(form("NOTICE", ["dan", f" {'x' * (room('NOTICE', 'dan', 'a') - 1)}"], "a")) == 512


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\x02bold\x02 \x1dit\x0f \x1fu\x1es\x11m\x16r", "bold it usmr"),
        ("\x0304,12red\x03 \x033,x\x03123", "red ,x3"),
        ("\x04ff0000,00FF00hex\x04 \x04ff", "hex ff"),
        ("nothing", "nothing"),
        ("\x01ACTION\x01", "\x01ACTION\x01"),
    ],
)
def test_formatting_falls_away(text: str, found: str) -> None:
    """With the numbers of colours, and not those behind them."""
    assert plain(text) == found


@given(st.text())
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    """Where there is no sign of formatting."""
    signs = {*"\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f"}
    assert (plain(text) == text) is not bool(signs & {*text})
    assert not signs & {*plain(text)}


@given(
    st.lists(st.text(st.characters(exclude_characters=" ", codec="utf-8"), min_size=1, max_size=12)),
    st.integers(1, 60),
)
def test_words_are_packed_in_their_order(words: list[str], room: int) -> None:
    """No line is longer than there is room, unless a single word is."""
    lines = list(packed(words, room))
    assert " ".join(lines).split(" ") == (words or [""])
    assert all(len(line.encode()) <= room or " " not in line for line in lines)


def test_lines_are_filled() -> None:
    """As many words as fit, the sign between them counted."""
    assert list(packed(["aa", "bb", "cc", "d" * 9], 5)) == ["aa bb", "cc", "d" * 9]
    assert list(packed(["aa", "bb"], 5, ",")) == ["aa,bb"]
    assert list(packed([], 5)) == []


def test_a_beginning_is_of_whole_characters() -> None:
    """As many octets as there may be, or one or two less."""
    assert clipped("ääx", 3) == "ä"
    assert clipped("ääx", 5) == "ääx"
    assert clipped("x", -1) == ""

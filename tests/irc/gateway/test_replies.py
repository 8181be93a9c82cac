"""What commands answer."""

from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.gateway.replies import packed, shown
from interfaces.irc.line import form


@given(st.text().filter(lambda text: not set(text) & set("\r\n\0")))
def test_any_word_of_a_client_can_be_shown(word: str) -> None:
    """In the middle of a line, and not too long for it."""
    found = shown(word)
    form("403", ["ann", found, "No such channel"])
    assert 0 < len(found) <= 100


def test_a_usual_word_is_shown_as_it_is() -> None:
    """Of others the beginning."""
    assert shown("#Ops") == "#Ops"
    assert shown("::a b") == "a"
    assert shown(": a") == "*"
    assert shown("") == "*"
    assert shown("ä" * 150) == "ä" * 100


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

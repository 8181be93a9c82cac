"""What is not torn apart."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.graphemes import clusters, is_loose


@pytest.mark.parametrize(
    "pieces",
    [
        ["a", "b"],
        ["\r\n", "\n", "\r"],
        ["e\u0301\u0323", "x"],
        ["\U0001f1e8\U0001f1ed", "\U0001f1eb\U0001f1f7", "\U0001f1e9"],
        ["a", "\U0001f1e8\U0001f1ed", "b"],
        ["\U0001f44d\U0001f3fd", "\U0001f44d"],
        ["\U0001f468\u200d\U0001f469\u200d\U0001f467", "!"],
        ["\u2764\ufe0f", "1\ufe0f\u20e3"],
        ["\U0001f3f4\U000e0067\U000e0062\U000e007f", "x"],
        ["\u1112\u1161\u11ab", "\u1100"],
        ["\ud55c", "\uae00"],
        ["\uac00\u11a8", "\uac01\u11a8", "\u1100\u1100\uac00"],
        ["\uac01", "\u1161"],
        ["\u0915\u093f", "\u0928"],
        ["\uff76\uff9e", "a"],
        [],
    ],
)
def test_holds_together_what_a_reader_takes_for_one(pieces: list[str]) -> None:
    """Marks, flags in pairs, colours of skin, families, key caps, syllables; a line's end of two characters."""
    assert list(clusters("".join(pieces))) == pieces


@given(st.text())
def test_loses_nothing(text: str) -> None:
    """The pieces are the text, and none is empty."""
    found = list(clusters(text))
    assert "".join(found) == text
    assert all(found)


@given(st.text())
def test_is_quick_where_nothing_belongs_together(text: str) -> None:
    """What is said to be loose is in pieces of one character."""
    if is_loose(text):
        assert list(clusters(text)) == list(text)


def test_sees_no_mark_as_loose() -> None:
    """Of all the characters that there are in the first planes."""
    marks = [one for one in map(chr, range(0x20000)) if unicodedata.category(one)[0] == "M"]
    assert len(marks) > 1000
    assert not any(map(is_loose, marks))
    assert is_loose("Gr\u00fcezi, \u0416\u0437 \u20ac")
    assert not is_loose("\r\n")

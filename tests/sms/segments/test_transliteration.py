"""Letters that GSM 03.38 has not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.sms.segments.alphabets import septets
from interfaces.sms.segments.transliteration import transliterated


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("\u2018it\u2019s\u2019 \u201cso\u201d \u2013 \u2026", "'it's' \"so\" - ..."),
        ("na\u00efve \u00e1\u00ea\u0159\u017c", "naive aerz"),
        ("\u00e9\u00e8\u00fc\u00f1\u00df\u20ac", "\u00e9\u00e8\u00fc\u00f1\u00df\u20ac"),
        ("e\u0300 u\u0308 a\u0301", "\u00e8 \u00fc a"),
        ("\u00e7", "c"),
        ("\u0141\u00f3d\u017a, \u0111, \u0153uvre", "Lodz, d, oeuvre"),
        ("\u0130stanbul'da \u0131\u015f\u0131k", "Istanbul'da isik"),
        ("a\u00a0b\u200bc\td", "a bc d"),
        ("\u2122 \u00bd \u2116 \ufb01 \uff21", "TM 1/2 No fi A"),
        ("\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1", "KA\u039bHMEPA"),
        ("\u0436 \U0001f600", "\u0436 \U0001f600"),
        ("", ""),
    ],
)
def test_says_it_by_what_there_is(said: str, found: str) -> None:
    """Quotes, dashes, accents, spaces, ligatures, Greek; what has no like stays, and what fits stays as it is."""
    assert transliterated(said) == found


@given(st.text())
def test_is_done_at_once(text: str) -> None:
    """A second time changes nothing of what the alphabet has."""
    found = transliterated(text)
    if septets().fits(found):
        assert transliterated(found) == found


@given(st.text())
def test_leaves_alone_what_fits(text: str) -> None:
    """Of any text, what the alphabet has is there afterwards, in its order."""
    composed = unicodedata.normalize("NFC", text)
    found = iter(transliterated(text))
    assert all(one in found for one in composed if septets().fits(one))

"""Texts in parts, with smsutil as a second opinion."""

from typing import Literal

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.errors import ApplicationError
from interfaces.shared.graphemes import clusters, is_loose
from interfaces.sms.segments import LANGUAGES, MOST, Segments, segments
from interfaces.sms.segments.alphabets import septets
from interfaces.sms.segments.splitting import again

GSM = "".join(one for one in smsutil.codecs.GSM_CHARSET if one not in "\x1b\r")
TEXTS = st.one_of(
    st.text(max_size=700),
    st.text(alphabet=GSM, max_size=700),
    st.text(alphabet="a{\u20ac\r\n\u0301\u200d\U0001f1e8\U0001f468\u015f", max_size=700),
)
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def _units(part: str, found: Segments) -> int:
    if found.encoding == "ucs2":
        return len(part.encode("utf-16-be")) // 2
    return septets(found.locking, found.single).count(part)


@pytest.mark.parametrize(
    ("text", "wide", "lengths"),
    [
        ("", False, [0]),
        ("a" * 160, False, [160]),
        ("a" * 161, False, [153, 8]),
        ("a" * 161, True, [152, 9]),
        ("a" * 306, False, [153, 153]),
        ("a" * 307, False, [153, 153, 1]),
        ("\u20ac" * 80, False, [80]),
        ("\u20ac" * 81, False, [76, 5]),
        ("a" * 152 + "\u20ac" + "b" * 10, False, [152, 11]),
        ("\u0436" * 70, False, [70]),
        ("\u0436" * 71, False, [67, 4]),
        ("\u0436" * 71, True, [66, 5]),
        ("\uffff" * 70, False, [70]),
        ("\U00010000" * 36, False, [33, 3]),
        ("\U0001f600" * 35, False, [35]),
        ("\U0001f600" * 36, False, [33, 3]),
        ("\u0436" * 66 + "\U0001f600" * 3, False, [66, 3]),
    ],
)
def test_holds_what_a_part_holds(text: str, wide: bool, lengths: list[int]) -> None:
    """160 and 153 septets, 70 and 67 units, one less with a wide reference; no pair is cut."""
    found = segments(text, wide=wide)
    assert [len(part) for part in found.parts] == lengths
    assert found.concatenated == (len(lengths) > 1)


@given(st.text(alphabet=GSM, max_size=700))
def test_splits_septets_as_smsutil_does(text: str) -> None:
    """The same parts, and the same number of septets."""
    found, other = segments(text), smsutil.split(text or "a")
    assert found.encoding == "gsm7"
    if text:
        assert list(found.parts) == [part.content for part in other.parts]
        assert found.units == other.total_bytes


@given(st.text(max_size=400))
def test_splits_units_as_smsutil_does(text: str) -> None:
    """Where nothing belongs together that smsutil would cut."""
    found = segments(text, encoding="ucs2")
    other = smsutil.unicode_split(text)
    if is_loose(text):
        assert list(found.parts) == [part.content for part in other.parts]
    assert 2 * found.units == other.total_bytes


@given(TEXTS, st.booleans(), st.sampled_from(["auto", "ucs2"]))
def test_keeps_the_text_and_the_limit(text: str, wide: bool, encoding: Literal["auto", "ucs2"]) -> None:
    """Any text: its parts joined are it, no part is over its limit, and the units are theirs."""
    found = segments(text, encoding=encoding, languages=["turkish"], wide=wide)
    octets = {1: 0}.get(len(found.parts), 7 if wide else 6) + 3 * (found.locking > 0) + 3 * (found.single > 0)
    octets += len(found.parts) == 1 and octets > 0
    room = (140 - octets) // 2 if found.encoding == "ucs2" else (140 - octets) * 8 // 7
    assert found.text == text
    assert all(_units(part, found) <= room for part in found.parts)
    assert found.units == sum(_units(part, found) for part in found.parts)
    assert all(found.parts) or not text


@given(TEXTS)
def test_tears_apart_only_what_fills_a_part(text: str) -> None:
    """A cut is between two characters of a reader's, unless one of them is longer than any part."""
    found = segments(text, encoding="ucs2")
    if not all(len(one.encode("utf-16-be")) <= 134 for one in clusters(text)):
        return
    cuts, at = set(), 0
    for one in clusters(text):
        cuts.add(at)
        at += len(one)
    at = 0
    for part in found.parts:
        assert at in cuts or not text
        at += len(part)


def test_keeps_a_family_together() -> None:
    """The emoji of eight units goes whole into the next part; one of more than a part is cut between characters."""
    found = segments("\u0436" * 62 + FAMILY + "\u0436")
    assert found.parts == ("\u0436" * 62, FAMILY + "\u0436")
    assert [len(part) for part in segments("e" + "\u0301" * 99).parts] == [67, 33]
    full = "e" + "\u0301" * 66
    assert segments("xxx" + full + "y").parts == ("xxx", full, "y")


def test_keeps_an_end_of_line_together() -> None:
    """Both of its characters are in the second part."""
    assert segments("a" * 152 + "\r\n" + "b" * 20).parts == ("a" * 152, "\r\n" + "b" * 20)


def test_takes_half_a_surrogate_pair_for_a_sign() -> None:
    """It cannot be sent; and two halves are one character."""
    assert segments("a\ud800b").text == "a\ufffdb"
    assert segments("\ud83d\ude00").text == "\U0001f600"


def test_takes_the_tables_of_a_language_where_they_save_a_part() -> None:
    """Turkish by its locking table, in 155 septets; with one part anyway, all telephones can read UCS-2."""
    found = segments("\u015f" * 155, languages=["turkish"])
    assert (found.encoding, found.locking, found.single, len(found.parts)) == ("gsm7", 1, 0, 1)
    assert [len(part) for part in segments("\u015f" * 156, languages=["turkish"]).parts] == [149, 7]
    assert segments("\u015f" * 70, languages=["turkish"]).encoding == "ucs2"
    assert segments("\u015f" * 155).encoding == "ucs2"


def test_takes_the_language_that_fits() -> None:
    """Of several, and both of its tables where the text needs both."""
    hindi = "\u0928\u092e\u0938\u094d\u0924\u0947 " * 12
    found = segments(hindi, languages=["turkish", "hindi"])
    assert (found.locking, found.single) == (LANGUAGES["hindi"], 0)
    both = segments(hindi + "\u0967ABC", languages=["turkish", "hindi"])
    assert (both.locking, both.single) == (LANGUAGES["hindi"], LANGUAGES["hindi"])
    assert (
        segments("\u00e1" * 90 + "[", encoding="gsm7", languages=["spanish"]).single == LANGUAGES["spanish"]
    )


def test_transliterates_where_that_saves_a_part() -> None:
    """A short text stays as it is, as does one that has other letters too; gsm7 wants it always."""
    assert segments("na\u00efve", transliterate=True).text == "na\u00efve"
    assert segments("na\u00efve " * 12, transliterate=True).text == "naive " * 12
    assert segments("na\u00efve \u0436" * 12, transliterate=True).text == "na\u00efve \u0436" * 12
    assert segments("na\u00efve", transliterate=True, encoding="gsm7").text == "naive"
    assert segments("na\u00efve " * 12, transliterate=True, encoding="ucs2").encoding == "ucs2"


def test_says_what_does_not_fit() -> None:
    """The first such letter, with its number."""
    with pytest.raises(ApplicationError, match=r"no '\u0436' \(U\+0436\)"):
        segments("a\u0436", encoding="gsm7", transliterate=True)


def test_says_which_language_there_is() -> None:
    """A name that is nearly one."""
    with pytest.raises(ApplicationError, match="turkish"):
        segments("\u0436", languages=["turkisch"])


def test_has_no_more_parts_than_a_header_can_say() -> None:
    """255; one more septet is refused."""
    assert len(segments("a" * 153 * MOST).parts) == MOST
    with pytest.raises(ApplicationError, match="256 parts"):
        segments("a" * (153 * MOST + 1))


@given(TEXTS)
def test_is_split_again_for_another_width(text: str) -> None:
    """As if it had been so at once."""
    assert again(segments(text), wide=True) == segments(text, wide=True)

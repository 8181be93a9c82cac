"""The seven-bit alphabets, with smsutil's as a second opinion."""

import smsutil
from hypothesis import given
from hypothesis import strategies as st

from interfaces.sms.segments.alphabets import septets
from interfaces.sms.segments.languages import LANGUAGES

DEFAULT = septets()
BASIC = "".join(one for one in smsutil.codecs.GSM_CHARSET if one != "\x1b")
NUMBERS = (0, *LANGUAGES.values())


def _all(locking: int, single: int) -> str:
    alphabet = septets(locking, single)
    return "".join(sorted({chr(one) for one in alphabet._codes}))


def test_has_what_the_standard_has_and_no_more() -> None:
    """137 characters, as smsutil has them; an escape is none."""
    assert _all(0, 0) == "".join(sorted(BASIC))
    assert len(BASIC) == 137
    assert not DEFAULT.fits("\x1b")


@given(st.text(alphabet=BASIC))
def test_is_written_as_smsutil_writes_it(text: str) -> None:
    """The same octets, both ways, and their number."""
    written = DEFAULT.encode(text)
    assert written == text.encode("gsm0338")
    assert DEFAULT.decode(written) == text
    assert DEFAULT.count(text) == len(written)


@given(st.text())
def test_fits_what_smsutil_takes(text: str) -> None:
    """Any text; an empty one, and one with an escape, are our own cases."""
    if text and "\x1b" not in text:
        assert DEFAULT.fits(text) == smsutil.codecs.is_valid_gsm(text)


@given(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.data())
def test_comes_back_in_every_language(locking: int, single: int, data: st.DataObject) -> None:
    """What fits a pair of tables is read again as it was written, and counted."""
    alphabet = septets(locking, single)
    text = data.draw(st.text(alphabet=_all(locking, single)))
    written = alphabet.encode(text)
    assert alphabet.fits(text)
    assert alphabet.decode(written) == text
    assert alphabet.count(text) == len(written)


@given(st.binary(), st.sampled_from(NUMBERS), st.sampled_from(NUMBERS))
def test_takes_any_octets(data: bytes, locking: int, single: int) -> None:
    """What means nothing harms nothing, and there are no more characters than octets."""
    assert len(septets(locking, single).decode(data)) <= len(data)


def test_reads_an_unknown_escape_as_the_main_table() -> None:
    """So the standard wants it of a telephone that knows no such extension; an escape at the end says nothing."""
    assert DEFAULT.decode(b"\x1bA\x1be\x1b") == "A\u20ac"
    assert DEFAULT.decode(b"\x1b\x1be") == "\u20ac"


def test_reads_what_a_table_has_not_as_a_space() -> None:
    """A hole in a national table, and an octet that is no septet."""
    assert septets(LANGUAGES["tamil"]).decode(b"\x00\x01") == " \u0b82"
    assert DEFAULT.decode(b"a\x80b") == "a b"


def test_names_the_first_that_does_not_fit() -> None:
    """For the error that says so."""
    assert DEFAULT.foreign("a\u0439b\u044f") == "\u0439"
    assert DEFAULT.foreign("abc") == ""


def test_takes_an_unknown_language_for_the_default() -> None:
    """A header may say any octet."""
    assert septets(14, 255).decode(b"\x00\x1be") == "@\u20ac"
    assert repr(septets(1, 2)) == "<Septets locking=1 single=2>"

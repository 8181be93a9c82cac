"""interfaces.email.mime.words: encoded words, as the standard has them and as mailers write them."""

from email.header import Header, decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.mime.words import MOST, base64, decoded


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"hello", "hello"),
        ("jörg".encode(), "jörg"),
        (b"j\xf6rg", "jörg"),
        (b"=?utf-8?q?J=C3=B6rg_S?=", "Jörg S"),
        (b"=?UTF-8?B?SsO2cmc=?= Smith", "Jörg Smith"),
        (b"=?utf-8*de?q?J=C3=B6rg?=", "Jörg"),
        (b"a =?utf-8?q?b?= =?utf-8?q?c?= d", "a bc d"),
        (b"=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        (b"=?utf-8?b?SsM=?= =?utf-8?b?tnJn?=", "Jörg"),
        (b"=?iso-8859-1?q?=F6?= =?utf-8?q?=C3=B6?=", "öö"),
        (b"=?utf-8?q?with blanks inside?=", "with blanks inside"),
        (b"=?utf-8?b?SsO2cmc?=", "Jörg"),
        (b"=?utf-8?b?SsO2cmcxA?=", "Jörg1"),
        (b"=?nonsense?q?J=C3=B6rg?=", "Jörg"),
        (b"=?utf-8?x?a?= =?utf-8?q?b", "=?utf-8?x?a?= =?utf-8?q?b"),
        (b"=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        (b"=?utf-8?q?=E2=80=A8a=00b?=", "a\ufffdb"),
        (b"  a\tb  ", "a b"),
    ],
)
def test_words_are_decoded(value: bytes, text: str) -> None:
    """Neighbours are joined before they are decoded; what is broken stays; no end of a line comes out."""
    assert decoded(value) == text


def test_a_flood_of_words_stays_as_it_is() -> None:
    """No more than so many are decoded."""
    assert decoded(b"=?utf-8?q?a?= " * MOST) == "a" * MOST
    assert decoded(b"=?utf-8?q?a?= " * (MOST + 1)).startswith("=?utf-8?q?a?= =?")


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=80))
def test_what_the_standard_library_encodes_is_decoded(text: str) -> None:
    """Its words, also of long texts that take several of them."""
    said = Header(text, "utf-8", maxlinelen=75).encode(linesep="")
    assert decoded(said.encode()) == " ".join(str(make_header(decode_header(said))).split("\n")).strip()


@given(st.binary(max_size=200))
def test_any_field_is_text_in_one_line(value: bytes) -> None:
    """No error, and no control character."""
    assert not any(char < " " for char in decoded(value))


@given(st.binary(max_size=100))
def test_base64_is_read_as_far_as_it_can_be(content: bytes) -> None:
    """Anything may stand there."""
    base64(content)


def test_base64_is_read_over_noise_and_without_its_end() -> None:
    """Ends of lines, blanks, other characters; padding that is missing, and a character too many."""
    assert base64(b"YW\r\nJj!ZGVm ") == b"abcdef"
    assert base64(b"YWJjZA") == b"abcd"
    assert base64(b"YWJjZ") == b"abc"
    assert base64(b"=") == b"" == base64(b"!")

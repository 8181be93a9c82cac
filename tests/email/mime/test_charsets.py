"""interfaces.email.mime.charsets: bytes become text, whatever a message says of them."""

from encodings.aliases import aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.mime.charsets import charset_of, text_of


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("jörg".encode(), "utf-8", "jörg"),
        ("jörg".encode(), "UTF8", "jörg"),
        ("jörg".encode(), "", "jörg"),
        ("jörg".encode(), "us-ascii", "jörg"),
        ("jörg".encode(), "no-such-charset", "jörg"),
        ("jörg".encode("latin-1"), "iso-8859-1", "jörg"),
        ("jörg".encode("latin-1"), "utf-8", "jörg"),
        ("jörg".encode("latin-1"), "us-ascii", "jörg"),
        ("“5 €”".encode("cp1252"), "iso-8859-1", "“5 €”"),
        ("“5 €”".encode("cp1252"), "", "“5 €”"),
        ("привет".encode("koi8-r"), "KOI8-R", "привет"),
        ("日本語".encode("iso-2022-jp"), "ISO-2022-JP", "日本語"),
        ("①".encode("cp932"), "Shift_JIS", "①"),
        ("你好镕".encode("gb18030"), "gb2312", "你好镕"),
        ("한글".encode("cp949"), "ks_c_5601-1987", "한글"),
        ("ไทย".encode("cp874"), "windows-874", "ไทย"),
        (b"\xef\xbb\xbfhello", "utf-8", "hello"),
        ("hello".encode("utf-16"), "utf-16", "hello"),
        (b"a\x00b", "utf-8", "a\ufffdb"),
        (b"\x81\xff", "ascii", "\ufffd\ufffd"),
    ],
)
def test_text_is_read_as_it_was_meant(content: bytes, charset: str, text: str) -> None:
    """By the charset declared, or the one that mailers mean by it; where that cannot be, by what it looks like."""
    assert text_of(content, charset) == text


NO_CHARSETS = [
    "zlib",
    "hex",
    "rot13",
    "base64",
    "idna",
    "punycode",
    "unicode_escape",
    "utf-7",
    "mbcs",
    "undefined",
]


@pytest.mark.parametrize("name", [*NO_CHARSETS, "../../etc", "x" * 1000, "", "\x00"])
def test_what_is_no_charset_is_not_looked_up(name: str) -> None:
    """Codecs that decompress, escape or take quadratic time, and names that a memory of names would grow by."""
    assert charset_of(name) is None


def test_an_unknown_name_is_not_remembered() -> None:
    """The standard library keeps every name that it was asked for."""
    import encodings

    text_of(b"x", "no-such-charset-either")
    assert "no_such_charset_either" not in encodings._cache  # type: ignore[attr-defined]


@given(st.binary(max_size=60), st.sampled_from([*sorted({*aliases, *aliases.values()}), "utf-8", "x"]))
def test_text_comes_out_of_anything(content: bytes, charset: str) -> None:
    """No error, no NUL, and nothing that cannot be written down as UTF-8."""
    text = text_of(content, charset)
    assert "\0" not in text
    text.encode()

"""The header of a message: its fields, as they are and decoded, in linear time."""

import email
import string
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interfaces.email.headers import DECODED, Headers, conversation, identifier, identifiers, split


def fields(content: bytes) -> list[tuple[bytes, bytes]]:
    """The fields of a header."""
    return split(content).fields


# --- fields ---


def test_fields_keep_order_repeats_and_bytes() -> None:
    """Names in lower case, values without the blanks around them; nothing is decoded."""
    content = b"To: a\r\nX-A:\t1 \r\nto:  b:c\r\nX-8: \xc3\xa9\xff\r\n\r\nBody: no\r\n"
    found = split(content)
    assert found.fields == [(b"to", b"a"), (b"x-a", b"1"), (b"to", b"b:c"), (b"x-8", b"\xc3\xa9\xff")]
    assert content[found.end :] == b"Body: no\r\n"
    assert found.first(b"to") == b"a"
    assert found.first(b"cc") == b""


@pytest.mark.parametrize("body", [b" begins with a blank\r\n", b"\tx: y\r\n", b"\r\n", b"", b" "])
def test_a_body_begins_behind_the_empty_line(body: bytes) -> None:
    """A body whose first line begins with a blank folds nothing: it begins where the empty line ends."""
    content = b"A: 1\r\n\r\n" + body
    found = split(content)
    assert found.fields == [(b"a", b"1")]
    assert content[found.end :] == body


@pytest.mark.parametrize(
    ("folded", "value"),
    [
        (b"A: 1\r\n 2\r\n", b"1 2"),
        (b"A: 1\r\n\t2\r\n  3\r\n", b"1\t2  3"),
        (b"A:\r\n 1\r\n", b"1"),
        (b"A: 1\r\n \r\n 2\r\n", b"1  2"),
        (b"A: 1\r\n 2", b"1 2"),
        (b"A: 1\r\n ", b"1"),
        (b"A: 1\r\n", b"1"),
        (b"A:", b""),
    ],
)
def test_folded_lines_are_one(folded: bytes, value: bytes) -> None:
    """Only the CRLF is taken out (RFC 5322 §2.2.3), also where nothing follows."""
    assert fields(folded) == [(b"a", value)]
    assert fields(b"B: 0\r\n" + folded) == [(b"b", b"0"), (b"a", value)]


@pytest.mark.parametrize(
    ("content", "count", "body"),
    [
        (b"", 0, b""),
        (b"\r\n", 0, b""),
        (b"\r\nText\r\n", 0, b"Text\r\n"),
        (b"A: 1", 1, b""),
        (b"A: 1\r\n", 1, b""),
        (b"A: 1\r\n\r\n", 1, b""),
        (b"Text\r\n", 0, b"Text\r\n"),
        (b"A: 1\r\nText\r\nB: 2\r\n", 1, b"Text\r\nB: 2\r\n"),
        (b" A: 1\r\nB: 2\r\n", 0, b" A: 1\r\nB: 2\r\n"),
        (b"A B: 1\r\n", 0, b"A B: 1\r\n"),
        (b": 1\r\n", 0, b": 1\r\n"),
        (b"Subjects\r\n\r\nText", 0, b"Subjects\r\n\r\nText"),
        (b"To", 0, b"To"),
        (b"\xc3\xa9: 1\r\n", 0, b"\xc3\xa9: 1\r\n"),
        (b"A : 1\r\n", 1, b""),
    ],
)
def test_what_is_no_field_ends_the_header(content: bytes, count: int, body: bytes) -> None:
    """It is the body then, none of it is lost; a blank before the colon is forgiven (RFC 5322 §4.5)."""
    found = split(content)
    assert len(found.fields) == count
    assert content[found.end :] == body


WORDS = st.text(string.ascii_letters + string.digits + ' ()<>@,;:"=?._-äß', min_size=1, max_size=40)
NAMES = st.text(string.ascii_letters + "-", min_size=1, max_size=20).filter(lambda name: name.strip("-"))
VALUES = st.lists(WORDS.filter(str.strip), min_size=1, max_size=4)


@given(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=8), st.text(max_size=30))
def test_the_standard_librarys_parser_agrees(written: list[tuple[str, list[str]]], body: str) -> None:
    """About the fields and the body of ordinary messages, folded or not."""
    lines = "".join(f"{name}: " + "\r\n ".join(words) + "\r\n" for name, words in written)
    content = (lines + "\r\n" + body).encode()
    theirs = email.message_from_bytes(content)
    expected = [
        (name.lower().encode(), value.encode("ascii", "surrogateescape").replace(b"\r\n", b"").strip(b" \t"))
        for name, value in theirs.raw_items()
    ]
    found = split(content)
    assert found.fields == expected
    assert content[found.end :] == body.encode()


@given(st.binary(max_size=300))
@example(b"A: 1\r\n \r\n\r\nB")
@example(b"\r\n \r\n")
@settings(max_examples=300)
def test_nothing_is_lost_of_any_bytes(content: bytes) -> None:
    """Whatever comes, the header ends somewhere, and every field stands in front of that end."""
    found = split(content)
    assert 0 <= found.end <= len(content)
    for name, value in found.fields:
        assert name
        assert name == name.lower()
        assert b"\r\n" not in value
    assert len(found.fields) <= content[: found.end].count(b":")


def test_a_header_is_read_no_further_than_it_may_be_long() -> None:
    """One field more than that tells that there are too many."""
    assert len(fields(b"A: 1\r\n" * 9)) == 9
    assert len(split(b"A: 1\r\n" * 9, 8).fields) == 9
    assert len(split(b"A: 1\r\n" * 99, 8).fields) == 9


# --- text ---


def text(value: bytes) -> str:
    """The decoded subject."""
    return Headers([(b"subject", value)]).text(b"subject")


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?B?R3LDvMOfZQ==?= =?iso-8859-1?q?=E4?=", "Grüßeä"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b"Gr\xc3\xbc\xc3\x9fe", "Grüße"),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
        (b"=?no-such?q?a?=", "=?no-such?q?a?="),
        (b"=?utf-8?q?a=0D=0ABcc:_b=40b?=", "a Bcc: b@b"),
        (b"=?utf-8?b?!!?=", None),
        (b"=?utf-8?q?=FF?=", None),
        (b"=?", "=?"),
        (b"", ""),
    ],
)
def test_encoded_words_are_decoded(value: bytes, decoded: str | None) -> None:
    """RFC 2047, and UTF-8 as it is (RFC 6532); what cannot be decoded is text all the same."""
    assert decoded is None or text(value) == decoded
    text(value).encode()


@given(st.binary(max_size=120).map(lambda junk: b"=?utf-8?" + junk))
@example(b"=?utf-8?b?====?=")
@example(b"=?utf-16?b?AA==?=")
@example(b"=?unicode-escape?q?\\x?=")
@example(b"=?rot13?q?a?=")
@example(b"=?idna?q?=ff?=")
@example(b"=?unknown-8bit?q?=ff?=")
@example(b"=?utf-8\xff?q?a?=")
def test_no_field_raises(value: bytes) -> None:
    """A hostile encoded word is text that can be sent on."""
    assert isinstance(text(value), str)


def test_a_very_long_field_is_left_as_it_is() -> None:
    """Decoding is for lines that people read."""
    long = b"=?utf-8?q?a?= " * DECODED
    assert text(long) == long.decode()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"<a@b>", "a@b"),
        (b"<a@b> <c@d>", "a@b"),
        (b"junk <a@b> (c)", "a@b"),
        (b"a@b", None),
        (b"<>", None),
        (b"<a b>", None),
        (b"<" + b"a" * 999 + b">", None),
        (b"<\xff>", "\N{REPLACEMENT CHARACTER}"),
        (b"", None),
    ],
)
def test_the_first_identifier(value: bytes, found: str | None) -> None:
    """Without its angle brackets, None without one."""
    assert identifier(value) == found


def test_identifiers_are_found_and_bounded() -> None:
    """Without brackets; what is no identifier is passed over."""
    assert identifiers(b"<a@b> junk <c d> (x)<e@f><g@h>", 2) == ["a@b", "e@f"]
    assert identifiers(b"", 5) == []


@pytest.mark.parametrize(
    ("header", "began"),
    [
        (b"References: <1@x> <2@x>\r\nIn-Reply-To: <2@x>\r\n", "1@x"),
        (b"In-Reply-To: <2@x>\r\n", "2@x"),
        (b"References: none\r\nIn-Reply-To: <2@x>\r\n", "2@x"),
        (b"Message-ID: <3@x>\r\n", None),
    ],
)
def test_the_thread_that_a_message_is_in(header: bytes, began: str | None) -> None:
    """The first of its References, else what it answers: a first message is in none yet."""
    assert conversation(split(header + b"\r\n")) == began


# --- time ---


@pytest.mark.parametrize(
    "unit",
    [b"A: 1\r\n", b"A:\r\n", b" \r\n", b":", b"<", b"\r\n ", b"A: =?utf-8?q?a?=\r\n", b"a", b"=?", b"\r"],
)
def test_a_header_of_a_megabyte_takes_linear_time(unit: bytes) -> None:
    """Four times the bytes take about four times as long, and far less than what other clients would notice."""

    def cost(size: int) -> float:
        content = b"A: " + unit * (size // len(unit))
        took = []
        for _ in range(3):
            before = time.process_time()
            found = split(content, 1000)
            found.text(b"a")
            identifier(found.first(b"a"))
            took.append(time.process_time() - before)
        return min(took)

    small, large = cost(250_000), cost(1_000_000)
    assert large < 0.2
    assert large < max(16 * small, 0.02)

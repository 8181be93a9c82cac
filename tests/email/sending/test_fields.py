"""Fields, written and read by the standard library."""

import email
import string
from email.header import decode_header, make_header
from email.policy import default
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interfaces.email.sending.addresses import Mailbox
from interfaces.email.sending.fields import (
    LINE,
    LONGEST,
    address_list,
    field,
    identifiers,
    parameters,
    unstructured,
)

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=300)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=60)


def lines(written: bytes) -> list[bytes]:
    """The lines of a field; each ends with CRLF, all but the first begin with a blank, none is too long."""
    *found, last = written.split(b"\r\n")
    assert last == b"" and written.isascii()
    assert all(line.startswith(b" ") and line.strip() for line in found[1:])
    assert all(b"\r" not in line and b"\n" not in line and len(line) <= LONGEST for line in found)
    return found


def read(written: bytes) -> str:
    """The value of the one field."""
    message = email.message_from_bytes(written + b"\r\n", policy=default)
    (value,) = message.values()
    return str(value)


@given(TEXT)
@example("a" * 2000)
@example("a =?utf-8?q?b?= c")
@example("two  blanks, a\u00a0space")
@example("=?")
@example("x" * 76 + " y")
@example("😀" * 100)
def test_a_text_is_read_as_it_was_written(value: str) -> None:
    """In lines of 78 where that can be, whatever characters it has."""
    written = unstructured("Subject", value)
    assert read(written) == value.strip()
    assert all(len(line) <= LINE for line in lines(written)) or max(map(len, value.split())) > LINE - 9


@given(NAMES)
@example('Bee, "Ann" \\ (x)')
@example("a  b")
@example("=?utf-8?q?a?=")
@example("Ann")
def test_a_name_is_read_as_it_was_written(name: str) -> None:
    """Quoted or encoded, so that no name becomes an address."""
    name = name.strip()
    written = address_list("To", [Mailbox(name, "a@b.example"), Mailbox("", "c@d.example")])
    lines(written)
    (first, one), second = getaddresses([email.message_from_bytes(written + b"\r\n")["to"]])
    assert (one, second) == ("a@b.example", ("", "c@d.example"))
    assert str(make_header(decode_header(first))) == name


def test_a_long_list_is_folded() -> None:
    """Between addresses."""
    boxes = [Mailbox("Ann Bee", f"number{at}@b.example") for at in range(100)]
    written = address_list("To", boxes)
    assert all(len(line) <= LINE for line in lines(written))
    assert len(email.message_from_bytes(written + b"\r\n", policy=default)["to"].addresses) == 100


def test_an_identifier_is_never_broken() -> None:
    """However long: what the standard library writes of it is no identifier any more."""
    long = "x" * 400 + "@a.example"
    written = identifiers("References", ["1@a.example", long, "2@a.example"])
    assert [line.split(b" ", 1)[1] for line in lines(written)] == [
        b"<1@a.example>",
        f"<{long}>".encode(),
        b"<2@a.example>",
    ]


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cn", "Co"]),
        min_size=1,
        max_size=255,
    )
)
@example('a "b" \\.txt')
@example("ünï cödé.txt")
@example("x" * 255)
@example("100%.txt")
def test_a_filename_is_read_as_it_was_written(name: str) -> None:
    """Plain, quoted, or in RFC 2231's way in as many pieces as it needs."""
    written = parameters("Content-Disposition", "attachment", {"filename": name})
    assert all(len(line) <= LINE for line in lines(written))
    message = email.message_from_bytes(written + b"\r\n")
    found = message.get_param("filename", header="content-disposition")
    assert email.utils.collapse_rfc2231_value(found) == name  # type: ignore[arg-type]


@given(st.lists(st.text(string.ascii_letters, min_size=1, max_size=90), min_size=1, max_size=20))
def test_pieces_stay_whole(pieces: list[str]) -> None:
    """A line ends between two of them alone."""
    assert (
        b" ".join(line.strip() for line in lines(field("X-A", pieces)))
        == ("X-A: " + " ".join(pieces)).encode()
    )


@pytest.mark.parametrize("value", ["", "   "])
def test_nothing_is_nothing(value: str) -> None:
    """An empty field is one line."""
    assert unstructured("Subject", value) == b"Subject: \r\n"

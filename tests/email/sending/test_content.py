"""interfaces.email.sending.content: the body of a message, part by part, as the bytes that go out."""

import re
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.mime import parse
from interfaces.email.sending.content import (
    ATTACHMENTS,
    FILENAME,
    Part,
    body,
    boundaries,
    canonical,
    joined,
    leaf,
)
from interfaces.shared.errors import ApplicationError


def made(**message: Any) -> Part:
    """The body of a message; its boundaries are "b0", "b1" and so on."""
    numbers = count()
    return body(message, lambda: f"b{next(numbers)}")


def file(content: Any = b"x", **more: Any) -> Part:
    """The part of one attachment, which is all that there is."""
    return made(attachments=[{"content": content, **more}])


def shape(part: Part) -> Any:
    """Types of the parts, those of a multipart within a list behind its own."""

    def of(one: Any) -> Any:
        return [one.content_type, *map(of, one.children)] if one.multipart else one.content_type

    return of(parse(part.whole))


def refused(**message: Any) -> str:
    """The one line by which it is refused."""
    with pytest.raises(ApplicationError) as told:
        made(**message)
    (line,) = str(told.value).splitlines()
    return line


FILE = {"filename": "a.pdf", "content": b"x"}
IMAGE = {"filename": "a.png", "content": b"x", "content_id": "i", "inline": True}


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({}, "text/plain"),
        ({"text": "a"}, "text/plain"),
        ({"html": "a"}, "text/html"),
        ({"text": "", "html": ""}, ["multipart/alternative", "text/plain", "text/html"]),
        ({"attachments": []}, "text/plain"),
        ({"attachments": [FILE]}, "application/pdf"),
        ({"attachments": [IMAGE]}, "image/png"),
        ({"text": "a", "attachments": [FILE]}, ["multipart/mixed", "text/plain", "application/pdf"]),
        ({"text": "a", "attachments": [IMAGE]}, ["multipart/mixed", "text/plain", "image/png"]),
        ({"html": "a", "attachments": [IMAGE]}, ["multipart/related", "text/html", "image/png"]),
        (
            {"text": "a", "html": "a", "attachments": [FILE, IMAGE, FILE]},
            [
                "multipart/mixed",
                ["multipart/alternative", "text/plain", ["multipart/related", "text/html", "image/png"]],
                "application/pdf",
                "application/pdf",
            ],
        ),
    ],
)
def test_what_stands_in_what(message: dict[str, Any], parts: Any) -> None:
    """Texts are alternatives, what HTML shows is related to it, and what needs no multipart has none."""
    assert shape(made(**message)) == parts


def test_related_parts_say_which_is_shown() -> None:
    """RFC 2387 §3.1: the type of the first part is a parameter that has to be there."""
    assert b'multipart/related; type="text/html"; boundary=b0' in made(html="a", attachments=[IMAGE]).header


@pytest.mark.parametrize(
    ("text", "charset", "encoding", "content"),
    [
        ("", "us-ascii", "7bit", b"\r\n"),
        ("a", "us-ascii", "7bit", b"a\r\n"),
        ("a\nb\rc\r\n", "us-ascii", "7bit", b"a\r\nb\r\nc\r\n"),
        ("a\t\u0020b", "us-ascii", "7bit", b"a\t b\r\n"),
        ("x" * 998, "us-ascii", "7bit", b"x" * 998 + b"\r\n"),
        ("a" * 30 + "ö", "utf-8", "quoted-printable", b"a" * 30 + b"=C3=B6\r\n"),
        ("a = b" * 6 + "ö", "utf-8", "quoted-printable", b"a =3D b" * 6 + b"=C3=B6\r\n"),
        ("ö", "utf-8", "base64", b"w7YNCg==\r\n"),
        ("a" * 12 + "\0", "us-ascii", "quoted-printable", b"a" * 12 + b"=00\r\n"),
        ("a" * 30 + "\x7f", "us-ascii", "quoted-printable", b"a" * 30 + b"=7F\r\n"),
    ],
)
def test_a_text_is_written_so_that_seven_bits_keep_it(
    text: str, charset: str, encoding: str, content: bytes
) -> None:
    """As it is where that can be, readable where most of it is ASCII, else in base64; each line ends with CRLF."""
    part = leaf("plain", text)
    assert part.header.decode() == (
        f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    )
    assert part.body == content


@pytest.mark.parametrize("length", [998, 999, 5000])
def test_a_long_line_is_broken_and_found_whole(length: int) -> None:
    """RFC 5322 §2.1.1: 998 characters are the most of a line; one more, and it is quoted-printable."""
    part = leaf("plain", "x" * length)
    assert max(map(len, part.body.split(b"\r\n"))) <= 998
    assert (b"7bit" in part.header) == (length == 998)
    assert parse(part.whole).text == "x" * length + "\n"


@pytest.mark.parametrize("end", [" ", "\t"])
def test_a_blank_at_the_end_of_a_line_is_kept(end: str) -> None:
    """RFC 2045 §6.7 (3): servers take blanks away there, so one that is quoted is encoded."""
    part = leaf("plain", f"{'a' * 40}ö{end}\nb")
    assert not re.search(rb"[ \t]\r\n", part.body)
    assert parse(part.whole).text == f"{'a' * 40}ö{end}\nb\n"


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.sampled_from(["plain", "html"]))
def test_any_text_is_seven_bits_in_short_lines(text: str, kind: str) -> None:
    """And is found again by whoever reads it, but for how its lines end, and NUL, which nobody shows."""
    part = leaf(kind, text)
    assert part.whole.isascii() and max(map(len, part.whole.split(b"\r\n"))) <= 998
    assert b"\n" not in part.body.replace(b"\r\n", b"") and b"\r" not in part.body.replace(b"\r\n", b"")
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd").removeprefix("\ufeff")
    assert parse(part.whole).text == (plain if plain.endswith("\n") else plain + "\n")


@pytest.mark.parametrize("key", ["text", "html"])
@pytest.mark.parametrize("value", [b"x", 1, ["x"]])
def test_a_text_is_to_be_a_str(key: str, value: Any) -> None:
    """The key and the kind are told: bytes in place of a str are the usual mistake."""
    assert refused(**{key: value}) == f"{key} is a {type(value).__name__}; it is to be a str"


def test_half_a_character_is_refused() -> None:
    """A lone surrogate has no bytes; the application hears of it, and no server does."""
    assert refused(text="a\ud83d") == "the plain text has half a surrogate pair"
    assert refused(html="\ude00") == "the html text has half a surrogate pair"


# --- files ---


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.png", "image/png"),
        ("A.PNG", "image/png"),
        ("folder/a.txt", "text/plain"),
        ("a.tar.gz", "application/octet-stream"),
        ("a.eml", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("data:text/html,x", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_type_is_guessed(name: str, kind: str) -> None:
    """By the end of the name alone: not of what is packed, nor of a message, whose bytes may be none."""
    assert shape(file(filename=name)) == kind


@pytest.mark.parametrize(
    ("said", "header"),
    [
        ({}, "Content-Type: application/octet-stream\r\nContent-Disposition: attachment\r\n"),
        (
            {"filename": "a.pdf"},
            'Content-Type: application/pdf; name="a.pdf"\r\nContent-Disposition: attachment; filename="a.pdf"\r\n',
        ),
        (
            {"content_type": "Text/X-Odd", "inline": True},
            "Content-Type: Text/X-Odd; charset=utf-8\r\nContent-Disposition: inline\r\n",
        ),
        (
            {"content_type": "text/plain", "content": b"\xff"},
            "Content-Type: text/plain\r\nContent-Disposition: attachment\r\n",
        ),
        (
            {"content_id": "<i@x>"},
            "Content-Type: application/octet-stream\r\nContent-Disposition: attachment\r\nContent-ID: <i@x>\r\n",
        ),
        (
            {"filename": "ö"},
            (
                "Content-Type: application/octet-stream; name*=utf-8''%C3%B6\r\n"
                "Content-Disposition: attachment; filename*=utf-8''%C3%B6\r\n"
            ),
        ),
    ],
)
def test_what_a_file_says_of_itself(said: dict[str, Any], header: str) -> None:
    """RFC 2183 and 2231; a charset is claimed only where the bytes are of it; no name, no parameter."""
    part = file(**{"content": b"x", **said})
    assert part.header.decode().replace("\r\n ", " ").replace("name=a.pdf", 'name="a.pdf"') == (
        f"{header}Content-Transfer-Encoding: base64\r\n"
    )


@pytest.mark.parametrize(
    ("one", "told"),
    [
        ("a.pdf", " is to be a dict with content, content_id, content_type, filename, inline"),
        ({"data": b""}, " is to be a dict with content, content_id, content_type, filename, inline"),
        ({}, ": content is a NoneType; it is to be bytes"),
        ({"content": "text"}, ": content is a str; it is to be bytes"),
        ({"content": "text", "content_type": "image/png"}, ": content is a str; it is to be bytes"),
        ({"content": bytearray(b"x")}, ": content is a bytearray; it is to be bytes"),
        (
            {"content": b"", "content_type": "png"},
            ": no content_type: 'png'; write type/subtype, such as image/png",
        ),
        (
            {"content": b"", "content_type": "Multipart/mixed"},
            ": no content_type: 'Multipart/mixed'; write type/subtype, such as image/png",
        ),
        (
            {"content": b"", "content_type": "a/b; c=d"},
            ": no content_type: 'a/b; c=d'; write type/subtype, such as image/png",
        ),
        ({"content": b"", "content_id": "a b"}, ": no content_id: 'a b'"),
        ({"content": b"", "content_id": "<a>b"}, ": no content_id: '<a>b'"),
        ({"content": b"", "content_id": "ö"}, ": no content_id: 'ö'"),
        (
            {"content": b"a\0b", "content_type": "message/rfc822"},
            ": a message with NUL, or a line of more than 998 octets",
        ),
        (
            {"content": b"x" * 999, "content_type": "Message/RFC822"},
            ": a message with NUL, or a line of more than 998 octets",
        ),
    ],
)
def test_a_file_that_cannot_be_sent(one: Any, told: str) -> None:
    """Says which it is, and what is wrong with it."""
    assert refused(attachments=[FILE, one]) == f"attachments[1]{told}"


@pytest.mark.parametrize("value", ["a.pdf", b"x", {"content": b"x"}, 7, iter([])])
def test_files_are_a_list(value: Any) -> None:
    """One dict, or one path, in its place is told."""
    assert refused(attachments=value) == f"attachments is a {type(value).__name__}; it is to be a list"


def test_files_are_bounded() -> None:
    """In their number, and in the length of a name: at the limit it goes, above it does not."""
    assert len(parse(made(attachments=[FILE] * ATTACHMENTS).whole).children) == ATTACHMENTS
    assert (
        refused(attachments=[FILE] * (ATTACHMENTS + 1))
        == f"{ATTACHMENTS + 1} attachments; {ATTACHMENTS} are the most"
    )
    assert shape(file(filename="a" * (FILENAME - 4) + ".pdf")) == "application/pdf"
    assert str(FILENAME) in refused(attachments=[{"content": b"", "filename": "a" * (FILENAME + 1)}])


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (b"", b"\r\n"),
        (b"abc", b"YWJj\r\n"),
        (b"x" * 57, b"eHh4" * 19 + b"\r\n"),
        (b"x" * 58, b"eHh4" * 19 + b"\r\neA==\r\n"),
    ],
)
def test_a_file_is_base64_in_lines_of_76(content: bytes, written: bytes) -> None:
    """RFC 2045 §6.8; an empty one has an empty line."""
    assert file(content).body == written


def test_the_characters_of_a_text_are_its_content() -> None:
    """A str is taken for text/…, as UTF-8, half a character as "?"."""
    assert parse(file("jö\ud83d", content_type="text/csv").whole).content == "jö?".encode()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [(b"Subject: x\n\ny", "7bit"), ("Subject: ö\r\n\r\ny\r\n".encode(), "8bit"), (b"", "7bit")],
)
def test_a_message_within_is_not_encoded(content: bytes, encoding: str) -> None:
    """RFC 2046 §5.2.1: 7bit or 8bit; its lines end with CRLF, and nothing else of it changes."""
    part = file(content, content_type="message/rfc822")
    assert f"Content-Transfer-Encoding: {encoding}\r\n".encode() in part.header
    assert part.body == canonical(content)


# --- joined ---


def test_parts_are_joined() -> None:
    """RFC 2046 §5.1.1: a delimiter before each, one with two dashes more at the end; 8bit where one of them is."""
    one, other = Part(b"A: 1\r\n", b"x\r\n"), Part(b"A: 2\r\n", "ö\r\n".encode())
    made = joined("mixed", [one, other], lambda: "mark")
    assert made.header == (
        b"Content-Type: multipart/mixed; boundary=mark\r\nContent-Transfer-Encoding: 8bit\r\n"
    )
    assert made.body.decode() == "--mark\r\nA: 1\r\n\r\nx\r\n\r\n--mark\r\nA: 2\r\n\r\nö\r\n\r\n--mark--\r\n"
    assert joined("mixed", [one], lambda: "mark") is one


def test_a_boundary_that_is_in_a_part_is_not_taken() -> None:
    """Neither in a body nor in the header of one, however often it has to be made anew."""
    marks = iter(["in-body", "in-header", "in-both", "free"])
    parts = [Part(b"X: in-header in-both\r\n", b"x\r\n"), Part(b"", b"-- in-body in-both --\r\n")]
    assert b"boundary=free" in joined("mixed", parts, lambda: next(marks)).header


def test_boundaries_are_of_the_message_and_never_twice() -> None:
    """The same message is composed to the same bytes, which a repeat has to be; another has others."""
    first, again, other = boundaries("a"), boundaries("a"), boundaries("b")
    marks = [first() for _ in range(5)]
    assert marks == [again() for _ in range(5)]
    assert len({*marks, *(other() for _ in range(5))}) == 10
    assert all(re.fullmatch(r"=_[0-9a-f]{32}", mark) for mark in [*marks, boundaries("\ud83d")()])


@given(st.binary(max_size=100))
def test_canonical_lines(content: bytes) -> None:
    """Every line ends with CRLF, no CR or LF stands alone, and to do it again changes nothing."""
    found = canonical(content)
    assert found.endswith(b"\r\n") and canonical(found) == found
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", found)
    assert found.replace(b"\r\n", b"") == content.replace(b"\r", b"").replace(b"\n", b"")

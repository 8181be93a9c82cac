"""interfaces.email.mime.part: a part says what it is when it is asked, whatever its sender has written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.mime import Part, parse


def part(*fields: str, body: bytes = b"") -> Part:
    """A message of one part."""
    return parse("".join(f"{one}\r\n" for one in fields).encode() + b"\r\n" + body)


def encoded(encoding: str, body: bytes, kind: str = "text/plain") -> Part:
    """A part whose body is said to be ``encoding``."""
    return part(f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}", body=body)


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        ("7bit", b"a=3Db", b"a=3Db"),
        ("8bit", b"j\xc3\xb6rg", b"j\xc3\xb6rg"),
        ("binary", b"\x00\xff\r\n", b"\x00\xff\r\n"),
        ("quoted-printable", b"J=C3=B6rg =\r\nand=20\r\n", b"J\xc3\xb6rg and \r\n"),
        ("Quoted-Printable", b"=3d", b"="),
        ("quoted-printable", b"100 =% of =4", b"100 =% of =4"),
        ("base64", b"aGVs\r\nbG8=\r\n", b"hello"),
        ("BASE64 (as RFC 2045 has it)", b"aGVsbG8=", b"hello"),
        ("base64", b"aGVs!bG8", b"hello"),
        ("base64", b"", b""),
        ("x-uuencode", b"begin 644 x", b"begin 644 x"),
        ('"base64"', b"aGVsbG8=", b"aGVsbG8="),
    ],
)
def test_a_transfer_encoding_is_undone(encoding: str, body: bytes, content: bytes) -> None:
    """RFC 2045 §6, in any case; what is broken is read as far as it goes, what is unknown stays as it is."""
    said = encoded(encoding, body)
    assert said.content == content
    assert said.body == body


def test_a_multipart_has_no_encoding_of_its_own() -> None:
    """RFC 2045 §6.4: base64 said of a multipart does not turn the delimiters into noise."""
    body = b"--x\r\n\r\naGVsbG8=\r\n--x--\r\n"
    said = encoded("base64", body, 'multipart/mixed; boundary="x"')
    assert said.content == body
    assert [one.text for one in said.children] == ["aGVsbG8="]


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain", b"a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("text/plain; charset=iso-8859-1", b"j\xf6rg", "jörg"),
        ("text/plain; charset=utf-8", b"j\xf6rg", "jörg"),
        ('text/html; charset="koi8-r"', "да".encode("koi8-r"), "да"),
        ("text/plain; charset=utf-16", "a\r\nb".encode("utf-16"), "a\nb"),
        ("text/plain", b"\x00", "\ufffd"),
        ("application/octet-stream", b"\x93x\x94", "“x”"),
    ],
)
def test_the_text_of_a_part(kind: str, body: bytes, text: str) -> None:
    """By its charset, or what it looks like; lines end with LF, and there is no NUL."""
    assert part(f"Content-Type: {kind}", body=body).text == text


@pytest.mark.parametrize(
    ("value", "disposition"),
    [
        ("attachment", "attachment"),
        ("ATTACHMENT; filename=x", "attachment"),
        ("inline;filename=x", "inline"),
        ("  inline", "inline"),
        ("", ""),
        ('"attachment"', ""),
        ("; filename=x", ""),
    ],
)
def test_the_disposition(value: str, disposition: str) -> None:
    """RFC 2183: a word, in lower case."""
    assert part(f"Content-Disposition: {value}").disposition == disposition


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("<one@a.example>", "one@a.example"),
        ("one@a.example", "one@a.example"),
        (" <one> ", "one"),
        ("<>", None),
        ("", None),
        ("<a\tb>", "a b"),
    ],
)
def test_what_cid_refers_to(value: str, found: str | None) -> None:
    """RFC 2392: without its angle brackets, which some mailers leave out; None for what names nothing."""
    assert part(f"Content-ID: {value}").content_id == found


def test_without_a_word_it_is_plain_text() -> None:
    """RFC 2045 §5.2 and §6.1: what a part is that says nothing of itself."""
    said = part("Subject: x", body=b"hello\r\n")
    assert (said.content_type, said.encoding, said.disposition) == ("text/plain", "7bit", "")
    assert (said.parameters, said.content_id) == ({}, None)
    assert not said.multipart and not said.message
    assert said.header("content-type") == "" and said.text == "hello\n"


@pytest.mark.parametrize("name", ["subject", "Subject", "SUBJECT"])
def test_a_field_is_found_in_any_case(name: str) -> None:
    """The first of its name, decoded, in one line."""
    said = part("Subject: =?utf-8?q?J=C3=B6rg?=\r\n and more", "Subject: two")
    assert said.header(name) == "Jörg and more"


def test_a_name_of_a_field_that_cannot_be_is_not_there() -> None:
    """Asked for by an application, it is no error."""
    assert part("Subject: x").header("sübject€") == ""


def test_the_bytes_are_those_that_came() -> None:
    """``raw`` is header and body, of a part within as well: forwarded, a signature still fits."""
    inner = b"Content-Type: text/plain\r\nX:  odd \r\n\r\n one \r\n"
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    whole = head + b"--b\r\n" + inner + b"\r\n--b--\r\n"
    said = parse(whole)
    assert said.raw == whole
    (child,) = said.children
    assert child.raw == inner
    assert child.parent is said


def test_parameters_are_read_once() -> None:
    """The same dict each time: a loop over many parts does not read a field again and again."""
    said = part("Content-Type: text/plain; charset=utf-8")
    assert said.parameters is said.parameters


NESTED = (
    b"Content-Type: multipart/mixed; boundary=o\r\n\r\n"
    b"--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n"
    b"--i\r\n\r\nplain\r\n--i\r\nContent-Type: text/html\r\n\r\n<p>\r\n--i--\r\n"
    b"--o\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ninner\r\n"
    b"--o\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAE=\r\n--o--\r\n"
)


def test_all_parts_come_in_their_order() -> None:
    """Each before what is in it, as they stand in the bytes."""
    kinds = [one.content_type for one in parse(NESTED).walk()]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "message/rfc822", "text/plain",
        "image/png",
    ]  # fmt: skip
    starts = [one.start for one in parse(NESTED).walk()]
    assert starts == sorted(starts)


def test_the_tree_of_a_part_is_that_of_what_is_below() -> None:
    """2016's draft: text is a str, everything else bytes; a part within can be asked, too."""
    root = parse(NESTED)
    assert root.tree() == {
        "content-type": "multipart/mixed",
        "parts": [
            {
                "content-type": "multipart/alternative",
                "parts": [
                    {"content-type": "text/plain", "body": "plain"},
                    {"content-type": "text/html", "body": "<p>"},
                ],
            },
            {"content-type": "message/rfc822", "parts": [{"content-type": "text/plain", "body": "inner"}]},
            {"content-type": "image/png", "body": b"\x00\x01"},
        ],
    }
    assert root.children[0].tree() == root.tree()["parts"][0]


def test_a_part_is_shown_without_its_bytes() -> None:
    """A log line of a part of 25 MB stays a line, and says nothing that somebody has written."""
    shown = repr(part("Subject: secret", body=b"x" * 100_000))
    assert len(shown) < 200 and "secret" not in shown and "text/plain" in shown


@given(
    st.sampled_from(["base64", "quoted-printable", "7bit", "x"]),
    st.sampled_from(["text/plain; charset=utf-16", "text/html", "image/png", "multipart/mixed; boundary=a"]),
    st.binary(max_size=120),
)
def test_anything_has_a_content_and_a_text(encoding: str, kind: str, body: bytes) -> None:
    """No error; the bytes are found again, whatever is said of them."""
    said = encoded(encoding, body, kind)
    assert said.body == body
    assert isinstance(said.content, bytes)
    assert "\0" not in said.text and "\r" not in said.text
    said.tree()

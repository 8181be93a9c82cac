"""interfaces.email.mime.view: a message as an application reads it."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from interfaces.email.mime import Address, Limits, MimeError, Parsed

HEAD = b"From: Ann <ann@x.example>\r\nTo: bob@y.example\r\nSubject: hello\r\n"


def composed(**more: str) -> EmailMessage:
    """A message with text, HTML with a picture in it, and two files."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = (
        "Jörg <j@x.example>",
        "bob@y.example, c@z.example",
        "Grüße",
    )
    for name, value in more.items():
        message[name.replace("_", "-")] = value
    message.set_content("Hello\n\nOn Mon, Jan 1, 2024 Bob wrote:\n> Hi\n")
    message.add_alternative("<p>Hello <img src='cid:pic@x'></p>", subtype="html")
    html = message.get_payload()[1]  # type: ignore[index]
    html.add_related(b"PNG", "image", "png", cid="<pic@x>")  # type: ignore[union-attr]
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="../Bericht ü.pdf")
    message.add_attachment("a,b\n", subtype="csv", filename="table.csv")
    return message


def test_a_message_is_read() -> None:
    """Who, to whom, what, and what is attached."""
    parsed = Parsed.of(composed().as_bytes())
    assert parsed.subject == "Grüße" and repr(parsed) == "<Parsed multipart/mixed 'Grüße'>"
    assert parsed.from_ == [Address("Jörg", "j@x.example")] == parsed.reply_to
    assert [str(one) for one in parsed.to] == ["bob@y.example", "c@z.example"] and parsed.cc == []
    assert parsed.text.startswith("Hello\n\nOn Mon") and parsed.reply_text == "Hello"
    assert parsed.html.strip() == "<p>Hello <img src='cid:pic@x'></p>"
    assert [
        (one.filename, one.content_type, one.inline, one.content_id, one.size) for one in parsed.attachments
    ] == [
        ("attachment.png", "image/png", True, "pic@x", 3),
        ("Bericht ü.pdf", "application/pdf", False, None, 4),
        ("table.csv", "text/csv", False, None, 5),
    ]
    assert parsed.attachments[1].content == b"%PDF"


def test_nothing_is_decoded_before_it_is_asked_for() -> None:
    """A body that is asked for nothing stays bytes of the message."""
    content = composed().as_bytes()
    parsed = Parsed.of(content)
    assert parsed.attachments[0].part.source is content
    assert {"text", "html", "from_"}.isdisjoint(vars(parsed))


def test_the_fields_of_a_conversation() -> None:
    """Without their brackets; none where there is none."""
    parsed = Parsed.of(b"Message-ID: <c@x>\r\nIn-Reply-To: <b@x> \r\nReferences: <a@x>\r\n <b@x>\r\n\r\n")
    assert (parsed.message_id, parsed.in_reply_to, parsed.references) == ("c@x", "b@x", ["a@x", "b@x"])
    empty = Parsed.of(b"\r\n")
    assert (empty.message_id, empty.in_reply_to, empty.references, empty.subject) == (None, None, [], "")
    assert (empty.text, empty.html, empty.attachments, empty.date) == ("", "", [], None)


def test_reply_to_is_where_an_answer_goes() -> None:
    """Else From."""
    assert Parsed.of(HEAD + b"Reply-To: list@z.example\r\n\r\n").reply_to == [Address("", "list@z.example")]


@pytest.mark.parametrize(
    ("said", "date"),
    [
        (b"Mon, 1 Jan 2024 10:00:00 +0100", datetime(2024, 1, 1, 10, tzinfo=timezone(timedelta(hours=1)))),
        (b"1 Jan 2024 10:00 -0000", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        (b"yesterday", None),
        (b"Mon, 99 Foo 2024 10:00:00", None),
        (b"1" * 100_000, None),
        (b"Mon, 1 Jan 99999 10:00:00 +9999999999", None),
    ],
)
def test_a_date_is_read_if_it_is_one(said: bytes, date: datetime | None) -> None:
    """Always with a zone."""
    assert Parsed.of(b"Date: " + said + b"\r\n\r\n").date == date


MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def test_texts_that_are_shown_in_one_go_are_put_together() -> None:
    """A picture between two paragraphs, the footer of a list."""
    content = MIXED + (
        b"--b\r\n\r\none\r\n--b\r\nContent-Type: image/png\r\n\r\nPNG\r\n--b\r\n\r\ntwo\r\n--b--"
    )
    parsed = Parsed.of(content)
    assert parsed.text == "one\ntwo" and [one.content_type for one in parsed.attachments] == ["image/png"]


def test_of_alternatives_the_first_of_a_kind_is_shown() -> None:
    """Others, such as an invitation, are attachments."""
    content = HEAD + (
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>one\r\n--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN\r\n--b--"
    )
    parsed = Parsed.of(content)
    assert (parsed.text, parsed.html) == ("one", "<p>one")
    assert [one.filename for one in parsed.attachments] == ["attachment.txt", "attachment.ics"]


def test_html_alone_has_a_text() -> None:
    """And an answer in it has what is new."""
    parsed = Parsed.of(
        HEAD + b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n<p>\x80 5&nbsp;please</p>"
        b"<div>On Mon, Jan 1, 2024 Ann &lt;ann@x.example&gt; wrote:<br></div><blockquote>old</blockquote>"
    )
    assert parsed.text.startswith("€ 5 please\n\nOn Mon") and parsed.reply_text == "€ 5 please"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: text/plain; name=notes.txt",
        b"Content-Disposition: attachment",
        b"Content-Disposition: inline; filename=notes.txt",
    ],
)
def test_a_text_that_is_a_file_is_an_attachment(head: bytes) -> None:
    """By its name, or because the sender says so."""
    parsed = Parsed.of(MIXED + b"--b\r\n\r\none\r\n--b\r\n" + head + b"\r\n\r\ntwo\r\n--b--")
    assert parsed.text == "one" and [one.content for one in parsed.attachments] == [b"two"]


@pytest.mark.parametrize("encoding", ["7bit", "base64"])
def test_a_message_that_is_attached_stays_whole(encoding: str) -> None:
    """Its text is not that of the message; it can be read as one, encoded or not."""
    inner = HEAD.replace(b"hello", b"a/b: inside") + b"\r\ninner text"
    body = base64.encodebytes(inner) if encoding == "base64" else inner
    head = f"--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    parsed = Parsed.of(MIXED + b"--b\r\n\r\nouter text\r\n" + head + body + b"\r\n--b--\r\n")
    (attached,) = parsed.attachments
    assert parsed.text == "outer text" and attached.content == inner
    assert attached.message is not None and attached.message.text == "inner text"
    assert attached.filename == ("attachment.eml" if encoding == "base64" else "a_b_ inside.eml")


def test_a_multipart_without_its_delimiter_is_text() -> None:
    """Nothing of what was written is lost to a wrong header."""
    parsed = Parsed.of(MIXED + b"--other\r\n\r\nhello\r\n")
    assert "hello" in parsed.text and parsed.attachments == []
    assert parsed.tree() == {"content-type": "multipart/mixed", "body": b"--other\r\n\r\nhello\r\n"}


def test_an_attachment_without_a_name_has_one() -> None:
    """Made of its type."""
    parsed = Parsed.of(
        MIXED + b"--b\r\nContent-Type: application/pdf\r\n\r\nx\r\n--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--"
    )
    assert [one.filename for one in parsed.attachments] == ["attachment.pdf", "attachment.bin"]
    assert parsed.attachments[0].message is None


def test_limits_are_those_that_were_given() -> None:
    """Also where something is read later."""
    parsed = Parsed.of(b"To: a@b, c@d\r\n\r\n", Limits(addresses=1))
    with pytest.raises(MimeError):
        _ = parsed.to

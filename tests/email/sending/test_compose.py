"""Messages that are composed, read by the standard library."""

import email
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interfaces.email.messages import EmailSend
from interfaces.email.sending.compose import FIELDS, KEYS, RECIPIENTS, compose
from interfaces.email.sending.content import ATTACHMENTS
from interfaces.email.sending.outgoing import Outgoing
from interfaces.shared.errors import ApplicationError

UNKNOWN = "application/octet-stream"
SIMPLE = {"from_address": "Ann <a@a.example>", "to": ["b@b.example"], "subject": "Hello", "text": "Hi\n"}


def composed(more: dict[str, Any] | None = None, **said: Any) -> Outgoing:
    """SIMPLE, with something more of it or something else."""
    return compose(SIMPLE | (more or {}) | said, now=1e9, host="mx.example", id="s1")


def read(mail: Outgoing) -> EmailMessage:
    """As another program reads it; every line ends with CRLF and is no longer than a server takes."""
    *lines, last = mail.content.split(b"\r\n")
    assert last == b"" and max(map(len, lines)) <= 998
    assert not any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)
    message = email.message_from_bytes(mail.content, policy=default)
    for part in message.walk():
        assert part.defects == []
    return message  # type: ignore[return-value]


def text_in(part: Any) -> str:
    """Its text, with the ends of lines as programs have them."""
    return str(part.get_content()).replace("\r\n", "\n")


def refused(*said: Any, **named: Any) -> str:
    """The line by which it is refused."""
    with pytest.raises(ApplicationError) as told:
        composed(*said, **named)
    (line,) = str(told.value).splitlines()
    return line


# --- the header ---


def test_a_text() -> None:
    """Is one part, plain, with what every message has."""
    mail = composed()
    assert mail.content.decode() == (
        "From: Ann <a@a.example>\r\nTo: b@b.example\r\nSubject: Hello\r\nDate: Sun, 09 Sep 2001 01:46:40 +0000\r\n"
        "Message-ID: <s1.e8d4a51000@mx.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
        "Content-Transfer-Encoding: 7bit\r\n\r\nHi\r\n"
    )
    assert mail == Outgoing(
        id="s1", mail_from="a@a.example", recipients=("b@b.example",), content=mail.content,
        message_id="s1.e8d4a51000@mx.example",
    )  # fmt: skip


def test_blind_copies_are_in_the_envelope_alone() -> None:
    """Nobody reads of them, and each recipient is there once."""
    mail = composed(cc="c@c.example", bcc=["Hidden <d@d.example>", "B@b.example", "b@B.example"])
    assert mail.recipients == ("b@b.example", "c@c.example", "d@d.example", "B@b.example")
    assert (
        b"d@d" not in mail.content and b"Hidden" not in mail.content and b"cc: d" not in mail.content.lower()
    )
    assert read(composed(to=[], bcc="d@d.example"))["to"] == "undisclosed-recipients:;"


def test_names_subjects_and_fields_of_any_language() -> None:
    """Are read as they were written, from seven bits."""
    mail = composed(
        from_address="Jörg <j@a.example>", subject="Grüße 😀 " * 20, reply_to="Ω <o@a.example>",
        headers={"X-Näme".replace("ä", "a"): "ä", "List-Id": "a <b.example>"},
    )  # fmt: skip
    message = read(mail)
    assert mail.content.isascii() and not mail.smtputf8 and not mail.eight_bit
    assert message["from"].addresses[0].display_name == "Jörg"
    assert message["subject"] == ("Grüße 😀 " * 20).strip()
    assert message["reply-to"].addresses[0].display_name == "Ω"
    assert (message["x-name"], message["list-id"]) == ("ä", "a <b.example>")


def test_a_local_part_beyond_ascii_needs_smtputf8() -> None:
    """A domain does not; a recipient nobody sees does, too."""
    assert not composed(to="b@bücher.example").smtputf8
    assert b"To: b@xn--bcher-kva.example\r\n" in composed(to="b@bücher.example").content
    assert composed(to="jörg@b.example").smtputf8
    assert composed(bcc="jörg@b.example").smtputf8
    assert composed(reply_to="jörg@b.example").smtputf8
    assert "To: jörg@b.example\r\n".encode() in composed(to="jörg@b.example").content


def test_the_return_path() -> None:
    """Is the author's address, another, or none: for an automatic answer, and where the application says so."""
    assert composed(mail_from="bounces@a.example").mail_from == "bounces@a.example"
    assert composed(mail_from="").mail_from == ""
    assert composed(auto_submitted="auto-replied").mail_from == ""
    assert composed(auto_submitted="auto-replied", mail_from="x@a.example").mail_from == "x@a.example"
    assert composed(auto_submitted="auto-generated").mail_from == "a@a.example"


def test_auto_submitted() -> None:
    """Says that no human wrote it (RFC 3834 §5)."""
    assert read(composed(auto_submitted="auto-replied"))["auto-submitted"] == "auto-replied"
    assert read(composed(auto_submitted="no"))["auto-submitted"] is None
    assert "auto-replied" in refused(auto_submitted="yes")


def test_threads() -> None:
    """With or without angle brackets; one or several; long ones whole."""
    long = "x" * 200 + "@a.example"
    message = composed(in_reply_to="<2@b.example>", references=["1@b.example", f"<{long}>", "1@b.example"])
    assert b"In-Reply-To: <2@b.example>\r\n" in message.content
    assert f"References: <1@b.example>\r\n <{long}>\r\n".encode() in message.content
    assert composed(references=[f"{at}@b.example" for at in range(50)]).content.count(b"@b.example>") == 20
    assert "several are a list" in refused(references="<1@b.example> <2@b.example>")


def test_a_message_id_of_ones_own() -> None:
    """Or one of the send; another for the same id at another time, and for an id that is none."""
    assert composed(message_id="<m@a.example>").message_id == "m@a.example"
    assert b"Message-ID: <m@a.example>" in composed(message_id="m@a.example").content
    odd = compose(SIMPLE, now=1e9, host="mx.example", id="..<\r\n>@").message_id
    assert odd.isascii() and odd.endswith(".e8d4a51000@mx.example") and len(odd) < 80
    assert compose(SIMPLE, now=2e9, host="mx.example", id="s1").message_id != composed().message_id


def test_what_servers_are_asked_for() -> None:
    """NOTIFY, RET and ENVID (RFC 3461)."""
    mail = composed(notify="failure, delay", ret="hdrs", envid="abc")
    assert (mail.notify, mail.ret, mail.envid) == (("FAILURE", "DELAY"), "HDRS", "abc")
    assert composed(notify=["NEVER"]).notify == ("NEVER",)
    assert composed(notify=["SUCCESS", "success"]).notify == ("SUCCESS",)
    for said in (
        {"notify": ["NEVER", "DELAY"]},
        {"notify": "X\r\nRSET"},
        {"ret": "ALL"},
        {"envid": "a b"},
        {"envid": "a\n"},
    ):
        assert str(*said) in refused(said)


# --- the body ---


def test_text_and_html() -> None:
    """Are alternatives, the better one last."""
    message = read(composed(text="hällo", html="<p>hällo"))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert [text_in(part) for part in message.iter_parts()] == ["hällo\n", "<p>hällo\n"]


def test_html_alone() -> None:
    """Is one part."""
    assert read(composed(text=None, html="<p>x")).get_content_type() == "text/html"


def test_images_belong_to_the_html_and_files_to_the_message() -> None:
    """Mixed (alternative (text, related (html, image)), file)."""
    files = [
        {"filename": "ünï.png", "content_type": "image/png", "content": bytes(range(256)),
         "content_id": "<i>", "inline": True},
        {"filename": "a.txt", "content": b"text", "content_type": "text/plain"},
        {"content": b""},
    ]  # fmt: skip
    message = read(composed(html="<img src=cid:i>", attachments=files))
    alternative, text, empty = message.iter_parts()
    plain, related = alternative.iter_parts()
    page, image = related.iter_parts()
    assert [part.get_content_type() for part in (message, alternative, related, page, image)] == [
        "multipart/mixed", "multipart/alternative", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    assert text_in(plain) == "Hi\n"
    assert image.get_content() == bytes(range(256))
    assert (image["content-id"], image.get_filename(), image.get_content_disposition()) == (
        "<i>",
        "ünï.png",
        "inline",
    )
    assert (text_in(text), text.get_filename(), text.get_content_disposition()) == (
        "text",
        "a.txt",
        "attachment",
    )
    assert (empty.get_content(), empty.get_content_type()) == (b"", "application/octet-stream")


def test_a_file_alone() -> None:
    """Needs no text; an inline one without HTML is a file."""
    files = [{"filename": "a.bin", "content": b"\0", "inline": True}]
    assert read(composed(text=None, attachments=files)).get_filename() == "a.bin"
    assert read(composed(attachments=files)).get_content_type() == "multipart/mixed"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.pdf", "application/pdf"), ("A.PNG", "image/png"), ("x/y.csv", "text/csv"), ("a.eml", UNKNOWN),
     ("a.tar.gz", UNKNOWN), ("data:text/html,x", UNKNOWN), ("", UNKNOWN)],
)  # fmt: skip
def test_a_type_is_guessed_from_the_name(name: str, kind: str) -> None:
    """Where it is not given; nothing that is packed or holds a message, which would say more than is known."""
    (part,) = read(composed(text=None, attachments=[{"filename": name, "content": b"x"}])).walk()
    assert part.get_content_type() == kind


def test_a_charset_is_not_claimed_of_what_has_another() -> None:
    """UTF-8, where it is that."""
    for content, charset in [(b"x", "utf-8"), ("ü".encode(), "utf-8"), ("ü".encode("latin-1"), None)]:
        (part,) = read(composed(text=None, attachments=[{"filename": "a.csv", "content": content}])).walk()
        assert (part.get_content_charset(), part.get_payload(decode=True)) == (charset, content)


def test_a_message_within_stays_as_it_is() -> None:
    """Byte for byte, with its boundary, its odd fields and its eight bits: its signatures hold."""
    inner = b"subject:  x\r\nX:\r\n\ty\r\n\r\n.\r\n--=_1\r\n\xff\xfe \r\n"
    mail = composed(attachments=[{"content_type": "message/rfc822", "content": inner}])
    assert b"\r\n\r\n" + inner + b"\r\n--=_" in mail.content
    assert mail.eight_bit and b"Content-Transfer-Encoding: 8bit" in mail.content
    assert "998" in refused(attachments=[{"content_type": "message/rfc822", "content": b"x" * 1000}])


def test_a_boundary_is_nobodys_text() -> None:
    """Even where a message within has the one that comes first."""
    files = [{"content_type": "message/rfc822", "content": b"A: b\r\n\r\nx\r\n"}]
    first = composed(attachments=files).content.partition(b'boundary="')[2].partition(b'"')[0]
    files[0]["content"] = b"A: b\r\n\r\n--" + first + b"--\r\n"
    text, within = read(composed(attachments=files)).iter_parts()
    assert text_in(text) == "Hi\n"
    assert within.get_content().get_payload() == f"--{first.decode()}--\n".replace("\n", "\r\n")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=3000))
def test_any_text_arrives(text: str) -> None:
    """Whatever its characters and lines, in seven bits."""
    mail = composed(text=text)
    assert mail.content.isascii()
    assert text_in(read(mail)) == (text if text.endswith("\n") else text + "\n")


@pytest.mark.parametrize(
    "text", ["x" * 5000, "ü" * 5000, "a \n. \n..\nFrom x\n", "tab\tend\t\n", "\0\x1b[0m", "a\rb\r\nc"]
)
def test_texts_of_odd_lines_arrive(text: str) -> None:
    """Long ones, dots, blanks at the end, controls; a line's end is the same however it was written."""
    expected = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    assert text_in(read(composed(text=text))) == expected


# --- raw ---


def raw(content: bytes, **said: Any) -> Outgoing:
    """A message that is complete, sent to b@b.example."""
    return compose(
        {"mail_from": "a@a.example", "to": "b@b.example", "raw": content} | said, now=1e9, host="h", id="s1"
    )


def test_a_complete_message_stays_as_it_is() -> None:
    """Byte for byte; its identifier is known."""
    content = b"From: a@a.example\r\nDate: x\r\nmessage-id:\r\n <m@a.example>\r\nX:  y\r\n\r\n.\r\n\xff\r\n"
    mail = raw(content)
    assert mail.content == content
    assert (mail.message_id, mail.eight_bit, mail.smtputf8) == ("m@a.example", True, False)


def test_what_it_lacks_is_put_in_and_what_tells_is_taken_out() -> None:
    """Date, Message-ID; Bcc with its further lines, Return-Path."""
    mail = raw(
        b"Return-Path: <x>\nSubject: s\nBCC: z@z.example,\n y@z.example\nResent-Bcc: w@z.example\nBccx: 1\n\nBcc: b"
    )
    assert mail.content == (
        b"Date: Sun, 09 Sep 2001 01:46:40 +0000\r\nMessage-ID: <s1.e8d4a51000@h>\r\n"
        b"Subject: s\r\nBccx: 1\r\n\r\nBcc: b\r\n"
    )
    assert raw("Subject: ü\r\n\r\n".encode()).smtputf8


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"raw": "text"}, "raw is a str"),
        ({"raw": b"no header\r\n\r\n"}, "no header"),
        ({"raw": b"A: b\r\n"}, "no empty line"),
        ({"raw": b"A: b\r\nno field\r\n\r\n"}, "no empty line"),
        ({"raw": b""}, "no header"),
        ({"raw": b"A: \0\r\n\r\n"}, "NUL"),
        ({"raw": b"A: b\r\n\r\n" + b"x" * 999}, "998"),
        ({"raw": b"A: b\r\n\r\n", "subject": "x"}, "no subject"),
        ({"raw": b"A: b\r\n\r\n", "mail_from": None}, "mail_from"),
        ({"raw": b"A: b\r\n\r\n", "to": []}, "0 recipients"),
    ],
)
def test_what_is_no_message_is_refused(said: dict[str, Any], told: str) -> None:
    """By one line."""
    with pytest.raises(ApplicationError, match=told):
        raw(b"", **said)


# --- what is refused ---

EVIL = ["x\r\nBcc: z@z.example", "x\n\nbody", "x\ry", "x\0", "x\u2028y", "x\x85y"]


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize(
    "key",
    [
        "subject",
        "from_address",
        "to",
        "cc",
        "bcc",
        "reply_to",
        "sender",
        "mail_from",
        "in_reply_to",
        "message_id",
    ],
)
def test_no_key_ends_a_line(key: str, evil: str) -> None:
    """A second field, or a second recipient, gets in nowhere."""
    assert key in refused({key: evil})
    assert key in refused({key: f"{evil} <b@b.example>"})


@pytest.mark.parametrize("evil", EVIL)
def test_no_field_and_no_name_of_a_file_ends_a_line(evil: str) -> None:
    """Nor a type, nor an identifier of a part."""
    assert "X-A" in refused(headers={"X-A": evil})
    assert "name of a field" in refused(headers={evil: "x"})
    assert "name of a field" in refused(headers=[("X:" + evil, "x")])
    for key in ("filename", "content_type", "content_id"):
        assert key in refused(attachments=[{"content": b"", key: evil}])
    assert "references" in refused(references=[evil])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"from": "a@a.example"}, "knows no 'from'"),
        ({"from_address": None}, "from_address is a NoneType"),
        ({"to": None}, "0 recipients"),
        ({"to": [f"{at}@b.example" for at in range(RECIPIENTS + 1)]}, "1001 recipients"),
        ({"to": "a@a.example, b@b.example"}, "to: no address"),
        ({"text": b"x"}, "text is a bytes"),
        ({"text": "\ud800"}, "surrogate"),
        ({"subject": "x" * 10_001}, "10000"),
        ({"headers": {"From": "x@x.example"}}, "From is made"),
        ({"headers": {"Content-Type": "text/html"}}, "Content-Type is made"),
        ({"headers": {"BCC": "x"}}, "BCC is made"),
        ({"headers": ["ab"]}, "pairs|name, value"),
        ({"headers": {f"X-{at}": "x" for at in range(FIELDS + 1)}}, "101 fields"),
        ({"headers": {"X": 1}}, "X is a int"),
        ({"attachments": [{"content": "text"}]}, "content is a str"),
        ({"attachments": [{"content": b"", "name": "x"}]}, "is to be a dict"),
        ({"attachments": [{"content": b"", "content_type": "text"}]}, "type/subtype"),
        ({"attachments": [{"content": b"", "content_type": "multipart/mixed"}]}, "type/subtype"),
        ({"attachments": b"x"}, "is to be a list"),
        ({"attachments": [{"content": b""}] * (ATTACHMENTS + 1)}, "201 attachments"),
        ({"reply_all": True}, "needs a reply_to_event"),
    ],
)
def test_what_cannot_be_sent_is_refused(said: dict[str, Any], told: str) -> None:
    """By one line that says which key, and what it is to be."""
    with pytest.raises(ApplicationError, match=told):
        composed(said)


def test_a_message_is_bounded() -> None:
    """Before it is encoded, and once it is."""
    for said in (
        {"text": "x" * 5000},
        {"attachments": [{"content": b"x" * 5000}]},
        {"attachments": [{"content": b"x" * 3000}]},
    ):
        with pytest.raises(ApplicationError, match="larger than 4000 octets"):
            compose(SIMPLE | said, now=0, host="h", id="s1", max_size=4000)
    with pytest.raises(ApplicationError, match="larger than 10 octets"):
        compose(
            {"mail_from": "", "to": "b@b.example", "raw": b"A: b\r\n\r\n"},
            now=0,
            host="h",
            id="s1",
            max_size=10,
        )


def test_keys_of_the_sender_are_let_pass() -> None:
    """And what a layer adds."""
    assert {*EmailSend.__annotations__, "attempt", "received_at", "channel", "conversation"} == KEYS
    assert composed({"type": "email.send", "dedupe_key": "x", "__asgi_channel__": "y"}) == composed()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*sorted(KEYS)]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*sorted(KEYS)]), VALUES, max_size=3))
@example({"headers": 5})
@example({"references": 5})
@example({"notify": 5})
@example({"auto_submitted": []})
@example({"reply_to_event": 5})
@example({"reply_to_event": {"headers": [["a"]]}})
@example({"reply_to_event": {"headers": [["a", 5]]}})
@example({"not_before": float("inf")})
@example({"expires": "tomorrow"})
def test_whatever_comes_is_composed_or_refused_in_one_line(said: dict[str, Any]) -> None:
    """It comes over a layer, from anybody: what raised something else was tried for days, a traceback each time."""
    try:
        mail = composed(said)
    except ApplicationError as error:
        line = str(error)
    else:
        line = read(mail)["message-id"]
    assert len(line.splitlines()) == 1

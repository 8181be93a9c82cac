"""interfaces.email.mime.tree: a message taken apart as the standard library does it, in one pass, within limits."""

import email
import email.policy
import io
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.email.mime import Limits, MimeError, Part, parse
from interfaces.email.mime.part import Source
from tests.email.mime.work import lines_run

MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def shape(part: Part) -> Any:
    """A part as nested tuples."""
    if part.children:
        return part.content_type, [shape(child) for child in part.children]
    return part.content_type, part.content


def theirs(message: Message) -> Any:
    """The same of the standard library's."""
    payload = message.get_payload()
    if isinstance(payload, list):
        return message.get_content_type(), [theirs(part) for part in payload]
    return message.get_content_type(), message.get_payload(decode=True)


def oracle(content: bytes) -> Any:
    """What the standard library reads."""
    return theirs(email.message_from_bytes(content, policy=email.policy.default))


# --- the standard library as the oracle ---

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\0\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=60
)
LEAVES = st.one_of(
    st.builds(lambda text, kind: MIMEText(text, kind, "utf-8"), TEXT, st.sampled_from(["plain", "html"])),
    st.builds(lambda text: MIMEText(text.encode("ascii", "replace").decode(), "plain"), TEXT),
    st.builds(MIMEApplication, st.binary(max_size=80)),
)


def joined(kind: str, parts: list[Message]) -> Message:
    """A multipart."""
    return MIMEMultipart(kind, _subparts=parts)


def enclosed(message: Message) -> Message:
    """A message in a message."""
    message["Subject"] = "inside"
    return MIMEMessage(message)


MESSAGES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            joined,
            st.sampled_from(["mixed", "alternative", "related"]),
            st.lists(inner, min_size=1, max_size=4),
        ),
        st.builds(enclosed, inner),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(MESSAGES, st.booleans())
def test_the_same_tree_as_the_standard_library(message: Message, lf: bool) -> None:
    """Types, order, depth and decoded content of whatever its generator writes, with CRLF and with LF."""
    content = message.as_bytes(
        policy=email.policy.compat32.clone(linesep="\n" if lf else "\r\n", max_line_length=None)
    )
    assert shape(parse(content)) == oracle(content)


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT, st.lists(st.binary(max_size=50), max_size=3))
def test_the_same_tree_for_a_composed_message(text: str, html: str, files: list[bytes]) -> None:
    """EmailMessage's alternative, related and mixed parts."""
    message = EmailMessage(policy=email.policy.SMTP)
    message.set_content(text)
    message.add_alternative(f"<p>{html}</p>", subtype="html")
    for number, content in enumerate(files):
        message.add_attachment(content, maintype="application", subtype="x", filename=f"{number}.bin")
    content = message.as_bytes()
    assert shape(parse(content)) == oracle(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b"\r\nbody",
        b"Subject: only a header",
        b"Subject: a\r\n",
        b"no header\r\n\r\nbody",
        b"Subject: a\r\nno field\r\n\r\nbody",
        MIXED + b"--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nepilogue\r\n--b\r\n\r\nthree\r\n",
        MIXED + b"preamble\r\n--b \t\r\n\r\none\r\n--b-- \r\n",
        MIXED + b"--b\r\n\r\nno end",
        MIXED + b"--b\r\n\r\none\r\n--bb\r\nstill\r\n--b--x\r\n-- b\r\n --b\r\n--b--",
        MIXED + b"--b\r\nContent-Type: text/html\r\n\r\none\r\n--b\r\n\r\n\r\n--b--\r\n",
        MIXED + b"--b\n\none\n--b--\n",
        MIXED + b"--b\r\n--b\r\n\r\none\r\n--b\r\n--b\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
        MIXED.replace(b"=b", b'="b:c"') + b"--b:c\r\n\r\none\r\n--b:c\r\nA: b\r\n\r\ntwo\r\n--b:c--\r\n",
        b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\none\r\n--b--\r\n",
        MIXED
        + (b"--b\r\n" + MIXED.replace(b"=b", b"=c"))
        + b"--c\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--c\r\n--b--\r\n",
        MIXED
        + (b"--b\r\n" + MIXED.replace(b"=b", b"=c"))
        + b"--c\r\n\r\none\r\n--c--\r\n\r\n--b\r\n\r\n2\r\n--b--\r\n",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inside\r\n\r\ntext\r\n",
        MIXED
        + b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + MIXED.replace(b"=b", b"=c")
        + b"--c\r\n\r\n1\r\n--b--\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\nZGVm\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc\r\n",
        b"Content-Transfer-Encoding: x-unknown\r\n\r\na=3Db\r\n",
    ],
)
def test_odd_messages_are_read_as_the_standard_library_reads_them(content: bytes) -> None:
    """Missing ends, nested delimiters, what only looks like one, no header, no body."""
    assert shape(parse(content)) == oracle(content)


# --- where we know better ---


def test_a_delimiter_that_could_be_a_field_ends_a_header() -> None:
    """A boundary with a colon in it, behind a header without an empty line."""
    content = MIXED.replace(b"=b", b'="x:1"') + b"--x:1\r\nA: 1\r\n--x:1\r\nB: 2\r\n\r\ntwo\r\n--x:1--"
    root = parse(content)
    assert [child.headers.fields for child in root.children] == [[(b"a", b"1")], [(b"b", b"2")]]


def test_a_line_of_mbox_in_front_is_no_field() -> None:
    """As a pipe of a mail server writes it."""
    assert parse(b"From joe@x.example Mon Jan  1\nSubject: a\n\ntext\n").header("subject") == "a"


def test_a_message_that_is_encoded_is_not_taken_apart() -> None:
    """Its part is a leaf; who wants what is inside parses the content."""
    head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    content = head + b"U3ViamVjdDogaGkNCg0KdGV4dA==\r\n"
    root = parse(content)
    assert root.children == [] and parse(root.content).header("subject") == "hi"


def test_a_type_that_is_none_is_plain_text() -> None:
    """RFC 2045 §5.2."""
    for said in (b"text", b"text/", b"/x", b"a/b/c", b"\xff", b";", b"a" * 300 + b"/b"):
        assert parse(b"Content-Type: " + said + b"\r\n\r\nx").content_type == "text/plain"
    assert parse(b"Content-Type: TEXT/Html (really); charset=x\r\n\r\nx").content_type == "text/html"


# --- offsets ---


def test_parts_are_offsets_into_the_bytes() -> None:
    """Header, body and raw are slices of what came; no byte of a body is held twice."""
    content = MIXED + b"--b\r\nX: 1\r\n\r\none\r\n--b--\r\n"
    root = parse(content)
    (one,) = root.children
    assert root.source is content and one.source is content
    assert content[one.start : one.body_start] == b"X: 1\r\n\r\n"
    assert one.raw == b"X: 1\r\n\r\none" and one.body == b"one"
    assert one.parent is root and root.parent is None


def test_a_file_is_mapped_and_not_read(tmp_path: Path) -> None:
    """As a large message lies in one; what is asked of it later still is there when the file is gone."""
    content = MIXED + b"--b\r\n\r\none\r\n--b--\r\n"
    path = tmp_path / "mail"
    path.write_bytes(content)
    with path.open("rb") as file:
        root = parse(file)
    path.unlink()
    assert not isinstance(root.source, bytes)
    assert shape(root) == shape(parse(content))
    assert shape(parse(io.BytesIO(content))) == shape(root)
    path.write_bytes(b"")
    with path.open("rb") as file:
        assert parse(file).content == b""


def test_walk_and_tree_show_every_part_in_order() -> None:
    """2016's draft of the tree: content-type with parts, or with a body."""
    inner = b"--c\r\nContent-Type: text/html\r\n\r\n<p>\r\n--c--\r\n"
    content = (
        MIXED
        + b"--b\r\n\r\none\r\n--b\r\n"
        + MIXED.replace(b"=b", b"=c")
        + inner
        + b"--b\r\nContent-Type: a/b\r\n\r\nx"
    )
    root = parse(content)
    assert [part.content_type for part in root.walk()] == [
        "multipart/mixed", "text/plain", "multipart/mixed", "text/html", "a/b",
    ]  # fmt: skip
    assert root.tree() == {
        "content-type": "multipart/mixed",
        "parts": [
            {"content-type": "text/plain", "body": "one"},
            {"content-type": "multipart/mixed", "parts": [{"content-type": "text/html", "body": "<p>"}]},
            {"content-type": "a/b", "body": b"x"},
        ],
    }


# --- limits ---

NESTED = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1000)
)
HOSTILE = {
    "parts": MIXED + b"--b\r\n\r\nx\r\n" * 10_000,
    "nested multiparts": NESTED,
    "nested messages": b"Content-Type: message/rfc822\r\n\r\n" * 1000,
    "folded header": b"Subject: x\r\n" + b" x\r\n" * 300_000,
    "header without end": b"Subject: " + b"x" * 1_000_000,
    "fields": b"a:b\r\n" * 50_000,
    "fields of parts": MIXED + (b"--b\r\n" + b"a:b\r\n" * 50 + b"\r\n") * 500,
    "dashes": MIXED + b"--a\r\n" * 200_000,
    "dashes with an end": MIXED + b"--a--\n" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_more_than_the_limits_is_refused(name: str) -> None:
    """With a message that says what, which a server can answer with."""
    with pytest.raises(MimeError, match=r"\w+ of more than|more than|too many") as raised:
        parse(HOSTILE[name])
    answer: Any = raised.value.answer
    assert (answer["type"], answer["code"], answer["enhanced"]) == ("email.reject", 554, "5.6.0")


@pytest.mark.parametrize(
    ("limits", "content"),
    [
        (Limits(parts=3), MIXED + b"--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n%b--b--\r\n"),
        (Limits(depth=2), MIXED + b"--b\r\n%b\r\n1\r\n--b--\r\n"),
        (Limits(header=len(MIXED) + 2), MIXED[:-2] + b"%b\r\n1"),
        (Limits(fields=2), MIXED[:-2] + b"A:1\r\n%b\r\n1"),
    ],
)
def test_a_limit_is_what_may_be(limits: Limits, content: bytes) -> None:
    """As much as it says is read; one more is refused."""
    more = {2: b"Content-Type: message/rfc822\r\n"}.get(limits.depth, b"B:2\r\n")
    more = b"--b\r\n\r\n3\r\n" if limits.parts == 3 else more
    assert parse(content.replace(b"%b", b""), limits).content_type == "multipart/mixed"
    with pytest.raises(MimeError):
        parse(content.replace(b"%b", more), limits)


def work(content: Source) -> int:
    """How many lines of the package run for a message, with all that is asked of each part."""

    def ask() -> None:
        try:
            for part in parse(bytes(content)).walk():
                _ = part.parameters, part.disposition, part.encoding
        except MimeError:
            pass

    return lines_run(ask)


MANY = {
    "parts": (MIXED, b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nx\r\n", 900),
    "levels": (b"", b"Content-Type: message/rfc822\r\n\r\n", 90),
    "dashes": (MIXED, b"--a\r\n", 9000),
    "dashes with an end": (MIXED, b"--a--\r\n", 9000),
    "lines": (MIXED, b"text\r\n" * 100, 1000),
    "fields": (b"", b"a:b\r\n", 3900),
    "parameters": (b"Content-Type: text/plain", b"; a*1*=b", 900),
}


@pytest.mark.parametrize("name", MANY)
def test_twice_as_much_is_twice_the_work(name: str) -> None:
    """Lines run, counted: nothing is looked at again for what comes behind it."""
    head, piece, count = MANY[name]
    half, whole = work(head + piece * (count // 2)), work(head + piece * count)
    assert whole <= 2.1 * half + 50


@pytest.mark.parametrize("name", HOSTILE)
def test_a_refusal_costs_no_more_than_the_limits(name: str) -> None:
    """However much there is of it, what runs until it is refused is bounded."""
    assert work(HOSTILE[name]) < 1_000_000

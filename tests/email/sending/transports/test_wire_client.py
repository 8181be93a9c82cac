"""Replies from bytes, commands as bytes."""

from base64 import b64decode
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.sending.outgoing import Outgoing
from interfaces.email.sending.transports.wire_client import (
    LINE,
    LINES,
    TEXT,
    Garbled,
    Replies,
    Reply,
    features,
    impossible,
    login,
    mail_from,
    rcpt_to,
    stuffed,
)

STREAM = (
    b"220 mx.example ESMTP\r\n250-mx.example\r\n250-SIZE 100\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n250\r\n"
    b"550-5.1.1 no such\r\n550-5.1.1  user\r\n550 5.1.1 here\r\n452 4.5.3\r\n250 4.0.0 odd\r\n421 \xff\x00\x1b[0m\n"
)
EXPECTED = [
    (220, None, "mx.example ESMTP"), (250, None, "mx.example SIZE 100 AUTH PLAIN LOGIN 8BITMIME"), (250, None, ""),
    (550, "5.1.1", "no such user here"), (452, "4.5.3", ""), (250, None, "4.0.0 odd"), (421, None, "[0m"),
]  # fmt: skip


def read(*pieces: bytes) -> list[Reply]:
    """All replies in them."""
    replies = Replies()
    return [reply for piece in pieces for reply in replies.feed(piece)]


def test_replies_of_all_sorts() -> None:
    """One line or several, with or without enhanced codes, which have to be of the reply's class."""
    assert [(one.code, one.enhanced, one.text) for one in read(STREAM)] == EXPECTED


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_split_gives_the_same(cuts: list[int]) -> None:
    """The network cuts where it likes."""
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read(*(STREAM[a:b] for a, b in pairwise(edges))) == read(STREAM)


@pytest.mark.parametrize(
    "said",
    [b"junk\r\n", b"25 x\r\n", b"150 x\r\n", b"999 x\r\n", b"250x\r\n", b"250-a\r\n251 b\r\n", b"\r\n",
     b"HTTP/1.1 200 OK\r\n", b"250 " + b"x" * LINE + b"\r\n", b"x" * (LINE + 1),
     b"250-x\r\n" * (LINES + 1), b"250+x\r\n", b"\xb2\xb5\xb0 x\r\n"],
)  # fmt: skip
def test_what_is_no_reply_ends_it(said: bytes) -> None:
    """And nothing grows: no line, no number of lines."""
    with pytest.raises(Garbled):
        read(said)


@given(st.binary(max_size=300))
def test_any_bytes_are_replies_or_garbled(said: bytes) -> None:
    """Of what is read the text is one printable line."""
    try:
        found = read(said)
    except Garbled:
        return
    assert all(len(one.text) <= TEXT and one.text.isprintable() for one in found)


def test_what_a_server_offers() -> None:
    """By name in capitals; the first of each, AUTH in its old way, too."""
    (reply,) = read(b"250-x\r\n250-size 10 \r\n250-SIZE 20\r\n250-AUTH=LOGIN\r\n250-PIPELINING\r\n250 \r\n")
    assert features(reply) == {"SIZE": "10", "AUTH": "LOGIN", "PIPELINING": "", "": ""}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b".\r\n", b"..\r\n"),
        (b"a.\r\n.b\r\n..\r\n", b"a.\r\n..b\r\n...\r\n"),
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"\r\n.\r\n", b"\r\n..\r\n"),
    ],
)
def test_no_line_of_the_content_ends_it(content: bytes, expected: bytes) -> None:
    """A dot that begins a line gets another one (RFC 5321 §4.5.2)."""
    assert stuffed(content) == expected


def test_ways_to_log_in() -> None:
    """PLAIN when it is offered, LOGIN else, and nothing that we do not know."""
    (plain,) = login("XOAUTH2 LOGIN PLAIN", "jörg", "p w") or []
    assert b64decode(plain.removeprefix(b"AUTH PLAIN ")).decode() == "\0jörg\0p w"
    assert login("login", "u", "p") == [b"AUTH LOGIN\r\n", b"dQ==\r\n", b"cA==\r\n"]
    assert login("CRAM-MD5", "u", "p") is None
    assert login("", "u", "p") is None


def mail(content: bytes = b"Subject: x\r\n\r\nx\r\n", **more: Any) -> Outgoing:
    """A message."""
    return Outgoing(
        **{"id": "s1", "mail_from": "a@a.example", "recipients": ("b@b.example",), "content": content,
           "message_id": "1@a.example", **more}
    )  # fmt: skip


BIG = mail(b"x" * 100)
UTF8 = mail(smtputf8=True, mail_from="jörg@a.example", recipients=("bö@b.example",))
EIGHT = mail(b"\xff\r\n")
ASKED = mail(notify=("FAILURE", "DELAY"), ret="HDRS", envid="s1")


@pytest.mark.parametrize(
    ("message", "offered", "told"),
    [
        (BIG, {}, None),
        (BIG, {"SIZE": ""}, None),
        (BIG, {"SIZE": "0"}, None),
        (BIG, {"SIZE": "100"}, None),
        (BIG, {"SIZE": "99"}, (552, "5.3.4")),
        (BIG, {"SIZE": "1"}, (552, "5.3.4")),
        (BIG, {"SIZE": "-1"}, None),
        (BIG, {"SIZE": "²"}, None),
        (BIG, {"SIZE": "9" * 5000}, None),
        (UTF8, {}, (553, "5.6.7")),
        (UTF8, {"SMTPUTF8": ""}, None),
        (EIGHT, {"SMTPUTF8": ""}, (554, "5.6.3")),
        (EIGHT, {"8BITMIME": ""}, None),
        (mail(b"\xff\r\n", smtputf8=True), {"8BITMIME": ""}, (553, "5.6.7")),
        (mail(b"\xff\r\n", smtputf8=True), {"8BITMIME": "", "SMTPUTF8": "", "SIZE": "2"}, (552, "5.3.4")),
    ],
)
def test_what_a_server_cannot_take_is_not_begun(
    message: Outgoing, offered: dict[str, str], told: tuple[int, str] | None
) -> None:
    """Told as the server would; a size that it does not say, or that is no number, is no reason (RFC 1870 §4)."""
    found = impossible(message, offered)
    assert (found and found[:2]) == told
    assert found is None or found[2].isascii()


@pytest.mark.parametrize(
    ("message", "offered", "line"),
    [
        (BIG, {}, "MAIL FROM:<a@a.example>"),
        (BIG, {"SIZE": "5"}, "MAIL FROM:<a@a.example> SIZE=100"),
        (mail(mail_from=""), {}, "MAIL FROM:<>"),
        (EIGHT, {"8BITMIME": ""}, "MAIL FROM:<a@a.example> BODY=8BITMIME"),
        (UTF8, {"SMTPUTF8": ""}, "MAIL FROM:<jörg@a.example> SMTPUTF8"),
        (ASKED, {}, "MAIL FROM:<a@a.example>"),
        (ASKED, {"DSN": ""}, "MAIL FROM:<a@a.example> RET=HDRS ENVID=s1"),
        (mail(ret="FULL"), {"DSN": ""}, "MAIL FROM:<a@a.example> RET=FULL"),
        (mail(envid="e"), {"DSN": "", "SIZE": ""}, "MAIL FROM:<a@a.example> SIZE=17 ENVID=e"),
    ],
)
def test_mail_says_what_the_peer_knows(message: Outgoing, offered: dict[str, str], line: str) -> None:
    """RFC 5321 §4.1.1.11: no parameter of an extension that was not offered."""
    assert mail_from(message, offered).decode() == f"{line}\r\n"


@pytest.mark.parametrize(
    ("message", "offered", "line"),
    [
        (BIG, {"DSN": ""}, "RCPT TO:<b@b.example>"),
        (ASKED, {}, "RCPT TO:<b@b.example>"),
        (ASKED, {"DSN": ""}, "RCPT TO:<b@b.example> NOTIFY=FAILURE,DELAY"),
        (mail(notify=("NEVER",)), {"DSN": ""}, "RCPT TO:<b@b.example> NOTIFY=NEVER"),
    ],
)
def test_rcpt_says_what_the_peer_knows(message: Outgoing, offered: dict[str, str], line: str) -> None:
    """RFC 3461 §4.1."""
    assert rcpt_to("b@b.example", message, offered).decode() == f"{line}\r\n"


@pytest.mark.parametrize(("length", "fits"), [(LINE - 4, True), (LINE - 3, False)])
def test_a_line_of_a_reply_is_bounded(length: int, fits: bool) -> None:
    """At the edge it is read, and its text is cut; one above it is not."""
    line = b"250 " + b"x" * length + b"\n"
    if fits:
        (reply,) = read(line)
        assert reply.text == "x" * TEXT
    else:
        with pytest.raises(Garbled):
            read(line)


def test_the_lines_of_a_reply_are_bounded() -> None:
    """LINES of them are one reply."""
    (reply,) = read(b"250-x\r\n" * (LINES - 1) + b"250 y\r\n")
    assert len(reply.lines) == LINES and reply.text.endswith("x y")


def test_a_part_of_a_reply_is_known_to_be_one() -> None:
    """A connection in the middle of one is of no use for the next message."""
    replies = Replies()
    assert replies.between
    for piece, between in [(b"25", False), (b"0-a\r\n", False), (b"250 b\r\n", True), (b"\r", False)]:
        replies.feed(piece)
        assert replies.between is between


@given(st.binary(max_size=60).map(lambda said: said.replace(b"\r", b"").replace(b"\n", b"\r\n")))
def test_what_is_stuffed_comes_out_as_it_went_in(content: bytes) -> None:
    """RFC 5321 §4.5.2, as the peer undoes it: no line begins with a dot that it would take for the end."""
    lines = stuffed(content).split(b"\r\n")
    assert b"." not in lines
    assert b"\r\n".join(line.removeprefix(b".") for line in lines) == content

"""Replies from bytes, commands as bytes."""

from base64 import b64decode
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.sending.transports.wire_client import (
    LINE,
    LINES,
    TEXT,
    Garbled,
    Replies,
    Reply,
    features,
    login,
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

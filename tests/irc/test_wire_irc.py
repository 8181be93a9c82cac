"""Bytes of a connection, as lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.line import BODY, TAGS, Line
from interfaces.irc.wire_irc import PASSED, Refused, Wire

NOISE = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b"\0", b"@a=", b" ", b":x", b"PING", b"y" * 30])).map(
        b"".join
    ),
)


def said(wire: Wire, *chunks: bytes) -> list[str]:
    """What the lines are, a word each for those that are refused."""
    found = []
    for chunk in chunks:
        wire.feed(chunk)
        while (one := wire.next()) is not None:
            found.append(one.why if isinstance(one, Refused) else " ".join((one.command, *one.params)))
    return found


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"ping x\r\nPONG y\n", ["PING x", "PONG y"]),
        (b"\r\n\n:a\r\n@a\r\nA\r\n", ["A"]),
        (b"A\r\r\nB\rC\nD\0\r\nE\r\n", ["bytes", "bytes", "bytes", "E"]),
        (b"A" * 18 + b"\r\n" + b"A" * 19 + b"\r\nB\n", ["A" * 18, "long", "B"]),
        (b"A" * 18 + b"\n" + b"A" * 19 + b"\n", ["A" * 18, "long"]),
        (b"@a=3456 " + b"A" * 18 + b"\r\n", ["A" * 18]),
        (
            b"@a=34567 " + b"A" * 15 + b"\r\n@a=3456 " + b"A" * 19 + b"\r\n@" + b"a" * 27 + b"\r\n",
            ["long", "long", "long"],
        ),
        (b"A" * 500 + b"\nB\n", ["long", "B"]),
        (b"A" * 20 + b"\0\n", ["long"]),
        (b"no end", []),
    ],
)
def test_lines_and_what_is_refused(data: bytes, lines: list[str]) -> None:
    """In their order: 20 octets with the end, and 8 of tags; whatever the cut."""
    assert said(Wire(body=20, tags=8), data) == lines
    assert said(Wire(body=20, tags=8), *(bytes([one]) for one in data)) == lines


@given(st.lists(NOISE))
def test_any_split_gives_the_same(chunks: list[bytes]) -> None:
    """And no more is kept than a line may have."""
    wire = Wire(body=40, tags=20)
    assert said(wire, *chunks) == said(Wire(body=40, tags=20), b"".join(chunks))
    assert wire.waiting == 0
    assert wire.pending <= 60


def test_what_waits_is_told() -> None:
    """Lines, and their octets with those of one that has begun."""
    wire = Wire()
    assert (wire.waiting, wire.pending, wire.next()) == (0, 0, None)
    wire.feed(b"A\r\nB\r\nC")
    assert (wire.waiting, wire.pending) == (2, 5)
    assert repr(wire) == "<Wire 2 lines wait>"
    assert isinstance(wire.next(), Line)
    assert (wire.waiting, wire.pending) == (1, 3)


def test_a_line_that_never_ends_is_told_once() -> None:
    """It is dropped while it comes; what is behind its end is read."""
    wire = Wire()
    for _ in range(100):
        wire.feed(b"x" * 1000)
    assert wire.waiting == 1
    assert wire.pending <= BODY + TAGS
    assert repr(wire.next()) == "<Refused long>"
    assert said(wire, b"x", b"x\r", b"\nPING\r\n") == ["PING"]


@pytest.mark.parametrize("blank", [b"\r\n", b" \n", b"@a\n", b":a \r\n"])
def test_empty_lines_are_not_read_without_end(blank: bytes) -> None:
    """Of so many one is told, so that whoever reads them may stop there; a lone LF does not even wait."""
    wire = Wire()
    wire.feed(blank * (PASSED + 1) + b"A\n")
    assert repr(wire.next()) == "<Refused empty>"
    assert wire.waiting == 2
    assert said(wire, b"\n" * 1000, b"B\n") == ["A", "B"]
    wire.feed(b"\n" * 1000)
    assert wire.waiting == 0

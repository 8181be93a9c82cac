import hashlib
from itertools import pairwise

import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.auth.canonical import Body, chosen, field, fields

EXAMPLE = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n"


def test_the_example_of_the_rfc() -> None:
    """RFC 6376 §3.4.5: both canonical forms of a header."""
    found = fields(EXAMPLE)
    assert [name for name, _ in found] == [b"a", b"b"]
    assert [field(one, relaxed=True) for one in found] == [b"a:X\r\n", b"b:Y Z\r\n"]
    assert b"".join(field(one, relaxed=False) for one in found) == EXAMPLE[:-2]


def test_the_last_of_a_name_comes_first() -> None:
    """A name that is given twice means the last two fields of it, from the bottom up; a third counts for nothing."""
    found = fields(b"A: 1\r\nB: 2\r\nA: 3\r\n")
    assert chosen(found, [b"a", b"a", b"c", b"a", b"b"]) == [found[2], found[0], found[1]]


def digest(body: bytes, *, relaxed: bool) -> tuple[bytes, int]:
    """Of a body in one piece."""
    one = Body(relaxed=relaxed)
    one.add(body)
    return one.digest(), one.size


@pytest.mark.parametrize("relaxed", [True, False])
@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"", (b"", b"\r\n")), (b"\r\n\r\n", (b"", b"\r\n")), (b" C \r\nD \t E\r\n\r\n\r\n", (b" C\r\nD E\r\n", None)),
        (b"a", (b"a\r\n", b"a\r\n")), (b"\r\n\r\na\r\n", (b"\r\n\r\na\r\n", b"\r\n\r\na\r\n")),
        (b"a\r\n \t\r\n", (b"a\r\n", None)), (b"a\r\n \r\n\tb\r\n", (b"a\r\n\r\n b\r\n", None)),
    ],
)  # fmt: skip
def test_bodies(body: bytes, form: tuple[bytes, bytes | None], relaxed: bool) -> None:
    """The canonical forms of RFC 6376 §3.4.3 and §3.4.4; None where the simple one only loses empty lines."""
    want = form[0] if relaxed else form[1] if form[1] is not None else body.rstrip(b"\r\n") + b"\r\n"
    assert digest(body, relaxed=relaxed) == (hashlib.sha256(want).digest(), len(want))


LINES = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\r\n\r\n", b"x", b"yz"]), max_size=40)


@given(LINES.map(b"".join), st.lists(st.integers(0, 60), max_size=6), st.booleans())
def test_any_split_and_another_implementation(body: bytes, cuts: list[int], relaxed: bool) -> None:
    """Whatever pieces a body comes in, the digest is the same, and that of dkimpy's canonical form."""
    body += b"\r\n"
    pieces = Body(relaxed=relaxed)
    for start, end in pairwise([0, *sorted(cuts), len(body)]):
        pieces.add(body[start:end])
    form = (Relaxed if relaxed else Simple).canonicalize_body(body)
    assert (pieces.digest(), pieces.size) == (hashlib.sha256(form).digest(), len(form))
    assert digest(body, relaxed=relaxed)[0] == hashlib.sha256(form).digest()


def test_a_body_is_never_held() -> None:
    """Of 64 MB of blanks and empty lines nothing stays but two numbers, until a letter follows."""
    body = Body(relaxed=True)
    piece = b" " * 65_000 + b"\r\n" * 200
    for _ in range(1000):
        body.add(piece)
    assert (body._lines, body._blank, body.size) == (200_000, False, 0)
    body.add(b"x")
    assert body.digest() == hashlib.sha256(b"\r\n" * 200_000 + b"x\r\n").digest()

"""SASL in lines of IRC."""

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.numerics import ERR_SASLFAIL, ERR_SASLTOOLONG
from interfaces.irc.sasl import LIMIT, PIECE, Chunks, chunks, plain, read_plain
from interfaces.shared.errors import ConfigError, PeerError


@given(st.binary(max_size=1300))
def test_there_and_back(data: bytes) -> None:
    """It is whole with the last piece, and not before; then the next may come."""
    gathered = Chunks()
    for _ in range(2):
        pieces = chunks(data)
        assert all(0 < len(piece) <= PIECE for piece in pieces)
        assert [gathered.feed(piece) for piece in pieces] == [None] * (len(pieces) - 1) + [data]


def test_a_full_piece_has_another_behind_it() -> None:
    """A sign says that there is nothing left, and alone that there is nothing."""
    assert chunks(bytes(300)) == ["A" * 400, "+"]
    assert chunks(bytes(301))[1] == "AA=="
    assert chunks(b"") == ["+"]
    assert Chunks().feed("+") == b""


@pytest.mark.parametrize("text", ["=", "abc", "ä", "a b=", "*", "\ud800", "YQ==YQ=="])
def test_what_is_no_base64_is_refused(text: str) -> None:
    """With the numeric to answer."""
    with pytest.raises(PeerError, match="no base64") as found:
        Chunks().feed(text)
    assert found.value.answer == ERR_SASLFAIL


def test_what_is_too_long_is_refused() -> None:
    """A piece, or all of them; what came before is forgotten."""
    gathered = Chunks(limit=1000)
    with pytest.raises(PeerError, match="too long") as found:
        gathered.feed("A" * 401)
    assert found.value.answer == ERR_SASLTOOLONG
    assert gathered.feed("A" * 400) is None
    assert gathered.feed("A" * 400) is None
    with pytest.raises(PeerError, match="too long"):
        gathered.feed("A" * 400)
    assert gathered.feed(b64encode(b"new").decode()) == b"new"
    assert LIMIT >= 2 * PIECE


@given(st.lists(st.text(max_size=500), max_size=50))
def test_takes_anything_or_says_so(lines: list[str]) -> None:
    """Nothing raises but what the peer is told."""
    gathered = Chunks(limit=1000)
    for line in lines:
        with suppress(PeerError):
            assert len(gathered.feed(line) or b"") < 1000


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    st.text(st.characters(codec="utf-8", exclude_characters="\0")),
)
def test_plain_there_and_back(account: str, password: str) -> None:
    """In UTF-8."""
    assert read_plain(plain(account, password)) == (account, password)


@pytest.mark.parametrize("data", [b"", b"a", b"a\0b", b"\0\0b", b"a\0b\0c", b"\0a\0b\0", b"\0\xff\0b"])
def test_what_is_no_plain(data: bytes) -> None:
    """Nor one that is to act as another."""
    with pytest.raises(PeerError, match="SASL PLAIN") as found:
        read_plain(data)
    assert found.value.answer == ERR_SASLFAIL


def test_who_acts_as_nobody_else_is_who_it_is() -> None:
    """The first field may be empty."""
    assert read_plain(b"\0dan\0secret") == ("dan", "secret")


@pytest.mark.parametrize(("account", "password"), [("", "x"), ("a\0", "x"), ("a", "x\0")])
def test_an_account_that_cannot_be_said(account: str, password: str) -> None:
    """The operator is told."""
    with pytest.raises(ConfigError, match="sasl"):
        plain(account, password)

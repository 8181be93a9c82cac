"""XCLIENT: what a mail proxy says of its client."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.xclient import XClient, xclient
from interfaces.shared.errors import PeerError


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (b"NAME=spike.example ADDR=168.100.189.2", XClient(name="spike.example", address="168.100.189.2")),
        (b"addr=IPV6:2001:DB8::1 port=4025", XClient(address="2001:db8::1", port=4025)),
        (b"ADDR=::1", XClient(address="::1")),
        (b"NAME=[UNAVAILABLE] ADDR=[TempUnavail] PORT=[UNAVAILABLE]", XClient(name="", address="", port=0)),
        (b"PROTO=esmtp  HELO=a.example", XClient(proto="ESMTP", helo="a.example")),
        (b"LOGIN=a+40b.example", XClient(login="a@b.example")),
        (b"LOGIN=[UNAVAILABLE]", XClient(login="")),
        (b"DESTADDR=192.0.2.1 DESTPORT=25", XClient(server_address="192.0.2.1", server_port=25)),
    ],
)
def test_attributes_are_read_as_postfix_writes_them(words: bytes, said: XClient) -> None:
    """In any case and order; xtext is decoded, an IPv6 address loses its mark, "unavailable" is nothing."""
    assert xclient(words) == said


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"ADDR",
        b"ADDR=",
        b"ADDR=nonsense",
        b"ADDR=1.2.3.4/8",
        b"ADDR=1.2.3.4 ADDR=1.2.3.5",
        b"COLOUR=red",
        b"PORT=0",
        b"PORT=65536",
        b"PORT=-1",
        b"PORT=1a",
        b"PROTO=HTTP",
        b"HELO=a+0Db",
        b"LOGIN=a+00",
        b"LOGIN=+FF",
        b"LOGIN=a+4",
        b"NAME=" + b"n" * 256,
    ],
)
def test_what_is_malformed_is_refused(words: bytes) -> None:
    """501, and nothing of it counts."""
    with pytest.raises(PeerError) as error:
        _ = xclient(words)
    assert error.value.answer == b"501 5.5.4 Malformed command\r\n"


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(words: bytes) -> None:
    """It is read, or refused."""
    try:
        said = xclient(words)
    except PeerError:
        return
    for text in (said.name, said.helo, said.login):
        assert text is None or text.isprintable()

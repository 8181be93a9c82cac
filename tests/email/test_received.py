"""interfaces.email.received: the trace line, whatever clients call themselves."""

from typing import Any

import pytest

from interfaces.email import envelope
from interfaces.email.headers import split
from interfaces.email.received import received, taken
from interfaces.email.translate import Place

PLACE: dict[str, Any] = {
    "protocol": "smtp",
    "client": ("192.0.2.1", 4000),
    "server": ("192.0.2.2", 25),
    "helo": "client.example",
}
MAIL = envelope.mail(b"MAIL FROM:<a@a.example>", extended=True, max_size=0, tls=False)


@pytest.mark.parametrize(
    ("protocol", "utf8", "tls", "auth", "word"),
    [
        ("smtp", False, False, False, b"ESMTP"),
        ("smtp", False, True, False, b"ESMTPS"),
        ("smtp", False, False, True, b"ESMTPA"),
        ("smtp", False, True, True, b"ESMTPSA"),
        ("smtp", True, True, True, b"UTF8SMTPSA"),
        ("lmtp", False, False, False, b"LMTP"),
        ("lmtp", False, True, True, b"LMTPSA"),
    ],
)
def test_received_names_the_protocol(protocol: str, utf8: bool, tls: bool, auth: bool, word: bytes) -> None:
    """As RFC 3848 and RFC 6531 have them."""
    place = Place(
        **{**PLACE, "protocol": protocol},
        tls={"version": "TLSv1.3"} if tls else None,
        auth={"user": "u", "mechanism": "PLAIN"} if auth else None,
    )
    mail = envelope.mail(
        b"MAIL FROM:<>" + b" SMTPUTF8" * utf8, extended=True, max_size=0, tls=False
    )  # fmt: skip
    line = received("id7", place, mail, 0.0, "mx.example")
    assert line == (
        b"Received: from client.example ([192.0.2.1])\r\n\tby mx.example with %b id id7;\r\n"
        b"\tThu, 01 Jan 1970 00:00:00 -0000\r\n" % word
    )


@pytest.mark.parametrize("helo", ["a\r\nX: 1", "é", "a b", "\0", "[192.0.2.1]"])
def test_received_cannot_be_forged_by_a_greeting(helo: str) -> None:
    """One field, in ASCII, whatever the client calls itself."""
    line = received("id7", Place(**{**PLACE, "helo": helo}), MAIL, 0.0, "mx.example")
    assert line.isascii()
    assert line.count(b"\r\n") == 3
    assert line.endswith(b"\r\n")
    assert b"\r\nX" not in line


@pytest.mark.parametrize(
    ("name", "client"),
    [("mx.example", b"(mx.example [192.0.2.1])"), (None, b"([192.0.2.1])"), ("x)(y", b"([192.0.2.1])")],
)
def test_received_tells_the_name_of_the_client(name: str | None, client: bytes) -> None:
    """Where it is known, and as what it is: one that a proxy has told ends no comment."""
    line = received("id7", Place(**{**PLACE, "client_name": name}), MAIL, 0.0, "mx.example")
    assert line.startswith(b"Received: from client.example %b\r\n" % client)


def test_received_of_a_unix_socket() -> None:
    """There is no address."""
    place = Place(**{**PLACE, "client": None, "protocol": "lmtp"})
    assert b"([unix])" in received("id7", place, MAIL, 0.0, "mx.example")


# --- of other ways ---


@pytest.mark.parametrize(
    ("protocol", "tls", "client", "begin", "word"),
    [
        ("webhook", True, ("192.0.2.7", 443), b"from mailgun ([192.0.2.7])\r\n\tby", b"HTTPS"),
        ("webhook", False, ("2001:db8::1", 80), b"from mailgun ([2001:db8::1])\r\n\tby", b"HTTP"),
        ("maildir", False, None, b"by", b"LOCAL"),
        ("pipe", False, None, b"by", b"LOCAL"),
    ],
)
def test_how_a_message_came_that_came_whole(
    protocol: str, tls: bool, client: Any, begin: bytes, word: bytes
) -> None:
    """From whom is said where there is somebody: a Maildir has no client."""
    place = Place(protocol=protocol, client=client, server=None, helo="mailgun")
    place.tls = {"version": None} if tls else None
    assert taken("id7", place, 0.0, "mx.example") == (
        b"Received: %b mx.example with %b id id7;\r\n\tThu, 01 Jan 1970 00:00:00 -0000\r\n" % (begin, word)
    )


@pytest.mark.parametrize("name", ["a\r\nX: 1", "\r\n\r\n", "\u00e9", "a b", "\0", "", "\ud800"])
def test_no_name_adds_a_field(name: str) -> None:
    """Ours, a client's, a provider's: it is one field of ASCII."""
    place = Place(protocol="webhook", client=("192.0.2.7", 443), server=None, helo=name)
    for line in (taken("id7", place, 0.0, "mx.example"), received("id7", place, MAIL, 0.0, "mx.example")):
        ((field, value),) = split(line + b"\r\n").fields
        assert field == b"received" and value.isascii() and b"mx.example" in value

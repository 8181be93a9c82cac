"""URLs of transports."""

import ssl
from pathlib import Path

import pytest
import trustme

from interfaces.email.sending.transports.dialogue import Times
from interfaces.email.sending.transports.folder import Folder, Maildir
from interfaces.email.sending.transports.memory import BOXES, Memory
from interfaces.email.sending.transports.opening import redacted, transport
from interfaces.email.sending.transports.smarthost import Server, Smarthost
from interfaces.shared.errors import ConfigError


def server(url: str) -> Server:
    """Where a URL sends to."""
    way = transport(url, host="us.example")
    assert isinstance(way, Smarthost) and way.name == "us.example"
    return way.server


@pytest.mark.parametrize(
    ("url", "place", "tls", "lmtp"),
    [
        ("smtp://mx.example", "mx.example:25", "offered", False),
        ("SMTP://mx.example/", "mx.example:25", "offered", False),
        ("smtp://u:p@mx.example", "mx.example:587", "starttls", False),
        ("smtp://u:p@mx.example:2525?tls=off", "mx.example:2525", "off", False),
        ("smtps://u:p@mx.example", "mx.example:465", "implicit", False),
        ("lmtp://[::1]:2424", "::1:2424", "offered", True),
        ("lmtp+unix:///run/a%20b/lmtp", "/run/a b/lmtp", "off", True),
        ("smtp+unix:///run/smtp", "/run/smtp", "off", False),
    ],
)
def test_servers(url: str, place: str, tls: str, lmtp: bool) -> None:
    """Each with the port of its protocol; a password asks for TLS."""
    found = server(url)
    assert (str(found), found.tls, found.lmtp) == (place, tls, lmtp)


def test_words_of_a_server() -> None:
    """A user with odd signs, times, connections."""
    found = server("smtp://u%40x:p%2F%3A@mx.example?timeout=7&connections=9")
    assert (found.user, found.password, found.connections) == ("u@x", "p/:", 9)
    assert found.times == Times(connect=7, command=7, end=14)


def test_who_is_trusted(tmp_path: Path) -> None:
    """TLS that is asked for is verified, by an authority of one's own if need be; TLS that is merely there is not."""
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for url, mode in [
        ("smtp://mx.example", ssl.CERT_NONE),
        ("smtp://mx.example?tls=starttls", ssl.CERT_REQUIRED),
        (f"smtp://mx.example?ca={tmp_path / 'ca.pem'}", ssl.CERT_REQUIRED),
        ("smtps://mx.example", ssl.CERT_REQUIRED),
    ]:
        context = server(url).context
        assert context is not None and context.verify_mode == mode
    assert server("smtp://mx.example?tls=off").context is None


def test_files_and_memory(tmp_path: Path) -> None:
    """By absolute paths, and by name."""
    box, folder, memory = (
        transport(url, host="h") for url in (f"maildir://{tmp_path}/box", f"file://{tmp_path}", "memory:x")
    )
    assert isinstance(box, Maildir) and box.path == tmp_path / "box"
    assert type(folder) is Folder and folder.path == tmp_path
    assert isinstance(memory, Memory) and memory.sent is BOXES["x"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "it begins with one of smtp:"),
        ("mx.example", "it begins with one of"),
        ("http://mx.example", "it begins with one of"),
        ("smtp:", "write smtp://HOST"),
        ("smtp://mx.example/path", "write smtp://HOST"),
        ("smtp://:pw@mx.example", "a user needs a password"),
        ("smtp://u@mx.example", "a user needs a password"),
        ("smtp://mx.example:port", "the port is a number"),
        ("smtp://mx.example:99999", "the port is a number"),
        ("smtp://mx.example?tls=yes", "tls is one of"),
        ("smtps://mx.example?tls=off", "tls is one of"),
        ("smtp://u:geheim@mx.example?tls=offered", "a password needs tls=starttls"),
        ("smtp://u:geheim@mx.example?retry=1", "it knows no 'retry'"),
        ("smtp://u:geheim@mx.example?x", "bad query field"),
        ("smtp://mx.example#x", "knows no '#x'"),
        ("smtp://mx.example?ca=/nowhere", "No such file"),
        ("smtp://mx.example?timeout=0", "timeout is"),
        ("smtp://mx.example?timeout=nan", "timeout is"),
        ("smtp://mx.example?connections=0", "connections is"),
        ("smtp://mx.example?connections=x", "connections is"),
        ("smtp://mx.example?connections=1.5", "connections is"),
        ("smtp://mx.example?timeout=soon", "timeout is"),
        ("maildir:box", "three slashes"),
        ("maildir://box/x", "three slashes"),
        ("file:///", "three slashes"),
        ("file:///x?y=1", "knows no 'y'"),
        ("file:///dev/null", "/dev/null is no folder"),
        ("maildir:///dev/null/box", "/dev/null is no folder"),
        ("smtp://u:geheim@[::1", "the host is none"),
        ("smtp://u:ge\u2100heim@mx.example", "the host is none"),
        ("smtp://mx..example", "no domain"),
        (f"smtp://{'a' * 64}.example", "no domain"),
        ("smtp://mx example", "no domain"),
        ("smtp:u:geheim@mx.example", "write smtp"),
        ("smtp:/u:geheim@mx.example", "write smtp"),
        ("u:geheim@mx.example", "it begins with one of"),
        ("smtp://u:x#geheim@mx.example", "are written as %XX"),
        ("smtp://u:x?geheim@mx.example", "are written as %XX"),
        ("smtp://u:x?geheim=1@mx.example", "are written as %XX"),
        ("smtp://mx.example?password=geheim", "it knows no 'password'"),
        ("smtp://u:1234567", "the port is a number"),
        ("smtp://u:geheim", "the port is a number"),
        ("smtp://u:geheim/x", "write smtp"),
    ],
)
def test_a_wrong_one_is_told_in_one_line(url: str, told: str) -> None:
    """Which says what is to be written, and never the password."""
    with pytest.raises(ConfigError, match=told) as error:
        transport(url, host="h")
    assert len(str(error.value).splitlines()) == 1
    assert "geheim" not in str(error.value)
    assert "ge\u2100heim" not in str(error.value) and "1234567" not in str(error.value)


@pytest.mark.parametrize("host", ["", "mx example", "mx.example\r\nRCPT", "a" * 70])
def test_a_name_of_ours_that_is_none(host: str) -> None:
    """Is told before it is in a command, or in the Message-ID of everything."""
    with pytest.raises(ConfigError, match="--email-hostname"):
        transport("memory:", host=host)


def test_a_url_is_shown_without_its_password() -> None:
    """Whatever is in it."""
    assert redacted("smtp://u:a@b:c@mx.example:25?x") == "smtp://u:***@mx.example:25?x"
    assert redacted("smtp://mx.example") == "smtp://mx.example"
    assert redacted("memory:x") == "memory:x"
    assert redacted("smtp://mx.example:25/x") == "smtp://mx.example:25/x"
    assert redacted("lmtp://[::1]:24") == "lmtp://[::1]:24"
    assert redacted("smtp://u:forgot") == "smtp://u:***"
    assert redacted("smtp:u:p@mx.example") == "smtp:***@mx.example"
    assert redacted("u:p@mx.example") == "***@mx.example"
    assert redacted("smtp://mx.example?tls=off&key=geheim") == "smtp://mx.example?tls=off&key=***"

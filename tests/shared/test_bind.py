"""What operators write to say where to listen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.bind import Address, Bind, parse_bind
from interfaces.shared.errors import ConfigError
from interfaces.shared.tls import TlsFiles


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("127.0.0.1:8000", {"kind": "tcp", "host": "127.0.0.1", "port": 8000}),
        ("8000", {"kind": "tcp", "host": "127.0.0.1", "port": 8000}),
        (":8000", {"kind": "tcp", "port": 8000}),
        ("*:8000", {"kind": "tcp", "port": 8000}),
        ("localhost", {"kind": "tcp", "host": "localhost", "port": 99}),
        ("www.example.org:0", {"kind": "tcp", "host": "www.example.org"}),
        ("[::1]:8000", {"kind": "tcp", "host": "::1", "port": 8000}),
        ("[::1]", {"kind": "tcp", "host": "::1", "port": 99}),
        ("::1", {"kind": "tcp", "host": "::1", "port": 99}),
        ("unix:/run/x.sock", {"kind": "unix", "path": "/run/x.sock"}),
        ("unix:x:y.sock?mode=660", {"kind": "unix", "path": "x:y.sock", "mode": 0o660}),
        ("unix:/run/x.sock:mode=0660", {"kind": "unix", "path": "/run/x.sock", "mode": 0o660}),
        ("unix:/run/x.sock:lockfile=1:backlog=5", {"kind": "unix", "path": "/run/x.sock", "backlog": 5}),
        ("fd:3", {"kind": "fd", "fd": 3}),
        ("systemd:", {"kind": "systemd"}),
        ("systemd:web", {"kind": "systemd", "name": "web"}),
        ("systemd:domain=INET:index=1", {"kind": "systemd", "fd": 1}),
        ("systemd:domain=INET:name=web", {"kind": "systemd", "name": "web"}),
        ("udp:127.0.0.1:9", {"kind": "udp", "host": "127.0.0.1", "port": 9}),
        ("udp:[::1]:9", {"kind": "udp", "host": "::1", "port": 9}),
        ("tcp:8000:interface=127.0.0.1", {"kind": "tcp", "host": "127.0.0.1", "port": 8000}),
        (r"tcp:port=8000:interface=\:\:1", {"kind": "tcp", "host": "::1", "port": 8000}),
        ("tcp:8000:backlog=50", {"kind": "tcp", "port": 8000, "backlog": 50}),
        ("ssl:443:privateKey=k:certKey=c", {"kind": "tcp", "port": 443, "tls": TlsFiles(cert="c", key="k")}),
        ("ssl:443:privateKey=k", {"kind": "tcp", "port": 443, "tls": TlsFiles(cert="k", key="k")}),
        ("endpoint:tcp:8000", {"kind": "tcp", "port": 8000}),
        ("endpoint:onion:80", {"kind": "endpoint", "path": "onion:80"}),
    ],
)
def test_every_form_is_read(text: str, said: dict) -> None:
    """Each documented form means what the documentation says, and nothing else is set."""
    assert parse_bind(text, 99) == Bind(text=text, **said)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("", "HOST:PORT"),
        ("http://localhost:8000", "without a scheme"),
        ("a b:80", "HOST:PORT"),
        ("-x:80", "HOST:PORT"),
        ("localhost:70000", "0 to 65535"),
        ("localhost:", "0 to 65535"),
        ("localhost:0000000001234567", "0 to 65535"),
        ("localhost:８０", "0 to 65535"),
        ("[::1", "[ADDRESS]:PORT"),
        ("[::1]8000", "[ADDRESS]:PORT"),
        ("[::g]:1", "[ADDRESS]:PORT"),
        ("1:2:3:4", "[ADDRESS]:PORT"),
        ("unix:", "unix:PATH"),
        ("unix:/x?mode=999", "octal"),
        ("unix:/x?owner=me", "?mode=660"),
        ("fd:x", "no descriptor"),
        ("fd:-1", "no descriptor"),
        ("tcp:", "needs port"),
        ("tcp:80:reuse=1", "port, interface, backlog"),
        ("ssl:443:sslmethod=SSLv3_METHOD", "privateKey"),
        ("systemd:domain=INET:index=x", "no index"),
        ("endpoint:", "endpoint:tcp:8000"),
    ],
)
def test_nonsense_is_refused_in_one_line_that_says_how_to_mend_it(text: str, mend: str) -> None:
    """A mistake names the bind and what to write instead."""
    with pytest.raises(ConfigError) as caught:
        parse_bind(text, 99)
    message = str(caught.value)
    assert message.startswith(f"bind {text}: ")
    assert mend in message
    assert "\n" not in message


@given(st.text(alphabet="abz019:[]/\\?=.*-_ é"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text ends in anything but a bind with a valid port, or a ConfigError."""
    try:
        bind = parse_bind(text, 99)
    except ConfigError:
        return
    assert 0 <= bind.port <= 65535


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address(kind="tcp", host="127.0.0.1", port=8000), "127.0.0.1:8000"),
        (Address(kind="udp", host="::1", port=8000), "[::1]:8000"),
        (Address(kind="unix", path="/run/x.sock"), "unix:/run/x.sock"),
        (Address(kind="fd", port=7), "fd:7"),
    ],
)
def test_addresses_read_as_they_are_written(address: Address, text: str) -> None:
    """An address prints in the form a bind has."""
    assert str(address) == text

"""Who may ask: a loopback Host with the port, an own Origin, and a header in what changes something."""

import pytest

from interfaces.console.guard import checked_bind, is_loopback, let_in
from interfaces.shared.errors import ConfigError, PeerError

OK = {b"host": b"127.0.0.1:8088"}
OURS = {b"x-interfaces-console": b"1"}


def status(method: str = "GET", path: str = "/api/state", **headers: str) -> int:
    """What is answered; 200 for who is let in."""
    said = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    try:
        let_in(method, path, OK | said, 8088)
    except PeerError as error:
        return int(error.answer.status)  # type: ignore[attr-defined]
    return 200


@pytest.mark.parametrize(
    "host",
    ["localhost:8088", "LOCALHOST:8088", "localhost.:8088", "127.0.0.1:8088", "127.1.2.3:8088", "[::1]:8088"],
)
def test_loopback_hosts_are_let_in(host: str) -> None:
    """By name or by address."""
    assert status(host=host) == 200


@pytest.mark.parametrize(
    "host",
    ["", "evil.org:8088", "evil.org", "localhost", "localhost:80", "localhost:8089", "127.0.0.1.evil.org:8088",
     "localhost.evil.org:8088", "10.0.0.1:8088", "[::1]", "[fe80::1]:8088", "localhost:8088:8088", "localhost:x",
     "localhost:08088888", "2130706433:8088", "0x7f.1:8088", "localhost:８０８８"],
)  # fmt: skip
def test_other_hosts_are_not(host: str) -> None:
    """Names that an attacker can point here (DNS rebinding), and other ports."""
    assert status(host=host) == 403


@pytest.mark.parametrize(
    ("origin", "code"),
    [("http://127.0.0.1:8088", 200), ("HTTP://127.0.0.1:8088", 200), ("http://localhost:8088", 403), ("null", 403),
     ("https://127.0.0.1:8088", 403), ("http://127.0.0.1:3000", 403), ("http://evil.org", 403), ("", 403)],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_origin_has_to_be_the_hosts(origin: str, code: int, method: str) -> None:
    """In every request that has one."""
    assert status(method, origin=origin, x_interfaces_console="1") == code


@pytest.mark.parametrize(
    ("method", "code"), [("GET", 200), ("HEAD", 200), ("POST", 403), ("DELETE", 403), ("PUT", 403)]
)
def test_what_changes_something_needs_the_header(method: str, code: int) -> None:
    """A form of another site cannot send it."""
    assert status(method) == code
    assert status(method, x_interfaces_console="1") == 200


@pytest.mark.parametrize(
    ("site", "path", "code"),
    [("same-origin", "/api/state", 200), ("none", "/api/state", 200), ("cross-site", "/api/state", 403),
     ("same-site", "/api/stream", 403), ("cross-site", "/", 200)],
)  # fmt: skip
def test_other_sites_may_link_to_the_page_alone(site: str, path: str, code: int) -> None:
    """As browsers say where a request comes from."""
    assert status("GET", path, sec_fetch_site=site) == code


@pytest.mark.parametrize("text", ["127.0.0.1:1", "localhost:0", "[::1]:8088", "8088", "127.0.0.1"])
def test_loopback_addresses_are_taken(text: str) -> None:
    """The port is 8088 unless it is said."""
    bind = checked_bind(text)
    assert is_loopback(bind.host) and (bind.port or text.endswith(":0"))


@pytest.mark.parametrize("text", ["0.0.0.0:8088", ":8088", "*:8088", "192.168.0.1:1", "example.org:1", "unix:/x",
                                  "fd:3", "[::]:1"])  # fmt: skip
def test_all_else_is_a_mistake(text: str) -> None:
    """Which is told before anything listens."""
    with pytest.raises(ConfigError, match=r"loopback"):
        checked_bind(text)

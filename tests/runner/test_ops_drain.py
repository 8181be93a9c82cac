"""Who may stop the process over HTTP."""

import pytest

from interfaces.runner.ops_drain import loopback, refusal


def asked(*headers: tuple[bytes, bytes], method: str = "POST", private: bool = True) -> int:
    """The status of the refusal; 0 for none."""
    found = refusal({"method": method, "headers": list(headers)}, private=private)
    return 0 if found is None else found[0]


@pytest.mark.parametrize(
    "host", [b"localhost", b"localhost:9000", b"LOCALHOST:1", b"127.0.0.1", b"127.0.0.1:9000", b"127.9.9.9:1",
             b"[::1]", b"[::1]:9000"],
)  # fmt: skip
def test_this_machine_may(host: bytes) -> None:
    """By any name that is always its own, with or without the port."""
    assert asked((b"host", host)) == 0


@pytest.mark.parametrize(
    "host", [b"", b"example.org", b"example.org:9000", b"127.0.0.1.example.org", b"localhost.example.org", b"10.0.0.1",
             b"0.0.0.0", b"[::]:9000", b"\xff", b"localhost:x"],
)  # fmt: skip
def test_another_name_may_not(host: bytes) -> None:
    """Not even where that resolves to this machine, as a page elsewhere can have it."""
    assert asked((b"host", host)) == 403


def test_a_request_names_one_host() -> None:
    """None, or two, could be read in two ways."""
    assert asked() == 403
    assert asked((b"host", b"localhost"), (b"host", b"localhost")) == 403


@pytest.mark.parametrize("name", [b"origin", b"sec-fetch-site", b"sec-fetch-mode"])
def test_no_browser_may(name: bytes) -> None:
    """A form of a page elsewhere can post to 127.0.0.1 by its right name; a browser says that it is one."""
    assert asked((b"host", b"127.0.0.1:9000"), (name, b"null")) == 403


def test_only_a_private_port_takes_it() -> None:
    """Whoever asks."""
    assert asked((b"host", b"localhost"), private=False) == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_a_post_does(method: str) -> None:
    """What is followed, or fetched ahead, changes nothing."""
    assert asked((b"host", b"localhost"), method=method) == 405


@pytest.mark.parametrize(
    ("host", "is_so"),
    [("localhost", True), ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("", False), ("0.0.0.0", False),
     ("::", False), ("192.168.0.1", False), ("example.org", False)],
)  # fmt: skip
def test_what_only_this_machine_reaches(host: str, is_so: bool) -> None:
    """All addresses are not among it."""
    assert loopback(host) is is_so

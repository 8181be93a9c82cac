"""What is said of addresses: free, taken and by whom, not allowed, no address of this machine."""

import os
import socket
import sys

import pytest

from interfaces.runner.diagnosis import ports as module
from interfaces.runner.diagnosis.ports import owner_of, ports
from interfaces.shared.errors import ConfigError


def told(text, port=8000):
    """The findings of one address."""
    return list(ports([("http.bind", text, port)]))


def test_a_free_port_can_be_listened_on():
    """And is free afterwards."""
    for _ in range(2):
        (finding,) = told("127.0.0.1:0")
        assert (finding.level, finding.what) == ("ok", "http.bind 127.0.0.1:0 can be listened on")


@pytest.fixture
def taken():
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_who_listens_is_found_by_its_port(taken):
    """It is this process; of a port that nobody has nobody."""
    assert owner_of(taken)[0] == os.getpid()
    assert owner_of(1) == (0, "")


@pytest.mark.parametrize(
    ("owner", "level", "part"),
    [
        ((17, "/usr/sbin/nginx -g x"), "error", "is taken by /usr/sbin/nginx (pid 17)"),
        ((18, "python -m interfaces serve http"), "ok", "is listened on by interfaces itself (pid 18)"),
        ((0, ""), "error", "is taken by somebody else's process"),
    ],
)
def test_a_taken_port_is_told_with_its_owner(taken, monkeypatch, owner, level, part):
    """What serves already is no mistake."""
    monkeypatch.setattr(module, "owner_of", lambda port: owner)
    (finding,) = told(f"127.0.0.1:{taken}")
    assert (finding.level, part in finding.what) == (level, True)


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("bind x: port 80 on x is not allowed to this user; choose", "CAP_NET_BIND_SERVICE"),
        ("bind x: x is no address of this machine", "correct http.bind"),
    ],
)
def test_why_else_it_cannot_be_had(monkeypatch, words, mend):
    """A port below 1024 has three ways out."""

    def refusing(bind):
        raise ConfigError(words)

    monkeypatch.setattr(module, "open_sockets", refusing)
    (finding,) = told("127.0.0.1:80")
    assert (finding.level, mend in finding.mend) == ("error", True)


def test_a_machine_without_ipv6_is_told_where_all_addresses_are_meant(monkeypatch):
    """And not where one is named."""
    monkeypatch.setattr(module, "_has_ipv6", lambda: False)
    assert [one.level for one in told("0.0.0.0:0")] == ["ok", "warning"]
    assert [one.level for one in told("127.0.0.1:0")] == ["ok"]


def test_an_address_that_is_none():
    """In its own words, which name the option."""
    (finding,) = told("nonsense:nonsense:1:2")
    assert (finding.level, finding.mend) == ("error", "correct http.bind")


def test_unix_sockets_are_looked_at_and_not_made(tmp_path):
    """The folder is there and ours, and nothing else stands at the path."""
    assert told(f"unix:{tmp_path}/s")[0].level == "ok"
    assert not (tmp_path / "s").exists()
    (tmp_path / "file").touch()
    assert "is no socket" in told(f"unix:{tmp_path}/file")[0].what
    assert "no folder that we may write to" in told(f"unix:{tmp_path}/none/s")[0].what

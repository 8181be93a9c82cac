"""Asking an operations port: how it is named, and what is said where nobody answers."""

from pathlib import Path

import click
import pytest

from interfaces.cli.ops_client import OpsPort, Seconds, found_port
from interfaces.shared.errors import ConfigError, Unavailable
from tests.cli.ops_server import FakeOps, free, saying, served


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("http://10.0.0.1:9100", "http://10.0.0.1:9100"),
        ("http://10.0.0.1", "http://10.0.0.1:9000"),
        ("http://[::1]:9100/", "http://[::1]:9100"),
        ("10.0.0.1:9100", "http://10.0.0.1:9100"),
        ("10.0.0.1", "http://10.0.0.1:9000"),
        ("[::1]", "http://[::1]:9000"),
        (":9100", "http://127.0.0.1:9100"),
        ("0.0.0.0:9100", "http://127.0.0.1:9100"),
        ("[::]:9100", "http://[::1]:9100"),
        ("http://0.0.0.0:9100", "http://127.0.0.1:9100"),
        ("tcp:9100:interface=10.0.0.1", "http://10.0.0.1:9100"),
        ("unix:/run/ops", "unix:/run/ops"),
    ],
)
def test_a_port_is_named_as_it_was_bound_or_by_url(text: str, meant: str) -> None:
    """What listens everywhere is asked nearby; 9000 unless told."""
    assert str(OpsPort.parse(text)) == meant


@pytest.mark.parametrize(
    "text", ["https://10.0.0.1", "ftp://x", "http://", "http://x:99999", "http://x/metrics", "http://x:y", "fd:3",
             "systemd:", "a:b:c"],
)  # fmt: skip
def test_what_is_no_port_is_the_operators(text: str) -> None:
    """One line that says what may stand there."""
    with pytest.raises(ConfigError):
        OpsPort.parse(text)


def test_unless_told_it_is_the_one_that_would_be_bound_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable, then the file, then 127.0.0.1:9000."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INTERFACES_OPS_BIND", raising=False)
    assert str(found_port("")) == "http://127.0.0.1:9000"
    (tmp_path / "interfaces.toml").write_text('app = "a:b"\n')
    assert str(found_port("")) == "http://127.0.0.1:9000"
    (tmp_path / "interfaces.toml").write_text('ops_bind = ":9200"\n')
    assert str(found_port("")) == "http://127.0.0.1:9200"
    monkeypatch.setenv("INTERFACES_OPS_BIND", "unix:/run/ops")
    assert str(found_port("")) == "unix:/run/ops"
    assert str(found_port(":9300")) == "http://127.0.0.1:9300"


def test_it_is_asked_over_tcp_and_unix(tmp_path: Path) -> None:
    """Status and text of a page; what it is."""
    for bind in ("127.0.0.1:0", f"unix:{tmp_path}/ops"):
        with served(FakeOps(), bind) as where:
            port = OpsPort.parse(where)
            assert port.ask("/livez") == (200, "ok\n")
            assert port.ask("/nothing")[0] == 404
            assert port.status()["ready"] is True
            assert "interfaces_ready 1" in port.figures()


def test_nobody_there_is_told_with_the_place(tmp_path: Path) -> None:
    """And why, in the system's words."""
    for where in (free(), f"unix:{tmp_path}/none"):
        with pytest.raises(Unavailable, match=f"no operations port answers on {where}: (Connection|No such)"):
            OpsPort.parse(where).status()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        b'HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{"ready":true}',
        b"HTTP/1.1 200 OK\r\ncontent-length: 90000\r\n\r\n" + b"[" * 90000,
        b"SSH-2.0-what\r\n",
        b"",
    ],
)
def test_another_server_is_no_operations_port(answer: bytes) -> None:
    """The port may be that of the application, or of anything."""
    with saying(answer) as where, pytest.raises(Unavailable, match="no operations port"):
        OpsPort.parse(where).status()


@pytest.mark.parametrize("where", ["a..b:9000", f"{'x' * 200}:9000"])
def test_a_name_that_is_none_is_told(where: str) -> None:
    """No resolver is asked for it; that is no traceback."""
    with pytest.raises(Unavailable, match="no operations port answers on"):
        OpsPort.parse(where).ask("/status")


def test_what_another_server_says_is_one_line() -> None:
    """A terminal obeys none of it."""
    with saying(b"220 \x1b[31mmail\x07\r\n") as where, pytest.raises(Unavailable) as caught:
        OpsPort.parse(where).status()
    assert str(caught.value).endswith("220 ?[31mmail?")


@pytest.mark.parametrize(
    ("text", "seconds"), [("1.5", 1.5), ("0", 0.0), ("nan", None), ("inf", None), ("-1", None)]
)
def test_seconds(text: str, seconds: float | None) -> None:
    """Are a number, and none without an end."""
    if seconds is not None:
        assert Seconds(0).convert(text, None, None) == seconds
        return
    with pytest.raises(click.BadParameter):
        Seconds(0).convert(text, None, None)


def test_without_metrics_there_are_no_figures() -> None:
    """An error page is not read as some."""
    answer = b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"
    with saying(answer) as where, pytest.raises(Unavailable, match="/metrics is 500"):
        OpsPort.parse(where).figures()

"""``demo``: hands the address to the demo, or says what is missing."""

import sys

import pytest

from interfaces.demo import command
from tests.cli.conftest import Cli


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ([], ("127.0.0.1", 8000)),
        (["--bind", "[::1]:0"], ("::1", 0)),
        (["--bind", "localhost"], ("localhost", 8000)),
    ],
)
def test_the_address_reaches_the_demo(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: list[str], where: tuple[str, int]
) -> None:
    """Host and port are taken apart, and the demo's exit code is the command's."""
    called: list[tuple[str, int]] = []

    def main(host: str, port: int) -> int:
        called.append((host, port))
        return 0

    monkeypatch.setattr(command, "main", main)
    assert cli("demo", *arguments).code == 0
    assert called == [where]


@pytest.mark.parametrize("bind", ["unix:/tmp/x", "127.0.0.1:port", "fd:3"])
def test_another_kind_of_address_is_refused(cli: Cli, bind: str) -> None:
    """The demo prints a link, so it listens on a host and a port."""
    code, _, err = cli("demo", "--bind", bind)
    assert code == 2
    assert f"bind {bind}: " in err
    assert err.count("\n") == 1


def test_without_channels_the_extra_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, one line says how to get it."""
    monkeypatch.setitem(sys.modules, "channels", None)
    code, _, err = cli("demo")
    assert code == 2
    assert "pip install 'asgi-interfaces[demo]'" in err

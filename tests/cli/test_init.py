"""``init``: a file with every option, which `check` takes, and which overwrites nothing."""

import re
import stat
import tomllib
from pathlib import Path

import pytest

from interfaces import registry
from interfaces.cli.init import written
from interfaces.runner.options import ServeOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import Origin, convert, flags
from tests.cli.conftest import Cli

EVERYTHING = list(registry.BUILTIN)
KEY = re.compile(r"# ([a-z_0-9]+ = .*)")


def every(names: list[str]):
    """The options of the process and of these interfaces."""
    return flags((), ServeOptions) + [
        flag for kind, _ in registry.select(names) for flag in flags(kind.names, kind.options_class)
    ]


def test_every_option_stands_in_it_with_its_default() -> None:
    """Behind a sign: without the sign it is TOML, and means the default."""
    text = written(EVERYTHING, {})
    assert tomllib.loads(text) == {name: {} for name in EVERYTHING}
    for flag in every(EVERYTHING):
        if flag.table is not None:
            assert f"# [[{flag.name}]]" in text.splitlines()
            continue
        part = text.partition(f"\n[{flag.section}]\n")[2] if flag.section else text
        part = part.partition("\n[")[0].partition("\n# [[")[0]  # tables have keys of their own
        (line,) = [one for one in part.splitlines() if one.startswith(f"# {flag.key} = ")]
        value = tomllib.loads(line.removeprefix("# "))[flag.key]
        if flag.default is not None:
            assert convert(flag, value, Origin("file", "x")) == flag.default, flag.name


def test_every_option_is_explained() -> None:
    """In a comment above it, of lines that fit."""
    text = written(["http", "ws"], {})
    words = " ".join(text.replace("\n# ", " ").split())
    for flag in every(["http", "ws"]):
        assert " ".join(flag.help.split()) in words
    assert max(map(len, text.splitlines())) <= 110


def test_what_is_given_is_a_value(cli: Cli, project: Path) -> None:
    """And check takes the file."""
    code, out, err = cli(
        "init", "http", "ws", "--app", "cliproject", "--http-bind", "127.0.0.1:0", "--drain", "3", "--no-wsgi"
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert out.startswith("written: interfaces.toml; interfaces check http ws")
    found = tomllib.loads((project / "interfaces.toml").read_text())
    assert found == {
        "app": "cliproject",
        "drain": 3.0,
        "wsgi": False,
        "http": {"bind": ["127.0.0.1:0"]},
        "ws": {},
    }
    assert cli("check", "http", "ws").code == 0


@pytest.mark.parametrize("names", [["http", "ws"], ["email"], ["irc"]])
def test_check_takes_what_it_writes(cli: Cli, names: list[str]) -> None:
    """Of every interface that needs nothing of you."""
    binds = [word for name in names if name != "ws" for word in (f"--{name}-bind", "127.0.0.1:0")]
    assert cli("init", *names, "--app", "cliproject", *binds).code == 0
    code, _, err = cli("check", *names)
    assert (code, err) == (0, "")


def test_nothing_is_overwritten(cli: Cli, project: Path) -> None:
    """But with --force; another file may be named, and - is the standard output."""
    assert cli("init").code == 0
    (project / "interfaces.toml").write_text("# mine\n")
    code, _, err = cli("init")
    assert (code, err.count("\n")) == (2, 1)
    assert "interfaces.toml is there; say --force" in err
    assert (project / "interfaces.toml").read_text() == "# mine\n"
    assert cli("init", "--output", "other.toml").code == 0
    assert cli("init", "-o", "-").out == (project / "other.toml").read_text()
    assert cli("init", "--force").code == 0
    assert (project / "interfaces.toml").read_text() == (project / "other.toml").read_text()


def test_a_folder_that_is_not_there(cli: Cli) -> None:
    """In one line."""
    code, _, err = cli("init", "-o", "none/interfaces.toml")
    assert (code, "none/interfaces.toml: No such file" in err) == (2, True)


def test_a_file_with_secrets_is_for_you_alone(cli: Cli, project: Path) -> None:
    """Others may read one without."""
    assert cli("init", "slack", "--slack-bot-token", "xoxb-1", "-o", "secret.toml").code == 0
    assert cli("init", "slack", "-o", "open.toml").code == 0
    assert stat.S_IMODE((project / "secret.toml").stat().st_mode) == 0o600
    assert stat.S_IMODE((project / "open.toml").stat().st_mode) == 0o644
    assert tomllib.loads((project / "secret.toml").read_text())["slack"] == {"bot_token": "xoxb-1"}


def test_tables_are_written_as_they_are_given() -> None:
    """With their secrets, which config show would mask."""
    text = written(["irc"], {"irc.networks": '[{"host": "a.example", "nick": "bot", "password": "s3cret"}]'})
    (network,) = tomllib.loads(text)["irc"]["networks"]
    assert (network["host"], network["password"]) == ("a.example", "s3cret")


def test_a_value_that_cannot_be_is_refused() -> None:
    """As serve would refuse it."""
    with pytest.raises(ConfigError, match="--drain=soon"):
        written(["http"], {"drain": "soon"})

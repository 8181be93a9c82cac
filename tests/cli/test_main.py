"""The command line as a whole: exit codes, one line a mistake, and what it imports."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

import interfaces
from interfaces import cli as command_line
from interfaces.cli import COMMANDS, group, main
from interfaces.shared.errors import ApplicationError, ConfigError
from tests.cli.conftest import Cli

ROOT = Path(__file__).resolve().parents[2]


def test_the_version(cli: Cli) -> None:
    """--version says it and succeeds."""
    assert cli("--version") == (0, f"interfaces {interfaces.__version__}\n", "")


def test_help_lists_every_command(cli: Cli) -> None:
    """Each command is listed with what it does."""
    code, out, _ = cli("--help")
    listed = out.partition("Commands:")[2].split()
    assert code == 0
    assert set(COMMANDS) <= set(listed)


def test_nothing_asked_for_is_help_and_a_mistake(cli: Cli) -> None:
    """Without a command the help is shown, with the exit code of a mistake."""
    code, _, err = cli()
    assert code == 2
    assert "Usage: interfaces" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serv"], "No such command serv; did you mean serve?"),
        (["zzz"], "No such command zzz"),
        (["--nonesuch"], "No such option --nonesuch"),
        (["serve", "http", "--http-haeder-timeout", "3"],
         "No such option --http-haeder-timeout; did you mean --http-header-timeout?"),
        (["serve", "http", "--http-bind"], "Option '--http-bind' requires an argument."),
        (["serve", "http", "--http-header-timeout", "x"],
         "--http-header-timeout=x: expected `float`; say seconds, such as 10"),
        (["serve"], "say what to serve: http ws email slack sms irc"),
        (["serve", "htpp"], "nothing is called 'htpp' here; did you mean http?"),
        (["serve", "http"],
         "say which application: --app module:attribute, INTERFACES_APP, or app in interfaces.toml"),
        (["serve", "http", "--app", "cliproject:aplication"],
         "cliproject has no attribute 'aplication'; did you mean application?"),
        (["serve", "http", "--config", "absent.toml"], "absent.toml: No such file or directory"),
        (["config"], None),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_exit_code_2(cli: Cli, arguments: list[str], said: str | None) -> None:
    """Whatever is misspelt is told in one line on stderr, without a traceback."""
    code, out, err = cli(*arguments)
    assert code == 2
    assert out == ""
    if said is not None:
        assert err == f"interfaces: {said}\n"


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ConfigError("wrong"), 2),
        (ApplicationError("broken"), 1),
        (click.UsageError("no\n  such"), 2),
        (click.Abort(), 130),
    ],
)
def test_exit_codes_say_whose_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], raised: Exception, code: int
) -> None:
    """2 is the operator's mistake, 1 the application's, 130 an interrupt."""

    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(group, "main", fail)
    assert main([]) == code
    assert capsys.readouterr().err.count("\n") == (0 if code == 130 else 1)


def test_a_command_comes_late() -> None:
    """The group without a command imports neither asyncio nor a protocol nor a command's file."""
    code = (
        "import json, sys; from interfaces.cli import main; main(['--version']);"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    assert not modules & {
        "asyncio",
        "msgspec",
        "interfaces.http_ws",
        "interfaces.runner",
        "interfaces.cli.serve",
    }


def test_python_m() -> None:
    """``python -m interfaces`` is the command line."""
    done = subprocess.run(
        [sys.executable, "-m", "interfaces", "--version"],
        capture_output=True, text=True, check=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout == f"interfaces {interfaces.__version__}\n"


def test_the_file_itself_says_how_to_run_it() -> None:
    """Run as a file, which would hide the standard library's email, it says one line."""
    done = subprocess.run(
        [sys.executable, ROOT / "interfaces/__main__.py"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (2, "interfaces: run it as: python -m interfaces\n")


def test_every_command_exists() -> None:
    """Each name in the list leads to a command of that name."""
    context = click.Context(group)
    for name in COMMANDS:
        found = group.get_command(context, name)
        assert found is not None
        assert found.name == name
    assert command_line.group.get_command(context, "nonesuch") is None

"""Shell completion: the scripts, and what they ask for."""

import shutil
import subprocess

import pytest

from interfaces.cli import main
from interfaces.cli.completion import SHELLS, VARIABLE
from tests.cli.conftest import Cli


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script(cli: Cli, shell: str) -> None:
    """Which asks this command by its variable."""
    code, out, err = cli("completion", shell)
    assert (code, err) == (0, "")
    assert f"{VARIABLE}={shell}_complete" in out


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_takes_its_script(cli: Cli) -> None:
    """It is no mistake in its eyes."""
    done = subprocess.run(["bash", "-n"], input=cli("completion", "bash").out, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_shell_that_there_is_not(cli: Cli) -> None:
    """Told with those that there are."""
    code, _, err = cli("completion", "csh")
    assert code == 2
    assert "bash" in err


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("inte se", {"serve", "send"}),
        ("inte serve ht", {"http"}),
        ("inte serve http --http-max-conn", {"--http-max-connections", "--http-max-connections-per-address"}),
        ("inte serve http --email-b", set()),
        ("inte dead sh", {"show"}),
        ("inte completion f", {"fish"}),
    ],
)
def test_what_is_completed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, found: set[str]
) -> None:
    """Commands, names, and options of the names that stand before them alone."""
    monkeypatch.setenv(VARIABLE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    said = {line.partition(",")[2] for line in capsys.readouterr().out.splitlines() if line}
    assert said == found

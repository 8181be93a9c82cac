"""The audit: what pip-audit's silence is worth, and what is made of what it says."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tools.loading import load

tool = load("tools/audit.py")
KNOWN = {name: ["PYSEC-1"] for name in tool.CANARIES}


def knowing(**faults: list[str]) -> Any:
    """A data source that knows the canaries, and these faults."""
    return lambda packages: {name: {**KNOWN, **faults}.get(name, []) for name in packages}


def test_what_has_advisories_is_told() -> None:
    """And what has none is not; the canaries are no finding."""
    assert tool.audit({"a": "1", "b": "2"}, knowing(a=["PYSEC-2", "CVE-3"])) == {"a": ["PYSEC-2", "CVE-3"]}
    assert tool.audit({"a": "1"}, knowing()) == {}


@pytest.mark.parametrize("name", tool.CANARIES)
def test_a_source_that_does_not_know_what_all_know_is_none(name: str) -> None:
    """As a mirror without advisories, which is content with everything: it is not asked about more."""
    asked: list[Mapping[str, str]] = []

    def mirror(packages: Mapping[str, str]) -> Any:
        asked.append(packages)
        return {**{one: [] for one in packages}, **KNOWN, name: []}

    with pytest.raises(tool.BlindError, match=f"nothing wrong with {name} "):
        tool.audit({"a": "1"}, mirror)
    assert asked == [tool.CANARIES]


def answering(monkeypatch: pytest.MonkeyPatch, stdout: str, stderr: str = "") -> list[list[str]]:
    """A pip-audit that says this; the commands that it got, each with its list of packages behind."""
    commands: list[list[str]] = []

    def run(command: list[Any], **_: Any) -> Any:
        commands.append([*map(str, command), Path(command[-1]).read_text(encoding="utf-8")])
        return SimpleNamespace(stdout=stdout, stderr=stderr, returncode=0)

    monkeypatch.setattr(tool, "subprocess", SimpleNamespace(run=run))
    return commands


def test_pip_audit_is_asked_about_versions_and_strictly(monkeypatch: pytest.MonkeyPatch) -> None:
    """It resolves nothing, looks at the given versions alone, and gets what it is told besides."""
    said = {"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1"}, {"id": "X-2"}]}]}
    commands = answering(monkeypatch, json.dumps(said))
    assert tool.pip_audit({"a": "1"}, ["--service", "osv"]) == {"a": ["X-1", "X-2"]}
    (command,) = commands
    assert command[-1] == "a==1\n"
    assert {"--strict", "--disable-pip", "--no-deps", "--service", "osv"} <= {*command}


@pytest.mark.parametrize(
    ("stdout", "why"),
    [
        ("", "cannot connect"),
        ("[]", "cannot connect"),
        ("{}", "cannot connect"),
        ('{"dependencies": []}', "said nothing of a"),
        ('{"dependencies": [{"name": "a", "skip_reason": "not found on PyPI"}]}', "said nothing of a"),
    ],
)
def test_an_answer_that_is_none_is_no_good_news(
    monkeypatch: pytest.MonkeyPatch, stdout: str, why: str
) -> None:
    """No report, an empty one, or one that skips a package."""
    answering(monkeypatch, stdout, "some words\ncannot connect\n")
    with pytest.raises(tool.BlindError, match=why):
        tool.pip_audit({"a": "1"}, [])


def test_all_that_is_installed_is_asked_about_but_ourselves() -> None:
    """What this test runs with is among it."""
    found = tool.installed()
    assert found["pytest"] == pytest.__version__
    assert {"click", "msgspec"} <= {*found}
    assert "asgi-interfaces" not in found


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (knowing(), 0, "1 packages, 0 with known vulnerabilities"),
        (knowing(a=["X-1"]), 1, "a 1: X-1"),
        (lambda packages: {name: [] for name in packages}, 3, "NOTHING WAS AUDITED"),
    ],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], source: Any, code: int, said: str
) -> None:
    """0 is a clean audit, 1 a finding, 3 none at all, loudly."""
    monkeypatch.setattr(tool, "installed", lambda: {"a": "1"})
    monkeypatch.setattr(tool, "pip_audit", lambda packages, words: source(packages))
    monkeypatch.setattr(sys, "argv", ["audit.py"])
    assert tool.main() == code
    told = capsys.readouterr()
    assert said in told.out + told.err


def test_no_data_source_is_not_green(tmp_path: Path) -> None:
    """The real tool, with a real pip-audit or without one, cut off from its source: 3, and a line that says so."""
    script = Path(tool.__file__).resolve()
    env = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, script, "--timeout", "1"], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "NOTHING WAS AUDITED" in done.stderr

"""Bandit's findings: each has a reason on its line, and each reason a finding."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tools.loading import load

tool = load("tools/dangers.py")


def finding(rule: str, *lines: int) -> dict[str, Any]:
    """What bandit says of lines of the file a.py."""
    return {"filename": "a.py", "test_id": rule, "line_number": lines[0], "line_range": [*lines],
            "issue_text": "it is dangerous"}  # fmt: skip


def told(text: str, *found: dict[str, Any]) -> list[str]:
    """What is left of these findings in a file of this text."""
    return [*tool.unexplained(found, {"a.py": text})]


@pytest.mark.parametrize(
    "comment",
    ["  # noqa: S311 - a name", "  # noqa: S101, S311 - a name", "  # nosec B311 - a name",
     "  # noqa: PLR0913 - many # nosec B311 - a name"],
)  # fmt: skip
def test_a_reason_on_its_line_is_enough(comment: str) -> None:
    """In ruff's words, which has the same rules, or in bandit's."""
    assert told(f"x = random(){comment}\n", finding("B311", 1)) == []


@pytest.mark.parametrize(
    "comment",
    ["", "  # noqa", "  # noqa: S311", "  # noqa: S312 - another rule", "  # noqa: S311 -", "  # S311 - x"],
)
def test_without_a_reason_it_is_told(comment: str) -> None:
    """No word, no rule, another rule, or a rule alone: a blanket is none."""
    assert told(f"x = random(){comment}\n", finding("B311", 1)) == ["a.py:1: B311 it is dangerous"]


@pytest.mark.parametrize("comment", ["# nosec", "# nosec B311", "# nosec B311 - it was random once"])
def test_a_nosec_that_nothing_needs_is_told(comment: str) -> None:
    """So that they do not outlive what they were for; ruff sees to its own."""
    assert told(f"x = 1  {comment}\n") == ["a.py:1: a nosec that nothing needs, or without rule and reason"]


def test_a_reason_may_stand_on_any_line_of_the_statement() -> None:
    """Where a call goes over several; the next statement's is none of it."""
    text = "x = call(\n    1,  # noqa: S603 - ours\n)\ny = call()\n"
    assert told(text, finding("B603", 1, 2, 3)) == []
    assert len(told(text, finding("B603", 4))) == 1


def test_a_reason_may_be_for_a_file() -> None:
    """Of that rule, in that file."""
    text = "# ruff: noqa: S101 - tests are made of it\nassert x\n"
    assert told(text, finding("B101", 2)) == []
    assert len(told(text, finding("B105", 2))) == 1
    assert len(told(text.replace(" - tests are made of it", ""), finding("B101", 2))) == 1


def reporting(
    monkeypatch: pytest.MonkeyPatch, *found: dict[str, Any], errors: tuple[Any, ...] = ()
) -> list[Any]:
    """A bandit that reports this; what it was asked."""
    asked: list[Any] = []

    def run(command: list[str], **_: Any) -> Any:
        asked.append(command)
        return SimpleNamespace(stdout=json.dumps({"results": found, "errors": errors}), returncode=1)

    monkeypatch.setattr(tool, "subprocess", SimpleNamespace(run=run))
    return asked


def test_the_exit_code_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bandit is asked for all it knows: what is silenced in its own way needs a reason all the same."""
    asked = reporting(monkeypatch, {**finding("B307", 1), "filename": "./a.py"})
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["dangers.py", "a.py"])
    for comment, code in {"# nosec": 1, "# nosec B307 - the answer is ours": 0}.items():
        (tmp_path / "a.py").write_text(f"x = eval('1')  {comment}\n", encoding="utf-8")
        assert tool.main() == code
        assert f"1 findings, {2 * code} without a reason" in capsys.readouterr().out
    assert all("--ignore-nosec" in command and command[-1] == "a.py" for command in asked)


def test_a_file_that_bandit_cannot_read_is_no_good_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with what bandit says of it."""
    reporting(monkeypatch, errors=({"filename": "a.py", "reason": "syntax error"},))
    with pytest.raises(SystemExit, match="syntax error"):
        tool.findings(["a.py"])

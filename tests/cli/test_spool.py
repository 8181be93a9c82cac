"""``interfaces spool``: what it shows, puts back and throws away."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from interfaces.shared.spool.letters import Letter, Letters, names
from tests.cli.conftest import Cli


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of spools with a small letter in the one, and a large in the other."""
    for slot in "01":
        for name in ("dead", "again"):
            (tmp_path / slot / name).mkdir(parents=True)
    head = msgspec.msgpack.encode({"id": "x", "raw": b"\0\1"})
    Letters(tmp_path / "0/dead").write(
        "3-a", Letter("refused", 2e9, 1e9, 3, "talk", head, b"Subject: x\r\n"), None
    )
    (tmp_path / "large").write_bytes(b"large")
    Letters(tmp_path / "1/dead").write(
        "4-b", Letter("busy", 2e9, 1e9, 20, None, head, b"", 5), tmp_path / "large"
    )
    return tmp_path


def test_what_was_given_up(cli: Cli, folder: Path) -> None:
    """A line each: which, when, how often, how large, why; for people or as JSON."""
    code, out, _ = cli("spool", "list", str(folder))
    assert code == 0
    assert out.splitlines() == [
        "0/3-a  2033-05-18T03:33:20Z  3 attempts  12 bytes  'refused'",
        "1/4-b  2033-05-18T03:33:20Z  20 attempts  5 bytes  'busy'",
    ]
    rows = [json.loads(line) for line in cli("spool", "list", str(folder), "--json").out.splitlines()]
    assert [(row["name"], row["reason"]) for row in rows] == [("0/3-a", "refused"), ("1/4-b", "busy")]


def test_one_of_them(cli: Cli, folder: Path) -> None:
    """All that is known, bytes as base64."""
    code, out, _ = cli("spool", "show", str(folder), "0/3-a")
    told = json.loads(out)
    assert code == 0 and told["conversation"] == "talk" and told["head"] == {"id": "x", "raw": "AAE="}


@pytest.mark.parametrize(("name", "content"), [("0/3-a", b"Subject: x\r\n"), ("1/4-b", b"large")])
def test_its_content(folder: Path, name: str, content: bytes) -> None:
    """To the byte, from a file too."""
    words = [sys.executable, "-m", "interfaces", "spool", "show", str(folder), name, "--content"]
    assert subprocess.run(words, capture_output=True, check=True).stdout == content


def test_put_back(cli: Cli, folder: Path) -> None:
    """To where its server looks; those that are named, or all."""
    assert cli("spool", "retry", str(folder), "1/4-b") == (0, "1 put back\n", "")
    assert list(names(folder / "1/again")) == ["4-b"] and (folder / "1/again/4-b.content").exists()
    assert cli("spool", "retry", str(folder), "--all") == (0, "1 put back\n", "")
    assert list(names(folder / "0/again")) == ["3-a"]


def test_thrown_away(cli: Cli, folder: Path) -> None:
    """With its content."""
    assert cli("spool", "drop", str(folder), "--all") == (0, "2 thrown away\n", "")
    assert list((folder / "1/dead").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "nowhere"), "nowhere is no spool"),
        (("retry", "FOLDER"), "say which, as list shows them, or --all"),
        (("drop", "FOLDER", "0/9"), "has no dead letter 0/9"),
        (("show", "FOLDER", "0/9"), "has no dead letter 0/9"),
    ],
)
def test_mistakes_are_one_line(cli: Cli, folder: Path, words: tuple[str, ...], said: str) -> None:
    """Exit code 2."""
    code, _, err = cli("spool", *(str(folder) if word == "FOLDER" else word for word in words))
    assert code == 2 and said in err and err.count("\n") == 1


def test_a_letter_that_is_damaged(cli: Cli, folder: Path) -> None:
    """Is told so."""
    (folder / "0/dead/3-a.letter").write_bytes(b"\xc1")
    code, _, err = cli("spool", "list", str(folder))
    assert code == 2 and "0/3-a cannot be read" in err

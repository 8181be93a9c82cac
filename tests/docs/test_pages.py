"""What the documentation shows is run as it stands there."""

import re
from pathlib import Path

import pytest

from interfaces.http_ws.interface import HttpWs
from interfaces.shared.options import flags
from tests.docs.pages import Page, commands, steps
from tests.tools.loading import ROOT, load

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
}


@pytest.mark.parametrize("name", [name for name, text in PAGES.items() if steps(text)])
def test_what_a_page_shows_works(tmp_path: Path, name: str) -> None:
    """Every block that is marked runs, in order, and says what the page says it does."""
    Page(tmp_path).run(PAGES[name])


def test_marks_are_read_in_order() -> None:
    """A file, a command with its output and a hidden check are three steps."""
    page = "<!-- file: a.py -->\n```python\nx = 1\n```\n<!-- run -->\n\n```console\n$ cat a.py\nx\n```\n"
    page += "<!-- check:\n1\n-->"
    assert [(step.kind, step.what, step.text) for step in steps(page)] == [
        ("file", "a.py", "x = 1\n"),
        ("run", "", "$ cat a.py\nx\n"),
        ("check", "", "1\n"),
    ]


def test_output_that_is_missing_fails(tmp_path: Path) -> None:
    """A page that promises output which does not come is wrong."""
    with pytest.raises(AssertionError, match="no 'two'"):
        Page(tmp_path).run("<!-- run -->\n```console\n$ echo one\none\ntwo\n```\n")


def test_a_command_that_fails_fails(tmp_path: Path) -> None:
    """So is one whose command ends with another exit code."""
    with pytest.raises(AssertionError):
        Page(tmp_path).run("<!-- fails: 2 -->\n```console\n$ exit 3\n```\n")


def test_long_commands_go_on_after_a_backslash() -> None:
    """A command may be broken over lines; an ellipsis promises nothing."""
    assert list(commands("$ echo a \\\n    b\na b\n…\n")) == [("echo a      b", ["a b"])]


def test_generated_pages_are_current() -> None:
    """The reference says what the code says (python tools/reference.py writes it)."""
    reference = load("tools/reference.py")
    for path in sorted((ROOT / "docs/reference").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        assert reference.current(text) == text, path


def test_every_limit_is_on_the_page_of_limits() -> None:
    """What bounds a client is told with what happens when it is reached, and nothing is told that is not."""
    page = PAGES["docs/reference/limits.md"]
    every = flags(HttpWs.names, HttpWs.options_class)
    limits = [flag for flag in every if re.search("max_|min_|timeout|keep_alive|ping|drain_idle", flag.key)]
    assert [flag.name for flag in limits if f"`{flag.name}`" not in page] == []
    assert {*re.findall(r"`((?:http|ws)\.\w+)`", page)} <= {flag.name for flag in every}


def test_every_page_is_in_the_navigation() -> None:
    """A page that nobody can find is no page."""
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if f": {page}\n" not in config] == []

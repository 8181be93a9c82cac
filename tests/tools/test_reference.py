"""The generated parts of the reference: what is between the marks is made anew, and nothing else is touched."""

from pathlib import Path

import click
import pytest

from interfaces.cli.manual import Page
from tests.tools.loading import load

reference = load("tools/reference.py")


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """A folder of pages, and one part that is made."""
    monkeypatch.setattr(reference, "ROOT", tmp_path)
    monkeypatch.setattr(reference, "PAGES", tmp_path)
    monkeypatch.setattr(reference, "PARTS", {"thing": lambda: "\nnew\n", "other": lambda: "else"})
    return tmp_path


PAGE = (
    "# A\n\n<!-- generated: thing -->\n{}<!-- end -->\n\nby hand\n\n<!-- generated: other -->\n<!-- end -->\n"
)
MADE = PAGE.format("\nnew\n\n").replace("other -->\n", "other -->\n\nelse\n\n")


@pytest.mark.parametrize("old", ["", "old\n", "old\n\n| a | b |\n"])
def test_a_page_is_made_anew(pages, old):
    """Each part between its own marks, whatever was there; made twice it is the same."""
    assert reference.current(PAGE.format(old)) == MADE
    assert reference.current(MADE) == MADE


def test_a_mark_that_nothing_makes_is_an_error(pages):
    """A part that was renamed must not stay as it is for ever."""
    with pytest.raises(KeyError, match="gone"):
        reference.current("<!-- generated: gone -->\n<!-- end -->")


def test_pages_are_written_or_only_looked_at(pages, capsys):
    """--check ends with 1, names the page and leaves it; without, it is written, and then it is current."""
    page = pages / "a.md"
    page.write_text(PAGE.format("old\n"))
    (pages / "b.md").write_text("nothing generated\n")
    assert reference.main(["--check"]) == 1
    assert capsys.readouterr().out == "not current: a.md\n"
    assert page.read_text() == PAGE.format("old\n")
    assert reference.main([]) == 0
    assert capsys.readouterr().out == "written: a.md\n"
    assert page.read_text() == MADE
    assert reference.main(["--check"]) == 0
    assert capsys.readouterr().out == ""


@click.group("outer")
def outer() -> None:
    """A group."""


@outer.command("inner")
@click.option("--mode", metavar="A|B", help="one | other")
@click.option("--hidden", hidden=True)
@click.argument("folder", metavar="FOLDER")
def inner() -> None:
    """Does it.

    At once.
    """


def test_examples_and_exit_codes_are_those_of_its_page(monkeypatch):
    """Where the command line has a page of it: what --help shows."""
    page = Page(examples=(("outer inner --mode A x", "tries A"),), exits={0: "well", 2: "a | b"})
    monkeypatch.setattr(reference, "MANUAL", {"outer inner": page})
    (text,) = reference._command("interfaces", outer)
    assert "```\ninterfaces outer inner --mode A x\n    # tries A\n```" in text
    assert "| 0 | well |\n| 2 | a \\| b |" in text


def test_a_command_of_a_group_has_a_section():
    """Its words, its help, a line a paragraph, its usage and a row an option; a bar in a cell is escaped."""
    (text,) = reference._command("interfaces", outer)
    lines = text.splitlines()
    assert lines[0] == "## interfaces outer inner"
    assert lines[2:5] == ["Does it.", "", "At once."]
    assert "`interfaces outer inner [OPTIONS] FOLDER`" in lines
    assert r"| `--mode A|B` | one \| other |" in lines
    assert "hidden" not in text


def test_a_command_without_options_has_no_table():
    """Its usage is all there is to be said."""
    (text,) = reference._command("interfaces", click.Command("plain", params=[], add_help_option=False))
    assert "|" not in text


@pytest.mark.parametrize("name", sorted(reference.PARTS))
def test_every_part_is_on_a_page(name):
    """One that is made and stands nowhere is read by nobody; none is empty."""
    marked = [
        page.name for page in Path(reference.PAGES).glob("*.md") if f"generated: {name} " in page.read_text()
    ]
    assert len(marked) == 1
    assert reference.PARTS[name]().strip()

"""The help of every command: a summary, examples that parse, exit codes."""

import shlex
from collections.abc import Iterator

import click
import pytest

from interfaces.cli import COMMANDS, group
from interfaces.cli.manual import PAGES, dressed
from tests.cli.conftest import Cli


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with the words behind "interfaces"."""
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            inner = command.get_command(click.Context(command), name)
            assert inner is not None
            yield from commands(inner, f"{path} {name}".strip())


EVERY = dict(commands(group, ""))
EXAMPLES = [(path, words) for path, page in PAGES.items() for words, _ in page.examples]


def test_every_command_has_a_page_and_every_page_a_command() -> None:
    """None is left out, and none is left over."""
    assert set(EVERY) == set(PAGES)
    assert set(COMMANDS) <= set(PAGES)


@pytest.mark.parametrize("path", sorted(PAGES))
def test_a_page_is_whole(path: str) -> None:
    """Examples of that command, and exit codes with 0 or what stands for it; a line for lists that fits."""
    page = PAGES[path]
    assert page.examples
    assert all(not path or words.startswith(path) for words, _ in page.examples)
    assert 0 in page.exits
    assert not path or 0 < len(page.short) <= 50
    told = EVERY[path].help or ""
    assert len(told.split("\n\n")) > 1, "a summary, and a paragraph that says more"
    summary = told.strip().partition("\n\n")[0]
    assert len(summary) > 20
    assert summary.rstrip().endswith((".", "…", ")"))


@pytest.mark.parametrize(("path", "words"), EXAMPLES, ids=[words for _, words in EXAMPLES])
def test_an_example_parses(path: str, words: str) -> None:
    """So no option of it has been renamed or forgotten; nothing is run."""
    command: click.Command = group
    context = click.Context(group, info_name="interfaces")
    left = shlex.split(words)
    while isinstance(command, click.Group):
        found = command.get_command(context, left.pop(0))
        assert found is not None
        command = found
        context = click.Context(command, info_name=command.name, parent=context)
    command.parse_args(context, left)
    assert context.params


@pytest.mark.parametrize("path", ["serve", "dead list", "receive-mail", "doctor"])
def test_help_shows_it(cli: Cli, path: str) -> None:
    """Each example on a line of its own, never broken; each exit code."""
    code, out, _ = cli(*path.split(), "--help")
    lines = [line.strip() for line in out.splitlines()]
    assert code == 0
    page = PAGES[path]
    assert {f"interfaces {words}" for words, _ in page.examples} <= set(lines)
    assert "Exit codes:" in lines
    told = [line.split(maxsplit=1) for line in lines]
    assert all([str(number), what] in told for number, what in page.exits.items())


def test_help_of_all_shows_examples_too(cli: Cli) -> None:
    """And each command with a whole line."""
    code, out, _ = cli("--help")
    assert code == 0
    assert "interfaces serve http ws --app proj.asgi:application" in out
    assert "..." not in out.partition("Commands:")[2].partition("Examples:")[0]


def test_a_command_is_dressed_once() -> None:
    """Though it is asked for often: its help does not grow."""
    command = EVERY["serve"]
    before = command.help, command.epilog
    assert dressed(command, "serve") is command
    assert (command.help, command.epilog) == before

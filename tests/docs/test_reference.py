"""The reference is complete: each option, message, key, command and figure has a row, and no row is of another."""

import re
import typing
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import click
import pytest

from interfaces import registry
from interfaces.cli import COMMANDS
from interfaces.email import messages as email
from interfaces.http_ws import messages as http_ws
from interfaces.irc import messages as irc
from interfaces.runner.options import ServeOptions
from interfaces.shared import upstream_scope
from interfaces.shared.metrics import METRICS
from interfaces.shared.options import flags
from interfaces.slack import messages as slack
from interfaces.sms import messages as sms
from tests.docs.test_pages import PAGES

MODULES = (http_ws, email, slack, sms, irc, upstream_scope)


def generated(page: str) -> str:
    """All parts of a page that are made from the code."""
    text = PAGES[f"docs/reference/{page}.md"]
    return "".join(re.findall(r"<!-- generated: .+? -->\n(.*?)<!-- end -->", text, re.DOTALL))


def first_cells(text: str) -> set[str]:
    """What stands in front of each row, of tables that have names there."""
    return {*re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)}


def test_every_option_has_its_row() -> None:
    """Of the process and of each interface, with its flag and its variable."""
    every = [*flags((), ServeOptions)]
    for kind, _ in registry.select(registry.BUILTIN):
        every += flags(kind.names, kind.options_class)
    text = generated("options")
    assert first_cells(text) == {flag.name for flag in every} and len(every) > 200
    for flag in every:
        row = next(row for row in text.splitlines() if row.startswith(f"| `{flag.name}` |"))
        assert flag.flag in row and f"INTERFACES_{flag.name.upper().replace('.', '_')}" in row


def kinds(of: type) -> tuple[str, ...]:
    """The values of its ``type``."""
    return typing.get_args(typing.get_type_hints(of)["type"])


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_message_has_its_section_and_every_key_its_row(module: ModuleType) -> None:
    """Of every scope: under the heading with its types, what it is, which way it goes, and its keys."""
    text = generated("scopes-and-events")
    for scope, messages in module.SCOPES.items():
        (name,) = kinds(scope)
        start = text.index(f"### The scope `{name}`\n")
        section = text[start:].partition("\n### The scope")[0]
        parts = [section.partition("\n#### ")[0]]
        for message in messages:
            heading = f"\n#### `{'`, `'.join(kinds(message))}`\n"
            found = section.split(heading)[1:]
            assert found, heading
            parts += [part.partition("\n#### ")[0] for part in found]
        told = [(scope, parts[0]), *((one, None) for one in messages)]
        for of, part in told:
            keys = {*typing.get_type_hints(of)} - {"type", "from"}
            assert any(keys <= first_cells(one) for one in ([part] if part else parts)), of
        for message in messages:
            assert re.match(r"(In|Out)\b", message.__doc__ or ""), message


def test_every_figure_has_its_row() -> None:
    """Of the operations port."""
    assert first_cells(generated("metrics")) == {metric.exposed for metric in METRICS.values()}


def leaves(title: str, command: click.Command) -> Iterator[str]:
    """A command's title, or those of a group's commands."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from leaves(f"{title} {name}", inner)
    else:
        yield title


def test_every_command_has_its_section() -> None:
    """And every section is one's."""
    every = set()
    for name, where in COMMANDS.items():
        module, _, attribute = where.partition(":")
        every |= {*leaves(f"interfaces {name}", getattr(import_module(module), attribute))}
    assert {*re.findall(r"^## (.+)$", generated("cli"), re.MULTILINE)} == every

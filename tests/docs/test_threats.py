"""The threat model names what is there: options, tests, and nothing that was once."""

import ast
import re
from functools import cache

import pytest

from interfaces import registry
from interfaces.runner.options import ServeOptions
from interfaces.shared.options import flags
from tests.docs.test_pages import PAGES
from tests.tools.loading import ROOT

PAGE = PAGES["docs/explanation/threat-model.md"]
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
ABOUT = {
    "HTTP": "http",
    "WebSocket": "ws",
    "Mail": "email",
    "Slack": "slack",
    "Short messages": "sms",
    "IRC": "irc",
}
"""The sections about a protocol, and how its options begin."""
ROWS = [
    row.strip("| ").split(" | ")
    for row in PAGE.splitlines()
    if row.startswith("| ") and "They try" not in row
]
NAMED = sorted({*re.findall(r"`(tests/.+?)`", PAGE)})


@cache
def known_options() -> frozenset[str]:
    """Every option, as the pages name it."""
    known = {flag.name for flag in flags((), ServeOptions)}
    for kind, _ in registry.select(registry.BUILTIN):
        known |= {flag.name for flag in flags(kind.names, kind.options_class)}
    return frozenset(known)


@cache
def functions(path: str) -> frozenset[str]:
    """The names of all functions of a file of tests."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_is_named_exists(name: str) -> None:
    """So that a renamed or removed one leaves no claim behind."""
    path, _, function = name.partition("::")
    assert (ROOT / path).is_file()
    assert not function or function in functions(path)


def test_every_row_has_its_proof() -> None:
    """What stops something is said with the test that fails without it."""
    assert len(ROWS) > 60
    assert [
        row for row in ROWS if len(row) != 3 or not (row[2].startswith("`tests/") or "replays" in row[2])
    ] == []


def test_what_is_named_as_an_option_is_one() -> None:
    """A word with a dot is an option of that interface, but for a counter and a message."""
    named = {*re.findall(r"`([a-z]+\.[a-z_0-9]+)`", PAGE)} - {"email.logins_failed", "irc.connect"}
    assert len(named) > 60
    assert named - known_options() == set()


@pytest.mark.parametrize("title", ABOUT)
def test_every_protocol_has_its_section(title: str) -> None:
    """What is to be protected, from whom, with which limits; and what nobody but the operator can do."""
    text = SECTIONS[title]
    assert "**Assets**:" in text and "**Attackers**:" in text and "\n**Yours**: " in text
    assert len(re.findall(rf"`{ABOUT[title]}\.", text)) >= 4


def test_all_protocols_are_there() -> None:
    """One that is built in and has no section would be served without a thought."""
    assert {*registry.BUILTIN} == {*ABOUT.values()}

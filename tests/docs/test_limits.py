"""The page of the limits tells what the code has."""

import re
from importlib import import_module
from inspect import signature
from operator import attrgetter

import pytest

from interfaces import registry
from interfaces.layers.local import LocalChannelLayer
from interfaces.runner.options import ServeOptions
from interfaces.shared.options import flags
from tests.docs.test_pages import PAGES

LIMITS, FIXED = PAGES["docs/reference/limits.md"].split("## What is fixed")
ROWS = [row.split(" | ")[:2] for row in FIXED.splitlines() if row.startswith("| `")]
CONSTANTS = [
    (name, values.split(", ")[at % len(values.split(", "))])
    for names, values in ROWS
    for at, name in enumerate(re.findall("`(.+?)`", names))
]


@pytest.mark.parametrize(("name", "value"), CONSTANTS)
def test_a_constant_is_where_and_what_the_page_says(name: str, value: str) -> None:
    """Each row of the fixed limits names a constant of the package, with its value."""
    words = name.split(".")
    depth = next(n for n, word in enumerate(words) if not word.islower())
    module = import_module(".".join(["interfaces", *words[:depth]]))
    assert attrgetter(".".join(words[depth:]))(module) == float(value)


def test_every_limit_is_an_option() -> None:
    """What the other tables name can be set, under that name: by an option, or a keyword of a layer."""
    known = {flag.name for flag in flags((), ServeOptions)} | {*signature(LocalChannelLayer).parameters}
    for kind, _ in registry.select(registry.BUILTIN):
        known |= {flag.name for flag in flags(kind.names, kind.options_class)}
    rows = [row.split(" | ")[0] for row in LIMITS.splitlines() if row.startswith("| `")]
    names = {name for row in rows for name in re.findall("`(.+?)`", row)}
    assert len(names) > 30 and names <= known

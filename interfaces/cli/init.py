"""``interfaces init [NAME…]``: write interfaces.toml with every option of what is named, its default commented out."""

import os
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import click

from interfaces import __version__, registry
from interfaces.cli.config import literal
from interfaces.cli.names import Invocation, NamesCommand
from interfaces.runner.options import ServeOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import Flag, Origin, convert, flags

__all__ = ["init", "written"]

WIDTH = 100
"""Characters of a line of a comment."""
FILE = "interfaces.toml"
MEASURES = frozenset({"seconds", "bytes", "bytes a second"})
"""Units that a meaning does not say by itself."""


def run_init(invocation: Invocation) -> int:
    """Write interfaces.toml with every option of the process and of what is named, each with what it means.

    Defaults are commented out; options that are given stand as values. Nothing is overwritten without --force; a file
    with secrets in it may be read by you alone. "-" as --output is the standard output.
    """
    text = written(invocation.names, invocation.given)
    where = invocation.own["output"]
    if where == "-":
        click.echo(text, nl=False)
        return 0
    secret = any(flag.secret for flag in _flags(invocation.names) if flag.name in invocation.given)
    _put(Path(where), text, force=invocation.own["force"], mode=0o600 if secret else 0o644)
    click.echo(
        f"written: {where}; interfaces check {' '.join(invocation.names)} says whether serve would start"
    )
    return 0


def _put(path: Path, text: str, *, force: bool, mode: int) -> None:
    how = os.O_TRUNC if force else os.O_EXCL
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | how, mode)
    except FileExistsError:
        raise ConfigError(f"{path} is there; say --force to write it anew, or --output FILE") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    with open(number, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
        os.fchmod(number, mode)
        file.write(text)


def _flags(names: Iterable[str]) -> list[Flag]:
    """The options of the process, and those of ``names``, as ``serve`` would take them."""
    found = flags((), ServeOptions)
    for kind, asked in registry.select(names):
        sections = (kind.names[0], *asked)
        found += [one for one in flags(kind.names, kind.options_class) if one.section in sections]
    return found


def written(names: Iterable[str], given: Mapping[str, Any]) -> str:
    """The file: ``given`` are values by dotted name, as on the command line. ConfigError for one that cannot be."""
    names = [*names]
    every = _flags(names)
    lines = [
        *_comment(
            f"Options of interfaces {__version__}: interfaces serve {' '.join(names)}. What is commented out is the "
            "default. A flag or a variable (INTERFACES_HTTP_BIND) wins over this file; secrets are better there."
        )
    ]
    for section in dict.fromkeys(flag.section for flag in every):
        if section:
            lines += ["", "", f"[{section}]"]
        its = [flag for flag in every if flag.section == section]
        for flag in sorted(its, key=lambda one: one.table is not None):  # in TOML, tables come after keys
            lines += ["", *_option(flag, given)]
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> Any:
    """As TOML can say it, secrets as they are."""
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Path) else value


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _option(flag: Flag, given: Mapping[str, Any]) -> Iterator[str]:
    """What it means, and its value: what is given, or the default behind a sign."""
    yield from _comment(_meaning(flag))
    if flag.name in given:
        value = convert(flag, given[flag.name], Origin("flag", flag.flag))
        yield f"{flag.key} = {literal(_plain(value))}"
    elif flag.table is not None:
        yield f"# [[{flag.name}]]"
        for one in flags((), flag.table):
            yield from _comment(f"{one.key} = {_default(one)}  # {_meaning(one)}")
    else:
        yield f"# {flag.key} = {_default(flag)}"


def _meaning(flag: Flag) -> str:
    words = [flag.help]
    if flag.choices:
        words.append(f"one of {', '.join(flag.choices)}")
    elif flag.unit in MEASURES:
        words.append(f"in {flag.unit}")
    if flag.default is None and not flag.switch:
        words.append("not set unless given")
    if flag.peers:
        words.append(f"others: {flag.peers}")
    return "; ".join(words)


def _default(flag: Flag) -> str:
    """As TOML; of what is not set, something of its kind."""
    if flag.default is not None:
        return literal(_plain(flag.default))
    if flag.switch:
        return "true"
    return "0" if flag.plain in (int, float) else f'"{flag.takes.upper()}"'


init = NamesCommand(
    "init",
    run_init,
    names=("http", "ws"),
    own=[
        click.Option(
            ["-o", "--output"], default=FILE, show_default=True, metavar="FILE", help="where to write it"
        ),
        click.Option(["--force"], is_flag=True, help="write over a file that is there"),
    ],
)

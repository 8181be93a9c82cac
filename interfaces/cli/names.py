"""Commands that take names: ``interfaces serve http ws`` has the options of http and ws, and no others."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from interfaces import registry
from interfaces.runner.options import ServeOptions
from interfaces.runner.plan import CheckedSource, Plan, make_plan
from interfaces.runner.sources import Environment, Given, read_table
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import Flag, flags

__all__ = ["Invocation", "NamesCommand", "click_option"]

META = "interfaces.flags"
EPILOG = (
    "--http-header-timeout is also the variable INTERFACES_HTTP_HEADER_TIMEOUT, and header_timeout in "
    "[http] of interfaces.toml or [tool.interfaces.http] of pyproject.toml. The first one given wins."
)


@dataclass(frozen=True)
class Invocation:
    """What was asked for: names, values by dotted name, the file, and the flags of the command's own."""

    names: tuple[str, ...]
    given: Mapping[str, Any]
    config: Path | None = None
    presets: Given = field(default_factory=lambda: Given({}))
    own: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def sources(self) -> list[CheckedSource]:
        """Where options may stand, the first one wins; the presets are not among them. Raises ConfigError."""
        variable = os.environ.get("INTERFACES_CONFIG")
        table = read_table(self.config or (Path(variable) if variable else None))
        sources: list[CheckedSource] = [Given(self.given), Environment(os.environ)]
        if table:
            sources.append(table)
        return sources

    @cached_property
    def plan(self) -> Plan:
        """The interfaces and everyone's options. Raises ConfigError."""
        return make_plan(self.names, *self.sources, self.presets)


class NamesCommand(click.Command):
    """A command whose options are made from those of the names it is given.

    ``run`` gets the invocation and gives the exit code. ``names`` are served when none is given; ``presets``
    are values that stand in for defaults; ``own`` are further options of the command itself.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[Invocation], int],
        *,
        names: tuple[str, ...] = (),
        presets: Mapping[str, Any] | None = None,
        own: Iterable[click.Option] = (),
    ) -> None:
        self.run = run
        self.names = names
        self.presets = Given(presets or {}, f"interfaces {name}")
        self.own = {option.name or "": option for option in own}
        super().__init__(name, params=_fixed() + list(self.own.values()), help=run.__doc__, epilog=EPILOG)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own, and those that :meth:`parse_args` has found."""
        made = [click_option(flag) for flag in ctx.meta.get(META, ())]
        return [*self.params, *made, *super().get_params(ctx)[len(self.params) :]]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find out whose options may stand here, from every name and every flag's first word, then parse."""
        failures: list[ConfigError] = []
        words = [*args, *self.names]
        asked = [name for name in registry.names() if name in words or _flagged(name, args)]
        ctx.meta[META] = flags((), ServeOptions) + _flags_of(asked, failures)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError:
            if failures:
                raise failures[0] from None
            raise

    def invoke(self, ctx: click.Context) -> int:
        """Run with what was given."""
        names = ctx.params["names"] or self.names
        every: list[Flag] = ctx.meta[META]
        spelled = {
            flag.name: ctx.params[flag.words]
            for flag in every
            if ctx.get_parameter_source(flag.words) is ParameterSource.COMMANDLINE
        }
        _refuse_unserved(names, [flag for flag in every if flag.name in spelled])
        binds = (*ctx.params["bind"], *(f"endpoint:{text}" for text in ctx.params["endpoint"]))
        if binds:
            spelled |= _bound(names, spelled, binds)
        own = {name: ctx.params[name] for name in self.own}
        config = Path(ctx.params["config"]) if ctx.params["config"] else None
        return self.run(Invocation(names, spelled, config, self.presets, own))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, those of each name under its heading."""
        with formatter.section("Names"):
            formatter.write_text(", ".join(registry.names()))
        fixed = [param for param in self.get_params(ctx) if param.name not in _words(ctx)]
        _section(ctx, formatter, "Options", fixed)
        for section in dict.fromkeys(flag.section for flag in ctx.meta.get(META, ())):
            its = [click_option(flag) for flag in ctx.meta[META] if flag.section == section]
            _section(ctx, formatter, section or "The process", its)


def _fixed() -> list[click.Parameter]:
    """What every such command takes."""
    return [
        click.Argument(["names"], nargs=-1, metavar="NAME...", shell_complete=_begun),
        click.Option(["--config"], metavar="FILE", help="interfaces.toml, or a file of that shape"),
        click.Option(
            ["--bind"], multiple=True, metavar="HOST:PORT", help="where to listen, if one listener is served"
        ),
        click.Option(
            ["-e", "--endpoint"], multiple=True, metavar="STRING", help="as --bind, in Twisted's words"
        ),
    ]


def _begun(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The names that begin so, for a shell."""
    return [name for name in registry.names() if name.startswith(incomplete)]


def _words(ctx: click.Context) -> set[str]:
    return {flag.words for flag in ctx.meta.get(META, ())}


def _flagged(name: str, args: list[str]) -> bool:
    return any(arg.startswith((f"--{name}-", f"--no-{name}-")) for arg in args)


def _flags_of(names: Iterable[str], failures: list[ConfigError]) -> list[Flag]:
    """The options of ``names``, without those of their classes' other names; what fails to load is noted."""
    found: dict[str, Flag] = {}
    for name in names:
        try:
            kind = registry.load(name)
        except ConfigError as failure:
            failures.append(failure)
            continue
        sections = (kind.names[0], name)
        found |= {
            flag.name: flag for flag in flags(kind.names, kind.options_class) if flag.section in sections
        }
    return list(found.values())


def _refuse_unserved(names: Iterable[str], given: Iterable[Flag]) -> None:
    """ConfigError for a flag of something that is not served."""
    served = {""}
    for kind, asked in registry.select(names):
        served |= {kind.names[0], *asked}
    for flag in given:
        if flag.section not in served:
            raise ConfigError(f"{flag.flag}: {flag.section} is not served; add {flag.section} to the names")


def _bound(names: Iterable[str], given: Mapping[str, Any], binds: tuple[str, ...]) -> dict[str, Any]:
    """--bind and --endpoint under the name of the one listener's option."""
    listeners = [
        flag
        for kind, _ in registry.select(names)
        for flag in flags(kind.names, kind.options_class)
        if flag.attribute == "bind"
    ]
    if len(listeners) != 1:
        several = " or ".join(flag.flag for flag in listeners) or "nothing: none listens"
        raise ConfigError(f"--bind needs exactly one listener; say {several}")
    if listeners[0].name in given:
        raise ConfigError(f"--bind and {listeners[0].flag} are the same; leave one out")
    return {listeners[0].name: binds}


def click_option(flag: Flag) -> click.Option:
    """``flag`` for click, which leaves the value a text: the conversion is the same for every source."""
    default = flag.default_text
    return click.Option(
        [flag.words, flag.spelled],
        multiple=flag.repeatable,
        default=None,
        metavar=None if flag.switch else flag.takes if flag.choices else flag.takes.upper(),
        help=flag.help + (f" [{default}]" if default else ""),
    )


def _section(ctx: click.Context, formatter: click.HelpFormatter, title: str, params: list[Any]) -> None:
    rows = [record for param in params if (record := param.get_help_record(ctx))]
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows, col_max=36)

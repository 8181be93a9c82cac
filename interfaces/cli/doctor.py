"""``interfaces doctor [NAME…]``: what is wrong with what serve would need, why it matters, and how to mend it."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from interfaces import registry
from interfaces.cli.check import bound
from interfaces.cli.names import Invocation, NamesCommand
from interfaces.cli.serve import application_of
from interfaces.runner.diagnosis.application import django_settings
from interfaces.runner.diagnosis.certificates import certificates
from interfaces.runner.diagnosis.machine import limits, python
from interfaces.runner.diagnosis.ports import ports
from interfaces.runner.plan import Plan
from interfaces.runner.sources import read_table
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.findings import Finding, resolved
from interfaces.shared.interface import Context
from interfaces.shared.listen import Listening
from interfaces.shared.telemetry import Telemetry

__all__ = ["doctor", "found"]

WORDS = {"ok": ("ok", "green"), "warning": ("look at", "yellow"), "error": ("wrong", "red")}
"""What a level is called, and its colour."""
LONGEST = 60.0
"""Seconds for one interface, whatever it asks; each question has its own, shorter."""


def run_doctor(invocation: Invocation) -> int:
    """Explain what is wrong with certificates, DNS, ports, tokens, the broker, limits and settings; change nothing.

    Each finding is said with why it matters and how to mend it. Every question has a deadline of some seconds. Without
    a NAME: the interfaces that interfaces.toml has a table for, else http.
    """
    findings = asyncio.run(_all(invocation))
    if invocation.own["json"]:
        click.echo(json.dumps([asdict(one) for one in findings], indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(_shown(finding))
        click.echo(_summary(findings))
    return int(any(one.level == "error" for one in findings))


def _shown(finding: Finding) -> str:
    """One line; below it why, and how to mend it."""
    word, color = WORDS[finding.level]
    lines = [f"{click.style(f'{word:<8}', fg=color)} {finding.topic:<8} {finding.what}"]
    lines += [
        f"{'':<18}{name}: {text}" for name, text in (("why", finding.why), ("mend", finding.mend)) if text
    ]
    return "\n".join(lines)


def _summary(findings: Iterable[Finding]) -> str:
    levels = [one.level for one in findings]
    wrong, mild = levels.count("error"), levels.count("warning")
    if not wrong and not mild:
        return f"all well: {len(levels)} things were looked at"
    return f"{wrong} wrong, {mild} to look at, of {len(levels)}"


async def _all(invocation: Invocation) -> list[Finding]:
    return [finding async for finding in found(invocation)]


async def found(invocation: Invocation) -> AsyncIterator[Finding]:
    """Everything that is to be said, topic by topic; raises nothing."""
    try:
        plan = invocation.plan
    except ConfigError as error:
        yield _mistake("options", str(error), "no command of ours starts with these options")
        return
    yield Finding(level="ok", topic="options", what=f"understood: {' '.join(plan.names)}")
    for one in (*python(plan.options), *limits(plan.options, [kind for kind, _ in plan.chosen])):
        yield one
    hosts = [*invocation.own["host"], *_called(plan)]
    for one in (*ports(list(bound(plan))), *certificates(plan.options, hosts)):
        yield one
    for host in invocation.own["host"]:
        yield await resolved("--host", host)
    for one in _application(plan):
        yield one
    async for one in django_settings(plan.options):
        yield one
    async for one in _served(plan):
        yield one


def _called(plan: Plan) -> Iterator[str]:
    """Names that the interfaces say are theirs, as mail does."""
    for interface, _ in plan.chosen:
        if name := getattr(interface.options, "hostname", ""):
            yield name


def _mistake(topic: str, what: str, why: str, mend: str = "") -> Finding:
    head, _, rest = what.partition(": ")
    return Finding(
        level="error", topic=topic, what=what, why=why, mend=mend or f"correct {head if rest else 'it'}"
    )


def _application(plan: Plan) -> Iterator[Finding]:
    """Whether it can be imported; in a container without one that is the workers' business."""
    if plan.options.distributed or not plan.options.app:
        return
    try:
        application_of(plan.options)
    except (ApplicationError, ConfigError) as error:
        last = str(error).strip().splitlines()
        yield _mistake("app", f"{last[0]} {last[-1] if len(last) > 1 else ''}", "serve does not start",
                       f"run: interfaces check {' '.join(plan.names)}, which shows the whole of it")  # fmt: skip
    else:
        yield Finding(level="ok", topic="app", what=f"{plan.options.app} can be imported")


@asynccontextmanager
async def _layer(plan: Plan) -> AsyncIterator[Any]:
    """The layer, open; None without. Raises ConfigError without its broker."""
    if not plan.options.layer:
        yield None
        return
    from interfaces.runner.layer import opened  # noqa: PLC0415 - only who has a layer pays for it

    async with opened(plan.options.layer, Telemetry()) as layer:
        yield layer


async def _served(plan: Plan) -> AsyncIterator[Finding]:
    """What the broker says, and what each interface finds, with the layer open if it can be."""
    try:
        async with _layer(plan) as layer:
            if hasattr(layer, "hub"):
                from interfaces.runner.diagnosis.broker import broker  # noqa: PLC0415 - as above

                async for one in broker(layer):
                    yield one
            async for one in _interfaces(plan, layer):
                yield one
    except ConfigError as error:
        yield _mistake("broker", str(error), "nothing starts that was given this --layer",
                       "see whether it runs, and takes our user from here: redis-cli -u URL ping")  # fmt: skip
        async for one in _interfaces(plan, None):
            yield one


async def _interfaces(plan: Plan, layer: Any) -> AsyncIterator[Finding]:
    for interface, names in plan.chosen:
        context = Context(names=names, listening=Listening(), layer=layer)
        try:
            async with asyncio.timeout(LONGEST):
                if (mistake := await _checked(interface, context)) is not None:
                    yield mistake
                async for one in interface.diagnose(context):
                    yield one
        except TimeoutError:
            yield _mistake(
                names[0], f"no answer within {LONGEST:g} s", "what was not asked is not known", "try again"
            )


async def _checked(interface: Any, context: Context) -> Finding | None:
    """What ``interfaces check`` would refuse."""
    try:
        await interface.check(context)
    except ConfigError as error:
        if "certificate" not in str(error):  # whether there is one is told under "tls"
            return _mistake(context.names[0], str(error), "serve does not start")
    return None


def _of_file(args: list[str]) -> tuple[str, ...]:
    """The names that the file has a table for; http where it has none, or there is no file."""
    given = [two for one, two in pairwise(args) if one == "--config"]
    given += [one.partition("=")[2] for one in args if one.startswith("--config=")]
    path = next(iter(given), os.environ.get("INTERFACES_CONFIG"))
    try:
        table = read_table(Path(path) if path else None)
    except ConfigError:
        table = None  # told once the options are read
    return tuple(name for name in registry.names() if table and name in table.values) or ("http",)


class _Doctor(NamesCommand):
    """Finds its names in the file where none is given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As any command with names."""
        self.names = _of_file(args)
        return super().parse_args(ctx, args)


doctor = _Doctor(
    "doctor",
    run_doctor,
    own=[
        click.Option(
            ["--host"],
            multiple=True,
            metavar="NAME",
            help="a name that clients ask for: the certificate has to fit",
        ),
        click.Option(["--json"], is_flag=True, help="as JSON: a list of level, topic, what, why, mend"),
    ],
)

"""``interfaces config show NAME…``: every option with its value, as the TOML that would say the same."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import click

from interfaces.cli.names import Invocation, NamesCommand
from interfaces.runner.plan import Setting
from interfaces.shared.options import shown

__all__ = ["config", "literal"]


def run_show(invocation: Invocation) -> int:
    """Show the options that serve would run with; secrets are masked."""
    settings = invocation.plan.settings
    if invocation.own["json"]:
        click.echo(json.dumps({one.flag.name: _facts(one) for one in settings}, indent=2))
    else:
        click.echo("\n".join(_toml(settings, origin=invocation.own["origin"])))
    return 0


def _facts(setting: Setting) -> dict[str, Any]:
    origin = setting.origin
    return {"value": _value(setting), "origin": origin.kind, "from": origin.text}


def _value(setting: Setting) -> Any:
    return shown(setting.value, secret=setting.flag.secret)


def _toml(settings: Iterable[Setting], *, origin: bool) -> Iterator[str]:
    """Lines of TOML, the process-wide keys first; what is not set is a comment, since TOML has no none."""
    section = ""
    for setting in sorted(settings, key=lambda one: one.flag.section):
        flag, value = setting.flag, _value(setting)
        if flag.section != section:
            section = flag.section
            yield f"\n[{section}]"
        line = f"# {flag.key} = none" if value is None else f"{flag.key} = {literal(value)}"
        yield f"{line}  # {setting.origin.text}" if origin else line


def literal(value: Any) -> str:
    """A value in TOML; JSON says texts, numbers and booleans alike."""
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        pairs = [f"{key} = {literal(part)}" for key, part in value.items() if part is not None]
        return f"{{ {', '.join(pairs)} }}"
    return json.dumps(value, ensure_ascii=False)


@click.group()
def config() -> None:
    """What the options are, and why."""


config.add_command(
    NamesCommand(
        "show",
        run_show,
        own=[
            click.Option(["--origin"], is_flag=True, help="say where each value came from"),
            click.Option(["--json"], is_flag=True, help="as JSON, with the origins"),
        ],
    )
)

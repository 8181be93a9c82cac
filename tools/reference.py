#!/usr/bin/env python3
"""Write the generated parts of the reference pages, from the code that they describe.

    python tools/reference.py            rewrite what stands between the marks
    python tools/reference.py --check    exit 1 and name the pages that are not current

A generated part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``. All of asyncapi.json is generated.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from interfaces import registry
from interfaces.cli import COMMANDS, group
from interfaces.cli.manual import PAGES as MANUAL
from interfaces.email import messages as email
from interfaces.http_ws import messages
from interfaces.irc import messages as irc
from interfaces.irc import messages_out as irc_out
from interfaces.runner.options import ServeOptions
from interfaces.shared import metrics, upstream_scope
from interfaces.shared.options import reference
from interfaces.slack import messages as slack
from interfaces.sms import messages as sms

sys.path.insert(0, str(Path(__file__).resolve().parent))
from asyncapi import document
from dependencies import dependencies
from message_tables import tables

__all__ = ["PARTS", "current", "main"]

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs/reference"
ASYNCAPI = "asyncapi.json"
PART = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def process_options() -> str:
    """The options of the process itself."""
    return reference((), ServeOptions)


def interface_options() -> str:
    """The options of each of our own interfaces."""
    parts = []
    for kind, names in registry.select(registry.BUILTIN):
        parts.append(f"## {' and '.join(names)}\n\n{reference(kind.names, kind.options_class)}")
    return "\n".join(parts)


def commands() -> str:
    """Every command with its own arguments; what `serve` takes besides is on the page of the options."""
    ctx = click.Context(group)
    found = [group.get_command(ctx, name) for name in COMMANDS]
    return "\n".join(text for one in found if one is not None for text in _command("interfaces", one))


def http_messages() -> str:
    """Scopes and messages of HTTP and WebSockets."""
    return tables(messages)


def email_messages() -> str:
    """Scope and messages of mail."""
    return tables(email)


def slack_messages() -> str:
    """Scope and messages of Slack."""
    return tables(slack)


def irc_messages() -> str:
    """What a scope of IRC has, hears and says."""
    return tables(irc, irc_out)


def sms_messages() -> str:
    """Scope and messages of short messages."""
    return tables(sms)


def upstream_messages() -> str:
    """Scope and messages of connections that we dial."""
    return tables(upstream_scope)


ARGUMENTS = {
    "SHELL": "bash, zsh or fish",
    "NAME": "what to serve: http, ws, email, slack, sms, irc, any of them",
    "CHANNEL": "email.send, slack.send, sms.send, irc.send, or a channel of the application",
    "MESSAGE": "a JSON object, or - for the standard input",
    "QUEUE": "a durable queue",
    "FOLDER": "what `--email-spool` names",
    "RECIPIENT": "an address of the envelope",
    "NUMBER": "of a dead letter, as `list` shows it",
    "NUMBERS": "of dead letters, as `list` shows them",
}
"""Arguments of commands, which have no help of their own."""


def _command(prefix: str, command: click.Command) -> Iterator[str]:
    """The section of a command, or those of a group's commands."""
    title = f"{prefix} {command.name}"
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _command(title, inner)
        return
    arguments = [param.make_metavar(click.Context(command)) for param in command.params
                 if isinstance(param, click.Argument)]  # fmt: skip
    usage = " ".join([title, "[OPTIONS]", *arguments])
    said = [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
    lines = [f"## {title}", "", "\n\n".join(said), "", f"`{usage}`", ""]
    rows = [record for param in command.params if (record := param.get_help_record(click.Context(command)))]
    if rows:
        lines += [
            "| Option | Meaning |",
            "|---|---|",
            *(f"| `{flag}` | {_cell(text) or ARGUMENTS[flag.strip('[].')]} |" for flag, text in rows),
            "",
        ]
    yield "\n".join([*lines, *_page(title.removeprefix("interfaces "))])


def _page(path: str) -> Iterator[str]:
    """Examples and exit codes of a command."""
    page = MANUAL.get(path)
    if page is None:
        return
    yield "```"
    for words, what in page.examples:
        yield f"interfaces {words}"
        yield f"    # {what}"
    yield from ("```", "", "| Exit code | When |", "|---:|---|")
    yield from (f"| {code} | {_cell(what)} |" for code, what in page.exits.items())
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PARTS: Mapping[str, Callable[[], str]] = {
    "process options": process_options,
    "interface options": interface_options,
    "commands": commands,
    "messages of http and ws": http_messages,
    "messages of email": email_messages,
    "messages of slack": slack_messages,
    "messages of irc": irc_messages,
    "messages of sms": sms_messages,
    "messages of upstream": upstream_messages,
    "metrics": metrics.table,
    "what servers run with": lambda: dependencies(served=True),
    "what only the project needs": lambda: dependencies(served=False),
}


def current(text: str, name: str = "") -> str:
    """The page ``name`` with its generated parts made anew; KeyError for a mark that nothing here makes."""
    if name == ASYNCAPI:
        return f"{json.dumps(document(), indent=1, ensure_ascii=False)}\n"
    return PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]().strip()}\n\n{found[3]}", text)


def main(arguments: list[str]) -> int:
    """0, or 1 when --check finds a page that is not current."""
    stale = []
    for page in [*sorted(PAGES.glob("*.md")), *PAGES.glob(ASYNCAPI)]:
        text = page.read_text(encoding="utf-8")
        if (new := current(text, page.name)) != text:
            stale.append(page)
            if "--check" not in arguments:
                page.write_text(new, encoding="utf-8")
    for page in stale:
        print(f"{'not current' if '--check' in arguments else 'written'}: {page.relative_to(ROOT)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

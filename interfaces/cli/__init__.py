"""The command line: one file a command, imported when the command is asked for."""

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand, NoSuchOption

from interfaces import __version__
from interfaces.cli.manual import dressed
from interfaces.shared.errors import ApplicationError, ConfigError

__all__ = ["main"]

COMMANDS = {
    "serve": "interfaces.cli.serve:serve",
    "worker": "interfaces.cli.worker:worker",
    "check": "interfaces.cli.check:check",
    "doctor": "interfaces.cli.doctor:doctor",
    "routes": "interfaces.cli.routes:routes",
    "init": "interfaces.cli.init:init",
    "config": "interfaces.cli.config:config",
    "status": "interfaces.cli.status:status",
    "top": "interfaces.cli.top:top",
    "drain": "interfaces.cli.drain:drain",
    "send": "interfaces.cli.send:send",
    "tail": "interfaces.cli.tail:tail",
    "dead": "interfaces.cli.dead:dead",
    "spool": "interfaces.cli.spool:spool",
    "receive-mail": "interfaces.cli.receive_mail:receive_mail",
    "demo": "interfaces.cli.demo:demo",
    "dev": "interfaces.cli.dev:dev",
    "completion": "interfaces.cli.completion:completion",
}


class _LateGroup(click.Group):
    """Commands by name; the file of one is imported when it is run, or listed by --help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command ``cmd_name``, if there is one."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return dressed(command, cmd_name)


@click.group(cls=_LateGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="interfaces %(version)s")
def group() -> None:
    """Serve one ASGI application over HTTP, WebSockets and other protocols."""


dressed(group, "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (``sys.argv`` unless given); gives the exit code.

    0 after a clean drain, 2 for the operator's mistake, which is told in one line, 1 otherwise.
    """
    _open_streams()
    try:
        return int(group.main(arguments, prog_name="interfaces", standalone_mode=False) or 0)
    except NoArgsIsHelpError as error:
        error.show()
        return 2
    except (ConfigError, ApplicationError) as error:
        return _told(str(error), 2 if isinstance(error, ConfigError) else 1)
    except click.ClickException as error:
        return _told(_one_line(error), 2)
    except click.Abort:
        return 130


def _open_streams() -> None:
    """Put /dev/null where a standard stream was closed (``>&-``), or a socket would get its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115 - for good


def _told(text: str, code: int) -> int:
    click.echo(f"interfaces: {text}", file=sys.stderr)
    return code


def _one_line(error: click.ClickException) -> str:
    """What click complains about, with the nearest thing that there is."""
    if isinstance(error, NoSuchOption):
        close = error.possibilities or []
        text = f"No such option {error.option_name}"
    elif isinstance(error, NoSuchCommand):
        close = get_close_matches(error.command_name, COMMANDS)
        text = f"No such command {error.command_name}"
    else:
        return " ".join(error.format_message().split())
    return text + (f"; did you mean {close[0]}?" if close else "")

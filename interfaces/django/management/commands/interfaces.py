"""``manage.py interfaces serve http ws …``: the command line, with Django's settings behind it.

ASGI_APPLICATION is served where none is named; ``settings.INTERFACES`` is the last source of options.
"""

import argparse
import sys
from dataclasses import dataclass
from typing import Any

import click
from django.core.management.base import BaseCommand, CommandParser

from interfaces.cli import group, main
from interfaces.cli.names import NamesCommand
from interfaces.django.settings import application_path, options
from interfaces.runner.sources import Given, Known, Table
from interfaces.shared.options import Flag, Origin

__all__ = ["Command", "SettingDefaults"]


@dataclass(frozen=True, slots=True)
class SettingDefaults(Given):
    """A command's own defaults, behind ``settings.INTERFACES`` and before ASGI_APPLICATION."""

    def find(self, flag: Flag) -> tuple[Any, Origin] | None:
        """The value of ``flag`` in the first of the three that has it."""
        found = self.table().find(flag) or Given.find(self, flag)
        if found is None and flag.name == "app":
            return application_path(), Origin("setting", "settings.ASGI_APPLICATION")
        return found

    def check(self, known: Known) -> None:
        """ConfigError for a key of the setting that is no option."""
        self.table().check(known)

    @staticmethod
    def table() -> Table:
        """The setting, as a file of options."""
        return Table("settings.INTERFACES", options(), "setting")


class Command(BaseCommand):
    """Gives everything after its name to the command line."""

    help = "Serves this project: manage.py interfaces serve http ws. The same as the command `interfaces`."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the rest as it is; ``serve --help`` tells what there is."""
        parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="COMMAND ...")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command line; ends the process with its exit code, unless that is 0."""
        give_settings(group)
        code = main(without_djangos(options["arguments"]))
        if code:
            sys.exit(code)


def give_settings(commands: click.Group) -> None:
    """Let every command that takes options find them in the settings."""
    context = click.Context(commands)
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        if isinstance(command, click.Group):
            give_settings(command)
        elif isinstance(command, NamesCommand):
            command.presets = SettingDefaults(command.presets.values, command.presets.because)


def without_djangos(arguments: list[str]) -> list[str]:
    """Leave out --settings and --pythonpath, which manage.py has heeded wherever they stand."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--settings")
    parser.add_argument("--pythonpath")
    return parser.parse_known_args(arguments)[1]

"""``manage.py runworker [channel …]`` with our worker: the project's consumers, on CHANNEL_LAYERS' layer.

It runs what interface containers open (``interfaces serve http ws --layer …``), and the consumers of the channels that
are named; without names, of those that the ChannelNameRouter of ASGI_APPLICATION has, and Django's tasks.
"""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interfaces.cli.logs import configure
from interfaces.django.channels import names_of, tasks_of
from interfaces.django.layer import project_layer
from interfaces.django.settings import application_path
from interfaces.django.settings import options as setting
from interfaces.django.worker import DjangoWorker, Duties
from interfaces.runner.application import load
from interfaces.runner.options import ServeOptions, WorkerOptions
from interfaces.runner.plan import worker_plan
from interfaces.runner.process import run
from interfaces.runner.sources import Environment, Keywords, Table, read_table
from interfaces.shared.asgi import Application
from interfaces.shared.errors import ApplicationError, ConfigError, Unavailable
from interfaces.shared.options import did_you_mean
from interfaces.shared.telemetry import Telemetry
from interfaces.workers.routing import from_settings
from interfaces.workers.settings import configured

__all__ = ["Command"]

PROCESS = ("loop", "lifespan", "threads", "max_sync_queue", "drain", "drain_delay", "ops_bind", "access_log",
           "log_format", "log_level", "log_config", "color")  # fmt: skip
"""Options of the process; the others say where to listen, which a worker does not."""
OFFERED = ("concurrency", "threads", "drain")


class Command(BaseCommand):
    """Channels' options, and those of our worker."""

    help = "Runs this project's consumers for interface containers and for channels, on its channel layer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--concurrency``, ``--threads``, ``--drain`` and ``--outbox`` to what Channels' command has."""
        parser.add_argument("channels", nargs="*", help="channels to read; none: all that have a consumer")
        parser.add_argument("--layer", default="default", metavar="ALIAS", help="key of CHANNEL_LAYERS")
        parser.add_argument("--concurrency", type=int, help="scopes that run at once")
        parser.add_argument("--threads", type=int, help="threads for sync code")
        parser.add_argument("--drain", type=float, metavar="SECONDS", help="time to finish in after SIGTERM")
        parser.add_argument("--outbox", action="store_true", help="send what is in the outbox, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM; ends the process with 2 for a mistake in the settings, 1 when the broker is away."""
        try:
            code = work({key: options[key] for key in OFFERED if options[key] is not None}, options)
        except (ConfigError, ApplicationError, Unavailable) as error:
            raise CommandError(str(error), returncode=2 if isinstance(error, ConfigError) else 1) from None
        if code:
            sys.exit(code)


def work(keywords: dict[str, Any], given: dict[str, Any]) -> int:
    """Run the worker; gives the exit code."""
    alias = given["layer"]
    options = worker_options(keywords, alias)
    layer = project_layer(alias)
    app, name = application(alias)
    duties = duties_of(app, alias, given)
    if not (hasattr(layer, "hub") or duties.channels or duties.tasks or duties.outbox):
        raise ConfigError(
            f"{type(layer).__name__} brings no scopes, and no channels are named: nothing to do"
        )
    process = ServeOptions(**{key: getattr(options, key) for key in PROCESS})
    chosen = ((DjangoWorker(options, layer, duties), ("worker",)),)
    return run(app, chosen, process, app_name=name, telemetry=Telemetry(access=configure(process)))


def duties_of(app: Application, alias: str, given: dict[str, Any]) -> Duties:
    """The channels that are named, else all that have a consumer and those of Django's tasks. Raises ConfigError."""
    tasks = tasks_of(alias, given["channels"])
    known = names_of(app)
    for name in given["channels"] if known else ():
        if name not in known and name not in tasks:
            there = ", ".join([*known, *tasks])
            raise ConfigError(
                f"no consumer of channel {name!r}{did_you_mean(name, [*known, *tasks]) or f'; there is {there}'}"
            )
    named = given["channels"] or [*known, *tasks]
    return Duties(
        channels=[name for name in named if name not in tasks],
        tasks={name: tasks[name] for name in named if name in tasks},
        outbox=given["outbox"],
    )


def worker_options(keywords: dict[str, Any], alias: str) -> WorkerOptions:
    """What the command line, the environment, the file and ``settings.INTERFACES`` say. Raises ConfigError."""
    tables = [table for table in (read_table(), Table("settings.INTERFACES", setting(), "setting")) if table]
    layer = Keywords({"layer": f"CHANNEL_LAYERS[{alias!r}]", **keywords})  # a name; nobody opens it
    plan = worker_plan(layer, Environment(os.environ), *tables)
    assert isinstance(plan.options, WorkerOptions)  # noqa: S101 - which is what worker_plan makes
    return plan.options


def application(alias: str) -> tuple[Application, str]:
    """ASGI_APPLICATION and its name; in a project as in 2016 the ROUTING of its layer."""
    if "ROUTING" in (configured(alias) or {}):
        return from_settings(alias), f"the ROUTING of {alias}"
    path = application_path()
    return load(path, "."), path

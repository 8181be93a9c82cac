"""``manage.py interfaces_outbox``: give what is in the outbox to the channel layer."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interfaces.django.layer import project_layer
from interfaces.django.outbox import POLL, relay
from interfaces.django.settings import seconds_of
from interfaces.shared.errors import ConfigError
from interfaces.shared.strand import shutdown

__all__ = ["Command"]


class Command(BaseCommand):
    """Sends what the outbox has until SIGTERM or Ctrl+C, and deletes what was sent a day ago."""

    help = "Sends what is in the outbox to the channel layer, in order."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which layer and database, and how often to look."""
        parser.add_argument("--layer", default="default", metavar="ALIAS", help="key of CHANNEL_LAYERS")
        parser.add_argument("--database", metavar="ALIAS", help="key of DATABASES, unless that of the router")
        parser.add_argument(
            "--poll", type=seconds_of, default=POLL, metavar="SECONDS", help="time between two looks"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the relay."""
        try:
            layer = project_layer(options["layer"])
            asyncio.run(_relay(layer, options["poll"], options["database"]))
        except ConfigError as error:
            raise CommandError(str(error), returncode=2) from None
        finally:
            shutdown()


async def _relay(layer: Any, poll: float, using: str | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await relay(layer, stop=stop, poll=poll, using=using)
    finally:
        if hasattr(layer, "hub"):
            await layer.close()

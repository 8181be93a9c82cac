"""``manage.py interfaces_prune``: delete old rows of inbox and outbox, once a day or so."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from interfaces.django.retention import prune
from interfaces.shared.errors import ConfigError

__all__ = ["Command"]


class Command(BaseCommand):
    """Deletes messages that were handled, or sent, long ago."""

    help = "Deletes old rows of the inbox, and what the outbox has sent."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many days they stay, and where."""
        for table in ("inbox", "outbox"):
            words = f"days that rows of the {table} stay, unless those of settings.INTERFACES"
            parser.add_argument(f"--{table}-days", type=float, help=words)
        parser.add_argument("--database", metavar="ALIAS", help="key of DATABASES, unless that of the router")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them, and say how many there were."""
        days = {table: options[f"{table}_days"] for table in ("inbox", "outbox")}
        keep = {table: timedelta(days=told) for table, told in days.items() if told is not None}
        try:
            deleted = prune(timezone.now(), **keep, using=options["database"])
        except ConfigError as error:
            raise CommandError(str(error), returncode=2) from None
        self.stdout.write(", ".join(f"{table}: {n} deleted" for table, n in deleted.items()))

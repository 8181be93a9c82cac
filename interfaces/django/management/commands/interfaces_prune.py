"""``manage.py interfaces_prune``: delete old rows of inbox and outbox, once a day or so."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from interfaces.django.retention import KEEP_INBOX, KEEP_OUTBOX, prune

__all__ = ["Command"]


class Command(BaseCommand):
    """Deletes messages that were handled, or sent, long ago."""

    help = "Deletes old rows of the inbox, and what the outbox has sent."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many days they stay, and where."""
        for table, keep in (("inbox", KEEP_INBOX), ("outbox", KEEP_OUTBOX)):
            parser.add_argument(
                f"--{table}-days", type=float, default=keep.days, help=f"days that rows of the {table} stay"
            )
        parser.add_argument("--database", metavar="ALIAS", help="key of DATABASES, unless that of the router")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them, and say how many there were."""
        keep = {table: timedelta(days=options[f"{table}_days"]) for table in ("inbox", "outbox")}
        deleted = prune(timezone.now(), **keep, using=options["database"])
        self.stdout.write(", ".join(f"{table}: {n} deleted" for table, n in deleted.items()))

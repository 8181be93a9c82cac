"""``manage.py interfaces_prune``: delete old rows of inbox, outbox and the log of mail, once a day or so."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from interfaces.django.retention import prune, prune_mail
from interfaces.django.settings import days_of
from interfaces.shared.errors import ConfigError

__all__ = ["Command"]

TABLES = ("inbox", "outbox", "mail", "mail-content")


class Command(BaseCommand):
    """Deletes messages that were handled, or sent, long ago."""

    help = "Deletes old rows of the inbox, what the outbox has sent, and old mail of the log."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many days they stay, and where."""
        for table in TABLES:
            words = f"days that rows of the {table} stay, unless those of settings.INTERFACES"
            parser.add_argument(f"--{table}-days", type=float, help=words)
        parser.add_argument("--database", metavar="ALIAS", help="key of DATABASES, unless that of the router")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them, and say how many there were."""
        told = {table: options[f"{table.replace('-', '_')}_days"] for table in TABLES}
        now, using = timezone.now(), options["database"]
        try:
            keep = {
                table: None if days is None else days_of(f"--{table}-days", days)
                for table, days in told.items()
            }
            deleted = prune(now, inbox=keep["inbox"], outbox=keep["outbox"], using=using)
            deleted |= prune_mail(now, rows=keep["mail"], content=keep["mail-content"], using=using)
        except ConfigError as error:
            raise CommandError(str(error), returncode=2) from None
        self.stdout.write(", ".join(f"{table}: {n} deleted" for table, n in deleted.items()))

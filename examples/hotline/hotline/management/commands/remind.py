"""``manage.py remind``: texts those who come within a day; to be run by cron, as often as you like."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from hotline import book


class Command(BaseCommand):
    """Puts reminders where the sender takes them from; it need not run at that moment."""

    help = "Reminds of the appointments to come, each once."

    def add_arguments(self, parser: CommandParser) -> None:
        """How far ahead."""
        parser.add_argument("--hours", type=float, default=24.0, help="that are looked ahead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Remind."""
        count = book.remind(timedelta(hours=options["hours"]))
        self.stdout.write(f"{count} reminded")

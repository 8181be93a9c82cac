"""``manage.py announce C0123ABC "The database is back"``: the bot says something."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

import interfaces.django


class Command(BaseCommand):
    """Puts a message where the bot takes it from; it need not run at that moment."""

    help = "Has the bot say something in a channel."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where, and what."""
        parser.add_argument("channel")
        parser.add_argument("text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Send it."""
        message = {"type": "slack.send", "channel": options["channel"], "text": options["text"]}
        interfaces.django.send("slack.send", message)

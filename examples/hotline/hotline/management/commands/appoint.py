"""``manage.py appoint Ann +41790000001 "2030-01-31 14:00"``: an appointment, for trying it out."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from hotline.models import Appointment


class Command(BaseCommand):
    """Makes one."""

    help = "Makes an appointment, in local time."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, and when."""
        parser.add_argument("name")
        parser.add_argument("phone")
        parser.add_argument("at", type=datetime.fromisoformat)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it down."""
        at = timezone.make_aware(options["at"])
        self.stdout.write(
            str(Appointment.objects.create(name=options["name"], phone=options["phone"], at=at))
        )

"""The demo's database at the start of a process."""

import sqlite3
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from interfaces.demo.models import Member
from interfaces.shared.errors import ConfigError

__all__ = ["prepare"]


def prepare() -> None:
    """Make the file and its tables, and forget the members of a process that is gone; else ConfigError."""
    path = Path(settings.DATABASES["default"]["NAME"])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        Member.objects.all().delete()
    except (OSError, DatabaseError, sqlite3.Error) as error:
        raise ConfigError(f"{path}: {error}; name another directory in INTERFACES_DEMO_STATE") from error
    finally:
        connection.close()

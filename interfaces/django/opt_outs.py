"""Opt-outs from short messages in Django's database: ``--sms-opt-out django:``.

A row for each pair of numbers with what was said last, which all containers see, and the staff in the admin.
"""

from typing import Any

from channels.db import database_sync_to_async
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.utils import timezone

from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["DjangoOptOuts"]

_LONGEST = 50
"""Characters of a number, or name, that a row has."""


class DjangoOptOuts:
    """In the database of the router. The :class:`interfaces.sms.sending.suppression.OptOuts` of ``django:``."""

    def __repr__(self) -> str:
        return "Django's database"

    def describe(self) -> str:
        """As the protocol says."""
        return repr(self)

    async def open(self) -> None:
        """ConfigError where Django, or the table, is not there."""
        try:
            if not apps.ready:  # a container without the project's application
                import django  # noqa: PLC0415 - only what the line above needs

                django.setup()
        except ImproperlyConfigured as error:
            raise ConfigError(f"--sms-opt-out django: {' '.join(str(error).split())}") from None
        if not apps.is_installed("interfaces.django"):
            raise ConfigError('--sms-opt-out django: put "interfaces.django" into INSTALLED_APPS')
        try:
            await database_sync_to_async(_rows().first)()
        except DatabaseError as error:
            raise ConfigError(f"--sms-opt-out django: {error}; run migrate interfaces") from None

    async def note(self, ours: str, theirs: str, *, out: bool) -> None:
        """As the protocol says."""
        place = {"ours": ours[:_LONGEST], "theirs": theirs[:_LONGEST]}
        said = {"out": out, "changed_at": timezone.now()}
        await _done(lambda: _rows().update_or_create(**place, defaults=said))

    async def has(self, ours: str, theirs: str) -> bool:
        """As the protocol says."""
        place = {"ours": ours[:_LONGEST]} if ours else {}
        found: bool = await _done(_rows().filter(theirs=theirs[:_LONGEST], out=True, **place).exists)
        return found

    async def close(self) -> None:
        """Django keeps its connections."""


def _rows() -> Any:
    return apps.get_model("interfaces", "OptOut").objects


async def _done(deed: Any) -> Any:
    try:
        return await database_sync_to_async(deed)()
    except DatabaseError as error:
        raise Unavailable(f"opt-outs: {error}") from error

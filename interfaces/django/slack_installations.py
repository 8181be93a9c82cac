"""Slack's installations in Django's database: ``--slack-installations django:``.

A row for the bot of each place, and one for each user who has installed the app there; the last state of both, no
history. Its secrets are encrypted by a key that is made of SECRET_KEY. Keys in SECRET_KEY_FALLBACKS still open what
they have closed, and such a row is closed by SECRET_KEY when it is read; :func:`reseal` does so with all.
"""

from collections.abc import Mapping
from typing import Any

from channels.db import database_sync_to_async
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, router, transaction
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store import Installation as Granted
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from interfaces.django.slack_rows import (
    NOBODY,
    bot_of,
    closed,
    granted_of,
    model,
    opened,
    seals,
    values_of_bot,
    values_of_granted,
)
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.slack.installations.stores import Store

__all__ = ["DjangoInstallationStore", "reseal", "store"]


def store(client_id: str) -> Store:
    """The store of an app, for ``installations``. ConfigError where Django or its settings are not there."""
    try:
        if not apps.ready:  # a container without the project's application
            import django  # noqa: PLC0415 - only what the line above needs

            django.setup()
    except ImproperlyConfigured as error:
        raise ConfigError(f"--slack-installations django: {' '.join(str(error).split())}") from None
    if not apps.is_installed("interfaces.django"):
        raise ConfigError('--slack-installations django: put "interfaces.django" into INSTALLED_APPS')
    seals()  # cryptography is there
    found = DjangoInstallationStore(client_id)
    return Store(found, found.prepare)


class DjangoInstallationStore(AsyncInstallationStore):
    """For the app ``client_id``, in the database ``using`` unless that of the router."""

    def __init__(self, client_id: str, using: str | None = None) -> None:
        self.client_id = client_id
        self._using = using

    def __repr__(self) -> str:
        return f"DjangoInstallationStore({self.client_id!r})"

    async def prepare(self) -> None:
        """Look for the table. ConfigError where it is not; Unavailable where the database is away."""
        await database_sync_to_async(self._prepare)()

    async def async_save(self, installation: Granted) -> None:
        """Keep what a user has granted, and the bot."""
        await database_sync_to_async(self._save)(installation)

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a bot."""
        await database_sync_to_async(self._save_bot)(bot)

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The bot of a place; of a team also where its enterprise is not named. Raises Unavailable."""
        found: Bot | None = await database_sync_to_async(self._bot)(
            enterprise_id, None if is_enterprise_install else team_id
        )
        return found

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Granted | None:
        """The last one at a place, or that of a user, with the place's bot. Raises Unavailable."""
        found: Granted | None = await database_sync_to_async(self._granted)(
            enterprise_id, None if is_enterprise_install else team_id, user_id
        )
        return found

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget a bot."""
        await database_sync_to_async(self._delete)(enterprise_id, team_id, user_id="")

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Forget what users have granted at a place, or what one has; the bot stays."""
        if user_id is not None:
            await database_sync_to_async(self._delete)(enterprise_id, team_id, user_id=user_id)
        else:
            await database_sync_to_async(self._delete)(enterprise_id, team_id, user_id__gt="")

    async def async_delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget a place."""
        await database_sync_to_async(self._delete)(enterprise_id, team_id)

    def _prepare(self) -> None:
        try:
            names = connections[self._read].introspection.table_names()
        except DatabaseError as error:
            raise Unavailable(f"the store of installations: {' '.join(str(error).split())[:300]}") from None
        if model()._meta.db_table not in names:  # noqa: SLF001 - Django's documented name for it
            raise ConfigError("--slack-installations django: its table is not there: run manage.py migrate")

    @property
    def _read(self) -> str:
        return self._using or str(router.db_for_read(model()))

    @property
    def _write(self) -> str:
        return self._using or str(router.db_for_write(model()))

    def _at(self, using: str, enterprise_id: str | None, team_id: str | None) -> Any:
        rows = model().objects.using(using).filter(client_id=self.client_id, team_id=team_id or "")
        if team_id and not enterprise_id:  # ids of teams are unique in all of Slack
            return rows
        return rows.filter(enterprise_id=enterprise_id or "")

    def _bot(self, enterprise_id: str | None, team_id: str | None) -> Bot | None:
        row = self._at(self._read, enterprise_id, team_id).filter(user_id="").first()
        return None if row is None else bot_of(row, self._opened(row))

    def _granted(self, enterprise_id: str | None, team_id: str | None, user_id: str | None) -> Granted | None:
        rows = self._at(self._read, enterprise_id, team_id)
        row = rows.filter(user_id=user_id).first() if user_id else rows.exclude(user_id="").first()
        bot = self._bot(enterprise_id, team_id)
        return None if row is None else granted_of(row, self._opened(row), bot)

    def _save(self, granted: Granted) -> None:
        with transaction.atomic(using=self._write):
            if granted.bot_token:
                self._save_bot(granted.to_bot())
            place = self._place(granted, granted.user_id or NOBODY)
            self._put(place, values_of_granted(granted, place))

    def _save_bot(self, bot: Bot) -> None:
        place = self._place(bot, "")
        self._put(place, values_of_bot(bot, place))

    def _place(self, said: Bot | Granted, user_id: str) -> dict[str, str]:
        return {
            "client_id": self.client_id,
            "enterprise_id": said.enterprise_id or "",
            "team_id": "" if said.is_enterprise_install else said.team_id or "",
            "user_id": user_id,
        }

    def _put(self, place: dict[str, str], values: dict[str, Any]) -> None:
        model().objects.using(self._write).update_or_create(**place, defaults=values)

    def _opened(self, row: Any) -> dict[str, Any]:
        hidden, old = opened(row)
        if old:
            _again(row, hidden, self._write)
        return hidden

    def _delete(self, enterprise_id: str | None, team_id: str | None, **more: str) -> None:
        self._at(self._write, enterprise_id, team_id).filter(**more).delete()


def reseal(using: str | None = None) -> int:
    """Close all rows by SECRET_KEY that a key of SECRET_KEY_FALLBACKS has closed; how many there were.

    Then that key is not needed any more. Raises Unavailable for a row that no key opens.
    """
    using = using or str(router.db_for_write(model()))
    count = 0
    for row in model().objects.using(using).order_by("pk").iterator():
        hidden, old = opened(row)
        if old:
            _again(row, hidden, using)
            count += 1
    return count


def _again(row: Any, hidden: Mapping[str, Any], using: str) -> None:
    """Close it by the first key, unless it has changed since."""
    rows = model().objects.using(using).filter(pk=row.pk, sealed=row.sealed)
    rows.update(sealed=closed(vars(row), hidden))

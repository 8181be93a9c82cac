"""Stores of slack_sdk's on this machine: a folder, or a file of SQLite. Both are sync, and run in a thread.

What slack_sdk leaves open is closed here. Its SQLite store answers "nothing there" where the database fails, closes no
connection, and has two rows of one second in no order: the renewed token may be the one that is not found. Its folder
keeps the last installation after its user's tokens were revoked. Both make files that others may read.
"""

import gc
import json
import logging
import os
import re
import sqlite3
import warnings
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn, TypeVar

from slack_sdk.oauth.installation_store import Bot, FileInstallationStore
from slack_sdk.oauth.installation_store import Installation as Granted
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.installation_store import InstallationStore
from slack_sdk.oauth.installation_store.sqlite3 import SQLite3InstallationStore

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.slack.installations.client import quiet

__all__ = ["InThread", "Store", "folder", "sqlite"]

Result = TypeVar("Result")


async def _nothing() -> None:
    """Where there is nothing to do."""


@dataclass(frozen=True, slots=True)
class Store:
    """A store, what has to be done before it is used (ConfigError, Unavailable), and what after."""

    store: AsyncInstallationStore
    prepare: Callable[[], Awaitable[None]] = field(default=_nothing, repr=False)
    close: Callable[[], Awaitable[None]] = field(default=_nothing, repr=False)


class InThread(AsyncInstallationStore):
    """A sync store, one call after another, in a thread."""

    def __init__(self, store: InstallationStore) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, "interfaces-slack-store")

    def __repr__(self) -> str:
        return f"InThread({type(self._store).__name__})"

    @property
    def logger(self) -> logging.Logger:
        """The store's."""
        return self._store.logger

    async def run(self, call: Callable[..., Result], *args: Any, **named: Any) -> Result:
        """Run ``call`` there."""
        return await get_running_loop().run_in_executor(self._thread, partial(call, *args, **named))

    async def async_save(self, installation: Granted) -> None:
        """Keep an installation, and its bot."""
        await self.run(self._store.save, installation)

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a bot."""
        await self.run(self._store.save_bot, bot)

    async def async_find_bot(self, **named: Any) -> Bot | None:
        """The bot of a place."""
        return await self.run(self._store.find_bot, **named)

    async def async_find_installation(self, **named: Any) -> Granted | None:
        """The last installation at a place, or that of a user."""
        return await self.run(self._store.find_installation, **named)

    async def async_delete_bot(self, **named: Any) -> None:
        """Forget a bot."""
        await self.run(self._store.delete_bot, **named)

    async def async_delete_installation(self, **named: Any) -> None:
        """Forget the installations at a place, or those of a user."""
        await self.run(self._store.delete_installation, **named)

    async def close(self) -> None:
        """End the thread, after what it has to do."""
        await get_running_loop().run_in_executor(None, self._thread.shutdown)


def folder(path: str, client_id: str) -> Store:
    """Files in ``path``, for this app, which nobody else may read."""
    where = Path(path).expanduser()
    store = InThread(_Folder(base_dir=str(where), client_id=client_id, logger=quiet("store")))
    return Store(store, partial(store.run, _private_folder, where / client_id), store.close)


def sqlite(path: str, client_id: str) -> Store:
    """A database in the file ``path``, with the tables that slack_sdk has there."""
    where = Path(path).expanduser()
    inner = _Sqlite(database=str(where), client_id=client_id, logger=_Raising("store", logging.INFO))
    store = InThread(inner)
    return Store(store, partial(store.run, _private_file, where, inner), store.close)


def _private_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        probe = path / f".{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(f"--slack-installations file:{path}: {error.strerror}") from None


def _private_file(path: Path, store: "_Sqlite") -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigError(f"--slack-installations sqlite:{path}: {error.strerror}") from None
    try:
        store.init()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise Unavailable(f"{path}: {error}") from None
        raise ConfigError(f"--slack-installations sqlite:{path}: {error}") from None


class _Folder(FileInstallationStore):
    """Forgets a user's tokens wherever they are."""

    def delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Also from the last installation, and from the history of all."""
        super().delete_installation(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)
        if user_id is None:
            return
        place = Path(self.base_dir) / f"{enterprise_id or 'none'}-{team_id or 'none'}"
        for path in place.glob("installer-*"):
            if json.loads(path.read_text()).get("user_id") == user_id:
                path.unlink()
        latest, others = place / "installer-latest", [*place.glob("installer-*-latest")]
        if others and not latest.exists():
            newest = max(others, key=lambda path: float(json.loads(path.read_text())["installed_at"]))
            latest.write_text(newest.read_text())


class _Raising(logging.Logger):
    """slack_sdk's SQLite store warns of an error, and then finds nothing, which is another thing."""

    def warning(self, msg: object, *args: object, **named: Any) -> NoReturn:
        """Raise it."""
        raise Unavailable(str(msg))


class _Sqlite(SQLite3InstallationStore):
    """Closes what it opens, and has one row of a bot and of each user."""

    def init(self) -> None:
        """Make the tables that are not there, all or none, whoever else does so now."""
        if not self._ready():
            with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
                connection.execute("begin immediate")
                for words in _schema():
                    connection.execute(re.sub(r"^CREATE (\w+)", r"CREATE \1 IF NOT EXISTS", words))
                connection.execute("commit")
        self.init_called = True

    def save(self, installation: Granted) -> None:
        """In the place of what this user had; not of a bot's token, where this has none."""
        super().save(installation)
        own = "client_id = ? and enterprise_id = ? and team_id = ? and user_id = ?"
        with self.connect() as connection:
            connection.execute(
                f"delete from slack_installations where {own} and (bot_token is null or ?) and id <"  # noqa: S608 - ours
                f" (select max(id) from slack_installations where {own})",
                [
                    *(place := self._place(installation, installation.user_id)),
                    bool(installation.bot_token),
                    *place,
                ],
            )

    def save_bot(self, bot: Bot) -> None:
        """In the place of what there was."""
        super().save_bot(bot)
        own = "client_id = ? and enterprise_id = ? and team_id = ?"
        with self.connect() as connection:
            connection.execute(
                f"delete from slack_bots where {own} and id < (select max(id) from slack_bots where {own})",  # noqa: S608 - ours
                [*(place := self._place(bot)), *place],
            )

    def _place(self, said: Granted | Bot, *user: str) -> list[str]:
        return [self.client_id, said.enterprise_id or "", said.team_id or "", *user]

    def _ready(self) -> bool:
        with closing(sqlite3.connect(self.database)) as connection:
            names = {name for (name,) in connection.execute("select name from sqlite_master")}
        return {"slack_installations", "slack_bots"} <= names

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:  # type: ignore[override]  # it is only used with `with`
        """A connection, closed at the end."""
        if not self.init_called:
            self.init()
        with closing(sqlite3.connect(self.database)) as connection, connection:
            yield connection


def _schema() -> list[str]:
    """slack_sdk's tables and indexes, as it makes them."""
    with TemporaryDirectory() as folder:
        inner = SQLite3InstallationStore(database=f"{folder}/db", client_id="")
        with warnings.catch_warnings():  # it leaves its connection to the collector
            warnings.simplefilter("ignore", ResourceWarning)
            inner.create_tables()  # type: ignore[no-untyped-call]
            gc.collect()  # which warns of it from Python 3.13 on
        with closing(sqlite3.connect(inner.database)) as connection:
            rows = connection.execute(
                "select sql from sqlite_master where name like 'slack_%' order by rowid"
            )
            return [words for (words,) in rows]

"""The application's Django settings, as far as it has some: what is for development, and database connections."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

from interfaces.runner.options import ServeOptions
from interfaces.shared.findings import PATIENCE, Finding

__all__ = ["django_settings", "enough_connections"]

_ASKED = {"postgresql": "SELECT current_setting('max_connections')::int", "mysql": "SELECT @@max_connections"}
"""How many connections a database takes, by its vendor."""
LEFT = 0.8
"""Of a database's connections that one service may have: others, and who looks after it, need some."""


async def django_settings(options: ServeOptions) -> AsyncIterator[Finding]:
    """What is to be said once the application is imported; nothing where it uses no Django."""
    conf = sys.modules.get("django.conf")
    if conf is None or not conf.settings.configured:
        return
    for finding in _development(conf.settings):
        yield finding
    database: Any = sys.modules.get("django.db")
    if database is None:
        return
    for alias in database.connections:
        yield await _database(database.connections, alias, options)


def _development(settings: Any) -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(
            level="warning", topic="django", what="DEBUG is on",
            why="errors show settings and code to everybody, and every query is remembered",
            mend="DEBUG = False in what is served to others",
        )  # fmt: skip
    elif not settings.ALLOWED_HOSTS:
        yield Finding(
            level="error", topic="django", what="ALLOWED_HOSTS is empty and DEBUG is off",
            why="every request is answered with 400", mend='ALLOWED_HOSTS = ["example.org"]',
        )  # fmt: skip


async def _database(connections: Any, alias: str, options: ServeOptions) -> Finding:
    what = f"database {alias}"
    try:
        async with asyncio.timeout(PATIENCE):
            vendor, most = await asyncio.to_thread(_most, connections, alias)
    except TimeoutError:
        return _unreachable(what, f"no answer in {PATIENCE:g} s")
    except Exception as error:  # noqa: BLE001 - each driver has its own
        return _unreachable(what, f"{type(error).__name__}: {error}")
    if most is None:
        return Finding(level="ok", topic="django", what=f"{what} answers ({vendor})")
    return enough_connections(what, most, options)


def enough_connections(what: str, most: int, options: ServeOptions) -> Finding:
    """Whether each thread of each process finds a connection of the ``most`` that there are."""
    wanted = options.threads * options.workers
    told = f"{options.workers} x {options.threads} threads may hold {wanted} connections, of {most} that {what} has"
    if wanted <= LEFT * most:
        return Finding(level="ok", topic="django", what=told)
    return Finding(
        level="warning", topic="django", what=told,
        why="when all are taken, views and consumers raise OperationalError",
        mend="fewer --threads or --workers, a pool in front (pgbouncer), or more max_connections",
    )  # fmt: skip


def _unreachable(what: str, reason: str) -> Finding:
    return Finding(
        level="error", topic="django", what=f"{what} does not answer: {reason}",
        why="whatever asks it raises", mend="see whether it runs, and DATABASES in the settings",
    )  # fmt: skip


def _most(connections: Any, alias: str) -> tuple[str, int | None]:
    """The vendor, and how many connections it takes; in a thread, whose connection is closed again."""
    connection = connections[alias]
    try:
        with connection.cursor() as cursor:
            question = _ASKED.get(connection.vendor)
            cursor.execute(question or "SELECT 1")
            (row,) = cursor.fetchone()
            return connection.vendor, int(row) if question else None
    finally:
        connection.close()

"""What is said of Django's settings and databases."""

import asyncio
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from interfaces.runner.diagnosis import application as module
from interfaces.runner.diagnosis.application import django_settings, enough_connections
from interfaces.runner.options import ServeOptions


class Connection:
    """A database that answers, or does not."""

    def __init__(self, vendor, answer):
        self.vendor, self.answer, self.closed = vendor, answer, False

    @contextmanager
    def cursor(self):
        yield self

    def execute(self, question):
        if isinstance(self.answer, Exception):
            raise self.answer

    def fetchone(self):
        return (self.answer,)

    def close(self):
        self.closed = True


@pytest.fixture
def django(monkeypatch):
    """Put such settings and databases where Django's would be."""

    def there(databases=None, **settings):
        found = SimpleNamespace(configured=True, DEBUG=False, ALLOWED_HOSTS=["a"])
        vars(found).update(settings)
        monkeypatch.setitem(sys.modules, "django.conf", SimpleNamespace(settings=found))
        monkeypatch.setitem(sys.modules, "django.db", SimpleNamespace(connections=databases or {}))

    return there


def told(**options):
    """(level, what) of each."""

    async def run():
        return [(one.level, one.what) async for one in django_settings(ServeOptions(**options))]

    return asyncio.run(run())


def test_without_django_nothing_is_said(monkeypatch):
    """It is not imported for this."""
    monkeypatch.delitem(sys.modules, "django.conf", raising=False)
    assert told() == []


def test_settings_for_development(django):
    """DEBUG in what is served, and hosts that nobody may ask for."""
    django(DEBUG=True)
    assert told() == [("warning", "DEBUG is on")]
    django(ALLOWED_HOSTS=[])
    assert told() == [("error", "ALLOWED_HOSTS is empty and DEBUG is off")]
    django()
    assert told() == []


def test_threads_against_connections(django):
    """All threads of all processes may hold one; the database says how many it has, and is let go."""
    database = Connection("postgresql", 100)
    django({"default": database})
    assert told(threads=20, workers=4)[0][0] == "ok"
    assert told(threads=40, workers=4) == [
        ("warning", "4 x 40 threads may hold 160 connections, of 100 that database default has")
    ]
    assert database.closed


def test_some_connections_are_for_others():
    """Eight tenths are enough for one service."""
    options = ServeOptions(threads=80)
    assert enough_connections("x", 100, options).level == "ok"
    assert enough_connections("x", 99, options).level == "warning"


def test_a_database_that_has_no_such_bound(django):
    """SQLite answers, and that is all."""
    django({"default": Connection("sqlite", 1)})
    assert told() == [("ok", "database default answers (sqlite)")]


def test_a_database_that_does_not_answer(django, monkeypatch):
    """Whatever its driver raises; and one that takes too long."""
    django({"default": Connection("postgresql", OSError("connection refused"))})
    assert told() == [("error", "database default does not answer: OSError: connection refused")]
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    django({"default": Connection("postgresql", 100)})
    assert told() == [("error", "database default does not answer: no answer in 0 s")]

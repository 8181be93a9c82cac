"""Django's connections of a thread, with stand-ins for Django; strand_django.py has the real one."""

import sys
from types import SimpleNamespace

import pytest

from interfaces.shared import connections


class Connection:
    """What is looked at of a database connection, and what is done to it."""

    def __init__(self, alias="a", **differs):
        self.alias, self.done = alias, []
        self.connection = object()
        self.allow_thread_sharing = self.in_atomic_block = False
        self.autocommit = True
        self.settings_dict = {"AUTOCOMMIT": True}
        self.__dict__.update(differs)

    def close(self):
        self.done.append("close")

    def close_if_unusable_or_obsolete(self):
        if not self.in_atomic_block:
            self.done.append("close old")


class Handler(dict):
    """``django.db.connections``: the initialized ones, by alias."""

    def all(self, initialized_only):
        assert initialized_only
        return list(self.values())


@pytest.fixture
def django(monkeypatch):
    """Load a Django with these connections."""

    def load(*open_here, configured=True):
        handler = Handler({connection.alias: connection for connection in open_here})
        conf = SimpleNamespace(settings=SimpleNamespace(configured=configured))
        monkeypatch.setitem(sys.modules, "django.conf", conf)
        monkeypatch.setitem(sys.modules, "django.db", SimpleNamespace(connections=handler))
        return handler

    return load


@pytest.mark.parametrize(
    ("differs", "left"),
    [
        ({}, "connection"),
        ({"connection": None}, "nothing"),
        ({"connection": None, "autocommit": False}, "nothing"),
        ({"in_atomic_block": True}, "transaction"),
        ({"autocommit": False}, "transaction"),
        ({"autocommit": False, "settings_dict": {"AUTOCOMMIT": False}}, "connection"),
        ({"in_atomic_block": True, "allow_thread_sharing": True}, "nothing"),
    ],
)
def test_what_is_left_is_what_is_open(django, differs, left):
    """A connection that was never used, or that a test lends, is nothing; no autocommit is a transaction."""
    django(Connection("b", **differs))
    assert connections.left() == left
    django(Connection("a"), Connection("b", **differs))
    assert connections.left() == ("transaction" if left == "transaction" else "connection")


def test_a_transaction_is_rolled_back_with_its_connection(django):
    """Closed in a block, it is of no more use: the next has a new one. Others are closed if they are old."""
    atomic, plain, lent = (
        Connection("a", in_atomic_block=True), Connection("b"), Connection("c", allow_thread_sharing=True)
    )  # fmt: skip
    handler = django(atomic, plain, lent)
    connections.put_away()
    assert (atomic.done, plain.done, lent.done) == (["close"], ["close old"], [])
    assert [*handler] == ["b", "c"]


def test_close_closes_all_but_what_is_lent(django):
    """The thread ends."""
    plain, lent = Connection("b"), Connection("c", allow_thread_sharing=True)
    django(plain, lent)
    connections.close()
    assert (plain.done, lent.done) == (["close"], [])


@pytest.mark.parametrize("result", [3, ZeroDivisionError])
def test_freshly_closes_old_connections_before_and_after(django, result):
    """The job finds none that the server has dropped meanwhile, and leaves none that is too old."""
    plain = Connection()
    django(plain)

    def job(value):
        plain.done.append("job")
        if value is ZeroDivisionError:
            raise value
        return value

    if result == 3:
        assert connections.freshly(job, result) == 3
    else:
        with pytest.raises(ZeroDivisionError):
            connections.freshly(job, result)
    assert plain.done == ["close old", "job", "close old"]


def test_without_django_there_is_nothing(django, monkeypatch):
    """Not loaded, loaded halfway by another thread, or loaded by a library and without settings."""
    django(Connection(), configured=False)
    assert connections.left() == "nothing"
    django(Connection())
    monkeypatch.setitem(sys.modules, "django.db", SimpleNamespace())
    assert connections.left() == "nothing"
    monkeypatch.delitem(sys.modules, "django.db")
    assert connections.left() == "nothing"
    assert connections.freshly(int, "3") == 3

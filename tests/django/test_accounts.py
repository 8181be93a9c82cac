"""Accounts and the links that bind them, with SQLite and with PostgreSQL."""

from tests.django.test_project import manage

ALL = "Ran 21 tests"


def test_on_sqlite(tmp_path):
    """What proj/check_accounts.py proves, with a database file: a connection a thread."""
    files = {"PROJ_TEST_DB": str(tmp_path / "test.sqlite3"), "PROJ_ADMIN": "1"}
    done = manage("test", "proj", "--pattern", "check_accounts.py", **files)
    assert done.returncode == 0, done.stderr
    assert ALL in done.stderr


def test_on_postgresql(postgres):
    """The races, where rows are locked and not the whole database."""
    done = manage("test", "proj", "--pattern", "check_accounts.py", PROJ_POSTGRES=postgres, PROJ_ADMIN="1")
    assert done.returncode == 0, done.stderr
    assert ALL in done.stderr

"""The inbox, on SQLite and on PostgreSQL."""

from tests.django.test_project import manage

ALL = "Ran 30 tests"


def test_on_sqlite(tmp_path):
    """What proj/check_inbox.py proves, with a database file: a connection a thread."""
    files = {"PROJ_TEST_DB": str(tmp_path / "test.sqlite3"), "PROJ_OTHER": str(tmp_path / "other.sqlite3")}
    done = manage("test", "proj", "--pattern", "check_inbox.py", **files)
    assert done.returncode == 0, done.stderr
    assert ALL in done.stderr


def test_on_postgresql(postgres, tmp_path):
    """The same, where others wait for a row and not for the whole database."""
    files = {"PROJ_POSTGRES": postgres, "PROJ_OTHER": str(tmp_path / "other.sqlite3")}
    done = manage("test", "proj", "--pattern", "check_inbox.py", **files)
    assert done.returncode == 0, done.stderr
    assert ALL in done.stderr

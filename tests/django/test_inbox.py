"""The inbox, on SQLite and on PostgreSQL."""

from tests.django.test_project import manage


def test_on_sqlite(tmp_path):
    """What proj/check_inbox.py proves, with a database file: a connection a thread."""
    done = manage("test", "proj", "--pattern", "check_inbox.py", PROJ_TEST_DB=str(tmp_path / "test.sqlite3"))
    assert done.returncode == 0, done.stderr
    assert "Ran 16 tests" in done.stderr


def test_on_postgresql(postgres):
    """The same, where others wait for a row and not for the whole database."""
    done = manage("test", "proj", "--pattern", "check_inbox.py", PROJ_POSTGRES=postgres)
    assert done.returncode == 0, done.stderr
    assert "Ran 16 tests" in done.stderr

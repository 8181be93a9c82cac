"""The log of mail, on SQLite and on PostgreSQL."""

from tests.django.test_project import manage

ALL = "Ran 26 tests"


def test_on_sqlite(tmp_path):
    """What proj/check_log_*.py prove, with a database file: a connection a thread."""
    done = manage("test", "proj", "--pattern", "check_log_*.py", PROJ_TEST_DB=str(tmp_path / "test.sqlite3"))
    assert done.returncode == 0, done.stderr
    assert ALL in done.stderr


def test_on_postgresql(postgres):
    """The same, where texts are checked and rows are locked."""
    done = manage("test", "proj", "--pattern", "check_log_*.py", PROJ_POSTGRES=postgres)
    assert done.returncode == 0, done.stderr
    assert ALL in done.stderr

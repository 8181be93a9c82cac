"""Sends on commit and the outbox, on SQLite and on PostgreSQL."""

import pytest

from tests.django.test_project import manage

ALL = "Ran 21 tests"


def test_on_sqlite(tmp_path):
    """What proj/check_sends.py proves, with a database file."""
    files = {"PROJ_TEST_DB": str(tmp_path / "test.sqlite3"), "PROJ_OTHER": str(tmp_path / "other.sqlite3")}
    done = manage("test", "proj", "--pattern", "check_sends.py", **files)
    assert done.returncode == 0, done.stderr
    assert ALL in done.stderr


def test_on_postgresql(postgres, tmp_path):
    """The same, where the relay locks the rows that it sends."""
    files = {"PROJ_POSTGRES": postgres, "PROJ_OTHER": str(tmp_path / "other.sqlite3")}
    done = manage("test", "proj", "--pattern", "check_sends.py", **files)
    assert done.returncode == 0, done.stderr
    assert ALL in done.stderr


@pytest.mark.parametrize(("arguments", "words"), [(["--layer", "other"], "CHANNEL_LAYERS has no 'other'")])
def test_the_relays_mistakes_are_one_line(arguments, words):
    """The command ends with 2 and says what is missing."""
    done = manage("interfaces_outbox", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1

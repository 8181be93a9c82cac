"""Mail with Django: who logs in, and what is sent by the channel."""

from tests.django.test_project import manage


def test_on_sqlite(tmp_path):
    """What proj/check_mail.py and proj/check_mail_backend.py prove."""
    done = manage("test", "proj", "--pattern", "check_mail*.py", PROJ_TEST_DB=str(tmp_path / "test.sqlite3"))
    assert done.returncode == 0, done.stderr
    assert "Ran 6 tests" in done.stderr

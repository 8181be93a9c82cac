"""What Django sends by the channel, and by the outbox."""

from tests.django.test_project import manage


def test_on_sqlite(tmp_path):
    """What proj/check_mail_backend.py proves."""
    done = manage(
        "test", "proj", "--pattern", "check_mail_backend.py", PROJ_TEST_DB=str(tmp_path / "test.sqlite3")
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 5 tests" in done.stderr

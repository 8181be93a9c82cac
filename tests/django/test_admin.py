"""The admin of the log of mail."""

from tests.django.test_project import manage


def test_the_suite_passes(tmp_path):
    """What proj/check_admin.py proves, with the admin installed; elsewhere nothing needs it."""
    files = {"PROJ_TEST_DB": str(tmp_path / "test.sqlite3"), "PROJ_ADMIN": "1"}
    done = manage("test", "proj", "--pattern", "check_admin.py", **files)
    assert done.returncode == 0, done.stderr
    assert "Ran 8 tests" in done.stderr

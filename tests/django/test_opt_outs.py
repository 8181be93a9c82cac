"""Opt-outs from short messages in Django's database."""

from tests.django.test_project import manage


def test_the_suite_passes(tmp_path):
    """What proj/check_opt_outs.py proves, with a database file: a connection a thread."""
    files = {"PROJ_TEST_DB": str(tmp_path / "test.sqlite3"), "PROJ_ADMIN": "1"}
    done = manage("test", "proj", "--pattern", "check_opt_outs.py", **files)
    assert done.returncode == 0, done.stderr
    assert "Ran 5 tests" in done.stderr

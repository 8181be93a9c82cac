"""Slack's installations in Django's database."""

from tests.django.test_project import manage


def test_the_suite_passes():
    """What proj/check_slack_store.py proves, with the admin installed."""
    done = manage("test", "proj", "--pattern", "check_slack_store.py", PROJ_ADMIN="1")
    assert done.returncode == 0, done.stderr
    assert "Ran 17 tests" in done.stderr

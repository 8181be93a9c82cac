"""Mail that goes out by a backend of Django's."""

import os
import subprocess
import sys

from tests.django.test_project import manage
from tests.process.server import ROOT


def test_by_its_backends(tmp_path):
    """What proj/check_transport.py proves."""
    done = manage(
        "test", "proj", "--pattern", "check_transport.py", PROJ_TEST_DB=str(tmp_path / "test.sqlite3")
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 10 tests" in done.stderr


def test_without_settings_it_is_a_wrong_configuration():
    """One line, which says what is missing."""
    code = "from interfaces.email.sending.transports.opening import transport as t; t('django:', host='h')"
    clean = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=clean, check=False
    )
    assert done.stderr.splitlines()[-1].startswith(
        "interfaces.shared.errors.ConfigError: --email-send django:: Requested setting EMAIL_BACKEND"
    )

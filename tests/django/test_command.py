"""``manage.py interfaces``."""

import re
import signal
import subprocess
import sys
import urllib.request

from tests.django.test_project import PROJECT, ROOT, manage


def test_the_settings_are_behind_the_command_line():
    """ASGI_APPLICATION is the application; a flag wins over the setting, that over a default."""
    done = manage("interfaces", "config", "show", "--origin", "http", "--http-max-headers", "50")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert 'app = "proj.asgi:application"  # settings.ASGI_APPLICATION' in lines
    assert "max_body = 1000  # settings.INTERFACES: http.max_body" in lines
    assert "max_headers = 50  # --http-max-headers" in lines


def test_an_own_application_wins():
    """--app is served in place of ASGI_APPLICATION, and a variable wins over the setting."""
    done = manage(
        "interfaces",
        "check",
        "http",
        "--app",
        "proj.asgi:http",
        "--bind",
        "127.0.0.1:0",
        INTERFACES_HTTP_MAX_BODY="7",
    )
    assert done.returncode == 0, done.stderr
    assert "http.max_body from INTERFACES_HTTP_MAX_BODY" in done.stdout
    assert "proj.asgi:http" in done.stdout


def test_djangos_flags_may_stand_anywhere():
    """manage.py has read --settings by then; the command line is not told of it."""
    done = manage("interfaces", "check", "http", "--bind", "127.0.0.1:0", "--settings", "proj.settings")
    assert done.returncode == 0, done.stderr


def test_mistakes_are_one_line():
    """A key of the setting that is no option, a missing application and a wrong command end with 2."""
    for arguments, environ, words in [
        (["check", "http"], {"PROJ_INTERFACES": '{"http": {"max_bodi": 1}}'}, "settings.INTERFACES"),
        (["check", "http"], {"PROJ_APPLICATION": ""}, "ASGI_APPLICATION"),
        (["serf", "http"], {}, "did you mean serve?"),
    ]:
        done = manage("interfaces", *arguments, **environ)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert words in done.stderr


def test_it_serves():
    """The project answers, and SIGTERM ends it with 0."""
    command = [
        sys.executable,
        "-W",
        "error",
        "manage.py",
        "interfaces",
        "serve",
        "http",
        "ws",
        "--bind",
        "127.0.0.1:0",
    ]
    with subprocess.Popen(
        command, cwd=PROJECT, env={"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True
    ) as process:
        where = re.search(r"http ws on (\S+) for proj", process.stderr.readline())[1]
        with urllib.request.urlopen(f"http://{where}/server/", timeout=10) as answer:
            assert answer.read() == b"ASGIRequest in a loop"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0

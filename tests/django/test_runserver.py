"""``manage.py runserver`` as a developer uses it."""

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from websockets.sync.client import connect

from tests.django.test_project import PROJECT, ROOT, manage

HEARING = ["env", "--default-signal=INT"]
"""A shell's background job ignores SIGINT, and all that it starts."""


@contextmanager
def runserver(*arguments, project=PROJECT, **environ):
    """A development server on a port of its own: (process, address); its output is in ``process.said``."""
    process = subprocess.Popen(
        [*HEARING, sys.executable, "-W", "error", "manage.py", "runserver", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    process.said = []
    try:
        yield process, address(process)
    finally:
        process.terminate()
        process.said += process.stdout.readlines()
        process.wait(10)
        process.stdout.close()


def address(process):
    """Read output until it says where it listens."""
    for line in process.stdout:
        process.said.append(line)
        if found := re.search(r"server at http://(\S+)/", line):
            return found[1]
    raise AssertionError("".join(process.said))


def get(where, path):
    """Status and text of an answer."""
    try:
        with urllib.request.urlopen(f"http://{where}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_http_websockets_and_static_files(number):
    """All on one port, a line a request, until Ctrl+C or SIGTERM ends it well."""
    with runserver("0", "--noreload") as (process, where):
        assert get(where, "/server/") == (200, "ASGIRequest in a loop")
        assert get(where, "/static/proj/hello.txt") == (200, "static says hello\n")
        with connect(f"ws://{where}/ws/echo/") as websocket:
            assert "user" in websocket.recv()
            process.send_signal(number)
            assert process.wait(10) == 0
    said = "".join(process.said)
    assert '"GET /server/ HTTP/1.1" 200' in said
    assert "System check identified no issues" in said
    assert "unapplied migration" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("flags", "environ", "status"),
    [(["--nostatic"], {}, 404), ([], {"PROJ_DEBUG": "0"}, 404), (["--insecure"], {"PROJ_DEBUG": "0"}, 200)],
)
def test_static_files_are_for_debugging(flags, environ, status):
    """They are not served with --nostatic, nor without DEBUG unless --insecure insists."""
    with runserver("0", "--noreload", *flags, **environ) as (_, where):
        assert get(where, "/static/proj/hello.txt")[0] == status


def test_djangos_own_server_is_still_there():
    """--noasgi serves WSGI_APPLICATION."""
    with runserver("0", "--noreload", "--noasgi") as (_, where):
        assert get(where, "/server/") == (200, "WSGIRequest in a loop")
        assert get(where, "/static/proj/hello.txt")[0] == 200


def test_ipv6_has_brackets():
    """The address is understood, and printed, as Django does."""
    if not socket.has_ipv6:
        pytest.skip("needs IPv6 on this machine")
    with runserver("[::1]:0", "--noreload") as (_, where):
        assert where.startswith("[::1]:")
        assert get(where, "/server/")[0] == 200


def test_a_port_in_use_is_said_in_one_line():
    """Django's words, and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = manage("runserver", str(taken.getsockname()[1]), "--noreload")
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Error: That port is already in use."]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PROJ_APPLICATION": ""}, "ASGI_APPLICATION"),
        ({"PROJ_INTERFACES": '{"http": {"header_timeot": 5}}'}, "header_timeout"),
        ({"INTERFACES_HTTP_MAX_BODY": "much"}, "INTERFACES_HTTP_MAX_BODY"),
    ],
)
def test_a_wrong_configuration_is_said_in_one_line(environ, words):
    """What is wrong, before anything is served."""
    done = manage("runserver", "0", "--noreload", **environ)
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert words in done.stderr


@contextmanager
def touched(path):
    """``path`` is newer every three seconds: the reloader counts only changes after it has first seen a file."""
    enough = threading.Event()

    def touch():
        for turn in itertools.count(1):
            os.utime(path, (time.time() + 5 * turn,) * 2)
            if enough.wait(3):
                return

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


def test_a_change_is_served(tmp_path):
    """Django's reloader starts the server again when a file of the project changes."""
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    urls = project / "proj" / "urls.py"
    with runserver("127.0.0.1:0", project=project) as (process, where):
        assert get(where, "/server/") == (200, "ASGIRequest in a loop")
        urls.write_text(urls.read_text().replace(" in a loop", " again"))
        with touched(urls):
            again = address(process)
        try:
            answer = get(again, "/server/")
        except OSError:  # touched once more than was needed: it starts again
            answer = get(address(process), "/server/")
        assert answer == (200, "ASGIRequest again")

"""The demo on our own server."""

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.demo.server import ROOT, demo, visitor


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    """HOST:PORT of a demo for the tests of this file."""
    with demo(tmp_path_factory.mktemp("demo")) as where:
        yield where


def get(where, path, **headers):
    """Status, headers and text of an answer."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"http://{where}{path}", headers=headers), timeout=10
        ) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read().decode()


def test_the_first_address_leads_to_the_desk(where):
    """``/`` ends at a page whose policy allows nothing from elsewhere and nothing inline."""
    status, headers, page = get(where, "/")
    assert status == 200
    assert "#desk" in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "<script>" not in page
    assert "style=" not in page
    assert "http" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("chat.css", "text/css"),
        ("chat.js", "javascript"),
        ("icon.svg", "image/svg+xml"),
        ("view.js", "javascript"),
    ],
)
def test_its_files_are_served(where, path, kind):
    """With the types that browsers insist on."""
    status, headers, _ = get(where, f"/static/demo/{path}")
    assert status == 200
    assert kind in headers["Content-Type"]


@pytest.mark.parametrize(
    "path",
    ["/r/Upper/", "/r/-x/", f"/r/{'x' * 33}/", "/r/a%2F..%2Fb/", "/static/demo/../settings.py", "/nothing/"],
)
def test_other_addresses_are_not_found(where, path):
    """Neither rooms that may not be called so, nor files outside of the static ones."""
    assert get(where, path)[0] == 404


def test_a_foreign_host_is_refused(where):
    """Names that do not lead to this machine are refused, so that no other site can point its name here."""
    assert get(where, "/r/desk/", Host="evil.example")[0] == 400


def test_two_sockets_talk(where):
    """What one says the other hears, and the list of rooms counts both."""
    with visitor(where, "ada", "talk") as (put, _), visitor(where, "bob", "talk") as (_, heard):
        put(type="say", key="key-0001", text="hello")
        assert heard("message")["text"] == "hello"
        assert {"slug": "talk", "people": 2, "subject": None} in json.loads(get(where, "/rooms/")[2])["rooms"]


@pytest.mark.parametrize(
    ("path", "origin", "statuses"),
    [
        ("/ws/desk/", "http://evil.example", (403,)),
        ("/ws/Upper/", None, (403, 404)),
        ("/nothing/", None, (403, 404)),
    ],
)
def test_sockets_are_for_its_own_pages_and_rooms(where, path, origin, statuses):
    """Another site's page gets no socket, and there is none outside of a room."""
    with (
        pytest.raises(InvalidStatus) as caught,
        connect(f"ws://{where}{path}", origin=origin or f"http://{where}"),
    ):
        pass
    assert caught.value.response.status_code in statuses


def refused(*arguments):
    """The one line of a demo that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "interfaces", "demo", "--console", "", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def test_a_directory_that_cannot_be_is_said_in_one_line(tmp_path):
    """Its name, the reason and the option; exit code 2."""
    (tmp_path / "file").touch()
    said = refused("--state", tmp_path / "file" / "desk", "--port-base", 0)
    assert f"{tmp_path}/file/desk: Not a directory; --state" in said


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path):
    """The address, here of a fake's, and the option that moves all of them."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("--state", tmp_path, "--port-base", port - 3)
    assert f"127.0.0.1:{port}" in said
    assert "--port-base 9000 moves all ports" in said


def test_one_demo_has_its_directory_and_history_to_itself(tmp_path):
    """A second one is told so in one line; a new process knows what was said, and that nobody is there any more.

    What else is in the directory stays when --fresh empties it.
    """
    (tmp_path / "mine").touch()
    with demo(tmp_path) as where, visitor(where) as (put, get_frame):
        put(type="say", key="key-0001", text="remember me")
        get_frame("message")
        assert "runs in" in refused("--state", tmp_path, "--port-base", 0, "--fresh")
    with demo(tmp_path) as where:
        rooms = [{"slug": "desk", "people": 0, "subject": None}]
        assert json.loads(get(where, "/rooms/")[2])["rooms"] == rooms
        with visitor(where) as (put, get_frame):
            put(type="history", after=0)
            assert [message["text"] for message in get_frame("history")["messages"]] == ["remember me"]
    with demo(tmp_path, "--fresh") as where:
        assert json.loads(get(where, "/rooms/")[2])["rooms"] == []
    assert (tmp_path / "mine").exists()

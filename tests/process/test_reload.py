"""``--reload``: a change starts the application again, a mistake waits for the next change."""

import signal
import sys
import threading
from pathlib import Path

from tests.process.server import Server, until

APP = """
async def application(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("only http")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ANSWER"})
"""


class Reloaded(Server):
    """A server with --reload for ``project/site.py``."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.project = directory / "project"
        self.project.mkdir()
        self.write("one")
        super().__init__(directory, "--reload", "--app-dir", str(self.project), *arguments, app="website")

    def write(self, answer: str, name: str = "website.py") -> None:
        """Change the application, or put its code elsewhere."""
        path = self.project / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(APP.replace("ANSWER", answer))

    def answers(self, text: str) -> None:
        """Wait until it answers ``text``; fails when a connection is refused or cut meanwhile."""

        def same() -> bool:
            status, body = self.get("/")
            assert status == 200
            return body == text

        until(same)


def test_a_change_starts_again_and_refuses_nobody(tmp_path: Path) -> None:
    """After a save the new code answers; connections in between wait; the banner is printed once."""
    with Reloaded(tmp_path) as server:
        server.answers("one")
        server.write("two")
        server.answers("two")
        server.wait_for(r"website\.py changed: starting again")
        assert server.said.count("http ws on") == 1
        server.signal(signal.SIGTERM)
        assert server.ended() == 0
        assert server.said.endswith("interfaces: stopped\n")


def test_a_mistake_waits_for_the_next_change(tmp_path: Path) -> None:
    """A syntax error is shown with the user's line; a browser waits until it is mended, and is answered."""
    with Reloaded(tmp_path) as server:
        server.answers("one")
        (server.project / "website.py").write_text("def broken(:\n")
        server.wait_for("waiting for a change")
        assert "importing website failed" in server.said
        assert "def broken(:" in server.said
        assert "interfaces/runner" not in server.said
        answers: list[tuple[int, str]] = []
        thread = threading.Thread(target=lambda: answers.append(server.get("/")))
        thread.start()
        server.write("mended")
        thread.join()
        assert answers == [(200, "mended")]


def test_an_error_at_the_first_start_waits_too(tmp_path: Path) -> None:
    """The application may be broken when the day begins."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "website.py").write_text("1 / 0\n")
    with Server(tmp_path, "--reload", "--app-dir", str(project), app="website") as server:
        server.wait_for("ZeroDivisionError: division by zero")
        server.wait_for("waiting for a change")
        (project / "website.py").write_text(APP)
        assert server.get("/") == (200, "ANSWER")


def test_the_operators_mistake_ends_it(tmp_path: Path) -> None:
    """No save mends --app nowhere: code 2 and one line."""
    with Server(tmp_path, "--reload", app="nowhere") as server:
        assert server.ended() == 2
        assert server.said.count("\n") == 1
        assert "no module named nowhere" in server.said


def test_what_nobody_edits_is_not_watched(tmp_path: Path) -> None:
    """Files of other kinds, caches, repositories and virtual environments start nothing again."""
    with Reloaded(tmp_path) as server:
        (server.project / "env").mkdir()
        (server.project / "env" / "pyvenv.cfg").touch()
        server.answers("one")
        for name in (".git/a.py", "__pycache__/a.py", "node_modules/a.py", "env/a.py", "notes.txt"):
            server.write("x", name)
        server.write("y", "other.py")
        server.wait_for("changed: starting again")
        assert "other.py changed: starting again" in server.said


def test_an_application_that_ended_by_itself_waits_for_a_change(tmp_path: Path) -> None:
    """A process that died is told of, and not started in a loop."""
    with Reloaded(tmp_path) as server:
        server.answers("one")
        (server.project / "website.py").write_text("import os\nos._exit(7)\n")
        server.wait_for("the process ended with code 7: waiting for a change")
        server.write("again")
        server.answers("again")


def test_interfaces_dev_reloads(tmp_path: Path) -> None:
    """``interfaces dev`` is serve with --reload."""
    (tmp_path / "website.py").write_text(APP)
    command = [sys.executable, "-m", "interfaces", "dev", "--app", "website", "--bind", "127.0.0.1:0"]
    with Server(tmp_path, command=command) as server:
        assert server.get("/") == (200, "ANSWER")
        (tmp_path / "website.py").write_text(APP.replace("ANSWER", "new"))
        until(lambda: server.get("/") == (200, "new"))

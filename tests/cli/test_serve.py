"""``serve`` and ``dev``: what they hand to the runner, and a process from start to drain."""

import http.client
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from interfaces.cli import serve
from tests.cli.conftest import Cli

APP = """
async def application(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("not here")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})
"""


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the runner was handed, each time."""
    calls: list[dict[str, Any]] = []

    def run(app: Any, chosen: Any, options: Any, **more: Any) -> int:
        calls.append({"app": app, "chosen": chosen, "options": options, **more})
        return 0

    monkeypatch.setattr(serve, "run", run)
    return calls


@pytest.mark.usefixtures("restored_logging")
def test_serve_hands_everything_to_the_runner(cli: Cli, handed: list[dict[str, Any]]) -> None:
    """The application, the interfaces, the options and where access lines go reach the runner."""
    assert cli("serve", "http", "ws", "--app", "cliproject", "--access-log").code == 0
    (call,) = handed
    assert call["app"] is sys.modules["cliproject"].application
    assert [names for _, names in call["chosen"]] == [("http", "ws")]
    assert call["app_name"] == "cliproject"
    assert call["telemetry"].access is not None


@pytest.mark.usefixtures("restored_logging")
def test_without_access_lines_nothing_is_called(cli: Cli, handed: list[dict[str, Any]]) -> None:
    """--no-access-log leaves no function to call for every request."""
    cli("serve", "http", "--app", "cliproject", "--no-access-log")
    assert handed[0]["telemetry"].access is None


def test_an_application_that_raises_is_exit_code_1(cli: Cli, project: Path) -> None:
    """The application's own mistake is shown with its frames, and is not the operator's."""
    (project / "cliproject.py").write_text("1 / 0\n")
    code, _, err = cli("serve", "http", "--app", "cliproject")
    assert code == 1
    assert err.startswith("interfaces: importing cliproject failed:\n  File ")
    assert err.endswith("ZeroDivisionError: division by zero\n")


def test_a_process_from_start_to_drain(project: Path) -> None:
    """A served request, a SIGTERM, exit code 0, one access line on stdout and no traceback."""
    (project / "cliproject.py").write_text(APP)
    command = [sys.executable, "-m", "interfaces", "serve", "http", "--app", "cliproject", "--access-log"]
    with subprocess.Popen(
        [*command, "--bind", "127.0.0.1:0", "--app-dir", project],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    ) as process:  # fmt: skip
        try:
            assert process.stderr is not None
            port = process.stderr.readline().split("127.0.0.1:")[1].split()[0]
            connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
            connection.request("GET", "/x")
            assert connection.getresponse().read() == b"hi"
            connection.close()
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0
    assert '"GET /x HTTP/1.1" 200 2 B' in out
    assert "Traceback" not in err

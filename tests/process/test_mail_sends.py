"""Mail out of processes: from scopes that workers run, to senders elsewhere, and how it is told at the start."""

import shutil
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interfaces.layers.embedded import Embedded
from tests.process.server import ROOT, Server, until

PYTHON = [sys.executable, "-m", "interfaces"]
RECEIVE = ["--email-bind", "127.0.0.1:0", "--email-hostname", "mx.example.org"]
SEND = ["--email-bind", "", "--email-hostname", "mx.example.org"]
MESSAGE = "From: me@example.org\nSubject: Help\n\nText\n"


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """A private broker that keeps what it has."""
    with Embedded(appendonly=True, fsync=True) as server:
        yield server.url


def process(directory: Path, name: str, *command: str) -> Server:
    """A process with a folder of its own."""
    (directory / name).mkdir()
    return Server(directory / name, command=[*PYTHON, *command])


def sent(folder: Path) -> list[str]:
    """The messages that were delivered."""
    return [file.read_text() for file in (folder / "new").glob("*")]


def write_to(server: Server) -> None:
    """Send it a message, which it takes."""
    port = int(server.wait_for(r"email on 127\.0\.0\.1:(\d+)")[1])
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        assert client.sendmail("me@example.org", ["desk@example.org"], MESSAGE) == {}


@pytest.mark.parametrize("app", ["consumer", "functions"])
def test_a_worker_answers_through_a_sender_elsewhere(tmp_path: Path, broker: str, app: str) -> None:
    """Three processes: who receives, who runs the application, and who sends; the answer is in the thread."""
    layer = ["--layer", f"{broker}?prefix={tmp_path.name}"]
    folder = tmp_path / "sent"
    receiver = process(tmp_path, "receiver", "serve", "email", *RECEIVE, *layer)
    worker = process(tmp_path, "worker", "worker", "--app", f"tests.process.desk_app:{app}", *layer)
    sender = process(
        tmp_path, "sender", "serve", "email", *SEND, *layer, "--email-send", f"maildir://{folder}"
    )
    with receiver, worker, sender:
        sender.wait_for("email.send by maildir:.*, waiting in a durable queue: host-crash")
        worker.wait_for(", pid ")
        write_to(receiver)
        until(lambda: sent(folder))
        for one in (receiver, worker, sender):
            one.signal(signal.SIGTERM)
        assert [one.ended(40) for one in (receiver, worker, sender)] == [0, 0, 0]
        assert "Traceback" not in receiver.said + worker.said + sender.said
    (answer,) = sent(folder)
    assert "To: me@example.org\n" in answer and "Subject: Re: Help\n" in answer


def test_one_process_without_a_layer(tmp_path: Path) -> None:
    """It receives, answers and sends; that what waits is in memory is said at the start."""
    folder = tmp_path / "sent"
    server = process(
        tmp_path, "one", "serve", "email", "--app", "tests.process.desk_app:consumer", *RECEIVE,
        "--email-send", f"maildir://{folder}",
    )  # fmt: skip
    with server:
        server.wait_for("email.send by maildir:.*, waiting in memory: what waits")
        write_to(server)
        assert len(sent(folder)) == 1
        server.signal(signal.SIGTERM)
        assert server.ended() == 0


def test_a_spool_keeps_what_waits(tmp_path: Path) -> None:
    """What could not be sent yet a successor of a server that is killed sends; a second one is refused in one line."""
    folder = tmp_path / "sent"
    words = ["serve", "email", "--app", "tests.process.desk_app:later", *RECEIVE]
    words += [
        "--email-send",
        f"maildir://{folder}",
        "--email-send-spool",
        str(tmp_path / "spool"),
        "--layer",
        "local:",
    ]
    with process(tmp_path, "first", *words) as server:
        server.wait_for("waiting in a spool .*: ")
        done = subprocess.run([*PYTHON, *words], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert "spool" in done.stderr
        shutil.rmtree(folder, ignore_errors=True)
        folder.touch()  # so that nothing can be delivered there
        write_to(server)
    folder.unlink()
    with process(tmp_path, "second", *words) as server:
        until(lambda: sent(folder))
        server.signal(signal.SIGTERM)
        assert server.ended() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--email-send", "smpt://relay"], "smtp:"),
        (["--email-send", "smtp://user:secret@relay:no"], "--email-send smtp://user:***@relay:no"),
        (["--email-send", "memory:", "--email-send-dkim", "example.org:x:/nowhere.pem"], "/nowhere.pem"),
        (["--email-send", "memory:", "--email-bounce-key", "short"], "--email-bounce-key"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    """What is wrong and where, without what is secret; exit code 2."""
    command = [
        *PYTHON,
        "serve",
        "email",
        "--app",
        "tests.process.desk_app:consumer",
        "--email-bind",
        "127.0.0.1:0",
    ]
    done = subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert said in line
    assert "secret" not in line

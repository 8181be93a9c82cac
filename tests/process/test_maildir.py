"""`interfaces serve email --email-maildir …`: killed, two at once, and 25 MB."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.server import ROOT, Server, until

APP = "tests.process.webhook_app:application"
SERVE = [sys.executable, "-m", "interfaces", "serve", "email", "--app", APP, "--no-access-log"]
WATCH = ["--email-bind", "127.0.0.1:0", "--email-maildir-interval", "0.05"]


def maildir(folder: Path, count: int = 0, to: str = "accept@b.example") -> Path:
    """A Maildir with so many new messages."""
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        put(folder, f"{number}.x", f"Delivered-To: {to}\nSubject: n{number}\n\n".encode())
    return folder


def put(folder: Path, name: str, content: bytes) -> None:
    """Deliver one as a program does: written in tmp/, moved to new/."""
    (folder / "tmp" / name).write_bytes(content)
    (folder / "tmp" / name).rename(folder / "new" / name)


def subjects(*folders: Path) -> list[str]:
    """What the applications were given."""
    files = [folder / "subjects" for folder in folders if (folder / "subjects").exists()]
    return [line.split()[1] for file in files for line in file.read_text().splitlines()]


def test_messages_are_delivered_while_it_runs(tmp_path: Path) -> None:
    """Those that are there, and those that come; 25 MB too; refused ones into a folder; SIGTERM ends it with 0."""
    folder = maildir(tmp_path / "mail", 5)
    with Server(tmp_path, command=[*SERVE, *WATCH, "--email-maildir", str(folder)]) as server:
        until(lambda: len(subjects(tmp_path)) == 5)
        put(
            folder,
            "large",
            b"Delivered-To: accept@b.example\nSubject: large\n\n" + b"0123456789abcde\n" * 1_600_000,
        )
        put(folder, "no", b"Delivered-To: reject@b.example\nSubject: no\n\n")
        put(folder, "later", b"Delivered-To: defer@b.example\nSubject: later\n\n")
        until(
            lambda: (
                len(list((folder / "cur").iterdir())) == 6 and len(list((folder / "later").iterdir())) == 1
            )
        )
        until(lambda: list((folder / ".Rejected/cur").iterdir()))
        server.signal(signal.SIGTERM)
        assert server.ended() == 0
    assert sorted(subjects(tmp_path)) == sorted([f"n{n}" for n in range(5)] + ["large", "no", "later"])
    assert not list((folder / "new").iterdir()) and not list((folder / "taken").iterdir())
    assert "Traceback" not in server.said


def test_two_containers_take_nothing_twice(tmp_path: Path) -> None:
    """Three hundred messages, each to one of them."""
    folder = maildir(tmp_path / "mail")
    places = [tmp_path / name for name in ("one", "two")]
    for place in places:
        place.mkdir()
    servers = [Server(place, command=[*SERVE, *WATCH, "--email-maildir", str(folder)]) for place in places]
    with servers[0], servers[1]:
        for server in servers:
            server.wait_for("email on ")
        maildir(folder, 300)
        until(lambda: len(list((folder / "cur").iterdir())) == 300, 60)
    assert sorted(subjects(*places)) == sorted(f"n{n}" for n in range(300))


def test_killed_at_random_it_loses_nothing(tmp_path: Path) -> None:
    """SIGKILL again and again: each message is in one of the places, and those that were begun are there to be done."""
    folder = maildir(tmp_path / "mail", 200)
    for _ in range(6):
        with Server(tmp_path, command=[*SERVE, *WATCH, "--email-maildir", str(folder)]) as server:
            before = len(subjects(tmp_path))
            server.wait_for("email on ")
            until(lambda seen=before: len(subjects(tmp_path)) > seen)
        kept = [path.name.rpartition("~")[2].partition(":")[0] for place in ("new", "taken", "later", "cur")
                for path in (folder / place).iterdir()]  # fmt: skip
        assert sorted(kept) == sorted(f"{n}.x" for n in range(200))
        if len(list((folder / "new").iterdir())) == 0:
            break
    done = {path.name.partition(":")[0] for path in (folder / "cur").iterdir()}
    assert {f"n{name.partition('.')[0]}" for name in done} <= set(subjects(tmp_path))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--email-maildir", "/nowhere"],
            "--email-maildir /nowhere: this is no Maildir, which has new/, cur/ and tmp/",
        ),
        (
            ["--email-maildir", "/tmp", "--email-maildir-to", "me"],
            "--email-maildir-to 'me': write an address",
        ),
        (["--email-maildir", "/tmp", "--email-maildir-accepted", "burn"], "expected one of keep, remove"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words: list[str], said: str) -> None:
    """And no traceback."""
    done = subprocess.run(
        [*SERVE, *WATCH, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr

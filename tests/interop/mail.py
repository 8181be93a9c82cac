"""A mail server of ours in a process of its own, and what came through it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.process.server import ROOT, Server, until

APP = "tests.interop.apps.mail_app:application"
MORE = f"/usr/sbin:{ROOT}/build/unpacked/usr/sbin:{ROOT}/build/unpacked/usr/bin"
"""Where servers of mail are, and what ./dev has unpacked."""


class MailServer(Server):
    """``with MailServer(tmp_path, …) as server``: SMTP on ``smtp``, LMTP on ``lmtp`` and on the socket ``path``.

    With ``--email-submission-bind 127.0.0.1:0``, ``submission`` is where users send.
    """

    def __init__(self, directory: Path, *arguments: str, app: str = APP) -> None:
        self.directory = directory
        self.path = directory / "lmtp"
        command = [
            sys.executable, "-m", "interfaces", "serve", "email", "--app", app, "--email-hostname", "mx.example",
            "--email-bind", "127.0.0.1:0", "--email-lmtp-bind", "127.0.0.1:0", "--email-lmtp-bind",
            f"unix:{self.path}", "--no-access-log",
        ]  # fmt: skip
        super().__init__(directory, *arguments, command=command)
        self._told = 0

    def _ports(self) -> list[int]:
        told = self.wait_for(r"email on (.+) for ")[1]
        return [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", told)]

    @property
    def smtp(self) -> int:
        """Where SMTP is served, when it is."""
        return self._ports()[0]

    @property
    def submission(self) -> int:
        """Where users send, when they can."""
        return self._ports()[1]

    @property
    def lmtp(self) -> int:
        """Where LMTP is served, when it is."""
        return self._ports()[-1]

    def mails(self, count: int, seconds: float = 30.0) -> list[dict[str, Any]]:
        """The next ``count`` messages, when they are there; fails when there are more."""

        def found() -> list[str]:
            file = self.directory / "mail.jsonl"
            lines = file.read_text().splitlines(keepends=True)[self._told :] if file.exists() else []
            whole = [line for line in lines if line.endswith("\n")]
            return whole if len(whole) >= count else []

        lines = until(found, seconds) if count else found()
        self._told += len(lines)
        assert len(lines) == count, f"{len(lines)} mails instead of {count}"
        return [json.loads(line) for line in lines]


def program(*names: str) -> str:
    """The first of these programs that is there; without any the test is skipped (with CI=true: fails)."""
    for name in names:
        found = shutil.which(name) or shutil.which(name, path=MORE)
        if found is not None:
            return found
    pytest.skip(f"{' or '.join(names)} is not installed")


def run(*words: Any, code: int = 0, timeout: float = 60.0, **options: Any) -> str:
    """What a program writes, stdout and stderr; it has to end with ``code``."""
    done = subprocess.run([*map(str, words)], capture_output=True, timeout=timeout, check=False, **options)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == code, f"{words[0]} ended with {done.returncode}:\n{said}"
    return said


def reachable(folder: Path) -> None:
    """Let every user go to ``folder``, which pytest made for one."""
    for place in [folder, *folder.parents]:
        if place.stat().st_uid == os.geteuid() and place != Path("/"):
            place.chmod(place.stat().st_mode | 0o111)

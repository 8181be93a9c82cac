"""A server in a process of its own, for tests: started, listened to, signalled and ended."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "interfaces", "serve", "http", "ws"]


def until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What ``condition`` gives as soon as that is true; fails after ``seconds``."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        time.sleep(0.01)


class Server:
    """``with Server(tmp_path, "--workers", "2") as server``; killed with all that it started when left."""

    def __init__(
        self, directory: Path, *arguments: str, app: str = "tests.process.app:application",
        command: list[str] = COMMAND, **options: Any,
    ) -> None:  # fmt: skip
        self.log = directory / "stderr"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("INTERFACES_")}
        env = {**clean, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **options.pop("env", {})}
        words = ["--app", app, "--bind", "127.0.0.1:0", "--no-access-log"] if command is COMMAND else []
        with self.log.open("w") as stderr:
            self.process = subprocess.Popen(
                [*command, *words, *arguments], stderr=stderr, stdout=subprocess.DEVNULL,
                cwd=directory, env=env, process_group=0, **options,
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        if kind is not None:
            print(self.said)

    @property
    def said(self) -> str:
        """All of its stderr until now."""
        return self.log.read_text()

    def wait_for(self, pattern: str, count: int = 1, seconds: float = 20.0) -> re.Match[str]:
        """The ``count``-th match of ``pattern`` in what it says, when it is there."""

        def found() -> re.Match[str] | None:
            matches = list(re.finditer(pattern, self.said))
            if len(matches) < count and self.process.poll() is not None:
                matches = list(re.finditer(pattern, self.said))
                assert len(matches) >= count, f"ended without {pattern!r}:\n{self.said}"
            return matches[count - 1] if len(matches) >= count else None

        match: re.Match[str] = until(found, seconds)
        return match

    @property
    def port(self) -> int:
        """Where HTTP is served, when it is."""
        return int(self.wait_for(r"http ws on 127\.0\.0\.1:(\d+)")[1])

    @property
    def ops(self) -> int:
        """Where the operations port is, when it is."""
        return int(self.wait_for(r"readyz on 127\.0\.0\.1:(\d+)")[1])

    def get(self, path: str, port: int | None = None, timeout: float = 20.0) -> tuple[int, str]:
        """Status and body; status 0 when the connection was refused or cut."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, not to those it started."""
        self.process.send_signal(number)

    def ended(self, seconds: float = 20.0) -> int:
        """Its exit code, when it has ended."""
        return self.process.wait(seconds)


def gone(pid: int) -> bool:
    """Whether the process ``pid`` has ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True

"""Reads what a documentation page says is to be run, and runs it.

A comment in front of a fenced block says what it is:

    <!-- file: NAME -->     the block is the file NAME
    <!-- run -->            a console block: each command after "$ " succeeds, and what follows is its output
    <!-- serve -->          a console block of commands that run until the page ends
    <!-- fails: N -->       as run, but the command ends with exit code N
    <!-- stop -->           what runs is ended (no block follows)

and ``<!-- check: … -->`` is Python that is run there and not shown. Ports 8000, 8025, 6667 and 8088 become free ones,
also where the server listens by default.
"""

import os
import random
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

__all__ = ["Page", "Step", "steps"]

STEP = re.compile(
    r"<!-- (?P<kind>file|run|serve|fails)(?:: (?P<what>[^\n]+?))? -->\n+```\w*[^\n]*\n(?P<text>.*?)```"
    r"|<!-- check:\n(?P<code>.*?)-->"
    r"|<!-- stop -->",
    re.DOTALL,
)
PORTS = {"8000": "HTTP", "8025": "EMAIL", "6667": "IRC", "8088": ""}
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: ``kind``, its argument, and the block's text."""

    kind: str
    what: str
    text: str


def steps(page: str) -> list[Step]:
    """What ``page`` wants done, in order."""
    return [
        Step("check", "", found["code"])
        if found["code"]
        else Step(found["kind"] or "stop", found["what"] or "", found["text"] or "")
        for found in STEP.finditer(page)
    ]


@dataclass(slots=True)
class Page:
    """Runs the steps of one page in a folder of its own."""

    folder: Path
    ports: dict[str, str] = field(default_factory=dict)
    """What stands for each port of the page."""
    stack: ExitStack = field(default_factory=ExitStack)

    def run(self, page: str) -> None:
        """Do it all; AssertionError for what is not as the page says."""
        for port in PORTS:
            self.ports[port] = free_port({*self.ports.values()})
        with self.stack:
            for step in steps(re.sub("|".join(PORTS), lambda found: self.ports[found[0]], page)):
                getattr(self, f"do_{step.kind}")(step)

    def do_file(self, step: Step) -> None:
        """Write the block down."""
        path = self.folder / step.what
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.text, encoding="utf-8")

    def do_run(self, step: Step, code: int = 0) -> None:
        """Run each command and look for the lines below it in its output."""
        for command, expected in commands(step.text):
            done = subprocess.run(
                command,
                shell=True,
                cwd=self.folder,
                env=self.environ(),
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
            said = done.stdout + done.stderr
            assert done.returncode == code, f"$ {command}\n{said}"
            for line in expected:
                assert line in said, f"$ {command}\nno {line!r} in\n{said}"

    def do_fails(self, step: Step) -> None:
        """Run a command that ends with an exit code of its own."""
        self.do_run(step, int(step.what))

    def do_serve(self, step: Step) -> None:
        """Start servers, each when the one before says that it is ready, or listens."""
        for number, (command, _) in enumerate(commands(step.text)):
            log = self.folder / f"server{number}.log"
            told = "interfaces" in command.split()  # one that says so is ready later than it listens
            ready = partial(said, log, ", pid ") if told else partial(listens, int(self.ports["8000"]))
            self.stack.enter_context(serving(command, log, ready, self.environ()))

    def do_stop(self, step: Step) -> None:
        """End what runs."""
        self.stack.close()

    def do_check(self, step: Step) -> None:
        """Run Python that looks whether it works."""
        words = [sys.executable, "-W", "error", "-c", step.text]
        done = subprocess.run(
            words, cwd=self.folder, env=self.environ(), capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def environ(self) -> dict[str, str]:
        """The environment with our programs first, and no option from outside but the port."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("INTERFACES_", "DJANGO_"))
        }
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        binds = {
            f"INTERFACES_{name}_BIND": f"127.0.0.1:{self.ports[port]}" for port, name in PORTS.items() if name
        }
        return {**kept, "PATH": path, "PYTHONPATH": "", **binds}


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block, with the lines that have to be in its output."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *lines = part.replace("\\\n", " ").splitlines()
        yield command, [line.strip() for line in lines if line.strip() and line.strip() != "…"]


def free_port(taken: set[str]) -> str:
    """A port that nobody listens on now, that the kernel gives nobody who asks for any, and that is none of these."""
    while True:
        port = random.randrange(20_000, 30_000)
        if str(port) in taken:
            continue
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return str(port)


@contextmanager
def serving(command: str, log: Path, ready: Callable[[], bool], environ: dict[str, str]) -> Iterator[None]:
    """A server that runs as long as the block, and ends with 0 on SIGTERM."""
    with log.open("wb") as out:
        process = subprocess.Popen(shlex.split(command), cwd=log.parent, env=environ, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            assert process.poll() is None, f"$ {command}\n{log.read_text(encoding='utf-8')}"
            assert time.monotonic() < deadline, (
                f"$ {command}\nis not there\n{log.read_text(encoding='utf-8')}"
            )
            time.sleep(0.05)
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, log.read_text(encoding="utf-8")
    finally:
        process.kill()
        process.wait()


def said(log: Path, text: str) -> bool:
    """Whether a server has said ``text``."""
    return text in log.read_text(encoding="utf-8")


def listens(port: int) -> bool:
    """Whether a connection is taken."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True

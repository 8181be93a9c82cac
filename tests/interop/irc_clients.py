"""IRC clients of other people, each in a process of its own: told what to do, and what they have shown.

Each is ``with Irssi(folder, port, "bob") as client``; it connects, registers and joins #lobby. ``say`` says something
there, ``shown`` is all that it has shown, ``quit`` ends it.
"""

import contextlib
import os
import pty
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.interop.mail import program, run
from tests.process.server import ROOT, until

CHANNEL = "#lobby"


@dataclass(frozen=True)
class Login:
    """TLS and SASL, of those that have it."""

    authority: Path
    account: str
    password: str


class Client:
    """What all of them have."""

    process: subprocess.Popen[bytes]
    joined = ""
    """What it shows once it is in the channel, where it would say nothing there before."""

    def __init__(self, folder: Path, port: int, nick: str, login: Login | None = None) -> None:
        self.folder, self.port, self.nick, self.login = folder, port, nick, login
        folder.mkdir(exist_ok=True)
        self.begin()

    def begin(self) -> None:
        """Start it."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait(10)
        if self.process.stdin:
            self.process.stdin.close()
        if kind is not None:
            print(f"{type(self).__name__} has shown:\n{self.shown}")

    def start(self, *words: Any, **options: Any) -> None:
        """Start its program, in a home of its own."""
        env = {
            **os.environ,
            "HOME": str(self.folder),
            "TERM": "xterm",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
        }
        options = {"stdin": subprocess.DEVNULL, **options}
        with (self.folder / "output").open("wb") as output:
            options = {"stdout": output, "stderr": output, **options}
            self.process = subprocess.Popen([*map(str, words)], cwd=self.folder, env=env, **options)

    def write(self, line: str) -> None:
        """A line to its standard input."""
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def say(self, text: str) -> None:
        """Say something in the channel."""
        self.write(text)

    def quit(self) -> None:
        """Leave the network."""
        raise NotImplementedError

    @property
    def shown(self) -> str:
        """What it has shown."""
        return (self.folder / "output").read_text(errors="replace")

    def shows(self, text: str) -> None:
        """Wait until it does."""
        until(lambda: text in self.shown, 10)


IRSSI = """
servers = ({{ address = "{host}"; chatnet = "ours"; port = "{port}"; autoconnect = "yes"; {more} }});
chatnets = {{ ours = {{ type = "IRC"; cmdmax = "100"; cmdspeed = "1"; {account} }}; }};
channels = ({{ name = "#lobby"; chatnet = "ours"; autojoin = "yes"; }});
settings = {{
  core = {{ real_name = "{nick}"; user_name = "{nick}"; nick = "{nick}"; }};
}};
logs = {{ "{folder}/log" = {{ auto_open = "yes"; level = "ALL"; }}; }};
"""


class Irssi(Client):
    """irssi, on a terminal: what we say is typed."""

    joined = "has joined"

    def begin(self) -> None:
        """Give it a configuration and a terminal."""
        host, more, account = "127.0.0.1", "", ""
        if self.login is not None:
            host, more = (
                "localhost",
                f'use_tls = "yes"; tls_verify = "yes"; tls_cafile = "{self.login.authority}";',
            )
            account = (
                f'sasl_mechanism = "plain"; sasl_username = "{self.login.account}"; '
                f'sasl_password = "{self.login.password}";'
            )
        (self.folder / "config").write_text(IRSSI.format(
            host=host, port=self.port, nick=self.nick, folder=self.folder, more=more, account=account
        ))  # fmt: skip
        self.screen, terminal = pty.openpty()
        self.start(
            program("irssi"), f"--home={self.folder}", stdin=terminal, stdout=terminal, stderr=terminal
        )
        os.close(terminal)
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()

    def _read(self) -> None:
        with (self.folder / "screen").open("ab", 0) as file, contextlib.suppress(OSError):
            while data := os.read(self.screen, 65536):
                file.write(data)

    def __exit__(self, *raised: object) -> None:
        super().__exit__(*raised)  # type: ignore[arg-type]
        self.reading.join(10)
        os.close(self.screen)

    def write(self, line: str) -> None:
        """Type it."""
        os.write(self.screen, f"{line}\r".encode())

    def say(self, text: str) -> None:
        """Say it in the channel, whatever window is shown."""
        self.write(f"/msg -ours {CHANNEL} {text}")

    def quit(self) -> None:
        """Leave."""
        self.write("/quit bye")

    @property
    def shown(self) -> str:
        """What it has logged, of all windows."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""


class Weechat(Client):
    """weechat-headless, told by its FIFO."""

    joined = "has joined"

    def begin(self) -> None:
        """Give it its first commands."""
        self.fifo = self.folder / "fifo"
        host = "localhost" if self.login else "127.0.0.1"
        commands = [
            f"/set fifo.file.path {self.fifo}", "/fifo disable", "/fifo enable", "/set logger.file.flush_delay 0",
            f"/set logger.file.path {self.folder}/log", "/set logger.level.irc 9",
            "/set irc.server_default.anti_flood_prio_high 0", "/set irc.server_default.anti_flood_prio_low 0",
            *self._secured(), f"/server add ours {host}/{self.port} -nicks={self.nick} -autojoin={CHANNEL}",
            "/connect ours",
        ]  # fmt: skip
        flags = [word for command in commands for word in ("-r", command)]
        self.start(program("weechat-headless"), "-d", self.folder / "home", "--stdout", *flags)

    def _secured(self) -> list[str]:
        """How it encrypts and logs in, in the words of its version."""
        word = "ssl" if run(program("weechat-headless"), "--version")[0] < "4" else "tls"
        if self.login is None:
            return [f"/set irc.server_default.{word} off"]
        return [
            f"/set irc.server_default.{word} on", f"/set weechat.network.gnutls_ca_user {self.login.authority}",
            "/set irc.server_default.sasl_mechanism plain",
            f"/set irc.server_default.sasl_username {self.login.account}",
            f"/set irc.server_default.sasl_password {self.login.password}",
        ]  # fmt: skip

    def write(self, line: str) -> None:
        """A line to a buffer of its."""
        until(self.fifo.exists, 10)
        with self.fifo.open("w") as fifo:
            fifo.write(f"{line}\n")

    def say(self, text: str) -> None:
        """Say it in the channel's buffer."""
        self.write(f"irc.ours.{CHANNEL} *{text}")

    def command(self, text: str) -> None:
        """Do something in the server's buffer."""
        self.write(f"irc.server.ours *{text}")

    def quit(self) -> None:
        """Leave."""
        self.write("core.weechat */quit bye")

    @property
    def shown(self) -> str:
        """What it has logged, of all buffers."""
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("log/*"))


class Ii(Client):
    """ii, which is files."""

    def begin(self) -> None:
        """Start it, and join once it is registered: it does nothing by itself."""
        self.start(program("ii"), "-s", "127.0.0.1", "-p", self.port, "-n", self.nick, "-i", self.folder)
        self.server = self.folder / "127.0.0.1"
        until(lambda: "End of" in self.shown or "MOTD" in self.shown, 10)
        self.write(f"/j {CHANNEL}")

    def _to(self, place: Path, line: str) -> None:
        until((place / "in").exists, 10)
        with (place / "in").open("w") as fifo:
            fifo.write(f"{line}\n")

    def write(self, line: str) -> None:
        """A line to the server."""
        self._to(self.server, line)

    def say(self, text: str) -> None:
        """A line to the channel."""
        self._to(self.server / CHANNEL, text)

    def quit(self) -> None:
        """Leave."""
        self.write("/q bye")

    @property
    def shown(self) -> str:
        """All of its files."""
        return "".join(path.read_text(errors="replace") for path in self.server.rglob("out"))


class Sic(Client):
    """sic, which is a pipe."""

    def begin(self) -> None:
        """Start it, and join once it is registered."""
        self.start(program("sic"), "-h", "127.0.0.1", "-p", self.port, "-n", self.nick, stdin=subprocess.PIPE)
        until(lambda: "376" in self.shown or "422" in self.shown, 10)
        self.write(f":j {CHANNEL}")

    def quit(self) -> None:
        """Leave: it has a command for any line."""
        self.write(":QUIT :bye")


class Script(Client):
    """A program of ours on a library of theirs: lines to say in, what came out."""

    script = ""

    def begin(self) -> None:
        """Start it."""
        words = ["-m", f"tests.interop.apps.{self.script}", self.port, self.nick, CHANNEL]
        self.start(sys.executable, *words, stdin=subprocess.PIPE)

    def quit(self) -> None:
        """Leave, at the end of the input."""
        assert self.process.stdin
        self.process.stdin.close()


class PypiIrc(Script):
    """PyPI's irc: its reactor."""

    script = "irc_pypi"


class Pydle(Script):
    """pydle, which is asynchronous."""

    script = "irc_pydle"

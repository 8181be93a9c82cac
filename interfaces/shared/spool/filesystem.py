"""How well a folder keeps what an fsync has told to be kept."""

import os
from pathlib import Path

__all__ = ["survives"]

VOLATILE = ("tmpfs", "ramfs", "devtmpfs")
MOUNTS = Path("/proc/self/mountinfo")


def survives(folder: Path, mounts: Path = MOUNTS) -> str:
    """The class of durability, and why: "host-crash (fsync)"; less where the folder is in memory."""
    kind = _kind(folder, mounts)
    return f"process-crash ({kind} is lost with the host)" if kind in VOLATILE else "host-crash (fsync)"


def _kind(folder: Path, mounts: Path) -> str:
    """The name of the file system; "" where the system does not tell."""
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        if fields.split()[2:3] == [wanted]:
            return rest.split()[0]
    return ""

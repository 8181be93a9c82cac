"""interfaces.shared.spool.filesystem: how well a folder keeps things."""

import os

from interfaces.shared.spool.filesystem import survives


def table(path, kind):
    """A mountinfo in which the device of ``path`` is of this kind."""
    device = path.stat().st_dev
    mounts = path / "mountinfo"
    line = f"36 35 {os.major(device)}:{os.minor(device)} / / rw,relatime shared:1 - {kind} /dev/x rw\n"
    mounts.write_text("1 0 0:1 / /proc rw - proc proc rw\n" + line)
    return mounts


def test_a_disk_survives_the_host(tmp_path):
    """Because of fsync."""
    assert survives(tmp_path, table(tmp_path, "ext4")) == "host-crash (fsync)"


def test_memory_does_not(tmp_path):
    """And this is told."""
    assert survives(tmp_path, table(tmp_path, "tmpfs")) == "process-crash (tmpfs is lost with the host)"


def test_where_nobody_tells(tmp_path):
    """A system without /proc is believed."""
    assert survives(tmp_path, tmp_path / "none") == "host-crash (fsync)"

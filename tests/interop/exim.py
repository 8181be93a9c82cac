"""Exim as a sending client, unpacked and not installed: its user is one that only it is told of."""

import os
import shutil
from pathlib import Path

from tests.interop.mail import program, reachable, run

CONFIG = """
exim_path = {folder}/exim4
primary_hostname = exim.example
spool_directory = {folder}/spool
log_file_path = {folder}/log-%slog
exim_user = Debian-exim
exim_group = Debian-exim
trusted_users = {user}
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
allow_utf8_domains = true
begin routers
all:
  driver = manualroute
  transport = ours
  route_list = * 127.0.0.1
  self = send
begin transports
ours:
  driver = smtp
  port = {port}
  protocol = {protocol}
  hosts_try_chunking = *
  hosts_avoid_tls = {clear}
  allow_localhost
begin retry
* * F,1h,1m
"""


class Exim:
    """``Exim(tmp_path, port).send(message, "a@a.example", "b@b.example")``."""

    def __init__(self, folder: Path, port: int, *, protocol: str = "smtp", tls: bool = False) -> None:
        binary = Path(shutil.copy(program("exim4"), folder / "exim4"))
        binary.chmod(0o755)
        user = "root" if os.geteuid() == 0 else str(os.geteuid())
        (folder / "exim.conf").write_text(
            CONFIG.format(folder=folder, port=port, protocol=protocol, user=user, clear="" if tls else "*")
        )
        uid, gid = (os.geteuid(), os.getegid()) if os.geteuid() else (65534, 65534)  # never root's
        (folder / "passwd").write_text(
            f"Debian-exim:x:{uid}:{gid}::{folder}:/bin/false\nroot:x:0:0::/root:/bin/sh\n"
        )
        (folder / "group").write_text(f"Debian-exim:x:{gid}:\nroot:x:0:\n")
        reachable(folder)
        folder.chmod(0o777)
        self.folder = folder
        self.environ = {
            **os.environ, "LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_PASSWD": str(folder / "passwd"),
            "NSS_WRAPPER_GROUP": str(folder / "group"),
        }  # fmt: skip

    def send(self, message: bytes, sender: str, *recipients: str) -> str:
        """Deliver it at once; what Exim says of that."""
        words = ["-C", self.folder / "exim.conf", "-odf", "-v", "-i", "-f", sender, *recipients]
        return run(self.folder / "exim4", *words, input=message, env=self.environ)

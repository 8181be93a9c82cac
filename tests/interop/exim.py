"""Exim as a client and as a server, unpacked and not installed: its user is one that only it is told of."""

import os
import shutil
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.interop.mail import program, reachable, run
from tests.process.server import until

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

SERVER = """
exim_path = {folder}/exim4
primary_hostname = exim.example
spool_directory = {folder}/spool
log_file_path = {folder}/log-%slog
exim_user = Debian-exim
exim_group = Debian-exim
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  deny local_parts = no
       message = 550 5.1.1 no such user
  defer local_parts = later
        message = 451 4.2.0 later
  accept
begin routers
all:
  driver = accept
  transport = file
begin transports
file:
  driver = appendfile
  file = {folder}/mailbox
  user = Debian-exim
"""


def _environ(folder: Path) -> dict[str, str]:
    """Where its user is known."""
    return {
        **os.environ, "LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_PASSWD": str(folder / "passwd"),
        "NSS_WRAPPER_GROUP": str(folder / "group"),
    }  # fmt: skip


def _placed(folder: Path, config: str) -> None:
    """A copy of the program with its configuration and its user in ``folder``."""
    binary = Path(shutil.copy(program("exim4"), folder / "exim4"))
    binary.chmod(0o755)
    (folder / "exim.conf").write_text(config)
    uid, gid = (os.geteuid(), os.getegid()) if os.geteuid() else (65534, 65534)  # never root's
    (folder / "passwd").write_text(
        f"Debian-exim:x:{uid}:{gid}::{folder}:/bin/false\nroot:x:0:0::/root:/bin/sh\n"
    )
    (folder / "group").write_text(f"Debian-exim:x:{gid}:\nroot:x:0:\n")
    reachable(folder)
    folder.chmod(0o777)


class Exim:
    """``Exim(tmp_path, port).send(message, "a@a.example", "b@b.example")``."""

    def __init__(self, folder: Path, port: int, *, protocol: str = "smtp", tls: bool = False) -> None:
        user = "root" if os.geteuid() == 0 else str(os.geteuid())
        clear = "" if tls else "*"
        _placed(folder, CONFIG.format(folder=folder, port=port, protocol=protocol, user=user, clear=clear))
        self.folder = folder
        self.environ = _environ(folder)

    def send(self, message: bytes, sender: str, *recipients: str) -> str:
        """Deliver it at once; what Exim says of that."""
        words = ["-C", self.folder / "exim.conf", "-odf", "-v", "-i", "-f", sender, *recipients]
        return run(self.folder / "exim4", *words, input=message, env=self.environ)


class EximServer:
    """``with EximServer(tmp_path, port) as server``: takes mail for everybody but "no", and later for "later"."""

    def __init__(self, folder: Path, port: int) -> None:
        _placed(folder, SERVER.format(folder=folder, port=port))
        self.folder = folder
        words = [folder / "exim4", "-C", folder / "exim.conf", "-bdf", "-q1h"]
        self.process = subprocess.Popen(words, env=_environ(folder), stdin=subprocess.DEVNULL)
        self.port = port

    def __enter__(self) -> Self:
        try:
            until(self._listens)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(20)

    def _listens(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def mailbox(self) -> str:
        """What it has delivered."""
        path = self.folder / "mailbox"
        return path.read_text() if path.exists() else ""

"""A Postfix with a configuration, queue and log of its own, which relays to us; for root, since its master is."""

import os
import shutil
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.interop.mail import program, reachable, run
from tests.process.server import until

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
maillog_file_permissions = 0644
myhostname = postfix.example
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = loopback-only
inet_protocols = ipv4
smtp_tls_security_level = may
smtp_tls_CAfile = {ca}
transport_maps = inline:{{ {maps} }}
default_transport = error:no such domain here
minimal_backoff_time = 1h
smtp_connection_reuse_time_limit = 300s
lmtp_line_length_limit = 998
pipe_destination_recipient_limit = 1
message_size_limit = 60000000
"""
SMTPD = """
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = may
smtpd_tls_chain_files = {pem}
"""
MASTER = """
pickup   unix n - n 1 1 pickup
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 300 1 qmgr
tlsmgr   unix - - n 1000? 1 tlsmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
smtp     unix - - n - - smtp
lmtp     unix - - n - - lmtp
error    unix - - n - - error
retry    unix - - n - - error
scache   unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog  unix-dgram n - n - 1 postlogd
"""


QUEUES = [
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "pid", "private",
    "public", "saved", "trace",
]  # fmt: skip


class Postfix:
    """``with Postfix(tmp_path, ca, {"lmtp.example": "lmtp:inet:127.0.0.1:24"}) as relay``.

    ``pipe``: what its service of that name runs as nobody, with the words of pipe(8). ``listen``: a port on which it
    takes mail, and a file with certificate and key for that.
    """

    def __init__(
        self, folder: Path, ca: Path, routes: dict[str, str], pipe: str = "",
        listen: tuple[int, Path] | None = None,
    ) -> None:  # fmt: skip
        if os.geteuid() != 0:
            pytest.skip("Postfix's master runs as root alone")
        self.folder = folder
        self.log = folder / "log"
        self._port = listen[0] if listen is not None else None
        master = program("/usr/lib/postfix/sbin/master")
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir(parents=True)
        reachable(folder)  # its processes run as "postfix"
        maps = ", ".join(f"{{ {domain} = {where} }}" for domain, where in routes.items())
        main = MAIN.format(folder=folder, ca=ca, maps=maps)
        service = f"pipe unix - n n - 4 pipe flags=Fq user=nobody null_sender= argv={pipe}\n" if pipe else ""
        if listen is not None:
            main += SMTPD.format(pem=listen[1])
            service += f"127.0.0.1:{listen[0]} inet n - n - - smtpd\nanvil unix - - n - 1 anvil\n"
        (folder / "etc/main.cf").write_text(main)
        (folder / "etc/master.cf").write_text(MASTER + service)
        for name in QUEUES:
            place = folder / "queue" / name
            place.mkdir(mode=0o1733 if name == "maildrop" else 0o711)
            shutil.chown(
                place,
                "root" if name == "pid" else "postfix",
                "postdrop" if name in {"maildrop", "public"} else None,
            )
        shutil.chown(folder / "data", "postfix")
        self.process = subprocess.Popen(
            [master, "-c", folder / "etc", "-d"], stdin=subprocess.DEVNULL, process_group=0
        )

    def __enter__(self) -> Self:
        try:
            until((self.folder / "queue/public/pickup").exists)
            until(self._listens)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()  # ends its children
        self.process.wait(20)
        if kind is not None:
            print(self.said)

    def _listens(self) -> bool:
        """Whether mail can be sent to it, where it is to listen."""
        if self._port is None:
            return True
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self._port)) == 0

    @property
    def said(self) -> str:
        """Its log."""
        return self.log.read_text() if self.log.exists() else ""

    def send(self, message: bytes, sender: str, *recipients: str) -> None:
        """Hand a message in, as programs of its machine do."""
        run(program("/usr/sbin/sendmail", "sendmail"), "-C", self.folder / "etc", "-G", "-i", "-f", sender,
            *recipients, input=message)  # fmt: skip

    def became(self, recipient: str, status: str) -> str:
        """Wait for the line of the log that says what became of a recipient."""

        def found() -> str:
            return next(
                (line for line in self.said.splitlines()
                 if f"to=<{recipient}>" in line and "status=" in line), ""
            )  # fmt: skip

        line = str(until(found, 40))
        assert f"status={status}" in line, line
        return line

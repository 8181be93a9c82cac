"""IRC servers, each in a process of its own: ngIRCd and InspIRCd, unpacked and not installed, PyPI's irc; and ours.

``with Ngircd() as server``: it listens on ``port``; ``kill`` and ``start`` restart it on the same one.
"""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.interop.mail import program
from tests.process.server import ROOT, until

NOBODY = 65534


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


class Ircd:
    """What all of them have."""

    others = True
    """Whether it is not to be root."""

    def __init__(self, **settings: str) -> None:
        self.settings = settings
        self.temporary = tempfile.TemporaryDirectory(prefix="interfaces-")  # pytest's are for one user alone
        self.folder = Path(self.temporary.name)
        self.folder.chmod(0o777)
        self.port = free_port()
        self.words = self.configure()
        self.start()

    def configure(self) -> list[Any]:
        """Write what it has to read; the words that start it."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it, and wait until it listens."""
        who: dict[str, Any] = {}
        if self.others and os.geteuid() == 0:
            who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*map(str, self.words)], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT)}, **who,
            )  # fmt: skip
        try:
            until(self._listens, 10)
        except BaseException:
            self.kill()
            print(self.said)
            raise

    def kill(self) -> None:
        """End it at once, without a word to anybody."""
        self.process.kill()
        self.process.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        if kind is not None:
            print(self.said[-4000:])
        self.temporary.cleanup()

    def _listens(self) -> bool:
        assert self.process.poll() is None, f"it has ended: {self.said}"
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def said(self) -> str:
        """What it has logged."""
        return (self.folder / "log").read_text(errors="replace")


NGIRCD = """
[Global]
  Name = irc.example
  Info = a server
  Listen = 127.0.0.1
  Ports = {port}
  {password}
{tls}
[Options]
  DNS = no
  Ident = no
  PAM = no
[Limits]
  MaxNickLength = 20
  MaxConnectionsIP = 0
  MaxPenaltyTime = 0
[Operator]
  Name = root
  Password = secret
"""


class Ngircd(Ircd):
    """ngIRCd: what RFC 1459 has, and no tags. ``password``: of the server; ``pem``: it speaks TLS on ``tls``, too."""

    def configure(self) -> list[Any]:
        """Its configuration."""
        found = self.settings.get("password")
        password = f"Password = {found}" if found else ""
        tls = ""
        if pem := self.settings.get("pem"):
            file = self.folder / "irc.pem"
            file.write_text(pem)
            self.tls = free_port()
            tls = f"[SSL]\n  CertFile = {file}\n  KeyFile = {file}\n  Ports = {self.tls}"
        (self.folder / "ngircd.conf").write_text(NGIRCD.format(port=self.port, password=password, tls=tls))
        return [program("ngircd"), "--nodaemon", "--config", self.folder / "ngircd.conf"]


INSPIRCD = """
<config format="xml">
<server name="irc.example" description="a server" network="Example">
<admin name="nobody" nick="nobody" email="nobody@example.org">
<bind address="127.0.0.1" port="{port}" type="clients">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" moduledir="{modules}" runtimedir="{folder}">
<connect allow="*" {password} timeout="10" pingfreq="120" localmax="1000" globalmax="1000" threshold="1000"
  commandrate="100000" fakelag="no" resolvehostnames="no" useident="no" modes="">
<class name="all" commands="*" privs="*" usermodes="*" chanmodes="*" snomasks="*">
<type name="all" classes="all">
<oper name="root" password="secret" host="*" type="all">
<performance softlimit="1024" clonesonconnect="no">
<log method="file" type="*" level="default" target="log.txt">
{load}
"""
MODULES = (
    "cap", "ircv3", "ircv3_accounttag", "ircv3_batch", "ircv3_capnotify", "ircv3_chghost", "ircv3_ctctags",
    "ircv3_echomessage", "ircv3_invitenotify", "ircv3_labeledresponse", "ircv3_msgid", "ircv3_servertime", "namesx",
    "setname", "services_account", "uhnames",
)  # fmt: skip


class Inspircd(Ircd):
    """InspIRCd, with what it has of IRCv3. ``password``: of the server; ``more``: of its configuration."""

    def configure(self) -> list[Any]:
        """Its configuration: its modules are where it is not installed."""
        binary = Path(program("inspircd"))
        folder = binary.parents[1] / "lib/inspircd/modules"
        found = self.settings.get("password")
        password = f'password="{found}"' if found else ""
        load = "".join(f'<module name="{name}">\n' for name in MODULES) + self.settings.get("more", "")
        (self.folder / "inspircd.conf").write_text(
            INSPIRCD.format(port=self.port, folder=self.folder, modules=folder, password=password, load=load)
        )
        return [binary, "--nofork", "--nopid", "--config", self.folder / "inspircd.conf"]


class PypiServer(Ircd):
    """PyPI's irc: a server of few words, without capabilities, 005 and modes."""

    others = False

    def configure(self) -> list[Any]:
        """Its arguments."""
        return [sys.executable, "-m", "irc.server", "--address", "127.0.0.1", "--port", self.port]


class Ours(Ircd):
    """Our gateway. ``password``: of the server."""

    others = False

    def configure(self) -> list[Any]:
        """Its arguments."""
        words = ["--irc-bind", f"127.0.0.1:{self.port}", "--irc-rate", "0", "--no-access-log"]
        password = self.settings.get("password")
        words += ["--irc-password", password] if password else []
        app = ["--app", "tests.interop.apps.irc_app:application"]
        return [sys.executable, "-m", "interfaces", "serve", "irc", *app, *words]

"""irctest's controller of our gateway: starts it for a test. Imported by irctest, in the environment of that.

INTERFACES_PYTHON is the Python that has our package; INTERFACES_ROOT is where it and its tests are, INTERFACES_IRCTEST
has more options.
"""

import json
import os
from pathlib import Path
from typing import Any, ClassVar

from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.specifications import OptionalBehaviors

__all__ = ["GatewayController", "get_irctest_controller_class", "ours"]


def ours(directory: Path, *words: str) -> tuple[list[str], dict[str, Any]]:
    """The command that starts us, and how it is run."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("INTERFACES_", "PYTEST"))
    }
    environ = {**clean, "PYTHONPATH": os.environ["INTERFACES_ROOT"], "PYTHONDONTWRITEBYTECODE": "1"}
    served = ["http", "ws", "irc"] if "--irc-path" in words else ["irc"]
    command = [
        os.environ["INTERFACES_PYTHON"],
        "-m",
        "interfaces",
        "serve",
        *served,
        *words,
        "--no-access-log",
    ]
    return command, {"cwd": directory, "env": environ}


class _Place(int):
    """A port for WebSockets, written with the path behind it: irctest makes an address of it."""

    def __format__(self, _spec: str) -> str:
        return f"{int(self)}/irc"


class GatewayController(BaseServerController, DirectoryBasedController):
    """Each test has a gateway of its own, without limits that tests would meet."""

    software_name = "interfaces"
    supported_sasl_mechanisms: ClassVar[set[str]] = {"PLAIN"}
    supports_sts = False
    _port_wait_interval = 0.02
    sync_sleep_time = 0.03
    """What is said reaches others by way of the application, so that a PONG may overtake it."""
    isupport: ClassVar[dict[str, Any]] = {
        "CASEMAPPING": "ascii",
        "CHANTYPES": "#",
        "NETWORK": "test",
        "PREFIX": "(ov)@+",
    }
    optional_behaviors = frozenset({
        OptionalBehaviors.BAN_EXCEPTION_MODE, OptionalBehaviors.CAP_REQ_MINUS,
        OptionalBehaviors.INVITE_EXCEPTION_MODE, OptionalBehaviors.MULTI_JOIN, OptionalBehaviors.MULTI_KICK,
        OptionalBehaviors.MULTI_PRIVMSG, OptionalBehaviors.NON_UTF8_MESSAGE,
    })  # fmt: skip

    def run(self, hostname: str, port: int, *, password: str | None, ssl: bool, **more: Any) -> None:
        """Start it. ``more``: run_services is met by accounts in a file; websocket_port; time is not faked."""
        assert self.proc is None
        self.hostname, self.port = hostname, port
        self.create_config()
        self._accounts: dict[str, str] = {}
        words = [
            "--app", "tests.conformance.irc_app:application", "--irc-bind", f"{hostname}:{port}", "--irc-rate", "0",
            "--irc-per-address", "10000", "--irc-server-name", "My.Little.Server", "--irc-network", "test",
            "--irc-auth", "tests.conformance.irc_app:fits", "--irc-auth-unencrypted",
        ]  # fmt: skip
        words += os.environ.get("INTERFACES_IRCTEST", "").split()
        if more["websocket_port"] is not None:
            words += [
                "--http-bind",
                f"{more['websocket_hostname']}:{int(more['websocket_port'])}",
                "--irc-path",
                "/irc",
            ]
        if password:
            words += ["--irc-password", password]
        if ssl:
            self.gen_ssl()
            words += ["--tls-cert", str(self.pem_path), "--tls-key", str(self.key_path)]
        command, options = ours(self.directory, *words)
        self.proc = self.execute(command, **options)

    def get_hostname_and_port(self) -> tuple[str, int]:
        """The first is for IRC, the second for WebSockets."""
        later = bool(self._own_ports)
        hostname, port = super().get_hostname_and_port()
        return hostname, _Place(port) if later else port

    def registerUser(self, case: Any, username: str, password: str | None = None) -> None:
        """Somebody has an account from now on."""
        self._accounts[username] = password or ""
        (self.directory / "accounts.json").write_text(json.dumps(self._accounts))

    def wait_for_services(self) -> None:
        """There are none."""


def get_irctest_controller_class() -> type[GatewayController]:
    """What irctest asks this module for."""
    return GatewayController

"""irctest's controller of our client: starts one user of a network for a test. Imported by irctest."""

import json
from typing import Any, ClassVar

from irc_controller import ours
from irctest.basecontrollers import BaseClientController, DirectoryBasedController

__all__ = ["ClientController", "get_irctest_controller_class"]


class ClientController(BaseClientController, DirectoryBasedController):
    """Each test has a client of its own."""

    software_name = "interfaces"
    supported_sasl_mechanisms: ClassVar[set[str]] = {"PLAIN", "SCRAM-SHA-256"}
    supports_sts = True

    def run(self, hostname: str, port: int, auth: Any, tls_config: Any = None) -> None:
        """Start it. It trusts no fingerprints, so that it takes none of irctest's certificates."""
        assert self.proc is None
        self.create_config()
        tls = bool(tls_config and tls_config.enable)
        network = {
            "name": "test", "host": "127.0.0.1", "port": port, "tls": tls, "nick": "tester", "rate": 0
        }  # fmt: skip
        if auth:
            network |= {"account": auth.username or "", "account_password": auth.password or ""}
            network["sasl"] = auth.mechanisms[0].to_string().lower()
        with self.open_file("interfaces.toml", "w") as file:
            file.write(f"[irc]\nnetworks = [{_row(network)}]\n")
        command, options = ours(self.directory, "--app", "tests.conformance.irc_app:application")
        self.proc = self.execute(command, **options)


def _row(values: dict[str, Any]) -> str:
    """A table of TOML in one line; its strings are JSON's."""
    return "{" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in values.items()) + "}"


def get_irctest_controller_class() -> type[ClientController]:
    """What irctest asks this module for."""
    return ClientController

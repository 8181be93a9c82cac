"""``interfaces dev``: serve for development, with the console, and with fake peers where there is no account yet."""

import json
import socket
from dataclasses import replace
from typing import Any

from interfaces import registry
from interfaces.cli.names import Invocation, NamesCommand
from interfaces.cli.serve import run_serve
from interfaces.runner.options import ServeOptions
from interfaces.runner.sources import Given
from interfaces.shared.options import flags

__all__ = ["dev"]

CONSOLE = 8088
"""Where the console is, or the next free port: several projects may be developed at once."""
PORTS = 10
FAKES = {"slack": -20, "sms": -10}
"""How far from the console's port the fakes are: 8068 and 8078."""
PEERS = {
    "slack": ("api_url", "bot_token", "app_token", "signing_secret", "installations"),
    "sms": ("accounts", "binds", "gateway_bind"),
    "email": ("send",),
}
"""What says where a protocol's peer is, or who we are there: whoever says one of these has an account."""
PRESETS: dict[str, Any] = {
    "reload": True,
    "access_log": True,
    "log_level": "debug",
    "http.drain_idle": 0.0,  # a browser keeps connections open, and nobody is to wait for them at Ctrl+C
    "ws.drain_spread": 0.0,
}


def run_dev(invocation: Invocation) -> int:
    """Serve http and ws, restart when a file changes, log every request and detail, and open the console.

    Without a token of Slack, or an account for short messages, there is a fake one, whose people the console plays.
    """
    presets = dict(PRESETS)
    if not _given(invocation, "", ServeOptions, ("console",)):
        port = _free()
        presets["console"] = f"127.0.0.1:{port}"
        for name in PEERS:
            if name in invocation.names and not _has_account(invocation, name):
                presets |= _fake(name, port)
    return run_serve(replace(invocation, presets=Given(presets, "interfaces dev")))


def _has_account(invocation: Invocation, name: str) -> bool:
    """Whether somebody has said who we are at this protocol's peer."""
    return _given(invocation, name, registry.load(name).options_class, PEERS[name])


def _given(invocation: Invocation, name: str, options: type, keys: tuple[str, ...]) -> bool:
    every = [flag for flag in flags((name,) if name else (), options) if flag.key in keys]
    return any(source.find(flag) is not None for source in invocation.sources for flag in every)


def _fake(name: str, console: int) -> dict[str, Any]:
    """The options that make a fake peer ours: the console starts it where they say."""
    if name == "email":
        return {"email.send": "memory:"}
    url = f"http://127.0.0.1:{console + FAKES[name]}"
    if name == "slack":
        return {
            "slack.api_url": f"{url}/api/",
            "slack.bot_token": "xoxb-fake-of-interfaces-dev",  # nosec B105 - the fake's, which all know
            "slack.signing_secret": ("fake-signing-secret",),
        }
    account = {
        "provider": "fake",
        "secret": "fake-sms-secret",  # nosec B105 - as above
        "api_url": url,
        "numbers": ["+41445556677"],
        "rate": 0,
    }
    return {"sms.accounts": json.dumps([account])}


def _free() -> int:
    """The console's port; where somebody has it, the next one."""
    for port in range(CONSOLE, CONSOLE + PORTS):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return CONSOLE


dev = NamesCommand("dev", run_dev, names=("http", "ws"), presets=PRESETS)

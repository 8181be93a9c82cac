"""``interfaces dev``: serve http and ws for development."""

from interfaces.cli.names import Invocation, NamesCommand
from interfaces.cli.serve import run_serve

__all__ = ["dev"]


def run_dev(invocation: Invocation) -> int:
    """Serve http and ws, restart when a file changes, log every request and detail."""
    return run_serve(invocation)


PRESETS = {
    "reload": True,
    "access_log": True,
    "log_level": "debug",
    "console": "127.0.0.1:8088",
    "http.drain_idle": 0.0,  # a browser keeps connections open, and nobody is to wait for them at Ctrl+C
    "ws.drain_spread": 0.0,
}

dev = NamesCommand("dev", run_dev, names=("http", "ws"), presets=PRESETS)

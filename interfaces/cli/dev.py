"""``interfaces dev``: serve http and ws for development."""

from interfaces.cli.names import Invocation, NamesCommand
from interfaces.cli.serve import run_serve

__all__ = ["dev"]


def run_dev(invocation: Invocation) -> int:
    """Serve http and ws, restart when a file changes, log every request and detail."""
    return run_serve(invocation)


dev = NamesCommand(
    "dev", run_dev, names=("http", "ws"), presets={"reload": True, "access_log": True, "log_level": "debug"}
)

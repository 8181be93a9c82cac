"""Whether this process serves by itself, or supervises those that do."""

from interfaces.runner.options import ServeOptions
from interfaces.runner.reload import Reloading
from interfaces.runner.server import Chosen
from interfaces.runner.supervisor import Supervisor, supervise

__all__ = ["supervised", "wants_supervisor"]


def wants_supervisor(options: ServeOptions) -> bool:
    """Whether the options ask for processes beside this one."""
    return options.reload or options.workers > 1


def supervised(chosen: Chosen, options: ServeOptions) -> int:
    """Supervise what these options want until told to stop; the exit code. Imports no application."""
    return supervise(chosen, options, Reloading if options.reload else Supervisor)

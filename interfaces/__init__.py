"""ASGI beyond HTTP: serve one application over HTTP, WebSockets and other protocols.

The public names; each is imported when it is first asked for, so that importing the package is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interfaces.runner.api import Server, run
    from interfaces.shared.errors import (
        ApplicationError,
        ConfigError,
        NoRoute,
        PeerError,
        PeerGone,
        Unavailable,
    )
    from interfaces.shared.interface import Context, Interface

__version__ = "0.1.0"
__all__ = ["ApplicationError", "ConfigError", "Context", "Interface", "NoRoute", "PeerError", "PeerGone", "Server",
           "Unavailable", "__version__", "run"]  # fmt: skip

_HOMES = {
    "ApplicationError": "interfaces.shared.errors",
    "ConfigError": "interfaces.shared.errors",
    "Context": "interfaces.shared.interface",
    "Interface": "interfaces.shared.interface",
    "NoRoute": "interfaces.shared.errors",
    "PeerError": "interfaces.shared.errors",
    "PeerGone": "interfaces.shared.errors",
    "Server": "interfaces.runner.api",
    "Unavailable": "interfaces.shared.errors",
    "run": "interfaces.runner.api",
}


def __getattr__(name: str) -> Any:
    """Import the module that has ``name`` (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

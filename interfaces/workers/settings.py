"""What a Django project says in CHANNEL_LAYERS, in the form of 2016 (with ROUTING) and of today."""

import sys
import threading
from importlib import import_module
from typing import Any

from interfaces.shared.errors import ConfigError

__all__ = ["configured", "imported", "layer_of", "routing_of"]

_layers: dict[str, Any] = {}
_lock = threading.Lock()


def imported(path: str, what: str) -> Any:
    """What a dotted path names. ConfigError when there is nothing."""
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        if isinstance(error, ModuleNotFoundError) and not module.startswith(f"{error.name}"):
            raise  # the module is there, and what it imports is not
        raise ConfigError(f"{what} {path!r} cannot be imported: {error}") from None


def configured(alias: str = "default") -> dict[str, Any] | None:
    """The entry of CHANNEL_LAYERS; None without Django, without settings, or when there is none."""
    module = sys.modules.get("django.conf")
    if module is None or not module.settings.configured:
        return None
    found: dict[str, Any] | None = getattr(module.settings, "CHANNEL_LAYERS", {}).get(alias)
    return found


def layer_of(alias: str = "default") -> Any:
    """The project's layer, one in a process: Channels' own where it takes the entry. None when there is none."""
    entry = configured(alias)
    if entry is None:
        return None
    if "ROUTING" not in entry:
        return import_module("channels.layers").get_channel_layer(alias)
    with _lock:
        if alias not in _layers:
            made = imported(entry.get("BACKEND", ""), f"CHANNEL_LAYERS[{alias!r}]: BACKEND")
            _layers[alias] = made(**entry.get("CONFIG", {}))
            _tell_channels(alias)
        return _layers[alias]


def _tell_channels(alias: str) -> None:
    """Channels refuses entries with ROUTING, so consumers of Channels 4 in the same project get ours."""
    try:
        layers = import_module("channels.layers")
    except ImportError:
        return
    layers.channel_layers.set(alias, _layers[alias])


def routing_of(alias: str = "default") -> Any:
    """What ROUTING says. ConfigError when the setting says nothing."""
    entry = configured(alias) or {}
    if "ROUTING" not in entry:
        raise ConfigError(f"the setting CHANNEL_LAYERS[{alias!r}] has no ROUTING")
    return entry["ROUTING"]

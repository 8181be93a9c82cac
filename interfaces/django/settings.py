"""The setting ``INTERFACES``: options of the server, in the shape of interfaces.toml, and our own few keys.

``INTERFACES = {"http": {"header_timeout": 5}, "drain": 10, "IDENTITY": "accounts.identity.find"}``.
As a source of options it comes last: flag, variable, file, this setting, default.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from interfaces.shared.errors import ConfigError

__all__ = ["Identify", "application_path", "identity_hook", "options"]

Identify = Callable[[str, str | None, Mapping[str, Any]], Any]
"""(protocol, account or None, scope) → the user, or None for nobody. Sync: it may ask the database."""


def setting() -> Mapping[str, Any]:
    """``settings.INTERFACES``, empty where there is none; ConfigError when it is no mapping with str keys."""
    found = getattr(settings, "INTERFACES", None) or {}
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise ConfigError("settings.INTERFACES has to be a dict with str keys")
    return found


def options() -> Mapping[str, Any]:
    """The options in ``settings.INTERFACES``, nested as in interfaces.toml; without the upper-case keys."""
    return {key: value for key, value in setting().items() if not key.isupper()}


def application_path() -> str:
    """``settings.ASGI_APPLICATION`` as ``module:attribute``; ConfigError where there is none."""
    found = getattr(settings, "ASGI_APPLICATION", None)
    module, _, attribute = found.rpartition(".") if isinstance(found, str) else ("", "", "")
    if not module or not attribute:
        raise ConfigError('set ASGI_APPLICATION = "project.asgi.application" in Django\'s settings')
    return f"{module}:{attribute}"


def identity_hook() -> Identify | None:
    """What ``INTERFACES["IDENTITY"]`` is or names by a dotted path; ConfigError when it cannot be had."""
    found = setting().get("IDENTITY")
    return _load(found) if isinstance(found, str) else found


@cache
def _load(path: str) -> Identify:
    """Import the hook once."""
    try:
        found = import_string(path)
    except ImportError as error:
        raise ConfigError(f'settings.INTERFACES["IDENTITY"]: {error}') from error
    if not callable(found):
        raise ConfigError(f'settings.INTERFACES["IDENTITY"]: {path} cannot be called')
    hook: Identify = found
    return hook

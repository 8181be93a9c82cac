"""The setting ``INTERFACES``: options of the server, in the shape of interfaces.toml, and our own few keys.

``INTERFACES = {"http": {"header_timeout": 5}, "drain": 10, "IDENTITY": "accounts.identity.find"}``.
As a source of options it comes last: flag, variable, file, this setting, default.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from interfaces.shared.errors import ConfigError

__all__ = [
    "KEEP_INBOX", "KEEP_MAIL", "KEEP_MAIL_CONTENT", "KEEP_OUTBOX", "MOST_DAYS", "Identify", "application_path",
    "days_of", "identity_hook", "keep_inbox", "keep_mail", "keep_mail_content", "keep_outbox", "mail_storage",
    "options", "seconds_of",
]  # fmt: skip

Identify = Callable[[str, str | None, Mapping[str, Any]], Any]
"""(protocol, account or None, scope) → the user, or None for nobody. Sync: it may ask the database."""

KEEP_INBOX = timedelta(days=30)
"""Longer than anybody repeats a message: mail is tried for five days."""
KEEP_OUTBOX = timedelta(days=1)
"""Of what was sent; what was given up stays until somebody has looked at it."""

KEEP_MAIL = timedelta(days=90)
"""Rows of the log of mail: who wrote to whom, and what became of it."""
KEEP_MAIL_CONTENT = timedelta(days=30)
"""What the messages say."""
MOST_DAYS = 36_500
"""What no calendar has would be an error of every look, and not of the setting."""


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
    if isinstance(found, str):
        return _load(found)
    if found is not None and not callable(found):
        raise ConfigError(f'settings.INTERFACES["IDENTITY"]: {found!r} cannot be called')
    hook: Identify | None = found
    return hook


def keep_inbox() -> timedelta:
    """``INTERFACES["INBOX_DAYS"]``, else KEEP_INBOX. ConfigError for what is no number of days."""
    return _days("INBOX_DAYS", KEEP_INBOX)


def keep_outbox() -> timedelta:
    """``INTERFACES["OUTBOX_DAYS"]``, else KEEP_OUTBOX. ConfigError for what is no number of days."""
    return _days("OUTBOX_DAYS", KEEP_OUTBOX)


def keep_mail() -> timedelta:
    """``INTERFACES["MAIL_DAYS"]``, else KEEP_MAIL. ConfigError for what is no number of days."""
    return _days("MAIL_DAYS", KEEP_MAIL)


def keep_mail_content() -> timedelta:
    """``INTERFACES["MAIL_CONTENT_DAYS"]``, else KEEP_MAIL_CONTENT. ConfigError for what is no number of days."""
    return _days("MAIL_CONTENT_DAYS", KEEP_MAIL_CONTENT)


def mail_storage() -> str:
    """``INTERFACES["MAIL_STORAGE"]``, a key of STORAGES; "" keeps mail in the database. ConfigError for another."""
    found = setting().get("MAIL_STORAGE", "")
    if not isinstance(found, str) or (found and found not in settings.STORAGES):
        raise ConfigError(f'settings.INTERFACES["MAIL_STORAGE"] has to be a key of STORAGES, not {found!r}')
    return found


def _days(name: str, default: timedelta) -> timedelta:
    return days_of(f'settings.INTERFACES["{name}"]', setting().get(name, default.days))


def days_of(what: str, days: object) -> timedelta:
    """So many days, 0 to MOST_DAYS. ConfigError, which names ``what``, for anything else."""
    if isinstance(days, bool) or not isinstance(days, int | float) or not 0 <= days <= MOST_DAYS:
        raise ConfigError(f"{what} has to be a number of days, {MOST_DAYS} at most, not {days!r}")
    return timedelta(days=days)


def seconds_of(text: str) -> float:
    """For the command line: seconds, as many as MOST_DAYS have at most. ValueError for anything else."""
    seconds = float(text)
    if not 0 <= seconds <= MOST_DAYS * 86_400:
        raise ValueError(text)
    return seconds


seconds_of.__name__ = "number of seconds"  # what argparse says that it is not


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

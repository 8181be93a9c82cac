"""Django's system checks for this application."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's own names

from interfaces.django.settings import (
    application_path,
    identity_hook,
    keep_inbox,
    keep_mail,
    keep_mail_content,
    keep_outbox,
    mail_storage,
    options,
)
from interfaces.shared.errors import ConfigError
from interfaces.workers.settings import configured

__all__ = ["check_application", "check_options", "check_order"]


def check_application(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: without ASGI_APPLICATION, or ROUTING as in 2016, there is nothing to serve."""
    if "ROUTING" in (configured() or {}):
        return []
    try:
        application_path()
    except ConfigError as error:
        return [Error(str(error), id="interfaces.E001")]
    return []


def check_options(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E002: INTERFACES is no mapping, or names a hook, days or a storage that are none."""
    try:
        for read in (
            options,
            identity_hook,
            keep_inbox,
            keep_outbox,
            keep_mail,
            keep_mail_content,
            mail_storage,
        ):
            read()
    except ConfigError as error:
        return [Error(str(error), id="interfaces.E002")]
    return []


def check_order(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W001: of two applications with a ``runserver``, the first in INSTALLED_APPS has it."""
    names = [config.name for config in apps.get_app_configs()]
    rivals = {"daphne", "django.contrib.staticfiles"} & {*names[: names.index("interfaces.django")]}
    return [
        Warning(
            f"{rival} comes before interfaces.django in INSTALLED_APPS, so runserver is not ours.",
            hint="Put interfaces.django first.",
            id="interfaces.W001",
        )
        for rival in sorted(rivals)
    ]

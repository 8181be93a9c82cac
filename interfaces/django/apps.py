"""The Django application ``interfaces``."""

from importlib import import_module

from django import VERSION
from django.apps import AppConfig
from django.core.checks import register

from interfaces.django import checks
from interfaces.django.commit import hold
from interfaces.workers.message import set_holder

__all__ = ["InterfacesConfig"]


class InterfacesConfig(AppConfig):
    """Label ``interfaces``; its tables are the inbox and the outbox."""

    name = "interfaces.django"
    label = "interfaces"
    verbose_name = "Interfaces"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and let what is sent in a transaction wait for its commit."""
        register(checks.check_application)
        register(checks.check_options)
        register(checks.check_order)
        set_holder(hold)
        if VERSION >= (6, 0):
            import_module("interfaces.django.running").register()

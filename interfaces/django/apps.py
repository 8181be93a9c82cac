"""The Django application ``interfaces``."""

from django.apps import AppConfig
from django.core.checks import register

from interfaces.django import checks

__all__ = ["InterfacesConfig"]


class InterfacesConfig(AppConfig):
    """Label ``interfaces``; it has no tables."""

    name = "interfaces.django"
    label = "interfaces"
    verbose_name = "Interfaces"

    def ready(self) -> None:
        """Register the system checks."""
        register(checks.check_application)
        register(checks.check_options)
        register(checks.check_order)

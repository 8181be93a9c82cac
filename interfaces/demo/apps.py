"""The Django application of the demo."""

from django.apps import AppConfig

__all__ = ["DemoConfig"]


class DemoConfig(AppConfig):
    """Label ``demo``; its tables are rooms, messages and members."""

    name = "interfaces.demo"
    label = "demo"
    default_auto_field = "django.db.models.BigAutoField"

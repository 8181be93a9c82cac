"""Accounts in Django's admin: the staff sees whose they are, and unbinds one by deleting its row."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from interfaces.django.account_models import Account

__all__ = ["AccountAdmin"]


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):
    """What an account is bound to; to bind it to another user, delete it and have that user follow a link."""

    list_display = ("protocol", "account", "user", "created_at", "verified_at")
    list_filter = ("protocol",)
    list_select_related = ("user",)
    search_fields = ("account",)
    raw_id_fields = ("user",)
    readonly_fields = ("created_at", "verified_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what a user has shown is not turned into another user's."""
        return False

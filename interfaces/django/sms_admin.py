"""Opt-outs from short messages in Django's admin: the staff sees them, and enters what was said by other ways."""

from django.contrib import admin

from interfaces.django.sms_models import OptOut

__all__ = ["OptOutAdmin"]


@admin.register(OptOut)
class OptOutAdmin(admin.ModelAdmin):
    """Who wants nothing of which number of ours; what is changed here holds at once."""

    list_display = ("theirs", "ours", "out", "changed_at")
    list_filter = ("out", "ours")
    search_fields = ("theirs",)
    date_hierarchy = "changed_at"

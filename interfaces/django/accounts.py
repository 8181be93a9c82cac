"""Which user an account of a protocol is: rows of :class:`interfaces.django.account_models.Account`.

They come by a link that the user has followed (:mod:`interfaces.django.linking`), or by the staff.
"""

from typing import Any

from django.apps import apps

__all__ = ["unlink", "user_of"]


def user_of(protocol: str, account: str | None) -> Any:
    """The user whose account it is; None for an account of nobody, of somebody inactive, and for None."""
    if not account or not apps.is_installed("interfaces.django"):
        return None
    rows = apps.get_model("interfaces", "Account").objects.select_related("user")
    found = rows.filter(protocol=protocol, account=account).first()
    return found.user if found is not None and found.user.is_active else None


def unlink(protocol: str, account: str) -> bool:
    """Make it an account of nobody; whether it was somebody's."""
    rows = apps.get_model("interfaces", "Account").objects.filter(protocol=protocol, account=account)
    return bool(rows.delete()[0])

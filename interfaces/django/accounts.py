"""Which user an account of a protocol is: rows of :class:`interfaces.django.account_models.Account`.

They come by a link that the user has followed (:mod:`interfaces.django.linking`), or by the staff.
"""

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model

__all__ = ["unlink", "user_named", "user_of"]


def user_of(protocol: str, account: str | None) -> Any:
    """The user whose account it is; None for an account of nobody, of somebody inactive, and for None."""
    if not account or not apps.is_installed("interfaces.django"):
        return None
    rows = apps.get_model("interfaces", "Account").objects.select_related("user")
    found = rows.filter(protocol=protocol, account=account).first()
    return found.user if found is not None and found.user.is_active else None


def user_named(name: str) -> Any:
    """The active user of this username; None when there is none, or users have other names."""
    if not name or not apps.is_installed("django.contrib.auth"):
        return None
    found = get_user_model().objects.filter(**{get_user_model().USERNAME_FIELD: name}).first()
    return found if found is not None and found.is_active else None


def unlink(protocol: str, account: str) -> bool:
    """Make it an account of nobody; whether it was somebody's."""
    rows = apps.get_model("interfaces", "Account").objects.filter(protocol=protocol, account=account)
    return bool(rows.delete()[0])

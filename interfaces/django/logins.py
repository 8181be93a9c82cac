"""Users log in with their passwords: ``--email-auth`` or ``--irc-auth interfaces.django.logins:authenticate``."""

from django.contrib.auth import authenticate as check

__all__ = ["authenticate"]


def authenticate(user: str, password: str) -> bool:
    """Whether an active user has this name and password.

    Every backend of AUTHENTICATION_BACKENDS is asked that takes a username and a password.
    """
    found = check(None, username=user, password=password)
    return found is not None and found.is_active

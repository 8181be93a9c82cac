"""Mail with Django: users log in to the SMTP server with their passwords."""

from django.contrib.auth import authenticate as check

__all__ = ["authenticate"]


def authenticate(user: str, password: str) -> bool:
    """Whether an active user has this name and password: for ``--email-auth interfaces.django.mail:authenticate``.

    Every backend of AUTHENTICATION_BACKENDS is asked that takes a username and a password.
    """
    found = check(None, username=user, password=password)
    return found is not None and found.is_active

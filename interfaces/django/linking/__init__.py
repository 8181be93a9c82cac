"""An account of a protocol becomes that of a user: by a link, which who has the account gets, and the user follows.

The bot sends ``link_url("slack", self.scope["account"])`` to the person alone. The page behind it
(``path("link/", include("interfaces.django.linking.urls"))``) wants a user who is logged in, shows who is to be bound
to whom, and binds when that is confirmed. A link is signed, lasts for MAX_AGE, and binds once.

Who sends their own link to somebody else, who then confirms it, acts as that user from then on: therefore the page says
what it does, and ``label`` should name the person as people know them.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.core import signing
from django.db import IntegrityError, router, transaction
from django.urls import NoReverseMatch, reverse

from interfaces.django.settings import setting
from interfaces.shared.errors import ConfigError

__all__ = [
    "LABEL", "LONGEST", "MAX_AGE", "BadLink", "Link", "LinkError", "OldLink", "TakenLink", "UsedUpLink",
    "bind", "link_url", "read", "refusal",
]  # fmt: skip

MAX_AGE = 900
"""Seconds that a link lasts, unless told."""
LONGEST = 86_400
"""Seconds that one may last at most."""
LABEL = 200
"""Characters of a label."""
_SKEW = timedelta(hours=1)
"""For clocks that differ: a link that is forgotten has to be too old everywhere."""
_ACCOUNT = 255
_PROTOCOL = 20
_SALT = "interfaces.django.linking"


class LinkError(Exception):
    """It cannot be followed; the message is for the user. ``status`` is that of the page."""

    status = 400


class BadLink(LinkError):  # noqa: N818 - a state of the link, as the others
    """Nobody has signed it."""


class OldLink(LinkError):  # noqa: N818
    """Its time is over."""

    status = 410


class UsedUpLink(LinkError):  # noqa: N818
    """It has bound the account already."""

    status = 410


class TakenLink(LinkError):  # noqa: N818
    """The account is that of another user."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link says."""

    protocol: str
    account: str
    label: str
    """How people know the account; may be ""."""
    nonce: str
    expires: int
    """Unix seconds."""


def link_url(
    protocol: str, account: str, *, label: str = "", max_age: float = MAX_AGE, site: str = ""
) -> str:
    """The address that binds ``account`` to whoever follows it: to be sent to who has the account, and nobody else.

    It is below ``site``, else ``INTERFACES["SITE"]``: "https://example.org". Asks no database. ValueError for what is
    no account, or lasts longer than LONGEST; ConfigError without a site, or where the URLs are not included.
    """
    if not 0 < len(account) <= _ACCOUNT or not 0 < len(protocol) <= _PROTOCOL:
        raise ValueError(f"{protocol!r} {account!r} is no account that can be bound")
    if not 0 < max_age <= LONGEST:
        raise ValueError(f"a link lasts {LONGEST} seconds at most, not {max_age!r}")
    site = site or setting().get("SITE", "")
    if not isinstance(site, str) or not site.startswith(("https://", "http://")):
        raise ConfigError('say where the project is: INTERFACES = {"SITE": "https://example.org"}')
    words = [protocol, account, label[:LABEL], secrets.token_urlsafe(12), int(time.time() + max_age)]
    try:
        path: str = reverse("interfaces_linking:link", args=[signing.dumps(words, salt=_SALT)])
    except NoReverseMatch:
        raise ConfigError(
            'add path("link/", include("interfaces.django.linking.urls")) to the URLconf of the project'
        ) from None
    return f"{site.rstrip('/')}{path}"


def read(token: str) -> Link:
    """What the token of a link says. Raises BadLink, OldLink."""
    try:
        protocol, account, label, nonce, expires = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        raise BadLink("This is no link of ours. Was all of it copied?") from None
    if expires <= time.time():
        raise OldLink("This link is too old. Ask for another one.")
    return Link(protocol=protocol, account=account, label=label, nonce=nonce, expires=expires)


def refusal(link: Link, user: Any) -> LinkError | None:
    """Why it cannot bind the account to ``user``, as far as that is known now; changes nothing."""
    if _model("UsedLink").objects.filter(nonce=link.nonce).exists():
        return _used()
    owners = _model("Account").objects.filter(protocol=link.protocol, account=link.account)
    return _taken() if owners.exclude(user=user).exists() else None


def bind(link: Link, user: Any) -> Any:
    """Bind the account to ``user``, once: the Account. Raises UsedUpLink, TakenLink, and has changed nothing then."""
    accounts, used = _model("Account").objects, _model("UsedLink").objects
    now = datetime.now(UTC)
    used.filter(expires_at__lt=now - _SKEW).delete()
    with transaction.atomic(using=router.db_for_write(accounts.model)):
        try:
            with transaction.atomic(using=router.db_for_write(used.model)):
                used.create(nonce=link.nonce, expires_at=datetime.fromtimestamp(link.expires, UTC))
        except IntegrityError:
            raise _used() from None
        # of two users at a time the constraint lets one make the row, and gives it to the other
        found, _ = accounts.get_or_create(
            protocol=link.protocol, account=link.account, defaults={"user": user, "verified_at": now}
        )
        if found.user_id != user.pk:
            raise _taken()
        found.verified_at = now
        found.save(update_fields=["verified_at"])
    return found


def _model(name: str) -> Any:
    return apps.get_model("interfaces", name)


def _used() -> LinkError:
    return UsedUpLink("This link has been used already. Ask for another one.")


def _taken() -> LinkError:
    return TakenLink(
        "This account belongs to another user of this site. They, or the staff, have to unlink it first."
    )

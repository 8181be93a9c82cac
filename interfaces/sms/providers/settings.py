"""What a provider's file takes out of an account's options; what is missing there is said in one line. Pure."""

from collections.abc import Mapping
from typing import Literal

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import did_you_mean
from interfaces.sms.accounts import Account

__all__ = ["base_url", "extras", "named", "needed", "signing"]


def named(account: Account) -> str:
    """How an error speaks of ``account``."""
    return f"sms.accounts {account.name or account.provider}"


def needed(account: Account, field: Literal["account", "secret"], where: str) -> str:
    """The field; ConfigError that says ``where`` it stands, when it is empty."""
    value: str = getattr(account, field)
    if not value:
        raise ConfigError(f"{named(account)}: {field} is missing: {where}")
    return value


def signing(account: Account, where: str) -> tuple[str, ...]:
    """What webhooks are signed with, the secret of the account unless another is given. ConfigError."""
    keys = tuple(key for key in account.signing or (account.secret,) if key)
    if not keys:
        raise ConfigError(f"{named(account)}: signing is missing: {where}")
    return keys


def extras(account: Account, known: Mapping[str, str]) -> dict[str, str]:
    """``more`` as a mapping. ``known``: each key with what it is; ConfigError for another one."""
    found: dict[str, str] = {}
    for one in account.more:
        key, equals, value = one.partition("=")
        key = key.strip()
        if not equals:
            raise ConfigError(f"{named(account)}: more {one!r}: write key=value")
        if key not in known:
            said = "; ".join(f"{name}: {what}" for name, what in known.items()) or "nothing"
            raise ConfigError(
                f"{named(account)}: more {key!r}: {account.provider} has {said}{did_you_mean(key, known)}"
            )
        found[key] = value.strip()
    return found


def base_url(account: Account, usual: str) -> str:
    """The address of the API, without a slash at its end. ConfigError for what is none."""
    url = account.api_url or usual
    if not url.startswith(("https://", "http://")):
        raise ConfigError(f"{named(account)}: api_url {url}: write https://HOST")
    return url.rstrip("/")

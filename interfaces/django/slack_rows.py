"""A row of Slack's installations as slack_sdk's objects, and what of it is encrypted.

Tokens, refresh tokens and the addresses of incoming webhooks are encrypted (Fernet) by a key that is made of
SECRET_KEY, together with whose they are, so that no row's can be put into another.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.timezone import make_naive
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store import Installation as Granted

from interfaces.layers.seal import Seal, Unsealed
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = [
    "NOBODY",
    "bot_of",
    "closed",
    "granted_of",
    "model",
    "opened",
    "seals",
    "values_of_bot",
    "values_of_granted",
]

NOBODY = "-"
"""The user of an installation of which Slack names none."""
_PURPOSE = b"interfaces.django.slack_installations:"
_BOT_SECRETS = ("bot_token", "bot_refresh_token")
_USER_SECRETS = (
    "user_token",
    "user_refresh_token",
    "incoming_webhook_url",
    "incoming_webhook_configuration_url",
)
_TEXTS = ("app_id", "enterprise_name", "team_name")
_USER_TEXTS = ("enterprise_url", "token_type", "incoming_webhook_channel", "incoming_webhook_channel_id")


def model() -> Any:
    """The table; it can be had once Django is set up."""
    return apps.get_model("interfaces", "SlackInstallation")


def values_of_bot(bot: Bot, place: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the bot's row at ``place``."""
    facts = {name: getattr(bot, name) for name in (*_TEXTS, "bot_id", "bot_user_id")}
    facts["scopes"] = ",".join(bot.bot_scopes or ())
    return _values(bot, place, bot.bot_token_expires_at, facts, _BOT_SECRETS)


def values_of_granted(granted: Granted, place: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a user's row at ``place``."""
    facts = {name: getattr(granted, name) for name in (*_TEXTS, *_USER_TEXTS, "bot_id", "bot_user_id")}
    facts["scopes"] = ",".join(granted.user_scopes or ())
    return _values(granted, place, granted.user_token_expires_at, facts, _USER_SECRETS)


def _values(
    said: Any, place: Mapping[str, str], ends: int | None, facts: Mapping[str, Any], secrets: tuple[str, ...]
) -> dict[str, Any]:
    hidden: dict[str, Any] = {name: getattr(said, name) for name in secrets}
    hidden["custom_values"] = dict(said.custom_values)
    fields = model()._meta  # noqa: SLF001 - Django's documented name for it
    return {
        **{name: (value or "")[: fields.get_field(name).max_length] for name, value in facts.items()},
        "is_enterprise_install": bool(said.is_enterprise_install),
        "expires_at": None if ends is None else _moment(ends),
        "installed_at": _moment(said.installed_at),
        "sealed": closed(place, hidden),
    }


def bot_of(row: Any, hidden: Mapping[str, Any]) -> Bot:
    """The bot of a row, with what :func:`opened` gave."""
    return Bot(
        app_id=row.app_id or None,
        enterprise_id=row.enterprise_id or None,
        enterprise_name=row.enterprise_name or None,
        team_id=row.team_id or None,
        team_name=row.team_name or None,
        bot_id=row.bot_id,
        bot_user_id=row.bot_user_id,
        bot_scopes=row.scopes,
        bot_token_expires_at=_seconds(row.expires_at),
        is_enterprise_install=row.is_enterprise_install,
        installed_at=row.installed_at.timestamp(),
        **hidden,
    )


def granted_of(row: Any, hidden: Mapping[str, Any], bot: Bot | None) -> Granted:
    """What a user has granted, with the place's bot."""
    facts: dict[str, Any] = {name: getattr(row, name) or None for name in (*_TEXTS, *_USER_TEXTS)}
    found = Granted(
        user_id="" if row.user_id == NOBODY else row.user_id,
        user_scopes=row.scopes,
        user_token_expires_at=_seconds(row.expires_at),
        enterprise_id=row.enterprise_id or None,
        team_id=row.team_id or None,
        is_enterprise_install=row.is_enterprise_install,
        installed_at=row.installed_at.timestamp(),
        **facts,
        **hidden,
    )
    if bot is not None:
        found.bot_token, found.bot_id, found.bot_user_id = bot.bot_token, bot.bot_id, bot.bot_user_id
        found.bot_scopes, found.bot_refresh_token = bot.bot_scopes, bot.bot_refresh_token
        found.bot_token_expires_at = bot.bot_token_expires_at
    return found


def _moment(seconds: float) -> datetime:
    """As the project keeps times."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment if settings.USE_TZ else make_naive(moment)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def seals() -> tuple[Seal, Seal]:
    """What closes, and what also opens what older keys have closed. ConfigError without cryptography."""
    keys = [_PURPOSE + _bytes(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    try:
        return Seal(keys[:1]), Seal(keys)
    except ConfigError:
        raise ConfigError(
            "--slack-installations django: tokens are encrypted, by cryptography: pip install 'asgi-interfaces[crypto]'"
        ) from None


def _bytes(key: str | bytes) -> bytes:
    return key.encode() if isinstance(key, str) else key


def _whose(row: Mapping[str, Any]) -> list[str]:
    return [row["client_id"], row["enterprise_id"], row["team_id"], row["user_id"]]


def closed(place: Mapping[str, Any], hidden: Mapping[str, Any]) -> str:
    """``hidden`` encrypted, for the row of ``place`` alone."""
    said = json.dumps({"of": _whose(place), **hidden}, default=str)
    return seals()[0].seal(said.encode()).decode()


def opened(row: Any) -> tuple[dict[str, Any], bool]:
    """What is in it, and whether an older key has closed it. Raises Unavailable where none has."""
    now, every = seals()
    sealed = row.sealed.encode()
    try:
        said, old = now.open(sealed), False
    except Unsealed:
        try:
            said, old = every.open(sealed), True
        except Unsealed:
            raise Unavailable(
                f"the installation {row}: its tokens are not encrypted by SECRET_KEY or one of SECRET_KEY_FALLBACKS;"
                " put the old key there, or install the app anew"
            ) from None
    hidden: dict[str, Any] = json.loads(said)
    if hidden.pop("of") != _whose(vars(row)):
        raise Unavailable(f"the installation {row}: its tokens are those of another row")
    return hidden, old

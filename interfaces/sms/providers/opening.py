"""Which file is a provider's; it is loaded when somebody has an account there."""

from collections.abc import Callable, Mapping
from importlib import import_module

from interfaces.shared.errors import ConfigError
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Provider
from interfaces.sms.providers.settings import named

__all__ = ["TABLE", "provider"]

HERE = "interfaces.sms.providers"
TABLE: Mapping[str, tuple[str, str]] = {
    "aws": (f"{HERE}.aws", "Aws"),
    "bird": (f"{HERE}.bird", "Bird"),
    "fake": (f"{HERE}.fake", "Fake"),
    "generic": (f"{HERE}.generic", "Generic"),
    "infobip": (f"{HERE}.infobip", "Infobip"),
    "plivo": (f"{HERE}.plivo", "Plivo"),
    "sinch": (f"{HERE}.sinch", "Sinch"),
    "telnyx": (f"{HERE}.telnyx", "Telnyx"),
    "twilio": (f"{HERE}.twilio", "Twilio"),
    "vonage": (f"{HERE}.vonage", "Vonage"),
}
"""Each with its module and class."""


def provider(account: Account) -> Provider:
    """The provider of ``account``. ConfigError for one that there is not, and for what the account lacks."""
    place = TABLE.get(account.provider)
    if place is None:
        raise ConfigError(f"{named(account)}: provider {account.provider!r}: there is {', '.join(TABLE)}")
    module, name = place
    made: Callable[[Account], Provider] = getattr(import_module(module), name)
    return made(account)

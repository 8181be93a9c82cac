"""Numbers as people and providers write them, in E.164. Pure.

Source: E.164, by the tables of phonenumbers. What is no number (a name of letters, a short code) stays as it is.
"""

from functools import lru_cache

import phonenumbers

from interfaces.shared.errors import ConfigError

__all__ = ["address", "check_region", "country", "digits"]

CHANNELS = ("whatsapp:", "messenger:", "rcs:")
"""Prefixes that say by which network, of Twilio's."""
MARKS = " -().\u00a0"
"""What people put between digits."""
SHORT = 6
"""Digits up to which a number without a plus is a short code."""


def digits(text: str) -> str:
    """The digits of a number, as SMPP has them: without its plus."""
    return text.removeprefix("+")


@lru_cache(maxsize=10_000)
def address(said: str, region: str = "") -> str:
    """``said`` in E.164 where it is a number; "whatsapp:" and the like stay in front. ``region``: for national ones."""
    text = said.strip()
    for channel in CHANNELS:
        if text.startswith(channel):
            return channel + address(text.removeprefix(channel), region)
    plain = "".join(one for one in text if one not in MARKS)
    number, abroad = _digits(plain)
    if not number:
        return text
    if not abroad and len(number) <= SHORT:
        return number
    found = _e164(number if region and not abroad else f"+{number}", region)
    return found or (f"+{number}" if plain.startswith("+") else text)


def _digits(plain: str) -> tuple[str, bool]:
    """The number without what says that it has its country, "" for none; and whether it has."""
    number = plain.removeprefix("+") if plain.startswith("+") else plain.removeprefix("00")
    is_number = number.isascii() and number.isdigit()
    return number if is_number else "", plain.startswith(("+", "00"))


def _e164(number: str, region: str) -> str:
    """Nothing for what no country has."""
    try:
        parsed = phonenumbers.parse(number, region or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    found: str = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return found


@lru_cache(maxsize=10_000)
def country(number: str) -> str | None:
    """ISO 3166, of a number in E.164."""
    for channel in CHANNELS:
        number = number.removeprefix(channel)
    if not number.startswith("+"):
        return None
    try:
        found: str | None = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None
    return found


def check_region(said: str) -> None:
    """ConfigError for a region that is no country; "" is none."""
    if said and not phonenumbers.country_code_for_region(said):
        raise ConfigError(f"--sms-region {said}: write the two letters of a country, as CH")

"""Numbers as people and providers write them, in E.164. Pure.

Source: E.164, by the tables of phonenumbers. What is no number (a name of letters, a short code) stays as it is.
"""

from functools import lru_cache

import phonenumbers

__all__ = ["address", "country", "digits"]

CHANNELS = ("whatsapp:", "messenger:", "rcs:")
"""Prefixes that say by which network, of Twilio's."""
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
    bare = text.removeprefix("00") if text.startswith("00") else text
    plain = "".join(one for one in bare if one not in " -().\u00a0")
    number = plain.removeprefix("+")
    if not (number.isascii() and number.isdigit()):
        return text
    if not plain.startswith("+") and len(number) <= SHORT:
        return number
    written = plain if plain.startswith("+") or (region and not text.startswith("00")) else f"+{number}"
    try:
        parsed = phonenumbers.parse(written, region or None)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(parsed):
        return f"+{number}" if plain.startswith("+") else text
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

"""Whom a message goes to, and when it is night there. Pure.

Source: E.164 and the time zones of its prefixes, by the tables of phonenumbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.sms.numbers import CHANNELS, address

__all__ = ["Quiet", "bare", "quiet_of", "recipient"]

_SHORT = 6
"""Digits of a short code at most."""
_DAY = 24
_STEP = timedelta(minutes=15)
"""Between two looks for an hour in which nobody sleeps; no zone is less than that beside another."""


def bare(number: str) -> str:
    """The number without the network that stands in front of it: "whatsapp:"."""
    for channel in CHANNELS:
        number = number.removeprefix(channel)
    return number


def recipient(said: str, region: str = "") -> str:
    """``said`` in E.164, or as the short code that it is. Raises ApplicationError for what nobody can be reached by."""
    found = address(said, region)
    number = bare(found)
    if number.isascii() and number.isdigit() and len(number) <= _SHORT:
        return found
    if not number.startswith("+") or not _possible(number):
        hint = "" if region else ", or give --sms-region"
        raise ApplicationError(f"to_address {said!r} is no number: write it as +41791234567{hint}")
    return found


@lru_cache(maxsize=10_000)
def _possible(number: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nobody is to be woken: from ``first`` until ``last``, over midnight where that is less."""

    first: int
    last: int

    def holds(self, moment: datetime) -> bool:
        """Whether ``moment``, by its own clock, is within."""
        if self.first < self.last:
            return self.first <= moment.hour < self.last
        return moment.hour >= self.first or moment.hour < self.last

    def wait(self, number: str, now: float) -> float:
        """Seconds until it is day for ``number``, in every zone that it may be in; 0: it is, or nobody knows the zone.

        ``now`` in Unix seconds. Where its zones never have day together, that in the middle counts.
        """
        zones = _zones(bare(number))
        moment = datetime.fromtimestamp(now, UTC)
        found = self._day(zones, moment)
        if found is None:
            found = self._day(_middle(zones, moment), moment)
        return 0.0 if found is None else max(0.0, found.timestamp() - now)

    def _day(self, zones: Sequence[ZoneInfo], moment: datetime) -> datetime | None:
        """When it is day in all of them; None: never."""
        steps, first = timedelta(0), moment
        while steps <= timedelta(hours=_DAY):
            if not any(self.holds(moment.astimezone(zone)) for zone in zones):
                return moment
            moment = first + steps + _STEP
            moment -= timedelta(
                minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond
            )
            steps += _STEP
        return None


def quiet_of(text: str) -> Quiet | None:
    """The hours that ``--sms-quiet-hours`` says; None for "". Raises ConfigError."""
    if not text:
        return None
    first, _, last = (part.strip() for part in text.partition("-"))
    if first.isdecimal() and last.isdecimal() and int(first) < _DAY and int(last) <= _DAY:
        hours = Quiet(int(first), int(last) % _DAY)
        if hours.first != hours.last:
            return hours
    raise ConfigError(f"--sms-quiet-hours {text}: write two hours of the day, as 21-8")


def _middle(zones: Sequence[ZoneInfo], moment: datetime) -> Sequence[ZoneInfo]:
    ordered = sorted(zones, key=lambda zone: moment.astimezone(zone).utcoffset() or timedelta(0))
    return ordered[len(ordered) // 2 :][:1]


@lru_cache(maxsize=10_000)
def _zones(number: str) -> tuple[ZoneInfo, ...]:
    """Where ``number`` may be; empty where nobody knows."""
    if not number.startswith("+"):
        return ()
    table: Any = import_module("phonenumbers.timezone")  # its data are large: for who has quiet hours
    try:
        names = table.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(zone for zone in map(_zone, names) if zone is not None)


@lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # Etc/Unknown
        return None

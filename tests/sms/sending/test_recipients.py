"""Whom a message goes to, and when it is night there."""

from datetime import UTC, datetime

import pytest

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.sms.sending.recipients import Quiet, bare, quiet_of, recipient

SWISS, YORK, ADELAIDE, TOLL_FREE = "+41791234567", "+12125550123", "+61882345678", "+18005550123"


def at(hour, minute=0, month=1):
    """A moment, in Unix seconds, by UTC."""
    return datetime(2026, month, 15, hour, minute, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("said", "region", "found"),
    [
        ("+41 79 123 45 67", "", SWISS),
        ("079 123 45 67", "CH", SWISS),
        ("0041791234567", "", SWISS),
        ("whatsapp:+41791234567", "", f"whatsapp:{SWISS}"),
        ("12345", "CH", "12345"),
    ],
)
def test_is_written_as_networks_write_it(said, region, found):
    """In E.164; a short code is one, and the network in front stays."""
    assert recipient(said, region) == found


@pytest.mark.parametrize(
    "said", ["", "Ada", "+", "+1", "+417912345678901234", "079 123 45 67", "1234567", "+41x", "whatsapp:"]
)
def test_is_refused_where_nobody_can_be_reached(said):
    """Names, what is too short or too long, and a national number without its country."""
    with pytest.raises(ApplicationError, match="is no number"):
        recipient(said)


def test_says_how_to_mend_it():
    """A region helps, unless there is one."""
    with pytest.raises(ApplicationError, match="--sms-region"):
        recipient("079 123 45 67")
    with pytest.raises(ApplicationError) as refused:
        recipient("79", "CH") and recipient("0791234567891011", "CH")
    assert "--sms-region" not in str(refused.value)


def test_is_bare_without_its_network():
    """The number is what is left."""
    assert bare(f"whatsapp:{SWISS}") == bare(SWISS) == SWISS


@pytest.mark.parametrize(
    ("number", "now", "seconds"),
    [
        (SWISS, at(11), 0),  # noon
        (SWISS, at(19, 59), 0),
        (SWISS, at(20), 11 * 3600),  # 21:00 there
        (SWISS, at(23, 30), 7.5 * 3600),
        (SWISS, at(6, 59), 60),
        (SWISS, at(7), 0),
        (SWISS, at(19, 30, month=7), 10.5 * 3600),  # summer time
        (YORK, at(20), 0),
        (YORK, at(4), 9 * 3600),
        (ADELAIDE, at(10, 29), 0),  # 20:59 there, ten hours and a half from us
        (ADELAIDE, at(10, 31), 13 * 3600 + 29 * 60),  # until 8:00 in Perth: both have that prefix
        (f"whatsapp:{SWISS}", at(20), 11 * 3600),
        ("12345", at(3), 0),
        ("+99912345678", at(3), 0),
        ("+88212345678", at(3), 0),  # a satellite
    ],
)  # fmt: skip
def test_waits_for_the_morning_there(number, now, seconds):
    """By the clock of its country; where nobody knows that it is day."""
    assert Quiet(21, 8).wait(number, now) == seconds


def test_ends_when_all_zones_of_a_number_are_awake():
    """A toll-free number may be anywhere in America: from Newfoundland to beyond Hawaii; it is day, or never mind."""
    quiet = Quiet(21, 8)
    assert quiet.wait("+12025550123", at(13)) == 0.0
    assert Quiet(22, 5).wait(TOLL_FREE, at(7)) == 12 * 3600  # 8:00 in Samoa, 5:00 on the Marianas
    assert Quiet(9, 8).wait(TOLL_FREE, at(7)) == 6 * 3600  # never all: then the middle one, 8:00 in Toronto


def test_holds_within_a_day_too():
    """Hours that do not go over midnight."""
    assert Quiet(12, 14).wait(SWISS, at(11, 30)) == 1.5 * 3600
    assert Quiet(12, 14).wait(SWISS, at(13)) == 0.0
    assert Quiet(12, 14).wait(SWISS, at(2)) == 0.0


@pytest.mark.parametrize(
    ("text", "found"), [("", None), ("21-8", Quiet(21, 8)), (" 22 - 24 ", Quiet(22, 0)), ("0-6", Quiet(0, 6))]
)
def test_is_read(text, found):
    """Two hours of the day."""
    assert quiet_of(text) == found


@pytest.mark.parametrize(
    "text", ["21", "21-", "25-8", "8-25", "a-b", "21-8-9", "8-8", "0-24", "-1-3", "21:00-8:00"]
)
def test_is_refused_where_it_is_no_two_hours(text):
    """A whole day would be never."""
    with pytest.raises(ConfigError, match="21-8"):
        quiet_of(text)

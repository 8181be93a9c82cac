"""Numbers as people and providers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.sms.numbers import address, country, digits


@pytest.mark.parametrize(
    ("said", "region", "found"),
    [
        ("+41 79 123 45 67", "", "+41791234567"),
        ("+41791234567", "", "+41791234567"),
        ("0041791234567", "", "+41791234567"),
        ("41791234567", "", "+41791234567"),
        ("079 123 45 67", "CH", "+41791234567"),
        ("079 123 45 67", "", "079 123 45 67"),
        ("(415) 523-8886", "US", "+14155238886"),
        ("whatsapp:+14155238886", "", "whatsapp:+14155238886"),
        ("MyShop", "", "MyShop"),
        ("12345", "", "12345"),
        ("12345", "US", "12345"),
        ("", "", ""),
        ("+", "", "+"),
    ],
)
def test_in_e164_where_it_is_a_number(said: str, region: str, found: str) -> None:
    """National ones with a region alone; names and short codes stay."""
    assert address(said, region) == found


def test_whose_country_it_is() -> None:
    """Of numbers in E.164, whichever network they are on."""
    assert country("+41791234567") == "CH"
    assert country("whatsapp:+14155238886") == "US"
    assert country("MyShop") is None
    assert country("+1415") is None


def test_smpp_has_no_plus() -> None:
    """Digits alone."""
    assert digits("+41791234567") == "41791234567"
    assert digits("MyShop") == "MyShop"


@given(st.text(max_size=30))
def test_whatever_is_written(text: str) -> None:
    """Nothing raises, and what is found is found again."""
    found = address(text)
    assert address(found) == found
    country(found)

"""Numbers with their type and plan, both ways."""

import pytest

from interfaces.sms.ton_npi import number_of, said_by


@pytest.mark.parametrize(("said", "found"), [
    ("+41790000001", (1, 1, b"41790000001")), ("1234", (3, 0, b"1234")), ("41790000001", (0, 1, b"41790000001")),
    ("Interfaces", (5, 0, b"Interfaces")), ("Zürich", (5, 0, b"Z\xfcrich")), ("+41x", (5, 0, b"+41x")),
])  # fmt: skip
def test_by_its_look(said, found):
    """International, short, unknown, letters."""
    assert number_of(said) == found


def test_what_is_said_wins():
    """For SMSCs that have their own idea."""
    assert number_of("1234", 2, 8) == (2, 8, b"1234")
    assert number_of("+41790000001", npi=0) == (1, 0, b"41790000001")


@pytest.mark.parametrize("said", ["1" * 21, "日本", "a\0b"])
def test_what_has_no_room(said):
    """It cannot be said."""
    assert number_of(said) is None


@pytest.mark.parametrize(("ton", "address", "said"), [
    (1, b"41790000001", "+41790000001"), (1, b"+41790000001", "+41790000001"), (0, b"41790000001", "41790000001"),
    (5, b"Z\xfcrich", "Zürich"), (3, b"1234", "1234"), (1, b"", ""),
])  # fmt: skip
def test_the_other_way(ton, address, said):
    """An international number gets its plus, and no other does."""
    assert said_by(ton, address) == said

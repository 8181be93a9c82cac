"""Ids in two spellings: said by the options, or learned; bounded."""

from interfaces.sms.receipt_ids import Ids


def test_auto_learns_that_receipts_are_decimal():
    """The first that fits only the other spelling decides, also for those that fit both."""
    ids = Ids("auto")
    for name in ("1F", "10", "16"):
        ids.add(name)
    assert ids.meant("31") == "1F"
    assert ids.alike is False
    assert ids.meant("16") == "10"
    ids.add("abd")
    assert ids.meant("2749") == "abd"


def test_auto_learns_that_receipts_are_hexadecimal():
    """The other way round, in any case and with zeros."""
    ids = Ids("auto")
    ids.add("31")
    assert ids.meant("001f") == "31"


def test_auto_learns_that_they_are_alike():
    """From then on an id is not taken for another's: 4096 is 1000 in the other base."""
    ids = Ids("auto")
    ids.add("1000")
    ids.add("2222")
    assert ids.meant("2222") == "2222"
    assert ids.alike is True
    assert ids.meant("4096") == "4096"
    assert ids.meant("00001000") == "1000"


def test_what_nobody_knows_is_itself():
    """A receipt for what another process has sent."""
    assert Ids("auto").meant("abc-def") == "abc-def"


def test_the_options_say_it():
    """As responses spelled it where that is known, else converted."""
    hexadecimal, decimal = Ids("hex"), Ids("decimal")
    hexadecimal.add("16")
    decimal.add("001F")
    assert (hexadecimal.meant("10"), hexadecimal.meant("11")) == ("16", "17")
    assert (decimal.meant("31"), decimal.meant("32")) == ("001F", "20")
    assert decimal.meant("no number") == "no number"


def test_the_oldest_are_forgotten():
    """At most so many are remembered."""
    ids = Ids("auto", most=10)
    for number in range(100):
        ids.add(f"id-{number}")
    assert len(ids._same._young) + len(ids._same._old) <= 10
    assert ids.meant("ID-99") == "id-99"

"""The statuses of SMPP: their names, what each means for a message, and what an application may say."""

import pytest
from smpplib import consts

from interfaces.sms.command_status import CREDENTIALS, NAMES, TEMPORARY, THROTTLING, refusal, status_name


def test_names_are_those_of_another_library():
    """Where both have a number, both call it the same but for spelling."""
    theirs = {
        value: name.removeprefix("SMPP_")
        for name, value in vars(consts).items()
        if name.startswith("SMPP_ESME_")
    }
    both = [number for number in NAMES if number in theirs]
    assert len(both) > 40
    assert [number for number in both if NAMES[number] != theirs[number]] == []


def test_one_without_a_name_is_its_number():
    """The vendors' own."""
    assert status_name(0x58) == "ESME_RTHROTTLED"
    assert status_name(0x401) == "command_status 0x00000401"


def test_what_is_for_good():
    """A wrong address is, a full queue is not."""
    assert THROTTLING < TEMPORARY
    assert not {0x0B, 0x45, 0x66} & TEMPORARY
    assert {0x0E, 0x0F} < CREDENTIALS


@pytest.mark.parametrize(
    ("asked", "status"), [(0x0B, 0x0B), (1, 1), (400, 9), (404, 9), (0, 9), (None, 9), ("x", 9)]
)
def test_http_statuses_are_none_of_smpp(asked, status):
    """Those of an application that knows webhooks alone."""
    assert refusal(asked, 9) == status

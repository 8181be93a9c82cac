"""The soak of the help desk, a short one; and that it can fail."""

from collections.abc import Iterator

import pytest

from tests.tools.soaking import Soaks

RUNS = {
    "as it is": ["--kills", "2", "--clients", "2"],
    "fault": ["--kills", "5", "--clients", "3", "--fault", "twice"],
}


@pytest.fixture(scope="module")
def soaks() -> Iterator[Soaks]:
    """Both."""
    with Soaks.started("soak_desk.py", RUNS) as soaks:
        yield soaks


def test_each_mail_is_one_ticket(soaks: Soaks) -> None:
    """None lost and none twice, though servers and workers were killed and clients came again."""
    code, said = soaks.ended("as it is")
    assert code == 0, said
    assert "as it should be" in said and "repeats" in said


def test_without_the_inbox_it_fails(soaks: Soaks) -> None:
    """What comes again is a second ticket, and the soak says so."""
    code, said = soaks.ended("fault")
    assert code == 1, said
    assert "WRONG: twice a ticket" in said

"""What holds for every test of IRC: no application was told what the contract does not say."""

from collections.abc import Iterator

import pytest

from tests.irc.contract import BROKEN


@pytest.fixture(autouse=True)
def _contract() -> Iterator[None]:
    BROKEN.clear()
    yield
    assert not BROKEN

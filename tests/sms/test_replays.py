"""Requests whose signature has no time."""

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.sms.providers.base import Receipt
from interfaces.sms.replays import Replays
from tests.sms.harness import inbound


def test_the_same_is_a_repeat_and_another_under_its_id_is_none() -> None:
    """An id is good for one request."""
    replays = Replays(10, 60)
    assert replays.fits([inbound()], b"a", 0)
    assert replays.fits([inbound()], b"a", 1)
    assert not replays.fits([inbound()], b"b", 2)


def test_it_is_forgotten_after_its_time() -> None:
    """Then it is new, and the memory is free."""
    replays = Replays(1, 60)
    assert replays.fits([inbound()], b"a", 0)
    assert replays.fits([inbound()], b"b", 60)
    assert len(replays) == 1


def test_when_it_is_full_nothing_new_is_taken() -> None:
    """What is known still is; no old one is forgotten to let a stranger in."""
    replays = Replays(1, 60)
    assert replays.fits([inbound()], b"a", 0)
    with pytest.raises(Unavailable):
        replays.fits([inbound(id="m2")], b"b", 1)
    assert replays.fits([inbound()], b"a", 2)


def test_each_status_of_a_message_is_another_request() -> None:
    """And what has no id is not remembered."""
    replays = Replays(10, 60)
    assert replays.fits([Receipt(provider_id="p", status="sent")], b"a", 0)
    assert replays.fits([Receipt(provider_id="p", status="delivered")], b"b", 0)
    assert replays.fits([inbound(id="")], b"c", 0)
    assert replays.fits([inbound(id="")], b"d", 0)
    assert len(replays) == 2

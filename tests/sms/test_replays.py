"""Requests whose signature has no time."""

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.sms.providers.base import Attached, Receipt
from interfaces.sms.replays import Replays
from tests.sms.harness import inbound


def test_the_same_is_a_repeat_and_another_under_its_id_is_none() -> None:
    """An id is good for one request."""
    replays = Replays(10, 60)
    assert replays.fits([inbound()], 0)
    assert replays.fits([inbound(raw={"ErrorUrl": "x"}, duplicate=True)], 1)
    assert not replays.fits([inbound("other")], 2)
    assert not replays.fits([inbound(sender="+41790000009")], 2)
    assert not replays.fits([inbound(media=(Attached(url="https://a.example/"),))], 2)


def test_it_is_forgotten_after_its_time() -> None:
    """Then it is new, and the memory is free."""
    replays = Replays(1, 60)
    assert replays.fits([inbound()], 0)
    assert replays.fits([inbound("other")], 60)
    assert len(replays) == 1


def test_when_it_is_full_nothing_new_is_taken() -> None:
    """What is known still is; no old one is forgotten to let a stranger in."""
    replays = Replays(1, 60)
    assert replays.fits([inbound()], 0)
    with pytest.raises(Unavailable):
        replays.fits([inbound(id="m2")], 1)
    assert replays.fits([inbound()], 2)


def test_receipts_take_no_room() -> None:
    """There are several a message; and what has no id is not remembered either."""
    replays = Replays(1, 60)
    assert replays.fits([Receipt(provider_id="p", status="sent")], 0)
    assert replays.fits([Receipt(provider_id="p", status="delivered")], 0)
    assert replays.fits([inbound(id="")], 0)
    assert replays.fits([inbound(id="")], 0)
    assert len(replays) == 0

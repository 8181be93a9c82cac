"""interfaces.sms.providers.plivo: a signature that covers no content."""

import pytest

from interfaces.shared.errors import PeerError
from tests.sms.providers import plivo_cases
from tests.sms.providers.plivo_cases import SIGNED_V2, TEXT, URL, recorded
from tests.sms.providers.runner import NOW, opened

(SUITE,) = plivo_cases.SUITES


def test_a_nonce_of_v2_carries_one_content():
    """Its repeat is read again, since Plivo may not have heard; another content is refused."""
    made = opened(SUITE)
    for at in (NOW, NOW + 3600):
        assert made.read(recorded(TEXT, SIGNED_V2, "v2"), URL, at)
    with pytest.raises(PeerError) as caught:
        made.read(recorded(TEXT + "x", SIGNED_V2, "v2"), URL, NOW + 3600)
    assert caught.value.answer.status == 403


def test_a_wrong_signature_uses_up_no_nonce():
    """Else a stranger could keep a message out."""
    made = opened(SUITE)
    with pytest.raises(PeerError):
        made.read(recorded(TEXT + "x", "wrong", "v2"), URL, NOW)
    assert made.read(recorded(TEXT, SIGNED_V2, "v2"), URL, NOW)

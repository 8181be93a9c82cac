"""One serving process: how it listens, from its options."""

import pytest

from interfaces.runner.options import ServeOptions
from interfaces.runner.process import listening_of


@pytest.mark.parametrize("family", ["x-forwarded", "forwarded", "off"])
def test_the_proxy_protocol_needs_no_forwarding_headers(family):
    """Whose PROXY header counts is one question, which HTTP headers count another."""
    options = ServeOptions(trusted_proxies=("127.0.0.1",), proxy_protocol=True, forwarded=family)
    listening = listening_of(options)
    assert "127.0.0.1" in listening.trusted
    assert listening.trusted.headers == family

"""Where the demo listens, from its options."""

import pytest

from interfaces.demo.places import Places, loopback, places
from interfaces.shared.errors import ConfigError


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, Places()),
        ({"bind": "[::1]:0"}, Places(host="::1", http=0)),
        ({"bind": "localhost"}, Places(host="localhost")),
        ({"console": ""}, Places(console="")),
        (
            {"port_base": 9000},
            Places(http=9000, email=9001, irc=9002, slack=9003, sms=9004, console="127.0.0.1:9005"),
        ),
        (
            {"port_base": 0, "bind": "0.0.0.0:80"},
            Places(host="0.0.0.0", http=80, email=0, irc=0, slack=0, sms=0, console="127.0.0.1:0"),
        ),
        ({"port_base": 9000, "bind": "0.0.0.0", "console": "127.0.0.1:1"}, None),
    ],
)
def test_the_base_moves_all_and_the_rest_says_more(options, found):
    """Six ports in a row; ``bind`` is of the pages, a ``console`` of its own counts more."""
    found = found or Places(
        host="0.0.0.0", http=9000, email=9001, irc=9002, slack=9003, sms=9004, console="127.0.0.1:1"
    )
    assert places(**options) == found


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"port_base": 65531}, "--port-base 65531: the first of six ports"),
        ({"port_base": -1}, "--port-base -1"),
        ({"bind": "unix:/tmp/x"}, "the demo listens on HOST:PORT"),
    ],
)
def test_what_cannot_be_is_refused(options, words):
    """In one line that names the option."""
    with pytest.raises(ConfigError, match=words) as caught:
        places(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "answer"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("example.org", False)],
)
def test_beyond_loopback_every_host_name_is_answered(host, answer):
    """Which names lead here is known only for this machine itself."""
    assert loopback(host) is answer

"""What is refused before anything is opened: by ``check``, as by ``serve``."""

import asyncio
from typing import Any

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.sms.accounts import Account, Bind
from interfaces.sms.interface import Sms
from interfaces.sms.options import SmsOptions

FAKE = Account(provider="fake", secret="hidden", api_url="http://127.0.0.1:1")
GATEWAY = {"gateway_bind": ("127.0.0.1:0",)}


def checked(**given: Any) -> None:
    """What ``interfaces check sms`` asks."""
    asyncio.run(Sms(SmsOptions(**given)).check(Context()))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"accounts": (FAKE,), "region": "Switzerland"}, "--sms-region Switzerland: write the two letters"),
        ({"accounts": (FAKE,), "opt_out": "redis:"}, "--sms-opt-out redis:"),
        ({"binds": (Bind(url="http://me:hidden@host"),)}, "sms.binds host: url: write smpp://"),
        ({"binds": (Bind(url="smpp://me:hidden@host:port"),)}, "sms.binds host:port: url is no address"),
        ({"binds": (Bind(url="smpp://me:hidden"),)}, "sms.binds smpp: url"),
        ({"binds": (Bind(),)}, "sms.binds smpp: url"),
        ({**GATEWAY, "gateway_auth": "nobody.has:this"}, "--sms-gateway-auth nobody.has:this"),
        ({**GATEWAY, "gateway_auth": "interfaces.sms.options:PROVIDERS"}, "tuple cannot be called"),
    ],
)
def test_what_serving_would_refuse_is_refused_by_a_check(given: dict[str, Any], words: str) -> None:
    """In one line that has no secret in it."""
    with pytest.raises(ConfigError, match=words) as raised:
        checked(**given)
    assert "\n" not in str(raised.value)
    assert "hidden" not in str(raised.value)


def test_what_can_be_served_is_well() -> None:
    """An account, a bind and a gateway."""
    bind = Bind(url="smpps://me:hidden@smsc.example")
    checked(accounts=(FAKE,), binds=(bind,), region="CH", gateway_auth="operator:eq", **GATEWAY)
    assert bind.called == "smsc.example"

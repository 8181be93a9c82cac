"""What providers say of credentials, asked without sending."""

import asyncio
import socket

import pytest

from interfaces.shared.findings import Finding
from interfaces.shared.interface import Context
from interfaces.sms import diagnosis as module
from interfaces.sms.accounts import Account, Bind
from interfaces.sms.diagnosis import QUESTIONS, diagnosed
from interfaces.sms.interface import Sms
from interfaces.sms.options import SmsOptions
from interfaces.sms.providers.opening import TABLE, provider
from interfaces.sms.sending.client import Answer
from tests.sms.providers.telnyx_cases import PUBLIC

ACCOUNTS = {
    "twilio": ("AC1", "https://api.twilio.com/2010-04-01/Accounts/AC1.json"),
    "telnyx": ("", "https://api.telnyx.com/v2/balance"),
    "plivo": ("MA1", "https://api.plivo.com/v1/Account/MA1/"),
    "sinch": ("plan", "https://us.sms.api.sinch.com/xms/v1/plan/batches?page_size=1"),
    "infobip": ("abc", "https://abc.api.infobip.com/account/1/balance"),
    "bird": ("", "https://rest.messagebird.com/balance"),
    "vonage": ("key", "https://rest.nexmo.com/account/get-balance"),
}


@pytest.fixture
def answers(monkeypatch):
    """What every provider answers, and what it was asked."""
    asked = []

    def answering(answer):
        async def ask(self, request):
            asked.append(request)
            return answer

        monkeypatch.setattr(module.Client, "ask", ask)
        return asked

    return answering


def told(*accounts, binds=()):
    """The findings of these accounts."""

    async def run():
        return [one async for one in Sms(SmsOptions(accounts=accounts, binds=binds)).diagnose(Context())]

    return asyncio.run(run())


def test_each_question_is_of_a_provider_that_there_is():
    """And reads something small, at the address of its API."""
    assert set(ACCOUNTS) == set(QUESTIONS) <= set(TABLE)


@pytest.mark.parametrize("name", sorted(ACCOUNTS))
def test_what_a_provider_is_asked(name):
    """By GET, and nothing that sends."""
    who, url = ACCOUNTS[name]
    signing = (PUBLIC if name == "telnyx" else "a key of 16 characters",)
    account = Account(provider=name, account=who, secret="s3cret", signing=signing)
    assert QUESTIONS[name](provider(account), account) == url


@pytest.mark.parametrize(
    ("answer", "level", "part"),
    [
        (Answer(status=200), "ok", "takes the credentials"),
        (Answer(status=401), "error", "does not take the credentials (401)"),
        (Answer(status=503), "warning", "answers 503"),
        (Answer(reason="no route"), "error", "does not answer (no route)"),
    ],
)
def test_what_it_answers(answers, answer, level, part):
    """The credentials go in a header, and stand in no line."""
    asked = answers(answer)
    (finding,) = told(Account(provider="twilio", name="main", account="AC1", secret="s3cret"))
    assert (finding.level, part in finding.what) == (level, True)
    assert finding.what.startswith("sms.accounts main: twilio")
    assert "s3cret" not in repr(finding)
    assert (asked[0].method, set(asked[0].headers)) == ("GET", {"authorization"})


def test_one_that_cannot_be_asked(answers):
    """It is said so, and nobody is asked."""
    asked = answers(Answer())
    (finding,) = told(Account(provider="fake", account="a", secret="s", api_url="http://127.0.0.1:9"))
    assert (finding.level, asked) == ("ok", [])
    assert "cannot be asked without sending" in finding.what


def test_an_account_that_lacks_something(answers):
    """In the words that serve would use."""
    answers(Answer())
    (finding,) = told(Account(provider="twilio"))
    assert (finding.level, finding.mend) == ("error", "correct the account")


def test_our_address_as_providers_know_it_has_to_be_one(answers, monkeypatch):
    """What they post to."""
    answers(Answer(status=200))

    async def resolved(what, host):
        return Finding(level="ok", topic="dns", what=f"{what} {host}")

    monkeypatch.setattr(module, "resolved", resolved)
    options = SmsOptions(
        accounts=(Account(provider="twilio", account="AC1", secret="s"),),
        public_url="https://sms.example.org",
    )

    async def run():
        return [one.what async for one in diagnosed(options)]

    assert asyncio.run(run())[-1] == "--sms-public-url sms.example.org"


def test_an_smsc_is_tried_by_its_port():
    """Nothing is bound: that might end another's bind."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (finding,) = told(binds=(Bind(name="one", url=f"smpp://us:pass@127.0.0.1:{port}"),))
    assert (finding.level, finding.what.startswith("sms.binds one: 127.0.0.1")) == ("ok", True)


def test_a_gateway_alone_asks_nobody():
    """There is nobody to ask."""

    async def run():
        return [one async for one in diagnosed(SmsOptions(gateway_bind=("127.0.0.1:0",), gateway_auth="a:b"))]

    assert asyncio.run(run()) == []

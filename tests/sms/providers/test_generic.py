"""interfaces.sms.providers.generic and what it is made of: what a table cannot say."""

from dataclasses import replace

import pytest

from interfaces.shared.errors import PeerError
from interfaces.sms.accounts import Account
from interfaces.sms.providers.generic import Generic
from tests.sms.providers.generic_cases import FIRST, FOURTH, KEY, SECOND, THIRD, URL, formed, timed
from tests.sms.providers.runner import FORM, NOW, message, request


def refused(made, given, url=URL):
    """The status of a refusal."""
    with pytest.raises(PeerError) as caught:
        made.read(given, url, NOW)
    return caught.value.answer.status


def test_a_query_is_asked_by_get():
    """What it says stands in the URL, and there is no body."""
    asked = Generic(THIRD.account).ask(message("a&b"))
    assert (asked.method, asked.body) == ("GET", b"")
    assert asked.url == "https://api.example/send?x=1&to=%2B41790000001&text=a%26b"
    plain = replace(
        THIRD.account, api_url="https://api.example/send", more=(*THIRD.account.more[:5], "format=query")
    )
    assert Generic(plain).ask(message()).url == "https://api.example/send"
    named = replace(plain, more=(*plain.more, "send:to={to}"))
    assert Generic(named).ask(message()).url == "https://api.example/send?to=%2B41790000001"


def test_put_is_asked_where_it_is_said():
    """With JSON, or a form."""
    for form in ("json", "form"):
        account = replace(FOURTH.account, more=("auth=basic", "method=PUT", f"format={form}", "send:to={to}"))
        asked = Generic(account).ask(message())
        assert (asked.method, b"41790000001" in asked.body) == ("PUT", True)


def test_who_may_be_asked_by_get():
    """Where what stands in the query is covered: by a password, a token, or a signature over the URL."""
    assert "" not in Generic(FIRST.account).types
    assert all("" in Generic(one.account).types for one in (SECOND, THIRD, FOURTH))


def test_a_signature_without_a_time_is_remembered():
    """So that it is not replayed; one with a time needs that not."""
    assert [Generic(one.account).timed for one in (FIRST, SECOND, THIRD, FOURTH)] == [
        True,
        False,
        False,
        False,
    ]


def test_a_query_that_is_not_signed_is_not_read():
    """A signature over an empty body says nothing of it."""
    given = timed("", FORM)
    assert refused(Generic(FIRST.account), replace(given, query=b"from=1&text=x")) == 400


def test_a_signature_over_the_url_alone_covers_no_body():
    """It is good for GET; a body is refused that nobody has signed."""
    account = Account(
        provider="generic",
        secret=KEY,
        more=("header=X-Hash", "digest=sha1", "coding=base64", "signed={url}|"),
    )
    made = Generic(account)
    url = f"{URL}?from=1&text=x"
    given = formed("", "", url)
    assert made.read(given, url, NOW)[0].text == "x"
    assert refused(made, replace(given, body=b"from=2"), url) == 403


def test_a_signature_is_hexadecimal_in_any_case():
    """In capitals, too, but not when it is base64."""
    given = timed('{"data":{"messages":[]}}')
    headers = {**given.headers, b"x-signature": b"sha256=" + given.headers[b"x-signature"][7:].upper()}
    assert Generic(FIRST.account).read(replace(given, headers=headers), URL, NOW) == []


def test_a_template_of_a_header_is_no_template():
    """A time that says {url} is a text."""
    given = request("{}", "application/json", URL, {"x-signature": "sha256=x", "x-time": "{url}"})
    assert refused(Generic(FIRST.account), given) == 403

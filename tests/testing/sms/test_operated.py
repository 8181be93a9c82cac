"""interfaces.testing.sms.operated: phones that are operated by HTTP."""

import aiohttp
import pytest

from interfaces.testing.sms.operated import OperatedSms
from tests.testing.sms.kit import ANN, OURS, hook, run


def operate(*calls, answers=((200, {"replies": [{"text": "welcome"}]}),), app=True):
    """What a served fake answers to (method, path, body, headers), and what its app got."""

    async def main():
        async with OperatedSms() as sms, hook(*answers) as served, aiohttp.ClientSession() as client:
            sms.webhook = served.url if app else ""
            said = []
            for method, path, body, headers in calls:
                url = sms.api_url + path
                async with client.request(method, url, data=body, headers=headers) as answer:
                    said.append((answer.status, await answer.text()))
            return said, len(served.requests)

    return run(main)


def test_a_phone_texts_and_shows_what_it_gets():
    """The body is the text; the answer is what the phone shows, also to who only looks."""
    path = f"/phones/{ANN}"
    said, count = operate(("POST", path, "Wo? öäü", {}), ("GET", path, None, {}))
    assert said == [(200, f"{OURS}: welcome\n")] * 2
    assert count == 1


def test_nothing_said_is_nothing_texted():
    """An empty body looks, and so a phone that is not known has nothing."""
    assert operate(("POST", f"/phones/{ANN}", " \n", {})) == ([(200, "(nothing yet)\n")], 0)


@pytest.mark.parametrize(
    ("app", "words"), [(True, "the app did not take it: http_error"), (False, "there is no app")]
)
def test_what_goes_wrong_is_said(app, words):
    """An app that refuses, and none."""
    refuses = ((400, "", {"X-Fake-No-Retry": "1"}),)
    ((status, said),), _ = operate(("POST", f"/phones/{ANN}", "hello", {}), answers=refuses, app=app)
    assert status == 502
    assert words in said


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("POST", f"/phones/{ANN}", "hello", {"Origin": "https://evil.example"}, 403),
        ("DELETE", f"/phones/{ANN}", None, {}, 405),
        ("POST", f"/phones/{ANN}", b"\xff", {}, 400),
        ("POST", "/phones/ann", "hello", {}, 401),
        ("POST", "/phones/+0123456789", "hello", {}, 401),
        ("POST", "/messages", "{}", {}, 401),
    ],
)
def test_what_is_no_phone_texts_nothing(method, path, body, headers, status):
    """A page of another site, other methods, what is no text, what is no number; all else is the API's."""
    ((found, _),), count = operate((method, path, body, headers))
    assert (found, count) == (status, 0)
